/* SPDX-License-Identifier: MIT */
/* A cell of all links, made of what each link gave. */
#include "record/record.h"

#include "base/json.h"

#include "record/cause.h"
#include "record/envelope.h"

#include <stdio.h>

static json_t *pairs_json(const struct record_pair pairs[], size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, envelope_pair(&pairs[i]));
	return json_make("{s:o}", "pairs", list);
}

static json_t *samples_json(const struct record_pair pairs[], size_t count)
{
	json_t *samples = json_object();

	for (size_t i = 0; i < count; i++) {
		char link[160];

		snprintf(link, sizeof(link), "%s->%s", pairs[i].source, pairs[i].target);
		if (pairs[i].result.samples)
			json_object_set(samples, link, pairs[i].result.samples);
	}
	return samples;
}

/* The first link that failed gives its cause and its command to the whole. */
static void blame(const struct record_pair *pair, struct record_result *whole)
{
	const struct record_result *failed = &pair->result;

	whole->cause = failed->cause;
	whole->argv = failed->argv;
	whole->out = failed->out;
	whole->errout = failed->errout;
	whole->exit_code = failed->exit_code;
	whole->timeout_s = failed->timeout_s;
	if (!whole->service_logs)
		whole->service_logs = failed->service_logs;
}

int record_write_parallel(struct record *record, const struct record_cell *cell,
	const struct record_pair pairs[], size_t count, const struct record_result *whole,
	struct error *err)
{
	struct record_result result = *whole;
	json_auto_t *data = pairs_json(pairs, count);
	json_auto_t *samples = samples_json(pairs, count);
	json_auto_t *meta = whole->meta ? json_copy(whole->meta) : json_object();
	const struct record_pair *failed = NULL;
	size_t links_ok = 0;
	char evidence[800];

	for (size_t i = 0; i < count; i++) {
		if (pairs[i].result.cause == CAUSE_SUCCESS)
			links_ok++;
		else if (!failed)
			failed = &pairs[i];
	}
	json_object_set_new(meta, "links_ok", json_integer((json_int_t)links_ok));
	json_object_set_new(meta, "links_planned", json_integer((json_int_t)count));
	result.cause = CAUSE_SUCCESS;
	if (failed) {
		blame(failed, &result);
		snprintf(evidence, sizeof(evidence), "%zu of %zu links worked; %s->%s: %s",
			links_ok, count, failed->source, failed->target,
			failed->result.evidence ? failed->result.evidence : "no evidence");
		result.evidence = evidence;
	}
	result.data = data;
	result.samples = json_object_size(samples) ? samples : NULL;
	result.meta = meta;
	return record_write_cell(record, cell, &result, err);
}
