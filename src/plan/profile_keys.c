/* SPDX-License-Identifier: MIT */
/* The table of all keys of a profile, and how each kind of value reads. */
#include "plan/profile_keys.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const models[] = {
	[NETEM_NONE] = "none", [NETEM_KERNEL] = "netem", [NETEM_CALIBRATED] = "calibrated", NULL};
static const char *const units[] = {
	[NETEM_UNIT_PACKET] = "packet", [NETEM_UNIT_SUPERPACKET] = "superpacket", NULL};
static const char *const shapes[] = {[NETEM_UNIFORM] = "uniform",
	[NETEM_NORMAL] = "normal",
	[NETEM_PARETO] = "pareto",
	[NETEM_PARETONORMAL] = "paretonormal",
	NULL};
static const char *const jitters[] = {[NETEM_JITTER_FIFO] = "fifo",
	[NETEM_JITTER_WANDER] = "wander",
	[NETEM_JITTER_INDEPENDENT] = "independent",
	NULL};
static const char *const displacements[] = {[NETEM_LATE_PACKETS] = "late_packets",
	[NETEM_EARLY_PACKETS] = "early_packets",
	[NETEM_LATE_TIME] = "late_time",
	[NETEM_EARLY_TIME] = "early_time",
	NULL};

#define AT(member) offsetof(struct profile, member)
#define OURS(key, member, how)                                                                     \
	{                                                                                          \
		.name = (key), .offset = AT(member), .kind = (how)                                 \
	}
#define NEEDED(key, member, how)                                                                   \
	{                                                                                          \
		.name = (key), .offset = AT(member), .kind = (how), .is_required = true            \
	}
/* The field's name is that of the member, except for chances, which are checked as a pair. */
#define PARAM(key, member, how)                                                                    \
	{                                                                                          \
		.name = (key), .field = #member, .offset = AT(impairment.member), .kind = (how)    \
	}
#define COUNT(key, member, least)                                                                  \
	{                                                                                          \
		.name = (key), .field = #member, .offset = AT(impairment.member),                  \
		.kind = KEY_COUNT, .low = (least)                                                  \
	}
#define WORD(key, member, list)                                                                    \
	{                                                                                          \
		.name = (key), .field = #member, .offset = AT(impairment.member),                  \
		.kind = KEY_WORD, .words = (list)                                                  \
	}
#define CHANCE(key, chance, part)                                                                  \
	{                                                                                          \
		.name = (key), .field = #chance, .offset = AT(impairment.chance.part),             \
		.kind = KEY_PERCENT                                                                \
	}
#define LOSS(key, member, how, model)                                                              \
	{                                                                                          \
		.name = (key), .field = "loss." #member, .offset = AT(impairment.loss.member),     \
		.kind = (how), .loss = (model)                                                     \
	}
#define RANDOM(key, part)                                                                          \
	{                                                                                          \
		.name = (key), .field = "loss.random", .offset = AT(impairment.loss.random.part),  \
		.kind = KEY_PERCENT, .loss = NETEM_LOSS_RANDOM                                     \
	}

