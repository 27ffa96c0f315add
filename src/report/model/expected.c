/* SPDX-License-Identifier: MIT */
/* Which links and repetitions a tree should have, whatever is missing from it. */
#include "report/model/expected.h"

#include "record/layout.h"

#include "base/json.h"

#include <string.h>

/* Folders of hosts by their position; NULL where no host is known. */
struct expectation {
	const char **folders;
	size_t count, repetitions;
};

static size_t position_of(const char *folder)
{
	const char *name;
	size_t position;

	return layout_host_of(folder, &position, &name) ? position : SIZE_MAX;
}

static size_t links_with(const struct report_results *results, const char *folder)
{
	size_t count = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *c = vpn->conditions; c; c = c->next)
			for (const struct report_link *link = c->links; link; link = link->next)
				count += strcmp(link->folder, folder) == 0;
	return count;
}

static void expect(
	const struct report_results *results, struct expectation *expected, const char *folder)
{
	size_t position = position_of(folder);

	if (position >= expected->count)
		return;
	if (!expected->folders[position] ||
		links_with(results, folder) > links_with(results, expected->folders[position]))
		expected->folders[position] = folder;
}

static size_t most_links(const struct report_results *results)
{
	size_t most = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *c = vpn->conditions; c; c = c->next)
			most = condition_links(c) > most ? condition_links(c) : most;
	return most;
}

/* Published trees list their hosts next to each VPN. */
static void expect_listed(const struct report_results *results, struct expectation *expected)
{
	for (size_t i = 0; i < json_array_size(results->hosts); i++) {
		const char *name =
			json_string_at(json_array_get(results->hosts, i), "/cmachine/name", NULL);

		if (name && !expected->folders[i])
			expected->folders[i] = arena_printf(results->arena, "%zu_%s", i, name);
	}
}

static struct expectation of_tree(const struct report_results *results)
{
	struct expectation expected = {.count = most_links(results)};

	if (expected.count < json_array_size(results->hosts))
		expected.count = json_array_size(results->hosts);

	expected.folders = arena_alloc(results->arena, const char *, expected.count + 1);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *c = vpn->conditions; c; c = c->next)
			for (const struct report_link *link = c->links; link; link = link->next)
				expect(results, &expected, link->folder);
	expect_listed(results, &expected);
	while (expected.count && !expected.folders[expected.count - 1])
		expected.count--;
	return expected;
}

static struct expectation of_plan(struct arena *arena, const json_t *hosts)
{
	struct expectation expected = {.count = json_array_size(hosts)};

	expected.folders = arena_alloc(arena, const char *, expected.count + 1);
	for (size_t i = 0; i < expected.count; i++) {
		const char *name = json_string_value(json_array_get(hosts, i));

		if (name)
			expected.folders[i] = arena_printf(arena, "%zu_%s", i, name);
	}
	return expected;
}

/* Takes the link out of the list; NULL when it is not in it. */
static struct report_link *take(struct report_link **list, const char *folder)
{
	struct report_link *link;

	while (*list && strcmp((*list)->folder, folder) != 0)
		list = &(*list)->next;
	link = *list;
	if (link)
		*list = link->next;
	return link;
}

static struct report_link *empty_link(struct arena *arena, const char *folder)
{
	struct report_link *link = arena_alloc(arena, struct report_link, 1);
	size_t position;

	link->folder = folder;
	if (!layout_host_of(folder, &position, &link->host))
		link->host = folder;
	link->repetitions = arena_alloc(arena, struct report_repetition, 1);
	return link;
}

static void expect_repetitions(struct arena *arena, struct report_link *link, size_t count)
{
	for (size_t number = 0; number < count; number++) {
		struct report_repetition **at = &link->repetitions;

		while (*at && (*at)->number < number)
			at = &(*at)->next;
		if (!*at || (*at)->number != number) {
			struct report_repetition *missing =
				arena_alloc(arena, struct report_repetition, 1);

			missing->number = number;
			missing->next = *at;
			*at = missing;
		}
	}
}

static bool has_results(const struct report_link *link)
{
	const struct report_repetition *repetition = link->repetitions;

	for (; repetition; repetition = repetition->next)
		for (size_t i = 0; i < REPORT_WORKLOADS; i++)
			if (outcome_is_there(
				    report_outcome_of(repetition, (enum report_workload_id)i)))
				return true;
	return link->connect.is_there || link->reboot.is_there;
}

/* What is left is not a host of the plan: one of another run, a second folder, or anything. */
static void keep_rest(struct report_results *results, const struct expectation *expected,
	const struct report_vpn *vpn, const struct report_condition *condition,
	struct report_link *rest, struct report_link **end)
{
	while (rest) {
		struct report_link *link = rest;
		size_t position = position_of(link->folder);

		rest = rest->next;
		if (position < expected->count && expected->folders[position]) {
			tree_add_problem(results->arena, &results->reading,
				layout_join(results->arena,
					(const char *const[]){
						vpn->name, condition->profile, link->folder, NULL}),
				arena_printf(results->arena,
					"is left out, because the folder of this host is %s",
					expected->folders[position]));
			continue;
		}
		if (position == SIZE_MAX && !has_results(link))
			continue;
		link->next = NULL;
		*end = link;
		end = &link->next;
	}
}

static void complete(struct report_results *results, const struct expectation *expected,
	const struct report_vpn *vpn, struct report_condition *condition)
{
	struct report_link *rest = condition->links, **end = &condition->links;

	condition->links = NULL;
	for (size_t i = 0; i < expected->count; i++) {
		const char *folder = expected->folders[i];
		struct report_link *link = folder ? take(&rest, folder) : NULL;

		if (!folder)
			continue;
		if (!link)
			link = empty_link(results->arena, folder);
		expect_repetitions(results->arena, link, expected->repetitions);
		link->next = NULL;
		*end = link;
		end = &link->next;
	}
	keep_rest(results, expected, vpn, condition, rest, end);
}

void results_expect(struct report_results *results)
{
	const json_t *hosts = json_at(results->environment, "/plan/hosts");
	double repeat = json_number_at(results->environment, "/plan/repeat", 1);
	struct expectation expected =
		json_array_size(hosts) ? of_plan(results->arena, hosts) : of_tree(results);

	expected.repetitions = repeat >= 1 && repeat <= LAYOUT_REPETITIONS_MAX ? (size_t)repeat : 1;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (struct report_condition *c = vpn->conditions; c; c = c->next)
			complete(results, &expected, vpn, c);
}
