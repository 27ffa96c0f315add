/* SPDX-License-Identifier: MIT */
/* The pins file: which versions of which VPN, from where, with which sums. */
#include "plan/pins.h"

#include "base/text.h"
#include "plan/name.h"
#include "plan/yaml_file.h"

#include <string.h>

enum {
	MAX_TEXT = 1024,
	MAX_ENTRIES = 64,
	SHA256_DIGITS = 64,
	LONGEST_BUILD_S = 86400
};

/* As written; lists and texts are libcyaml's. */
struct written_module {
	const char *module, *crate, *at, *sum, *stamp;
	const char **packages, **programs, **features, **tags, **link;
	unsigned packages_count, programs_count, features_count, tags_count, link_count;
};

struct written_need {
	const char *program, *package;
};

struct written_version {
	const char *version, *seconds;
	struct written_module *go, *cargo;
	const char **debian;
	struct written_need *build;
	unsigned go_count, cargo_count, debian_count, build_count;
};

struct written_vpn {
	const char *name, *own;
	struct written_version *versions;
	unsigned versions_count;
};

struct written_pins {
	const char *schema;
	struct written_vpn *vpns;
	unsigned vpns_count;
};

#define NEEDED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(key, flags, type)                                                                     \
	CYAML_FIELD_STRING_PTR(#key, flags, struct written_##type, key, 1, MAX_TEXT)
#define LIST(key, flags, type, entry)                                                              \
	CYAML_FIELD_SEQUENCE(#key, flags, struct written_##type, key, &(entry), 1, MAX_ENTRIES)

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, MAX_TEXT)};

static const cyaml_schema_field_t go_fields[] = {TEXT(module, NEEDED, module),
	TEXT(at, NEEDED, module), TEXT(sum, NEEDED, module), TEXT(stamp, OPTIONAL, module),
	LIST(packages, NEEDED, module, text_entry), LIST(programs, NEEDED, module, text_entry),
	LIST(tags, OPTIONAL, module, text_entry), LIST(link, OPTIONAL, module, text_entry),
	CYAML_FIELD_END};
static const cyaml_schema_value_t go_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_module, go_fields)};

static const cyaml_schema_field_t cargo_fields[] = {TEXT(crate, NEEDED, module),
	TEXT(at, NEEDED, module), TEXT(sum, NEEDED, module),
	LIST(programs, NEEDED, module, text_entry), LIST(features, OPTIONAL, module, text_entry),
	CYAML_FIELD_END};
static const cyaml_schema_value_t cargo_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_module, cargo_fields)};

static const cyaml_schema_field_t need_fields[] = {
	TEXT(program, NEEDED, need), TEXT(package, NEEDED, need), CYAML_FIELD_END};
static const cyaml_schema_value_t need_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_need, need_fields)};

static const cyaml_schema_field_t version_fields[] = {TEXT(version, NEEDED, version),
	TEXT(seconds, OPTIONAL, version), LIST(go, OPTIONAL, version, go_entry),
	LIST(cargo, OPTIONAL, version, cargo_entry), LIST(debian, OPTIONAL, version, text_entry),
	LIST(build, OPTIONAL, version, need_entry), CYAML_FIELD_END};
static const cyaml_schema_value_t version_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_version, version_fields)};

static const cyaml_schema_field_t vpn_fields[] = {TEXT(name, NEEDED, vpn), TEXT(own, OPTIONAL, vpn),
	LIST(versions, OPTIONAL, vpn, version_entry), CYAML_FIELD_END};
static const cyaml_schema_value_t vpn_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_vpn, vpn_fields)};

static const cyaml_schema_field_t pins_fields[] = {
	TEXT(schema, NEEDED, pins), LIST(vpns, NEEDED, pins, vpn_entry), CYAML_FIELD_END};
static const cyaml_schema_value_t pins_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_pins, pins_fields)};

struct reading {
	const struct yaml_file *file;
	struct error *err;
};

/* Words that become arguments of clients and names of files: nothing that either could misread. */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
static const char file_letters[] = LETTERS "._+-";
static const char path_letters[] = LETTERS "._+~/-";
static const char sum_letters[] = LETTERS "+/=:";
static const char flag_letters[] = LETTERS "-=./";

static int check_word(const struct reading *r, const struct yaml_value *value, const char *letters)
{
	const char *text = value->text;

	if (text[strspn(text, letters)] || (text[0] == '-') != (letters == flag_letters) ||
		text[0] == '/' || (text[0] == '.' && text[1]) || strstr(text, ".."))
		return yaml_fail(r->file, value, r->err,
			"'%s' contains characters that are not allowed here", text);
	return 0;
}