const struct profile_key profile_keys[PROFILE_KEYS] = {
	NEEDED("name", name, KEY_NAME),
	NEEDED("folder", folder, KEY_NAME),
	NEEDED("title", title, KEY_TEXT),
	OURS("source", source, KEY_TEXT),
	{.name = "model",
		.field = "model",
		.offset = AT(impairment.model),
		.kind = KEY_WORD,
		.is_required = true,
		.words = models},
	OURS("line_rate", line_rate_bps, KEY_RATE),
	OURS("line_buffer", line_buffer_bytes, KEY_BYTES),
	OURS("merge", merge_ns, KEY_DURATION),
	OURS("netem", impairment, KEY_NETEM),
	WORD("unit", unit, units),
	PARAM("seed", seed, KEY_SEED),
	PARAM("delay", delay_ns, KEY_DURATION),
	PARAM("jitter", jitter_ns, KEY_DURATION),
	PARAM("delay_correlation", delay_correlation, KEY_PERCENT),
	WORD("distribution", shape, shapes),
	WORD("jitter_kind", jitter, jitters),
	PARAM("wander", wander_ns, KEY_DURATION),
	RANDOM("loss", probability),
	RANDOM("loss_correlation", correlation),
	LOSS("loss_p13", p13, KEY_PERCENT, NETEM_LOSS_STATES),
	LOSS("loss_p31", p31, KEY_PERCENT, NETEM_LOSS_STATES),
	LOSS("loss_p32", p32, KEY_PERCENT, NETEM_LOSS_STATES),
	LOSS("loss_p23", p23, KEY_PERCENT, NETEM_LOSS_STATES),
	LOSS("loss_p14", p14, KEY_PERCENT, NETEM_LOSS_STATES),
	LOSS("loss_to_bad", to_bad, KEY_PERCENT, NETEM_LOSS_ELLIOTT),
	LOSS("loss_to_good", to_good, KEY_PERCENT, NETEM_LOSS_ELLIOTT),
	LOSS("outage_every", good_ns, KEY_DURATION, NETEM_LOSS_OUTAGES),
	LOSS("outage_lasts", bad_ns, KEY_DURATION, NETEM_LOSS_OUTAGES),
	LOSS("loss_in_bad", in_bad, KEY_PERCENT, NETEM_LOSS_NONE),
	LOSS("loss_in_good", in_good, KEY_PERCENT, NETEM_LOSS_NONE),
	CHANCE("duplicate", duplicate, probability),
	CHANCE("duplicate_correlation", duplicate, correlation),
	CHANCE("corrupt", corrupt, probability),
	CHANCE("corrupt_correlation", corrupt, correlation),
	CHANCE("reorder", reorder, probability),
	CHANCE("reorder_correlation", reorder, correlation),
	COUNT("gap", gap, 0),
	WORD("displacement", displacement, displacements),
	COUNT("reorder_packets", reorder_packets, 1),
	PARAM("reorder_time", reorder_ns, KEY_DURATION),
	PARAM("bottleneck_rate", rate_bps, KEY_RATE),
	PARAM("bottleneck_buffer", buffer_bytes, KEY_BYTES),
	COUNT("limit", limit_packets, 1),
	PARAM("overhead", overhead_bytes, KEY_SIGNED),
	COUNT("cell", cell_bytes, 0),
	PARAM("cell_overhead", cell_overhead_bytes, KEY_SIGNED),
	PARAM("slot_min", slot.min_ns, KEY_DURATION),
	PARAM("slot_max", slot.max_ns, KEY_DURATION),
	OURS("schedule", timeline, KEY_SCHEDULE),
	OURS("replay", timeline, KEY_REPLAY),
	OURS("repeat_every", timeline.period_ns, KEY_DURATION),
};

enum {
	MAX_REPLAY_BYTES = 16 << 20
};
#define MAX_DELAY_NS (60 * INT64_C(1000000000))

static int read_name(struct arena *arena, const char *text, const char **into, struct error *err)
{
	if (strpbrk(text, "/\n\t") || text[0] == '.')
		return fail(err, ERROR_USAGE, "'%.40s' must be a plain name", text);
	*into = arena_strdup(arena, text);
	return 0;
}

static int read_word(struct arena *arena, const struct profile_key *key, const char *text,
	unsigned *into, struct error *err)
{
	const char *known = key->words[0];

	for (unsigned i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], text) == 0) {
			*into = i;
			return 0;
		}
		if (i > 0)
			known = arena_printf(arena, "%s, %s", known, key->words[i]);
	}
	return fail(err, ERROR_USAGE, "%s '%s' is not one of %s", key->name, text, known);
}

static int read_rate(const char *text, double *bps, struct error *err)
{
	if (strcmp(text, "none") == 0) {
		*bps = 0;
		return 0;
	}
	return text_rate_bps(text, bps, err);
}

static int read_duration(const char *text, int64_t *ns, struct error *err)
{
	if (strcmp(text, "0") == 0) {
		*ns = 0;
		return 0;
	}
	return text_duration_ns(text, ns, err);
}

static int read_percent(const char *text, double *fraction, struct error *err)
{
	char *end = NULL;
	double percent = strtod(text, &end);

	if (end == text || strcmp(end, "%") != 0 || !strchr("0123456789.", text[0]) ||
		strpbrk(text, "xX"))
		return fail(err, ERROR_USAGE, "'%s' is not a percentage such as 0.25%%", text);
	if (!isfinite(percent) || percent > 100)
		return fail(err, ERROR_USAGE, "%s is not between 0%% and 100%%", text);
	*fraction = percent / 100;
	return 0;
}

/* tc's words: kb and mb are 1024 and 1024 * 1024. */
static int read_bytes(const char *text, uint64_t *into, struct error *err)
{
	static const struct {
		const char *name;
		double bytes;
	} sizes[] = {{"", 1}, {"b", 1}, {"kb", 1024}, {"mb", 1024 * 1024}};
	char *end = NULL;
	double value = strtod(text, &end);

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && strchr("123456789", text[0]); i++) {
		if (strcmp(end, sizes[i].name) == 0 && value * sizes[i].bytes <= 1e12) {
			*into = (uint64_t)(value * sizes[i].bytes);
			return 0;
		}
	}
	return fail(err, ERROR_USAGE, "'%s' is not a size such as 64kb or 1500", text);
}

