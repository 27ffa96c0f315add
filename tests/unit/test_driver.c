/* SPDX-License-Identifier: MIT */
#include "plan/driver.h"

#include "plan/template.h"

#include "drawer.h"

#define ROLES                                                                                      \
	"roles:\n  - { name: king, take: first }\n  - { name: folk, take: rest }\n"                \
	"  - { name: both, take: all }\n"

TEST(the_smallest_driver_is_a_head)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD), drawer.err);
	CHECK(strcmp(drawer.driver.folder, "T") == 0);
	CHECK(!drawer.driver.address_interface && !drawer.driver.address_run);
}

TEST(a_step_keeps_what_is_written)
{
	DRAWER(drawer);
	const struct driver_step *step;

	CHECK_OK(load(&drawer, HEAD ROLES "join:\n  - what: say it\n    where: king\n"
					  "    run: a ${host.name}  b\n    stdin: in\n"
					  "    capture: { as: x, at: /y, secret: true }\n"
					  "    within: 1500ms\n"),
		drawer.err);
	CHECK(drawer.driver.phases[DRIVER_JOIN].count == 1);
	step = &drawer.driver.phases[DRIVER_JOIN].steps[0];
	CHECK(step->verb == DRIVER_RUN && strcmp(step->where, "king") == 0);
	CHECK(strcmp(step->words[1], "${host.name}") == 0 && strcmp(step->words[2], "b") == 0);
	CHECK(!step->words[3] && strcmp(step->input, "in") == 0);
	CHECK(step->capture_count == 1);
	CHECK(strcmp(step->captures[0].at, "/y") == 0 && step->captures[0].is_secret);
	CHECK(step->within_ns == 1500000000 && step->line == 9);
}

TEST(a_step_runs_everywhere_and_within_30_s_unless_it_says_otherwise)
{
	DRAWER(drawer);
	const struct driver_step *step;

	CHECK_OK(load(&drawer, HEAD "join:\n  - { what: w, run: a }\n"), drawer.err);
	step = &drawer.driver.phases[DRIVER_JOIN].steps[0];
	CHECK(strcmp(step->where, "all") == 0 && step->within_ns == 30000000000);
}

TEST(an_unknown_key_is_refused_at_its_place_with_what_was_meant)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a\n    withn: 20s\n",
		"7:5: unknown key 'withn'; did you mean 'within'?"));
	CHECK(is_refused(
		&drawer, HEAD "serves: []\n", "4:1: unknown key 'serves'; did you mean 'serve'?"));
	CHECK(is_refused(&drawer, HEAD "colour: red\n", "4:1: unknown key 'colour'"));
}

TEST(rejects_a_driver_with_two_verbs_in_one_step)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a\n    daemon: b\n",
		"7:5: a step can have only one verb; move 'daemon' to a step of its own, apart from 'run'"));
}

TEST(rejects_a_step_without_a_verb)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    within: 1s\n",
		"5:5: a step needs one of run, daemon, write, send or script"));
}

TEST(rejects_what_is_missing_or_of_another_kind)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, "name: t\ntitle: T\n", "1:1: key 'schema' is missing"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - run: a\n", "5:5: key 'what' is missing"));
	CHECK(is_refused(&drawer, HEAD "join: x\n", "4:7: a list belongs here"));
	CHECK(is_refused(
		&drawer, HEAD "join:\n  - what: [a]\n    run: a\n", "5:11: a text belongs here"));
	CHECK(is_refused(
		&drawer, HEAD "address: eth0\n", "4:10: a mapping of keys to values belongs here"));
	CHECK(is_refused(&drawer, HEAD "version:\n", "4:9: the value is empty"));
	CHECK(is_refused(&drawer, "", "1:1: the file is empty"));
	CHECK(is_refused(&drawer, "- a\n", "1:1: the file must be a mapping of keys to values"));
}

