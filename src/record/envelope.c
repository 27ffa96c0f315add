/*
 * The shape of a result: {status, data, meta} when it succeeded, and otherwise {status, error_type,
 * error, meta} in the published variants B (a command failed), C (it ran out of time) and D (no
 * command to blame). Readers of the published format need nothing else; cause, evidence and what
 * was measured nevertheless stand in keys that they do not know.
 */
#include "record/envelope.h"

#include "record/cause.h"

#include "base/attribute.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd";

/* Bytes of the UTF-8 sequence at `at`, 0 when there is none (RFC 3629, table 3-7 of Unicode). */
static size_t utf8_length(const unsigned char *at)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t more;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	more = at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : 3;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i <= more; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	}
	return more + 1;
}

json_t *envelope_text(const char *bytes)
{
	const unsigned char *at = (const unsigned char *)(bytes ? bytes : "");
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *text = arena_bytes(arena, strlen((const char *)at) + 1, strlen(replacement));
	char *to = text;

	while (*at) {
		size_t length = utf8_length(at);

		if (length) {
			to = mempcpy(to, at, length);
			at += length;
		} else {
			to = stpcpy(to, replacement);
			at++;
		}
	}
	*to = '\0';
	return json_string(text);
}

static json_t *command_error(const struct record_result *result)
{
	json_t *error = json_object(), *words = json_array();
	bool timed_out = result->timeout_s > 0;

	json_object_set_new(error, "stdout", envelope_text(result->out));
	json_object_set_new(error, "stderr", envelope_text(result->errout));
	json_object_set_new(error, "cwd", json_string(""));
	for (size_t i = 0; result->argv[i]; i++)
		json_array_append_new(words, envelope_text(result->argv[i]));
	json_object_set_new(error, "command_list", words);
	json_object_set_new(error, "returncode", json_integer(timed_out ? -1 : result->exit_code));
	if (timed_out)
		json_object_set_new(error, "msg",
			json_sprintf("Command timed out after %g seconds", result->timeout_s));
	return error;
}

static void add_error(json_t *envelope, const struct record_result *result)
{
	json_t *error;

	if (result->argv) {
		json_object_set_new(envelope, "error_type", json_string("CmdOut"));
		json_object_set_new(envelope, "error", command_error(result));
		if (result->timeout_s > 0)
			json_object_set_new(envelope, "timeout", json_real(result->timeout_s));
		return;
	}
	error = json_object();
	json_object_set_new(error, "description", envelope_text(result->evidence));
	json_object_set_new(error, "msg", json_string(cause_name(result->cause)));
	json_object_set_new(error, "location", json_string("meshbench"));
	json_object_set_new(envelope, "error_type", json_string("ClanError"));
	json_object_set_new(envelope, "error", error);
}

static json_t *meta_json(const struct record_cell *cell, const struct record_result *result)
{
	json_t *meta = json_pack("{s:f,s:i,s:i,s:f,s:f}", "duration_seconds", result->duration_s,
		"test_attempts", result->attempts, "vpn_restart_attempts", result->restart_attempts,
		"vpn_restart_duration_seconds", result->restart_s,
		"connectivity_wait_duration_seconds", result->wait_s);

	if (cell->source) {
		json_object_set_new(meta, "source", envelope_text(cell->source));
		json_object_set_new(meta, "target", envelope_text(cell->target));
	}
	/* Published files count 3 test_attempts on every failure; this key always tells the truth.
	 */
	json_object_set_new(meta, "attempts", json_integer(result->attempts));
	json_object_set_new(meta, "repetition", json_integer((json_int_t)cell->repetition));
	json_object_set_new(meta, "cause", json_string(cause_name(result->cause)));
	if (result->cause != CAUSE_SUCCESS)
		json_object_set_new(meta, "evidence", envelope_text(result->evidence));
	if (result->cause != CAUSE_SUCCESS && result->service_logs)
		json_object_set_new(meta, "service_logs", envelope_text(result->service_logs));
	if (result->meta)
		json_object_update_missing(meta, result->meta);
	return meta;
}

json_t *envelope_json(const struct record_cell *cell, const struct record_result *result)
{
	json_t *envelope = json_object();
	bool succeeded = result->cause == CAUSE_SUCCESS;

	json_object_set_new(envelope, "status", json_string(succeeded ? "success" : "error"));
	if (!succeeded)
		add_error(envelope, result);
	if (result->data)
		json_object_set(envelope, "data", result->data);
	json_object_set_new(envelope, "meta", meta_json(cell, result));
	return envelope;
}

json_t *envelope_pair(const struct record_pair *pair)
{
	const struct record_result *result = &pair->result;
	json_t *entry = json_object();

	json_object_set_new(entry, "source", envelope_text(pair->source));
	json_object_set_new(entry, "target", envelope_text(pair->target));
	if (result->cause == CAUSE_SUCCESS) {
		json_object_set(entry, "result", result->data);
		return entry;
	}
	json_object_set_new(entry, "error", envelope_text(result->evidence));
	json_object_set_new(entry, "error_type",
		json_string(result->timeout_s > 0 ? "ClanCmdTimeoutError" : "ClanCmdError"));
	json_object_set_new(entry, "cause", json_string(cause_name(result->cause)));
	/* Not under `result`: a flow that stalled must not enter a sum. */
	if (result->data)
		json_object_set(entry, "data", result->data);
	return entry;
}
