/* SPDX-License-Identifier: MIT */
/* What a kernel says of the machine and its processes: any bytes are read or refused. */
#include "proc/census.h"
#include "proc/machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_process(const char *text)
{
	struct census_process process;
	struct error err = {0};

	if (census_parse(text, 100, &process, &err)) {
		if (err.kind != ERROR_PARSE)
			abort();
		return;
	}
	for (const char *at = process.name; *at; at++) {
		if (*at < ' ' || *at > '~')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct machine_times times;
	struct error err = {0};
	double a = 0, b = 0;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (machine_parse_times(text, 100, &times, &err) == 0 && times.processors == 0)
		abort();
	if (machine_parse_load(text, &a) && !isfinite(a))
		abort();
	if (machine_parse_stalled(text, &a) && !(a >= 0))
		abort();
	if (machine_parse_schedstat(text, &a, &b) && !(a >= 0 && b >= 0))
		abort();
	read_process(text);
	free(text);
	return 0;
}
