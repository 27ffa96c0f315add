/* SPDX-License-Identifier: MIT */
/* Rows and sheets of the feature matrix: what loads is complete, short and can be printed. */
#include "plan/feature.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

static const char rows_text[] =
	"schema: 1\n"
	"categories: [{ id: inside, title: Inside }]\n"
	"rows:\n"
	"  - { id: ipv4, category: inside, by: observe, title: IPv4, question: 'Does IPv4 pass?' }\n"
	"  - { id: ipv6, category: inside, by: both, title: IPv6, question: 'Does IPv6 pass?' }\n"
	"  - { id: cipher, category: inside, by: read, title: Cipher, question: 'Which cipher?' }\n";

static void check_cell(const struct feature_cell *cell)
{
	assert(!cell->is == (cell->unknown != NULL));
	assert((feature_kind(cell) == FEATURE_UNKNOWN) == !cell->is);
	if (!cell->is)
		return;
	assert(strlen(cell->place.sha) == FEATURE_SHA_DIGITS && cell->place.source && cell->note);
	assert(cell->place.first_line >= 1 && cell->place.last_line >= cell->place.first_line);
	assert(cell->place.file[0] && cell->place.file[0] != '/' &&
		!strstr(cell->place.file, ".."));
	assert(!cell->absent == !cell->in);
	for (const char *at = cell->is; *at; at++)
		assert((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void check_document(const struct feature_rows *rows, const struct feature_vpn *vpn)
{
	json_t *document = feature_rows_json(rows);

	feature_vpn_json(document, "Alpha", rows, vpn, "1.0");
	assert(json_object_size(json_object_get(
		       json_object_get(json_object_get(document, "vpns"), "Alpha"), "cells")) ==
		rows->count);
	json_decref(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/features.yml", paper_folder("t"));
	struct feature_sheet sheet;
	struct feature_rows rows;
	struct error err = {0};

	paper_write(path, data, size);
	if (feature_rows_load(arena, path, &rows, &err) == 0)
		assert(rows.count && rows.list[0].question[0]);
	else
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
	paper_write(path, (const uint8_t *)rows_text, strlen(rows_text));
	if (feature_rows_load(arena, path, &rows, &err))
		abort();
	paper_write(path, data, size);
	if (feature_sheet_load(arena, &rows, path, true, &sheet, &err)) {
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
		return 0;
	}
	for (size_t i = 0; i < rows.count; i++)
		check_cell(sheet.cells[i]);
	check_document(&rows, &(struct feature_vpn){"alpha", &sheet, 1});
	return 0;
}
