/* SPDX-License-Identifier: MIT */
/* The shape of driver.yml as libcyaml tables. Numbers and words stay texts: we read them strictly.
 */
#include "plan/driver_schema.h"

enum {
	MAX_TEXT = 16 * 1024,
	MAX_ENTRIES = 256
};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(key, flags, type, member)                                                             \
	CYAML_FIELD_STRING_PTR(key, flags, struct type, member, 1, MAX_TEXT)
#define LIST(key, type, member, entry)                                                             \
	CYAML_FIELD_SEQUENCE(key, OPTIONAL, struct type, member, &(entry), 0, MAX_ENTRIES)

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, MAX_TEXT)};

static const cyaml_schema_field_t role_fields[] = {
	TEXT("name", CYAML_FLAG_POINTER, written_role, name),
	TEXT("take", CYAML_FLAG_POINTER, written_role, take),
	LIST("needs", written_role, needs, text_entry), CYAML_FIELD_END};
static const cyaml_schema_value_t role_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_role, role_fields)};

static const cyaml_schema_field_t variant_fields[] = {
	TEXT("name", CYAML_FLAG_POINTER, written_variant, name),
	TEXT("what", CYAML_FLAG_POINTER, written_variant, what), CYAML_FIELD_END};
static const cyaml_schema_value_t variant_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_variant, variant_fields)};

static const cyaml_schema_field_t send_fields[] = {
	TEXT("from", CYAML_FLAG_POINTER, written_send, from),
	TEXT("to", CYAML_FLAG_POINTER, written_send, to),
	TEXT("public", OPTIONAL, written_send, is_public), CYAML_FIELD_END};
static const cyaml_schema_value_t send_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_send, send_fields)};

static const cyaml_schema_field_t write_fields[] = {
	TEXT("template", CYAML_FLAG_POINTER, written_write, template),
	TEXT("to", CYAML_FLAG_POINTER, written_write, to),
	TEXT("mode", OPTIONAL, written_write, mode), CYAML_FIELD_END};

static const cyaml_schema_field_t ready_fields[] = {
	TEXT("interface", OPTIONAL, written_ready, interface),
	TEXT("file", OPTIONAL, written_ready, file), TEXT("http", OPTIONAL, written_ready, http),
	TEXT("tcp", OPTIONAL, written_ready, tcp), TEXT("output", OPTIONAL, written_ready, output),
	CYAML_FIELD_END};

static const cyaml_schema_field_t capture_fields[] = {
	TEXT("as", CYAML_FLAG_POINTER, written_capture, as),
	TEXT("at", OPTIONAL, written_capture, at), TEXT("after", OPTIONAL, written_capture, after),
	TEXT("secret", OPTIONAL, written_capture, secret), CYAML_FIELD_END};
static const cyaml_schema_value_t capture_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_capture, capture_fields)};

static const cyaml_schema_field_t step_fields[] = {
	TEXT("what", CYAML_FLAG_POINTER, written_step, what),
	TEXT("where", OPTIONAL, written_step, where), TEXT("each", OPTIONAL, written_step, each),
	TEXT("run", OPTIONAL, written_step, run), TEXT("daemon", OPTIONAL, written_step, daemon),
	TEXT("script", OPTIONAL, written_step, script),
	CYAML_FIELD_MAPPING_PTR("write", OPTIONAL, struct written_step, write, write_fields),
	LIST("send", written_step, send, send_entry), TEXT("stdin", OPTIONAL, written_step, input),
	CYAML_FIELD_MAPPING_PTR("ready", OPTIONAL, struct written_step, ready, ready_fields),
	CYAML_FIELD_MAPPING_PTR("capture", OPTIONAL, struct written_step, capture, capture_fields),
	LIST("captures", written_step, captures, capture_entry),
	TEXT("within", OPTIONAL, written_step, within), TEXT("once", OPTIONAL, written_step, once),
	CYAML_FIELD_END};
static const cyaml_schema_value_t step_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_step, step_fields)};

static const cyaml_schema_field_t address_fields[] = {
	TEXT("interface", OPTIONAL, written_address, interface),
	TEXT("run", OPTIONAL, written_address, run), CYAML_FIELD_END};

static const cyaml_schema_field_t driver_fields[] = {
	TEXT("schema", CYAML_FLAG_POINTER, written_driver, schema),
	TEXT("name", CYAML_FLAG_POINTER, written_driver, name),
	TEXT("folder", OPTIONAL, written_driver, folder),
	TEXT("title", CYAML_FLAG_POINTER, written_driver, title),
	TEXT("architecture", OPTIONAL, written_driver, architecture),
	TEXT("datapath", OPTIONAL, written_driver, datapath),
	TEXT("version", OPTIONAL, written_driver, version),
	TEXT("observe", OPTIONAL, written_driver, observe),
	TEXT("extra", OPTIONAL, written_driver, extra),
	TEXT("underlay_ipv6", OPTIONAL, written_driver, underlay_ipv6),
	LIST("needs", written_driver, needs, text_entry),
	LIST("packages", written_driver, packages, text_entry),
	LIST("ports", written_driver, ports, text_entry),
	LIST("roles", written_driver, roles, role_entry),
	LIST("variants", written_driver, variants, variant_entry),
	LIST("prepare", written_driver, prepare, step_entry),
	LIST("serve", written_driver, serve, step_entry),
	LIST("join", written_driver, join, step_entry),
	LIST("stop", written_driver, stop, step_entry),
	CYAML_FIELD_MAPPING_PTR(
		"address", OPTIONAL, struct written_driver, address, address_fields),
	CYAML_FIELD_END};

const cyaml_schema_value_t driver_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_driver, driver_fields)};
