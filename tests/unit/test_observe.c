/* SPDX-License-Identifier: MIT */
/* Checks of features: what they read out of what was heard, and that every row has one or a reason.
 */
#include "feature/feature.h"

#include "base/file.h"
#include "base/json.h"
#include "plan/feature.h"
#include "workload/mesh/mesh.h"

#include "tap.h"

#include <string.h>

static const struct feature_check *named(const char *name)
{
	size_t i = 0;

	while (strcmp(feature_checks[i]->name, name) != 0)
		i++;
	return feature_checks[i];
}

/* An account: marks by number, again, late, altered; and packets of one kind of IPv4. */
static json_t *account(int numbers, int again, int late, int altered, int protocol, int packets)
{
	return json_pack(
		"{s:i, s:{s:i, s:i, s:i, s:i, s:i}, s:[{s:i, s:i, s:i, s:i, s:i, s:i, s:i}],"
		" s:[i]}",
		"packets", packets, "marks", "numbers", numbers, "again", again, "late", late,
		"pieces", 0, "altered", altered, "kinds", "type", 0x800, "protocol", protocol,
		"tos", 0, "packets", packets, "bytes", packets * 488, "most", 1488, "usual", 488,
		"found", 0);
}

static const struct feature_way tunnel = {
	.source = {.ipv4 = "10.1.0.1", .device = "tun", .mtu = 1420},
	.target = {.ipv4 = "10.1.0.2", .device = "tun", .mtu = 1420},
	.third = "10.1.0.3",
	.token = "00112233445566778899aabbccddeeff"};

static struct feature_observation answer_of(
	const char *check, size_t row, json_t *arrived, json_t *outside, int sent)
{
	struct feature_observation answers[FEATURE_MOST_ROWS] = {0};
	json_auto_t *a = arrived, *o = outside,
		    *s = json_pack("{s:i, s:i}", "sent", sent, "refused", 0);

	named(check)->read(&tunnel,
		&(struct feature_heard){
			.arrived = a, .outside = o, .back = a, .sent = s, .seconds = 30},
		answers);
	return answers[row];
}

#define IS(check, row, arrived, outside, sent, text)                                               \
	CHECK(strcmp(answer_of(check, row, arrived, outside, sent).is, text) == 0)

TEST(an_altered_packet_that_arrives_says_no_and_one_that_does_not_yes)
{
	IS("altered", 0, account(500, 0, 0, 3, 17, 500), account(0, 0, 0, 0, 17, 1000), 1000, "no");
	IS("altered", 0, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 17, 1000), 1000,
		"yes");
	IS("altered", 0, account(0, 0, 0, 0, 17, 0), account(0, 0, 0, 0, 17, 1000), 1000, "");
	IS("altered", 0, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 6, 1000), 1000, "");
}

TEST(a_packet_that_arrives_twice_says_no)
{
	IS("replay", 0, account(500, 200, 0, 0, 17, 700), account(0, 0, 0, 0, 17, 500), 500, "no");
	IS("replay", 0, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 17, 500), 500, "yes");
	IS("stale replay", 0, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 6, 500), 500,
		"by transport");
}

/* As many marks as that, one of them so late. */
static json_t *late(int numbers, int furthest, int protocol)
{
	json_t *json = account(numbers, 0, furthest > 0, 0, protocol, 9);

	json_object_set_new(json_object_get(json, "marks"), "furthest", json_integer(furthest));
	return json;
}

TEST(the_window_lies_between_the_furthest_that_passed_and_the_next_that_did_not)
{
	static const struct {
		int numbers, furthest;
		const char *is;
	} list[] = {{15000, 0, "less than 48"}, {15000, 20, "less than 48"},
		{15000, 47, "48 to 96"}, {14990, 768, "768 to 1536"}, {14990, 767, "768 to 1536"},
		{13600, 6140, "6144 to 12288"}, {15000, 12287, "12288 or more"}, {13400, 768, ""}};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		IS("window", 0, late(list[i].numbers, list[i].furthest, 17),
			account(0, 0, 0, 0, 17, 9), 15000, list[i].is);
	IS("window", 0, late(15000, 768, 17), account(0, 0, 0, 0, 6, 9), 15000, "");
}

