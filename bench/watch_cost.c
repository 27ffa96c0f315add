/* SPDX-License-Identifier: MIT */
/*
 * watch_cost [HOSTS] [SECONDS] [ENGINE]: what watching a mesh costs of this machine's processors,
 * with the asks of a second, compared with one ping by `ping -i` per watched pair. The overlay is
 * the underlay, so both ways take the same road.
 */
#include "lab/lab.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of this program and of its children that have ended. */
static double spent_s(void)
{
	double sum = 0;

	for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
		struct rusage usage = {0};

		getrusage(who, &usage);
		sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	}
	return sum;
}

static int watch(struct lab *lab, const char *const addresses[], double seconds,
	struct lab_watch_facts *ret_facts, double *ret_spent_s, struct error *err)
{
	const struct lab_watch_spec spec = {.overlay = addresses, .spans = 1 << 16};
	struct deadline end = deadline_in((int64_t)(seconds * 1e9));
	AUTO(lab_watch_endp) struct lab_watch *watched = NULL;
	double before_s = spent_s();

	if (lab_watch_begin(lab, &spec, &watched, err))
		return -1;
	while (!deadline_has_passed(end)) {
		if (procs_step(lab_procs(lab), deadline_in(20 * NS_PER_MS), err) ||
			lab_watch_look(watched, err))
			return -1;
	}
	*ret_facts = lab_watch_facts(watched);
	lab_watch_endp(&watched);
	*ret_spent_s = spent_s() - before_s;
	return 0;
}

/* One pair, as a shell script would watch it. */
static int ping(struct lab *lab, const char *address, double seconds, int64_t every_ns,
	double *ret_spent_s, struct error *err)
{
	char count[32], interval[32];
	double before_s = spent_s();

	snprintf(interval, sizeof(interval), "%.3f", (double)every_ns / 1e9);
	snprintf(count, sizeof(count), "%.0f", seconds * 1e9 / (double)every_ns);
	if (host_run(lab_host(lab, 0),
		    &(struct proc_spec){.what = "ping one host",
			    .argv = (const char *const[]){"ping", "-n", "-i", interval, "-c", count,
				    address, NULL}},
		    deadline_in((int64_t)(4 * seconds * 1e9) + 10 * NS_PER_S), err))
		return -1;
	*ret_spent_s = spent_s() - before_s;
	return 0;
}

static int measure(
	const char *dir, size_t hosts, double seconds, enum lab_engine engine, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(lab_downp) struct lab *lab = NULL;
	struct profile unshaped = {.name = "unshaped"};
	const char **names = arena_alloc(arena, const char *, hosts);
	const char **addresses = arena_alloc(arena, const char *, hosts);
	struct lab_spec spec = {.names = names,
		.count = hosts,
		.engine = engine,
		.profile = &unshaped,
		.state_dir = dir,
		.congestion = "cubic"};
	double processors = (double)sysconf(_SC_NPROCESSORS_ONLN), watch_s, ping_s;
	struct lab_watch_facts facts;

	for (size_t i = 0; i < hosts; i++)
		names[i] = arena_printf(arena, "h%zu", i + 1);
	if (namespace_enter(err) || procs_new(&procs, err) || lab_up(procs, &spec, &lab, err) ||
		lab_verify(lab, err))
		return -1;
	for (size_t i = 0; i < hosts; i++)
		addresses[i] = lab_underlay(lab, i);
	if (watch(lab, addresses, seconds, &facts, &watch_s, err) ||
		ping(lab, addresses[1], seconds, facts.every_ns, &ping_s, err))
		return -1;
	printf("engine %s, hosts %zu: %zu of %zu ordered pairs every %lld ms, %.0f asks a second, "
	       "%.2f %% of the machine; by ping %.2f %%, ratio %.3f\n",
		lab_engine_name(engine), hosts, facts.pairs, hosts * (hosts - 1),
		(long long)(facts.every_ns / NS_PER_MS),
		(double)(LAB_WAYS * facts.pairs) * 1e9 / (double)facts.every_ns,
		100 * watch_s / seconds / processors,
		100 * ping_s * (double)(LAB_WAYS * facts.pairs) / seconds / processors,
		watch_s / (ping_s * (double)(LAB_WAYS * facts.pairs)));
	return 0;
}

int main(int argc, char *argv[])
{
	size_t hosts = argc > 1 ? strtoul(argv[1], NULL, 10) : 4;
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 5;
	enum lab_engine engine = LAB_ENGINE_BRIDGE;
	char dir[] = "/tmp/meshbench-watch_cost.XXXXXX";
	struct error err = {0}, ignored;
	int status;

	if (hosts < 2 || !(seconds > 0) || (argc > 3 && !lab_engine_named(argv[3], &engine)) ||
		!mkdtemp(dir))
		return EXIT_FAILURE;
	status = measure(dir, hosts, seconds, engine, &err);
	if (status)
		fprintf(stderr, "watch_cost: %s\n", err.text);
	if (tree_remove(dir, &ignored))
		fprintf(stderr, "watch_cost: %s\n", ignored.text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
