/* SPDX-License-Identifier: MIT */
/* The table of messages: which kinds there are, who says them, and what they say. */
#include "far/internal.h"

#define AT(member) offsetof(struct far_message, member)
#define ANY INT64_MAX

enum {
	SIGNAL_LAST = 64
};

/* Every field that a message can have. */
enum {
	END,
	ID,
	CHILD,
	AT_NS,
	WALL_NS,
	PID,
	HELD,
	MERGE,
	MODE,
	SIGNAL,
	STREAM,
	STATUS,
	STOPPED_NS,
	CPU_NS,
	PEAK_RSS,
	RSS,
	PROCESSES,
	FRAMES,
	NETWORK,
	PEERS,
	PORT,
	EDGE,
	AT_CARD,
	ERROR_KIND,
	SYS_ERRNO,
	VERSION,
	KERNEL,
	TEXT,
	PATH,
	DEVICE,
	ARGV,
	FOLDERS,
	ENVIRONMENT,
	DATA,
	THREADS
};

static const struct far_field fields[] = {
	[ID] = {"id", FIELD_NUMBER, AT(id), 1, ANY},
	[CHILD] = {"child", FIELD_NUMBER, AT(child), 1, ANY},
	[AT_NS] = {"at_ns", FIELD_NUMBER, AT(at_ns), 0, ANY},
	[WALL_NS] = {"wall_ns", FIELD_NUMBER, AT(wall_ns), 0, ANY},
	[PID] = {"pid", FIELD_NUMBER, AT(pid), 1, INT32_MAX},
	[HELD] = {"held", FIELD_NUMBER, AT(held), 0, 1},
	[MERGE] = {"merge", FIELD_NUMBER, AT(merge), 0, 1},
	[MODE] = {"mode", FIELD_NUMBER, AT(mode), 0, 07777},
	[SIGNAL] = {"signal", FIELD_NUMBER, AT(signal), 1, SIGNAL_LAST},
	[STREAM] = {"stream", FIELD_NUMBER, AT(stream), PROC_OUT, PROC_ERROUT},
	[STATUS] = {"status", FIELD_NUMBER, AT(status), 0, 0xffff},
	[STOPPED_NS] = {"stopped_ns", FIELD_NUMBER, AT(stopped_ns), 0, ANY},
	[CPU_NS] = {"cpu_ns", FIELD_NUMBER, AT(cpu_ns), 0, ANY},
	[PEAK_RSS] = {"peak_rss_bytes", FIELD_NUMBER, AT(peak_rss_bytes), 0, ANY},
	[RSS] = {"rss_bytes", FIELD_NUMBER, AT(rss_bytes), 0, ANY},
	[PROCESSES] = {"processes", FIELD_NUMBER, AT(processes), 0, ANY},
	[FRAMES] = {"frames", FIELD_NUMBER, AT(frames), 0, UINT32_MAX},
	[NETWORK] = {"network", FIELD_NUMBER, AT(network), 0, FAR_NETWORKS - 1},
	[PEERS] = {"peers", FIELD_LIST, AT(peers), 0, FAR_PEERS_MOST},
	[PORT] = {"port", FIELD_NUMBER, AT(port), 0, UINT16_MAX},
	[EDGE] = {"edge", FIELD_NUMBER, AT(edge), 0, FAR_EDGES},
	[AT_CARD] = {"at_card", FIELD_NUMBER, AT(at_card), 0, 1},
	[ERROR_KIND] = {"error_kind", FIELD_NUMBER, AT(error_kind), ERROR_USAGE, ERROR_CANCELLED},
	[SYS_ERRNO] = {"sys_errno", FIELD_NUMBER, AT(sys_errno), 0, 4095},
	[VERSION] = {"version", FIELD_TEXT, AT(version), 0, 0},
	[KERNEL] = {"kernel", FIELD_TEXT, AT(kernel), 0, 0},
	[TEXT] = {"text", FIELD_TEXT, AT(text), 0, 0},
	[PATH] = {"path", FIELD_TEXT, AT(path), 0, 0},
	[DEVICE] = {"device", FIELD_TEXT, AT(device), 0, 0},
	[ARGV] = {"words", FIELD_LIST, AT(words), 1, FAR_LIST_MOST},
	[FOLDERS] = {"words", FIELD_LIST, AT(words), 0, FAR_LIST_MOST},
	[ENVIRONMENT] = {"environment", FIELD_LIST, AT(environment), 0, FAR_LIST_MOST},
	[DATA] = {"data", FIELD_DATA, AT(data), 0, 0},
	[THREADS] = {"threads", FIELD_THREADS, AT(threads), 0, FAR_LIST_MOST},
};

