/* SPDX-License-Identifier: MIT */
/* Findings, answers and problems as JSON. */
#include "report/findings/findings_json.h"

#include "base/json.h"

#include <math.h>

static json_t *number_json(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *evidence_json(const struct about *about)
{
	json_t *list = json_array();

	for (const struct evidence *e = about->evidence; e; e = e->next)
		json_array_append_new(
			list, json_make("{s:s,s:s*}", "text", e->text, "path", e->path));
	return list;
}

/* What a rule found, VPN by VPN. */
static json_t *finding_json(const struct finding *finding)
{
	json_t *vpns = json_array(), *list = json_array();

	for (const struct about *about = finding->abouts; about; about = about->next) {
		if (about->vpn)
			json_array_append_new(vpns, json_text(about->vpn));
		json_array_append_new(
			list, json_make("{s:s?,s:s,s:o}", "vpn", about->vpn, "sentence",
				      about->sentence, "evidence", evidence_json(about)));
	}
	return json_make("{s:s,s:s,s:s,s:s,s:o,s:o}", "id", finding->id, "title", finding->title,
		"severity", severity_name(finding->severity), "changes",
		impact_name(finding->impact), "vpns", vpns, "about", list);
}

json_t *findings_json(const struct findings *findings)
{
	json_t *list = json_array();

	for (const struct finding *f = findings->first; f; f = f->next)
		json_array_append_new(list, finding_json(f));
	return list;
}

static json_t *ranks_json(const struct answer *answer)
{
	json_t *list = json_array();

	for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
		json_array_append_new(list,
			json_make("{s:s,s:s,s:o,s:[o,o],s:o,s:I,s:I,s:b}", "vpn", rank->vpn->name,
				"group", rank->letters, "median", number_json(rank->median),
				"interval", number_json(rank->interval.low),
				number_json(rank->interval.high), "confidence",
				number_json(rank->interval.confidence), "links",
				(json_int_t)rank->samples.count, "links_planned",
				(json_int_t)rank->samples.planned, "marked",
				rank->samples.is_marked));
	return list;
}

static json_t *unranked_json(const struct answer *answer)
{
	json_t *list = json_array();

	for (const struct unranked *u = answer->unranked; u; u = u->next)
		json_array_append_new(list, json_make("{s:s,s:o}", "vpn", u->vpn->name, "below",
						    number_json(u->below)));
	return list;
}

json_t *answers_json(const struct answer *answers)
{
	json_t *list = json_array();

	for (const struct answer *answer = answers; answer; answer = answer->next) {
		json_t *caveats = json_array();

		for (const struct caveat *c = answer->caveats; c; c = c->next)
			json_array_append_new(caveats, json_text(c->text));
		json_array_append_new(list,
			json_make("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:o,s:o,s:o}", "id", answer->id,
				"question", answer->question, "answer", answer->sentence, "metric",
				report_metrics[answer->metric].title, "unit",
				report_metrics[answer->metric].unit, "profile", answer->profile,
				"tested", answer->is_tested, "ranking", ranks_json(answer),
				"unranked", unranked_json(answer), "cannot_tell", caveats));
	}
	return list;
}

static json_t *fittings_json(const struct situation *situation)
{
	json_t *list = json_array();

	for (const struct fitting *f = situation->fittings; f; f = f->next)
		json_array_append_new(
			list, json_make("{s:s,s:s,s:s,s:s,s:s,s:s?}", "vpn", f->vpn->name,
				      "profile", f->profile, "fit", fit_name(f->fit), "brief",
				      f->brief, "text", f->text, "path", f->path));
	return list;
}

json_t *situations_json(const struct situation *situations)
{
	json_t *list = json_array();

	for (const struct situation *s = situations; s; s = s->next)
		json_array_append_new(
			list, json_make("{s:s,s:s,s:s,s:o}", "id", s->id, "question", s->question,
				      "answer", s->sentence, "vpns", fittings_json(s)));
	return list;
}

static json_t *cells_json(
	struct arena *arena, const struct verdict *verdict, const struct verdict_row *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < verdict->answer_count; i++) {
		const struct verdict_cell *cell = &row->cells[i];

		json_array_append_new(
			list, json_make("{s:s,s:o,s:s,s:b,s:b,s:b,s:s?}", "question",
				      verdict->answers[i]->id, "median", number_json(cell->median),
				      "text", verdict_cell_text(arena, verdict->answers[i], cell),
				      "leads", cell->leads, "failed", cell->has_failed, "left_out",
				      cell->is_left_out, "finding",
				      cell->finding ? cell->finding->id : NULL));
	}
	return list;
}

static json_t *disqualifiers_json(const struct disqualifier *first)
{
	json_t *list = json_array();

	for (const struct disqualifier *d = first; d; d = d->next)
		json_array_append_new(list, json_make("{s:s,s:s?}", "text", d->text, "finding",
						    d->finding ? d->finding->id : NULL));
	return list;
}

json_t *verdict_json(struct arena *arena, const struct verdict *verdict)
{
	json_t *rows = json_array();

	for (const struct verdict_row *row = verdict->rows; row; row = row->next)
		json_array_append_new(
			rows, json_make("{s:s,s:b,s:I,s:o,s:o}", "vpn", row->vpn->name, "reference",
				      row->vpn->is_reference, "leads", (json_int_t)row->lead_count,
				      "disqualifiers", disqualifiers_json(row->disqualifiers),
				      "cells", cells_json(arena, verdict, row)));
	return json_make("{s:s,s:s,s:s,s:s?,s:s?,s:o}", "title", verdict->title, "circumstances",
		verdict->circumstances, "because", verdict->because, "behind_routers",
		verdict->behind, "finding", verdict->finding ? verdict->finding->id : NULL, "vpns",
		rows);
}

json_t *problems_json(const struct report_results *results)
{
	json_t *list = json_array();

	for (const struct tree_problem *p = results->reading.problems; p; p = p->next)
		json_array_append_new(list, json_make("{s:s,s:s}", "path", p->path, "why", p->why));
	return list;
}
