/* SPDX-License-Identifier: MIT */
/* Values through libcyaml; what it refuses is said with the place that yaml_file.c knows. */
#include "plan/yaml_file.h"

#include "base/near.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_PATH_STEPS = 16
};

/* What libcyaml logs of a refusal: its first line and the way from the value up to the root. */
struct refusal {
	char reason[256];
	char steps[MAX_PATH_STEPS][64]; /* innermost first; "#3" is the third entry of a list */
	size_t count;
};

static void note_step(struct refusal *refusal, const char *line)
{
	char *step = refusal->steps[refusal->count];
	size_t size = sizeof(refusal->steps[0]);
	const char *quote = strchr(line, '\'');

	if (refusal->count == MAX_PATH_STEPS || !quote)
		return;
	snprintf(step, size, "%s%.*s", strstr(line, "sequence entry") ? "#" : "",
		(int)strcspn(quote + 1, "'"), quote + 1);
	refusal->count++;
}

PRINTF_LIKE(3, 0)
static void note_line(cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	struct refusal *refusal = context;
	char line[256];

	(void)level;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	if (text_starts_with(line, "  in "))
		note_step(refusal, line);
	else if (text_starts_with(line, "Load: ") && !refusal->reason[0])
		snprintf(refusal->reason, sizeof(refusal->reason), "%s", line + strlen("Load: "));
}

/* A value in the file together with the schema that governs it. */
struct place {
	const struct yaml_value *value;
	const cyaml_schema_value_t *schema;
};

static const cyaml_schema_value_t *schema_child(const cyaml_schema_value_t *schema, const char *key)
{
	const cyaml_schema_field_t *field = schema->mapping.fields;

	if (schema->type != CYAML_MAPPING)
		return NULL;
	while (field->key && strcmp(field->key, key) != 0)
		field++;
	return field->key ? &field->value : NULL;
}

/* Follows the steps from the root as far as the file has them. */
static struct place follow(const struct yaml_file *file, const cyaml_schema_value_t *schema,
	const struct refusal *refusal, size_t skip)
{
	struct place place = {file->root, schema};

	for (size_t i = refusal->count; i > skip; i--) {
		const char *step = refusal->steps[i - 1];
		struct place next;

		if (step[0] == '#') {
			next.value = yaml_entry(place.value, strtoul(step + 1, NULL, 10) - 1);
			next.schema = place.schema->type == CYAML_SEQUENCE
					      ? place.schema->sequence.entry
					      : NULL;
		} else {
			next.value = yaml_child(place.value, step);
			next.schema = schema_child(place.schema, step);
		}
		if (!next.value || !next.schema)
			break;
		place = next;
	}
	return place;
}

static const char *schema_key(const void *context, size_t index)
{
	const cyaml_schema_field_t *fields = context;

	return fields[index].key;
}

static int refuse_key(
	const struct yaml_file *file, struct place place, const char *key, struct error *err)
{
	const struct yaml_value *value = yaml_child(place.value, key);
	const char *meant = place.schema->type == CYAML_MAPPING
				    ? near_name(key, schema_key, place.schema->mapping.fields)
				    : NULL;

	if (!value)
		value = place.value;
	if (meant)
		return yaml_fail_key(
			file, value, err, "unknown key '%s'; did you mean '%s'?", key, meant);
	return yaml_fail_key(file, value, err, "unknown key '%s'", key);
}

static const char *what_belongs(const cyaml_schema_value_t *schema)
{
	return schema->type == CYAML_MAPPING    ? "a mapping of keys to values"
	       : schema->type == CYAML_SEQUENCE ? "a list"
						: "a text";
}

static int refuse(const struct yaml_file *file, const cyaml_schema_value_t *schema,
	const struct refusal *refusal, struct error *err)
{
	const char *reason = refusal->reason, *colon = strstr(reason, ": ");
	const char *word = colon ? colon + 2 : reason;
	/* A field that was loaded last is not the one that is missing: its mapping is. */
	bool is_missing = text_starts_with(reason, "Missing required");
	bool in_field = refusal->count && refusal->steps[0][0] != '#';
	struct place place = follow(file, schema, refusal, is_missing && in_field);

	if (text_starts_with(reason, "Unexpected key"))
		return refuse_key(file, place, word, err);
	if (is_missing)
		return yaml_fail(file, place.value, err, "key '%s' is missing", word);
	if (text_starts_with(reason, "Expecting"))
		return yaml_fail(
			file, place.value, err, "%s belongs here", what_belongs(place.schema));
	if (text_starts_with(reason, "Insufficient entries"))
		return yaml_fail(file, place.value, err, "the list is empty");
	if (place.value->kind == YAML_KIND_TEXT && !*place.value->text)
		return yaml_fail(file, place.value, err, "the value is empty");
	return yaml_fail(file, place.value, err, "%s", reason);
}

static const cyaml_config_t quiet = {
	.log_fn = NULL, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};

int yaml_load(const struct yaml_file *file, const cyaml_schema_value_t *schema, void **ret_data,
	struct error *err)
{
	struct refusal refusal = {0};
	cyaml_config_t config = {.log_fn = note_line,
		.log_ctx = &refusal,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS};
	void *data = NULL;
	cyaml_err_t status = cyaml_load_data(
		(const uint8_t *)file->text, file->size, &config, schema, &data, NULL);

	if (status == CYAML_OK && data) {
		*ret_data = data;
		return 0;
	}
	if (!refusal.reason[0])
		snprintf(refusal.reason, sizeof(refusal.reason), "%s", cyaml_strerror(status));
	return refuse(file, schema, &refusal, err);
}

void yaml_unload(const cyaml_schema_value_t *schema, void *data)
{
	(void)cyaml_free(&quiet, schema, data, 0);
}
