/* SPDX-License-Identifier: MIT */
/* meshbench features: what VPNs can do, with the evidence. */
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/matrix_text.h"

#include "base/json.h"
#include "base/near.h"
#include "base/terminal.h"
#include "plan/feature.h"
#include "report/model/results.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	USUAL_WIDTH = 80
};

struct request_features {
	const char *const *vpns, *const *rows;
	const char *tree; /* NULL: what drivers say here */
	bool only_differing, only_unlike, security, as_json;
};

static size_t width_of_terminal(void)
{
	size_t width = terminal_width(stdout);

	return width ? width : USUAL_WIDTH;
}

/*
 * The version that a run would use here: the installed one, else what is on PATH says, else the one
 * that `install` would build. NULL: not known.
 */
static const char *version_here(struct arena *arena, struct procs *procs, const struct pins *pins,
	const char *words, const struct driver *driver)
{
	const char *installed = choice_installed(arena, driver);
	struct choice choice;
	struct error ignored;

	if (installed)
		return installed;
	if (choice_read(arena, pins, NULL, words, &choice, &ignored))
		return NULL;
	if ((choice.is_system || !choice.is_named) && vpn_is_found(driver, &ignored) == 0)
		return vpn_version(arena, procs, driver);
	return choice.is_system ? NULL : choice.version->version;
}

static int add_vpn(struct arena *arena, struct procs *procs, const struct feature_rows *rows,
	const char *words, json_t *document, struct error *err)
{
	struct driver driver;
	struct feature_vpn vpn;
	struct pins pins;

	if (choice_driver(arena, words, &driver, err) ||
		feature_vpn_load(arena, rows, driver.dir, &vpn, err) ||
		install_pins(arena, &pins, err))
		return -1;
	feature_vpn_json(document, driver.label, rows, &vpn,
		vpn.sheet_count ? version_here(arena, procs, &pins, words, &driver) : NULL);
	return 0;
}

static int make_document(struct arena *arena, const struct feature_rows *rows,
	const char *const *vpns, json_t *document, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;

	if (procs_new(&procs, err) || (!vpns && plan_list(arena, "drivers", &vpns, err)))
		return -1;
	for (; *vpns; vpns++) {
		if (add_vpn(arena, procs, rows, *vpns, document, err))
			return -1;
	}
	return 0;
}

static const char *row_id(const void *context, size_t index)
{
	const struct matrix *matrix = context;

	return index < matrix->row_count ? matrix->rows[index].id : NULL;
}

