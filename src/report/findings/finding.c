/* The rule engine: runs every rule over every VPN and keeps what they found. */
#include "report/findings/finding.h"

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

struct finding *finding_add(struct findings *findings, const char *id, enum severity severity,
	const char *vpn, const char *fmt, ...)
{
	struct finding *finding = arena_alloc(findings->arena, struct finding, 1);
	char text[900];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finding->id = id;
	finding->severity = severity;
	finding->vpn = vpn;
	finding->sentence = arena_strdup(findings->arena, text);
	*findings->end = finding;
	findings->end = &finding->next;
	return finding;
}

void evidence_add(
	struct findings *findings, struct finding *finding, const char *path, const char *fmt, ...)
{
	struct evidence *evidence = arena_alloc(findings->arena, struct evidence, 1);
	struct evidence **at = &finding->evidence;
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	evidence->text = arena_strdup(findings->arena, text);
	evidence->path = path;
	while (*at)
		at = &(*at)->next;
	*at = evidence;
	finding->evidence_count++;
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

void finding_each_repetition(struct findings *findings, const struct report_vpn *vpn,
	void (*look)(struct findings *findings, struct finding **finding, const struct spot *spot),
	struct finding **finding)
{
	for (size_t i = 0; i < findings->results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(vpn, findings->results->profiles[i]);

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next)
			for (const struct report_repetition *repetition = link->repetitions;
				repetition; repetition = repetition->next) {
				const struct spot spot = {vpn, condition, link, repetition};

				look(findings, finding, &spot);
			}
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

static void run_rules(struct findings *findings, const struct report_vpn *vpn)
{
	for (size_t i = 0; rules_of_failures[i]; i++)
		rules_of_failures[i](findings, vpn);
	for (size_t i = 0; rules_of_numbers[i]; i++)
		rules_of_numbers[i](findings, vpn);
	for (size_t i = 0; rules_of_paths[i]; i++)
		rules_of_paths[i](findings, vpn);
	for (size_t i = 0; rules_of_meshes[i]; i++)
		rules_of_meshes[i](findings, vpn);
	for (size_t i = 0; rules_of_mtu[i]; i++)
		rules_of_mtu[i](findings, vpn);
	rule_unknown_cause(findings, vpn);
}

struct findings *findings_of(const struct report_results *results)
{
	struct findings *findings = arena_alloc(results->arena, struct findings, 1);

	findings->arena = results->arena;
	findings->results = results;
	findings->end = &findings->first;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		run_rules(findings, vpn);
	for (size_t i = 0; rules_of_trees[i]; i++)
		rules_of_trees[i](findings);
	sort_by_severity(findings);
	return findings;
}
