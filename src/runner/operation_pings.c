/* SPDX-License-Identifier: MIT */
/* What became of the pings of a watch, one by one, as stretches of the same fate. */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

/* What was asked last may still be under way; a silence is longer. */
static const int64_t UNDER_WAY_NS = NS_PER_S;

struct stretch {
	int64_t first_ns, last_ns;
	json_int_t pings;
	bool has_arrived, is_answered;
};

static bool is_answered(const struct lab_ping *ping)
{
	return ping->answered_ns > 0;
}

/* Behind the last one that was answered before zero: what is lost on its way then, counts. */
static size_t first_of(const struct operation_run *m, const struct lab_ping pings[], size_t count)
{
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_answered(&pings[i]) && pings[i].answered_ns < m->zero_ns)
			first = i + 1;
	}
	return first;
}

static size_t end_of(const struct lab_ping pings[], size_t count)
{
	size_t end = count;

	while (count && !pings[count - 1].asked_ns)
		end = --count;
	while (end && !is_answered(&pings[end - 1]))
		end--;
	return end && pings[count - 1].asked_ns - pings[end - 1].asked_ns < UNDER_WAY_NS ? end
											 : count;
}

static bool belongs_to(const struct lab_ping *ping, const struct stretch *stretch)
{
	return stretch->pings && ping->has_arrived == stretch->has_arrived &&
	       is_answered(ping) == stretch->is_answered;
}

static void add(const struct operation_run *m, json_t *list, const struct stretch *stretch)
{
	if (stretch->pings)
		json_array_append_new(list,
			json_make("[f, f, I, b, b]", (double)(stretch->first_ns - m->zero_ns) / 1e9,
				(double)(stretch->last_ns - m->zero_ns) / 1e9, stretch->pings,
				stretch->has_arrived, stretch->is_answered));
}

json_t *operation_pings_json(const struct operation_run *m, size_t from, size_t to)
{
	struct stretch stretch = {0};
	json_t *list = json_array();
	size_t count;
	const struct lab_ping *pings = lab_watch_pings(m->watch, from, to, &count);

	for (size_t i = first_of(m, pings, count), end = end_of(pings, count); i < end; i++) {
		const struct lab_ping *ping = &pings[i];

		if (!ping->asked_ns)
			continue;
		if (!belongs_to(ping, &stretch)) {
			add(m, list, &stretch);
			stretch = (struct stretch){ping->asked_ns, ping->asked_ns, 0,
				ping->has_arrived, is_answered(ping)};
		}
		stretch.last_ns = ping->asked_ns;
		stretch.pings++;
	}
	add(m, list, &stretch);
	return list;
}
