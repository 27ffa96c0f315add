/* SPDX-License-Identifier: MIT */
/* Which rate to try next. */
#include "programs/rate/search.h"

#include "stats/stats.h"

#include "base/attribute.h"

#include <assert.h>
#include <math.h>

/* Below this share of what was wanted, it was the sender that could do no more. */
#define KEPT_PACE 0.9
#define CONFIDENCE 0.95
/* What may arrive later than that only waited in a queue that grew: not a rate that can last. */
#define LATE_SHARE 0.05
#define LATE_S 0.02

enum {
	TRIES_TO_PASS = 2,
	TRIES_TO_KEEP_PACE = 3,
	/* Even the first rate is too much for some; so much less is tried when nothing arrives. */
	LIGHTER = 8,
	LIGHTEST = 64
};

const char *rate_limit_name(enum rate_limit limit)
{
	static const char *const names[] = {"loss", "sender", "trials"};

	assert((size_t)limit < ARRAY_SIZE(names));
	return names[limit];
}

struct rate_search rate_search_new(const struct rate_rules *rules)
{
	return (struct rate_search){
		.rules = *rules, .high = INFINITY, .lighter = 1, .limit = RATE_BY_TRIALS};
}

double rate_lost_percent(const struct rate_trial *trial)
{
	if (trial->sent == 0 || trial->received >= trial->sent)
		return 0;
	return 100 * (double)(trial->sent - trial->received) / (double)trial->sent;
}

double rate_packets_per_s(const struct rate_trial *trial)
{
	double seconds = fmax(trial->seconds, trial->receiving_s);

	return seconds > 0 ? (double)trial->received / seconds : 0;
}

static bool has_kept_up(const struct rate_trial *trial)
{
	return trial->receiving_s <= trial->seconds * (1 + LATE_SHARE) + LATE_S;
}

static double pace(const struct rate_trial *trial)
{
	return trial->seconds > 0 ? (double)trial->sent / trial->seconds : 0;
}

bool rate_search_next(struct rate_search *search, double *ret_packets_per_s)
{
	if (search->limit != RATE_BY_TRIALS || search->count >= search->rules.most_trials)
		return false;
	if (!search->has_begun)
		*ret_packets_per_s = search->rules.first_packets_per_s / search->lighter;
	else if (search->failures > 0 || search->slow > 0)
		*ret_packets_per_s = search->repeat;
	else if (isinf(search->high))
		*ret_packets_per_s = search->low * search->rules.growth;
	else
		*ret_packets_per_s = sqrt(search->low * search->high);
	return true;
}

/* What the path loses however lightly it is used, with what so few packets leave open. */
static void learn_own_loss(struct rate_search *search, struct rate_trial *trial)
{
	uint64_t lost = trial->received < trial->sent ? trial->sent - trial->received : 0;
	double own = 0;

	if (trial->received == 0 && search->lighter < LIGHTEST) {
		search->lighter *= LIGHTER;
		return;
	}
	search->has_begun = true;
	if (lost > 0)
		own = 100 * interval_proportion(lost, trial->sent, CONFIDENCE).high;
	search->bound_percent = own + search->rules.bound_percent;
	trial->has_passed = trial->received > 0;
	search->best = *trial;
	search->low = pace(trial);
	if (!trial->has_passed || search->low <= 0)
		search->limit = RATE_BY_LOSS;
}

static void take_success(struct rate_search *search, const struct rate_trial *trial)
{
	double reached = pace(trial);

	if (reached > search->low) {
		search->low = reached;
		search->best = *trial;
	}
	if (reached >= KEPT_PACE * trial->wanted_packets_per_s) {
		search->failures = search->slow = 0;
		return;
	}
	/* A sender that was not scheduled for a moment spoils a trial; one that never is tells its
	 * speed. */
	search->repeat = trial->wanted_packets_per_s;
	if (++search->slow == TRIES_TO_KEEP_PACE)
		search->limit = RATE_BY_SENDER;
}

static void take_failure(struct rate_search *search, const struct rate_trial *trial)
{
	search->repeat = trial->wanted_packets_per_s;
	if (++search->failures < TRIES_TO_PASS)
		return;
	search->failures = search->slow = 0;
	search->high = fmin(search->high, pace(trial));
}

void rate_search_take(struct rate_search *search, struct rate_trial *trial)
{
	search->count++;
	if (!search->has_begun) {
		learn_own_loss(search, trial);
		return;
	}
	trial->has_passed = trial->sent > 0 && has_kept_up(trial) &&
			    rate_lost_percent(trial) <= search->bound_percent;
	if (trial->has_passed)
		take_success(search, trial);
	else
		take_failure(search, trial);
	if (search->limit == RATE_BY_TRIALS &&
		search->high <= search->low * (1 + search->rules.resolution))
		search->limit = RATE_BY_LOSS;
}