TEST(each_distance_of_the_window_is_held_by_count_and_far_apart_and_enough_packets_follow)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_trial trial = {0};
	int after, every, before = 12288 * 2;

	named("window")->plan(&tunnel, arena, &trial);
	CHECK(trial.rule_count == 9);
	for (size_t i = 0; i < trial.rule_count; i++) {
		CHECK(sscanf(trial.rules[i], "hold after=%d every=%d most=3 ", &after, &every) ==
			2);
		CHECK(after == before / 2 && every >= 100);
		before = after;
	}
	CHECK(before == 48);
}

/* What a source sent: a list of remotes, and how long it was heard. */
static struct feature_observation silence(json_t *remotes)
{
	return answer_of("silence", 0, account(0, 0, 0, 0, 17, 0),
		json_pack("{s:i, s:o}", "packets", 99, "remotes", remotes), 0);
}

static json_t *remote(const char *to, int udp, int exchanges)
{
	return json_pack(
		"{s:s, s:i, s:i, s:i}", "to", to, "udp", udp, "tcp", 0, "exchanges", exchanges);
}

TEST(silence_is_broken_as_often_as_two_hosts_exchange_something_and_bursts_count_once)
{
	CHECK(strcmp(silence(json_array()).is, "more than 30 s") == 0);
	CHECK(strcmp(silence(json_pack("[o]", remote("10.0.0.2", 9, 1))).is, "15 s or more") == 0);
	CHECK(strcmp(silence(json_pack("[o]", remote("10.0.0.2", 9, 2))).is, "10 s or more") == 0);
	CHECK(strcmp(silence(json_pack("[o,o]", remote("10.0.0.2", 3, 3), remote("10.0.0.3", 9, 2)))
			      .is,
		      "about 10 s") == 0);
}

static bool queues_say(bool is_bare, int queues, const char *is)
{
	struct feature_observation answers[FEATURE_MOST_ROWS] = {0};
	struct feature_way way = tunnel;

	way.is_bare = is_bare;
	way.source.queues = queues;
	named("device")->read(&way, &(struct feature_heard){0}, answers);
	return strcmp(answers[3].is, is) == 0;
}

TEST(a_device_says_how_many_queues_are_open_if_it_is_one_that_a_daemon_opened)
{
	CHECK(queues_say(false, 1, "no") && queues_say(false, 2, "yes"));
	CHECK(queues_say(false, 0, "") && queues_say(true, 2, ""));
}

TEST(content_in_clear_is_a_proof_and_its_absence_is_none)
{
	IS("carrier", 1, account(500, 0, 0, 0, 17, 500), account(1, 0, 0, 0, 17, 500), 500, "no");
	IS("carrier", 1, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 17, 500), 500, "");
	IS("carrier", 2, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 17, 500), 500,
		"32 bytes");
	IS("carrier", 0, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 6, 500), 500, "no");
}

/* Packets outside of so many sizes. */
static json_t *sized(int sizes, int protocol)
{
	json_t *json = account(0, 0, 0, 0, protocol, 512);

	json_object_set_new(
		json_array_get(json_object_get(json, "kinds"), 0), "sizes", json_integer(sizes));
	return json;
}

TEST(padding_leaves_fewer_sizes_outside_than_there_are_inside)
{
	IS("padding", 0, account(512, 0, 0, 0, 17, 512), sized(5, 17), 512, "yes");
	IS("padding", 0, account(512, 0, 0, 0, 17, 512), sized(66, 17), 512, "no");
	IS("padding", 0, account(512, 0, 0, 0, 17, 512), sized(5, 6), 512, "");
	IS("padding", 0, account(0, 0, 0, 0, 17, 0), sized(5, 17), 512, "");
}