static int choose_row(
	const struct matrix *matrix, const char *id, bool *is_chosen, struct error *err)
{
	const char *meant;

	for (size_t i = 0; i < matrix->row_count; i++) {
		if (strcmp(matrix->rows[i].id, id) == 0) {
			is_chosen[i] = true;
			return 0;
		}
	}
	meant = near_name(id, row_id, matrix);
	return fail(err, ERROR_USAGE, "unknown row '%s'%s%s%s; meshbench list features shows all",
		id, meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
}

static int choose_rows(const struct request_features *request, const struct matrix *matrix,
	bool *is_chosen, struct error *err)
{
	for (size_t i = 0; !request->rows && i < matrix->row_count; i++)
		is_chosen[i] = true;
	for (const char *const *id = request->rows; id && *id; id++) {
		if (choose_row(matrix, *id, is_chosen, err))
			return -1;
	}
	for (size_t i = 0; request->only_differing && i < matrix->row_count; i++)
		is_chosen[i] = is_chosen[i] && matrix_differs(matrix, i);
	for (size_t i = 0; request->only_unlike && i < matrix->row_count; i++)
		is_chosen[i] = is_chosen[i] && matrix_row_contradicts(matrix, i);
	return 0;
}

static json_t *counts_json(const struct matrix_vpn *vpn)
{
	json_t *counts = json_object();

	for (int kind = 0; kind < MATRIX_KINDS; kind++)
		json_object_set_new(counts, matrix_kind_name((enum matrix_kind)kind),
			json_integer((json_int_t)vpn->counts[kind]));
	json_object_set_new(counts, "other_version", json_integer((json_int_t)vpn->pale));
	return counts;
}

/* The document of a tree, with counts over all rows and only the chosen rows. */
static void print_json_document(
	json_t *document, const struct matrix *matrix, const bool *is_chosen)
{
	json_t *vpns = json_object_get(document, "vpns");
	size_t size;
	char *text;

	for (size_t i = 0; i < matrix->vpn_count; i++) {
		json_t *vpn = json_object_get(vpns, matrix->vpns[i].name);
		json_t *cells = json_object_get(vpn, "cells");

		if (matrix->vpns[i].cells)
			json_object_set_new(vpn, "counts", counts_json(&matrix->vpns[i]));
		for (size_t row = 0; row < matrix->row_count; row++) {
			if (!is_chosen[row])
				json_object_del(cells, matrix->rows[row].id);
		}
	}
	for (size_t row = matrix->row_count; row-- > 0;) {
		if (!is_chosen[row])
			json_array_remove(json_object_get(document, "rows"), row);
	}
	text = json_document(document, &size);
	fwrite(text, 1, size, stdout);
	free(text);
}

static void print_text(const struct request_features *request, const struct matrix_view *view)
{
	if (request->security) {
		matrix_print_cautions(view, stdout);
	} else if (request->rows || request->only_unlike) {
		matrix_print_rows(view, stdout);
	} else {
		matrix_print(view, stdout);
		matrix_print_counts(view, stdout);
	}
}

static const char *vpn_of_tree(const void *context, size_t index)
{
	const struct matrix *matrix = context;

	return index < matrix->vpn_count ? matrix->vpns[index].name : NULL;
}

/* Only these, in this order. */
static int choose_vpns(
	struct arena *arena, struct matrix *matrix, const char *const *names, struct error *err)
{
	struct matrix_vpn *list;
	size_t count = 0;

	while (names[count])
		count++;
	list = arena_alloc(arena, struct matrix_vpn, count);
	for (size_t k = 0; k < count; k++) {
		size_t i = 0;

		while (i < matrix->vpn_count && strcmp(matrix->vpns[i].name, names[k]) != 0)
			i++;
		if (i == matrix->vpn_count) {
			const char *meant = near_name(names[k], vpn_of_tree, matrix);

			return fail(err, ERROR_USAGE, "the tree has no features of '%s'%s%s%s",
				names[k], meant ? "; did you mean '" : "", meant ? meant : "",
				meant ? "'?" : "");
		}
		list[k] = matrix->vpns[i];
	}
	matrix->vpns = list;
	matrix->vpn_count = count;
	return 0;
}

/* What was read when the tree was made, and what was observed then. */
static int show_tree(struct arena *arena, const struct request_features *request, struct error *err)
{
	AUTO(results_freep) struct report_results *results = NULL;
	struct matrix matrix;
	bool *is_chosen;

	if (request->as_json)
		return fail(err, ERROR_USAGE,
			"--json does not go with --tree: features.json and observe.json in the tree are JSON");
	if (results_read(request->tree, &results, err))
		return -1;
	if (!results->matrix)
		return fail(err, ERROR_USAGE, "%s has no feature matrix (features.json)",
			request->tree);
	matrix = *results->matrix;
	is_chosen = arena_alloc(arena, bool, matrix.row_count);
	if ((request->vpns && choose_vpns(arena, &matrix, request->vpns, err)) ||
		choose_rows(request, &matrix, is_chosen, err))
		return -1;
	print_text(request, &(struct matrix_view){arena, &matrix, is_chosen, width_of_terminal(),
				    request->only_unlike});
	return 0;
}

static int show(struct arena *arena, const struct request_features *request, struct error *err)
{
	json_auto_t *document = NULL;
	struct feature_rows rows;
	struct matrix matrix;
	bool *is_chosen;

	if (request->only_unlike)
		return fail(err, ERROR_USAGE,
			"--unlike needs --tree DIR: something is observed in a run only");
	if (feature_rows_load(arena, plan_feature_rows(arena), &rows, err))
		return -1;
	document = feature_rows_json(&rows);
	if (make_document(arena, &rows, request->vpns, document, err) ||
		matrix_read(arena, document, &matrix, err))
		return -1;
	is_chosen = arena_alloc(arena, bool, matrix.row_count);
	if (choose_rows(request, &matrix, is_chosen, err))
		return -1;
	if (request->as_json)
		print_json_document(document, &matrix, is_chosen);
	else
		print_text(request, &(struct matrix_view){
					    arena, &matrix, is_chosen, width_of_terminal(), false});
	return 0;
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct request_features request = {0};
	const struct option_row rows[] = {
		{"vpn", "a,b,...", "only these; NAME@VERSION chooses a version", OPTION_LIST,
			&request.vpns, NULL, 0, 0},
		{"row", "ID,...", "the question, and each answer with its place and note",
			OPTION_LIST, &request.rows, NULL, 0, 0},
		{"differ", NULL, "only rows in which the VPNs differ", OPTION_FLAG,
			&request.only_differing, NULL, 0, 0},
		{"unlike", NULL, "of a tree: only what was observed unlike it was read",
			OPTION_FLAG, &request.only_unlike, NULL, 0, 0},
		{"security", NULL, "what to know before choosing, with its source", OPTION_FLAG,
			&request.security, NULL, 0, 0},
		{"tree", "DIR", "of this result tree, with what was observed in it", OPTION_TEXT,
			&request.tree, NULL, 0, 0},
		{"json", NULL, "print JSON", OPTION_FLAG, &request.as_json, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "features [OPTION]...",
		.examples = "meshbench features --vpn nebula,tinc\n",
		.about =
			"Shows what each VPN can do, as somebody read it in its source code. `meshbench list features` lists the rows.",
		.rows = rows,
		.count = ARRAY_SIZE(rows)};
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	return (request.tree ? show_tree : show)(arena, &request, &err) ? cli_report(&err)
									: EXIT_MEASURED;
}

const struct command command_features = {
	"features", "show what VPNs can do, with the evidence", run};
