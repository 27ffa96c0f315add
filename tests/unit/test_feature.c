/* SPDX-License-Identifier: MIT */
#include "plan/feature.h"

#include "base/json.h"
#include "plan/plan.h"

#include "tap.h"

#include <string.h>

static const char *golden(struct arena *arena, const char *name)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return arena_printf(arena, "%s/tests/golden/features/%s", root, name);
}

static const char *source(struct arena *arena, const char *name)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return arena_printf(arena, "%s/%s", root, name);
}

static int load_rows(struct arena *arena, struct feature_rows *rows, struct error *err)
{
	return feature_rows_load(arena, golden(arena, "rows.yml"), rows, err);
}

static int load_alpha(
	struct arena *arena, struct feature_rows *rows, struct feature_vpn *vpn, struct error *err)
{
	return load_rows(arena, rows, err) ||
			       feature_vpn_load(arena, rows, golden(arena, "alpha"), vpn, err)
		       ? -1
		       : 0;
}

static int load_bad(struct arena *arena, const char *name, struct error *err)
{
	const char *path = golden(arena, arena_printf(arena, "bad/%s.yml", name));
	struct feature_rows rows;
	struct feature_sheet sheet;

	if (strncmp(name, "rows-", strlen("rows-")) == 0)
		return feature_rows_load(arena, path, &rows, err);
	return load_rows(arena, &rows, err) ||
			       feature_sheet_load(arena, &rows, path,
				       strncmp(name, "other-", strlen("other-")) != 0, &sheet, err)
		       ? -1
		       : 0;
}

/* A file in tests/golden/features/bad, and all that is said about it after its name. */
static const struct {
	const char *name, *said;
} bad[] = {
	{"absent-alone", "10:79: 'absent' needs 'in': the paths without it"},
	{"anchor", "9:9: anchors, aliases and tags are not supported; write out the value"},
	{"caution-kind", "13:13: 'desing' is not one of design, property and known"},
	{"caution-known", "14:5: what is 'known' needs 'see': where it was published"},
	{"caution-long",
		"13:27: 'Every holder of the key is in. Every holder of the key is in...' has 310 characters; at most 300 are allowed"},
	{"caution-no-kind", "13:5: key 'kind' is missing"},
	{"caution-no-sha", "13:5: 'at' and 'sha' belong together"},
	{"caution-place", "13:65: 'alfa' is not among the sources; did you mean 'alpha'?"},
	{"caution-sha", "13:93: '6789' is not the first 12 hexadecimal digits of a SHA-256"},
	{"caution-source", "13:5: a line needs its source: 'at' or 'see'"},
	{"commit", "7:49: '89abcdef012' is not a commit of 12 to 40 hexadecimal digits"},
	{"control", "9:78: this text contains a control character"},
	{"in-alone", "10:79: 'in' needs 'absent': what these paths do not have"},
	{"missing-row", "9:3: row 'ipv6' is neither answered nor unknown with a reason"},
	{"no-note", "9:9: key 'note' is missing"},
	{"no-sha", "9:9: key 'sha' is missing"},
	{"note-long",
		"9:78: 'a TUN device, which carries packets of either family and no ...' has 192 characters; at most 120 are allowed"},
	{"other-same-and-cell", "7:8: row 'cipher' is answered twice"},
	{"other-same-twice", "7:14: row 'ipv4' is answered twice"},
	{"other-same-unknown", "7:8: unknown row 'ipv5'; did you mean 'ipv4'?"},
	{"place", "9:26: 'alpha src/tun.c' is not a place such as 'SOURCE src/file.c:10-12'"},
	{"place-absolute",
		"9:26: 'alpha /src/tun.c:10-12' is not a place such as 'SOURCE src/file.c:10-12'"},
	{"place-backwards",
		"9:26: 'alpha src/tun.c:12-10' is not a place such as 'SOURCE src/file.c:10-12'"},
	{"place-parent",
		"9:26: 'alpha ../src/tun.c:10-12' is not a place such as 'SOURCE src/file.c:10-12'"},
	{"place-zero",
		"9:26: 'alpha src/tun.c:0' is not a place such as 'SOURCE src/file.c:10-12'"},
	{"repo", "7:26: 'noise' is not OWNER/NAME"},
	{"row-twice", "11:3: key 'ipv4' is given twice"},
	{"rows-apart", "9:29: row 'cipher' must stand with the other rows of category 'inside'"},
	{"rows-by", "9:42: 'reading' is not one of observe, read and both"},
	{"rows-category", "9:29: unknown category 'outsid'; did you mean 'outside'?"},
	{"rows-category-twice", "5:11: category 'inside' is listed twice"},
	{"rows-id", "8:11: id 'IPv6': use lower-case letters, digits and '_'"},
	{"rows-key", "7:61: unknown key 'qestion'; did you mean 'question'?"},
	{"rows-question", "9:5: key 'question' is missing"},
	{"rows-schema", "2:9: schema '2' is not supported; this version reads schema 1"},
	{"rows-title",
		"9:55: 'The cipher that protects data packets by default' has 48 characters; at most 40 are allowed"},
	{"rows-twice", "8:11: row 'ipv4' is listed twice"},
	{"same-in-first",
		"8:1: 'same' belongs into a file for another version, features@VERSION.yml"},
	{"schema", "2:9: schema '2' is not supported; this version reads schema 1"},
	{"sha-letters", "9:56: '0123456789AB' is not the first 12 hexadecimal digits of a SHA-256"},
	{"sha-short", "9:56: '0123456789a' is not the first 12 hexadecimal digits of a SHA-256"},
	{"source", "9:26: 'alpa' is not among the sources; did you mean 'alpha'?"},
	{"source-twice", "7:13: source 'alpha' is listed twice"},
	{"unknown-and-known", "11:24: a cell that is 'unknown' gives the reason and nothing else"},
	{"unknown-key", "9:72: unknown key 'notes'; did you mean 'note'?"},
	{"unknown-row", "11:3: unknown key 'cypher'; did you mean 'cipher'?"},
	{"value-case", "10:15: 'No, IPv4 only': write 'no'"},
	{"value-empty", "9:15: the value is empty"},
	{"value-long",
		"10:15: 'no, this program carries packets of IPv4 only' has 45 characters; at most 40 are allowed"},
};

