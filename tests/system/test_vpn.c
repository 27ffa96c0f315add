/* SPDX-License-Identifier: MIT */
/* The drivers of this project with the real daemons: up, restarted, described, down. */
#include "lab_fixture.h"

#include "base/fd.h"
#include "base/json.h"
#include "supply/supply.h"

#include <jansson.h>
#include <stdlib.h>

static int load(
	struct lab_fixture *fixture, const char *name, struct driver *driver, struct error *err)
{
	return choice_driver(fixture->arena, name, driver, err);
}

/* True when `command` ends with 0 on the host. */
static bool succeeds(struct lab_fixture *fixture, size_t host, const char *const *argv)
{
	struct proc_spec spec = {.what = "look", .argv = argv};
	struct error ignored;

	return host_run(lab_host(fixture->lab, host), &spec, deadline_in(160 * NS_PER_S),
		       &ignored) == 0;
}

static bool pings(struct lab_fixture *fixture, size_t from, const char *address)
{
	const char *const argv[] = {"ping", "-c1", "-W2", address, NULL};

	return succeeds(fixture, from, argv);
}

/*
 * A path may change once more after its first answer, and be silent meanwhile: a Tailscale client
 * ends the session of a rebooted peer when the control server tells it of the peer's new key, and
 * WireGuard's own timers take 15 s to notice; a session that only one side still has can last as
 * long as 120 s, its REKEY_AFTER_TIME.
 */
static bool answers_soon(struct lab_fixture *fixture, size_t from, const char *address)
{
	const char *const argv[] = {"ping", "-c1", "-w150", "-i0.3", address, NULL};
	int64_t asked_ns = clock_now_ns();
	bool answers = succeeds(fixture, from, argv);
	double took_s = (double)(clock_now_ns() - asked_ns) / 1e9;

	if (took_s > 1)
		printf("# %s %s host %zu after %.1f s\n", address,
			answers ? "answered" : "did not answer", from, took_s);
	return answers;
}

static size_t entries_in(const char *folder)
{
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	return count;
}

/* Nothing of the driver is left on the host: no interface, no state. */
static bool is_clean(struct lab_fixture *fixture, const char *host)
{
	const char *state = fixture_state(fixture, host, "");

	if (entries_in(state))
		printf("# %s is not empty\n", state);
	return entries_in(state) == 0;
}

static bool has_only_lab_interfaces(struct lab_fixture *fixture, size_t host)
{
	const char *const argv[] = {"ip", "-brief", "link", "show", NULL};
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "list interfaces", .argv = argv};
	struct error err;
	size_t lines = 0;

	if (host_start(lab_host(fixture->lab, host), &spec, &proc, &err) ||
		proc_wait_success(proc, deadline_in(5 * NS_PER_S), &err))
		return false;
	for (const char *at = proc_result(proc).out; (at = strchr(at, '\n')); at++)
		lines++;
	if (lines != 2)
		printf("# interfaces:\n# %s\n", proc_result(proc).out);
	return lines == 2; /* lo and the wire's */
}

/* Whether the driver's programs are on this machine; CI lists the tests that may skip without. */
static bool is_here(const char *name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct driver driver;
	struct error err = {0};

	if (choice_driver(arena, name, &driver, &err) == 0 && vpn_is_found(&driver, &err) == 0)
		return true;
	printf("# not tried: %s\n", err.text);
	return false;
}

#define SKIP_UNLESS_HERE(name) SKIP_UNLESS(is_here(name), name " is not installed")

