/* SPDX-License-Identifier: MIT */
/* The table of all keys of a plan: how each reads, what holds without it, and its option. */
#include "plan/plan.h"

#include "base/text.h"
#include "plan/congestion.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_HOST_NAME = 63,
	MAX_CPUS = CPU_SETSIZE
};

/* RFC 1123, and not the one name that every host gives itself. */
static int check_host_name(const char *name, struct error *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t length = strlen(name);

	if (!length || length > MAX_HOST_NAME || name[strspn(name, letters)] || name[0] == '-' ||
		name[length - 1] == '-')
		return fail(err, ERROR_USAGE,
			"'%.70s' is not a host name: use 1 to 63 letters, digits and '-', and no '-' at either end",
			name);
	if (strcasecmp(name, "localhost") == 0)
		return fail(
			err, ERROR_USAGE, "'%s' means the host itself; choose another name", name);
	return 0;
}

static int check_cpus(const char *text, struct error *err)
{
	int64_t count;

	if (strcmp(text, "all") == 0 ||
		(text[0] != '0' && text_integer(text, 1, MAX_CPUS, &count, err) == 0))
		return 0;
	return fail(err, ERROR_USAGE,
		"'%.70s' is not a number of processors of a host: use 1 to %d, or all", text,
		MAX_CPUS);
}

size_t plan_cpus(const char *text)
{
	return strcmp(text, "all") == 0 ? 0 : (size_t)strtoul(text, NULL, 10);
}

static const char *const engines[] = {"auto", "bridge", "netem", "wire", "cable", "edge", NULL};

#define AT(member) .offset = offsetof(struct plan, member)

const struct plan_key plan_keys[] = {
	{{"title", SETTING_TEXT, NULL, .help = NULL}, AT(title)},
	{{"hosts", SETTING_LIST, "lom,yuki,luna", .check = check_host_name, .argument = "a,b,...",
		 .help = "names of the hosts; at least two"},
		AT(hosts), "host"},
	{{"vpns", SETTING_LIST, "found", .argument = "a,b,...",
		 .help = "these instead of the plan's; or `all`, or `found`: those installed"},
		AT(vpns), "vpn"},
	{{"workloads", SETTING_LIST, "ping,tcp,udp,parallel", .argument = "a,b,...",
		 .help = "these instead of the plan's"},
		AT(workloads), "workload"},
	{{"profiles", SETTING_LIST, "baseline", .argument = "a,b,...",
		 .help = "these instead of the plan's; with changes: low:rate=100mbit"},
		AT(profiles), "profile"},
	{{"tunings", SETTING_LIST, "none", .argument = "a,b,...",
		 .help = "these instead of the plan's"},
		AT(tunings), "tuning"},
	{{"cpus", SETTING_LIST, "all", .check = check_cpus, .argument = "1,2,...",
		 .help = "processors of each host; several numbers: a result tree each, and a table"},
		AT(cpus), "cpus"},
	{{"board", SETTING_TEXT, "none", .argument = "NAME",
		 .help = "a small machine that every host is limited to: router-mips-like, rpi-like"},
		AT(board)},
	{{"engine", SETTING_WORD, "auto", engines, .argument = "NAME",
		 .help = "what connects the hosts: auto, wire, bridge or netem; with --on: cable, edge or netem"},
		AT(engine)},
	{{"topology", SETTING_LIST, "lan", .argument = "a,b,...",
		 .help = "where the hosts are, with changes: pair:left.nat=symmetric; several: a result tree each"},
		AT(topologies), "topology", .may_be_alone = true},
	{{"congestion", SETTING_TEXT, "cubic", .check = congestion_check, .argument = "NAME",
		 .help = "congestion control of every TCP connection"},
		AT(congestion)},
	{{"repeat", SETTING_INTEGER, "1", NULL, 1, 1000, .argument = "N",
		 .help = "repeat everything N times, in shuffled blocks"},
		AT(repeat)},
	{{"seed", SETTING_INTEGER, "1", NULL, 0, INT64_MAX, .argument = "N",
		 .help = "seed for the measurement order and the fates of packets"},
		AT(seed)},
	{{"seconds", SETTING_SECONDS, "5", .argument = "N",
		 .help = "seconds that each direction of a workload is measured"},
		AT(seconds)},
	{{"attempts", SETTING_INTEGER, "3", NULL, 1, 100, .argument = "N",
		 .help = "most attempts at each cell"},
		AT(attempts)},
};
const size_t plan_key_count = ARRAY_SIZE(plan_keys);