static bool is_refused(const char *name, const char *said)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *ending = arena_printf(arena, "/%s.yml:%s", name, said);
	struct error err = {0};
	bool is_loaded = load_bad(arena, name, &err) == 0;
	const char *found = is_loaded ? NULL : strstr(err.text, ending);

	if (found && strcmp(found, ending) == 0 && err.kind == ERROR_USAGE)
		return true;
	printf("# expected: %s\n# but is:   %s\n", ending, is_loaded ? "accepted" : err.text);
	return false;
}

TEST(every_bad_file_is_refused_with_its_place_and_the_reason)
{
	bool all = true;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		all = is_refused(bad[i].name, bad[i].said) && all;
	CHECK(all);
}

/* What only a folder as a whole can be wrong in. */
static const char *said_of_folder(struct arena *arena, const char *name, struct error *err)
{
	struct feature_rows rows;
	struct feature_vpn vpn;
	const char *dir = golden(arena, arena_printf(arena, "bad-folder/%s", name));

	if (load_rows(arena, &rows, err) || feature_vpn_load(arena, &rows, dir, &vpn, err) == 0)
		return "";
	return err->text + strlen(dir);
}

TEST(a_sheet_belongs_to_the_folder_and_the_version_by_which_it_is_found)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};

	CHECK(strcmp(said_of_folder(arena, "beta", &err),
		      "/features.yml:1:1: its vpn 'alpha' differs from the name of its folder, 'beta'") ==
		0);
	CHECK(strcmp(said_of_folder(arena, "alpha", &err),
		      "/features@1.1.yml:1:1: it was read in '1.0', but its name says '1.1'") == 0);
	CHECK(strcmp(said_of_folder(arena, "alone", &err),
		      "/features@1.0.yml:1:1: there is no features.yml from which it could differ") ==
		0);
}

