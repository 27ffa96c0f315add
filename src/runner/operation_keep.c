/* SPDX-License-Identifier: MIT */
/*
 * Whether a host behind a router is still reached from outside after a silence in which the router
 * forgets whatever was not refreshed: only what the VPN sends by itself can keep the way open.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

enum {
	LIFETIMES_OF_SILENCE = 3
};

/* Who is not heard so soon was not reached by what was sent first. */
static const int64_t PROMPT_NS = NS_PER_S;

static int64_t first_answer_ns(const struct operation_run *m, size_t from, size_t to)
{
	size_t count;
	const struct lab_span *spans = lab_watch_spans(m->watch, LAB_OVERLAY, from, to, &count);

	return count ? spans[0].first_ns : INT64_MAX;
}

/* The others of the host, whom nothing is asked of before. */
static bool was_reached(const struct operation_run *m, size_t host, int64_t asked_ns)
{
	size_t count = lab_host_count(m->stage->lab);

	for (size_t i = 0; i < count; i++) {
		if (i != host && lab_watch_includes(m->watch, i, host) &&
			first_answer_ns(m, i, host) > asked_ns + PROMPT_NS)
			return false;
	}
	return true;
}

static int call(struct operation_run *m, size_t host, struct error *err)
{
	bool is_stable;

	operation_zero(m, clock_now_ns());
	if (operation_begin_watch(m, lab_one_host(host), err) ||
		operation_await(
			m, lab_no_host(), m->zero_ns, m->operation->limit_s, &is_stable, err))
		return -1;
	m->is_decided = was_reached(m, host, m->zero_ns);
	json_object_set_new(m->observed, "survived", json_boolean(m->is_decided));
	json_object_set_new(m->observed, "lifetime_s", json_real(m->operation->seconds));
	return 0;
}

static int try_lifetime(struct operation_run *m, size_t host, struct error *err)
{
	int64_t lifetime_ns = (int64_t)(m->operation->seconds * (double)NS_PER_S);

	return lab_limit_router(m->stage->lab, host, lifetime_ns, err) ||
			       operation_wait(
				       m, LIFETIMES_OF_SILENCE * m->operation->seconds, err) ||
			       call(m, host, err)
		       ? -1
		       : 0;
}

/* All pairs answer at the begin, so that the silence follows traffic. */
int operation_keep(struct operation_run *m, struct error *err)
{
	size_t host = lab_host_count(m->stage->lab) - 1;

	if (vpn_settle(m->stage->vpn, err) || try_lifetime(m, host, err))
		return -1;
	return lab_limit_router(m->stage->lab, host, 0, err);
}