TEST(what_is_lost_over_tcp_is_sent_again_and_a_way_that_is_not_found_soon_may_be_later)
{
	IS("loss", 0, account(450, 0, 0, 0, 17, 450), account(0, 0, 0, 0, 17, 500), 500, "no");
	IS("loss", 0, account(500, 0, 0, 0, 17, 500), account(0, 0, 0, 0, 17, 500), 500, "yes");
	IS("loss", 0, account(300, 0, 0, 0, 17, 300), account(0, 0, 0, 0, 6, 500), 500, "yes");
	IS("cut pair", 0, account(0, 0, 0, 0, 17, 0), account(0, 0, 0, 0, 17, 9), 1500, "");
	IS("cut pair", 0, account(9, 0, 0, 0, 17, 9), account(0, 0, 0, 0, 17, 9), 1500, "yes");
}

TEST(what_was_not_sent_decides_nothing)
{
	IS("foreign source", 0, account(0, 0, 0, 0, 17, 0), account(0, 0, 0, 0, 17, 0), 0, "");
	IS("foreign source", 0, account(0, 0, 0, 0, 17, 0), account(0, 0, 0, 0, 17, 0), 200, "yes");
	IS("foreign source", 0, account(7, 0, 0, 0, 17, 7), account(0, 0, 0, 0, 17, 0), 200, "no");
	IS("cut pair", 0, account(0, 0, 0, 0, 17, 0), account(0, 0, 0, 0, 17, 0), 0, "");
}

/* What rekey says of moments at which fields jumped or began again, out and in: "[117, 237]". */
static struct feature_observation rekey_says(size_t row, const char *jumps_out,
	const char *again_out, const char *jumps_in, const char *again_in, const char *habit)
{
	struct feature_observation answers[FEATURE_MOST_ROWS] = {0};
	const char *lists[] = {jumps_out, again_out, jumps_in, again_in};
	json_t *flows = json_array(), *outside = account(0, 0, 0, 0, 17, 6000);
	json_auto_t *owned = outside, *arrived = account(6000, 0, 0, 0, 17, 6000),
		    *sent = json_pack("{s:i}", "sent", 6000);

	for (int i = 0; i < 2 && jumps_out; i++) {
		json_t *flow = json_pack("{s:b, s:b, s:o, s:o}", "out", i == 0, habit, 1, "jumps",
			json_loads(lists[2 * i], 0, NULL), "restarts",
			json_loads(lists[2 * i + 1], 0, NULL));

		json_array_append_new(flows, flow);
	}
	json_object_set_new(
		outside, "headers", json_pack("{s:f, s:o}", "seconds", 300.0, "flows", flows));
	named("rekey")->read(&tunnel,
		&(struct feature_heard){
			.arrived = arrived, .outside = outside, .back = arrived, .sent = sent},
		answers);
	return answers[row];
}

#define REKEY(row, jumps_out, again_out, jumps_in, again_in, text)                                 \
	CHECK(strcmp(rekey_says(row, jumps_out, again_out, jumps_in, again_in, "stays").is,        \
		      text) == 0)

TEST(keys_change_when_headers_change_in_several_places_at_once)
{
	REKEY(0, "[117.2, 237.3]", "[117.2, 237.3]", "[117.9, 238.0]", "[]", "yes");
	REKEY(1, "[117.2, 237.3]", "[117.2, 237.3]", "[117.9, 238.0]", "[]", "120 s");
	REKEY(1, "[]", "[60, 120.4, 180.6, 240]", "[]", "[60, 120, 180, 240]", "60 s");
	REKEY(0, "[200]", "[]", "[200.5]", "[]", "yes");
	REKEY(1, "[200]", "[]", "[200.5]", "[]", "");
	CHECK(strstr(rekey_says(1, "[200]", "[]", "[200.5]", "[]", "stays").because,
		"an interval needs two"));
}

TEST(what_changes_in_one_place_alone_or_not_at_all_leaves_keys_undecided_and_says_why)
{
	REKEY(0, "[100]", "[]", "[]", "[]", "");
	REKEY(0, "[100]", "[]", "[150]", "[]", "");
	CHECK(strstr(rekey_says(0, "[100]", "[]", "[]", "[]", "stays").because, "one place"));
	CHECK(strstr(rekey_says(0, "[]", "[]", "[]", "[]", "counts").because, "no header changed"));
	CHECK(strstr(rekey_says(0, "[]", "[]", "[]", "[]", "is").because, "would not be seen"));
	CHECK(strstr(rekey_says(0, NULL, NULL, NULL, NULL, "is").because, "not UDP"));
}

