/* SPDX-License-Identifier: MIT */
/*
 * lab_up [HOSTS] [ROUNDS] [ENGINE]: how long until a lab is up and verified, compared with the same
 * number of namespaces made by hand with plain commands. Medians of ROUNDS (10) interleaved rounds.
 */
#include "lab/lab.h"

#include "median.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_ROUNDS = 1000
};

static int lab_round(struct procs *procs, const struct lab_spec *spec, double *ret_up_ms,
	double *ret_verified_ms, struct error *err)
{
	AUTO(lab_downp) struct lab *lab = NULL;
	int64_t began_ns = clock_now_ns();

	if (lab_up(procs, spec, &lab, err))
		return -1;
	*ret_up_ms = (double)(clock_now_ns() - began_ns) / 1e6;
	if (lab_verify(lab, err))
		return -1;
	*ret_verified_ms = (double)(clock_now_ns() - began_ns) / 1e6;
	return 0;
}

/*
 * What a shell script does: one namespace and one command after the other. It pings in a ring only,
 * since 50 hosts that all talk overflow the kernel's neighbour table; that favours the reference.
 */
static const char by_hand[] =
	"set -e\n"
	"mount -t tmpfs none /run\n"
	"ip link add br0 type bridge; ip link set br0 up\n"
	"for i in $(seq $1); do\n"
	"  ip netns add h$i\n"
	"  ip link add p$i type veth peer name eth0 netns h$i\n"
	"  ip link set p$i master br0 up\n"
	"  ip -n h$i addr add 10.77.0.$i/16 dev eth0\n"
	"  ip -n h$i link set lo up; ip -n h$i link set eth0 up\n"
	"done\n"
	"for i in $(seq $1); do\n"
	"  ip netns exec h$i ping -q -c 1 -W 5 10.77.0.$((i % $1 + 1)) >/dev/null\n"
	"done\n";

static int hand_round(struct procs *procs, const char *hosts, double *ret_ms, struct error *err)
{
	int64_t began_ns = clock_now_ns();
	const struct proc_spec spec = {.what = "make namespaces by hand",
		.argv = (const char *const[]){
			"unshare", "-mn", "sh", "-c", by_hand, "sh", hosts, NULL}};

	if (proc_run(procs, &spec, deadline_in(600 * NS_PER_S), err))
		return -1;
	*ret_ms = (double)(clock_now_ns() - began_ns) / 1e6;
	return 0;
}

static int measure(
	const char *dir, size_t hosts, size_t rounds, enum lab_engine engine, struct error *err)
{
	static double up[MOST_ROUNDS], verified[MOST_ROUNDS], hand[MOST_ROUNDS];
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	struct profile unshaped = {.name = "unshaped"};
	const char **names = arena_alloc(arena, const char *, hosts);
	struct lab_spec spec = {.names = names,
		.count = hosts,
		.engine = engine,
		.profile = &unshaped,
		.state_dir = dir,
		.congestion = "cubic"};

	for (size_t i = 0; i < hosts; i++)
		names[i] = arena_printf(arena, "h%zu", i + 1);
	if (namespace_enter(err) || procs_new(&procs, err))
		return -1;
	for (size_t i = 0; i < rounds; i++) {
		if (lab_round(procs, &spec, &up[i], &verified[i], err) ||
			hand_round(procs, arena_printf(arena, "%zu", hosts), &hand[i], err))
			return -1;
	}
	printf("engine %s, hosts %zu, median of %zu: up %.1f ms, up and verified %.1f ms, by hand "
	       "%.1f ms, "
	       "ratio %.3f\n",
		lab_engine_name(engine), hosts, rounds, median(up, rounds),
		median(verified, rounds), median(hand, rounds),
		median(verified, rounds) / median(hand, rounds));
	return 0;
}

int main(int argc, char *argv[])
{
	size_t hosts = argc > 1 ? strtoul(argv[1], NULL, 10) : 3;
	size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
	enum lab_engine engine = LAB_ENGINE_BRIDGE;
	char dir[] = "/tmp/meshbench-lab_up.XXXXXX";
	struct error err = {0}, ignored;
	int status;

	if ((argc > 3 && !lab_engine_named(argv[3], &engine)) || rounds < 1 ||
		rounds > MOST_ROUNDS || !mkdtemp(dir))
		return EXIT_FAILURE;
	status = measure(dir, hosts, rounds, engine, &err);
	if (status)
		fprintf(stderr, "lab_up: %s\n", err.text);
	if (tree_remove(dir, &ignored))
		fprintf(stderr, "lab_up: %s\n", ignored.text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