/* `ret` gets a copy; NULL where the key is not there. */
static int take_word(const struct reading *r, const struct yaml_value *parent, const char *key,
	const char *letters, const char **ret)
{
	const struct yaml_value *value = yaml_child(parent, key);

	*ret = NULL;
	if (!value)
		return 0;
	if (check_word(r, value, letters))
		return -1;
	*ret = arena_strdup(r->file->arena, value->text);
	return 0;
}

static int take_words(const struct reading *r, const struct yaml_value *parent, const char *key,
	const char *letters, const char *const **ret)
{
	const struct yaml_value *list = yaml_child(parent, key);
	const char **words;
	size_t count = 0;

	while (yaml_entry(list, count))
		count++;
	*ret = words = arena_alloc(r->file->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_value *value = yaml_entry(list, i);

		if (check_word(r, value, letters))
			return -1;
		words[i] = arena_strdup(r->file->arena, value->text);
	}
	return 0;
}

static int check_sum(
	const struct reading *r, const struct yaml_value *value, enum pin_source source)
{
	const char *text = value->text;
	bool is_good = source == PIN_GO ? strncmp(text, "h1:", 3) == 0 && strlen(text) == 47
					: strlen(text) == SHA256_DIGITS &&
						  strspn(text, "0123456789abcdef") == SHA256_DIGITS;

	if (is_good)
		return 0;
	return yaml_fail(r->file, value, r->err, "'%s' is not the %s", text,
		source == PIN_GO ? "sum of a module (h1: and 44 letters)"
				 : "SHA-256 of a crate (64 hexadecimal digits)");
}

static int take_module(const struct reading *r, const struct yaml_value *value,
	enum pin_source source, struct pin_module *module)
{
	bool is_go = source == PIN_GO;
	size_t packages = 0, programs = 0;

	if (take_word(r, value, is_go ? "module" : "crate", is_go ? path_letters : file_letters,
		    &module->name) ||
		take_word(r, value, "at", file_letters, &module->at) ||
		check_sum(r, yaml_child(value, "sum"), source) ||
		take_word(r, value, "sum", sum_letters, &module->sum) ||
		take_word(r, value, "stamp", path_letters, &module->stamp) ||
		take_words(r, value, "packages", path_letters, &module->packages) ||
		take_words(r, value, "programs", file_letters, &module->programs) ||
		take_words(r, value, "link", flag_letters, &module->link) ||
		take_words(r, value, is_go ? "tags" : "features", file_letters, &module->features))
		return -1;
	while (module->packages[packages])
		packages++;
	while (module->programs[programs])
		programs++;
	if (is_go && packages != programs)
		return yaml_fail(r->file, yaml_child(value, "programs"), r->err,
			"%zu packages cannot make %zu programs; each package makes one program",
			packages, programs);
	return 0;
}

static int take_modules(const struct reading *r, const struct yaml_value *value, const char *key,
	struct pin_version *version)
{
	const struct yaml_value *list = yaml_child(value, key);
	struct pin_module *modules;

	while (yaml_entry(list, version->module_count))
		version->module_count++;
	version->modules = modules =
		arena_alloc(r->file->arena, struct pin_module, version->module_count);
	for (size_t i = 0; i < version->module_count; i++) {
		if (take_module(r, yaml_entry(list, i), version->source, &modules[i]))
			return -1;
	}
	return 0;
}

static int take_needs(
	const struct reading *r, const struct yaml_value *value, struct pin_version *version)
{
	const struct yaml_value *list = yaml_child(value, "build"), *entry;
	struct pin_need *needs = arena_alloc(r->file->arena, struct pin_need, MAX_ENTRIES);

	version->needs = needs;
	while ((entry = yaml_entry(list, version->need_count))) {
		struct pin_need *need = &needs[version->need_count++];

		if (take_word(r, entry, "program", file_letters, &need->program) ||
			take_word(r, entry, "package", file_letters, &need->package))
			return -1;
	}
	return 0;
}

/* What a build takes, roughly. */
static int take_seconds(
	const struct reading *r, const struct yaml_value *value, struct pin_version *version)
{
	const struct yaml_value *seconds = yaml_child(value, "seconds");
	struct error why;

	if (!seconds ||
		text_integer(seconds->text, 1, LONGEST_BUILD_S, &version->seconds, &why) == 0)
		return 0;
	return yaml_fail(r->file, seconds, r->err, "seconds: %s", why.text);
}

