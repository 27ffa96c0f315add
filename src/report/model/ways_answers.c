/* SPDX-License-Identifier: MIT */
/* Rows of the feature matrix that workloads behind routers answer. */
#include "report/model/ways.h"

#include "report/model/matrix.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	TRIALS_LEAST = 4 /* below, a VPN may have been unlucky */
};

static const struct report_ways *between(
	const struct report_ways *list, const char *one, const char *other)
{
	while (list && (strcmp(list->one, one) != 0 || strcmp(list->other, other) != 0))
		list = list->next;
	return list;
}

void ways_answer(
	json_t *answers, const char *check, const char *row, const char *is, const char *because)
{
	json_array_append_new(answers, json_make("{s:s, s:s, s:s, s:s}", "row", row, "is", is,
					       "check", check, "because", because));
}

const char *ways_design(const struct report_results *results, const struct report_vpn *vpn)
{
	const struct matrix *matrix = results->matrix;

	for (size_t i = 0; matrix && i < matrix->vpn_count; i++) {
		const struct matrix_vpn *one = &matrix->vpns[i];

		if (strcmp(one->name, vpn->name) != 0 || !one->cells)
			continue;
		for (size_t row = 0; row < matrix->row_count; row++) {
			const struct matrix_cell *cell = &one->cells[row];

			if (strcmp(matrix->rows[row].id, "udp_hole_punching") == 0 &&
				(cell->kind == MATRIX_NO || cell->kind == MATRIX_PARTIAL))
				return cell->text;
		}
	}
	return NULL;
}

static bool is_known(const struct report_ways *ways)
{
	return ways && (ways->direct > 0 || ways->trials >= TRIALS_LEAST);
}

static void add_punching(struct arena *arena, const struct report_ways *list, json_t *answers)
{
	const struct report_ways *ways = between(list, "port-restricted", "port-restricted");

	if (is_known(ways))
		ways_answer(answers, "punch", "udp_hole_punching", ways->direct ? "yes" : "no",
			arena_printf(arena,
				"port-restricted on both sides, which map no port on request: direct in %zu of %zu trials",
				ways->direct, ways->trials));
}

static void add_symmetric(struct arena *arena, const struct report_ways *list, json_t *answers)
{
	const struct report_ways *one = between(list, "port-restricted", "symmetric");
	const struct report_ways *both = between(list, "symmetric", "symmetric");

	if (is_known(one) && is_known(both))
		ways_answer(answers, "punch", "symmetric_nat",
			one->direct && both->direct   ? "yes"
			: one->direct || both->direct ? "partial"
						      : "no",
			arena_printf(arena,
				"direct in %zu of %zu trials with one symmetric NAT, in %zu of %zu "
				"with two",
				one->direct, one->trials, both->direct, both->trials));
}

/* A change on the command line may have opened what the topology's name says is blocked. */
bool ways_block_udp(const struct report_results *results)
{
	const json_t *sites = json_at(results->environment, "/topology/sites"), *site;
	size_t i;

	json_array_foreach (sites, i, site) {
		if (strcmp(json_string_at(site, "/udp", ""), "blocked") == 0)
			return json_array_size(sites) == 2;
	}
	return false;
}

/*
 * Of a pair of sites of which a firewall lets no UDP through. It lets out one port of TCP only, so
 * that no way there says nothing about others.
 */
static void add_fallback(struct arena *arena, const struct report_results *results,
	const struct report_ways *list, json_t *answers)
{
	size_t direct = 0, relayed = 0;

	for (const struct report_ways *ways = list; ways; ways = ways->next) {
		direct += ways->direct;
		relayed += ways->relayed;
	}
	if (!ways_block_udp(results) || direct + relayed == 0)
		return;
	ways_answer(answers, "punch", "tcp_fallback", "yes",
		arena_printf(arena, "hosts behind a firewall without UDP answered in %zu trials",
			direct + relayed));
	if (relayed)
		ways_answer(answers, "punch", "tcp_relay", "yes",
			arena_printf(arena,
				"a third host relayed behind a firewall without UDP in %zu trials",
				relayed));
}

static void add_roaming(
	struct arena *arena, const struct report_condition *condition, json_t *answers)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		const struct report_result *roam = &whole->results[REPORT_ROAM];
		size_t runs = json_array_size(json_at(roam->data, "/moved/runs"));

		if (outcome_is_success(&roam->outcome) && runs &&
			json_number_at(roam->data, "/moved/returned", 0) >= (double)runs)
			ways_answer(answers, "roam", "roaming", "yes",
				arena_printf(arena,
					"every pair answered again in %zu of %zu changes of the "
					"address outside",
					runs, runs));
	}
}

/*
 * A NAT that forgets after so long is kept open by what the host sends in less, to whomever.
 */
static void add_keepalive(
	struct arena *arena, const struct report_condition *condition, json_t *answers)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		const struct report_result *keep = &whole->results[REPORT_KEEPALIVE];
		double survives_s = json_number_at(keep->data, "/survives_s", NAN);
		double fails_s = json_number_at(keep->data, "/fails_s", NAN);

		if (!outcome_is_success(&keep->outcome))
			continue;
		if (isfinite(survives_s))
			ways_answer(answers, "keepalive", "keepalive_interval",
				arena_printf(arena, "at most %.0f s", survives_s),
				arena_printf(arena,
					"a silent host was reached behind a NAT that forgets after %.0f s%s",
					survives_s,
					isfinite(fails_s)
						? arena_printf(
							  arena, ", and not after %.0f s", fails_s)
						: ""));
		else if (isfinite(fails_s))
			ways_answer(answers, "keepalive", "keepalive_interval",
				arena_printf(arena, "more than %.0f s", fails_s),
				arena_printf(arena,
					"a silent host was not reached behind a NAT that forgets after %.0f s",
					fails_s));
	}
}

json_t *ways_answers(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition)
{
	const struct report_ways *list = ways_of(arena, results, condition);
	json_t *answers = json_array();

	add_punching(arena, list, answers);
	add_symmetric(arena, list, answers);
	add_fallback(arena, results, list, answers);
	add_roaming(arena, condition, answers);
	add_keepalive(arena, condition, answers);
	return answers;
}
