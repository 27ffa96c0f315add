/* SPDX-License-Identifier: MIT */
/*
 * Nothing leaves the lab: every VPN that is found here runs on hosts with a default route into
 * nowhere, a resolver that knows all names, and somebody who notes what goes there. Without these
 * a host's kernel would refuse such packets before anybody could see them.
 */
#include "lab_fixture.h"

#include "base/fd.h"
#include "base/text.h"
#include "supply/supply.h"

#include <stdlib.h>

#define COMMAND_WITHIN_NS (10 * NS_PER_S)

enum {
	HOSTS = 3
};

/* No option and no node attribute turns this check of Tailscale's off, only a build tag. */
#define CAPTIVE_PORTAL                                                                             \
	"asks whether a captive portal is in the way when STUN has not answered within 200 ms"

/* The list is part of the program (2.0.3): no option and no key of its configuration names others.
 */
#define STUN "asks servers of its own list what its address looks like from outside"

/*
 * What a daemon cannot be kept from trying. Each needs a reason: that no option, variable or
 * configuration of that program prevents it.
 */
static const struct {
	const char *vpn, *line, *reason;
} exceptions[] = {
	{"headscale", "dns controlplane.tailscale.com", CAPTIVE_PORTAL},
	{"headscale", "dns login.tailscale.com", CAPTIVE_PORTAL},
	{"headscale", "tcp 198.51.100.1 80", CAPTIVE_PORTAL},
	{"easytier", "dns stun.miwifi.com", STUN},
	{"easytier", "dns stun.chat.bilibili.com", STUN},
	{"easytier", "dns stun.hitv.com", STUN},
	{"easytier", "dns stun.cdnbye.com", STUN},
	{"easytier", "dns stun.douyucdn.cn", STUN},
	{"easytier", "dns fwa.lifesizecloud.com", STUN},
	{"easytier", "dns global.turn.twilio.com", STUN},
	{"easytier", "dns turn.cloudflare.com", STUN},
	{"easytier", "dns stun.isp.net.au", STUN},
	{"easytier", "dns stun.nextcloud.com", STUN},
	{"easytier", "dns stun.freeswitch.org", STUN},
	{"easytier", "dns stun.voip.blackberry.com", STUN},
	{"easytier", "dns stunserver.stunprotocol.org", STUN},
	{"easytier", "dns stun.sipnet.com", STUN},
	{"easytier", "dns stun.radiojar.com", STUN},
	{"easytier", "dns stun.sonetel.com", STUN},
	{"easytier", "udp 198.51.100.1 3478", STUN},
	{"easytier", "udp 198.51.100.1 18000", STUN},
	{NULL, NULL, NULL},
};

/* Notes what each host sends outside; ended with the lab. */
struct watch {
	struct proc *outside[HOSTS];
};

static void watch_done(struct watch *watch)
{
	for (size_t i = 0; i < HOSTS; i++)
		proc_freep(&watch->outside[i]);
}

static int open_to_outside(struct host *host, struct proc **ret_outside, struct error *err)
{
	static const char *const routes =
		"link set outside up\nroute add default dev outside\nroute add ::/0 dev outside\n";
	const char *const outside[] = {getenv("LAB_OUTSIDE"), NULL};
	const char *const batch[] = {"ip", "-batch", "-", NULL};
	const char *const resolve[] = {"tee", "/etc/resolv.conf", NULL};
	static const char *const resolver = "nameserver 192.0.2.53\noptions timeout:1 attempts:1\n";
	struct proc_spec watch_spec = {.what = "watch what goes outside", .argv = outside};
	struct proc_spec route_spec = {.what = "lead all routes outside",
		.argv = batch,
		.input = routes,
		.input_size = strlen(routes)};
	struct proc_spec resolve_spec = {.what = "name a resolver outside",
		.argv = resolve,
		.input = resolver,
		.input_size = strlen(resolver)};
	struct deadline deadline = deadline_in(COMMAND_WITHIN_NS);

	return host_start(host, &watch_spec, ret_outside, err) ||
			       proc_wait_output(*ret_outside, "ready\n", deadline, err) ||
			       host_run(host, &route_spec, deadline, err) ||
			       host_run(host, &resolve_spec, deadline, err)
		       ? -1
		       : 0;
}

static int watch_start(struct lab_fixture *fixture, struct watch *watch, struct error *err)
{
	for (size_t i = 0; i < HOSTS; i++) {
		if (open_to_outside(lab_host(fixture->lab, i), &watch->outside[i], err))
			return -1;
	}
	return 0;
}

/* Our own packets to overlay addresses that are not there at the moment. */
static bool is_payload(const struct vpn *vpn, const char *line)
{
	const char *address = strchr(line, ' ');

	for (size_t i = 0; vpn && address && i < HOSTS; i++) {
		const char *overlay = vpn_address(vpn, i);
		size_t length = strlen(overlay);

		if (strncmp(address + 1, overlay, length) == 0 && address[1 + length] == ' ')
			return true;
	}
	return false;
}