static int take_source(
	const struct reading *r, const struct yaml_value *value, struct pin_version *version)
{
	size_t sources = 0;

	for (enum pin_source source = PIN_GO; source <= PIN_DEBIAN; source++) {
		if (!yaml_child(value, pin_source_name(source)))
			continue;
		version->source = source;
		sources++;
	}
	if (sources != 1)
		return yaml_fail(r->file, value, r->err,
			"a version must have exactly one of go, cargo and debian");
	if ((version->source == PIN_DEBIAN) != (strcmp(version->version, PIN_SYSTEM) == 0))
		return yaml_fail(r->file, yaml_child(value, "version"), r->err,
			"what Debian packages install is called '" PIN_SYSTEM
			"', and nothing else is");
	if (version->source == PIN_DEBIAN)
		return take_words(r, value, "debian", file_letters, &version->packages);
	return take_modules(r, value, pin_source_name(version->source), version);
}

static int take_versions(const struct reading *r, const struct yaml_value *value, struct pin *pin)
{
	const struct yaml_value *list = yaml_child(value, "versions"), *entry;
	struct pin_version *versions = arena_alloc(r->file->arena, struct pin_version, MAX_ENTRIES);

	pin->versions = versions;
	while ((entry = yaml_entry(list, pin->version_count))) {
		struct pin_version *version = &versions[pin->version_count];

		if (check_word(r, yaml_child(entry, "version"), file_letters))
			return -1;
		version->version = arena_strdup(r->file->arena, yaml_child(entry, "version")->text);
		if (pin_version_named(pin, version->version))
			return yaml_fail(r->file, yaml_child(entry, "version"), r->err,
				"version '%s' is listed twice", version->version);
		if (take_source(r, entry, version) || take_needs(r, entry, version) ||
			take_seconds(r, entry, version))
			return -1;
		pin->version_count++;
	}
	return 0;
}

static int take_pin(const struct reading *r, const struct yaml_value *value,
	const struct written_vpn *written, struct pin *pin)
{
	if (!name_is_word(written->name))
		return yaml_fail(r->file, yaml_child(value, "name"), r->err,
			"name '%s': use lower-case letters, digits, '-' and '_'", written->name);
	pin->name = arena_strdup(r->file->arena, written->name);
	pin->own = written->own ? arena_strdup(r->file->arena, written->own) : NULL;
	if (take_versions(r, value, pin))
		return -1;
	if (!pin->version_count && !pin->own)
		return yaml_fail(r->file, value, r->err,
			"%s needs 'versions', or a sentence in 'own' that says how its project distributes it",
			pin->name);
	return 0;
}

static int take_pins(const struct reading *r, const struct written_pins *written, struct pins *pins)
{
	const struct yaml_value *list = yaml_child(r->file->root, "vpns");
	struct pin *all = arena_alloc(r->file->arena, struct pin, written->vpns_count);

	if (strcmp(written->schema, "1") != 0)
		return yaml_fail(r->file, yaml_child(r->file->root, "schema"), r->err,
			"schema '%s' is not supported; this version reads schema 1",
			written->schema);
	*pins = (struct pins){.list = all};
	for (size_t i = 0; i < written->vpns_count; i++) {
		const struct yaml_value *value = yaml_entry(list, i);

		if (pins_named(pins, written->vpns[i].name))
			return yaml_fail(r->file, yaml_child(value, "name"), r->err,
				"VPN '%s' is listed twice", written->vpns[i].name);
		if (take_pin(r, value, &written->vpns[i], &all[i]))
			return -1;
		pins->count++;
	}
	return 0;
}

int pins_load(struct arena *arena, const char *path, struct pins *ret_pins, struct error *err)
{
	struct yaml_file file;
	struct reading reading = {&file, err};
	struct pins pins;
	void *written;
	int status;

	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &pins_schema, &written, err))
		return -1;
	status = take_pins(&reading, written, &pins);
	yaml_unload(&pins_schema, written);
	if (status == 0)
		*ret_pins = pins;
	return status;
}

const struct pin *pins_named(const struct pins *pins, const char *vpn)
{
	for (size_t i = 0; i < pins->count; i++) {
		if (strcmp(pins->list[i].name, vpn) == 0)
			return &pins->list[i];
	}
	return NULL;
}

const struct pin_version *pin_version_named(const struct pin *pin, const char *version)
{
	for (size_t i = 0; i < pin->version_count; i++) {
		if (strcmp(pin->versions[i].version, version) == 0)
			return &pin->versions[i];
	}
	return NULL;
}

const char *pin_source_name(enum pin_source source)
{
	static const char *const names[] = {"go", "cargo", "debian"};

	return names[source];
}
