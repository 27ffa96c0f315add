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

static struct finding *add(struct look *look)
{
	struct findings *findings = look->findings;
	struct finding *finding = arena_alloc(findings->arena, struct finding, 1);

	*finding = (struct finding){.id = look->rule->id,
		.title = look->rule->title,
		.severity = look->rule->severity,
		.vpn = look->vpn ? look->vpn->name : NULL};
	*findings->end = finding;
	findings->end = &finding->next;
	return finding;
}

void look_say(struct look *look, const char *fmt, ...)
{
	char text[900];
	va_list args;

	if (look->finding)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	look->finding = add(look);
	look->finding->sentence = arena_strdup(look->findings->arena, text);
}

void look_show(struct look *look, const char *path, const char *fmt, ...)
{
	struct evidence *evidence = arena_alloc(look->findings->arena, struct evidence, 1);
	struct evidence **at = &look->finding->evidence;
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
	look->finding->evidence_count++;
}

void finding_explain(struct findings *findings, const struct report_outcome *outcome)
{
	size_t count = findings->explained_count;

	if ((count & (count - 1)) == 0) {
		const char **more =
			arena_alloc(findings->arena, const char *, count ? 2 * count : 1);

		for (size_t i = 0; i < count; i++)
			more[i] = findings->explained[i];
		findings->explained = more;
	}
	findings->explained[findings->explained_count++] = outcome->path;
}

bool finding_explains(const struct findings *findings, const struct report_outcome *outcome)
{
	for (size_t i = 0; i < findings->explained_count; i++)
		if (strcmp(findings->explained[i], outcome->path) == 0)
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

/* Errors first, in the order they were found; most readers stop early. */
static void sort_by_severity(struct findings *findings)
{
	struct finding *all = findings->first, *next;

	findings->first = NULL;
	findings->end = &findings->first;
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_NOTE; severity--) {
		struct finding **at = &all;

		while (*at) {
			if ((*at)->severity != (enum severity)severity) {
				at = &(*at)->next;
				continue;
			}
			next = (*at)->next;
			*findings->end = *at;
			findings->end = &(*at)->next;
			*at = next;
		}
		*findings->end = NULL;
	}
}

static void apply_to_vpns(struct findings *findings, const struct rule *rule)
{
	for (const struct report_vpn *vpn = findings->results->vpns; vpn; vpn = vpn->next) {
		struct look look = {findings, rule, vpn, NULL};

		if (rule->of_vpn)
			rule->of_vpn(&look);
		else
			look_at_repetitions(&look, rule->of_spot);
	}
}

static void apply_to_tree(struct findings *findings, const struct rule *rule)
{
	struct look look = {findings, rule, NULL, NULL};

	rule->of_tree(&look);
}

struct findings *findings_of(const struct report_results *results)
{
	struct findings *findings = arena_alloc(results->arena, struct findings, 1);

	findings->arena = results->arena;
	findings->results = results;
	findings->end = &findings->first;
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].of_tree)
			apply_to_tree(findings, &rules[i]);
		else
			apply_to_vpns(findings, &rules[i]);
	}
	sort_by_severity(findings);
	return findings;
}

bool finding_is_first_of_id(const struct findings *findings, const struct finding *finding)
{
	const struct finding *f = findings->first;

	while (f != finding && strcmp(f->id, finding->id) != 0)
		f = f->next;
	return f == finding;
}

const struct finding *finding_next_of_id(const struct finding *finding)
{
	const struct finding *f = finding->next;

	while (f && strcmp(f->id, finding->id) != 0)
		f = f->next;
	return f;
}
