/* SPDX-License-Identifier: MIT */
/*
 * Reads every stored output below tests/golden/ with its workload and compares what it means with
 * the expected.json next to it: a map of JSON pointers to values.
 */
#include "workload/workload.h"

#include "tap.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

#define MAX_BYTES ((size_t)16 << 20)

static void read_text(struct arena *arena, const char *dir, size_t number, const char *kind,
	const char **ret_text)
{
	struct error err = {0};
	char *text;

	if (file_read(arena, arena_printf(arena, "%s/%zu.%s", dir, number, kind), MAX_BYTES, &text,
		    NULL, &err))
		text = arena_strdup(arena, "");
	*ret_text = text;
}

static struct workload_output *load_outputs(
	struct arena *arena, const char *dir, const json_t *list, size_t *ret_count)
{
	size_t count = json_array_size(list);
	struct workload_output *outputs = arena_alloc(arena, struct workload_output, count + 1);

	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, i);

		read_text(arena, dir, i, "out", &outputs[i].out);
		read_text(arena, dir, i, "err", &outputs[i].errout);
		outputs[i].out_size = strlen(outputs[i].out);
		outputs[i].errout_size = strlen(outputs[i].errout);
		outputs[i].exit_code = (int)json_number_at(entry, "/exit_code", -1);
		outputs[i].signal = (int)json_number_at(entry, "/signal", 0);
		outputs[i].timed_out = json_is_true(json_object_get(entry, "timed_out"));
		outputs[i].ended_ns = INT64_C(2000000000);
	}
	*ret_count = count;
	return outputs;
}

static json_t *reading_json(const struct workload_reading *reading)
{
	json_t *json = json_pack("{s:s,s:s,s:s,s:f}", "cause", cause_name(reading->cause),
		"evidence", reading->evidence, "headline", reading->headline, "bytes_moved",
		reading->bytes_moved);

	json_object_set_new(json, "blamed",
		reading->has_blamed ? json_integer((json_int_t)reading->blamed) : json_null());
	json_object_set_new(
		json, "doubt", *reading->doubt ? json_text(reading->doubt) : json_null());
	json_object_set(json, "data", reading->data);
	json_object_set(json, "samples", reading->samples);
	return json;
}

static bool is_same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return fabs(json_number_value(a) - json_number_value(b)) <=
		       1e-12 * fabs(json_number_value(a));
	return json_equal(a, b);
}

/* "#/samples/runs" is the number of elements there, and an absent value is expected as null. */
static bool is_as_expected(const json_t *reading, const char *pointer, const json_t *expected)
{
	bool is_size = pointer[0] == '#';
	json_t *found = json_at(reading, pointer + is_size);
	json_auto_t *value = is_size ? json_integer((json_int_t)json_array_size(found))
			     : found ? json_incref(found)
				     : json_null();
	AUTO(text_freep) char *text = NULL;

	if (is_same(value, expected))
		return true;
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	printf("#   %s is %.200s\n", pointer, text ? text : "?");
	return false;
}

/* Of the settings of all workloads, those that a case names. */
static const struct setting_value *options_of(struct arena *arena, const json_t *named)
{
	const struct setting *const *settings = workload_settings(arena);
	const struct setting_value *values = NULL;

	for (; *settings; settings++) {
		const char *text =
			json_string_at(json_object_get(named, (*settings)->name), "", NULL);

		if (text)
			values = setting_put(arena, values, *settings, text);
	}
	return values;
}

static bool reads_as_expected(const char *dir)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *spec = NULL, *expected = NULL, *json = NULL;
	struct workload_case c = {.source = "lom", .target = "yuki"};
	struct workload_reading reading;
	struct error err = {0};
	const struct workload *workload;
	const char *pointer;
	json_t *value;
	size_t count;
	bool is_good = true;

	if (json_read(arena_printf(arena, "%s/case.json", dir), MAX_BYTES, &spec, &err) ||
		json_read(
			arena_printf(arena, "%s/expected.json", dir), MAX_BYTES, &expected, &err)) {
		printf("#   %s\n", err.text);
		return false;
	}
	workload = workload_named(json_string_at(spec, "/workload", ""));
	if (!workload || json_object_size(expected) == 0) {
		printf("#   it names no workload or expects nothing\n");
		return false;
	}
	c.seconds = json_number_at(spec, "/seconds", 0);
	c.is_virtual = json_is_true(json_object_get(spec, "virtual"));
	c.options = options_of(arena, json_object_get(spec, "options"));
	struct workload_output *outputs =
		load_outputs(arena, dir, json_object_get(spec, "outputs"), &count);
	workload->read(&c, outputs, count, &reading);
	json = reading_json(&reading);
	json_object_foreach (expected, pointer, value)
		is_good &= is_as_expected(json, pointer, value);
	workload_reading_done(&reading);
	return is_good;
}

static size_t walk(const char *kind, size_t *ret_failed)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it */
	const char *folder = arena_printf(arena, "%s/tests/golden/%s", getenv("SOURCE_ROOT"), kind);
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	*ret_failed = 0;
	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): ours alone */
		if (entry->d_name[0] == '.')
			continue;
		count++;
		if (reads_as_expected(arena_printf(arena, "%s/%s", folder, entry->d_name)))
			continue;
		printf("# not as expected: golden/%s/%s\n", kind, entry->d_name);
		(*ret_failed)++;
	}
	return count;
}

#define READS(folder, at_least)                                                                    \
	TEST(every_stored_output_of_##folder##_reads_as_expected)                                  \
	{                                                                                          \
		size_t failed;                                                                     \
                                                                                                   \
		CHECK(walk(#folder, &failed) >= (at_least));                                       \
		CHECK(failed == 0);                                                                \
	}

READS(ping, 10)
READS(flood, 2)
READS(iperf3, 32)
READS(quic, 12)
READS(rate, 10)
READS(probe, 12)
READS(video, 8)
READS(nix_cache, 9)
READS(http_small, 10)
READS(wake, 2)
