/* SPDX-License-Identifier: MIT */
/* Applies every rule to every VPN and keeps what it finds. */
#include "report/findings/rules.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {[SEVERITY_NOTE] = "note",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error"};

	return names[severity];
}

const char *impact_name(enum impact impact)
{
	static const char *const names[] = {[CHANGES_CHOICE] = "choice",
		[CHANGES_FIGURES] = "figures",
		[CHANGES_READING] = "reading"};

	return names[impact];
}

/* The finding of the look's id, which the first VPN that it is about makes. */
static struct finding *finding_of(struct look *look)
{
	struct finding **at = &look->findings->first;

	while (*at && strcmp((*at)->id, look->id) != 0)
		at = &(*at)->next;
	if (*at)
		return *at;
	*at = arena_alloc(look->findings->arena, struct finding, 1);
	**at = (struct finding){.id = look->id,
		.title = look->title,
		.brief = look->brief,
		.severity = look->rule->severity,
		.impact = look->rule->impact};
	return *at;
}

static struct about *add(struct look *look)
{
	struct about **at = &finding_of(look)->abouts;

	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(look->findings->arena, struct about, 1);
	(*at)->vpn = look->vpn ? look->vpn->name : NULL;
	return *at;
}

void look_say(struct look *look, const char *fmt, ...)
{
	char text[900];
	va_list args;

	if (look->about)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	look->about = add(look);
	look->about->sentence = arena_strdup(look->findings->arena, text);
}

void look_show(struct look *look, const char *path, const char *fmt, ...)
{
	struct evidence *evidence = arena_alloc(look->findings->arena, struct evidence, 1);
	struct evidence **at = &look->about->evidence;
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	evidence->text = arena_strdup(look->findings->arena, text);
	evidence->path = path;
	while (*at)
		at = &(*at)->next;
	*at = evidence;
	look->about->evidence_count++;
}

void finding_explain(struct findings *findings, const struct report_outcome *outcome)
{
	size_t count = findings->explained_count;

	if ((count & (count - 1)) == 0) {
		const struct report_outcome **more = arena_alloc(
			findings->arena, const struct report_outcome *, count ? 2 * count : 1);

		for (size_t i = 0; i < count; i++)
			more[i] = findings->explained[i];
		findings->explained = more;
	}
	findings->explained[findings->explained_count++] = outcome;
}

bool finding_explains(const struct findings *findings, const struct report_outcome *outcome)
{
	for (size_t i = 0; i < findings->explained_count; i++)
		if (findings->explained[i] == outcome)
			return true;
	return false;
}

const char *finding_place(struct findings *findings, const struct spot *spot)
{
	return arena_printf(findings->arena, "%s, %s", profile_title(spot->condition->profile),
		spot->link->folder);
}

void look_at_repetitions(
	struct look *look, void (*of_spot)(struct look *look, const struct spot *spot))
{
	const struct report_results *results = look->findings->results;

	for (size_t i = 0; i < results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(look->vpn, results->profiles[i]);

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next)
			for (const struct report_repetition *repetition = link->repetitions;
				repetition; repetition = repetition->next) {
				const struct spot spot = {look->vpn, condition, link, repetition};

				of_spot(look, &spot);
			}
	}
}

bool look_next_mesh(
	const struct look *look, enum report_workload_id workload, struct mesh_spot *spot)
{
	if (spot->whole)
		spot->whole = spot->whole->next;
	while (!spot->whole) {
		spot->condition = spot->condition ? spot->condition->next : look->vpn->conditions;
		if (!spot->condition)
			return false;
		spot->whole = spot->condition->whole;
	}
	spot->result = &spot->whole->results[workload];
	return true;
}

bool look_next_success(
	const struct look *look, enum report_workload_id workload, struct mesh_spot *spot)
{
	while (look_next_mesh(look, workload, spot)) {
		if (outcome_is_success(&spot->result->outcome))
			return true;
	}
	return false;
}

void look_at_facts(struct look *look, const char *list,
	void (*of_fact)(
		struct look *look, const struct report_condition *condition, const json_t *fact))
{
	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next) {
		const json_t *fact;
		size_t i;

		json_array_foreach (json_object_get(condition->vpn_facts, list), i, fact)
			of_fact(look, condition, fact);
	}
}

static bool changes_more(const struct finding *a, const struct finding *b)
{
	if (a->impact != b->impact)
		return a->impact < b->impact;
	if (a->severity != b->severity)
		return a->severity > b->severity;
	return a->evidence_count > b->evidence_count;
}

/* Equals stay in the order of the rules. */
static void sort_by_change(struct findings *findings)
{
	struct finding *all = findings->first, *next;

	findings->first = NULL;
	for (struct finding *f = all; f; f = next) {
		struct finding **at = &findings->first;

		next = f->next;
		for (const struct about *about = f->abouts; about; about = about->next)
			f->evidence_count += about->evidence_count;
		while (*at && !changes_more(f, *at))
			at = &(*at)->next;
		f->next = *at;
		*at = f;
	}
}

static void apply_to_vpns(struct findings *findings, const struct rule *rule)
{
	for (const struct report_vpn *vpn = findings->results->vpns; vpn; vpn = vpn->next) {
		struct look look = {findings, rule, vpn, NULL, rule->id, rule->title, rule->brief};

		if (rule->of_vpn)
			rule->of_vpn(&look);
		else
			look_at_repetitions(&look, rule->of_spot);
	}
}

static void apply_to_tree(struct findings *findings, const struct rule *rule)
{
	struct look look = {findings, rule, NULL, NULL, rule->id, rule->title, rule->brief};

	rule->of_tree(&look);
}

struct findings *findings_of(const struct report_results *results)
{
	struct findings *findings = arena_alloc(results->arena, struct findings, 1);

	findings->arena = results->arena;
	findings->results = results;
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].of_tree)
			apply_to_tree(findings, &rules[i]);
		else
			apply_to_vpns(findings, &rules[i]);
	}
	sort_by_change(findings);
	return findings;
}

const struct finding *finding_with(const struct findings *findings, const char *id)
{
	const struct finding *finding = findings->first;

	while (finding && strcmp(finding->id, id) != 0)
		finding = finding->next;
	return finding;
}

const struct about *finding_about(const struct finding *finding, const char *vpn)
{
	const struct about *about = finding->abouts;

	while (about && (vpn ? !about->vpn || strcmp(about->vpn, vpn) != 0 : about->vpn != NULL))
		about = about->next;
	return about;
}

static bool names_file(const struct finding *finding, const char *vpn, const char *path)
{
	const struct about *about = finding_about(finding, vpn);

	for (const struct evidence *e = about ? about->evidence : NULL; e; e = e->next)
		if (e->path && strcmp(e->path, path) == 0)
			return true;
	return false;
}

const struct finding *finding_of_file(
	const struct findings *findings, const char *vpn, const char *path)
{
	const struct finding *finding = findings->first;

	while (finding && !names_file(finding, vpn, path))
		finding = finding->next;
	return finding;
}

const struct finding *finding_of_failure(
	const struct findings *findings, const char *vpn, const char *path)
{
	const struct finding *finding = findings->first;

	while (finding && (!finding->brief || !names_file(finding, vpn, path)))
		finding = finding->next;
	return finding;
}
