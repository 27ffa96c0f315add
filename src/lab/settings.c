/* Sysctls of a fresh host: set before its first device exists, so that every device obeys. */
#include "lab/internal.h"

const char *const settings_recorded[] = {
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
	NULL,
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

int settings_apply(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, count);

	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "set the host's sysctls",
			.argv = settings};
	if (errands_run(lab->procs, arena, errands, count, err))
		return -1;
	return pin(lab, arena, first, count, err);
}
