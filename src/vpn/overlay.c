/* SPDX-License-Identifier: MIT */
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

/* One command per host, all at once; whatever still runs when they are left is killed. */
struct questions {
	struct proc **procs;
	size_t count;
};

static void questions_done(struct questions *questions)
{
	for (size_t i = 0; i < questions->count; i++)
		proc_free(questions->procs[i]);
}

static int ask_all(struct vpn *vpn, const char *what, const char *const *const argv[],
	struct questions *questions, struct error *err)
{
	struct deadline deadline = deadline_in(COMMAND_WITHIN_NS);

	questions->procs = arena_alloc(vpn->arena, struct proc *, vpn->roster.count);
	for (size_t i = 0; i < vpn->roster.count; i++, questions->count++) {
		struct proc_spec spec = {.what = what,
			.argv = argv[i],
			.environment = vpn->environment,
			.keep_bytes = 1 << 20};

		if (host_start(lab_host(vpn->lab, i), &spec, &questions->procs[i], err))
			return -1;
	}
	for (size_t i = 0; i < vpn->roster.count; i++) {
		if (proc_wait_success(questions->procs[i], deadline, err))
			return -1;
	}
	return 0;
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

/* As ask_all, with a command of the driver. */
static int ask_driver(struct vpn *vpn, const char *what, const char *const *command,
	struct questions *questions, struct error *err)
{
	const char *const **argv = arena_alloc(vpn->arena, const char *const *, vpn->roster.count);

