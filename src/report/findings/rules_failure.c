/* Rules about results that are not there: what failed, and what the evidence blames. */
#include "report/findings/finding.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_failed(const struct report_outcome *outcome)
{
	return outcome->envelope.status == ENVELOPE_ERROR;
}

static double path_mtu(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->tcp.outcome) && repetition->tcp.path_mtu_bytes > 0
		       ? repetition->tcp.path_mtu_bytes
		       : NAN;
}

/* The path MTU that TCP found under any profile; NAN when TCP never said. */
static double mtu_of(const struct findings *findings, const struct report_vpn *vpn)
{
	double mtu = NAN;

	for (size_t i = 0; i < findings->results->profile_count; i++)
		mtu = fmax(mtu, printed_mean(condition_of(vpn, findings->results->profiles[i]),
					path_mtu, NULL));
	return mtu;
}

enum {
	QUIC_DATAGRAM = 1280,     /* what the published QUIC program sends first */
	OUR_DATAGRAM = 1200,      /* and ours: the least that QUIC allows */
	UDP_HEADERS = 28,         /* with those of IPv4 */
	VIDEO_PAYLOAD = 7 * 188,  /* MPEG-TS packets in one datagram */
	VIDEO_PACKET = 1316 + 40, /* with RTP, UDP and IPv4 headers */
};

static void look_quic_mtu(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->qperf.outcome;
	double mtu = mtu_of(findings, spot->vpn);
	const char *cause = outcome->envelope.cause;
	bool is_named = outcome->logs_say_too_long || (cause && strcmp(cause, "mtu") == 0);
	int bytes = cause ? OUR_DATAGRAM : QUIC_DATAGRAM;

	/* Our own runs say what it was. */
	if (!has_failed(outcome) || (!is_named && (cause || !(mtu < bytes + UDP_HEADERS))))
		return;
	if (!*finding)
		*finding = finding_add(findings, "mtu-quic", SEVERITY_ERROR, spot->vpn->name,
			"QUIC cannot work over %s as it is set up: its first datagrams are %d "
			"bytes long, with headers %d or more, and the tunnel carries %s.",
			spot->vpn->name, bytes, bytes + UDP_HEADERS,
			isnan(mtu) ? "less" : arena_printf(findings->arena, "%.0f", mtu));
	evidence_add(findings, *finding, outcome->path, "%s: %s%s; path MTU of TCP %s",
		finding_place(findings, spot), outcome->detail ? outcome->detail : "failed",
		outcome->logs_say_too_long ? ", the server's log says 'message too long'" : "",
		isnan(mtu) ? "unknown" : arena_printf(findings->arena, "%.0f bytes", mtu));
	finding_explain(findings, outcome);
}

static void rule_quic_mtu(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_quic_mtu, &finding);
}

/* The same low quality under every profile: the network's losses are not what breaks it. */
static void rule_video_mtu(struct findings *findings, const struct report_vpn *vpn)
{
	double low = INFINITY, high = -INFINITY, mtu = mtu_of(findings, vpn);
	struct finding *finding;
	size_t count = 0;

	for (size_t i = 0; i < findings->results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(vpn, findings->results->profiles[i]);
		struct report_samples samples =
			samples_of(findings->arena, condition, METRIC_VIDEO);

		for (size_t j = 0; j < samples.count; j++, count++) {
			low = fmin(low, samples.values[j]);
			high = fmax(high, samples.values[j]);
		}
	}
	if (count < 3 || high > 50 || high - low > 5 || !(mtu < VIDEO_PACKET))
		return;
	finding = finding_add(findings, "mtu-video", SEVERITY_ERROR, vpn->name,
		"Video over %s keeps only %.0f %% of its packets with and without impairment, so "
		"lost "
		"packets on the wire are not the reason. Each datagram holds %d bytes of video and "
		"with headers at least %d, and the tunnel carries %.0f: datagrams would have to "
		"travel in fragments.",
		vpn->name, high, VIDEO_PAYLOAD, VIDEO_PACKET, mtu);
	evidence_add(findings, finding, NULL,
		"quality between %.2f and %.2f %% in all %zu runs; path MTU of TCP %.0f bytes", low,
		high, count, mtu);
}

static void look_start_race(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_udp *udp = &spot->repetition->udp;
	double duration = udp->outcome.envelope.duration_s;

	/* Our own runs say what it was, and have one stream per client. */
	if (udp->outcome.envelope.cause || !has_failed(&udp->outcome) ||
		udp->streams_connected != 1 || udp->intervals_done || duration > 5)
		return;
	if (!*finding)
		*finding =
			finding_add(findings, "udp-start-race", SEVERITY_WARNING, spot->vpn->name,
				"UDP over %s failed before it began: iperf3 opens one stream per "
				"direction, "
				"one of the two never connected and it gave up within seconds. "
				"Reordering of "
				"its first packets does that to any network; it says nothing about "
				"the VPN.",
				spot->vpn->name);
	evidence_add(findings, *finding, udp->outcome.path,
		"%s: 1 of 2 streams connected, no interval measured, ended after %.1f s",
		finding_place(findings, spot), duration);
	finding_explain(findings, &udp->outcome);
}

