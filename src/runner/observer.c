/* SPDX-License-Identifier: MIT */
/*
 * Marks between two hosts: sent by one, heard at three places, while the wire has rules.
 */
#include "runner/observer.h"

#include "base/clock.h"
#include "base/json.h"
#include "wire/rule.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Whose accounts a trial is read from. */
enum ear {
	EAR_ARRIVED,
	EAR_OUTSIDE,
	EAR_BACK,
	EARS
};

static const int64_t REACH_NS = 20 * NS_PER_S;
static const int64_t SHORT_NS = 10 * NS_PER_S;

/* What `ip` says of the devices of a host; the caller owns it. */
static int look_at_devices(
	struct operation_run *m, size_t host, json_t **ret_devices, struct error *err)
{
	static const char *const argv[] = {"ip", "-details", "-json", "addr", "show", NULL};
	AUTO(proc_freep) struct proc *proc = NULL;

	if (host_start(lab_host(m->stage->lab, host),
		    &(struct proc_spec){.what = "look at its devices", .argv = argv}, &proc, err) ||
		proc_wait_success(proc, deadline_in(SHORT_NS), err))
		return -1;
	return json_parse(proc_result(proc).out, proc_result(proc).out_size,
		"the output of ip addr", ret_devices, err);
}

static bool has_address(const json_t *device, const char *address)
{
	const json_t *list = json_object_get(device, "addr_info"), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		if (strcmp(json_string_at(entry, "/local", ""), address) == 0)
			return true;
	}
	return false;
}

static const char *address_of(struct arena *arena, const json_t *device, const char *family)
{
	const json_t *list = json_object_get(device, "addr_info"), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		if (strcmp(json_string_at(entry, "/family", ""), family) == 0 &&
			strcmp(json_string_at(entry, "/scope", ""), "global") == 0)
			return arena_strdup(arena, json_string_at(entry, "/local", ""));
	}
	return NULL;
}

/* One that may have several says how many are open. */
static int queues_of(const json_t *device)
{
	const json_t *data = json_at(device, "/linkinfo/info_data");

	if (strcmp(json_string_at(device, "/linkinfo/info_kind", ""), "tun") != 0)
		return 0;
	return json_is_true(json_object_get(data, "multi_queue"))
		       ? (int)json_number_at(data, "/numqueues", 1)
		       : 1;
}

int observer_end(struct observer *o, size_t host, const char *address, struct feature_end *ret_end,
	struct error *err)
{
	struct operation_run *m = o->m;
	json_auto_t *devices = NULL;
	const json_t *device;
	size_t i;

	if (look_at_devices(m, host, &devices, err))
		return -1;
	json_array_foreach (devices, i, device) {
		if (!has_address(device, address))
			continue;
		*ret_end = (struct feature_end){.ipv4 = address_of(m->arena, device, "inet"),
			.ipv6 = address_of(m->arena, device, "inet6"),
			.device = arena_strdup(m->arena, json_string_at(device, "/ifname", "")),
			.mtu = (int)json_number_at(device, "/mtu", 0),
			.queues = queues_of(device),
			.has_frames =
				strcmp(json_string_at(device, "/link_type", ""), "ether") == 0};
		return 0;
	}
	return fail(err, ERROR_HOST, "%s has no device with address %s",
		lab_host(m->stage->lab, host)->name, address);
}

/* The way over the bare link, or over the VPN. */
static int find_way(
	struct observer *o, bool is_bare, struct feature_way *ret_way, struct error *err)
{
	struct operation_run *m = o->m;
	const char *const *overlay = vpn_addresses(m->stage->vpn);
	struct feature_end third = {0};
	struct feature_way way = {.is_bare = is_bare, .token = o->token};
	struct feature_end *const ends[] = {&way.source, &way.target, &third};
	/* The three numbers are 0, 1 and 2. */
	const size_t hosts[] = {o->source, o->target, 3 - o->source - o->target};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t host = hosts[i];
		const char *address;

		if (host >= lab_host_count(m->stage->lab))
			continue;
		address = is_bare ? lab_underlay(m->stage->lab, host) : overlay[host];
		if (observer_end(o, host, address, ends[i], err))
			return -1;
	}
	way.third = third.ipv4;
	*ret_way = way;
	return 0;
}

static int start_marker(struct observer *o, size_t host, const char *what, const char *const *words,
	struct proc **ret_proc, struct error *err)
{
	const char *program, **argv;
	size_t count = 0;

	while (words[count])
		count++;
	if (helper_find(o->arena, "meshbench-marker", &program, err))
		return -1;
	argv = arena_alloc(o->arena, const char *, count + 3);
	argv[0] = program;
	argv[1] = what;
	memcpy(argv + 2, words, count * sizeof(*argv));
	return host_start(lab_host(o->m->stage->lab, host),
		&(struct proc_spec){.what = arena_printf(o->arena, "%s marks", what), .argv = argv},
		ret_proc, err);
}

int observer_listen(struct observer *o, size_t host, struct proc **ret_ear, struct error *err)
{
	const char *const words[] = {"--device", "eth0", "--token", o->token, "--seconds",
		arena_printf(o->arena, "%.0f", 4 * o->longest_s), "--outgoing", NULL};

	return start_marker(o, host, "listen", words, ret_ear, err) ||
			       proc_wait_output(*ret_ear, "ready\n", deadline_in(SHORT_NS), err)
		       ? -1
		       : 0;
}

static double longest_s(const struct observer *o, const struct feature_trial *trial)
{
	return o->longest_s + trial->lasts_s;
}

