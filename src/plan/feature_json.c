/* SPDX-License-Identifier: MIT */
/* The feature matrix as one document: what result trees keep, and what `meshbench features` reads.
 */
#include "plan/feature.h"

#include "base/json.h"
#include "plan/feature_internal.h"

#include <assert.h>
#include <string.h>

json_t *feature_rows_json(const struct feature_rows *rows)
{
	json_t *categories = json_array(), *list = json_array();

	for (size_t i = 0; i < rows->category_count; i++)
		json_array_append_new(
			categories, json_make("{s:s, s:s}", "id", rows->categories[i].id, "title",
					    rows->categories[i].title));
	for (size_t i = 0; i < rows->count; i++) {
		const struct feature_row *row = &rows->list[i];

		json_array_append_new(
			list, json_make("{s:s, s:s, s:s, s:s, s:s}", "id", row->id, "category",
				      row->category->id, "by", feature_by_name(row->by), "title",
				      row->title, "question", row->question));
	}
	return json_make("{s:i, s:o, s:o, s:{}}", "schema", 1, "categories", categories, "rows",
		list, "vpns");
}

static const char *kind_name(enum feature_kind kind)
{
	static const char *const names[] = {"yes", "no", "partial", "other", "unknown"};

	return names[kind];
}

static const char *standing_name(enum feature_standing standing)
{
	static const char *const names[] = {"as_read", "same_lines", "other_version"};

	return names[standing];
}

/* The sheets that answer: the first one, and that of the version that runs, if there is another. */
struct answering {
	const struct feature_sheet *sheets[2];
};

/* Sources stand one behind the other; cells name theirs by its number. */
static int number_of_source(const struct answering *answering, const struct feature_source *source)
{
	size_t before = 0;

	for (size_t i = 0; i < 2 && answering->sheets[i]; i++) {
		const struct feature_sheet *sheet = answering->sheets[i];

		if (source >= sheet->sources && source < sheet->sources + sheet->source_count)
			return (int)(before + (size_t)(source - sheet->sources));
		before += sheet->source_count;
	}
	assert(!"a source of a sheet that answers");
	return 0;
}

static json_t *sources_json(const struct answering *answering)
{
	json_t *list = json_array();

	for (size_t i = 0; i < 2 && answering->sheets[i]; i++) {
		for (size_t k = 0; k < answering->sheets[i]->source_count; k++) {
			const struct feature_source *source = &answering->sheets[i]->sources[k];

			json_array_append_new(
				list, json_make("{s:s, s:s, s:s, s:s?}", "name", source->name,
					      "repo", source->repo, "commit", source->commit,
					      "version", source->version));
		}
	}
	return list;
}

static json_t *place_json(const struct answering *answering, const struct feature_place *place)
{
	return json_make("{s:i, s:s, s:I, s:I, s:s}", "source",
		number_of_source(answering, place->source), "file", place->file, "first_line",
		(json_int_t)place->first_line, "last_line", (json_int_t)place->last_line, "sha",
		place->sha);
}

static json_t *answer_json(const struct answering *answering, const struct feature_answer *answer)
{
	const struct feature_cell *cell = answer->cell;
	const char *kind = kind_name(feature_kind(cell));
	const char *standing = standing_name(answer->standing);

	if (!cell->is)
		return json_make("{s:s, s:s, s:s, s:s}", "kind", kind, "unknown", cell->unknown,
			"read", answer->read, "standing", standing);
	return json_make("{s:s, s:s, s:o, s:s*, s:s*, s:s, s:s, s:s}", "kind", kind, "is", cell->is,
		"place", place_json(answering, &cell->place), "absent", cell->absent, "in",
		cell->in, "note", cell->note, "read", answer->read, "standing", standing);
}

/* Of the version that runs, or else of the first sheet. */
static json_t *cautions_json(const struct answering *answering, bool is_of_ran)
{
	const struct feature_sheet *first = answering->sheets[0], *other = answering->sheets[1];
	const struct feature_sheet *sheet = other && other->caution_count ? other : first;
	bool is_as_read = is_of_ran && (sheet == other || !other);
	json_t *list = json_array();

	for (size_t i = 0; sheet && i < sheet->caution_count; i++) {
		const struct feature_caution *caution = &sheet->cautions[i];
		json_t *entry = json_make("{s:s, s:s, s:s*, s:s, s:s}", "kind",
			feature_caution_name(caution->kind), "says", caution->says, "see",
			caution->see, "read", sheet->read, "standing",
			standing_name(is_as_read ? FEATURE_AS_READ : FEATURE_OTHER_VERSION));

		if (caution->place.source)
			json_object_set_new(entry, "place", place_json(answering, &caution->place));
		json_array_append_new(list, entry);
	}
	return list;
}

void feature_vpn_json(json_t *document, const char *name, const struct feature_rows *rows,
	const struct feature_vpn *vpn, const char *ran)
{
	const struct feature_sheet *of_ran = feature_sheet_of(vpn, ran);
	const struct answering answering = {{vpn->sheet_count ? &vpn->sheets[0] : NULL,
		of_ran && of_ran != &vpn->sheets[0] ? of_ran : NULL}};
	struct feature_answer answers[FEATURE_MAX_ROWS];
	json_t *cells = json_object();

	if (vpn->sheet_count)
		feature_answers(rows, vpn, ran, answers);
	for (size_t i = 0; vpn->sheet_count && i < rows->count; i++)
		json_object_set_new(cells, rows->list[i].id, answer_json(&answering, &answers[i]));
	json_object_set_new(json_object_get(document, "vpns"), name,
		json_make("{s:s, s:s?, s:s?, s:o, s:o, s:o}", "vpn", vpn->name, "ran", ran, "read",
			vpn->sheet_count ? vpn->sheets[0].read : NULL, "sources",
			sources_json(&answering), "cells", cells, "security",
			cautions_json(&answering, of_ran != NULL)));
}
