/* SPDX-License-Identifier: MIT */
/* The list of workloads; each is one file below this folder. */
#include "workload/workload.h"

#include "base/file.h"

#include <assert.h>
#include <string.h>

const struct workload *const workloads[] = {&workload_ping, &workload_tcp, &workload_udp,
	&workload_quic, &workload_video, &workload_nix_cache, &workload_http_small,
	&workload_load_latency, &workload_reorder, &workload_rate, &workload_wake,
	&workload_parallel, &workload_connect, &workload_restart, &workload_reboot, &workload_idle,
	&workload_observe, &workload_scale, &workload_punch, &workload_roam, &workload_keepalive,
	&workload_hostile, &workload_relay, &workload_mtu, &workload_pathchoice, NULL};

const struct workload *workload_named(const char *name)
{
	for (size_t i = 0; workloads[i]; i++) {
		if (strcmp(workloads[i]->name, name) == 0)
			return workloads[i];
	}
	return NULL;
}

static bool has_setting(const struct setting *const *list, const struct setting *setting)
{
	while (*list && *list != setting)
		list++;
	return *list != NULL;
}

const struct setting *const *workload_settings(struct arena *arena)
{
	const struct setting **list;
	size_t room = 1, count = 0;

	for (size_t i = 0; workloads[i]; i++)
		for (size_t k = 0; workloads[i]->settings && workloads[i]->settings[k]; k++)
			room++;
	list = arena_alloc(arena, const struct setting *, room);
	for (size_t i = 0; workloads[i]; i++)
		for (size_t k = 0; workloads[i]->settings && workloads[i]->settings[k]; k++)
			if (!has_setting(list, workloads[i]->settings[k]))
				list[count++] = workloads[i]->settings[k];
	return list;
}

bool workload_wants(const struct workload *workload, const struct setting_value *options, size_t i)
{
	return !workload->wants || workload->wants(options, workload->needs[i]);
}

int workload_missing(
	const struct workload *workload, const struct setting_value *options, struct arena *arena)
{
	for (size_t i = 0; workload->needs[i]; i++)
		if (workload_wants(workload, options, i) &&
			!path_of_program(arena, workload->needs[i]))
			return (int)i;
	return -1;
}

void workload_reading_done(struct workload_reading *reading)
{
	json_decref(reading->data);
	json_decref(reading->samples);
	json_decref(reading->host_files);
	reading->data = reading->samples = reading->host_files = NULL;
}

void workload_add_flow(
	struct workload_reading *reading, unsigned wave, bool is_reverse, double bytes)
{
	size_t i = 0;

	reading->bytes_moved += bytes;
	while (i < reading->flow_count &&
		(reading->flows[i].wave != wave || reading->flows[i].is_reverse != is_reverse))
		i++;
	assert(i < WORKLOAD_FLOWS);
	if (i == reading->flow_count)
		reading->flows[reading->flow_count++] =
			(struct workload_flow){.wave = wave, .is_reverse = is_reverse};
	reading->flows[i].bytes += bytes;
}
