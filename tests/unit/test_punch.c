/* SPDX-License-Identifier: MIT */
/* What the wire and the watch saw of hosts behind routers, read as direct, relayed or no way. */
#include "workload/mesh/mesh.h"

#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()

/* A trial of three seconds; what passed directly there and back, and when alice and bob answer. */
struct seen {
	const char *there, *back; /* packets in bins of half a second */
	const char *answers;      /* spans of alice and bob */
	const char *server;       /* spans of both with the server */
	const char *mapping;      /* of alice's router; NULL: endpoint-independent */
};

static char *trial_of(struct arena *arena, const struct seen *seen)
{
	static const char form[] =
		"{\"operation\": \"punch\", \"times\": {\"ended_s\": 3.1, \"counted_s\": 3.05},"
		"\"pairs\": ["
		"{\"from\": \"alice\", \"to\": \"bob\", \"overlay\": %s, \"underlay\": []},"
		"{\"from\": \"bob\", \"to\": \"alice\", \"overlay\": %s, \"underlay\": []},"
		"{\"from\": \"server\", \"to\": \"alice\", \"overlay\": %s, \"underlay\": []},"
		"{\"from\": \"server\", \"to\": \"bob\", \"overlay\": %s, \"underlay\": []}],"
		"\"paths\": [{\"from\": \"alice\", \"to\": \"bob\", \"packets\": [%s, %s]}],"
		"\"routers\": [{\"host\": \"alice\", \"mapping\": \"%s\"}],"
		"\"path_rule\": {\"bin_s\": 0.5, \"every_s\": 0.005, \"packets_missed\": 0}}";

	return arena_printf(arena, form, seen->answers, seen->answers, seen->server, seen->server,
		seen->there, seen->back, seen->mapping ? seen->mapping : "endpoint-independent");
}

static json_t *observations_of(struct arena *arena, const char *runs)
{
	return json_loads(
		arena_printf(arena,
			"{\"rule\": {\"stable_s\": 1, \"silence_s\": 0.1, \"pause_s\": 0.025},"
			"\"hosts\": [\"server\", \"alice\", \"bob\"], \"runs\": [%s]}",
			runs),
		0, NULL);
}

#define READ(runs)                                                                                 \
	const struct workload_case c = {.seconds = 1};                                             \
	json_auto_t *observations = observations_of(arena, runs);                                  \
	struct workload_reading reading;                                                           \
	const json_t *pair;                                                                        \
	CHECK(observations);                                                                       \
	workload_punch.read_mesh(&c, observations, &reading);                                      \
	pair = json_array_get(json_object_get(reading.data, "pairs"), 0)

static bool ends_as(const json_t *pair, const char *outcome)
{
	return strcmp(json_string_at(pair, "/list/0/outcome", ""), outcome) == 0;
}

#define STEADY "[[0.4, 3.09, 500]]"
#define NEVER "[]"
#define SILENT "[0, 0, 0, 0, 0, 0]"

TEST(packets_both_ways_at_the_rate_of_pings_are_a_direct_way)
{
	ARENA(arena);
	READ(trial_of(arena, &(struct seen){"[3, 150, 200, 200, 200, 200]",
				     "[0, 160, 200, 200, 200, 200]", STEADY, STEADY, NULL}));

	CHECK(reading.cause == CAUSE_SUCCESS && ends_as(pair, "direct"));
	CHECK(json_number_at(pair, "/list/0/stays_direct_s", 0) == 1.0);
	CHECK(json_number_at(pair, "/answered_s", 0) == 0.4);
	CHECK(json_number_at(pair, "/list/0/watched_s", 0) == 3.05);
	CHECK(reading.figures[0] == 1 && reading.figures[1] == 1 && reading.figures[2] == 1.0);
	workload_reading_done(&reading);
}

TEST(answers_next_to_a_few_probes_of_a_hole_puncher_are_relayed)
{
	ARENA(arena);
	READ(trial_of(arena, &(struct seen){"[9, 9, 9, 9, 9, 9]", "[200, 200, 200, 200, 200, 200]",
				     STEADY, STEADY, NULL}));

	CHECK(reading.cause == CAUSE_SUCCESS && ends_as(pair, "relayed"));
	CHECK(reading.figures[0] == 0 && reading.figures[1] == 1 && isnan(reading.figures[2]));
	workload_reading_done(&reading);
}