static int read_count(
	const struct profile_key *key, const char *text, uint32_t *into, struct error *err)
{
	int64_t value;

	if (text_integer(text, key->low, INT64_C(100000000), &value, err))
		return -1;
	*into = (uint32_t)value;
	return 0;
}

static int read_signed(const char *text, int32_t *into, struct error *err)
{
	int64_t value;

	if (text_integer(text, -65535, 65535, &value, err))
		return -1;
	*into = (int32_t)value;
	return 0;
}

/* All of the impairment but its unit and seed, which tc does not know. */
static int read_netem(struct profile_source *source, const char *text, struct netem_params *into,
	struct error *err)
{
	size_t count, bad = 0;
	const char **words = text_words(source->arena, text, &count);
	struct netem_params params;
	const char *at = text;

	if (netem_parse_words(words, count, &params, &bad, err)) {
		for (size_t i = 0; i < bad && i < count; i++)
			at = strstr(at, words[i]) + strlen(words[i]);
		source->bad_word = (size_t)(at - text) + strspn(at, " \t");
		return -1;
	}
	params.unit = into->unit;
	params.seed = params.seed ? params.seed : into->seed;
	if (source->path) /* a file says its model, and a contradiction is found there */
		params.model = into->model;
	*into = params;
	return 0;
}

/* Empty lines in front make the reader count the lines of the file. */
static int read_schedule(struct profile_source *source, const char *text,
	struct netem_timeline *into, struct error *err)
{
	size_t length = strlen(text);
	char *padded;

	if (!source->path)
		return fail(err, ERROR_USAGE, "a schedule can be given only in a file");
	padded = arena_bytes(source->arena, source->line + length + 1, 1);
	memset(padded, '\n', source->line);
	memcpy(padded + source->line, text, length + 1);
	source->has_place = true;
	return netem_read_csv(source->arena, source->path, padded, into, err);
}

/* CSV by its name, else the format of mahimahi. */
static int read_replay(struct profile_source *source, const char *name, struct netem_timeline *into,
	struct error *err)
{
	const char *slash = source->path ? strrchr(source->path, '/') : NULL;
	const char *dot = strrchr(name, '.'), *path = name;
	char *text;

	if (slash && name[0] != '/')
		path = arena_printf(
			source->arena, "%.*s/%s", (int)(slash - source->path), source->path, name);
	if (file_read(source->arena, path, MAX_REPLAY_BYTES, &text, NULL, err)) {
		err->kind = ERROR_USAGE;
		return -1;
	}
	source->has_place = true;
	if (dot && strcmp(dot, ".csv") == 0)
		return netem_read_csv(source->arena, path, text, into, err);
	return netem_read_mahimahi(source->arena, path, text, into, err);
}

static int read_value(struct profile_source *source, const struct profile_key *key,
	const char *text, void *into, struct error *err)
{
	switch (key->kind) {
	case KEY_NAME:
		return read_name(source->arena, text, into, err);
	case KEY_TEXT:
		*(const char **)into = arena_strdup(source->arena, text);
		return 0;
	case KEY_WORD:
		return read_word(source->arena, key, text, into, err);
	case KEY_RATE:
		return read_rate(text, into, err);
	case KEY_DURATION:
		return read_duration(text, into, err);
	case KEY_PERCENT:
		return read_percent(text, into, err);
	case KEY_COUNT:
		return read_count(key, text, into, err);
	case KEY_SIGNED:
		return read_signed(text, into, err);
	case KEY_SEED:
		return text_integer(text, 0, INT64_MAX, into, err);
	case KEY_BYTES:
		return read_bytes(text, into, err);
	case KEY_NETEM:
		return read_netem(source, text, into, err);
	case KEY_SCHEDULE:
		return read_schedule(source, text, into, err);
	case KEY_REPLAY:
		break;
	}
	return read_replay(source, text, into, err);
}

static const char *const loss_kinds[] = {[NETEM_LOSS_NONE] = "",
	[NETEM_LOSS_RANDOM] = "loss",
	[NETEM_LOSS_STATES] = "loss_p13",
	[NETEM_LOSS_ELLIOTT] = "loss_to_bad",
	[NETEM_LOSS_OUTAGES] = "outage_every"};

