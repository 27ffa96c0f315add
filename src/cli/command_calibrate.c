/* SPDX-License-Identifier: MIT */
/* meshbench calibrate: nominal and effective values of profiles on this machine, per engine. */
#include "cli/cli.h"
#include "cli/load.h"

#include "base/json.h"
#include "runner/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct calibrate_options {
	double seconds;
	const char *engine; /* NULL: all that can carry the profile */
	bool as_json;
};

static void print_row(const char *what, double nominal, double effective, const char *remark)
{
	char asked[32] = "-", met[32] = "-";

	if (isfinite(nominal))
		snprintf(asked, sizeof(asked), "%.4g", nominal);
	if (isfinite(effective))
		snprintf(met, sizeof(met), "%.4g", effective);
	printf("  %-28s%12s%12s  %s\n", what, asked, met, remark);
}

static double at(const json_t *json, const char *path)
{
	return json_number_at(json, path, NAN);
}

static void print_table(const json_t *result)
{
	printf("%s, engine %s, model %s\n  %-28s%12s%12s\n", json_string_at(result, "/profile", ""),
		json_string_at(result, "/engine", ""), json_string_at(result, "/model", ""),
		"one-way", "nominal", "effective");
	print_row("delay, mean [ms]", at(result, "/nominal/delay_ms"),
		at(result, "/effective/delay_us/mean") / 1e3, "");
	print_row("delay, mean as modelled", at(result, "/nominal/expected_mean_delay_ms"),
		at(result, "/effective/delay_us/mean") / 1e3, "clipped at zero");
	print_row("delay, p1 [ms]", NAN, at(result, "/effective/delay_us/p1") / 1e3, "");
	print_row("delay, p50 [ms]", NAN, at(result, "/effective/delay_us/p50") / 1e3, "");
	print_row("delay, p99 [ms]", NAN, at(result, "/effective/delay_us/p99") / 1e3, "");
	print_row("loss [%]", at(result, "/nominal/loss_percent"),
		at(result, "/effective/loss_percent"), "");
	print_row("loss burst, mean [packets]", at(result, "/nominal/mean_loss_burst_packets"),
		at(result, "/effective/mean_loss_burst_packets"), "");
	print_row("duplicates [%]", at(result, "/nominal/duplicate_percent"),
		100 * at(result, "/effective/duplicate_packets") /
			at(result, "/effective/sent_packets"),
		"");
	print_row("reordered, RFC 4737 [%]", at(result, "/nominal/reorder_percent"),
		at(result, "/effective/reordered_percent"), "jitter reorders too");
	print_row("payload rate [Mbit/s]", at(result, "/nominal/payload_bits_per_second") / 1e6,
		at(result, "/effective/payload_bits_per_second") / 1e6,
		json_string_at(result, "/effective/payload_rate_unknown", "1400-byte datagrams"));
	if (json_is_object(json_object_get(result, "wire")))
		print_row("release error, p99 [us]", NAN, at(result, "/wire/release_error_us/p99"),
			json_is_true(json_object_get(json_object_get(result, "wire"), "was_good"))
				? "the wire was punctual"
				: json_string_at(result, "/wire/reason", ""));
}

static int calibrate_on(struct procs *procs, const struct profile *profile, enum lab_engine engine,
	const struct calibrate_options *o, json_t *results, struct error *err)
{
	json_t *result;

	fprintf(stderr, "meshbench: %s with engine %s, about %.0f s\n", profile->name,
		lab_engine_name(engine), o->seconds + 5);
	if (calibrate(&(struct calibration){.procs = procs,
			      .profile = profile,
			      .engine = engine,
			      .state_dir = NAMESPACE_MEMORY "/calibrate",
			      .seconds = o->seconds},
		    &result, err))
		return -1;
	if (!o->as_json)
		print_table(result);
	return json_array_append_new(results, result);
}

/* With every engine that can carry it, or with the one that was asked for. */
static int calibrate_profile(struct procs *procs, const struct profile *profile,
	const struct calibrate_options *o, json_t *results, struct error *err)
{
	static const enum lab_engine engines[] = {
		LAB_ENGINE_WIRE, LAB_ENGINE_NETEM, LAB_ENGINE_BRIDGE};
	enum lab_engine asked = LAB_ENGINE_WIRE;

	if (o->engine && load_engine(o->engine, true, &asked, err))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		struct error why;

		if (o->engine && engines[i] != asked)
			continue;
		if (lab_can_carry(procs, engines[i], profile, &why)) {
			if (o->engine) {
				*err = why;
				return -1;
			}
			continue;
		}
		if (calibrate_on(procs, profile, engines[i], o, results, err))
			return -1;
	}
	return 0;
}

static int calibrate_list(struct arena *arena, const struct calibrate_options *o,
	const char *const *list, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	json_auto_t *results = json_array();

	if (strcmp(list[0], "all") == 0 && !list[1] && plan_list(arena, "profiles", &list, err))
		return -1;
	if (namespace_enter(err) || procs_new(&procs, err))
		return -1;
	for (size_t i = 0; list[i]; i++) {
		struct profile profile;

		if (load_profile(arena, list[i], &profile, err) ||
			calibrate_profile(procs, &profile, o, results, err))
			return -1;
	}
	if (o->as_json) {
		json_dumpf(results, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
		putchar('\n');
	}
	return 0;
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct calibrate_options o = {.seconds = 5};
	const struct option_row rows[] = {
		{"seconds", "N", "send probes for N seconds; default: 5", OPTION_SECONDS,
			&o.seconds, NULL, 0, 0},
		{"engine", "NAME",
			"only this engine; default: every engine that supports the profile",
			OPTION_TEXT, &o.engine, NULL, 0, 0},
		{"json", NULL, "print all results as JSON", OPTION_FLAG, &o.as_json, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "calibrate PROFILE...|all [OPTION]...",
		.examples = "meshbench calibrate lte\n"
			    "meshbench calibrate all --json\n",
		.about = "Compares what a profile says with what packets meet on this machine.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = SIZE_MAX};
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	return calibrate_list(arena, &o, given.arguments, &err) ? cli_report(&err) : EXIT_MEASURED;
}

const struct command command_calibrate = {
	"calibrate", "compare a profile with what packets meet", run};