TEST(rekey_takes_minutes_and_is_made_only_by_its_name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_trial trial = {0};
	struct feature_way way = tunnel;

	CHECK(!observe_is_chosen("all", "rekey") && observe_is_chosen("all,rekey", "rekey"));
	way.window_s = 300;
	named("rekey")->plan(&way, arena, &trial);
	CHECK(trial.lasts_s == 300 && trial.header_bytes == 400);
	CHECK(strcmp(trial.send[1], tunnel.target.ipv4) == 0);
	CHECK(strcmp(trial.answer[1], tunnel.source.ipv4) == 0);
}

/* All packets of the account have marks. */
static void mark_all(json_t *account, int packets)
{
	json_object_set_new(json_array_get(json_object_get(account, "kinds"), 0), "marked",
		json_integer(packets));
}

/* What is said of a stranger: marks that came in and out, packets it sent outside, why it failed.
 */
static struct feature_observation stranger_says(int in, int out, int outside, const char *refusal)
{
	struct feature_observation answer = {0};
	json_auto_t *arrived = account(in, 0, 0, 0, 17, in), *back = account(out, 0, 0, 0, 17, out),
		    *wire = account(0, 0, 0, 0, 17, outside),
		    *sent = json_pack("{s:i}", "sent", 200);

	mark_all(arrived, in);
	mark_all(back, out);
	json_object_set_new(json_array_get(json_object_get(wire, "kinds"), 0), "port",
		outside ? json_integer(51820) : json_null());
	named("stranger")
		->read(&tunnel,
			&(struct feature_heard){.arrived = arrived,
				.back = back,
				.outside = wire,
				.sent = sent,
				.seconds = 20,
				.refusal = refusal},
			&answer);
	return answer;
}

TEST(a_stranger_is_kept_out_only_if_it_tried)
{
	CHECK(strcmp(stranger_says(0, 0, 40, NULL).is, "yes") == 0);
	CHECK(strcmp(stranger_says(0, 0, 40, "no such key").is, "yes") == 0);
	CHECK(strstr(stranger_says(0, 0, 40, "no such key").because, "no such key"));
	CHECK(strcmp(stranger_says(3, 0, 40, NULL).is, "no") == 0);
	CHECK(strcmp(stranger_says(0, 1, 40, NULL).is, "no") == 0);
	CHECK(stranger_says(0, 0, 0, NULL).is[0] == '\0');
	CHECK(strstr(stranger_says(0, 0, 0, "bad file").because, "bad file"));
}

TEST(an_error_of_the_strangers_own_program_that_quotes_a_packet_lets_nobody_in)
{
	struct feature_observation answer = {0};
	json_auto_t *quoted = account(60, 0, 0, 0, 1, 60), *wire = account(0, 0, 0, 0, 6, 12),
		    *sent = json_pack("{s:i}", "sent", 200);

	mark_all(quoted, 60);
	json_object_set_new(
		json_array_get(json_object_get(wire, "kinds"), 0), "port", json_integer(655));
	named("stranger")
		->read(&tunnel,
			&(struct feature_heard){
				.arrived = quoted, .back = quoted, .outside = wire, .sent = sent},
			&answer);
	CHECK(strcmp(answer.is, "yes") == 0);
}

TEST(a_stranger_is_answered_in_both_directions)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_trial trial = {0};
	const struct feature_way nobody = {.is_bare = true, .token = tunnel.token};

	named("stranger")->plan(&tunnel, arena, &trial);
	CHECK(strcmp(trial.send[1], tunnel.target.ipv4) == 0);
	CHECK(strcmp(trial.answer[1], tunnel.source.ipv4) == 0 && !trial.pointless);
	named("stranger")->plan(&nobody, arena, &trial);
	CHECK(trial.pointless);
}