TEST(rejects_broken_yaml_at_its_place)
{
	DRAWER(drawer);

	CHECK(load(&drawer, HEAD "join:\n  - what: a\n   x\n") != 0);
	CHECK(strstr(drawer.err.text, "/driver.yml:6:4: did not find expected"));
	CHECK(is_refused(&drawer, HEAD "title: again\n", "4:1: key 'title' is given twice"));
	CHECK(is_refused(
		&drawer, HEAD "---\na: b\n", "4:1: a file must contain a single document"));
}

TEST(rejects_yaml_that_grows)
{
	DRAWER(drawer);
	char deep[200] = HEAD "needs: ";

	CHECK(is_refused(&drawer, HEAD "needs: &a [x]\npackages: *a\n",
		"4:8: anchors, aliases and tags are not supported; write out the value"));
	CHECK(is_refused(&drawer, HEAD "needs: !!str x\n",
		"4:8: anchors, aliases and tags are not supported; write out the value"));
	for (int i = 0; i < 20; i++)
		strcat(deep, "[");
	CHECK(is_refused(&drawer, deep, "4:20: values are nested more than 12 levels deep"));
}

TEST(rejects_a_name_that_is_not_the_folder_or_no_word)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, "schema: 1\nname: u\ntitle: T\n",
		"2:7: name 'u' differs from the name of its folder, 't'"));
	CHECK(is_refused(&drawer, "schema: 1\nname: T\ntitle: T\n",
		"2:7: name 'T': use lower-case letters, digits, '-' and '_'"));
	CHECK(is_refused(&drawer, "schema: 2\nname: t\ntitle: T\n",
		"1:9: schema '2' is not supported; this version reads schema 1"));
	CHECK(is_refused(
		&drawer, HEAD "folder: ../x\n", "4:9: folder '../x' must be a single plain name"));
}

TEST(ports_are_a_protocol_and_a_number)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD "ports: [udp 51820, tcp 655]\n"), drawer.err);
	CHECK(strcmp(drawer.driver.ports[1], "tcp 655") == 0 && !drawer.driver.ports[2]);
	CHECK(is_refused(&drawer, HEAD "ports: [udp 1, sctp 7]\n",
		"4:16: 'sctp 7' is not a port, such as 'udp 51820' or 'tcp 655'"));
	CHECK(is_refused(&drawer, HEAD "ports: [udp 65536]\n",
		"4:9: 'udp 65536' is not a port, such as 'udp 51820' or 'tcp 655'"));
}

TEST(rejects_roles_that_cannot_be)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "roles:\n  - { name: a, take: some }\n",
		"5:22: 'some' is not one of first, rest, all"));
	CHECK(is_refused(&drawer, HEAD "roles:\n  - { name: host, take: all }\n",
		"5:13: role 'host' is a reserved word; choose another"));
	CHECK(is_refused(&drawer,
		HEAD "roles:\n  - { name: a, take: all }\n  - { name: a, take: rest }\n",
		"6:13: role 'a' is defined twice"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, where: king, run: a }\n",
		"5:23: 'king' is neither a role of this driver, nor 'all' or 'controller'"));
}

TEST(rejects_modifiers_that_the_verb_has_no_use_for)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a\n    ready: { file: f }\n",
		"7:5: 'run' does not support 'ready'"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - what: w\n    daemon: a\n    capture: { as: x }\n",
		"7:5: 'daemon' does not support 'capture'"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    where: controller\n    daemon: a\n",
		"7:5: the controller supports run, write and script; it cannot keep a daemon"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    each: all\n    daemon: a\n",
		"6:5: a step can start only one daemon on each host"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - what: w\n    each: all\n    run: a\n    capture: { as: x }\n",
		"8:5: with 'each' on a host, only the last output would remain"));
	CHECK(is_refused(&drawer, HEAD "stop:\n  - { what: w, daemon: a }\n",
		"5:5: a daemon cannot start in 'stop'"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, daemon: a, ready: {} }\n",
		"5:34: 'ready' needs at least one of interface, file, http, tcp or output"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, daemon: a, ready: { tcp: 80 } }\n",
		"5:34: 'tcp' must be an address and a port, such as 127.0.0.1:80"));
}

