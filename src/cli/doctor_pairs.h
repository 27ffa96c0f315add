/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/lab.h"

enum {
	DOCTOR_PROTOCOLS = 2
};

struct pair_answer {
	const char *protocol;
	const char *ports; /* "5201, 51820": those that were asked for */
	/* "on port 5201 from lom to yuki, yuki to lom": who had no answer; "": nobody */
	const char *silent;
};

/*
 * Starts a host on every machine, with its network card, and asks every other host from each. Fails
 * when they do not even answer pings.
 */
struct doctor_machines {
	const struct lab_machine *list;
	const char *const *names;
	size_t count;
	enum lab_engine engine;
	const char *const *ports; /* "udp 51820", each once; NULL-terminated */
};
MUST_CHECK int doctor_pairs(struct arena *arena, struct procs *procs,
	const struct doctor_machines *machines, struct pair_answer ret_answers[DOCTOR_PROTOCOLS],
	struct error *err);