/* `program` moves the packets; NULL where that depends on the machine. */
static void lives_a_full_life(const char *name, const char *program)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	AUTO(text_freep) char *text = NULL;
	json_auto_t *described = NULL;
	const struct vpn_daemon *daemons;
	struct driver driver;
	const char *address;

	CHECK_OK(load(&fixture, name, &driver, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	address = arena_strdup(fixture.arena, vpn_address(vpn, 2));
	CHECK(answers_soon(&fixture, 0, address) && pings(&fixture, 0, "luna.vpn"));
	described = vpn_describe(vpn);
	text = json_dumps(described, JSON_REAL_PRECISION(6));
	printf("# %s\n", text);
	CHECK(json_is_string(json_object_get(described, "version")) || strcmp(name, "none") == 0);
	CHECK(json_real_value(json_object_get(described, "connect_s")) > 0);
	CHECK(!program || strstr(json_string_at(described, "/datapath", ""), program));

	CHECK_OK(vpn_restart(vpn, &err), err);
	printf("# %s: restart %.3f s, wait %.3f s\n", name, vpn_restart_s(vpn), vpn_wait_s(vpn));
	CHECK(vpn_restart_s(vpn) > 0 || vpn_daemons(vpn, &daemons) == 0);
	CHECK(strcmp(vpn_address(vpn, 2), address) == 0 && answers_soon(&fixture, 0, address));
	CHECK_OK(vpn_check_daemons(vpn, &err), err);

	vpn_downp(&vpn);
	CHECK(strcmp(name, "none") == 0 || !pings(&fixture, 0, address));
	CHECK(is_clean(&fixture, "lom") && is_clean(&fixture, "luna"));
	CHECK(has_only_lab_interfaces(&fixture, 0) && has_only_lab_interfaces(&fixture, 2));
	CHECK(!path_exists(fixture_work_dir(&fixture)));
}

TEST(the_bare_link_lives_a_full_life)
{
	lives_a_full_life("none", "none");
}

TEST(wireguard_lives_a_full_life)
{
	lives_a_full_life("wireguard", NULL);
}

/* Two handshakes that cross cost WireGuard 5 s, so our own looking must not make them cross. */
TEST(wireguard_does_not_wait_for_its_handshake_timer)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	struct driver driver;

	CHECK_OK(load(&fixture, "wireguard", &driver, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	for (int i = 0; i < 5; i++) {
		CHECK_OK(vpn_restart(vpn, &err), err);
		CHECK(vpn_wait_s(vpn) < 4);
	}
}

TEST(nebula_lives_a_full_life)
{
	lives_a_full_life("nebula", "(nebula)");
}

TEST(tinc_lives_a_full_life)
{
	lives_a_full_life("tinc", "(tincd)");
}

TEST(yggdrasil_lives_a_full_life)
{
	lives_a_full_life("yggdrasil", "(yggdrasil)");
}

TEST(headscale_lives_a_full_life)
{
	SKIP_UNLESS_HERE("headscale");
	lives_a_full_life("headscale", "(tailscaled)");
}

/* From the host `first` on; also the very first, on which all others may depend. */
static void survives_reboots(const char *name, size_t first)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	struct driver driver;

	CHECK_OK(load(&fixture, name, &driver, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	for (size_t i = first; i < 2; i++) {
		CHECK_OK(lab_reboot_host(fixture.lab, i, &err), err);
		CHECK(!pings(&fixture, i, vpn_address(vpn, 2)));
		CHECK_OK(vpn_restart_host(vpn, i, &err), err);
		printf("# %s: host %zu restart %.3f s, wait %.3f s\n", name, i, vpn_restart_s(vpn),
			vpn_wait_s(vpn));
		CHECK(answers_soon(&fixture, i, vpn_address(vpn, 2)));
		CHECK(answers_soon(&fixture, 2, vpn_address(vpn, i)));
	}
}

TEST(a_rebooted_host_joins_nebula_again)
{
	survives_reboots("nebula", 0);
}

TEST(a_rebooted_host_joins_headscale_again)
{
	SKIP_UNLESS_HERE("headscale");
	survives_reboots("headscale", 0);
}

TEST(a_rebooted_host_joins_hyprspace_again)
{
	SKIP_UNLESS_HERE("hyprspace");
	survives_reboots("hyprspace", 0);
}

/*
 * Not its only root: what it wrote down of its members is lost, they greet a root only every 224 s
 * (16 of its heartbeats), and what they send in between it cannot read.
 */
TEST(a_rebooted_host_joins_zerotier_again)
{
	SKIP_UNLESS_HERE("zerotier");
	survives_reboots("zerotier", 1);
}

/* As Ctrl-C would, just when the interfaces come up. */
static void cancel_late(void *context, const struct proc_event *event)
{
	if (!event->is_end && strcmp(event->what, "bring it up") == 0)
		procs_cancel(context);
}

TEST(a_cancelled_start_is_undone_as_a_whole)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	struct driver driver;

	CHECK_OK(load(&fixture, "wireguard", &driver, &err), err);
	procs_observe(fixture.procs, cancel_late, fixture.procs);
	CHECK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err));
	procs_observe(fixture.procs, NULL, NULL);
	CHECK(err.kind == ERROR_CANCELLED && procs_is_cancelled(fixture.procs));
	procs_uncancel(fixture.procs);
	CHECK(is_clean(&fixture, "lom") && is_clean(&fixture, "luna"));
	CHECK(has_only_lab_interfaces(&fixture, 0) && has_only_lab_interfaces(&fixture, 2));
	CHECK(!path_exists(fixture_work_dir(&fixture)));
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
}

TEST(fastd_lives_a_full_life)
{
	lives_a_full_life("fastd", "(fastd)");
}

TEST(openvpn_lives_a_full_life)
{
	lives_a_full_life("openvpn", "(openvpn)");
}

TEST(boringtun_lives_a_full_life)
{
	SKIP_UNLESS_HERE("boringtun");
	lives_a_full_life("boringtun", "(boringtun-cli)");
}

TEST(gotatun_lives_a_full_life)
{
	SKIP_UNLESS_HERE("gotatun");
	lives_a_full_life("gotatun", "(gotatun)");
}

TEST(vpncloud_lives_a_full_life)
{
	SKIP_UNLESS_HERE("vpncloud");
	lives_a_full_life("vpncloud", "(vpncloud)");
}

TEST(easytier_lives_a_full_life)
{
	SKIP_UNLESS_HERE("easytier");
	lives_a_full_life("easytier", "(easytier-core)");
}

TEST(mycelium_lives_a_full_life)
{
	SKIP_UNLESS_HERE("mycelium");
	lives_a_full_life("mycelium", "(mycelium)");
}

TEST(hyprspace_lives_a_full_life)
{
	SKIP_UNLESS_HERE("hyprspace");
	lives_a_full_life("hyprspace", "(hyprspace)");
}

TEST(zerotier_lives_a_full_life)
{
	SKIP_UNLESS_HERE("zerotier");
	lives_a_full_life("zerotier", "(zerotier-one)");
}
