/* SPDX-License-Identifier: MIT */
#include "lab/cores.h"

#include "base/fd.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"lom", "yuki", "luna"};

enum {
	HOSTS = 3
};

/* The layout as JSON: with a wire, on processors 0 to `count` - 1 but for `hole`. */
static char *laid_out(int count, int hole, size_t per_host, bool has_wire, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct lab_cores_wish wish = {
		.host_count = HOSTS, .per_host = per_host, .has_wire = has_wire};
	json_auto_t *json = NULL;
	struct lab_cores cores;

	CPU_ZERO(&wish.allowed);
	for (int i = 0; i < count; i++)
		if (i != hole)
			CPU_SET(i, &wish.allowed);
	if (lab_cores_lay(arena, &wish, &cores, err))
		return NULL;
	json = lab_cores_json(&cores, names);
	return json ? json_dumps(json, JSON_COMPACT) : strdup("nothing");
}

static bool is(char *text, const char *hosts, const char *others, const char *shared)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	bool has_all = text && strstr(text, arena_printf(arena, "\"hosts\":{%s}", hosts)) &&
		       strstr(text, others) &&
		       strstr(text, arena_printf(arena, "\"shared\":[%s]", shared));

	if (!has_all)
		printf("# %s\n", text ? text : "refused");
	free(text);
	return has_all;
}

TEST(enough_processors_are_never_shared)
{
	struct error err = {0};

	CHECK(is(laid_out(8, -1, 2, true, &err),
		"\"lom\":\"0-1\",\"yuki\":\"2-3\",\"luna\":\"4-5\"",
		"\"wire\":\"6\",\"instruments\":\"7\"", ""));
	CHECK(is(laid_out(16, -1, 2, true, &err),
		"\"lom\":\"0-1\",\"yuki\":\"2-3\",\"luna\":\"4-5\"",
		"\"wire\":\"6\",\"instruments\":\"7-15\"", ""));
	CHECK(is(laid_out(4, -1, 1, false, &err), "\"lom\":\"0\",\"yuki\":\"1\",\"luna\":\"2\"",
		"\"wire\":null,\"instruments\":\"3\"", ""));
}

TEST(with_one_less_the_wire_shares_with_the_instruments)
{
	struct error err = {0};

	CHECK(is(laid_out(4, -1, 1, true, &err), "\"lom\":\"0\",\"yuki\":\"1\",\"luna\":\"2\"",
		"\"wire\":\"3\",\"instruments\":\"3\"", "\"the wire with the instruments\""));
}

TEST(then_hosts_share_and_the_wire_keeps_its_own)
{
	struct error err = {0};

	CHECK(is(laid_out(4, -1, 2, true, &err),
		"\"lom\":\"0-1\",\"yuki\":\"0,2\",\"luna\":\"1-2\"",
		"\"wire\":\"3\",\"instruments\":\"3\"",
		"\"hosts with one another\",\"the wire with the instruments\""));
	CHECK(is(laid_out(3, -1, 1, false, &err), "\"lom\":\"0\",\"yuki\":\"1\",\"luna\":\"0\"",
		"\"wire\":null,\"instruments\":\"2\"", "\"hosts with one another\""));
}

TEST(a_host_that_needs_all_shares_with_everything)
{
	struct error err = {0};

	CHECK(is(laid_out(2, -1, 2, true, &err),
		"\"lom\":\"0-1\",\"yuki\":\"0-1\",\"luna\":\"0-1\"",
		"\"wire\":\"0-1\",\"instruments\":\"0-1\"",
		"\"hosts with one another\",\"hosts with the wire\",\"hosts with the instruments\",\"the wire with the instruments\""));
}

TEST(only_processors_that_we_may_use_are_used)
{
	struct error err = {0};

	CHECK(is(laid_out(6, 1, 1, true, &err), "\"lom\":\"0\",\"yuki\":\"2\",\"luna\":\"3\"",
		"\"wire\":\"4\",\"instruments\":\"5\"", ""));
}

TEST(more_than_there_are_is_refused_with_the_number)
{
	struct error err = {0};

	CHECK(!laid_out(2, -1, 3, true, &err));
	CHECK(err.kind == ERROR_MISSING);
	CHECK(strstr(err.text, "only 2 of this machine (0-1)"));
}

TEST(without_a_number_nothing_is_pinned)
{
	AUTO(text_freep) char *text = NULL;
	struct error err = {0};

	text = laid_out(2, -1, 0, true, &err);
	CHECK(text && strcmp(text, "nothing") == 0);
}
