/* SPDX-License-Identifier: MIT */
/* The words of `tc qdisc ... netem`, read as tc reads them. */
#include "netem/internal.h"

#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct words {
	const char *const *list;
	size_t count, at;
	struct netem_params *params;
	bool has_delay_correlation;
	struct error *err;
};

static const char *peek(const struct words *words)
{
	return words->at < words->count ? words->list[words->at] : NULL;
}

static int expected(const struct words *words, const char *what)
{
	const char *word = peek(words);

	if (!word)
		return fail(words->err, ERROR_USAGE, "%s is missing after '%s'", what,
			words->at > 0 ? words->list[words->at - 1] : "netem");
	return fail(words->err, ERROR_USAGE, "'%s' is not %s", word, what);
}

/* Words that begin like a number are values; all others are the next keyword. */
static bool has_value(const struct words *words)
{
	const char *word = peek(words);

	return word && (strchr("0123456789.", word[0]) != NULL);
}

/* tc reads 2.5 and 2.5% alike: both are percent. */
static int take_percent(struct words *words, double *ret_fraction)
{
	const char *word = peek(words);
	char *rest;
	double value;

	if (!has_value(words))
		return expected(words, "a percentage");
	value = strtod(word, &rest);
	if ((*rest != '\0' && strcmp(rest, "%") != 0) || !(value >= 0 && value <= 100))
		return expected(words, "a percentage between 0% and 100%");
	*ret_fraction = value / 100;
	words->at++;
	return 0;
}

/* A bare number is microseconds, as in tc. */
static int take_time(struct words *words, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"", 1e3}, {"s", 1e9}, {"sec", 1e9}, {"secs", 1e9}, {"ms", 1e6}, {"msec", 1e6},
		{"msecs", 1e6}, {"us", 1e3}, {"usec", 1e3}, {"usecs", 1e3}, {"ns", 1}, {"nsec", 1},
		{"nsecs", 1}};
	const char *word = peek(words);
	char *rest;
	double value;

	if (!has_value(words))
		return expected(words, "a time such as 10ms");
	value = strtod(word, &rest);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(rest, units[i].name) != 0 || value * units[i].ns > 3.6e12)
			continue;
		*ret_ns = llrint(value * units[i].ns);
		words->at++;
		return 0;
	}
	return expected(words, "a time such as 10ms");
}

static int take_integer(struct words *words, int64_t low, int64_t high, int64_t *ret)
{
	struct error ignored;

	if (!peek(words) || text_integer(peek(words), low, high, ret, &ignored))
		return expected(words, "a whole number in its range");
	words->at++;
	return 0;
}

static int read_chance(struct words *words, struct netem_chance *chance)
{
	chance->correlation = 0;
	if (take_percent(words, &chance->probability))
		return -1;
	return has_value(words) ? take_percent(words, &chance->correlation) : 0;
}

static int read_delay(struct words *words)
{
	struct netem_params *params = words->params;

	if (take_time(words, &params->delay_ns))
		return -1;
	if (!has_value(words))
		return 0;
	if (take_time(words, &params->jitter_ns))
		return -1;
	if (!has_value(words))
		return 0;
	words->has_delay_correlation = true;
	return take_percent(words, &params->delay_correlation);
}

static int read_distribution(struct words *words)
{
	static const struct {
		const char *name;
		enum netem_shape shape;
	} shapes[] = {{"uniform", NETEM_UNIFORM}, {"normal", NETEM_NORMAL},
		{"pareto", NETEM_PARETO}, {"paretonormal", NETEM_PARETONORMAL}};
	const char *word = peek(words);

	for (size_t i = 0; word && i < ARRAY_SIZE(shapes); i++) {
		if (strcmp(word, shapes[i].name) == 0) {
			words->params->shape = shapes[i].shape;
			words->at++;
			return 0;
		}
	}
	return expected(words, "a distribution we can make: uniform, normal, pareto, paretonormal");
}

/* Up to `count` percentages; those that are not given keep what is there. */
static int take_percents(struct words *words, double *const values[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && !has_value(words))
			break;
		if (take_percent(words, values[i]))
			return -1;
	}
	return 0;
}

static int read_states(struct words *words)
{
	struct netem_loss *loss = &words->params->loss;
	double p31 = -1;
	double *const values[] = {&loss->p13, &p31, &loss->p32, &loss->p23, &loss->p14};

	*loss = (struct netem_loss){.kind = NETEM_LOSS_STATES, .p23 = 1};
	if (take_percents(words, values, ARRAY_SIZE(values)))
		return -1;
	loss->p31 = p31 < 0 ? 1 - loss->p13 : p31;
	return 0;
}

static int read_elliott(struct words *words)
{
	struct netem_loss *loss = &words->params->loss;
	double to_good = -1;
	double *const values[] = {&loss->to_bad, &to_good, &loss->in_bad, &loss->in_good};

	*loss = (struct netem_loss){.kind = NETEM_LOSS_ELLIOTT, .in_bad = 1};
	if (take_percents(words, values, ARRAY_SIZE(values)))
		return -1;
	loss->to_good = to_good < 0 ? 1 - loss->to_bad : to_good;
	return 0;
}