TEST(a_way_that_was_direct_and_is_relayed_at_the_end_is_relayed)
{
	ARENA(arena);
	READ(trial_of(arena, &(struct seen){"[0, 200, 200, 0, 0, 0]", "[0, 200, 200, 0, 0, 0]",
				     STEADY, STEADY, NULL}));

	CHECK(ends_as(pair, "relayed"));
	CHECK(json_number_at(pair, "/list/0/direct_s", 0) == 1.0);
	CHECK(json_is_null(json_at(pair, "/list/0/stays_direct_s")));
	workload_reading_done(&reading);
}

/* What comes late because a host waited for a processor has not taken another way. */
TEST(a_way_stays_direct_through_moments_in_which_little_was_sent)
{
	ARENA(arena);
	READ(trial_of(arena, &(struct seen){"[0, 200, 30, 200, 200, 200]",
				     "[0, 200, 200, 200, 30, 200]", STEADY, STEADY, NULL}));

	CHECK(ends_as(pair, "direct"));
	CHECK(json_number_at(pair, "/list/0/direct_s", 0) == 1.0);
	CHECK(json_number_at(pair, "/list/0/stays_direct_s", 0) == 1.0);
	workload_reading_done(&reading);
}

TEST(a_way_is_direct_since_the_last_second_without)
{
	ARENA(arena);
	READ(trial_of(arena, &(struct seen){"[200, 0, 0, 0, 200, 200]",
				     "[200, 0, 0, 200, 200, 200]", STEADY, STEADY, NULL}));

	CHECK(ends_as(pair, "direct"));
	CHECK(json_number_at(pair, "/list/0/direct_s", 0) == 0.5);
	CHECK(json_number_at(pair, "/list/0/stays_direct_s", 0) == 2.5);
	workload_reading_done(&reading);
}

TEST(silence_is_told_apart_by_whether_both_heard_of_a_public_host)
{
	ARENA(arena);
	const struct seen failed = {SILENT, SILENT, NEVER, STEADY, NULL};
	const struct seen alone = {SILENT, SILENT, NEVER, NEVER, NULL};
	READ(arena_printf(arena, "%s, %s", trial_of(arena, &failed), trial_of(arena, &alone)));

	CHECK(reading.cause == CAUSE_SUCCESS && reading.figures[1] == 0);
	CHECK(json_number_at(pair, "/punch_failed", 0) == 1);
	CHECK(json_number_at(pair, "/no_signalling", 0) == 1);
	CHECK(strcmp(reading.headline, "direct 0, relayed 0, no way 2 of 2") == 0);
	workload_reading_done(&reading);
}

/* Of a large mesh, where carol is the only one whom alice and bob watch besides each other. */
static json_t *without_public(struct arena *arena, const char *carols)
{
	const struct seen seen = {SILENT, SILENT, NEVER, carols, NULL};
	json_t *run = json_loads(trial_of(arena, &seen), 0, NULL);
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		if (strcmp(json_string_at(pair, "/from", ""), "server") == 0)
			json_object_set_new(pair, "from", json_string("carol"));
	}
	json_array_append_new(json_object_get(run, "paths"),
		json_pack("{s:s, s:s, s:[[], []]}", "from", "alice", "to", "carol", "packets"));
	return run;
}

TEST(who_watches_no_public_host_has_heard_of_somebody_if_anybody_answered)
{
	ARENA(arena);
	READ("");

	(void)pair;
	workload_reading_done(&reading);
	json_array_append_new(json_object_get(observations, "runs"), without_public(arena, STEADY));
	json_array_append_new(json_object_get(observations, "runs"), without_public(arena, NEVER));
	workload_punch.read_mesh(&c, observations, &reading);
	CHECK(json_number_at(reading.data, "/pairs/0/punch_failed", 0) == 1);
	CHECK(json_number_at(reading.data, "/pairs/0/no_signalling", 0) == 1);
	workload_reading_done(&reading);
}