static int start_ears(struct observer *o, const struct feature_way *way,
	const struct feature_trial *trial, struct proc *ears[EARS], struct error *err)
{
	const struct {
		size_t host;
		const char *device, *direction;
	} places[EARS] = {[EAR_ARRIVED] = {o->target, way->target.device, NULL},
		[EAR_OUTSIDE] = {o->source, "eth0", "--outgoing"},
		[EAR_BACK] = {o->source, way->source.device, NULL}};

	const char *seconds = arena_printf(o->arena, "%.0f", 2 * longest_s(o, trial));
	const char *headers = arena_printf(o->arena, "%zu", trial->header_bytes);

	for (int i = 0; i < EARS; i++) {
		const char *const words[] = {"--device", places[i].device, "--token", way->token,
			"--find", "meshbench", "--seconds", seconds, "--headers",
			i == EAR_OUTSIDE ? headers : "0", places[i].direction, NULL};

		if (start_marker(o, places[i].host, "listen", words, &ears[i], err))
			return -1;
	}
	for (int i = 0; i < EARS; i++) {
		if (proc_wait_output(ears[i], "ready\n", deadline_in(SHORT_NS), err))
			return -1;
	}
	return 0;
}

static int set_rules(struct observer *o, const struct feature_trial *trial, struct error *err)
{
	static const char *const names[] = {"source", "target", NULL};
	struct wire_rule rules[FEATURE_MOST_RULES];

	if (trial->rule_count == 0)
		return 0;
	for (size_t i = 0; i < trial->rule_count; i++) {
		if (wire_rule_read(trial->rules[i], names, &rules[i], err))
			return -1;
	}
	return lab_set_rules(o->m->stage->lab, rules, trial->rule_count, err);
}

static int take_account(struct proc *proc, json_t **ret_account, struct error *err)
{
	struct proc_result result = proc_result(proc);
	const char *document = strchr(result.out, '{');

	if (!document)
		return fail(
			err, ERROR_TOOL, "meshbench-marker said nothing: %s", proc_obituary(proc));
	return json_parse(document, result.out_size - (size_t)(document - result.out),
		"an account of marks", ret_account, err);
}

static int send_marks(
	struct observer *o, const struct feature_trial *trial, json_t *accounts, struct error *err)
{
	AUTO(proc_freep) struct proc *sender = NULL;
	AUTO(proc_freep) struct proc *answerer = NULL;
	json_t *account = NULL;

	if (!trial->send)
		return 0;
	if ((trial->answer && start_marker(o, o->target, "send", trial->answer, &answerer, err)) ||
		start_marker(o, o->source, "send", trial->send, &sender, err) ||
		operation_wait_end(o->m, sender, longest_s(o, trial), err) ||
		(answerer && operation_wait_end(o->m, answerer, longest_s(o, trial), err)) ||
		take_account(sender, &account, err))
		return -1;
	return json_object_set_new(accounts, "sent", account);
}

int observer_take(struct proc *ear, json_t **ret_account, struct error *err)
{
	proc_stop(ear, SHORT_NS);
	return take_account(ear, ret_account, err);
}

static int take_accounts(struct proc *ears[EARS], json_t *accounts, struct error *err)
{
	static const char *const names[EARS] = {"arrived", "outside", "back"};

	for (int i = 0; i < EARS; i++)
		proc_signal(ears[i], SIGTERM);
	for (int i = 0; i < EARS; i++) {
		json_t *account = NULL;

		if (observer_take(ears[i], &account, err))
			return -1;
		json_object_set_new(accounts, names[i], account);
	}
	return 0;
}

int observer_try(struct observer *o, const struct feature_way *way,
	const struct feature_trial *trial, json_t *accounts, struct error *err)
{
	struct proc *ears[EARS] = {0};
	int failed = start_ears(o, way, trial, ears, err) || set_rules(o, trial, err);

	o->heard_since_ns = clock_now_ns();
	failed = failed || send_marks(o, trial, accounts, err) ||
		 operation_wait(o->m, trial->settle_s, err) || take_accounts(ears, accounts, err);

	for (int i = 0; i < EARS; i++)
		proc_free(ears[i]);
	return failed ? -1 : 0;
}

int observer_end_rules(struct observer *o, const struct feature_trial *trial, struct error *err)
{
	return trial->rule_count ? lab_set_rules(o->m->stage->lab, NULL, 0, err) : 0;
}

static const char *token_new(struct arena *arena)
{
	unsigned char bytes[16];
	char text[2 * sizeof(bytes) + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		memset(bytes, 0x5a, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return arena_strdup(arena, text);
}

int observer_turn(struct observer *o, size_t source, size_t target, struct feature_way ret_ways[2],
	struct error *err)
{
	o->source = source;
	o->target = target;
	if (find_way(o, true, &ret_ways[0], err) || find_way(o, false, &ret_ways[1], err))
		return -1;
	ret_ways[1].is_bare = ret_ways[0].source.device && ret_ways[1].source.device &&
			      strcmp(ret_ways[1].source.device, ret_ways[0].source.device) == 0;
	return 0;
}

int observer_begin(struct operation_run *m, struct observer *ret_observer,
	struct feature_way ret_ways[2], struct error *err)
{
	*ret_observer = (struct observer){
		.m = m, .arena = m->arena, .token = token_new(m->arena), .longest_s = 60};
	return observer_turn(ret_observer, 0, 1, ret_ways, err);
}

int observer_await_mesh(struct observer *o, struct error *err)
{
	size_t count = lab_host_count(o->m->stage->lab);

	return lab_reach(o->m->stage->lab, vpn_addresses(o->m->stage->vpn), deadline_in(REACH_NS),
		arena_alloc(o->arena, int64_t, count * count), err);
}
