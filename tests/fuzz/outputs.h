/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUTS_MAX 16

/*
 * Cuts an input at bytes 0xff into the outputs of `count` commands, stdout and stderr in turn. The
 * first byte of each stdout tells how the command ended.
 */
static inline char *outputs_of_input(
	const uint8_t *data, size_t size, struct workload_output outputs[], size_t count)
{
	char *text = malloc(size + 1), *rest = text;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < 2 * count; i++) {
		char *part = rest ? strsep(&rest, "\xff") : text + size;
		struct workload_output *output = &outputs[i / 2];

		if (i % 2) {
			output->errout = part;
			output->errout_size = strlen(part);
			continue;
		}
		output->timed_out = *part == 't';
		output->signal = *part == 's' ? 9 : 0;
		output->exit_code = *part == 's' || *part == 'n' ? -1 : *part == 'f';
		part += *part != '\0';
		output->out = part;
		output->out_size = strlen(part);
	}
	return text;
}

/* What every reading must be, whatever was printed. */
static inline void check_reading(struct workload_reading *reading)
{
	char *text;

	assert(memchr(reading->evidence, '\0', sizeof(reading->evidence)));
	assert((reading->cause == CAUSE_SUCCESS) == (reading->evidence[0] == '\0'));
	assert((reading->cause == CAUSE_SUCCESS) == !reading->has_blamed);
	assert(reading->cause != CAUSE_SUCCESS || (reading->data && reading->headline[0]));
	assert(reading->bytes_moved >= 0);
	if (reading->samples) {
		text = json_dumps(reading->samples, JSON_COMPACT);
		assert(text);
		free(text);
	}
	if (reading->data) {
		text = json_dumps(reading->data, JSON_COMPACT);
		assert(text);
		free(text);
	}
	workload_reading_done(reading);
}