TEST(observe_is_a_command_with_names)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD "observe: a ${host.name}\n"), drawer.err);
	CHECK(strcmp(drawer.driver.observe[1], "${host.name}") == 0);
	CHECK_OK(load(&drawer, HEAD), drawer.err);
	CHECK(!drawer.driver.observe);
	CHECK(is_refused(&drawer, HEAD "observe: a ${work}\n",
		"4:12: ${work} is a folder of the controller, which hosts cannot see; send the file instead"));
	CHECK(is_refused(&drawer, HEAD "observe: ' '\n", "4:10: a command is missing here"));
}

TEST(once_is_for_what_a_restart_would_repeat)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD "serve:\n  - { what: w, run: a, once: true }\n"
				    "join:\n  - { what: w, run: a, once: false }\n"),
		drawer.err);
	CHECK(drawer.driver.phases[DRIVER_SERVE].steps[0].is_once);
	CHECK(!drawer.driver.phases[DRIVER_JOIN].steps[0].is_once);
	CHECK(is_refused(&drawer, HEAD "prepare:\n  - { what: w, run: a, once: true }\n",
		"5:24: steps of 'prepare' never run twice"));
	CHECK(is_refused(&drawer, HEAD "stop:\n  - { what: w, run: a, once: true }\n",
		"5:24: steps of 'stop' never run twice"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, daemon: a, once: true }\n",
		"5:27: a step that may keep running must start again after a restart"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, run: a, once: yes }\n",
		"5:30: 'yes' is not true or false"));
}

TEST(rejects_bad_durations_modes_and_pointers)
{
	DRAWER(drawer);

	CHECK_OK(put(&drawer, "f", "x\n"), drawer.err);
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, run: a, within: 20 }\n",
		"5:32: read a duration such as 250ms or 10s: '20' has no unit that is known here"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, write: { template: f, to: f, mode: 600 } }\n",
		"5:51: mode '600' is not four octal digits such as 0600"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, run: a, capture: { as: x, at: y } }\n",
		"5:46: 'y' is not a JSON pointer; it must start with '/'"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, run: a, capture: { as: name } }\n",
		"5:39: 'name' cannot be the name of a captured value: every host has that already"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, run: a, capture: { as: x, secret: flase } }\n",
		"5:50: 'flase' is not true or false"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, run: \" \" }\n",
		"5:21: a command is missing here"));
	CHECK(is_refused(&drawer, HEAD "address: { interface: a, run: b }\n",
		"4:10: 'address' needs exactly one of 'interface' and 'run'"));
}

TEST(rejects_files_that_are_not_in_its_folder)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, write: { template: no, to: f } }\n",
		arena_printf(drawer.arena, "5:35: file 'no' does not exist in %s", drawer.dir)));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, script: ../x }\n",
		"5:24: '../x' must be the plain name of a file in the driver's folder"));
	/* No hash of the driver would know these. */
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, script: a/x }\n",
		"5:24: 'a/x' must be the plain name of a file in the driver's folder"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, script: .x }\n",
		"5:24: '.x' must be the plain name of a file in the driver's folder"));
}

TEST(rejects_a_script_that_cannot_run)
{
	DRAWER(drawer);

	CHECK_OK(put(&drawer, "s", "#!/bin/sh\n"), drawer.err);
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, script: s }\n",
		arena_printf(drawer.arena, "5:24: 's' in %s is not executable: chmod +x it",
			drawer.dir)));
	CHECK(chmod(arena_printf(drawer.arena, "%s/s", drawer.dir), 0755) == 0);
	CHECK_OK(load(&drawer, HEAD "join:\n  - { what: w, script: s }\n"), drawer.err);
}