static int read_loss(struct words *words)
{
	const char *word = peek(words);

	if (word && strcmp(word, "state") == 0) {
		words->at++;
		return read_states(words);
	}
	if (word && strcmp(word, "gemodel") == 0) {
		words->at++;
		return read_elliott(words);
	}
	if (word && strcmp(word, "random") == 0)
		words->at++;
	words->params->loss = (struct netem_loss){.kind = NETEM_LOSS_RANDOM};
	return read_chance(words, &words->params->loss.random);
}

static int read_duplicate(struct words *words)
{
	return read_chance(words, &words->params->duplicate);
}

static int read_corrupt(struct words *words)
{
	return read_chance(words, &words->params->corrupt);
}

static int read_reorder(struct words *words)
{
	return read_chance(words, &words->params->reorder);
}

static int read_limit(struct words *words)
{
	int64_t value = 0;

	if (take_integer(words, 1, UINT32_MAX, &value))
		return -1;
	words->params->limit_packets = (uint32_t)value;
	return 0;
}

static int read_gap(struct words *words)
{
	int64_t value = 0;

	if (take_integer(words, 0, UINT32_MAX, &value))
		return -1;
	words->params->gap = (uint32_t)value;
	return 0;
}

static int read_seed(struct words *words)
{
	int64_t value = 0;

	if (take_integer(words, 1, INT64_MAX, &value))
		return -1;
	words->params->seed = (uint64_t)value;
	return 0;
}

static bool has_integer(const struct words *words)
{
	const char *word = peek(words);

	return word && strspn(word, "-0123456789") == strlen(word);
}

static int read_rate(struct words *words)
{
	struct netem_params *params = words->params;
	struct error ignored;
	int64_t lengths[3] = {0};

	if (!peek(words) || text_rate_bps(peek(words), &params->rate_bps, &ignored))
		return expected(words, "a rate in bits per second such as 10mbit");
	words->at++;
	for (size_t i = 0; i < 3 && has_integer(words); i++) {
		if (take_integer(words, i == 1 ? 0 : -65535, 65535, &lengths[i]))
			return -1;
	}
	params->overhead_bytes = (int32_t)lengths[0];
	params->cell_bytes = (uint32_t)lengths[1];
	params->cell_overhead_bytes = (int32_t)lengths[2];
	return 0;
}

static int read_slot(struct words *words)
{
	struct netem_slot *slot = &words->params->slot;
	int64_t value = 0;

	if (take_time(words, &slot->min_ns))
		return -1;
	slot->max_ns = slot->min_ns;
	if (has_value(words) && take_time(words, &slot->max_ns))
		return -1;
	while (peek(words) &&
		(strcmp(peek(words), "packets") == 0 || strcmp(peek(words), "bytes") == 0)) {
		bool is_packets = peek(words)[0] == 'p';

		words->at++;
		if (take_integer(words, 0, INT32_MAX, &value))
			return -1;
		*(is_packets ? &slot->packets : &slot->bytes) = (uint32_t)value;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct words *words);
} keywords[] = {{"delay", read_delay}, {"latency", read_delay}, {"distribution", read_distribution},
	{"loss", read_loss}, {"drop", read_loss}, {"duplicate", read_duplicate},
	{"corrupt", read_corrupt}, {"reorder", read_reorder}, {"limit", read_limit},
	{"gap", read_gap}, {"seed", read_seed}, {"rate", read_rate}, {"slot", read_slot}};

static int read_keyword(struct words *words)
{
	const char *word = peek(words);

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (strcmp(word, keywords[i].name) == 0) {
			words->at++;
			return keywords[i].read(words);
		}
	}
	return expected(
		words, "a word of netem (delay loss duplicate corrupt reorder gap rate limit ...)");
}

/* What tc itself changes before the kernel sees it. */
static void finish_as_tc(const struct words *words)
{
	struct netem_params *params = words->params;
	bool has_others = words->has_delay_correlation || params->loss.random.correlation > 0 ||
			  params->reorder.correlation > 0 || params->corrupt.correlation > 0;

	if (params->reorder.probability > 0 && params->gap == 0)
		params->gap = 1;
	/* tc forgets to announce a correlation of duplicates that stands alone. */
	if (!has_others)
		params->duplicate.correlation = 0;
}

int netem_parse_words(const char *const list[], size_t count, struct netem_params *ret_params,
	size_t *ret_word, struct error *err)
{
	struct netem_params params = {.model = NETEM_KERNEL};
	struct words words = {.list = list, .count = count, .params = &params, .err = err};

	while (words.at < count) {
		if (read_keyword(&words)) {
			*ret_word = words.at;
			return -1;
		}
	}
	finish_as_tc(&words);
	*ret_params = params;
	return 0;
}