TEST(routers_that_are_not_the_same_in_every_trial_are_a_doubt)
{
	ARENA(arena);
	const struct seen first = {SILENT, SILENT, NEVER, STEADY, NULL};
	const struct seen second = {SILENT, SILENT, NEVER, STEADY, "address-dependent"};

	{
		READ(arena_printf(
			arena, "%s, %s", trial_of(arena, &first), trial_of(arena, &first)));
		CHECK(pair && !*reading.doubt);
		CHECK(strcmp(json_string_at(reading.data, "/routers/0/host", ""), "alice") == 0);
		workload_reading_done(&reading);
	}
	{
		READ(arena_printf(
			arena, "%s, %s", trial_of(arena, &first), trial_of(arena, &second)));
		CHECK(pair && *reading.doubt);
		workload_reading_done(&reading);
	}
}

TEST(a_trial_whose_daemons_failed_counts_as_such_unless_none_worked)
{
	static const char failed[] =
		"{\"operation\": \"punch\", \"times\": {\"ended_s\": 1}, \"pairs\": [], \"paths\": [],"
		"\"failure\": {\"cause\": \"crashed\", \"evidence\": \"tincd ended\"}}";
	ARENA(arena);

	{
		READ(arena_printf(arena, "%s, %s", failed,
			trial_of(arena, &(struct seen){SILENT, SILENT, STEADY, STEADY, NULL})));
		CHECK(reading.cause == CAUSE_SUCCESS);
		CHECK(json_number_at(pair, "/not_started", 0) == 1);
		CHECK(json_number_at(pair, "/trials", 0) == 2);
		workload_reading_done(&reading);
	}
	{
		READ(failed);
		CHECK(!pair && reading.cause == CAUSE_CRASHED);
		CHECK(strstr(reading.evidence, "tincd ended"));
		workload_reading_done(&reading);
	}
}

static const struct setting_value *width_of(struct arena *arena, const char *percent)
{
	const struct setting *const *settings = workload_punch.settings;

	while (*settings && strcmp((*settings)->name, "punch_width") != 0)
		settings++;
	return setting_put(arena, NULL, *settings, percent);
}

/* Whether punch has seen enough with an interval of at most so many percent. */
static bool has_enough(struct arena *arena, const char *percent, size_t direct, size_t silent)
{
	const struct seen good = {"[0, 200, 200, 200, 200, 200]", "[0, 200, 200, 200, 200, 200]",
		STEADY, STEADY, NULL};
	const struct seen bad = {SILENT, SILENT, NEVER, STEADY, NULL};
	const struct workload_case c = {.seconds = 1, .options = width_of(arena, percent)};
	json_auto_t *observations = NULL;
	const char *runs = "";

	for (size_t i = 0; i < direct + silent; i++)
		runs = arena_printf(arena, "%s%s%s", runs, i ? ", " : "",
			trial_of(arena, i < direct ? &good : &bad));
	observations = observations_of(arena, runs);
	return workload_punch.is_decided(&c, observations);
}

TEST(trials_end_when_the_interval_of_every_pair_is_narrow_enough)
{
	ARENA(arena);

	CHECK(!has_enough(arena, "30", 8, 0) && has_enough(arena, "30", 10, 0)); /* 32, 28 % */
	CHECK(has_enough(arena, "30", 0, 10));
	CHECK(!has_enough(arena, "30", 8, 8) && !has_enough(arena, "30", 0, 0));
	CHECK(!has_enough(arena, "0", 40, 0));
}

TEST(a_pair_that_was_tried_too_rarely_keeps_the_others_waiting)
{
	ARENA(arena);
	const struct seen good = {"[0, 200, 200, 200, 200, 200]", "[0, 200, 200, 200, 200, 200]",
		STEADY, STEADY, NULL};
	const struct workload_case c = {.seconds = 1, .options = width_of(arena, "60")};
	json_auto_t *observations =
		observations_of(arena, arena_printf(arena, "%s, %s, %s", trial_of(arena, &good),
					       trial_of(arena, &good), trial_of(arena, &good)));

	CHECK(workload_punch.is_decided(&c, observations));
	json_array_append_new(json_object_get(mesh_run(observations, "punch", 2), "paths"),
		json_pack("{s:s, s:s, s:[[], []]}", "from", "alice", "to", "carol", "packets"));
	CHECK(!workload_punch.is_decided(&c, observations));
}
