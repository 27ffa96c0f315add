/* SPDX-License-Identifier: MIT */
#include "netem/netem.h"

#include "base/arena.h"
#include "base/text.h"

#include "tap.h"

#include <math.h>
#include <string.h>

#define MS INT64_C(1000000)

static int parse(const char *text, struct netem_params *ret, size_t *ret_word, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count;
	const char **words = text_words(arena, text, &count);

	return netem_parse_words(words, count, ret, ret_word, err);
}

#define PARSE(text)                                                                                \
	struct netem_params params;                                                                \
	struct error err = {0};                                                                    \
	size_t word;                                                                               \
	CHECK_OK(parse(text, &params, &word, &err), err)

TEST(reads_the_published_profile_medium)
{
	PARSE("delay 4ms 7ms loss 1.0% reorder 2.5% 50.0%");
	CHECK(params.model == NETEM_KERNEL && params.delay_ns == 4 * MS &&
		params.jitter_ns == 7 * MS);
	CHECK(params.loss.kind == NETEM_LOSS_RANDOM && params.loss.random.probability == 0.01);
	CHECK(params.reorder.probability == 0.025 && params.reorder.correlation == 0.5);
	CHECK(params.gap == 1 && params.limit_packets == 0);
}

TEST(reads_loss_models_with_the_defaults_of_tc)
{
	struct netem_params states;
	PARSE("loss gemodel 1% 25%");

	CHECK(params.loss.to_bad == 0.01 && params.loss.to_good == 0.25);
	CHECK(params.loss.in_bad == 1 && params.loss.in_good == 0);
	CHECK_OK(parse("loss state 2%", &states, &word, &err), err);
	CHECK(states.loss.p13 == 0.02 && states.loss.p31 == 0.98 && states.loss.p32 == 0);
	CHECK(states.loss.p23 == 1 && states.loss.p14 == 0);
}

TEST(reads_rate_cells_slot_and_bare_microseconds)
{
	PARSE("delay 1500 rate 5mbit 20 48 5 slot 1ms 2ms packets 3 limit 77 seed 9");
	CHECK(params.delay_ns == 1500000 && params.rate_bps == 5e6 && params.overhead_bytes == 20);
	CHECK(params.cell_bytes == 48 && params.cell_overhead_bytes == 5);
	CHECK(params.slot.min_ns == MS && params.slot.max_ns == 2 * MS && params.slot.packets == 3);
	CHECK(params.limit_packets == 77 && params.seed == 9);
}

TEST(drops_a_lone_correlation_of_duplicates_as_tc_does)
{
	struct netem_params other;
	PARSE("duplicate 1% 25%");

	CHECK(params.duplicate.correlation == 0);
	CHECK_OK(parse("duplicate 1% 25% loss 1% 10%", &other, &word, &err), err);
	CHECK(other.duplicate.correlation == 0.25);
}

TEST(names_the_word_that_is_wrong)
{
	static const struct {
		const char *text;
		size_t word;
		const char *says;
	} cases[] = {{"delay", 1, "missing after 'delay'"}, {"delay 4mss", 1, "not a time"},
		{"loss 101%", 1, "percentage"}, {"delay 4ms los 1%", 2, "not a word of netem"},
		{"loss 1%% ", 1, "percentage"}, {"distribution experimental", 1, "distribution"},
		{"limit 0", 1, "whole number"}, {"rate fast", 1, "rate"},
		{"delay -4ms", 1, "time"}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netem_params params = {.delay_ns = 77};
		struct error err = {0};
		size_t word = 99;

		CHECK(parse(cases[i].text, &params, &word, &err) == -1);
		CHECK(err.kind == ERROR_USAGE && word == cases[i].word);
		CHECK(strstr(err.text, cases[i].says));
		CHECK(params.delay_ns == 77);
	}
}

/* The first finding about a set, or an empty one. */
static struct netem_finding first(const struct netem_params *params)
{
	struct netem_finding finding = {.field = "", .text = ""};

	netem_check(params, &finding, 1);
	return finding;
}

TEST(refuses_what_contradicts_itself_and_names_the_field)
{
	static const struct {
		struct netem_params params;
		const char *field;
	} cases[] = {
		{{.model = NETEM_CALIBRATED, .delay_ns = MS, .jitter_ns = 2 * MS}, "jitter_ns"},
		{{.model = NETEM_NONE, .delay_ns = MS}, "model"},
		{{.model = NETEM_CALIBRATED, .delay_ns = -1}, "delay_ns"},
		{{.model = NETEM_CALIBRATED, .duplicate = {1.5, 0}}, "duplicate"},
		{{.model = NETEM_CALIBRATED, .corrupt = {NAN, 0}}, "corrupt"},
		{{.model = NETEM_CALIBRATED, .rate_bps = 1e6, .buffer_bytes = 1000},
			"buffer_bytes"},
		{{.model = NETEM_CALIBRATED, .rate_bps = 1}, "rate_bps"},
		{{.model = NETEM_CALIBRATED, .reorder = {0.1, 0}}, "reorder_packets"},
		{{.model = NETEM_CALIBRATED, .slot = {.max_ns = 5}}, "slot"},
		{{.model = NETEM_CALIBRATED,
			 .loss = {.kind = NETEM_LOSS_STATES, .p13 = 0.7, .p14 = 0.6, .p31 = 1}},
			"loss.p14"},
		{{.model = NETEM_KERNEL, .reorder = {0.1, 0}, .gap = 1}, "reorder"},
		{{.model = NETEM_KERNEL, .delay_ns = 1, .gap = 5}, "gap"},
		{{.model = NETEM_KERNEL, .delay_ns = 1, .shape = NETEM_NORMAL}, "shape"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netem_finding finding = first(&cases[i].params);

		if (!finding.is_error || strcmp(finding.field, cases[i].field) != 0)
			printf("# case %zu: %s: %s\n", i, finding.field, finding.text);
		CHECK(finding.is_error && strcmp(finding.field, cases[i].field) == 0);
	}
}

TEST(warns_of_what_surprises_with_the_effective_value)
{
	struct netem_finding loss = first(&(struct netem_params){.model = NETEM_KERNEL,
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.01, 0.25}}});
	struct netem_finding jitter = first(&(struct netem_params){.model = NETEM_KERNEL,
		.delay_ns = 4 * MS,
		.jitter_ns = 7 * MS,
		.limit_packets = 100000});
	struct netem_finding limit =
		first(&(struct netem_params){.model = NETEM_KERNEL, .delay_ns = 50 * MS});

	CHECK(!loss.is_error && strstr(loss.text, "effectively 0.00024 %"));
	CHECK(!jitter.is_error && strstr(jitter.text, "the mean is 4.32 ms"));
	CHECK(!limit.is_error && strstr(limit.text, "overflow above 242 Mbit/s"));
}

TEST(is_silent_about_plain_parameters)
{
	struct netem_params params = {.model = NETEM_CALIBRATED,
		.delay_ns = 20 * MS,
		.jitter_ns = MS,
		.rate_bps = 50e6,
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.01, 0.25}}};

	CHECK(netem_check(&params, NULL, 0) == 0);
	CHECK(netem_buffer_bytes(&params) == 625000);
}
