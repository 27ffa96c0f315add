/* SPDX-License-Identifier: MIT */
/* Sysctls of a fresh host: set before its first device exists, so that every device obeys. */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/json.h"

#include <ctype.h>
#include <string.h>
#include <sys/utsname.h>

static const char *const recorded[] = {
	"net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",
	"net.ipv4.tcp_reordering",
	"net.ipv4.tcp_max_reordering",
	"net.ipv4.tcp_recovery",
	"net.ipv4.tcp_early_retrans",
	"net.ipv4.tcp_no_metrics_save",
	"net.ipv4.tcp_ecn",
	"net.ipv4.ping_group_range",
	"net.ipv6.conf.default.disable_ipv6",
	"net.ipv6.conf.default.accept_dad",
	"net.core.rmem_max",
	"net.core.wmem_max",
	"net.core.rmem_default",
	"net.core.wmem_default",
	"net.core.default_qdisc",
};

/*
 * No memory of earlier connections, so that runs do not teach each other; IPv6 at once, without
 * waiting for duplicates or asking for routers that do not exist; ping for everybody.
 */
static const char *const settings[] = {
	"sysctl",
	"-q",
	"-w",
	"net.ipv4.tcp_no_metrics_save=1",
	"net.ipv4.ping_group_range=0 0",
	"net.ipv6.conf.all.disable_ipv6=0",
	"net.ipv6.conf.default.disable_ipv6=0",
	"net.ipv6.conf.default.accept_dad=0",
	"net.ipv6.conf.default.accept_ra=0",
	"net.ipv6.conf.default.router_solicitations=0",
	NULL,
};

/*
 * A kernel lets a namespace choose only what the first one allows to all
 * (net.ipv4.tcp_allowed_congestion_control); the routes carry it where that fails.
 */
static int pin(struct lab *lab, struct arena *arena, size_t first, size_t count, struct error *err)
{
	const char *value =
		arena_printf(arena, "net.ipv4.tcp_congestion_control=%s", lab->congestion);
	const char *const argv[] = {"sysctl", "-q", "-w", value, NULL};
	struct errand *errands = arena_alloc(arena, struct errand, count);

	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "pin the congestion control",
			.argv = argv,
			.may_fail = true};
	/* One kernel answers all hosts alike, so the first is asked alone. */
	if (errands_run(lab->procs, arena, errands, 1, err))
		return -1;
	lab->is_pinned_by_sysctl = errands[0].out != NULL;
	if (!lab->is_pinned_by_sysctl)
		return 0;
	for (size_t i = 1; i < count; i++)
		errands[i].may_fail = false;
	return errands_run(lab->procs, arena, errands + 1, count - 1, err);
}

/* One by one to sysctl, so that a key that this kernel refuses leaves the others. */
static int tune(struct lab *lab, struct arena *arena, size_t first, size_t count, struct error *err)
{
	const char **argv = arena_alloc(arena, const char *, lab->tuning.count + 4);
	struct errand *errands = arena_alloc(arena, struct errand, count);
	size_t words = 0;

	if (!lab->tuning.count)
		return 0;
	argv[words++] = "sysctl";
	argv[words++] = "-q";
	argv[words++] = "-w";
	for (size_t i = 0; i < lab->tuning.count; i++)
		argv[words++] = arena_printf(
			arena, "%s=%s", lab->tuning.sysctls[i].key, lab->tuning.sysctls[i].value);
	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "tune the host",
			.argv = argv,
			.may_fail = true}; /* the description tells what took */
	return errands_run(lab->procs, arena, errands, count, err);
}

int settings_apply(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, count);

	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "set the host's sysctls",
			.argv = settings};
	if (errands_run(lab->procs, arena, errands, count, err) ||
		tune(lab, arena, first, count, err))
		return -1;
	return pin(lab, arena, first, count, err);
}

const char *const *settings_recorded(const struct lab *lab, struct arena *arena, size_t *ret_count)
{
	size_t own = ARRAY_SIZE(recorded), count = own + lab->tuning.count;
	const char **keys = arena_alloc(arena, const char *, count + 1);

	memcpy(keys, recorded, sizeof(recorded));
	for (size_t i = 0; i < lab->tuning.count; i++)
		keys[own + i] = lab->tuning.sysctls[i].key;
	*ret_count = count;
	return keys;
}

/* The kernel separates several numbers by tabs, people by blanks. */
static bool is_same_value(const char *a, const char *b)
{
	for (;; a++, b++) {
		if (isspace((unsigned char)*a) && isspace((unsigned char)*b)) {
			a += strspn(a, " \t") - 1;
			b += strspn(b, " \t") - 1;
		} else if (*a != *b) {
			return false;
		} else if (!*a) {
			return true;
		}
	}
}

json_t *settings_tuning(const struct lab *lab, const json_t *found)
{
	json_t *list = json_array();
	struct utsname machine;

	uname(&machine);
	for (size_t i = 0; i < lab->tuning.count; i++) {
		const struct tuning_sysctl *wanted = &lab->tuning.sysctls[i];
		const char *value = json_string_value(json_object_get(found, wanted->key));
		bool is_ignored = tuning_is_ignored(wanted, machine.release);

		json_array_append_new(
			list, json_make("{s:s, s:s, s:s?, s:b, s:b}", "key", wanted->key, "wanted",
				      wanted->value, "found", value, "was_taken",
				      value && is_same_value(value, wanted->value),
				      "is_ignored_by_kernel", is_ignored));
	}
	return json_make("{s:s, s:s, s:o}", "name", lab->tuning.name ? lab->tuning.name : "none",
		"congestion_control", lab->congestion, "sysctls", list);
}
