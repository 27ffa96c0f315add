/* SPDX-License-Identifier: MIT */
#include "programs/rate/search.h"
#include "programs/rate/talk.h"

#include "base/attribute.h"

#include "tap.h"

#include <string.h>

static const struct rate_rules rules = {.first_packets_per_s = 2000,
	.growth = 4,
	.resolution = 0.05,
	.bound_percent = 0.5,
	.most_trials = 24};

/* A path that carries so much, a sender that can so much, and what is lost of all. */
struct path {
	double carries, sends;
	unsigned lost_in_1000;
	double queue;      /* packets that wait instead of being lost */
	unsigned stumbles; /* trial number that goes wrong, counted from 1 */
	unsigned trials;
	double is_clogged_above; /* then nothing arrives; 0: never */
};

static struct rate_trial try_path(struct path *path, double wanted)
{
	struct rate_trial trial = {.wanted_packets_per_s = wanted, .seconds = 1};
	double sent = wanted < path->sends ? wanted : path->sends;
	double arrived = sent < path->carries ? sent : path->carries;

	if (++path->trials == path->stumbles)
		arrived *= 0.5;
	if (arrived < sent && sent - arrived <= path->queue) {
		trial.receiving_s = sent / path->carries;
		arrived = sent;
	}
	trial.sent = (uint64_t)sent;
	if (path->is_clogged_above > 0 && sent > path->is_clogged_above)
		arrived = 0;
	trial.received = (uint64_t)(arrived * (1000 - path->lost_in_1000) / 1000);
	return trial;
}

static struct rate_search search(struct path *path)
{
	struct rate_search search = rate_search_new(&rules);
	double wanted;

	while (rate_search_next(&search, &wanted)) {
		struct rate_trial trial = try_path(path, wanted);

		rate_search_take(&search, &trial);
	}
	return search;
}

static bool is_near(const struct rate_search *search, double rate)
{
	double found = (double)search->best.sent;

	return found <= rate * 1.006 && found >= rate / 1.06;
}

TEST(the_search_finds_what_a_path_carries)
{
	static const double rates[] = {2500, 30000, 31999, 33000, 500000, 1234567};

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		struct path path = {.carries = rates[i], .sends = 1e9};
		struct rate_search found = search(&path);

		CHECK(found.limit == RATE_BY_LOSS);
		CHECK(is_near(&found, rates[i]));
		CHECK(found.count < 20);
	}
}

TEST(loss_that_a_path_always_has_is_not_held_against_a_rate)
{
	struct path path = {.carries = 50000, .sends = 1e9, .lost_in_1000 = 20};
	struct rate_search found = search(&path);

	CHECK(is_near(&found, 50000));
	CHECK(found.bound_percent > 2.5 && found.bound_percent < 4);
}

TEST(one_bad_trial_does_not_end_the_climb)
{
	for (unsigned i = 2; i < 12; i++) {
		struct path path = {.carries = 100000, .sends = 1e9, .stumbles = i};
		struct rate_search found = search(&path);

		CHECK(is_near(&found, 100000));
	}
}

TEST(what_only_fills_a_queue_is_no_rate)
{
	struct path path = {.carries = 100000, .sends = 1e9, .queue = 50000};
	struct rate_search found = search(&path);

	CHECK(found.limit == RATE_BY_LOSS);
	CHECK(found.best.sent > 94000 && found.best.sent < 108000);
	CHECK(rate_packets_per_s(&found.best) <= 100001);
}

TEST(a_sender_that_can_do_no_more_is_named)
{
	struct path path = {.carries = 1e9, .sends = 70000};
	struct rate_search found = search(&path);

	CHECK(found.limit == RATE_BY_SENDER && found.best.sent == 70000);
}

TEST(a_path_that_takes_less_than_the_first_rate_is_searched_all_the_same)
{
	struct path path = {.carries = 100, .sends = 1e9, .is_clogged_above = 300};
	struct rate_search found = search(&path);

	CHECK(found.has_begun && found.best.received > 0 && found.best.sent < 300);
}

TEST(nothing_that_arrives_ends_the_search_at_once)
{
	struct path path = {.carries = 0, .sends = 1e9};
	struct rate_search found = search(&path);

	CHECK(found.count <= 3 && found.best.received == 0 && !found.best.has_passed);
}