TEST(a_check_whose_control_fails_is_not_believed)
{
	const struct feature_check *check = named("replay");
	const struct feature_observation wrong = {"yes", "so it was"}, right = {"no", "as known"},
					 none = {"", "no marker"};
	json_auto_t *good = feature_observation_json(check, 0, &right, &wrong);
	json_auto_t *bad = feature_observation_json(check, 0, &wrong, &right);
	json_auto_t *lost = feature_observation_json(check, 0, &none, &right);

	CHECK(strcmp(json_string_at(good, "/is", ""), "yes") == 0);
	CHECK(json_is_null(json_object_get(bad, "is")));
	CHECK(strstr(json_string_at(bad, "/not_decided", ""), "another answer than is known"));
	CHECK(json_is_null(json_object_get(lost, "is")));
	CHECK(strstr(json_string_at(lost, "/not_decided", ""), "was not decided"));
}

TEST(a_list_chooses_checks_by_name_and_every_check_can_be_named)
{
	size_t i = 0;

	for (; feature_checks[i]; i++)
		CHECK(observe_names[i] && strcmp(observe_names[i], feature_checks[i]->name) == 0);
	CHECK(!observe_names[i]);
	CHECK(observe_is_chosen("all", "replay"));
	CHECK(observe_is_chosen("loss,stale-replay", "stale replay"));
	CHECK(observe_is_chosen("loss,stale-replay", "loss"));
	CHECK(!observe_is_chosen("loss,stale-replay", "replay"));
	CHECK(!observe_is_chosen("", "replay"));
}

TEST(a_list_with_a_name_that_no_check_has_is_refused)
{
	const struct setting *setting = workload_observe.settings[0];
	struct error err = {0};

	CHECK(setting_check(setting, "all", &err) == 0);
	CHECK(setting_check(setting, "loss,cut-pair", &err) == 0);
	CHECK(setting_check(setting, "loss,cutpair", &err) != 0);
	CHECK(strstr(err.text, "'cutpair' is not a check"));
	CHECK(setting_check(setting, "loss,", &err) != 0);
	CHECK(setting_check(setting, "", &err) != 0);
}

static bool has_check(const char *row)
{
	for (size_t i = 0; feature_checks[i]; i++)
		for (size_t k = 0; feature_checks[i]->rows[k]; k++)
			if (strcmp(feature_checks[i]->rows[k], row) == 0)
				return true;
	return false;
}

static bool has_gap(const char *row)
{
	for (size_t i = 0; i < feature_gap_count; i++)
		if (strcmp(feature_gaps[i].row, row) == 0)
			return true;
	return false;
}

TEST(every_row_that_can_be_observed_has_a_check_or_a_reason_and_not_both)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	struct feature_rows rows;
	struct error err = {0};

	CHECK_OK(feature_rows_load(
			 arena, arena_printf(arena, "%s/features/rows.yml", root), &rows, &err),
		err);
	for (size_t i = 0; i < rows.count; i++) {
		const char *id = rows.list[i].id;
		bool is_read = rows.list[i].by == FEATURE_READ;

		if (has_check(id) + has_gap(id) != (is_read ? has_check(id) : 1))
			printf("# %s\n", id);
		CHECK(has_check(id) + has_gap(id) == (is_read ? has_check(id) : 1));
	}
}

/* Whether the report fills the row: its name stands in what answers rows from workloads. */
static bool is_filled(struct arena *arena, const char *row)
{
	static const char *const files[] = {"link", "load", "mesh", "path", "ways"};
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	const char *quoted = arena_printf(arena, "\"%s\"", row);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct error err = {0};
		char *text;
		size_t size;

		if (file_read(arena,
			    arena_printf(arena, "%s/src/report/model/%s_answers.c", root, files[i]),
			    1 << 20, &text, &size, &err) == 0 &&
			strstr(text, quoted))
			return true;
	}
	return false;
}

TEST(a_reason_that_says_that_a_workload_measures_a_row_is_true)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count = 0;

	for (size_t i = 0; i < feature_gap_count; i++) {
		if (!strstr(feature_gaps[i].reason, "measures it"))
			continue;
		count++;
		if (!is_filled(arena, feature_gaps[i].row))
			printf("# %s\n", feature_gaps[i].row);
		CHECK(is_filled(arena, feature_gaps[i].row));
	}
	CHECK(count > 5);
}
