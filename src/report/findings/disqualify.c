/* SPDX-License-Identifier: MIT */
/* What rules a VPN out, however fast it is. */
#include "report/findings/verdict.h"

#include <math.h>
#include <string.h>

enum {
	VIDEO_LEAST = 50 /* percent; with half of the picture lost nobody watches */
};

struct trial {
	const struct report_results *results;
	const struct findings *findings;
	const struct report_vpn *vpn;
	struct disqualifier *first;
};

/* Equal words stand once. */
static void disqualify(struct trial *trial, const struct finding *finding, const char *text)
{
	struct disqualifier **at = &trial->first;

	while (*at && strcmp((*at)->text, text) != 0)
		at = &(*at)->next;
	if (*at)
		return;
	*at = arena_alloc(trial->results->arena, struct disqualifier, 1);
	**at = (struct disqualifier){.text = text, .finding = finding};
}

/* What was found about the VPN; NULL when nothing was. */
static const struct finding *found(const struct trial *trial, const char *id)
{
	const struct finding *finding = finding_with(trial->findings, id);

	return finding && finding_about(finding, trial->vpn->name) ? finding : NULL;
}

/* How a workload ended on the links of a condition, or as often as on all links at once. */
struct places {
	size_t measured, dead; /* dead: each repetition of it failed */
	const char *path;      /* of one of these failures */
};

static void count_place(struct places *places, const struct report_repetition *repetitions,
	enum report_workload_id id)
{
	size_t failed = 0, good = 0;

	for (const struct report_repetition *r = repetitions; r; r = r->next) {
		const struct report_outcome *outcome = report_outcome_of(r, id);

		good += outcome->envelope.status == ENVELOPE_SUCCESS;
		if (outcome->envelope.status != ENVELOPE_ERROR)
			continue;
		failed++;
		places->path = good ? places->path : outcome->path;
	}
	places->measured += failed + good > 0;
	places->dead += failed > 0 && good == 0;
}

static struct places places_of(const struct report_condition *condition, enum report_workload_id id)
{
	struct places places = {0};

	if (!condition)
		return places;
	if (!report_workloads[id].is_of_links)
		count_place(&places, condition->whole, id);
	else
		for (const struct report_link *link = condition->links; link; link = link->next)
			count_place(&places, link->repetitions, id);
	return places;
}

/* Without impairment: there a failure is the VPN's own. */
static void try_workload(struct trial *trial, const char *profile, enum report_workload_id id)
{
	struct places own = places_of(condition_of(trial->vpn, profile), id);
	struct places bare = places_of(condition_of(trial->results->reference, profile), id);
	const struct finding *finding;
	bool is_impossible;

	if (!own.dead || bare.dead)
		return;
	finding = own.path ? finding_of_file(trial->findings, trial->vpn->name, own.path) : NULL;
	is_impossible = finding && strcmp(finding->id, "mtu-quic") == 0;
	if (own.dead < own.measured)
		disqualify(trial, finding, "dead link");
	else
		disqualify(trial, finding,
			arena_printf(trial->results->arena, "%s %s", report_workloads[id].heading,
				is_impossible ? "impossible" : "fails"));
}

static bool has_stalled(const struct report_condition *condition)
{
	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next)
		for (const struct report_repetition *r = link->repetitions; r; r = r->next)
			if (outcome_is_success(&r->tcp.outcome) && !tcp_is_crossed(&r->tcp) &&
				(r->tcp.forward.is_stalled || r->tcp.reverse.is_stalled))
				return true;
	return false;
}

static void try_stalls(struct trial *trial)
{
	for (const struct report_condition *condition = trial->vpn->conditions; condition;
		condition = condition->next)
		if (has_stalled(condition) &&
			!has_stalled(condition_of(trial->results->reference, condition->profile)))
			disqualify(trial, found(trial, "stalled-link"), "dead link");
}

static double video_percent(
	const struct trial *trial, const struct report_vpn *vpn, const char *profile)
{
	struct report_samples samples =
		samples_of(trial->results->arena, condition_of(vpn, profile), METRIC_VIDEO);

	return samples_median(&samples);
}

static void try_video(struct trial *trial, const char *profile)
{
	double percent = video_percent(trial, trial->vpn, profile);

	if (percent < VIDEO_LEAST &&
		!(video_percent(trial, trial->results->reference, profile) < VIDEO_LEAST))
		disqualify(trial, found(trial, "mtu-video"),
			arena_printf(trial->results->arena, "video %.0f %%", percent));
}

struct disqualifier *disqualifiers_of(const struct report_results *results,
	const struct findings *findings, const struct report_vpn *vpn)
{
	struct trial trial = {results, findings, vpn, NULL};
	const char *profile = results_base_profile(results);

	if (vpn->is_reference)
		return NULL;
	for (size_t id = 0; profile && id < REPORT_WORKLOADS; id++)
		try_workload(&trial, profile, (enum report_workload_id)id);
	if (profile)
		try_video(&trial, profile);
	try_stalls(&trial);
	if (found(&trial, "cause-crashed"))
		disqualify(&trial, found(&trial, "cause-crashed"), "crashed");
	return trial.first;
}
