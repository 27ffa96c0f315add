/* SPDX-License-Identifier: MIT */
/* Which part of a lab runs on which processors. */
#include "lab/cores.h"

#include "base/json.h"

/* The numbers of the processors of a set, in order. */
struct pool {
	const int *numbers;
	size_t count;
};

static struct pool pool_of(struct arena *arena, const cpu_set_t *set)
{
	int *numbers = arena_alloc(arena, int, (size_t)CPU_COUNT(set) + 1);
	size_t count = 0;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, set))
			numbers[count++] = i;
	return (struct pool){numbers, count};
}

/* `count` of them from `first` on, around the end of the pool. */
static cpu_set_t take(struct pool pool, size_t first, size_t count)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < count; i++)
		CPU_SET(pool.numbers[(first + i) % pool.count], &set);
	return set;
}

static void lay_hosts(struct arena *arena, struct pool pool, struct lab_cores *cores)
{
	cpu_set_t *hosts = arena_alloc(arena, cpu_set_t, cores->host_count);

	for (size_t i = 0; i < cores->host_count; i++)
		hosts[i] = take(pool, i * cores->per_host, cores->per_host);
	cores->hosts = hosts;
}

/* Behind the hosts: what is left, or all where hosts need all. */
static void lay_others(struct pool all, size_t used, bool has_wire, struct lab_cores *cores)
{
	size_t left = all.count - used;
	bool are_apart = has_wire && left > 1;

	if (left == 0)
		left = all.count;
	CPU_ZERO(&cores->wire);
	if (has_wire)
		cores->wire = take(all, used, are_apart ? 1 : left);
	cores->instruments = take(all, are_apart ? used + 1 : used, are_apart ? left - 1 : left);
}

int lab_cores_lay(struct arena *arena, const struct lab_cores_wish *wish,
	struct lab_cores *ret_cores, struct error *err)
{
	struct lab_cores cores = {.per_host = wish->per_host, .host_count = wish->host_count};
	struct pool all = pool_of(arena, &wish->allowed);
	size_t wanted = wish->per_host * wish->host_count, used = wanted;

	if (wish->per_host > all.count)
		return fail(err, ERROR_MISSING,
			"give each host %zu processors: meshbench may use only %zu of this machine (%s); ask for at most %zu with cpus (--cpus)",
			wish->per_host, all.count, lab_cores_list(arena, &wish->allowed),
			all.count);
	if (wish->per_host == 0) {
		*ret_cores = cores;
		return 0;
	}
	if (wanted >= all.count) /* one is kept for the others, if no host needs it */
		used = wish->per_host < all.count ? all.count - 1 : all.count;
	lay_hosts(arena, (struct pool){all.numbers, used}, &cores);
	lay_others(all, used, wish->has_wire, &cores);
	*ret_cores = cores;
	return 0;
}

int lab_cores_allowed(cpu_set_t *ret_allowed, struct error *err)
{
	if (sched_getaffinity(0, sizeof(*ret_allowed), ret_allowed) < 0)
		return fail_errno(err, "ask which processors meshbench may use");
	return 0;
}

const char *lab_cores_list(struct arena *arena, const cpu_set_t *set)
{
	const char *text = "";

	for (int first = 0; first < CPU_SETSIZE; first++) {
		int last = first;

		if (!CPU_ISSET(first, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		text = arena_printf(arena, "%s%s%d", text, *text ? "," : "", first);
		if (last > first)
			text = arena_printf(arena, "%s-%d", text, last);
		first = last;
	}
	return text;
}

static bool overlap(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t both;

	CPU_AND(&both, a, b);
	return CPU_COUNT(&both) > 0;
}

static bool some_host_overlaps(const struct lab_cores *cores, const cpu_set_t *set, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (overlap(&cores->hosts[i], set))
			return true;
	return false;
}

static json_t *shared_json(const struct lab_cores *cores)
{
	json_t *list = json_array();
	bool hosts = false;

	for (size_t i = 0; i < cores->host_count; i++)
		hosts |= some_host_overlaps(cores, &cores->hosts[i], i);
	if (hosts)
		json_array_append_new(list, json_text("hosts with one another"));
	if (some_host_overlaps(cores, &cores->wire, cores->host_count))
		json_array_append_new(list, json_text("hosts with the wire"));
	if (some_host_overlaps(cores, &cores->instruments, cores->host_count))
		json_array_append_new(list, json_text("hosts with the instruments"));
	if (overlap(&cores->wire, &cores->instruments))
		json_array_append_new(list, json_text("the wire with the instruments"));
	return list;
}

json_t *lab_cores_json(const struct lab_cores *cores, const char *const names[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_t *hosts;

	if (cores->per_host == 0)
		return NULL;
	hosts = json_object();
	for (size_t i = 0; i < cores->host_count; i++)
		json_object_set_new(
			hosts, names[i], json_text(lab_cores_list(arena, &cores->hosts[i])));
	return json_make("{s:I, s:s, s:o, s:s?, s:s, s:o}", "per_host", (json_int_t)cores->per_host,
		"limited_by", "affinity", "hosts", hosts, "wire",
		CPU_COUNT(&cores->wire) ? lab_cores_list(arena, &cores->wire) : NULL, "instruments",
		lab_cores_list(arena, &cores->instruments), "shared", shared_json(cores));
}
