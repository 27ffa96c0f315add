/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

/*
 * One machine of hardware.json, read from /proc/cpuinfo, /proc/meminfo and /sys/class/net below
 * `root` ("" is this machine). What a machine does not tell is null, 0 or an empty list.
 */
MUST_CHECK int hardware_machine(
	const char *root, const char *name, json_t **ret_machine, struct error *err);
/*
 * The same of another machine, by what this script for `sh -c` prints there, with its network cards
 * as seen from where it runs. ERROR_PARSE: it printed something else.
 */
extern const char hardware_script[];
MUST_CHECK int hardware_parse(
	const char *text, const char *name, json_t **ret_machine, struct error *err);
/* The whole file; `machines` is a list of the above and is stolen. */
json_t *hardware_json(json_t *machines);
