/* SPDX-License-Identifier: MIT */
#include "vpn/vpn.h"

#include "base/fd.h"
#include "base/file.h"
#include "plan/plan.h"
#include "vpn/internal.h"

#include "tap.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"lom", "yuki", "luna", NULL};

static const char *source_root(void)
{
	return getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
}

/* Scripts of the controller run where they lie, which is elsewhere on every machine. */
static const char *without_place(struct arena *arena, const char *text)
{
	const char *root = source_root(), *shown = "", *at;

	while ((at = strstr(text, root))) {
		shown = arena_printf(arena, "%s%.*s/SOURCE", shown, (int)(at - text), text);
		text = at + strlen(root);
	}
	return arena_printf(arena, "%s%s", shown, text);
}

/* What `--dry-run` prints, but for its first line, is tests/golden/dry-run/NAME.txt to the letter.
 */
static bool prints_what_is_golden(struct arena *arena, const char *name, struct error *err)
{
	const char *folder = arena_printf(arena, "%s/drivers/%s", source_root(), name);
	const char *path =
		arena_printf(arena, "%s/tests/golden/dry-run/%s.txt", source_root(), name);
	AUTO(text_freep) char *text = NULL;
	AUTO(stream_closep) FILE *out = NULL;
	struct driver driver;
	const char *shown;
	size_t size, at = 0, line = 1;
	char *golden;

	out = open_memstream(&text, &size);
	if (!out || driver_load(arena, folder, &driver, err) ||
		vpn_dry_run(&driver, names, 3, out, err) ||
		file_read(arena, path, 1 << 20, &golden, NULL, err))
		return false;
	fflush(out);
	shown = without_place(arena, text);
	for (; shown[at] && shown[at] == golden[at]; at++)
		line += shown[at] == '\n';
	if (driver.warnings[0])
		return fail(err, ERROR_USAGE, "a warning: %s", driver.warnings[0]) == 0;
	if (shown[at] || golden[at])
		return fail(err, ERROR_PARSE, "differs from line %zu: %.60s", line, shown + at) ==
		       0;
	return true;
}

TEST(every_driver_would_run_what_is_golden_and_warns_of_nothing)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const *drivers;
	struct error err = {0};

	CHECK_OK(plan_list(arena, "drivers", &drivers, &err), err);
	CHECK(drivers[0]);
	for (size_t i = 0; drivers[i]; i++) {
		bool is_golden = prints_what_is_golden(arena, drivers[i], &err);

		printf("# %s: %s\n", drivers[i], is_golden ? "as golden" : err.text);
		CHECK(is_golden);
	}
}

/* A mesh of three with one role for the first host. */
struct bench {
	struct arena *arena;
	struct driver driver;
	struct driver_role roles[2];
	struct roster roster;
	struct error err;
};

static void bench_done(struct bench *bench)
{
	arena_freep(&bench->arena);
}

static void bench_init(struct bench *bench)
{
	bench->arena = arena_new();
	bench->roles[0] = (struct driver_role){"king", DRIVER_TAKE_FIRST, NULL};
	bench->roles[1] = (struct driver_role){"folk", DRIVER_TAKE_REST, NULL};
	bench->driver = (struct driver){
		.name = "t", .dir = "/drivers/t", .roles = bench->roles, .role_count = 2};
	roster_init(&bench->roster, bench->arena, &bench->driver, names, 3);
	bench->roster.work = "/work dir";
	for (size_t i = 0; i < 3; i++)
		bench->roster.members[i].underlay = arena_printf(bench->arena, "10.0.0.%zu", i + 1);
}

#define BENCH(name)                                                                                \
	AUTO(bench_done) struct bench name = {0};                                                  \
	bench_init(&(name))

static bool expands_to(struct bench *bench, const char *text, const char *expected)
{
	struct scope scope = {&bench->roster, &bench->roster.members[1], &bench->roster.members[2]};
	const char *expanded;

	if (expand_text(&scope, text, &expanded, &bench->err)) {
		printf("# %s\n", bench->err.text);
		return false;
	}
	if (strcmp(expanded, expected) != 0)
		printf("# expected: %s\n# but is:   %s\n", expected, expanded);
	return strcmp(expanded, expected) == 0;
}

