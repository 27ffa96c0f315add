/* SPDX-License-Identifier: MIT */
/* What trials have in common: the words for the sender. */
#include "feature/internal.h"

#include "base/text.h"

const char *const *trial_words(
	struct arena *arena, const struct feature_way *way, const char *to, const char *words)
{
	return text_words(arena,
		arena_printf(arena, "%s%s --token %s %s", to ? "--to " : "", to ? to : "",
			way->token, words),
		NULL);
}

void trial_send(struct feature_trial *trial, struct arena *arena, const struct feature_way *way,
	const char *to, const char *words)
{
	trial->send = trial_words(arena, way, to, words);
	trial->settle_s = trial->settle_s > 0 ? trial->settle_s : 0.3;
}

const char *trial_target(const struct feature_way *way)
{
	return way->target.ipv4 ? way->target.ipv4 : way->target.ipv6;
}

void trial_rule(struct feature_trial *trial, const char *text)
{
	if (trial->rule_count < FEATURE_MOST_RULES)
		trial->rules[trial->rule_count++] = text;
}