TEST(rejects_targets_that_no_host_could_have)
{
	DRAWER(drawer);

	CHECK_OK(put(&drawer, "f", "x\n"), drawer.err);
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, write: { template: f, to: /etc/f } }\n",
		"5:42: '/etc/f' is outside /var/lib, where a host keeps its state"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, send: [{ from: a, to: ../f }] }\n",
		"5:38: '../f' may not contain '..'"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, where: controller, write: { template: f, to: /f } }\n",
		"5:61: '/f' is outside ${work}"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, daemon: a, ready: { interface: a123456789012345 } }\n",
		"5:34: interface 'a123456789012345' is too long; the kernel allows 15 characters"));
	CHECK_OK(load(&drawer,
			 HEAD "join:\n  - { what: w, write: { template: f, to: /var/lib/x/f } }\n"),
		drawer.err);
}

TEST(rejects_names_that_mean_nothing)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a ${hots.name}\n",
		"6:12: unknown name '${hots.name}'; did you mean 'host'?"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a ${host.nam}\n",
		"6:12: unknown name '${host.nam}': no earlier step captured it; did you mean 'name'?"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a ${each.name}\n",
		"6:12: '${each.name}': this step does not have 'each'"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a ${work}/x\n",
		"6:12: ${work} is a folder of the controller, which hosts cannot see; send the file instead"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a ${overlay.mask}\n",
		"6:12: unknown name '${overlay.mask}'; use overlay.network or overlay.bits"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, where: controller, run: \"a ${host.name}\" }\n",
		"5:43: '${host.name}': the controller is not a host; use each: all and ${each.name}"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - what: w\n    run: a ${host.name\n",
		"6:10: '${host.name' has no closing brace"));
	CHECK(is_refused(&drawer, HEAD "version: x ${work}\n",
		"4:10: 'version' runs before any host exists, so names cannot be used in it"));
}

TEST(only_a_role_of_one_host_can_be_named)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD ROLES "join:\n  - { what: w, run: \"a ${king.name}\" }\n"),
		drawer.err);
	CHECK(is_refused(&drawer, HEAD ROLES "join:\n  - { what: w, run: \"a ${folk.name}\" }\n",
		"9:24: '${folk.name}': more than one host has role 'folk' (take: rest)"));
}

#define CAPTURE(where) "prepare:\n  - { what: c, where: " where ", run: g, capture: { as: key } }\n"

TEST(a_capture_is_known_only_after_it_and_where_it_was_made)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer,
		HEAD "prepare:\n  - { what: w, run: \"a ${host.key}\" }\n"
		     "join:\n  - { what: c, run: g, capture: { as: key } }\n",
		"5:24: unknown name '${host.key}': no earlier step captured it"));
	CHECK_OK(
		load(&drawer, HEAD CAPTURE("all") "join:\n  - { what: w, run: \"${host.key}\" }\n"),
		drawer.err);
	CHECK(is_refused(&drawer,
		HEAD ROLES CAPTURE("king") "join:\n  - { what: w, run: \"a ${host.key}\" }\n",
		"11:24: 'key' was captured, but not on the hosts after the first"));
	CHECK_OK(load(&drawer, HEAD ROLES CAPTURE(
				       "king") "join:\n  - { what: w, run: \"a ${king.key}\" }\n"),
		drawer.err);
	/* The others of the first host are the rest; the others of the rest include the first. */
	CHECK_OK(
		load(&drawer,
			HEAD ROLES CAPTURE(
				"folk") "join:\n  - { what: w, where: king, each: others, run: \"a ${each.key}\" }\n"),
		drawer.err);
	CHECK(is_refused(&drawer,
		HEAD ROLES CAPTURE(
			"folk") "join:\n  - { what: w, where: folk, each: others, run: \"a ${each.key}\" }\n",
		"11:51: 'key' was captured, but not on the first host"));
}

