/* SPDX-License-Identifier: MIT */
/* Makes one document of two, as --bidir would have written it. */
#include "workload/tool/iperf3.h"

#include "base/attribute.h"
#include "base/json.h"

/* Puts what `from` has at its pointer into `to` under a key, when both are there. */
static void graft(json_t *to, const char *key, const json_t *from, const char *pointer)
{
	json_t *value = json_at(from, pointer);

	if (json_is_object(to) && value)
		json_object_set(to, key, value);
}

/* With -R the client prints zeros for what only the sender knows. */
static void drop_unknown(json_t *stream)
{
	static const char *const keys[] = {
		"max_snd_cwnd", "max_snd_wnd", "max_rtt", "min_rtt", "mean_rtt"};
	json_t *sender = json_object_get(stream, "sender");

	if (json_number_at(sender, "/mean_rtt", 1) > 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_object_del(sender, keys[i]);
}

static void graft_stream(json_t *to, const json_t *from)
{
	json_array_append(json_object_get(to, "streams"), json_at(from, "/streams/0"));
}

/* Intervals that only one of the two has are cut off; the samples keep them. */
static void join_intervals(json_t *document, const json_t *reverse)
{
	json_t *intervals = json_object_get(document, "intervals");
	const json_t *others = json_object_get(reverse, "intervals");

	while (json_array_size(intervals) > json_array_size(others))
		json_array_remove(intervals, json_array_size(intervals) - 1);
	for (size_t i = 0; i < json_array_size(intervals); i++) {
		json_t *interval = json_array_get(intervals, i);

		graft_stream(interval, json_array_get(others, i));
		graft(interval, "sum_bidir_reverse", json_array_get(others, i), "/sum");
	}
}

/* Published: the CPU use of one process that does both directions; here two do half each. */
static void add_cpu(json_t *document, const json_t *reverse)
{
	json_t *usage = json_at(document, "/end/cpu_utilization_percent");
	const json_t *other = json_at(reverse, "/end/cpu_utilization_percent");
	const char *key;
	json_t *value;

	json_object_foreach (usage, key, value) {
		const json_t *more = json_object_get(other, key);

		if (json_is_number(value) && json_is_number(more))
			json_object_set_new(usage, key,
				json_real(json_number_value(value) + json_number_value(more)));
	}
}

void iperf3_join(json_t *document, const json_t *reverse)
{
	json_t *end = json_object_get(document, "end");
	json_t *test_start = json_at(document, "/start/test_start");

	join_intervals(document, reverse);
	json_array_append(
		json_at(document, "/start/connected"), json_at(reverse, "/start/connected/0"));
	if (json_is_object(test_start))
		json_object_set_new(test_start, "bidir", json_integer(1));
	graft_stream(end, json_object_get(reverse, "end"));
	drop_unknown(json_at(end, "/streams/1"));
	graft(end, "sum_bidir_reverse", reverse, "/end/sum");
	graft(end, "sum_sent_bidir_reverse", reverse, "/end/sum_sent");
	graft(end, "sum_received_bidir_reverse", reverse, "/end/sum_received");
	add_cpu(document, reverse);
}
