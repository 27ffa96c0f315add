/* SPDX-License-Identifier: MIT */
/* What this machine's kernel can carry, asked and not assumed. */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void host_freep(struct host **host)
{
	host_free(*host);
	*host = NULL;
}

/* In a network of its own, where a trial disturbs nobody. */
static int try_netem(struct procs *procs, struct error *err)
{
	AUTO(host_freep) struct host *host = NULL;
	const struct namespace_host_spec bare = {.name = "probe", .is_bare = true};
	const struct proc_spec spec = {.what = "try netem",
		.argv = (const char *const[]){
			"tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms", NULL}};

	if (namespace_enter(err) || namespace_host_new(procs, &bare, &host, err))
		return -1;
	return host_run(host, &spec, deadline_in(10 * NS_PER_S), err);
}

/* A TAP for every host, and the program that joins them. */
static int try_wire(struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *program;

	if (helper_find(arena, "meshbench-wire", &program, err))
		return -1;
	if (access("/dev/net/tun", R_OK | W_OK) == 0)
		return 0;
	fail_errno(
		err, "engine wire needs /dev/net/tun; load the module tun, or use engine bridge");
	err->kind = ERROR_MISSING;
	return -1;
}

/* What every lab is built with, whatever its engine. */
static int find_tools(struct error *err)
{
	static const struct {
		const char *program, *package;
	} tools[] = {{"ip", "iproute2"}, {"tc", "iproute2"}, {"sysctl", "procps"}};
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (!path_of_program(arena, tools[i].program))
			return fail(err, ERROR_MISSING,
				"a lab needs the program '%s', which is not installed: apt install %s",
				tools[i].program, tools[i].package);
	}
	return 0;
}

/* Hosts have addresses of both families, and settings of both. */
static int find_ipv6(struct error *err)
{
	if (access("/proc/sys/net/ipv6/conf", F_OK) == 0)
		return 0;
	return fail(err, ERROR_MISSING,
		"a lab needs IPv6, which this kernel does not have or has disabled: load the module ipv6, or boot without ipv6.disable=1");
}

int lab_can_pin(const char *congestion, struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* EPERM: it is there, and hosts' routes may use it. */
	if (fd >= 0 && (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion,
				(socklen_t)strlen(congestion)) == 0 ||
			       errno == EPERM))
		return 0;
	return fail(err, ERROR_MISSING,
		"this kernel does not have the congestion control '%s'; load its module as root: modprobe tcp_%s",
		congestion, congestion);
}

int lab_can_carry(struct procs *procs, enum lab_engine engine, const struct profile *profile,
	struct error *err)
{
	const char *uncarried = shape_uncarried(profile);

	if (find_tools(err) || find_ipv6(err))
		return -1;
	if (engine == LAB_ENGINE_WIRE)
		return try_wire(err);
	if (engine == LAB_ENGINE_CABLE && profile_has_impairment(profile))
		return fail(err, ERROR_MISSING,
			"profile '%s' impairs packets, which engine cable does not support; use engine edge",
			profile->name);
	if (engine == LAB_ENGINE_BRIDGE && profile_has_impairment(profile))
		return fail(err, ERROR_MISSING,
			"profile '%s' impairs packets, which engine bridge does not support; use engine wire or netem",
			profile->name);
	if (!lab_engine_has_netem(engine))
		return 0;
	if (uncarried)
		return fail(err, ERROR_MISSING,
			"profile '%s' %s, which engine netem does not support; use engine %s",
			profile->name, uncarried, engine == LAB_ENGINE_NETEM ? "wire" : "edge");
	if (engine == LAB_ENGINE_EDGE_NETEM) /* the machines' kernels are asked there */
		return 0;
	if (!profile_has_impairment(profile) || try_netem(procs, err) == 0)
		return 0;
	if (err->kind != ERROR_TOOL)
		return -1;
	err->kind = ERROR_MISSING;
	return fail_in(err, "this kernel does not have netem (module sch_netem); use engine wire");
}