TEST(what_the_controller_captures_is_its_own_or_that_of_each_host)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer,
			 HEAD CAPTURE(
				 "controller") "join:\n  - { what: w, run: \"a ${work.key}\" }\n"),
		drawer.err);
	CHECK_OK(
		load(&drawer, HEAD
			"prepare:\n  - { what: c, where: controller, each: all, run: g, capture: { as: key } }\n"
			"join:\n  - { what: w, run: \"a ${host.key}\" }\n"),
		drawer.err);
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, run: \"a ${work.key}\" }\n",
		"5:24: unknown name '${work.key}': no earlier step captured it on the controller"));
}

TEST(one_output_can_hold_several_captures)
{
	DRAWER(drawer);
	const struct driver_step *step;

	CHECK_OK(load(&drawer, HEAD "prepare:\n  - what: c\n    run: g\n    captures:\n"
				    "      - { as: key, after: \"Private: \", secret: true }\n"
				    "      - { as: public, after: \"Public: \" }\n"
				    "join:\n  - what: w\n    run: a ${host.public}\n"
				    "    stdin: ${host.key}\n"),
		drawer.err);
	step = &drawer.driver.phases[DRIVER_PREPARE].steps[0];
	CHECK(step->capture_count == 2 && !step->captures[1].is_secret);
	CHECK(strcmp(step->captures[0].after, "Private: ") == 0 && step->captures[0].is_secret);
	CHECK(!drawer.driver.warnings[0]);
	CHECK_OK(load(&drawer, HEAD "prepare:\n  - what: c\n    run: g\n    captures:\n"
				    "      - { as: public }\n      - { as: key, secret: true }\n"
				    "join:\n  - { what: w, run: \"a ${host.key}\" }\n"),
		drawer.err);
	CHECK(drawer.driver.warnings[0] && !drawer.driver.warnings[1]);
}

#define CAPTURES(list) HEAD "join:\n  - { what: w, run: a, captures: [" list "] }\n"

TEST(rejects_captures_that_cannot_be)
{
	DRAWER(drawer);

	CHECK(is_refused(&drawer, CAPTURES(""), "5:34: a value to capture is missing here"));
	CHECK(is_refused(&drawer, CAPTURES("{ as: x }, { as: name }"),
		"5:52: 'name' cannot be the name of a captured value: every host has that already"));
	CHECK(is_refused(&drawer, CAPTURES("{ as: x, at: /y, after: z }"),
		"5:52: use either 'at', which reads JSON, or 'after', which reads lines"));
	CHECK(is_refused(&drawer, CAPTURES("{ as: x, aftr: z }"),
		"5:44: unknown key 'aftr'; did you mean 'after'?"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - what: w\n    run: a\n    capture: { as: x }\n"
		     "    captures: [{ as: y }]\n",
		"8:5: use either 'capture' or 'captures'"));
	CHECK(is_refused(&drawer, HEAD "join:\n  - { what: w, daemon: a, captures: [{ as: x }] }\n",
		"5:27: 'daemon' does not support 'captures'"));
	CHECK(is_refused(&drawer,
		HEAD "join:\n  - { what: w, each: all, run: a, captures: [{ as: x }] }\n",
		"5:35: with 'each' on a host, only the last output would remain"));
}

#define SENT(word) HEAD "join:\n  - { what: w, send: [{ from: a, to: b, public: " word " }] }\n"
TEST(a_file_that_is_sent_may_be_public)
{
	DRAWER(drawer);

	CHECK(!load(&drawer, SENT("true")) &&
		drawer.driver.phases[DRIVER_JOIN].steps->sends->is_public);
	CHECK(is_refused(&drawer, SENT("ture"), "5:49: 'ture' is not true or false"));
}

TEST(a_secret_on_a_command_line_is_warned_of)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD
			 "prepare:\n  - { what: c, run: g, capture: { as: key, secret: true } }\n"
			 "  - what: w\n    run: a ${host.key}\n    stdin: ${host.key}\n"),
		drawer.err);
	CHECK(drawer.driver.warnings[0] && !drawer.driver.warnings[1]);
	CHECK(strstr(
		drawer.driver.warnings[0], "/driver.yml:7:12: secret 'key' is on a command line"));
}

