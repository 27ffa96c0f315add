/* SPDX-License-Identifier: MIT */
#include "far/blame.h"
#include "far/look.h"

#include "tap.h"

#include <string.h>

static bool is(const char *text, const char *expected)
{
	return text && strcmp(text, expected) == 0;
}

TEST(a_machine_says_what_it_is)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_look look;

	CHECK_OK(
		far_look_parse(arena,
			"Welcome to yuki\nbegin 1\nuid 1000\nuser bench\nkernel 6.1.0-44-amd64\n"
			"architecture x86_64\nsudo \nsystemd 252.39-1~deb12u1\ncgroup cgroup2fs\nunit inactive\n"
			"bus yes\ntun yes\nprograms yes\ndevice yes\ncard e1000e\ncontrol eno1\n"
			"program:tincd /usr/sbin/tincd\nprogram:nebula \nprogram:module:wireguard kernel\nend 1\n"
			"kernel 0\n",
			&look, &err),
		err);
	CHECK(look.uid == 1000 && is(look.user, "bench") && is(look.kernel, "6.1.0-44-amd64"));
	CHECK(is(look.sudo, "") && is(look.systemd, "252.39-1~deb12u1") &&
		is(look.cgroup, "cgroup2fs") && is(look.unit, "inactive"));
	CHECK(look.has_tun && look.has_programs && look.has_device && is(look.card, "e1000e") &&
		is(look.control, "eno1") && look.has_bus);
	CHECK(look.program_count == 3 && is(look.programs[0].path, "/usr/sbin/tincd") &&
		!look.programs[1].path && is(look.programs[2].name, "module:wireguard"));
}

TEST(what_a_machine_does_not_say_is_not_there)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_look look;

	CHECK_OK(far_look_parse(arena, "uid 0\nkernel 5.10\nsystemd \ncontrol \ncard \nend 1\n",
			 &look, &err),
		err);
	CHECK(!look.sudo && !look.systemd && !look.control && !look.card && !look.has_tun &&
		!look.has_programs && !look.has_device && !look.has_bus &&
		look.program_count == 0 && look.fact_count == 0);
}

TEST(facts_of_a_machine_have_names_and_programs_have_hashes)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_look look;

	CHECK_OK(far_look_parse(arena,
			 "uid 0\nkernel 6.1\nprogram:tincd /usr/sbin/tincd\nprogram:ip /sbin/ip\n"
			 "fact:cpu Some Processor 9000\nfact:cores 4\nfact:frequency_governor \n"
			 "sum 3f /usr/sbin/tincd\nsum 00 /elsewhere\nsum 11\nend 1\n",
			 &look, &err),
		err);
	CHECK(look.fact_count == 2 && is(look.facts[0].name, "cpu") &&
		is(look.facts[0].value, "Some Processor 9000"));
	CHECK(is(far_look_fact(&look, "cores"), "4") &&
		!far_look_fact(&look, "frequency_governor"));
	CHECK(is(look.programs[0].sha256, "3f") && !look.programs[1].sha256);
}

TEST(an_answer_that_is_cut_or_another_is_refused)
{
	static const char *const bad[] = {"", "uid 0\nkernel 6.1\n", "kernel 6.1\nend 1\n",
		"uid 0\nend 1\n", "This account is currently not available.\n"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct error err = {0};
		struct far_look look;

		CHECK(far_look_parse(arena, bad[i], &look, &err) && err.kind == ERROR_PARSE);
	}
}

TEST(what_a_machine_says_can_be_printed)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_look look;

	CHECK_OK(far_look_parse(
			 arena, "uid 0\nkernel 6\033[2J\001\nuser \377x\nend 1\n", &look, &err),
		err);
	CHECK(is(look.kernel, "6?[2J?") && is(look.user, "?x"));
}

TEST(known_refusals_have_a_next_step)
{
	static const struct {
		const char *printed, *why;
	} cases[] = {
		{"No ED25519 host key is known for yuki and you have requested strict checking.\r\nHost key verification failed.\r\n",
			"accept it once with: ssh bench@yuki"},
		{"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n",
			"remove the old key"},
		{"bench@yuki: Permission denied (publickey,password).\n", "ssh-copy-id bench@yuki"},
		{"ssh: connect to host yuki port 22: Connection refused\n", "start it"},
		{"ssh: connect to host yuki port 22: Connection timed out\n", "firewall"},
		{"ssh: Could not resolve hostname yuki: Name or service not known\n",
			"correct 'ssh'"},
		{"Timeout, server yuki not responding.\n", "the connection was lost"},
		{"sudo: a password is required\n", "ssh bench@yuki sudo -n true"},
		{"bash: line 1: sudo: command not found\n", "log in as root"},
		{"System has not been booted with systemd as init system (PID 1). Can't operate.\n",
			"use a machine with systemd instead of bench@yuki"},
		{"System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to create bus connection: Host is down\n",
			"use a machine with systemd instead of bench@yuki"},
		{"Failed to create bus connection: No such file or directory\n",
			"ssh bench@yuki systemctl start dbus"},
		{"Failed to connect to bus: No such file or directory\n",
			"ssh bench@yuki systemctl start dbus"},
		{"Failed to connect to system scope bus via local transport: No such file or directory\n",
			"ssh bench@yuki systemctl start dbus"},
		{"Failed to start transient service unit: Unit meshbench.service was already loaded or has a fragment file.\n",
			"another meshbench uses it"},
		{"./meshbench-host: error while loading shared libraries: libjansson.so.4: cannot open shared object file\n",
			"lack a library"},
		{"sh: 1: ./meshbench-host: Exec format error\n", "of another kind"},
		{"Failed to start transient service unit: Interactive authentication required.\n",
			"sudo: true"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		const char *why = far_blame(arena, "bench@yuki", cases[i].printed);

		CHECK(why && strstr(why, cases[i].why) && strstr(why, "bench@yuki"));
	}
}

TEST(an_unknown_refusal_is_not_explained)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(!far_blame(arena, "yuki", "") && !far_blame(arena, "yuki", "Segmentation fault\n"));
}
