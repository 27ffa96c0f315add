/* SPDX-License-Identifier: MIT */
/* Where the time of a VPN's run went, in the published form. */
#include "record/timing.h"

#include "base/json.h"

#include "record/envelope.h"

#include <assert.h>

json_t *timing_new(const char *vpn, double start_s)
{
	return json_make("{s:s,s:f,s:f,s:f,s:[]}", "vpn_name", vpn, "total_duration_seconds", 0.0,
		"start_timestamp", start_s, "end_timestamp", start_s, "phases");
}

static json_t *last_phase(const json_t *timing)
{
	const json_t *phases = json_object_get(timing, "phases");

	assert(json_array_size(phases) > 0);
	return json_array_get(phases, json_array_size(phases) - 1);
}

void timing_begin_phase(json_t *timing, const char *phase, const char *profile, double start_s)
{
	json_t *begun = json_make("{s:s,s:f,s:f,s:[]}", "phase", phase, "duration_seconds", 0.0,
		"start_timestamp", start_s, "operations");

	if (profile)
		json_object_set_new(begun, "metadata", json_make("{s:s}", "profile", profile));
	json_array_append_new(json_object_get(timing, "phases"), begun);
}

void timing_add(json_t *timing, const struct timing_operation *operation)
{
	json_t *added = json_make("{s:s,s:f,s:f,s:b}", "name", operation->name, "duration_seconds",
		operation->duration_s, "start_timestamp", operation->start_s, "success",
		!operation->error);

	if (operation->error)
		json_object_set_new(added, "error_message", json_text(operation->error));
	json_array_append_new(json_object_get(last_phase(timing), "operations"), added);
}

static void set_duration(json_t *object, const char *key, double end_s)
{
	double start_s = json_number_value(json_object_get(object, "start_timestamp"));

	json_object_set_new(object, key, json_real(end_s - start_s));
}

void timing_end_phase(json_t *timing, double end_s)
{
	set_duration(last_phase(timing), "duration_seconds", end_s);
	set_duration(timing, "total_duration_seconds", end_s);
	json_object_set_new(timing, "end_timestamp", json_real(end_s));
}