/* As is_refused, for what stands in the template `f`. */
static bool is_template_refused(struct drawer *drawer, const char *text, const char *why)
{
	static const char driver[] = HEAD "join:\n  - { what: w, write: { template: f, to: f } }\n";
	const char *expected = arena_printf(drawer->arena, "%s/f:%s", drawer->dir, why);

	if (put(drawer, "f", text) || load(drawer, driver) == 0)
		return false;
	if (drawer->err.kind == ERROR_USAGE && strcmp(drawer->err.text, expected) == 0)
		return true;
	printf("# expected: %s\n# but is:   %s\n", expected, drawer->err.text);
	return false;
}

TEST(templates_are_checked_when_the_driver_is_loaded)
{
	DRAWER(drawer);

	CHECK(is_template_refused(&drawer, "a\nb ${each.name}\n",
		"2:3: '${each.name}': this step does not have 'each'"));
	CHECK(is_template_refused(
		&drawer, "a\n@each others\nb\n", "2:1: this block has no '@end'"));
	CHECK(is_template_refused(&drawer, "@end\n", "1:1: '@end' without '@each'"));
	CHECK(is_template_refused(&drawer, "@each all\n@each all\n@end\n",
		"2:1: the block that starts on line 1 is still open"));
	CHECK(is_template_refused(&drawer, "@each one\n@end\n",
		"1:1: a block starts with '@each others' or '@each all', optionally followed by 'between' and one word"));
	CHECK(is_template_refused(&drawer, "@each all between\n@end\n",
		"1:1: a block starts with '@each others' or '@each all', optionally followed by 'between' and one word"));
	CHECK(is_template_refused(&drawer, "@each all\n\n${each.x}\n@end\n",
		"3:1: unknown name '${each.x}': no earlier step captured it"));
	CHECK(is_template_refused(&drawer, "a ${x y}\n", "1:1: '${x' has no closing brace"));
}

TEST(a_template_is_cut_at_its_blocks)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct template template;
	struct error err = {0};

	CHECK_OK(template_parse(arena, "f", "a\n  @each others \nb\nc\n@end\nd", &template, &err),
		err);
	CHECK(template.count == 3);
	CHECK(strcmp(template.parts[0].text, "a\n") == 0 && template.parts[0].line == 1);
	CHECK(strcmp(template.parts[1].text, "b\nc\n") == 0 && template.parts[1].line == 3);
	CHECK(template.parts[1].each == DRIVER_EACH_OTHERS && !*template.parts[1].between);
	CHECK(strcmp(template.parts[2].text, "d") == 0 && template.parts[2].line == 6);
	CHECK_OK(
		template_parse(arena, "f", "@each all between ,\nb\n@end\n", &template, &err), err);
	CHECK(template.count == 1 && strcmp(template.parts[0].between, ",") == 0);
	CHECK(template.parts[0].each == DRIVER_EACH_ALL);
	CHECK_OK(template_parse(arena, "f", "user@host\n", &template, &err), err);
	CHECK(template.count == 1);
}

TEST(roles_share_the_hosts_out)
{
	DRAWER(drawer);

	CHECK_OK(load(&drawer, HEAD ROLES), drawer.err);
	CHECK(driver_runs_on(&drawer.driver, "king", 0) &&
		!driver_runs_on(&drawer.driver, "king", 2));
	CHECK(!driver_runs_on(&drawer.driver, "folk", 0) &&
		driver_runs_on(&drawer.driver, "folk", 2));
	CHECK(driver_runs_on(&drawer.driver, "both", 0) &&
		driver_runs_on(&drawer.driver, "all", 1));
	CHECK(!driver_runs_on(&drawer.driver, "controller", 0));
}