static void rule_start_race(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_start_race, &finding);
}

/* The words of a stored command line, joined; NULL when there is none. */
static const char *command_of(struct arena *arena, const struct report_outcome *outcome)
{
	const json_t *words = json_at(outcome->error, "/command_list");
	const char *line = NULL;

	for (size_t i = 0; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));

		line = arena_printf(
			arena, "%s%s%s", line ? line : "", line ? " " : "", word ? word : "");
	}
	return line;
}

static void look_connect_limit(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->udp.outcome;
	const char *command = has_failed(outcome) ? command_of(findings->arena, outcome) : NULL;
	const char *option = command ? strstr(command, "--connect-timeout ") : NULL;
	double limit_ms = option ? strtod(strchr(option, ' '), NULL) : 0;

	if (!(limit_ms > 0 && limit_ms < 1000) || outcome->envelope.duration_s > 10 ||
		!outcome->detail || !strstr(outcome->detail, "unable to connect to server"))
		return;
	if (!*finding)
		*finding = finding_add(findings, "connect-limit", SEVERITY_WARNING, spot->vpn->name,
			"A test over %s ended because its control connection had only a fraction "
			"of a "
			"second to be set up: iperf3 counts --connect-timeout in milliseconds.",
			spot->vpn->name);
	evidence_add(findings, *finding, outcome->path, "%s: '%.22s' and ended after %.1f s",
		finding_place(findings, spot), option, outcome->envelope.duration_s);
	finding_explain(findings, outcome);
}

static void rule_connect_limit(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_connect_limit, &finding);
}

/* The longest download that succeeded anywhere for this VPN; NAN when none did. */
static double longest_download_s(const struct findings *findings, const struct report_vpn *vpn)
{
	double longest = NAN;

	for (size_t i = 0; i < findings->results->profile_count; i++) {
		struct report_samples samples = samples_of(findings->arena,
			condition_of(vpn, findings->results->profiles[i]), METRIC_NIX);

		for (size_t j = 0; j < samples.count; j++)
			longest = fmax(longest, samples.values[j]);
	}
	return longest;
}

static void look_time_limit(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->nix.outcome;
	double limit = outcome->envelope.timeout_s;

	if (!has_failed(outcome) || limit <= 0)
		return;
	if (!*finding)
		*finding = finding_add(findings, "time-limit", SEVERITY_WARNING, spot->vpn->name,
			"The download over %s was cut off by a clock, not by an error: one limit "
			"of "
			"%.0f s covers a warm-up and two runs, so %.0f s each; the longest "
			"download "
			"of %s that was allowed to end took %.0f s. 'No result' here means 'slower "
			"than that', and VPNs with another limit cannot be compared with it.",
			spot->vpn->name, limit, limit / 3, spot->vpn->name,
			longest_download_s(findings, spot->vpn));
	evidence_add(findings, *finding, outcome->path,
		"%s: cut off after %.0f s, %.0f s over all attempts", finding_place(findings, spot),
		limit, outcome->envelope.duration_s);
	finding_explain(findings, outcome);
}

static void rule_time_limit(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_time_limit, &finding);
}

/* The line of a tool's output that holds `words`, from them on. */
static const char *line_with(struct arena *arena, const char *text, const char *words)
{
	const char *at = strstr(text, words);

	return at ? arena_strndup(arena, at, strcspn(at, "\n")) : NULL;
}

static void look_broken_download(
	struct findings *findings, struct finding **finding, const struct spot *spot)
{
	static const char *const signs[] = {
		"Connection timed out after", "Truncated zstd input", "No such file or directory"};
	const struct report_outcome *outcome = &spot->repetition->nix.outcome;
	const char *errout = json_string_at(outcome->error, "/stderr", "");
	const char *line = NULL;

