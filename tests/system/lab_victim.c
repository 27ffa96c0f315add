/* SPDX-License-Identifier: MIT */
/* Brings labs up and down, with engine bridge and wire in turn, until it is killed; says "up". */
#include "lab/lab.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
	static const char *const names[] = {"lom", "yuki", "luna"};
	AUTO(procs_freep) struct procs *procs = NULL;
	struct profile unshaped = {.name = "unshaped"};
	struct lab_spec spec = {.names = names,
		.count = 3,
		.profile = &unshaped,
		.state_dir = argv[argc - 1],
		.congestion = "cubic",
		.hosts_are_far = getenv("LAB_HOSTS_ARE_FAR") != NULL};
	struct error err = {0};

	if (namespace_enter(&err) || procs_new(&procs, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	for (spec.engine = LAB_ENGINE_BRIDGE;; spec.engine = spec.engine == LAB_ENGINE_BRIDGE
								     ? LAB_ENGINE_WIRE
								     : LAB_ENGINE_BRIDGE) {
		AUTO(lab_downp) struct lab *lab = NULL;

		puts("begin");
		fflush(stdout);
		if (lab_up(procs, &spec, &lab, &err) || lab_verify(lab, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
		puts("up");
		fflush(stdout);
	}
}