TEST(a_search_without_an_end_ends_by_its_trials)
{
	struct rate_search endless = rate_search_new(&rules);
	double wanted;
	size_t count = 0;

	while (rate_search_next(&endless, &wanted)) {
		struct rate_trial trial = {.wanted_packets_per_s = wanted,
			.seconds = 1,
			.sent = (uint64_t)(wanted > 1e15 ? 1e15 : wanted)};

		trial.received = trial.sent;
		rate_search_take(&endless, &trial);
		CHECK(++count <= rules.most_trials);
	}
	CHECK(endless.limit == RATE_BY_SENDER || endless.limit == RATE_BY_TRIALS);
}

TEST(what_is_said_is_understood)
{
	const struct rate_message said = {
		.word = RATE_COUNTED, .trial = 7, .numbers = {1000, 3, UINT32_MAX, 199000, 77}};
	struct rate_message heard;
	char line[RATE_LINE_BYTES];
	struct error err;
	size_t size = rate_message_write(&said, line);

	CHECK(line[size - 1] == '\n');
	line[size - 1] = '\0';
	CHECK(strcmp(line, "counted 7 1000 3 4294967295 199000 77") == 0);
	CHECK_OK(rate_message_read(line, &heard, &err), err);
	CHECK(heard.word == RATE_COUNTED && heard.trial == 7 && heard.numbers[2] == UINT32_MAX);
}

TEST(what_is_no_message_is_refused)
{
	static const char *const lines[] = {"", "begin", "begin x", "begin 1 2", "end 1",
		"end 1 -5", "counted 1 2 3 4 5", "counted 1 2 3 4 5 6 7", "stop 1",
		"begin 99999999999999999999"};
	struct rate_message heard;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		CHECK(rate_message_read(lines[i], &heard, &err) == -1);
}

TEST(datagrams_are_counted_once_and_those_of_other_trials_not_at_all)
{
	AUTO(rate_tally_done) struct rate_tally tally = {0};
	static const uint32_t order[] = {0, 1, 1, 5, 63, 64, 64, 99, 100, 4000000000U};
	struct rate_head head;

	rate_tally_init(&tally, 100);
	rate_tally_begin(&tally, 3);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		head = rate_head_of(3, order[i]);
		rate_tally_add(&tally, &head, 1000 + (int64_t)i);
	}
	head = rate_head_of(2, 7);
	rate_tally_add(&tally, &head, 5000);
	CHECK(tally.came.received == 6 && tally.came.duplicates == 2);
	CHECK(tally.came.first_ns == 1000 && tally.came.last_ns == 1007);
	rate_tally_begin(&tally, 4);
	head = rate_head_of(4, 5);
	rate_tally_add(&tally, &head, 5000);
	CHECK(tally.came.received == 1 && tally.came.duplicates == 0);
}

TEST(the_network_card_is_the_device_that_got_most)
{
	static const char before[] =
		"Inter-|   Receive                                                |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
		"    lo:  900000     10    0    0    0     0          0         0   900000\n"
		"  wire:    1000     10    0    0    0     0          0         0     1000\n"
		"   wg0:       0      0    0    0    0     0          0         0        0\n";
	static const char after[] =
		"Inter-|   Receive                                                |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
		"    lo: 9900000     10    0    0    0     0          0         0  9900000\n"
		"  wire:    6000     10    0    0    0     0          0         0     1000\n"
		"   wg0:    4000      0    0    0    0     0          0         0        0\n";
	uint64_t first[RATE_CARDS], second[RATE_CARDS];

	CHECK(rate_cards_read(before, first) == 3 && rate_cards_read(after, second) == 3);
	CHECK(first[1] == 1000 && rate_cards_most(first, second, 3) == 5000);
	CHECK(rate_cards_read("no such file", first) == 0 &&
		rate_cards_most(first, second, 0) == 0);
}

TEST(slow_and_lossy_trials_in_turn_come_to_an_end)
{
	struct rate_search mixed = rate_search_new(&rules);
	double wanted;

	for (size_t i = 0; rate_search_next(&mixed, &wanted); i++) {
		struct rate_trial trial = {.wanted_packets_per_s = wanted,
			.seconds = 1,
			.sent = (uint64_t)(i ? wanted / 2 : wanted)};

		trial.received = i % 2 ? trial.sent / 2 : trial.sent;
		rate_search_take(&mixed, &trial);
		CHECK(i < 12);
	}
}

TEST(only_datagrams_of_ours_are_of_a_trial)
{
	const struct rate_head head = rate_head_of(3, 9);
	struct rate_head found;
	uint8_t noise[sizeof(head)] = "something else";

	CHECK(rate_head_read(&head, sizeof(head), &found) && found.number == 9);
	CHECK(!rate_head_read(&head, sizeof(head) - 1, &found));
	CHECK(!rate_head_read(noise, sizeof(noise), &found));
}
