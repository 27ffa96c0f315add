/* The overlay as it turned out: its interfaces and addresses, and when which pair first answered.
 */
#include "vpn/internal.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_WITHIN_NS (120 * NS_PER_S)
/* Between two slices of waiting the daemons are looked at. */
#define REACH_SLICE_NS (3 * NS_PER_S)
#define COMMAND_WITHIN_NS (30 * NS_PER_S)

static int read_output(struct vpn *vpn, size_t host, const char *what, const char *const *argv,
	struct proc **ret_proc, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = what, .argv = argv, .keep_bytes = 1 << 20};

	if (host_start(lab_host(vpn->lab, host), &spec, &proc, err) ||
		proc_wait_success(proc, deadline_in(COMMAND_WITHIN_NS), err))
		return -1;
	*ret_proc = proc;
	proc = NULL;
	return 0;
}

static int list_interfaces(struct vpn *vpn, size_t host, json_t **ret_list, struct error *err)
{
	static const char *const argv[] = {"ip", "-json", "-details", "address", "show", NULL};
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_result result;

	if (read_output(vpn, host, "list its interfaces", argv, &proc, err))
		return -1;
	result = proc_result(proc);
	return json_parse(result.out, result.out_size, "the output of ip address", ret_list, err);
}

static bool has_address(const json_t *interface, const char *address)
{
	size_t i;
	json_t *entry;

	json_array_foreach (json_object_get(interface, "addr_info"), i, entry) {
		if (strcmp(json_string_at(entry, "/local", ""), address) == 0)
			return true;
	}
	return false;
}

static const char *global_address(const json_t *interface)
{
	size_t i;
	json_t *entry;

	json_array_foreach (json_object_get(interface, "addr_info"), i, entry) {
		if (strcmp(json_string_at(entry, "/scope", ""), "global") == 0)
			return json_string_at(entry, "/local", NULL);
	}
	return NULL;
}

static int run_for_address(
	struct vpn *vpn, size_t host, const char **ret_address, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct scope scope = {&vpn->mesh, &vpn->mesh.members[host], NULL};
	const char *const *words;

	if (expand_words(&scope, vpn->driver->address_run, &words, err) ||
		read_output(vpn, host, "ask for its overlay address", words, &proc, err))
		return -1;
	*ret_address = text_trim(arena_strdup(vpn->arena, proc_result(proc).out));
	return **ret_address ? 0 : fail(err, ERROR_PARSE, "ask for its overlay address: no answer");
}

/* By the driver's interface name, or else by an address that is known. */
static json_t *find_interface(const json_t *list, const char *name, const char *address)
{
	size_t i;
	json_t *interface;

	json_array_foreach (list, i, interface) {
		bool is_it = name ? strcmp(json_string_at(interface, "/ifname", ""), name) == 0
				  : has_address(interface, address);

		if (is_it)
			return interface;
	}
	return NULL;
}

int overlay_interface(struct vpn *vpn, size_t host, json_t **ret_interface,
	const char **ret_address, struct error *err)
{
	struct scope scope = {&vpn->mesh, &vpn->mesh.members[host], NULL};
	const char *name = NULL, *address = lab_underlay(vpn->lab, host);
	json_auto_t *list = NULL;
	json_t *interface;

	if (vpn->driver->address_interface &&
		expand_text(&scope, vpn->driver->address_interface, &name, err))
		return -1;
	if (vpn->driver->address_run && run_for_address(vpn, host, &address, err))
		return -1;
	if (list_interfaces(vpn, host, &list, err))
		return -1;
	interface = find_interface(list, name, address);
	if (!interface)
		return fail(err, ERROR_PARSE, "no interface %s%s on %s", name ? name : "has ",
			name ? "" : address, vpn->mesh.members[host].name);
	if (name)
		address = global_address(interface);
	if (!address)
		return fail(err, ERROR_PARSE, "interface %s on %s has no global address", name,
			vpn->mesh.members[host].name);
	*ret_address = arena_strdup(vpn->arena, address);
	*ret_interface = json_incref(interface);
	return 0;
}

/* A VPN may give out its addresses after its daemons run, so a missing one is asked for again. */
static int find_address(struct vpn *vpn, size_t host, struct deadline deadline, struct error *err)
{
	json_auto_t *interface = NULL;

	while (overlay_interface(vpn, host, &interface, &vpn->addresses[host], err)) {
		struct error crash;

		if (err->kind == ERROR_CANCELLED || deadline_has_passed(deadline))
			return -1;
		if (daemons_check(vpn, &crash)) {
			*err = crash;
			return -1;
		}
	}
	vpn->interfaces[host] = arena_strdup(vpn->arena, json_string_at(interface, "/ifname", ""));
	return 0;
}

/* Keeps the earliest answer of each pair; true when all have one. */
static bool merge_answers(const struct vpn *vpn, const int64_t heard_ns[])
{
	size_t count = vpn->mesh.count;
	bool have_all = true;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			int64_t *first_ns = &vpn->first_ns[i * count + j];

			if (!*first_ns)
				*first_ns = heard_ns[i * count + j];
			have_all &= *first_ns != 0 || i == j;
		}
	}
	return have_all;
}

static int64_t latest(const struct vpn *vpn)
{
	int64_t latest_ns = vpn->join_started_ns;

	for (size_t i = 0; i < vpn->mesh.count * vpn->mesh.count; i++) {
		if (vpn->first_ns[i] > latest_ns)
			latest_ns = vpn->first_ns[i];
	}
	return latest_ns;
}

static int reach(struct vpn *vpn, struct deadline deadline, struct error *err)
{
	size_t pairs = vpn->mesh.count * vpn->mesh.count;
	int64_t *heard_ns = arena_alloc(vpn->arena, int64_t, pairs);

	memset(vpn->first_ns, 0, pairs * sizeof(*vpn->first_ns));
	for (;;) {
		struct deadline slice = deadline_earlier(deadline, deadline_in(REACH_SLICE_NS));
		struct error crash;
		int status;

		memset(heard_ns, 0, pairs * sizeof(*heard_ns));
		status = lab_reach(vpn->lab, vpn->addresses, slice, heard_ns, err);
		if (merge_answers(vpn, heard_ns))
			return 0;
		if (status && err->kind != ERROR_TIMEOUT)
			return -1;
		if (daemons_check(vpn, &crash)) {
			*err = crash;
			return -1;
		}
		if (deadline_has_passed(deadline))
			return status ? -1
				      : fail(err, ERROR_TIMEOUT,
						"not every pair of hosts answered");
	}
}

int overlay_connect(struct vpn *vpn, struct error *err)
{
	struct deadline deadline = deadline_in(CONNECT_WITHIN_NS);

	for (size_t i = 0; i < vpn->mesh.count; i++) {
		if (find_address(vpn, i, deadline, err))
			return fail_in(err, "find the overlay address");
	}
	if (reach(vpn, deadline, err))
		return fail_in(err, "wait until every pair answers over the overlay");
	vpn->connected_ns = latest(vpn);
	return lab_name_overlay(vpn->lab, vpn->addresses, err);
}