	for (size_t i = 0; i < vpn->roster.count; i++) {
		struct scope scope = {&vpn->roster, &vpn->roster.members[i], NULL};

		if (expand_words(&scope, command, &argv[i], err))
			return -1;
	}
	return ask_all(vpn, what, argv, questions, err);
}

static int run_for_addresses(struct vpn *vpn, const char *addresses[], struct error *err)
{
	AUTO(questions_done) struct questions questions = {0};

	if (ask_driver(
		    vpn, "ask for its overlay address", vpn->driver->address_run, &questions, err))
		return -1;
	for (size_t i = 0; i < vpn->roster.count; i++) {
		addresses[i] =
			text_trim(arena_strdup(vpn->arena, proc_result(questions.procs[i]).out));
		if (!*addresses[i])
			return fail(err, ERROR_PARSE,
				"ask for its overlay address on %s: no answer",
				vpn->roster.members[i].name);
	}
	return 0;
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

/* Adds the overlay's interface of one host to `interfaces` and notes name and address. */
static int take_interface(struct vpn *vpn, size_t host, const char *address, const json_t *list,
	json_t *interfaces, struct error *err)
{
	struct scope scope = {&vpn->roster, &vpn->roster.members[host], NULL};
	const char *name = NULL;
	json_t *interface;

	if (vpn->driver->address_interface &&
		expand_text(&scope, vpn->driver->address_interface, &name, err))
		return -1;
	interface = find_interface(list, name, address);
	if (!interface)
		return fail(err, ERROR_PARSE, "interface %s%s does not exist on %s",
			name ? name : "has ", name ? "" : address, scope.host->name);
	if (name)
		address = global_address(interface);
	if (!address)
		return fail(err, ERROR_PARSE, "interface %s on %s has no global address", name,
			scope.host->name);
	vpn->addresses[host] = arena_strdup(vpn->arena, address);
	json_array_append(interfaces, interface);
	return 0;
}

static const char *const list_interfaces[] = {"ip", "-json", "-details", "address", "show", NULL};

int overlay_look(struct vpn *vpn, json_t **ret_interfaces, struct error *err)
{
	size_t count = vpn->roster.count;
	const char *const **argv = arena_alloc(vpn->arena, const char *const *, count);
	const char **addresses = arena_alloc(vpn->arena, const char *, count);
	AUTO(questions_done) struct questions questions = {0};
	json_auto_t *interfaces = json_array();

	for (size_t i = 0; i < count; i++) {
		addresses[i] = lab_underlay(vpn->lab, i);
		argv[i] = list_interfaces;
	}
	if (vpn->driver->address_run && run_for_addresses(vpn, addresses, err))
		return -1;
	if (ask_all(vpn, "list its interfaces", argv, &questions, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct proc_result result = proc_result(questions.procs[i]);
		json_auto_t *list = NULL;

		if (json_parse(
			    result.out, result.out_size, "the output of ip address", &list, err) ||
			take_interface(vpn, i, addresses[i], list, interfaces, err))
			return -1;
	}
	*ret_interfaces = json_incref(interfaces);
	return 0;
}

/* Without its daemons a mesh will never answer, nor without a wire. */
static int check_alive(struct vpn *vpn, struct error *err)
{
	return lab_check_wire(vpn->lab, err) || daemons_check(vpn, err) ? -1 : 0;
}

/* After a look that failed: whether there is time, and daemons live; if they do not, err says so.
 */
static bool may_look_again(struct vpn *vpn, struct deadline deadline, struct error *err)
{
	struct error crash;

	if (err->kind == ERROR_CANCELLED || deadline_has_passed(deadline))
		return false;
	if (check_alive(vpn, &crash) == 0)
		return true;
	*err = crash;
	return false;
}

/* A VPN may give out its addresses after its daemons run, so missing ones are asked for again. */
static int find_addresses(struct vpn *vpn, struct deadline deadline, struct error *err)
{
	json_auto_t *interfaces = NULL;

	while (overlay_look(vpn, &interfaces, err)) {
		if (!may_look_again(vpn, deadline, err))
			return -1;
	}
	return 0;
}

static int ask_one(struct vpn *vpn, size_t host, const char *what, const char *const *argv,
	const char **ret_out, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {
		.what = what, .argv = argv, .environment = vpn->environment, .keep_bytes = 1 << 20};

	if (host_start(lab_host(vpn->lab, host), &spec, &proc, err) ||
		proc_wait_success(proc, deadline_in(COMMAND_WITHIN_NS), err))
		return -1;
	*ret_out = text_trim(arena_strdup(vpn->arena, proc_result(proc).out));
	return 0;
}

static int look_at_one(struct vpn *vpn, size_t host, struct error *err)
{
	const struct scope scope = {&vpn->roster, &vpn->roster.members[host], NULL};
	const char *address = lab_underlay(vpn->lab, host), *out;
	json_auto_t *interfaces = json_array(), *list = NULL;
	const char *const *argv;

	if (vpn->driver->address_run &&
		(expand_words(&scope, vpn->driver->address_run, &argv, err) ||
			ask_one(vpn, host, "ask for its overlay address", argv, &address, err)))
		return -1;
	return ask_one(vpn, host, "list its interfaces", list_interfaces, &out, err) ||
			       json_parse(
				       out, strlen(out), "the output of ip address", &list, err) ||
			       take_interface(vpn, host, address, list, interfaces, err)
		       ? -1
		       : 0;
}

int overlay_find_one(struct vpn *vpn, size_t host, int64_t within_ns, struct error *err)
{
	struct deadline deadline = deadline_in(within_ns);

	while (look_at_one(vpn, host, err)) {
		if (!may_look_again(vpn, deadline, err))
			return -1;
	}
	return 0;
}

/* Keeps the earliest answer of each pair; true when all have one. */
static bool merge_answers(const struct vpn *vpn, const int64_t heard_ns[])
{
	size_t count = vpn->roster.count;
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

	for (size_t i = 0; i < vpn->roster.count * vpn->roster.count; i++) {
		if (vpn->first_ns[i] > latest_ns)
			latest_ns = vpn->first_ns[i];
	}
	return latest_ns;
}

static bool is_silent(const struct vpn *vpn, size_t host)
{
	size_t count = vpn->roster.count;

	for (size_t other = 0; other < count; other++) {
		if (other != host && (!vpn->first_ns[host * count + other] ||
					     !vpn->first_ns[other * count + host]))
			return true;
	}
	return false;
}

/* Time is up: which pairs are silent, and what their daemons said last. */
static int stays_silent(struct vpn *vpn, struct error *err)
{
	const char *words = arena_strdup(vpn->arena,
		err->kind == ERROR_NONE ? "not every pair of hosts answered" : err->text);

	for (size_t i = 0; i < vpn->roster.count; i++) {
		if (is_silent(vpn, i))
			words = arena_printf(vpn->arena, "%.300s; last output of %s: %.80s", words,
				vpn->roster.members[i].name, daemons_last_words(vpn, i));
	}
	return fail(err, ERROR_TIMEOUT, "%s", words);
}

static int reach(struct vpn *vpn, struct deadline deadline, struct error *err)
{
	size_t pairs = vpn->roster.count * vpn->roster.count;
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
		if (check_alive(vpn, &crash)) {
			*err = crash;
			return -1;
		}
		if (!status)
			*err = (struct error){0};
		if (deadline_has_passed(deadline))
			return stays_silent(vpn, err);
	}
}

static json_t *lines_of(struct vpn *vpn, const char *text)
{
	json_t *lines = json_array();

	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = arena_strndup(vpn->arena, text, length);

		secrets_mask(procs_secrets(vpn->procs), line);
		json_array_append_new(lines, json_text(text_trim(line)));
		text += length + (text[length] == '\n');
	}
	return lines;
}

json_t *overlay_observe(struct vpn *vpn)
{
	AUTO(questions_done) struct questions questions = {0};
	struct error err;
	json_t *observed;

	if (ask_driver(vpn, "ask how it sees its mesh", vpn->driver->observe, &questions, &err))
		return json_make("{s:s}", "failed", err.text);
	observed = json_object();
	for (size_t i = 0; i < vpn->roster.count; i++)
		json_object_set_new(observed, vpn->roster.members[i].name,
			lines_of(vpn, proc_result(questions.procs[i]).out));
	return observed;
}

int overlay_find(struct vpn *vpn, struct error *err)
{
	if (find_addresses(vpn, deadline_in(CONNECT_WITHIN_NS), err))
		return fail_in(err, "find the overlay address");
	return 0;
}

int overlay_reach(struct vpn *vpn, struct error *err)
{
	if (reach(vpn, deadline_in(CONNECT_WITHIN_NS), err))
		return fail_in(err, "wait until every pair answers over the overlay");
	vpn->connected_ns = latest(vpn);
	return lab_name_overlay(vpn->lab, vpn->addresses, err);
}

int overlay_connect(struct vpn *vpn, struct error *err)
{
	return overlay_find(vpn, err) ? -1 : overlay_reach(vpn, err);
}
