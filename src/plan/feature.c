/* SPDX-License-Identifier: MIT */
/* What a VPN answers to the feature matrix: all its files, and which of them a version goes by. */
#include "plan/feature.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/feature_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define BASE "features.yml"
#define OTHER "features@"

enum {
	MAX_SHEETS = 64
};

int feature_check_schema(const struct feature_reading *r)
{
	const struct yaml_value *schema = yaml_child(r->file->root, "schema");

	if (strcmp(schema->text, "1") == 0)
		return 0;
	return yaml_fail(r->file, schema, r->err,
		"schema '%s' is not supported; this version reads schema 1", schema->text);
}

/* C0 and DEL; in UTF-8, C1 is 0xc2 and a byte below 0xa0. */
static bool is_control(const unsigned char *at)
{
	return *at < ' ' || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

int feature_take_text(const struct feature_reading *r, const struct yaml_value *value, size_t most,
	const char **ret_text)
{
	const unsigned char *text = (const unsigned char *)value->text;
	size_t characters = 0;

	for (const unsigned char *at = text; *at; at++) {
		if (is_control(at))
			return yaml_fail(
				r->file, value, r->err, "this text contains a control character");
		characters += (*at & 0xc0) != 0x80; /* all but the further bytes of one in UTF-8 */
	}
	if (characters > most)
		return yaml_fail(r->file, value, r->err,
			"'%.60s%s' has %zu characters; at most %zu are allowed", value->text,
			characters > 60 ? "..." : "", characters, most);
	*ret_text = arena_strdup(r->file->arena, value->text);
	return 0;
}

static bool is_other_version(const char *name)
{
	size_t length = strlen(name);

	return text_starts_with(name, OTHER) && length > strlen(OTHER ".yml") &&
	       strcmp(name + length - 4, ".yml") == 0;
}

bool feature_is_sheet(const char *name)
{
	return strcmp(name, BASE) == 0 || is_other_version(name);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The next entry of a stream of our own, or NULL. */
static const struct dirent *next_entry(DIR *stream)
{
	return readdir(stream); /* NOLINT(concurrency-mt-unsafe): nobody else reads it */
}

/* Names of the files for other versions, sorted. */
static size_t list_others(struct arena *arena, const char *dir, const char *names[MAX_SHEETS])
{
	AUTO(dir_closep) DIR *stream = opendir(dir);
	const struct dirent *entry;
	size_t count = 0;

	while (stream && count < MAX_SHEETS && (entry = next_entry(stream))) {
		if (is_other_version(entry->d_name))
			names[count++] = arena_strdup(arena, entry->d_name);
	}
	qsort(names, count, sizeof(*names), by_text);
	return count;
}

/* "nebula" of "drivers/nebula/", and of "." there. */
static const char *name_of_folder(struct arena *arena, const char *dir)
{
	AUTO(text_freep) char *path = realpath(dir, NULL);
	const char *slash = path ? strrchr(path, '/') : NULL;

	return arena_strdup(arena, slash ? slash + 1 : dir);
}

/* A folder while its files are read. */
struct folder {
	struct arena *arena;
	const struct feature_rows *rows;
	const char *dir, *name;
	struct feature_sheet *sheets;
	size_t count;
};

/* A file belongs to the folder and the version by which it is found. */
static int check_name(const struct folder *folder, const char *name,
	const struct feature_sheet *sheet, struct error *err)
{
	const char *version = is_other_version(name)
				      ? arena_strndup(folder->arena, name + strlen(OTHER),
						strlen(name) - strlen(OTHER ".yml"))
				      : NULL;

	if (strcmp(sheet->vpn, folder->name) != 0)
		return fail(err, ERROR_USAGE,
			"%s:1:1: its vpn '%s' differs from the name of its folder, '%s'",
			sheet->path, sheet->vpn, folder->name);
	if (version && strcmp(sheet->read, version) != 0)
		return fail(err, ERROR_USAGE, "%s:1:1: it was read in '%s', but its name says '%s'",
			sheet->path, sheet->read, version);
	return 0;
}

static int add_sheet(struct folder *folder, const char *name, struct error *err)
{
	struct feature_sheet *sheet = &folder->sheets[folder->count];

	if (feature_sheet_load(folder->arena, folder->rows,
		    arena_printf(folder->arena, "%s/%s", folder->dir, name), folder->count == 0,
		    sheet, err) ||
		check_name(folder, name, sheet, err))
		return -1;
	folder->count++;
	return 0;
}

int feature_vpn_load(struct arena *arena, const struct feature_rows *rows, const char *dir,
	struct feature_vpn *ret_vpn, struct error *err)
{
	struct folder folder = {.arena = arena,
		.rows = rows,
		.dir = dir,
		.name = name_of_folder(arena, dir),
		.sheets = arena_alloc(arena, struct feature_sheet, MAX_SHEETS + 1)};
	const char *others[MAX_SHEETS];
	size_t count = list_others(arena, dir, others);
	bool is_read = path_exists(arena_printf(arena, "%s/" BASE, dir));

	if (!is_read && count)
		return fail(err, ERROR_USAGE,
			"%s/%s:1:1: there is no " BASE " from which it could differ", dir,
			others[0]);
	if (is_read && add_sheet(&folder, BASE, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (add_sheet(&folder, others[i], err))
			return -1;
	}
	*ret_vpn = (struct feature_vpn){folder.name, folder.sheets, folder.count};
	return 0;
}

enum feature_kind feature_kind(const struct feature_cell *cell)
{
	static const char *const words[] = {"yes", "no", "partial"};
	size_t length = cell->is ? strcspn(cell->is, " ,;") : 0;

	if (!cell->is)
		return FEATURE_UNKNOWN;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == length && strncmp(cell->is, words[i], length) == 0)
			return (enum feature_kind)i;
	}
	return FEATURE_OTHER;
}

/* Whether `version` stands in `text` as a word: "1.10.3" in "Version: 1.10.3", not in "11.10.3". */
static bool names_version(const char *text, const char *version)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-";
	size_t length = strlen(version);

	for (const char *at = text; (at = strstr(at, version)); at++) {
		bool begins = at == text || !strchr(letters, at[-1]) ||
			      (at[-1] == 'v' && (at == text + 1 || !strchr(letters, at[-2])));

		if (begins && (!at[length] || !strchr(letters, at[length])))
			return true;
	}
	return false;
}

