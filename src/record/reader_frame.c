/* SPDX-License-Identifier: MIT */
/* The frame around a result: every variant that published trees hold, and ours. */
#include "record/reader.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

static const char *text_at(struct arena *arena, const json_t *value, const char *pointer)
{
	const char *text = json_string_at(value, pointer, NULL);

	return text ? arena_strdup(arena, text) : NULL;
}

/* Counts are small whole numbers; anything else in their place is taken for none. */
static int count_at(const json_t *value, const char *pointer)
{
	double count = json_number_at(value, pointer, 0);

	return count >= 0 && count <= 1e6 ? (int)count : 0;
}

static void read_meta(struct arena *arena, const json_t *value, struct envelope *envelope)
{
	envelope->duration_s = json_number_at(value, "/meta/duration_seconds", 0);
	envelope->restart_s = json_number_at(value, "/meta/vpn_restart_duration_seconds", 0);
	envelope->wait_s = json_number_at(value, "/meta/connectivity_wait_duration_seconds", 0);
	envelope->attempts = count_at(value, "/meta/test_attempts");
	envelope->restart_attempts = count_at(value, "/meta/vpn_restart_attempts");
	envelope->source = text_at(arena, value, "/meta/source");
	envelope->target = text_at(arena, value, "/meta/target");
	envelope->cause = text_at(arena, value, "/meta/cause");
	envelope->evidence = text_at(arena, value, "/meta/evidence");
	envelope->marks = marks_of_meta(arena, json_object_get(value, "meta"));
}

bool envelope_of(struct arena *arena, const json_t *value, struct envelope *ret_envelope,
	const char **ret_why)
{
	const char *status = json_string_at(value, "/status", NULL);
	struct envelope envelope = {.status = ENVELOPE_NONE};

	if (!status) {
		*ret_envelope = envelope;
		return true;
	}
	read_meta(arena, value, &envelope);
	if (strcmp(status, "success") == 0) {
		envelope.status = ENVELOPE_SUCCESS;
		*ret_why = "its status is success, but its data is missing";
		*ret_envelope = envelope;
		return json_object_get(value, "data") != NULL;
	}
	envelope.status = ENVELOPE_ERROR;
	envelope.error_type = text_at(arena, value, "/error_type");
	envelope.timeout_s = json_number_at(value, "/timeout", 0);
	*ret_why = arena_printf(arena, "its status '%.40s' is neither success nor error", status);
	*ret_envelope = envelope;
	return strcmp(status, "error") == 0;
}
