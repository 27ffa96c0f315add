/* SPDX-License-Identifier: MIT */
/* The machine before a run: quiet, busy, or waited for. */
#include "cli/quiet.h"

#include "base/json.h"
#include "runner/machine.h"

#include <stdio.h>

enum {
	QUIET_LOOKS = 3 /* in a row: a compiler pauses between two files as well */
};

/* Leaves `marks` empty when the machine was quiet. */
static int look_once(struct procs *procs, json_t *marks, struct error *err)
{
	struct deadline end = deadline_in(NS_PER_S);
	struct machine_account account;
	struct machine_watch *watch;

	if (machine_begin(NULL, &watch, err))
		return -1;
	while (!deadline_has_passed(end)) {
		if (procs_step(procs, end, err) == 0)
			continue;
		(void)!machine_end(watch, &account);
		return -1;
	}
	if (machine_end(watch, &account))
		machine_judge(&account, marks);
	return 0;
}

static void say(const json_t *marks, bool waits)
{
	fprintf(stderr, "meshbench: this machine is busy: %s; %s\n",
		json_string_at(marks, "/0/reason", ""),
		waits ? "waiting until it is quiet"
		      : "figures will be marked; --wait waits until it is quiet");
}

int quiet_look(struct procs *procs, bool waits, struct error *err)
{
	bool was_busy = false;
	int quiet = 0;

	for (;;) {
		json_auto_t *marks = json_array();

		if (look_once(procs, marks, err))
			return -1;
		if (json_array_size(marks) == 0) {
			if (!was_busy || ++quiet == QUIET_LOOKS)
				return 0;
			continue;
		}
		if (!was_busy)
			say(marks, waits);
		if (!waits)
			return 0;
		was_busy = true;
		quiet = 0;
	}
}