TEST(a_folder_without_features_is_not_read_and_answers_nothing)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *document = NULL;
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;

	CHECK_OK(load_rows(arena, &rows, &err), err);
	CHECK_OK(feature_vpn_load(arena, &rows, source(arena, "drivers/none"), &vpn, &err), err);
	CHECK(vpn.sheet_count == 0);
	document = feature_rows_json(&rows);
	feature_vpn_json(document, "Internal", &rows, &vpn, NULL);
	CHECK(json_is_null(json_at(document, "/vpns/Internal/read")));
	CHECK(json_object_size(json_at(document, "/vpns/Internal/cells")) == 0);
}

TEST(a_cell_has_all_that_its_line_says)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct feature_cell *const *cells;
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;

	CHECK_OK(load_alpha(arena, &rows, &vpn, &err), err);
	CHECK(rows.count == 3 && rows.category_count == 2);
	CHECK(strcmp(rows.list[1].question, "Does IPv6 pass?") == 0);
	CHECK(rows.list[1].by == FEATURE_BOTH && rows.list[2].category == &rows.categories[1]);
	CHECK(vpn.sheet_count == 3 && strcmp(vpn.name, "alpha") == 0);
	cells = vpn.sheets[0].cells;
	CHECK(strcmp(cells[0]->place.file, "src/tun.c") == 0 && !cells[0]->absent);
	CHECK(cells[0]->place.first_line == 10 && cells[0]->place.last_line == 12);
	CHECK(cells[0]->place.source == &vpn.sheets[0].sources[0]);
	CHECK(cells[1]->place.first_line == 12 && cells[1]->place.last_line == 12);
	CHECK(strcmp(cells[1]->absent, "AF_INET6") == 0 && strcmp(cells[1]->in, "src") == 0);
	CHECK(!cells[2]->is && strcmp(cells[2]->unknown, "the library was not at hand") == 0);
}

TEST(the_first_word_of_a_value_is_its_kind)
{
	static const struct {
		const char *is;
		enum feature_kind kind;
	} cases[] = {{"yes", FEATURE_YES}, {"yes, X25519", FEATURE_YES},
		{"yes by ring", FEATURE_YES}, {"no", FEATURE_NO}, {"no; DERP is TCP", FEATURE_NO},
		{"none", FEATURE_OTHER}, {"partial, tarpit", FEATURE_PARTIAL},
		{"n/a", FEATURE_OTHER}, {"1280", FEATURE_OTHER}, {"not yet", FEATURE_OTHER},
		{NULL, FEATURE_UNKNOWN}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct feature_cell cell = {.is = cases[i].is};

		CHECK(feature_kind(&cell) == cases[i].kind);
	}
}

TEST(a_version_goes_by_its_own_answers_then_by_equal_lines_then_by_those_of_another_version)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_answer answers[FEATURE_MAX_ROWS];
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;

	CHECK_OK(load_alpha(arena, &rows, &vpn, &err), err);
	feature_answers(&rows, &vpn, "alpha version 1.0 (built today)", answers);
	CHECK(answers[0].standing == FEATURE_SAME_LINES && strcmp(answers[0].read, "2.0") == 0);
	CHECK(answers[1].standing == FEATURE_OTHER_VERSION);
	CHECK(answers[2].standing == FEATURE_AS_READ && strcmp(answers[2].read, "1.0") == 0);
	CHECK(strcmp(answers[2].cell->is, "AES-128-GCM") == 0);
	feature_answers(&rows, &vpn, "v2.0", answers);
	for (size_t i = 0; i < rows.count; i++)
		CHECK(answers[i].standing == FEATURE_AS_READ);
	CHECK(!answers[2].cell->is);
}

TEST(a_version_that_only_contains_another_is_another)
{
	static const char *const others[] = {
		"12.0", "2.0.1", "2.0-rc1", "v12.0", "2.0+git", "", NULL};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct feature_answer answers[FEATURE_MAX_ROWS];
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;

	CHECK_OK(load_alpha(arena, &rows, &vpn, &err), err);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		feature_answers(&rows, &vpn, others[i], answers);
		CHECK(answers[0].standing == FEATURE_OTHER_VERSION);
	}
}