/* A change names a loss model and thereby replaces another; in a file two contradict each other. */
static int choose_loss(const struct profile_source *source, const struct profile_key *key,
	struct netem_loss *loss, struct error *err)
{
	if (key->loss == NETEM_LOSS_NONE || loss->kind == key->loss)
		return 0;
	if (source->path && loss->kind != NETEM_LOSS_NONE)
		return fail(err, ERROR_USAGE,
			"%s and %s belong to different loss models; use one of them", key->name,
			loss_kinds[loss->kind]);
	if (loss->kind != NETEM_LOSS_NONE)
		*loss = (struct netem_loss){.in_bad = -1};
	loss->kind = key->loss;
	return 0;
}

int profile_read_key(struct profile_source *source, const struct profile_key *key, const char *text,
	struct profile *profile, struct error *err)
{
	if (key->kind == KEY_DURATION) {
		int64_t ns;

		if (read_duration(text, &ns, err))
			return -1;
		if (key->field && ns > MAX_DELAY_NS && key->loss != NETEM_LOSS_OUTAGES)
			return fail(err, ERROR_USAGE, "'%s' is longer than a minute", text);
	}
	if (choose_loss(source, key, &profile->impairment.loss, err))
		return -1;
	return read_value(source, key, text, (char *)profile + key->offset, err);
}

/* As tc does: a bad state loses everything unless said otherwise, and reordering has a gap of 1. */
void profile_finish(struct profile *profile)
{
	struct netem_params *params = &profile->impairment;
	struct netem_loss *loss = &params->loss;
	bool has_states = loss->kind == NETEM_LOSS_ELLIOTT || loss->kind == NETEM_LOSS_OUTAGES;

	if (loss->in_bad < 0)
		loss->in_bad = has_states ? 1 : 0;
	if (loss->kind == NETEM_LOSS_RANDOM && loss->random.probability <= 0 &&
		loss->random.correlation <= 0)
		loss->kind = NETEM_LOSS_NONE;
	if (params->model == NETEM_KERNEL && params->reorder.probability > 0 && params->gap == 0)
		params->gap = 1;
	if (params->model == NETEM_KERNEL && params->reorder.probability <= 0 && params->gap == 1)
		params->gap = 0;
}

const char *profile_model(const struct profile *profile)
{
	return models[profile->impairment.model];
}

const char *const *profile_words(const char *key)
{
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		if (profile_keys[i].words && strcmp(profile_keys[i].name, key) == 0)
			return profile_keys[i].words;
	}
	return NULL;
}

static void add_number(json_t *json, const char *name, const char *unit, double value)
{
	char key[64];

	snprintf(key, sizeof(key), "%s%s", name, unit);
	if (value < 0 || value > 0)
		json_object_set_new(json, key, json_real(value));
}

static void add_key(json_t *json, const struct profile_key *key, const void *value)
{
	switch (key->kind) {
	case KEY_WORD:
		if (*(const unsigned *)value > 0 || strcmp(key->name, "jitter_kind") != 0)
			json_object_set_new(
				json, key->name, json_text(key->words[*(const unsigned *)value]));
		break;
	case KEY_RATE:
		add_number(json, key->name, "_bits_per_second", *(const double *)value);
		break;
	case KEY_DURATION:
		add_number(json, key->name, "_ms", (double)*(const int64_t *)value / 1e6);
		break;
	case KEY_PERCENT:
		add_number(json, key->name, "_percent", *(const double *)value * 100);
		break;
	case KEY_COUNT:
		add_number(json, key->name, "", *(const uint32_t *)value);
		break;
	case KEY_SIGNED:
		add_number(json, key->name, "_bytes", *(const int32_t *)value);
		break;
	case KEY_SEED:
		add_number(json, key->name, "", (double)*(const uint64_t *)value);
		break;
	case KEY_BYTES:
		add_number(json, key->name, "_bytes", (double)*(const uint64_t *)value);
		break;
	case KEY_NAME:
	case KEY_TEXT:
	case KEY_NETEM:
	case KEY_SCHEDULE:
	case KEY_REPLAY:
		break;
	}
}

json_t *profile_json(const struct profile *profile)
{
	json_t *json = json_object();

	for (size_t i = 0; i < PROFILE_KEYS; i++)
		add_key(json, &profile_keys[i], (const char *)profile + profile_keys[i].offset);
	json_object_set_new(
		json, "schedule_steps", json_integer((json_int_t)profile->timeline.step_count));
	json_object_set_new(json, "replay_opportunities",
		json_integer((json_int_t)profile->timeline.opportunity_count));
	return json;
}
