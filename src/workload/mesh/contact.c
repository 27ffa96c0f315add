/* SPDX-License-Identifier: MIT */
/* What became of one pair: from stretches of answers to outage, first answer and stability. */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>

struct span {
	double first_s, last_s;
};

static struct span span_at(const json_t *spans, size_t index)
{
	const json_t *span = json_array_get(spans, index);

	return (struct span){json_number_value(json_array_get(span, 0)),
		json_number_value(json_array_get(span, 1))};
}

/* A silence that began before the stretch of time counts from its last answer. */
static void find_outage(const json_t *spans, const struct mesh_rule *rule, double from_s,
	double to_s, struct mesh_contact *c)
{
	double heard_s = NAN, last_s;

	for (size_t i = 0; i < json_array_size(spans); i++) {
		struct span span = span_at(spans, i);
		double since_s = isnan(heard_s) ? from_s : heard_s;

		if (span.first_s > to_s)
			break;
		if (span.last_s >= from_s && isnan(c->first_s))
			c->first_s = fmax(span.first_s, from_s);
		if (span.first_s > from_s && span.first_s - since_s > c->outage_s) {
			c->outage_s = span.first_s - since_s;
			c->lost_s = heard_s;
			c->answered_s = span.first_s;
		}
		heard_s = span.last_s;
	}
	/* It may not have ended; between two answers it is always quiet for a moment. */
	last_s = isnan(heard_s) ? from_s : heard_s;
	if (to_s - last_s > fmax(c->outage_s, rule->silence_s)) {
		c->outage_s = to_s - last_s;
		c->lost_s = heard_s;
		c->answered_s = NAN;
	}
}

/* Since when there was no silence above the rule's, for as long as the rule says. */
double mesh_stable(const json_t *spans, const struct mesh_rule *rule, double from_s, double to_s)
{
	double begin_s = NAN, last_s = NAN;

	for (size_t i = 0; i < json_array_size(spans); i++) {
		struct span span = span_at(spans, i);

		if (span.last_s < from_s || span.first_s > to_s)
			continue;
		if (isnan(last_s) || span.first_s - last_s > rule->silence_s)
			begin_s = fmax(span.first_s, from_s);
		last_s = fmin(span.last_s, to_s);
		if (last_s - begin_s >= rule->stable_s)
			return begin_s;
	}
	return NAN;
}

static bool answers_at(
	const json_t *spans, const struct mesh_rule *rule, double from_s, double to_s)
{
	for (size_t i = json_array_size(spans); i > 0; i--) {
		struct span span = span_at(spans, i - 1);

		if (span.first_s <= to_s)
			return span.last_s >= from_s && span.last_s >= to_s - rule->stable_s;
	}
	return false;
}

struct mesh_contact mesh_contact(
	const json_t *spans, const struct mesh_rule *rule, double from_s, double to_s)
{
	struct mesh_contact c = {.lost_s = NAN, .answered_s = NAN, .first_s = NAN, .stable_s = NAN};

	find_outage(spans, rule, from_s, to_s, &c);
	c.is_answering = answers_at(spans, rule, from_s, to_s);
	c.stable_s = mesh_stable(spans, rule, isnan(c.answered_s) ? from_s : c.answered_s, to_s);
	return c;
}