/* A program may name the version of its main source, which then is the first one. */
static bool is_of(const struct feature_sheet *sheet, const char *ran)
{
	const char *main_version = sheet->sources[0].version;

	return ran && (names_version(ran, sheet->read) ||
			      (main_version && names_version(ran, main_version)));
}

/* `of_ran`: the sheet of the version that runs, which may be the first one; NULL-able. */
static struct feature_answer answer_of(
	const struct feature_sheet *first, const struct feature_sheet *of_ran, size_t row)
{
	bool is_same = of_ran && of_ran->is_same[row];

	if (of_ran && of_ran->cells[row])
		return (struct feature_answer){of_ran->cells[row], of_ran->read, FEATURE_AS_READ};
	return (struct feature_answer){first->cells[row], first->read,
		is_same ? FEATURE_SAME_LINES : FEATURE_OTHER_VERSION};
}

const struct feature_sheet *feature_sheet_of(const struct feature_vpn *vpn, const char *ran)
{
	for (size_t i = 0; i < vpn->sheet_count; i++) {
		if (is_of(&vpn->sheets[i], ran))
			return &vpn->sheets[i];
	}
	return NULL;
}

void feature_answers(const struct feature_rows *rows, const struct feature_vpn *vpn,
	const char *ran, struct feature_answer answers[])
{
	const struct feature_sheet *of_ran = feature_sheet_of(vpn, ran);

	for (size_t i = 0; i < rows->count; i++)
		answers[i] = answer_of(&vpn->sheets[0], of_ran, i);
}