TEST(names_become_values)
{
	BENCH(bench);

	captured_set(bench.arena, &bench.roster.members[1].captured, "key", "k ${each.name}");
	captured_set(bench.arena, &bench.roster.captured, "id", "7");
	CHECK(expands_to(&bench, "a ${host.name}/${each.name} b", "a yuki/luna b"));
	CHECK(expands_to(&bench, "${host.number} ${host.dir}", "2 /var/lib/meshbench/t"));
	CHECK(expands_to(&bench, "${host.underlay} ${each.overlay}", "10.0.0.2 10.78.0.3"));
	CHECK(expands_to(&bench, "${king.name} ${king.overlay}", "lom 10.78.0.1"));
	CHECK(expands_to(&bench, "${overlay.network}/${overlay.bits}", "10.78.0.0/16"));
	CHECK(expands_to(&bench, "${work}/${work.id}", "/work dir/7"));
	/* A value is never looked into again, and $${ is how a template writes ${. */
	CHECK(expands_to(&bench, "${host.key}", "k ${each.name}"));
	CHECK(expands_to(&bench, "$${host.name} $5 ${host.name}$", "${host.name} $5 yuki$"));
}

TEST(a_value_with_blanks_stays_one_word)
{
	static const char *const words[] = {"cat", "${work}/f", NULL};
	BENCH(bench);
	struct scope scope = {&bench.roster, NULL, NULL};
	const char *const *expanded;

	CHECK_OK(expand_words(&scope, words, &expanded, &bench.err), bench.err);
	CHECK(strcmp(expanded[1], "/work dir/f") == 0 && !expanded[2]);
}

TEST(what_was_not_captured_has_no_value_but_a_name_in_a_dry_run)
{
	BENCH(bench);
	struct scope scope = {&bench.roster, &bench.roster.members[0], NULL};
	const char *text;

	CHECK(expand_text(&scope, "${host.key}", &text, &bench.err));
	CHECK(strstr(bench.err.text, "'${host.key}' has no value"));
	bench.roster.is_dry = true;
	CHECK_OK(expand_text(&scope, "${host.key}", &text, &bench.err), bench.err);
	CHECK(strcmp(text, "<captured: key>") == 0);
}

TEST(a_block_is_repeated_for_the_others_or_for_all)
{
	static const struct template_part parts[] = {{DRIVER_EACH_NONE, "me ${host.name}\n", "", 1},
		{DRIVER_EACH_OTHERS, "- ${each.name} of ${host.name}\n", "", 3},
		{DRIVER_EACH_ALL, "+ ${each.number}\n", "", 6}};
	static const struct template template = {"f", parts, 3};
	BENCH(bench);
	struct scope scope = {&bench.roster, &bench.roster.members[1], NULL};
	const char *text;

	CHECK_OK(expand_template(&scope, &template, &text, &bench.err), bench.err);
	CHECK(strcmp(text, "me yuki\n- lom of yuki\n- luna of yuki\n+ 1\n+ 2\n+ 3\n") == 0);
}

TEST(between_stands_at_the_end_of_all_repetitions_but_the_last)
{
	static const struct template_part parts[] = {
		{DRIVER_EACH_OTHERS, "[\n${each.name}]\n", ";", 1},
		{DRIVER_EACH_ALL, "${each.number}", ",", 5}};
	static const struct template template = {"f", parts, 2};
	BENCH(bench);
	struct scope scope = {&bench.roster, &bench.roster.members[1], NULL};
	const char *text;

	CHECK_OK(expand_template(&scope, &template, &text, &bench.err), bench.err);
	CHECK(strcmp(text, "[\nlom];\n[\nluna]\n1,2,3") == 0);
}

TEST(paths_are_taken_under_their_folder)
{
	BENCH(bench);
	struct scope scope = {&bench.roster, &bench.roster.members[0], NULL};
	const char *path;

	CHECK_OK(expand_path(&scope, "a/${host.name}", "/d", &path, &bench.err), bench.err);
	CHECK(strcmp(path, "/d/a/lom") == 0);
	CHECK_OK(expand_path(&scope, "${host.dir}/x", "/d", &path, &bench.err), bench.err);
	CHECK(strcmp(path, "/var/lib/meshbench/t/x") == 0);
}

TEST(every_host_has_an_overlay_address_of_its_own)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct driver driver = {.name = "t"};
	const char *many[600];
	struct roster roster;

	for (size_t i = 0; i < 600; i++)
		many[i] = "h";
	roster_init(&roster, arena, &driver, many, 600);
	CHECK(strcmp(roster.members[253].overlay, "10.78.0.254") == 0);
	CHECK(strcmp(roster.members[254].overlay, "10.78.1.1") == 0);
	CHECK(strcmp(roster.members[599].overlay, "10.78.2.92") == 0);
}

