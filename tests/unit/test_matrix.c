/* SPDX-License-Identifier: MIT */
#include "report/model/matrix.h"

#include "base/json.h"
#include "plan/feature.h"

#include "tap.h"

enum {
	IPV4,
	IPV6,
	CIPHER,
	NAMES,
	SANDBOX
};

static const char *golden(struct arena *arena, const char *name)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return arena_printf(arena, "%s/tests/golden/features/%s", root, name);
}

static int load(struct arena *arena, struct matrix *matrix, struct error *err)
{
	json_auto_t *document = NULL;

	return json_read(golden(arena, "document.json"), 1024 * 1024, &document, err) ||
			       matrix_read(arena, document, matrix, err)
		       ? -1
		       : 0;
}

static const struct matrix_vpn *named(const struct matrix *matrix, const char *name)
{
	const struct matrix_vpn *vpn = matrix->vpns;

	while (strcmp(vpn->name, name) != 0)
		vpn++;
	return vpn;
}

TEST(a_cell_has_its_value_its_lines_and_the_version)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct matrix_cell *cells;
	struct error err = {0};
	struct matrix matrix;

	CHECK_OK(load(arena, &matrix, &err), err);
	CHECK(matrix.row_count == 5 && matrix.vpn_count == 3);
	CHECK(strcmp(matrix.rows[CIPHER].category, "What travels") == 0);
	cells = named(&matrix, "Wireguard")->cells;
	CHECK(cells[IPV6].kind == MATRIX_NO && strcmp(cells[IPV6].absent, "AF_INET6") == 0);
	CHECK(strcmp(matrix_place(arena, &cells[IPV4].place), "example/wire src/tun.c:10-12") == 0);
	CHECK(strcmp(matrix_place(arena, &cells[IPV6].place), "example/wire src/tun.c:12") == 0);
	CHECK(strncmp(cells[CIPHER].place.commit, "1234", 4) == 0);
	CHECK(cells[NAMES].kind == MATRIX_UNKNOWN &&
		strcmp(cells[NAMES].text, "nobody looked") == 0);
	CHECK(!matrix_place(arena, &cells[NAMES].place));
}

static const char *reason(struct arena *arena, const struct matrix_vpn *vpn, size_t row)
{
	return matrix_reason(arena, vpn, vpn->cells[row].read, vpn->cells[row].standing);
}

TEST(the_reason_says_in_which_version_a_cell_was_read)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct matrix_vpn *vpn;
	struct error err = {0};
	struct matrix matrix;
	struct matrix_vpn silent;

	CHECK_OK(load(arena, &matrix, &err), err);
	vpn = named(&matrix, "Wireguard");
	CHECK(strcmp(reason(arena, vpn, IPV4),
		      "read in 2.0; its lines are the same in the version that runs") == 0);
	CHECK(strcmp(reason(arena, vpn, IPV6),
		      "read in 2.0; the version that runs is another: 1.0") == 0);
	CHECK(strcmp(reason(arena, vpn, CIPHER), "read in 1.0, the version that runs") == 0);
	silent = *vpn;
	silent.ran = NULL;
	CHECK(strcmp(reason(arena, &silent, IPV6),
		      "read in 2.0; which version runs is not known") == 0);
}

TEST(counts_are_those_of_the_cells)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct matrix_vpn *vpn;
	struct error err = {0};
	struct matrix matrix;

	CHECK_OK(load(arena, &matrix, &err), err);
	vpn = named(&matrix, "Wireguard");
	CHECK(vpn->counts[MATRIX_YES] == 1 && vpn->counts[MATRIX_NO] == 1);
	CHECK(vpn->counts[MATRIX_PARTIAL] == 0 && vpn->counts[MATRIX_OTHER] == 1);
	CHECK(vpn->counts[MATRIX_UNKNOWN] == 2 && vpn->pale == 3);
}

TEST(vpns_differ_by_kind_or_by_value_where_both_are_known)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct matrix matrix;

	CHECK_OK(load(arena, &matrix, &err), err);
	CHECK(!matrix_differs(&matrix, IPV4));
	CHECK(matrix_differs(&matrix, IPV6));
	CHECK(matrix_differs(&matrix, CIPHER));
	CHECK(!matrix_differs(&matrix, NAMES));   /* unknown, and not written */
	CHECK(!matrix_differs(&matrix, SANDBOX)); /* yes, and unknown */
}

TEST(a_vpn_that_nobody_has_read_has_no_cells)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct matrix matrix;

	CHECK_OK(load(arena, &matrix, &err), err);
	CHECK(!named(&matrix, "Internal")->cells && !named(&matrix, "Internal")->read);
}

TEST(what_to_know_has_its_source_and_what_says_nothing_is_left_out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct matrix_vpn *vpn;
	struct error err = {0};
	struct matrix matrix;

	CHECK_OK(load(arena, &matrix, &err), err);
	CHECK(matrix_has_cautions(&matrix) && named(&matrix, "Nebula")->caution_count == 1);
	vpn = named(&matrix, "Wireguard");
	CHECK(vpn->caution_count == 2 && strcmp(vpn->cautions[1].see, "CVE-2020-0000") == 0);
	CHECK(vpn->cautions[1].standing == MATRIX_OTHER_VERSION && !vpn->cautions[1].place.repo);
	CHECK(strcmp(matrix_place(arena, &vpn->cautions[0].place), "example/wire src/key.c:1-4") ==
		0);
}

