/* SPDX-License-Identifier: MIT */
/* Who reaches whom: meshbench-reach on every host at once, and what all of them heard. */
#include "lab/internal.h"

#include "base/text.h"

#include <string.h>

static void procs_free_all(struct proc **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		proc_free(list[i]);
}

struct targets {
	const char *const *addresses; /* of every host; NULL on the underlay */
	bool are_underlay;
	bool is_one; /* the others ask this host, and nobody else is asked: */
	size_t one;
};

static bool is_target(const struct lab *lab, const struct targets *targets, size_t self, size_t i)
{
	if (targets->is_one)
		return i == targets->one && i != self;
	return !targets->are_underlay || site_joins(lab, self, i);
}

/* A host asks itself in place of those that it is not to ask: on the underlay those that only a VPN
 * joins to it. */
static void name_targets(const struct lab *lab, struct arena *arena, size_t self,
	const struct targets *targets, const char *ret_names[])
{
	for (size_t i = 0; i < lab->count; i++) {
		if (!is_target(lab, targets, self, i))
			ret_names[i] = "127.0.0.1";
		else
			ret_names[i] = targets->are_underlay ? site_address_for(lab, arena, self, i)
							     : targets->addresses[i];
	}
}

static int start_all(struct lab *lab, struct arena *arena, const struct targets *targets,
	struct deadline deadline, struct proc *ret_list[], struct error *err)
{
	const char **argv = arena_alloc(arena, const char *, lab->count + 4);
	struct proc_spec spec = {.what = "reach the others", .argv = argv};
	int64_t left_ms = (deadline.at_ns - clock_now_ns()) / NS_PER_MS;

	if (helper_find(arena, "meshbench-reach", &argv[0], err))
		return -1;
	spec.keep_bytes = 4096 + 64 * lab->count;
	argv[1] = arena_printf(arena, "%lld", (long long)(left_ms > 1 ? left_ms : 1));
	for (size_t i = 0; i < lab->count; i++) {
		argv[2] = arena_printf(arena, "%zu", i);
		name_targets(lab, arena, i, targets, &argv[3]);
		if (host_start(lab->nodes[i].host, &spec, &ret_list[i], err))
			return -1;
	}
	return 0;
}

/* It exits with 0 when all answered and 1 at its deadline; anything else is a failure of its own.
 */
static int collect(struct proc *proc, size_t count, struct deadline deadline, int64_t first_ns[],
	struct error *err)
{
	struct proc_result result;

	/* It ends by itself at the deadline; ours only guards against a machine that stalls. */
	if (proc_wait(proc, (struct deadline){deadline.at_ns + 10 * NS_PER_S}, err))
		return -1;
	result = proc_result(proc);
	if (result.exit_code != 0 && result.exit_code != 1)
		return fail(err, ERROR_TOOL, "%s", proc_obituary(proc));
	return answer_read(result.out, count, first_ns, err);
}

static int reach(struct lab *lab, const struct targets *targets, struct deadline deadline,
	int64_t first_ns[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct proc **list = arena_alloc(arena, struct proc *, lab->count);
	int status = start_all(lab, arena, targets, deadline, list, err);
	char missing[300];
	size_t count;

	memset(first_ns, 0, lab->count * lab->count * sizeof(*first_ns));
	for (size_t i = 0; status == 0 && i < lab->count; i++)
		status = collect(list[i], lab->count, deadline, first_ns + i * lab->count, err);
	for (size_t i = 0; status == 0 && i < lab->count; i++) {
		int64_t *heard = first_ns + i * lab->count;

		for (size_t k = 0; k < lab->count; k++)
			heard[k] = heard[k] ? host_time_here(lab->nodes[i].host, heard[k]) : 0;
	}
	procs_free_all(list, lab->count);
	if (status)
		return -1;
	count = answer_missing(lab->nodes, lab->count, first_ns, missing, sizeof(missing));
	if (count)
		return fail(err, ERROR_TIMEOUT, "%zu of %zu ordered pairs do not answer: %s", count,
			lab->count * (lab->count - 1), missing);
	return 0;
}

int lab_reach(struct lab *lab, const char *const addresses[], struct deadline deadline,
	int64_t first_ns[], struct error *err)
{
	return reach(lab, &(struct targets){.addresses = addresses}, deadline, first_ns, err);
}

int lab_reach_one(struct lab *lab, const char *const addresses[], size_t host,
	struct deadline deadline, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return reach(lab, &(struct targets){.addresses = addresses, .is_one = true, .one = host},
		deadline, arena_alloc(arena, int64_t, lab->count * lab->count), err);
}

int lab_verify(struct lab *lab, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	int64_t *first_ns = arena_alloc(arena, int64_t, lab->count * lab->count);

	if (reach(lab, &(struct targets){.are_underlay = true}, deadline_in(10 * NS_PER_S),
		    first_ns, err))
		return fail_in(err, "verify the lab");
	return 0;
}