	if (!has_failed(outcome) || outcome->envelope.timeout_s > 0 ||
		!strstr(errout, "non-zero exit code"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(signs) && !line; i++)
		line = line_with(findings->arena, errout, signs[i]);
	if (!line)
		return;
	if (!*finding)
		*finding = finding_add(findings, "download-broke", SEVERITY_ERROR, spot->vpn->name,
			"Downloads over %s broke off: one of hundreds of files did not arrive in "
			"time, "
			"and the first failure ends the whole measurement.",
			spot->vpn->name);
	evidence_add(findings, *finding, outcome->path, "%s: %.160s", finding_place(findings, spot),
		line);
	finding_explain(findings, outcome);
}

static void rule_broken_download(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	finding_each_repetition(findings, vpn, look_broken_download, &finding);
}

static const char *meaning_of(const char *cause)
{
	static const struct {
		const char *cause, *meaning;
	} causes[] = {
		{"mtu", "datagrams did not fit the path"},
		{"timeout", "its own time limit passed"},
		{"refused", "the other side refused"},
		{"unreachable", "there was no answer at all"},
		{"stalled", "it moved nothing, or stopped moving"},
		{"crashed", "a daemon of the VPN ended"},
		{"tool", "the measuring program failed"},
		{"parse", "the program's output was not understood"},
		{"missing", "this machine lacks a program or an ability"},
		{"connect", "the VPN never joined its hosts"},
		{"system", "the kernel or the file system refused"},
		{"wire", "the emulated network itself was too slow"},
		{"cancelled", "it was cancelled"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (strcmp(cause, causes[i].cause) == 0)
			return causes[i].meaning;
	return NULL;
}

/* Runs of our own store their cause; one finding per cause and VPN. */
static void look_cause(struct findings *findings, const struct report_vpn *vpn,
	const struct report_outcome *outcome, const char *place)
{
	const char *cause = outcome->envelope.cause;
	const char *meaning = cause ? meaning_of(cause) : NULL;
	const char *id;
	struct finding *finding = findings->first;

	if (!has_failed(outcome) || !meaning || finding_explains(findings, outcome))
		return;
	id = arena_printf(findings->arena, "cause-%s", cause);
	while (finding && !(finding->vpn == vpn->name && strcmp(finding->id, id) == 0))
		finding = finding->next;
	if (!finding)
		finding = finding_add(findings, id, SEVERITY_ERROR, vpn->name,
			"Measurements over %s failed because %s.", vpn->name, meaning);
	evidence_add(findings, finding, outcome->path, "%s: %s", place,
		outcome->envelope.evidence ? outcome->envelope.evidence
		: outcome->detail          ? outcome->detail
					   : cause);
	finding_explain(findings, outcome);
}

/* What is done with every result, whatever its workload. */
struct outcome_look {
	void (*look)(struct findings *findings, const struct report_vpn *vpn,
		const struct report_outcome *outcome, const char *place);
	struct findings *findings;
	const struct report_vpn *vpn;
	const struct report_condition *condition;
};

static void look_at_place(void *context, const struct report_place *place)
{
	const struct outcome_look *look = context;
	const char *profile = profile_title(look->condition->profile);

	look->look(look->findings, look->vpn, place->outcome,
		place->link ? arena_printf(
				      look->findings->arena, "%s, %s", profile, place->link->folder)
			    : profile);
}

static void each_outcome(struct findings *findings, const struct report_vpn *vpn,
	void (*look)(struct findings *findings, const struct report_vpn *vpn,
		const struct report_outcome *outcome, const char *place))
{
	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		struct outcome_look context = {look, findings, vpn, condition};

		condition_each_result(condition, look_at_place, &context);
	}
}

static void rule_stored_cause(struct findings *findings, const struct report_vpn *vpn)
{
	each_outcome(findings, vpn, look_cause);
}

/* What was measured is of the attempt that worked; that others did not is a result too. */
static void rule_failed_bring_ups(struct findings *findings, const struct report_vpn *vpn)
{
	struct finding *finding = NULL;

	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		const json_t *one;
		size_t i;

		json_array_foreach (condition->failed_bring_ups, i, one) {
			if (!finding)
				finding = finding_add(findings, "failed-bring-ups",
					SEVERITY_WARNING, vpn->name,
					"%s did not come up at the first attempt. Its connect "
					"times are those of the attempts that worked.",
					vpn->name);
			evidence_add(findings, finding, condition->vpn_path,
				"%s: %s after %.0f s: %s", profile_title(condition->profile),
				json_string_at(one, "/cause", ""),
				json_number_at(one, "/duration_seconds", 0),
				json_string_at(one, "/evidence", ""));
		}
	}
}

static void look_unknown(struct findings *findings, const struct report_vpn *vpn,
	const struct report_outcome *outcome, const char *place)
{
	struct finding *finding = findings->first;

	if (!has_failed(outcome) || finding_explains(findings, outcome))
		return;
	while (finding && !(finding->vpn == vpn->name && strcmp(finding->id, "unknown-cause") == 0))
		finding = finding->next;
	if (!finding)
		finding = finding_add(findings, "unknown-cause", SEVERITY_ERROR, vpn->name,
			"Measurements over %s failed and nothing that was stored says why: unknown "
			"cause.",
			vpn->name);
	evidence_add(findings, finding, outcome->path, "%s: %s", place,
		outcome->detail ? outcome->detail : "no reason stored");
}

void rule_unknown_cause(struct findings *findings, const struct report_vpn *vpn)
{
	each_outcome(findings, vpn, look_unknown);
}

void (*const rules_of_failures[])(struct findings *findings, const struct report_vpn *vpn) = {
	rule_quic_mtu, rule_video_mtu, rule_start_race, rule_connect_limit, rule_time_limit,
	rule_broken_download, rule_stored_cause, rule_failed_bring_ups, NULL};