TEST(what_a_tree_does_not_say_is_unknown_and_a_place_without_its_source_is_none)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct matrix_cell *cells;
	struct error err = {0};
	struct matrix matrix;

	CHECK_OK(load(arena, &matrix, &err), err);
	cells = named(&matrix, "Nebula")->cells;
	CHECK(cells[NAMES].kind == MATRIX_UNKNOWN);
	CHECK(strcmp(cells[NAMES].text, "nothing is written about it") == 0);
	CHECK(cells[CIPHER].kind == MATRIX_OTHER && !cells[CIPHER].place.repo);
}

TEST(what_the_plan_room_writes_is_read_as_it_was_meant)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *document = NULL;
	struct error err = {0};
	struct feature_rows rows;
	struct feature_vpn vpn;
	struct matrix matrix;

	CHECK_OK(feature_rows_load(arena, golden(arena, "rows.yml"), &rows, &err), err);
	CHECK_OK(feature_vpn_load(arena, &rows, golden(arena, "alpha"), &vpn, &err), err);
	document = feature_rows_json(&rows);
	feature_vpn_json(document, "Alpha", &rows, &vpn, "1.0");
	CHECK_OK(matrix_read(arena, document, &matrix, &err), err);
	CHECK(matrix.row_count == rows.count && strcmp(matrix.vpns[0].read, "2.0") == 0);
	CHECK(matrix.vpns[0].cells[IPV4].standing == MATRIX_SAME_LINES);
	CHECK(matrix.vpns[0].cells[IPV6].standing == MATRIX_OTHER_VERSION);
	CHECK(matrix.vpns[0].cells[CIPHER].standing == MATRIX_AS_READ);
	CHECK(strncmp(matrix.vpns[0].cells[CIPHER].place.commit, "1234", 4) == 0);
}

TEST(a_document_of_another_schema_or_without_rows_is_refused)
{
	static const char *const files[][2] = {{"bad-document/schema.json", "its schema is not 1"},
		{"bad-document/rows.json", "it has 0 rows; from 1 to 1024 are expected"},
		{"bad-document/title.json",
			"a row needs an id, a category, a title, a question and 'by'"}};
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		json_auto_t *document = NULL;
		struct error err = {0};
		struct matrix matrix;

		CHECK_OK(json_read(golden(arena, files[i][0]), 1024, &document, &err), err);
		CHECK(matrix_read(arena, document, &matrix, &err) == -1);
		CHECK(err.kind == ERROR_PARSE && strcmp(err.text, files[i][1]) == 0);
	}
}

TEST(what_was_observed_stands_beside_what_was_read_and_a_contradiction_is_known)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct matrix matrix;
	struct error err = {0};
	struct matrix_vpn *vpn;
	const char *id;
	json_auto_t *answers = NULL;
	size_t row = 0;

	CHECK_OK(load(arena, &matrix, &err), err);
	vpn = &matrix.vpns[0];
	while (!vpn->cells)
		vpn++;
	while (vpn->cells[row].kind != MATRIX_YES)
		row++;
	id = matrix.rows[row].id;
	answers = json_pack("[{s:s, s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:n}]", "row", id, "is",
		"yes", "check", "soon", "because", "so", "row", id, "is", "no", "check", "late",
		"row", id, "is");
	matrix_observe(arena, &matrix, "no such VPN", answers);
	CHECK(!vpn->cells[row].observed.is && !matrix_contradicts(&vpn->cells[row]));
	matrix_observe(arena, &matrix, vpn->name, answers);
	CHECK(vpn->cells[row].observed.kind == MATRIX_NO);
	CHECK(strcmp(vpn->cells[row].observed.check, "late") == 0);
	CHECK(matrix_contradicts(&vpn->cells[row]));
	matrix_observe(arena, &matrix, vpn->name, answers);
	CHECK(vpn->cells[row].observed.kind == MATRIX_NO);
	CHECK(vpn->observed == 1 && vpn->unlike == 1 && matrix_row_contradicts(&matrix, row));
	CHECK(strcmp(matrix_mark(&vpn->cells[row]), "!") == 0);
	CHECK(strcmp(matrix_value(&vpn->cells[row]), "no") == 0);
	CHECK(!vpn->cells[row].doubt.check);
}

TEST(a_check_that_decides_nothing_says_why_and_one_whose_control_failed_before_all)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct matrix matrix;
	struct error err = {0};
	struct matrix_vpn *vpn;
	struct matrix_doubt *doubt;
	json_auto_t *answers = NULL;

	CHECK_OK(load(arena, &matrix, &err), err);
	vpn = &matrix.vpns[0];
	while (!vpn->cells)
		vpn++;
	answers = json_pack("[{s:s, s:n, s:s, s:s, s:s, s:s}, {s:s, s:n, s:s, s:s, s:s, s:n}]",
		"row", matrix.rows[0].id, "is", "check", "lossy", "not_decided", "too few", "known",
		"no", "control", "no", "row", matrix.rows[0].id, "is", "check", "late",
		"not_decided", "not decided there", "known", "yes", "control");
	CHECK(!matrix_control_failed(json_array_get(answers, 0)));
	CHECK(matrix_control_failed(json_array_get(answers, 1)));
	matrix_observe(arena, &matrix, vpn->name, answers);
	doubt = &vpn->cells[0].doubt;
	CHECK(doubt->check && strcmp(doubt->check, "late") == 0 && doubt->has_failed_control);
	CHECK(strcmp(doubt->known, "yes") == 0 && !doubt->control);
	CHECK(!vpn->cells[0].observed.is && vpn->observed == 0);
	CHECK(strcmp(matrix_mark(&vpn->cells[0]), "*") != 0);
	json_object_set_new(json_array_get(answers, 1), "because", json_string("no rules here"));
	json_object_set_new(
		json_array_get(answers, 1), "control_because", json_string("no rules here"));
	CHECK(!matrix_control_failed(json_array_get(answers, 1)));
}