const struct far_row far_table[FAR_KINDS] = {
	[FAR_HELLO] = {"hello", FAR_BOTH_WAYS, {VERSION, KERNEL}},
	[FAR_BOOT] = {"boot", FAR_TO_HELPER,
		{ID, TEXT, DEVICE, NETWORK, EDGE, AT_CARD, PEERS, PORT, FOLDERS}},
	[FAR_REBOOT] = {"reboot", FAR_TO_HELPER, {ID}},
	[FAR_CHECK] = {"check", FAR_TO_HELPER, {ID}},
	[FAR_WIPE] = {"wipe", FAR_TO_HELPER, {ID}},
	[FAR_NAMES] = {"names", FAR_TO_HELPER, {ID, TEXT}},
	[FAR_WRITE] = {"write", FAR_TO_HELPER, {ID, PATH, MODE, DATA}},
	[FAR_REMOVE] = {"remove", FAR_TO_HELPER, {ID, PATH}},
	[FAR_CLOCK] = {"clock", FAR_TO_HELPER, {ID}},
	[FAR_START] = {"start", FAR_TO_HELPER,
		{ID, TEXT, ARGV, ENVIRONMENT, PATH, HELD, MERGE, AT_CARD, DATA}},
	[FAR_RELEASE] = {"release", FAR_TO_HELPER, {CHILD, AT_NS}},
	[FAR_SIGNAL] = {"signal", FAR_TO_HELPER, {CHILD, SIGNAL}},
	[FAR_KILL] = {"kill", FAR_TO_HELPER, {CHILD}},
	[FAR_FORGET] = {"forget", FAR_TO_HELPER, {CHILD}},
	[FAR_USAGE] = {"usage", FAR_TO_HELPER, {ID, CHILD}},
	[FAR_THREADS] = {"threads", FAR_TO_HELPER, {ID, CHILD}},
	[FAR_IDENTIFY] = {"identify", FAR_TO_HELPER, {ID, CHILD, DEVICE}},
	[FAR_FRAMES] = {"frames", FAR_TO_HELPER, {ID}},
	[FAR_HOLD] = {"hold", FAR_TO_HELPER, {ID, HELD}},
	[FAR_EDGE] = {"edge", FAR_TO_HELPER, {ID, DATA}},
	[FAR_DONE] = {"done", FAR_FROM_HELPER, {ID}},
	[FAR_FAILED] = {"failed", FAR_FROM_HELPER, {ID, ERROR_KIND, SYS_ERRNO, TEXT}},
	[FAR_BOOTED] = {"booted", FAR_FROM_HELPER, {ID, PID, TEXT}},
	[FAR_TIME] = {"time", FAR_FROM_HELPER, {ID, AT_NS, WALL_NS}},
	[FAR_STARTED] = {"started", FAR_FROM_HELPER, {ID, PID, AT_NS}},
	[FAR_OUTPUT] = {"output", FAR_FROM_HELPER, {CHILD, STREAM, DATA}},
	[FAR_STOPPED] = {"stopped", FAR_FROM_HELPER, {CHILD, STOPPED_NS, HELD}},
	[FAR_ENDED] = {"ended", FAR_FROM_HELPER, {CHILD, STATUS, AT_NS, CPU_NS, PEAK_RSS}},
	[FAR_USED] = {"used", FAR_FROM_HELPER, {ID, CPU_NS, PEAK_RSS, RSS, PROCESSES}},
	[FAR_THREAD_LIST] = {"thread_list", FAR_FROM_HELPER, {ID, THREADS}},
	[FAR_IDENTITY] = {"identity", FAR_FROM_HELPER, {ID, PATH, HELD}},
	[FAR_COUNTED] = {"counted", FAR_FROM_HELPER, {ID, FRAMES}},
	[FAR_EDGE_ENDED] = {"edge_ended", FAR_FROM_HELPER, {TEXT}},
	[FAR_EDGED] = {"edged", FAR_FROM_HELPER, {ID, DATA}},
};

const char *far_kind_name(enum far_kind kind)
{
	return far_table[kind].name;
}

const struct far_field *far_field_of(const struct far_row *row, size_t index)
{
	return index < FAR_FIELDS_MOST && row->fields[index] ? &fields[row->fields[index]] : NULL;
}