TEST(the_document_names_the_source_of_the_sheet_that_answered)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *document = NULL;
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;
	const json_t *alpha;

	CHECK_OK(load_alpha(arena, &rows, &vpn, &err), err);
	document = feature_rows_json(&rows);
	feature_vpn_json(document, "Alpha", &rows, &vpn, "1.0");
	alpha = json_at(document, "/vpns/Alpha");
	CHECK(strcmp(json_string_at(alpha, "/ran", ""), "1.0") == 0);
	CHECK(json_number_at(alpha, "/cells/ipv4/place/source", -1) == 0);
	CHECK(json_number_at(alpha, "/cells/cipher/place/source", -1) == 2);
	CHECK(strncmp(json_string_at(alpha, "/sources/2/commit", ""), "1234", 4) == 0);
	CHECK(strcmp(json_string_at(alpha, "/cells/ipv6/standing", ""), "other_version") == 0);
	CHECK(strcmp(json_string_at(alpha, "/cells/ipv6/kind", ""), "no") == 0);
	CHECK(strcmp(json_string_at(document, "/rows/2/by", ""), "read") == 0);
}

TEST(what_to_know_before_choosing_is_that_of_the_version_or_else_of_the_first_sheet)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *document = NULL;
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;

	CHECK_OK(load_alpha(arena, &rows, &vpn, &err), err);
	CHECK(vpn.sheets[0].caution_count == 2 && vpn.sheets[2].caution_count == 1);
	CHECK(vpn.sheets[0].cautions[0].place.last_line == 4 && !vpn.sheets[0].cautions[0].see);
	document = feature_rows_json(&rows);
	feature_vpn_json(document, "old", &rows, &vpn, "1.0");
	feature_vpn_json(document, "new", &rows, &vpn, "2.0");
	feature_vpn_json(document, "third", &rows, &vpn, "3.0");
	feature_vpn_json(document, "oldest", &rows, &vpn, "0.9");
	CHECK(strcmp(json_string_at(document, "/vpns/old/security/0/says", ""),
		      "Packets travel in clear.") == 0);
	CHECK(json_number_at(document, "/vpns/old/security/0/place/source", -1) == 2);
	CHECK(strcmp(json_string_at(document, "/vpns/old/security/0/standing", ""), "as_read") ==
		0);
	CHECK(strcmp(json_string_at(document, "/vpns/new/security/1/see", ""), "CVE-2020-0000") ==
		0);
	CHECK(strcmp(json_string_at(document, "/vpns/new/security/1/standing", ""), "as_read") ==
		0);
	CHECK(strcmp(json_string_at(document, "/vpns/third/security/1/standing", ""),
		      "other_version") == 0);
	CHECK(strcmp(json_string_at(document, "/vpns/oldest/security/1/standing", ""),
		      "other_version") == 0);
}

TEST(sheets_are_known_by_their_names)
{
	CHECK(feature_is_sheet("features.yml") && feature_is_sheet("features@1.0.36.yml"));
	CHECK(!feature_is_sheet("driver.yml") && !feature_is_sheet("features@.yml"));
	CHECK(!feature_is_sheet("features@1.0.36") && !feature_is_sheet("my-features.yml"));
}

/* As in the text of the thesis the sums would be typed, here they are counted. */
TEST(ten_drivers_answer_every_row_or_say_why_not)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const *names;
	size_t read = 0, unknown = 0, cells = 0;
	struct error err = {0};
	struct feature_rows rows;

	CHECK_OK(feature_rows_load(arena, source(arena, "features/rows.yml"), &rows, &err), err);
	CHECK(rows.count == 138);
	CHECK_OK(plan_list(arena, "drivers", &names, &err), err);
	for (; *names; names++) {
		struct feature_vpn vpn;

		CHECK_OK(feature_vpn_load(arena, &rows,
				 source(arena, arena_printf(arena, "drivers/%s", *names)), &vpn,
				 &err),
			err);
		read += vpn.sheet_count > 0;
		for (size_t i = 0; vpn.sheet_count && i < rows.count; i++) {
			cells++;
			unknown += feature_kind(vpn.sheets[0].cells[i]) == FEATURE_UNKNOWN;
		}
	}
	CHECK(read == 10 && cells == 1380 && unknown == 4);
}
