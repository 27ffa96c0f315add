/* SPDX-License-Identifier: MIT */
/*
 * quic [SECONDS]: one QUIC connection compared with one TCP flow of iperf3 between the same two
 * hosts, on a line of 1 Gbit/s and unshaped (engine bridge). Five interleaved runs of SECONDS (3);
 * medians, their ratio, and what the receiving program used of a core. Of a full frame QUIC carries
 * 1416 bytes of payload and TCP 1448, so 0.978 is all there can be on a line.
 */
#include "lab_flow.h"
#include "median.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ROUNDS = 5
};

/* Of the client's document: what arrived in the time that was asked for. */
static int read_quic(
	const char *text, double seconds, double *ret_bps, double *ret_cpu, struct error *err)
{
	json_auto_t *value = NULL;
	double bytes;

	if (json_parse(text, strlen(text), "meshbench-quic", &value, err))
		return -1;
	bytes = json_number_at(value, "/connections/0/received_bytes", 0);
	*ret_bps = 8 * bytes / seconds;
	*ret_cpu = json_number_at(value, "/connections/0/seconds/cpu_percent/1", 0);
	return bytes > 0 ? 0 : fail(err, ERROR_PARSE, "QUIC moved nothing");
}

static int quic_in_lab(
	struct lab *lab, const char *seconds, double *ret_bps, double *ret_cpu, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(proc_freep) struct proc *server = NULL, *client = NULL;
	const char *program;
	struct proc_spec serve = {.keep_bytes = 1 << 16}, ask = {.keep_bytes = 1 << 16};

	if (helper_find(arena, "meshbench-quic", &program, err))
		return -1;
	serve.argv = (const char *const[]){program, "serve", "--port", "18000", NULL};
	ask.argv = (const char *const[]){program, "download", lab_underlay(lab, 1), "--port",
		"18000", "--seconds", seconds, NULL};
	if (host_start(lab_host(lab, 1), &serve, &server, err) ||
		proc_wait_output(server, "ready", deadline_in(10 * NS_PER_S), err) ||
		host_start(lab_host(lab, 0), &ask, &client, err) ||
		proc_wait_success(client, deadline_in(600 * NS_PER_S), err))
		return -1;
	return read_quic(proc_result(client).out, strtod(seconds, NULL), ret_bps, ret_cpu, err);
}

static int compare(const char *dir, const char *seconds, const struct profile *profile,
	struct procs *procs, struct error *err)
{
	AUTO(lab_downp) struct lab *lab = NULL;
	char state_dir[128];
	const struct lab_spec spec = {.names = (const char *const[]){"lom", "yuki"},
		.count = 2,
		.profile = profile,
		.state_dir = state_dir,
		.congestion = "cubic"};
	double quic[ROUNDS], tcp[ROUNDS], cpu[ROUNDS];

	snprintf(state_dir, sizeof(state_dir), "%s/%s", dir, profile->name);
	if (lab_up(procs, &spec, &lab, err) || lab_verify(lab, err))
		return -1;
	for (size_t i = 0; i < ROUNDS; i++) {
		if (quic_in_lab(lab, seconds, &quic[i], &cpu[i], err) ||
			flow_in_lab(lab, seconds, &tcp[i], err))
			return -1;
	}
	printf("%s, median of %d: QUIC %.1f Mbit/s with %.0f %% of a core, TCP %.1f, ratio %.3f\n",
		profile->name, ROUNDS, median(quic, ROUNDS) / 1e6, median(cpu, ROUNDS),
		median(tcp, ROUNDS) / 1e6, median(quic, ROUNDS) / median(tcp, ROUNDS));
	return 0;
}

static int measure(const char *dir, const char *seconds, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	const struct profile unshaped = {.name = "unshaped"};

	if (namespace_enter(err) || procs_new(&procs, err))
		return -1;
	return compare(dir, seconds, &line, procs, err) ||
			       compare(dir, seconds, &unshaped, procs, err)
		       ? -1
		       : 0;
}

int main(int argc, char *argv[])
{
	char dir[] = "/tmp/meshbench-quic.XXXXXX";
	struct error err = {0}, ignored;
	int status;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	status = measure(dir, argc > 1 ? argv[1] : "3", &err);
	if (status)
		fprintf(stderr, "quic: %s\n", err.text);
	if (tree_remove(dir, &ignored))
		fprintf(stderr, "quic: %s\n", ignored.text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
