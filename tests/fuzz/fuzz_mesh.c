/* SPDX-License-Identifier: MIT */
#include "workload/workload.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	assert(text);
	free(text);
}

/* Punch makes a decision only where it is to look at an interval. */
static const struct setting_value *options(void)
{
	static struct setting_value values[2] = {{NULL, "30"}, {NULL, NULL}};

	for (size_t i = 0; workload_punch.settings[i]; i++) {
		if (strcmp(workload_punch.settings[i]->name, "punch_width") == 0)
			values[0].setting = workload_punch.settings[i];
	}
	return values;
}

/* Any JSON text as the observations of every workload on the whole mesh. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct workload *const readers[] = {&workload_connect, &workload_restart,
		&workload_reboot, &workload_idle, &workload_observe, &workload_scale,
		&workload_punch, &workload_roam, &workload_keepalive, &workload_hostile,
		&workload_relay, &workload_mtu, &workload_pathchoice};
	const struct workload_case c = {.seconds = 5, .options = options()};
	json_t *observations = json_loadb((const char *)data, size, 0, NULL);

	if (!observations)
		return 0;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		struct workload_reading reading;

		readers[i]->read_mesh(&c, observations, &reading);
		assert(memchr(reading.evidence, '\0', sizeof(reading.evidence)));
		assert((reading.cause == CAUSE_SUCCESS) == (reading.evidence[0] == '\0'));
		assert(reading.cause != CAUSE_SUCCESS || reading.headline[0]);
		assert(!reading.has_blamed && reading.bytes_moved == 0);
		check_json(reading.data);
		check_json(reading.samples);
		workload_reading_done(&reading);
		if (readers[i]->is_decided)
			readers[i]->is_decided(&c, observations);
	}
	json_decref(observations);
	return 0;
}
