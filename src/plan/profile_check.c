/* SPDX-License-Identifier: MIT */
/* What is wrong with a profile as a whole, or surprises, and which key is to blame. */
#include "plan/profile_keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	MOST_NETEM_FINDINGS = 24
};

struct findings {
	const bool *is_given;
	struct profile_finding *list;
	size_t room, count;
};

static size_t index_of(const char *key)
{
	size_t i = 0;

	while (i < PROFILE_KEYS && strcmp(profile_keys[i].name, key) != 0)
		i++;
	return i;
}

/*
 * The key that was given for the field, or else for a field that contains it (slot, slot.min_ns),
 * or the words of netem, or what could have been given.
 */
static size_t key_of(const bool is_given[], const char *field)
{
	size_t could = PROFILE_KEYS, words = index_of("netem");
	size_t length = strcspn(field, ".");

	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		const char *own = profile_keys[i].field;

		if (own && strcmp(own, field) == 0) {
			if (is_given[i])
				return i;
			could = could < PROFILE_KEYS ? could : i;
		}
	}
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		const char *own = profile_keys[i].field;

		if (own && is_given[i] && strncmp(own, field, length) == 0 &&
			(own[length] == '.' || own[length] == '\0'))
			return i;
	}
	if (is_given[words])
		return words;
	return could < PROFILE_KEYS ? could : index_of("model");
}

static void add(struct findings *findings, size_t key, bool is_error, const char *text)
{
	struct profile_finding *finding = &findings->list[findings->count];

	if (findings->count == findings->room)
		return;
	*finding = (struct profile_finding){.key = key, .is_error = is_error};
	snprintf(finding->text, sizeof(finding->text), "%s", text);
	findings->count++;
}

static void refuse(struct findings *findings, const char *key, const char *text)
{
	add(findings, index_of(key), true, text);
}

static void look_at_words(struct findings *findings, const struct profile *profile)
{
	if (!findings->is_given[index_of("netem")])
		return;
	if (profile->impairment.model != NETEM_KERNEL)
		refuse(findings, "model", "tc's words for netem need model: netem");
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		const struct profile_key *key = &profile_keys[i];
		bool is_beside = strcmp(key->name, "model") == 0 ||
				 strcmp(key->name, "unit") == 0 || strcmp(key->name, "seed") == 0;

		if (findings->is_given[i] && key->field && !is_beside)
			refuse(findings, key->name,
				"the key 'netem' replaces all keys of impairment; express this one there");
	}
}

static void look_at_timeline(struct findings *findings, const struct profile *profile)
{
	const char *key = findings->is_given[index_of("replay")] ? "replay" : "schedule";
	struct error err;

	if (findings->is_given[index_of("replay")] && findings->is_given[index_of("schedule")])
		refuse(findings, "replay", "'schedule' and 'replay' cannot be used together");
	if (!profile_has_timeline(profile)) {
		if (profile->timeline.period_ns)
			refuse(findings, "repeat_every",
				"'repeat_every' needs a schedule or a replay");
		return;
	}
	if (profile->impairment.model == NETEM_NONE)
		refuse(findings, "model",
			"a schedule needs model netem or calibrated; model none does not impair anything");
	if (netem_timeline_check(&profile->timeline, &err))
		refuse(findings, key, err.text);
}

static void look_at_sense(struct findings *findings, const struct profile *profile)
{
	const struct netem_params *params = &profile->impairment;
	bool is_words = findings->is_given[index_of("netem")];

	if (params->model == NETEM_NONE && profile_has_impairment(profile))
		refuse(findings, "model",
			"impairment needs model netem or calibrated; model none does not impair anything");
	if (params->jitter_ns && !params->delay_ns && !is_words)
		refuse(findings, "jitter", "'jitter' needs a delay to vary");
	if (params->model == NETEM_KERNEL && params->reorder.probability > 0 && !params->delay_ns &&
		!is_words)
		refuse(findings, "reorder",
			"reordering lets packets overtake delayed ones, so it needs a delay");
	if (params->reorder.correlation > 0 && params->reorder.probability <= 0)
		refuse(findings, "reorder_correlation", "'reorder_correlation' needs 'reorder'");
	if (params->loss.kind == NETEM_LOSS_NONE && params->loss.in_bad > 0)
		refuse(findings, "loss_in_bad",
			"a bad state needs 'loss_to_bad' or 'outage_every'");
	if (profile->line_buffer_bytes > 0 && profile->line_buffer_bytes < 1514)
		refuse(findings, "line_buffer", "is smaller than one packet (1514 bytes)");
	if (profile->line_buffer_bytes > 0 && profile->line_rate_bps <= 0)
		refuse(findings, "line_buffer", "a line without a rate cannot have a buffer");
}

static void look_at_impairment(struct findings *findings, const struct profile *profile)
{
	struct netem_finding list[MOST_NETEM_FINDINGS];
	size_t count = netem_check(&profile->impairment, list, MOST_NETEM_FINDINGS);

	for (size_t i = 0; i < count && i < MOST_NETEM_FINDINGS; i++) {
		size_t key = key_of(findings->is_given, list[i].field);
		char text[sizeof(findings->list->text)];

		snprintf(text, sizeof(text), "%.36s: %s", profile_keys[key].name, list[i].text);
		add(findings, key, list[i].is_error, text);
	}
}

size_t profile_findings(const struct profile *profile, const bool is_given[],
	struct profile_finding list[], size_t room)
{
	struct findings findings = {.is_given = is_given, .list = list, .room = room};

	look_at_words(&findings, profile);
	look_at_sense(&findings, profile);
	look_at_timeline(&findings, profile);
	if (findings.count == 0)
		look_at_impairment(&findings, profile);
	return findings.count;
}

bool profile_has_timeline(const struct profile *profile)
{
	return profile->timeline.step_count > 0 || profile->timeline.opportunity_count > 0;
}

bool profile_has_impairment(const struct profile *profile)
{
	const struct netem_params *p = &profile->impairment;

	return p->delay_ns || p->jitter_ns || p->loss.kind != NETEM_LOSS_NONE ||
	       p->duplicate.probability > 0 || p->corrupt.probability > 0 ||
	       p->reorder.probability > 0 || p->rate_bps > 0 || p->limit_packets ||
	       p->buffer_bytes || p->slot.max_ns || profile_has_timeline(profile);
}

double profile_narrowest_bps(const struct profile *profile)
{
	double line = profile->line_rate_bps, inner = profile->impairment.rate_bps;

	if (line <= 0 || inner <= 0)
		return line > 0 ? line : inner;
	return fmin(line, inner);
}
