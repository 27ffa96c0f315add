/* SPDX-License-Identifier: MIT */
/*
 * engines [SECONDS]: one TCP flow through engine wire compared with the same flow through engine
 * bridge, unshaped and on a line of 1 Gbit/s. Five interleaved runs of SECONDS (3); medians and
 * their ratios.
 */
#include "lab_flow.h"
#include "median.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ROUNDS = 5
};

static int up(struct procs *procs, const char *dir, enum lab_engine engine,
	const struct profile *profile, struct lab **ret_lab, struct error *err)
{
	char state_dir[128];
	const struct lab_spec spec = {.names = (const char *const[]){"lom", "yuki"},
		.count = 2,
		.engine = engine,
		.profile = profile,
		.state_dir = state_dir,
		.congestion = "cubic"};

	snprintf(state_dir, sizeof(state_dir), "%s/%s", dir, lab_engine_name(engine));
	if (lab_up(procs, &spec, ret_lab, err))
		return -1;
	return lab_verify(*ret_lab, err);
}

static int compare(struct procs *procs, const char *dir, const char *seconds,
	const struct profile *profile, struct error *err)
{
	AUTO(lab_downp) struct lab *wire = NULL, *bridge = NULL;
	double on_wire[ROUNDS], on_bridge[ROUNDS];

	if (up(procs, dir, LAB_ENGINE_WIRE, profile, &wire, err) ||
		up(procs, dir, LAB_ENGINE_BRIDGE, profile, &bridge, err))
		return -1;
	for (size_t i = 0; i < ROUNDS; i++) {
		if (flow_in_lab(wire, seconds, &on_wire[i], err) ||
			flow_in_lab(bridge, seconds, &on_bridge[i], err))
			return -1;
	}
	printf("%s, median of %d: wire %.1f Mbit/s, bridge %.1f, ratio %.3f\n", profile->name,
		ROUNDS, median(on_wire, ROUNDS) / 1e6, median(on_bridge, ROUNDS) / 1e6,
		median(on_wire, ROUNDS) / median(on_bridge, ROUNDS));
	return 0;
}

static int measure(const char *dir, const char *seconds, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	const struct profile unshaped = {.name = "unshaped"};
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};

	if (namespace_enter(err) || procs_new(&procs, err) ||
		compare(procs, dir, seconds, &unshaped, err))
		return -1;
	return compare(procs, dir, seconds, &line, err);
}

int main(int argc, char *argv[])
{
	char dir[] = "/tmp/meshbench-engines.XXXXXX";
	struct error err = {0}, ignored;
	int status;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	status = measure(dir, argc > 1 ? argv[1] : "3", &err);
	if (status)
		fprintf(stderr, "engines: %s\n", err.text);
	if (tree_remove(dir, &ignored))
		fprintf(stderr, "engines: %s\n", ignored.text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
