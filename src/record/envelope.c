/* SPDX-License-Identifier: MIT */
/*
 * The shape of a result: {status, data, meta} when it succeeded, and otherwise {status, error_type,
 * error, meta} in the published variants B (a command failed), C (it ran out of time) and D (no
 * command to blame). Readers of the published format need nothing else; cause, evidence and what
 * was measured nevertheless stand in keys that they do not know.
 */
#include "record/envelope.h"

#include "record/cause.h"

#include "base/json.h"

/* Readers of the published format expect text here, not null. */
static json_t *text_or_empty(const char *text)
{
	return json_text(text ? text : "");
}

static json_t *command_error(const struct record_result *result)
{
	json_t *error = json_object(), *words = json_array();
	bool timed_out = result->timeout_s > 0;

	json_object_set_new(error, "stdout", text_or_empty(result->out));
	json_object_set_new(error, "stderr", text_or_empty(result->errout));
	json_object_set_new(error, "cwd", json_text(""));
	for (size_t i = 0; result->argv[i]; i++)
		json_array_append_new(words, text_or_empty(result->argv[i]));
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
		json_object_set_new(envelope, "error_type", json_text("CmdOut"));
		json_object_set_new(envelope, "error", command_error(result));
		if (result->timeout_s > 0)
			json_object_set_new(envelope, "timeout", json_real(result->timeout_s));
		return;
	}
	error = json_object();
	json_object_set_new(error, "description", text_or_empty(result->evidence));
	json_object_set_new(error, "msg", json_text(cause_name(result->cause)));
	json_object_set_new(error, "location", json_text("meshbench"));
	json_object_set_new(envelope, "error_type", json_text("ClanError"));
	json_object_set_new(envelope, "error", error);
}

static json_t *meta_json(const struct record_cell *cell, const struct record_result *result)
{
	json_t *meta = json_make("{s:f,s:i,s:i,s:f,s:f}", "duration_seconds", result->duration_s,
		"test_attempts", result->attempts, "vpn_restart_attempts", result->restart_attempts,
		"vpn_restart_duration_seconds", result->restart_s,
		"connectivity_wait_duration_seconds", result->wait_s);

	if (cell->source) {
		json_object_set_new(meta, "source", text_or_empty(cell->source));
		json_object_set_new(meta, "target", text_or_empty(cell->target));
	}
	/* Published files count 3 test_attempts on every failure; this key always tells the truth.
	 */
	json_object_set_new(meta, "attempts", json_integer(result->attempts));
	json_object_set_new(meta, "repetition", json_integer((json_int_t)cell->repetition));
	json_object_set_new(meta, "cause", json_text(cause_name(result->cause)));
	if (result->cause != CAUSE_SUCCESS)
		json_object_set_new(meta, "evidence", text_or_empty(result->evidence));
	if (result->cause != CAUSE_SUCCESS && result->service_logs)
		json_object_set_new(meta, "service_logs", json_text(result->service_logs));
	if (result->meta)
		json_object_update_missing(meta, result->meta);
	return meta;
}

json_t *envelope_json(const struct record_cell *cell, const struct record_result *result)
{
	json_t *envelope = json_object();
	bool succeeded = result->cause == CAUSE_SUCCESS;

	json_object_set_new(envelope, "status", json_text(succeeded ? "success" : "error"));
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

	json_object_set_new(entry, "source", text_or_empty(pair->source));
	json_object_set_new(entry, "target", text_or_empty(pair->target));
	if (result->cause == CAUSE_SUCCESS) {
		json_object_set(entry, "result", result->data);
		return entry;
	}
	json_object_set_new(entry, "error", text_or_empty(result->evidence));
	json_object_set_new(entry, "error_type",
		json_text(result->timeout_s > 0 ? "ClanCmdTimeoutError" : "ClanCmdError"));
	json_object_set_new(entry, "cause", json_text(cause_name(result->cause)));
	/* Not under `result`: a flow that stalled must not enter a sum. */
	if (result->data)
		json_object_set(entry, "data", result->data);
	return entry;
}
