/* SPDX-License-Identifier: MIT */
/* Parameters that change over time: steps, and opportunities to send. */
#include "netem/internal.h"

#include <assert.h>

static int64_t within_period(const struct netem_timeline *timeline, int64_t t_ns)
{
	return timeline->period_ns > 0 ? t_ns % timeline->period_ns : t_ns;
}

/* Number of steps that have begun at `t_ns`. */
static size_t steps_begun(const struct netem_timeline *timeline, int64_t t_ns)
{
	size_t low = 0, high = timeline->step_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (timeline->steps[middle].at_ns <= t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct netem_step *timeline_step(
	const struct netem_timeline *timeline, int64_t since_epoch_ns, int64_t *ret_until_ns)
{
	int64_t t_ns = within_period(timeline, since_epoch_ns);
	size_t begun = steps_begun(timeline, t_ns);

	assert(timeline->steps || timeline->step_count == 0);
	if (begun < timeline->step_count)
		*ret_until_ns = since_epoch_ns + timeline->steps[begun].at_ns - t_ns;
	else
		*ret_until_ns = timeline->period_ns > 0
					? since_epoch_ns + timeline->period_ns - t_ns
					: INT64_MAX;
	return begun > 0 ? &timeline->steps[begun - 1] : NULL;
}

/* End of sending `bytes` from `start_ns` on, through all the rates that hold until then. */
int64_t timeline_serialise(
	const struct netem_timeline *timeline, int64_t start_ns, int64_t bytes, double rate_bps)
{
	double bits = (double)bytes * 8;

	for (size_t i = 0; i <= 2 * timeline->step_count + 2; i++) {
		int64_t until_ns;
		const struct netem_step *step = timeline_step(timeline, start_ns, &until_ns);
		bool has_own = step && step->rate_bps >= 0;
		double now_bps = has_own ? step->rate_bps : rate_bps;
		double carried = (double)(until_ns - start_ns) * now_bps / 1e9;

		if (!has_own && rate_bps <= 0)
			return start_ns; /* no limit outside the steps that have one */
		if (now_bps > 0 && (until_ns == INT64_MAX || carried >= bits))
			return start_ns + (int64_t)(bits * 1e9 / now_bps);
		if (until_ns == INT64_MAX)
			break;
		bits -= carried;
		start_ns = until_ns;
	}
	return start_ns; /* no rate in a whole period: netem_timeline_check() refuses such */
}

static int64_t opportunity_at(const struct netem_timeline *timeline, uint64_t number)
{
	uint64_t round = number / timeline->opportunity_count;

	return (int64_t)round * timeline->period_ns +
	       timeline->opportunities_ns[number % timeline->opportunity_count];
}

/* First opportunity that is not over at `t_ns`. */
static uint64_t opportunity_from(const struct netem_timeline *timeline, int64_t t_ns)
{
	uint64_t round = (uint64_t)(t_ns / timeline->period_ns);
	int64_t rest_ns = t_ns % timeline->period_ns;
	size_t low = 0, high = timeline->opportunity_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (timeline->opportunities_ns[middle] < rest_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return round * timeline->opportunity_count + low;
}

/* Opportunities that pass while nothing waits are gone, as on the recorded path. */
int64_t timeline_opportunity(const struct netem_timeline *timeline, struct serialiser *line,
	int64_t start_ns, int64_t bytes)
{
	uint64_t first = opportunity_from(timeline, start_ns);

	if (line->opportunity_left == 0 || first >= line->opportunity_next) {
		line->opportunity_next =
			(first > line->opportunity_next ? first : line->opportunity_next) + 1;
		line->opportunity_left = timeline->opportunity_bytes;
	}
	while (bytes > line->opportunity_left) {
		bytes -= line->opportunity_left;
		line->opportunity_next++;
		line->opportunity_left = timeline->opportunity_bytes;
	}
	line->opportunity_left -= (uint32_t)bytes;
	return opportunity_at(timeline, line->opportunity_next - 1);
}

static int check_steps(const struct netem_timeline *timeline, struct error *err)
{
	bool has_rates = false, can_send = false;
	int64_t last_ns = -1;

	for (size_t i = 0; i < timeline->step_count; i++) {
		const struct netem_step *step = &timeline->steps[i];

		if (step->at_ns <= last_ns)
			return fail(err, ERROR_USAGE, "step %zu does not come after the one before",
				i + 1);
		if (step->loss > 1)
			return fail(
				err, ERROR_USAGE, "step %zu loses more than all packets", i + 1);
		last_ns = step->at_ns;
		has_rates = has_rates || step->rate_bps >= 0;
		can_send = can_send || step->rate_bps > 0;
	}
	if (has_rates && !can_send)
		return fail(
			err, ERROR_USAGE, "no step has a rate above zero, so nothing ever passes");
	if (has_rates && timeline->period_ns == 0 &&
		timeline->steps[timeline->step_count - 1].rate_bps == 0)
		return fail(err, ERROR_USAGE,
			"the last step has rate zero for ever; give a period or mark it down");
	if (timeline->period_ns > 0 && timeline->period_ns <= last_ns)
		return fail(err, ERROR_USAGE, "the period ends before the last step begins");
	return 0;
}

static int check_opportunities(const struct netem_timeline *timeline, struct error *err)
{
	for (size_t i = 0; i < timeline->opportunity_count; i++) {
		int64_t before_ns = i > 0 ? timeline->opportunities_ns[i - 1] : 0;

		if (timeline->opportunities_ns[i] < before_ns)
			return fail(err, ERROR_USAGE,
				"opportunity %zu is earlier than the one before", i + 1);
		if (timeline->opportunities_ns[i] >= timeline->period_ns)
			return fail(
				err, ERROR_USAGE, "opportunity %zu lies beyond the period", i + 1);
	}
	if (timeline->opportunity_count > 0 && timeline->opportunity_bytes == 0)
		return fail(err, ERROR_USAGE, "an opportunity must carry bytes");
	return 0;
}

int netem_timeline_check(const struct netem_timeline *timeline, struct error *err)
{
	if (timeline->period_ns < 0)
		return fail(err, ERROR_USAGE, "the period is negative");
	if (check_steps(timeline, err) || check_opportunities(timeline, err))
		return fail_in(err, "timeline");
	return 0;
}