static bool captures(struct driver_capture capture, const char *out, const char *expected)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *text;

	if (captured_read(arena, &capture, out, strlen(out), &text, &err)) {
		printf("# %s\n", err.text);
		return !expected && err.kind == ERROR_PARSE;
	}
	return expected && strcmp(text, expected) == 0;
}

static bool reads(const char *at, const char *out, const char *expected)
{
	return captures((struct driver_capture){.as = "x", .at = at}, out, expected);
}

static bool reads_after(const char *after, const char *out, const char *expected)
{
	return captures((struct driver_capture){.as = "x", .after = after}, out, expected);
}

TEST(a_capture_is_the_trimmed_output_or_a_value_in_it)
{
	CHECK(reads(NULL, " key\n", "key"));
	CHECK(reads(NULL, "a\nb\n", "a\nb"));
	CHECK(reads("/a/1", "{\"a\": [0, \"x\"]}", "x"));
	CHECK(reads("/id", "{\"id\": 42}", "42"));
	CHECK(reads(NULL, " \n", NULL));
	CHECK(reads("/a", "{\"a\": {}}", NULL));
	CHECK(reads("/b", "{\"a\": 1}", NULL));
	CHECK(reads("/b", "no json", NULL));
}

TEST(a_capture_is_the_rest_of_the_line_after_a_text)
{
	CHECK(reads_after("Public key:", "Private key: a\nPublic key: b c \nend\n", "b c"));
	CHECK(reads_after("key: ", "key: first\nkey: second\n", "first"));
	CHECK(reads_after("key:", "key: last", "last"));
	CHECK(reads_after("Public", "Private key: a\n", NULL));
	CHECK(reads_after("key:", "key:\nnot this\n", NULL));
}

TEST(turns_follow_where_and_each)
{
	BENCH(bench);
	struct driver_step step = {.where = "folk", .each = DRIVER_EACH_OTHERS};
	struct turn turns[4];

	CHECK(turns_of_round(&bench.roster, &step, lab_all_hosts(), 0, turns) == 2);
	CHECK(turns[0].host == 1 && turns[0].each == &bench.roster.members[0]);
	CHECK(turns[1].host == 2 && turns[1].each == &bench.roster.members[0]);
	CHECK(turns_of_round(&bench.roster, &step, lab_all_hosts(), 1, turns) == 2);
	CHECK(turns[0].each == &bench.roster.members[2] &&
		turns[1].each == &bench.roster.members[1]);
	CHECK(turns_of_round(&bench.roster, &step, lab_all_hosts(), 2, turns) == 0);
	CHECK(turns_of_round(&bench.roster, &step, lab_one_host(2), 0, turns) == 1 &&
		turns[0].host == 2);
	step = (struct driver_step){.where = "controller", .each = DRIVER_EACH_ALL};
	CHECK(turns_of_round(&bench.roster, &step, lab_all_hosts(), 2, turns) == 1);
	CHECK(turns[0].is_on_controller && turns[0].each == &bench.roster.members[2]);
	CHECK(turns_of_round(&bench.roster, &step, lab_all_hosts(), 3, turns) == 0);
	CHECK(turns_of_round(&bench.roster, &step, lab_one_host(1), 0, turns) ==
		0); /* not for one host */
	step = (struct driver_step){.where = "king"};
	CHECK(turns_of_round(&bench.roster, &step, lab_all_hosts(), 0, turns) == 1 &&
		!turns[0].each);
}

TEST(what_a_machine_lacks_names_the_package)
{
	static const char *const needs[] = {"sh", "nosuchvpn-a|nosuchvpn-b", "module:nosuch", NULL};
	static const char *const either[] = {"nosuchvpn-a|sh", NULL};
	static const char *const packages[] = {"nosuchvpn", "other", NULL};
	struct driver driver = {.name = "t", .label = "t", .needs = needs, .packages = packages};
	struct error err = {0};

	CHECK(vpn_is_found(&driver, &err) && err.kind == ERROR_MISSING);
	CHECK(strcmp(err.text,
		      "t needs nosuchvpn-a|nosuchvpn-b, module:nosuch, which this machine lacks; install it: apt install nosuchvpn other") ==
		0);
	driver.advice = "build it";
	CHECK(vpn_is_found(&driver, &err) &&
		strstr(err.text, "which this machine lacks; build it") && !strstr(err.text, "apt"));
	driver.packages_have_it = true;
	CHECK(vpn_is_found(&driver, &err) &&
		strstr(err.text, "; build it, or apt install nosuchvpn other"));
	driver.needs = either;
	CHECK_OK(vpn_is_found(&driver, &err), err);
}