/* Why that cannot be helped, or NULL. */
static const char *excuse(const char *vpn, const char *line)
{
	for (size_t i = 0; exceptions[i].vpn; i++) {
		if (strcmp(exceptions[i].vpn, vpn) == 0 && strcmp(exceptions[i].line, line) == 0)
			return exceptions[i].reason;
	}
	return NULL;
}

/* How many destinations one host tried; each is printed. */
static size_t count_tries(struct lab_fixture *fixture, const struct vpn *vpn, const char *name,
	size_t host, const char *noted)
{
	char *rest = arena_strdup(fixture->arena, noted), *line;
	const char *reason;
	size_t count = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (!*line || strcmp(line, "ready") == 0 || is_payload(vpn, line))
			continue;
		reason = excuse(name, line);
		printf("# %s on %s: %s%s%s\n", name, lab_host(fixture->lab, host)->name, line,
			reason ? ": " : "", reason ? reason : "");
		count += !reason;
	}
	return count;
}

/* Payload for a while, and a restart: the times at which a daemon looks around. */
static int live(struct lab_fixture *fixture, struct vpn *vpn, struct error *err)
{
	const char *const argv[] = {
		"ping", "-q", "-i", "0.2", "-c", "15", vpn_address(vpn, 1), NULL};
	struct proc_spec spec = {.what = "send payload", .argv = argv};

	return host_run(lab_host(fixture->lab, 0), &spec, deadline_in(COMMAND_WITHIN_NS), err) ||
			       vpn_restart(vpn, err) ||
			       host_run(lab_host(fixture->lab, 0), &spec,
				       deadline_in(COMMAND_WITHIN_NS), err)
		       ? -1
		       : 0;
}

/* Runs the driver and fills in what was tried, also where that kept it from connecting. */
static int try_driver(const char *name, const struct driver *driver, struct lab_fixture *fixture,
	size_t *ret_tries, struct error *err)
{
	AUTO(watch_done) struct watch watch = {0};
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	int status;

	*ret_tries = 0;
	if (watch_start(fixture, &watch, err))
		return -1;
	status = vpn_up(fixture->lab, driver, fixture_work_dir(fixture), &vpn, err);
	if (!status)
		status = live(fixture, vpn, err);
	for (size_t i = 0; i < HOSTS; i++)
		*ret_tries += count_tries(fixture, vpn, name, i, proc_result(watch.outside[i]).out);
	return status;
}

/* Without this the other test could pass for not looking. */
TEST(what_goes_outside_is_seen)
{
	static const char *const expected =
		"ready\ndns home.example\nother 198.51.100.1 0\nother 2001:db8::7 0\n"
		"link 192.0.2.77 0\n";
	LAB(fixture);
	AUTO(watch_done) struct watch watch = {0};
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	struct driver driver;

	CHECK_OK(driver_load(fixture.arena,
			 arena_printf(fixture.arena, "%s/tests/system/drivers/talkative",
				 getenv("SOURCE_ROOT")),
			 &driver, &err),
		err);
	CHECK_OK(watch_start(&fixture, &watch, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	CHECK(strcmp(proc_result(watch.outside[2]).out, expected) == 0);
}

static bool keeps_to_the_lab(const char *name, bool *ret_is_found)
{
	struct lab_fixture AUTO(lab_fixture_done) fixture = {0};
	struct driver driver;
	struct error err = {0};
	size_t tries;

	if (lab_fixture_up(&fixture, &err) || choice_driver(fixture.arena, name, &driver, &err)) {
		printf("# %s: %s\n", name, err.text);
		return false;
	}
	*ret_is_found = vpn_is_found(&driver, &err) == 0;
	if (!*ret_is_found) {
		printf("# not tried: %s\n", err.text);
		return true;
	}
	if (try_driver(name, &driver, &fixture, &tries, &err)) {
		printf("# %s: %s\n", name, err.text);
		return false;
	}
	printf("# %s: %zu destinations outside the lab\n", name, tries);
	return tries == 0;
}

/* Where tests must work these are installed; the others are tried where they are found. */
static bool must_be_found(const char *name)
{
	static const char *const installed[] = {
		"none", "wireguard", "nebula", "tinc", "yggdrasil", "headscale"};
	const char *must_work = getenv("MESHBENCH_MUST_WORK");

	for (size_t i = 0; must_work && i < ARRAY_SIZE(installed); i++) {
		if (strcmp(installed[i], name) == 0)
			return strcmp(must_work, "1") == 0;
	}
	return false;
}

TEST(no_vpn_tries_to_send_anything_outside_the_lab)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const *names;
	struct error err = {0};
	size_t found = 0, bad = 0;

	CHECK_OK(plan_list(arena, "drivers", &names, &err), err);
	for (size_t i = 0; names[i]; i++) {
		bool is_found = false;

		bad += !keeps_to_the_lab(names[i], &is_found);
		bad += !is_found && must_be_found(names[i]);
		found += is_found;
	}
	CHECK(found > 0 && bad == 0);
}
