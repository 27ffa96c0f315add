/* SPDX-License-Identifier: MIT */
/*
 * bridge_tcp [SECONDS] [MBIT]: one TCP flow through engine bridge (unshaped, or with a line rate of
 * MBIT) compared with the same flow between two namespaces joined by hand: with one veth pair, and
 * with a bridge, which shows what the hop through it costs. Five interleaved runs of SECONDS (3);
 * medians and their ratios.
 */
#include "lab/lab.h"

#include "lab_flow.h"
#include "median.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS = 5
};

static const char by_hand[] =
	"set -e\n"
	"mount -t tmpfs none /run\n"
	"ip netns add a; ip netns add b\n"
	"if [ $2 = pair ]; then\n"
	"  ip link add v netns a type veth peer name v netns b\n"
	"else\n"
	"  ip link add br0 type bridge; ip link set br0 up\n"
	"  for i in a b; do\n"
	"    ip link add v netns $i type veth peer name p$i; ip link set p$i master br0 up\n"
	"  done\n"
	"fi\n"
	"ip -n a addr add 10.1.0.1/24 dev v; ip -n b addr add 10.1.0.2/24 dev v\n"
	"ip -n a link set v up; ip -n b link set v up\n"
	"ip -n a route replace 10.1.0.0/24 dev v src 10.1.0.1 congctl cubic\n"
	"ip -n b route replace 10.1.0.0/24 dev v src 10.1.0.2 congctl cubic\n"
	"ip netns exec b iperf3 -s -1 --forceflush >/run/log &\n"
	"until grep -q listening /run/log; do :; done\n"
	"ip netns exec a iperf3 -J -t $1 -c 10.1.0.2\n"
	"wait\n";

static int flow_by_hand(struct procs *procs, const char *kind, const char *seconds, double *ret_bps,
	struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	const struct proc_spec spec = {.argv = (const char *const[]){"unshare", "-mn", "sh", "-c",
					       by_hand, "sh", seconds, kind, NULL},
		.keep_bytes = 1 << 20};

	if (proc_start(procs, &spec, &proc, err) ||
		proc_wait_success(proc, deadline_in(600 * NS_PER_S), err))
		return -1;
	return read_bps(proc_result(proc).out, ret_bps, err);
}

static int measure(const char *dir, const char *seconds, double line_rate_bps, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(lab_downp) struct lab *lab = NULL;
	const struct profile profile = {.name = "bench", .line_rate_bps = line_rate_bps};
	const struct lab_spec spec = {.names = (const char *const[]){"lom", "yuki"},
		.count = 2,
		.profile = &profile,
		.state_dir = dir,
		.congestion = "cubic"};
	double in_lab[ROUNDS], pair[ROUNDS], bridge[ROUNDS];

	if (namespace_enter(err) || procs_new(&procs, err) || lab_up(procs, &spec, &lab, err) ||
		lab_verify(lab, err))
		return -1;
	for (size_t i = 0; i < ROUNDS; i++) {
		if (flow_in_lab(lab, seconds, &in_lab[i], err) ||
			flow_by_hand(procs, "pair", seconds, &pair[i], err) ||
			flow_by_hand(procs, "bridge", seconds, &bridge[i], err))
			return -1;
	}
	printf("median of %d: lab %.1f Mbit/s, veth pair by hand %.1f, ratio %.3f, "
	       "bridge by hand %.1f, ratio %.3f\n",
		ROUNDS, median(in_lab, ROUNDS) / 1e6, median(pair, ROUNDS) / 1e6,
		median(in_lab, ROUNDS) / median(pair, ROUNDS), median(bridge, ROUNDS) / 1e6,
		median(in_lab, ROUNDS) / median(bridge, ROUNDS));
	if (line_rate_bps > 0)
		printf("line rate %.1f Mbit/s, of which payload %.4f (full frames: 1448 of 1538)\n",
			line_rate_bps / 1e6, median(in_lab, ROUNDS) / line_rate_bps);
	return 0;
}

int main(int argc, char *argv[])
{
	double mbit = argc > 2 ? strtod(argv[2], NULL) : 0;
	char dir[] = "/tmp/meshbench-bridge_tcp.XXXXXX";
	struct error err = {0}, ignored;
	int status;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	status = measure(dir, argc > 1 ? argv[1] : "3", mbit * 1e6, &err);
	if (status)
		fprintf(stderr, "bridge_tcp: %s\n", err.text);
	if (tree_remove(dir, &ignored))
		fprintf(stderr, "bridge_tcp: %s\n", ignored.text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