/* A driver of captures: member's key and name, the controller's word; and one file to send. */
static const struct driver_capture own[] = {
	{.as = "key", .is_secret = true}, {.as = "name"}, {.as = "word", .is_secret = true}};

static struct driver captures_driver(const struct driver_step steps[], size_t count)
{
	struct driver driver = {.name = "example"};

	driver.phases[DRIVER_PREPARE] = (struct driver_phase_steps){steps, count};
	return driver;
}

static const char *captured_of(const struct captured *list, const char *name)
{
	while (list && strcmp(list->name, name) != 0)
		list = list->next;
	return list ? list->text : "";
}

TEST(a_step_that_many_hosts_take_at_once_has_more_time)
{
	CHECK(step_share_ns(10 * NS_PER_S, 1, 2) == 10 * NS_PER_S);
	CHECK(step_share_ns(10 * NS_PER_S, 4, 2) == 10 * NS_PER_S);
	CHECK(step_share_ns(10 * NS_PER_S, 12, 2) == 30 * NS_PER_S);
	CHECK(step_share_ns(10 * NS_PER_S, 100, 2) == 250 * NS_PER_S);
	CHECK(step_share_ns(10 * NS_PER_S, 100, 0) == 500 * NS_PER_S);
}

TEST(a_stranger_knows_what_is_public_and_has_wrong_secrets_of_the_same_form)
{
	static const struct driver_step steps[] = {{.captures = own, .capture_count = 3}};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct driver driver = captures_driver(steps, 1);
	struct vpn mesh = {.arena = arena, .driver = &driver};
	struct vpn stranger = {
		.arena = arena, .driver = &driver, .mesh = &mesh, .hosts = lab_one_host(2)};
	struct member *members;

	roster_init(&mesh.roster, arena, &driver, names, 3);
	roster_init(&stranger.roster, arena, &driver, names, 3);
	for (size_t i = 0; i < 3; i++) {
		captured_set(arena, &mesh.roster.members[i].captured, "key", "abcd-az9Z=");
		captured_set(arena, &mesh.roster.members[i].captured, "name", "N");
	}
	captured_set(arena, &mesh.roster.captured, "word", "ab");
	stranger_learn(&stranger, 2);
	members = stranger.roster.members;
	CHECK(strcmp(captured_of(members[0].captured, "name"), "N") == 0);
	CHECK(strcmp(captured_of(members[1].captured, "key"), "abcd-ba0A=") == 0);
	CHECK(strcmp(captured_of(stranger.roster.captured, "word"), "ac") == 0);
	CHECK(!members[2].captured);
	CHECK(stranger_keeps(&stranger, &own[1], &members[0].captured));
	CHECK(!stranger_keeps(&stranger, &own[0], &members[0].captured));
	CHECK(!stranger_keeps(&stranger, &own[1], &members[2].captured));
	CHECK(!stranger_keeps(&mesh, &own[1], &members[0].captured));
}

TEST(a_driver_that_sends_files_says_which_are_public_or_there_is_no_stranger)
{
	static const struct driver_send hidden[] = {{.from = "a", .to = "a"}},
					open[] = {{.from = "a", .to = "a"},
						{.from = "b", .to = "b", .is_public = true}};
	static const struct driver_step none[] = {{.what = "w"}},
					secret[] = {{.sends = hidden, .send_count = 1}},
					mixed[] = {{.sends = open, .send_count = 2}};
	struct driver driver = captures_driver(none, 1);
	struct error err = {0};

	CHECK_OK(stranger_is_possible(&driver, &err), err);
	driver = captures_driver(mixed, 1);
	CHECK_OK(stranger_is_possible(&driver, &err), err);
	driver = captures_driver(secret, 1);
	CHECK(stranger_is_possible(&driver, &err));
	CHECK(strstr(err.text, "does not say which of the files"));
}

TEST(the_controller_of_a_stranger_works_for_one_host)
{
	static const struct driver_step step = {.where = "controller"};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct driver driver = captures_driver(&step, 1);
	struct turn turns[4];
	struct roster roster;

	roster_init(&roster, arena, &driver, names, 3);
	CHECK(turns_of_round(&roster, &step, lab_one_host(2), 0, turns) == 0);
	roster.is_strangers = true;
	CHECK(turns_of_round(&roster, &step, lab_one_host(2), 0, turns) == 1);
	CHECK(turns[0].is_on_controller);
}
