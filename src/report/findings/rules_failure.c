/* SPDX-License-Identifier: MIT */
/* Rules about results that are not there: what failed, and what the evidence blames. */
#include "report/findings/rules.h"

#include "base/json.h"
#include "document/complaint.h"
#include "record/cause.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_failed(const struct report_outcome *outcome)
{
	return outcome->envelope.status == ENVELOPE_ERROR;
}

/* The path MTU that TCP found under any profile; NAN when TCP never said. */
static double mtu_of(const struct findings *findings, const struct report_vpn *vpn)
{
	double mtu = NAN;

	for (size_t i = 0; i < findings->results->profile_count; i++)
		mtu = fmax(mtu, printed_mean(condition_of(vpn, findings->results->profiles[i]),
					tcp_path_mtu_bytes, NULL));
	return mtu;
}

enum {
	QUIC_DATAGRAM = 1280,     /* what the published QUIC program sends first */
	OUR_DATAGRAM = 1200,      /* and ours: the least that QUIC allows */
	UDP_HEADERS = 28,         /* with those of IPv4 */
	VIDEO_PAYLOAD = 7 * 188,  /* MPEG-TS packets in one datagram */
	VIDEO_PACKET = 1316 + 40, /* with RTP, UDP and IPv4 headers */
};

void look_quic_mtu(struct look *look, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->qperf.outcome;
	double mtu = mtu_of(look->findings, spot->vpn);
	const char *cause = outcome->envelope.cause;
	bool is_named = outcome->logs_say_too_long || (cause && strcmp(cause, "mtu") == 0);
	int bytes = cause ? OUR_DATAGRAM : QUIC_DATAGRAM;

	/* Our own runs say what it was. */
	if (!has_failed(outcome) || (!is_named && (cause || !(mtu < bytes + UDP_HEADERS))))
		return;
	look_say(look,
		"QUIC cannot work over %s in this configuration: its first datagrams have %d bytes, at least %d with headers, but the tunnel carries %s.",
		spot->vpn->title, bytes, bytes + UDP_HEADERS,
		isnan(mtu) ? "less" : arena_printf(look->findings->arena, "%.0f", mtu));
	look_show(look, outcome->path, "%s: %s%s; path MTU of TCP %s",
		finding_place(look->findings, spot), outcome->detail ? outcome->detail : "failed",
		outcome->logs_say_too_long ? ", the server's log says 'message too long'" : "",
		isnan(mtu) ? "unknown" : arena_printf(look->findings->arena, "%.0f bytes", mtu));
	finding_explain(look->findings, outcome);
}

/* The same low quality under every profile: the network's losses are not what breaks it. */
void rule_video_mtu(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	double low = INFINITY, high = -INFINITY, mtu = mtu_of(look->findings, vpn);
	size_t count = 0;

	for (size_t i = 0; i < look->findings->results->profile_count; i++) {
		const struct report_condition *condition =
			condition_of(vpn, look->findings->results->profiles[i]);
		struct report_samples samples =
			samples_of(look->findings->arena, condition, METRIC_VIDEO);

		for (size_t j = 0; j < samples.count; j++, count++) {
			low = fmin(low, samples.values[j]);
			high = fmax(high, samples.values[j]);
		}
	}
	if (count < 3 || high > 50 || high - low > 5 || !(mtu < VIDEO_PACKET))
		return;
	look_say(look,
		"Video over %s keeps only %.0f %% of its packets with and without impairment, so lost packets on the wire are not the reason. Each datagram contains %d bytes of video, at least %d with headers, but the tunnel carries %.0f, so datagrams must be fragmented.",
		vpn->title, high, VIDEO_PAYLOAD, VIDEO_PACKET, mtu);
	look_show(look, NULL,
		"quality between %.2f and %.2f %% in all %zu runs; path MTU of TCP %.0f bytes", low,
		high, count, mtu);
}

static bool gave_up_at_once(const struct report_udp *udp)
{
	return udp->streams_connected == 1 && udp->outcome.envelope.duration_s <= 5;
}

/* Its answer to a stream's first datagram, for which iperf3 waits half a minute. */
static bool waited_for_an_answer(const struct report_udp *udp)
{
	return udp->streams_connected < 2 && udp->outcome.detail &&
	       strstr(udp->outcome.detail, "unable to read from stream socket: Resource");
}

void look_start_race(struct look *look, const struct spot *spot)
{
	const struct report_udp *udp = &spot->repetition->udp;
	double duration = udp->outcome.envelope.duration_s;

	/* Our own runs say what it was, and have one stream per client. */
	if (udp->outcome.envelope.cause || !has_failed(&udp->outcome) || udp->intervals_done ||
		!(gave_up_at_once(udp) || waited_for_an_answer(udp)))
		return;
	look_say(look,
		"UDP over %s failed before it started: iperf3 opens one stream per direction, at least one of the two never connected, and iperf3 sends no packet of that handshake again. Reordering or loss of its first packets causes this on any network, so it says nothing about the VPN.",
		spot->vpn->title);
	look_show(look, udp->outcome.path,
		"%s: %zu of 2 streams connected, no interval measured, ended after %.1f s",
		finding_place(look->findings, spot), udp->streams_connected, duration);
	finding_explain(look->findings, &udp->outcome);
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

/* The limit of iperf3's control connection that its command line sets; 0: it sets none. */
static double connect_limit_ms(const char *command)
{
	const char *option = command ? strstr(command, "--connect-timeout ") : NULL;

	return option ? strtod(strchr(option, ' '), NULL) : 0;
}

static void explain_connect_limit(struct look *look, const struct report_outcome *outcome,
	const char *command, const char *place)
{
	double limit_ms = connect_limit_ms(command);

	if (!(limit_ms > 0 && limit_ms < 1000) || !outcome->detail ||
		!strstr(outcome->detail, "unable to connect to server"))
		return;
	look_say(look,
		"A test over %s failed because iperf3 allowed only a fraction of a second for its control connection: --connect-timeout is in milliseconds.",
		look->vpn->title);
	look_show(look, outcome->path, "%s: '--connect-timeout %.0f' and no connection", place,
		limit_ms);
	finding_explain(look->findings, outcome);
}

static void look_connect_limit(struct look *look, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->udp.outcome;

	/* After that long it was not the connection. */
	if (has_failed(outcome) && outcome->envelope.duration_s <= 10)
		explain_connect_limit(look, outcome, command_of(look->findings->arena, outcome),
			finding_place(look->findings, spot));
}

/* A link that failed while all links were measured at once, where others did not. */
static void each_failed_pair(struct look *look, const struct report_condition *condition,
	void (*of_pair)(void *context, const struct report_pair *pair, const char *place),
	void *context)
{
	const struct report_parallel *parallel = condition_parallel(condition);
	const struct report_pair *pair = parallel ? parallel->pairs : NULL;

	/* The failure of a whole file stands for its pairs. */
	if (!parallel || !outcome_is_success(&parallel->outcome))
		return;
	for (; pair; pair = pair->next)
		if (pair->error)
			of_pair(context, pair,
				arena_printf(look->findings->arena,
					"%s, all links at once, %s > %s",
					profile_title(condition->profile), pair->source,
					pair->target));
}

/* Their command line is in what they say. */
static void look_connect_limit_of_pair(
	void *context, const struct report_pair *pair, const char *place)
{
	explain_connect_limit(context, &pair->tcp.outcome, pair->error, place);
}

void rule_connect_limit(struct look *look)
{
	look_at_repetitions(look, look_connect_limit);
	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next)
		each_failed_pair(look, condition, look_connect_limit_of_pair, look);
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

static const char *longest_text(const struct findings *findings, const struct report_vpn *vpn)
{
	double longest_s = longest_download_s(findings, vpn);

	if (isnan(longest_s))
		return arena_printf(findings->arena, "no download over %s finished", vpn->title);
	return arena_printf(findings->arena,
		"the longest download over %s that finished took %.0f s", vpn->title, longest_s);
}

void look_time_limit(struct look *look, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->nix.outcome;
	double limit = outcome->envelope.timeout_s;

	if (!has_failed(outcome) || limit <= 0)
		return;
	look_say(look,
		"A time limit ended the download over %s, not an error: one limit of %.0f s covers a warm-up and two runs, so %.0f s each; %s. 'No result' here means 'slower than that', and the result cannot be compared with VPNs that have another limit.",
		spot->vpn->title, limit, limit / 3, longest_text(look->findings, spot->vpn));
	look_show(look, outcome->path, "%s: cut off after %.0f s, %.0f s over all attempts",
		finding_place(look->findings, spot), limit, outcome->envelope.duration_s);
	finding_explain(look->findings, outcome);
}

/* Whether the network ended it; a file that vanished here is not the network's. */
static bool blames_network(const char *fatal, const char *errout)
{
	bool timed_out = strstr(errout, "Connection timed out after") != NULL;

	return strstr(fatal, "Connection timed out after") ||
	       (timed_out && strstr(fatal, "Truncated zstd input"));
}

void look_broken_download(struct look *look, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->nix.outcome;
	const char *errout = json_string_at(outcome->error, "/stderr", "");

	if (!has_failed(outcome) || outcome->envelope.timeout_s > 0 || !outcome->detail ||
		!strstr(errout, "non-zero exit code") || !blames_network(outcome->detail, errout))
		return;
	look_say(look,
		"Downloads over %s failed: one of hundreds of files did not arrive in time, and the first failure ends the whole measurement.",
		spot->vpn->title);
	look_show(look, outcome->path, "%s: %.220s", finding_place(look->findings, spot),
		outcome->detail);
	finding_explain(look->findings, outcome);
}

/* As stored; where older and published trees store none, as the tool's last words say it. */
static const char *cause_of(const struct report_outcome *outcome)
{
	if (outcome->envelope.cause)
		return outcome->envelope.cause;
	return cause_name(complaint_cause(outcome->detail ? outcome->detail : "", CAUSE_SUCCESS));
}

/* Failures of a VPN that no rule has explained yet. */
struct failures {
	struct look *look;
	const struct report_condition *condition;
	enum cause cause; /* only those with it; CAUSE_SUCCESS: all */
	void (*of_failure)(const struct failures *failures, const struct report_outcome *outcome,
		const char *place);
};

static void try_failure(
	const struct failures *failures, const struct report_outcome *outcome, const char *place)
{
	if (!has_failed(outcome) || finding_explains(failures->look->findings, outcome))
		return;
	if (failures->cause == CAUSE_SUCCESS ||
		strcmp(cause_of(outcome), cause_name(failures->cause)) == 0)
		failures->of_failure(failures, outcome, place);
}

static void try_place(void *context, const struct report_place *place)
{
	const struct failures *failures = context;
	const char *profile = profile_title(failures->condition->profile);

	try_failure(failures, place->outcome,
		place->link ? arena_printf(failures->look->findings->arena, "%s, %s", profile,
				      place->link->folder)
			    : profile);
}

static void try_pair(void *context, const struct report_pair *pair, const char *place)
{
	try_failure(context, &pair->tcp.outcome, place);
}

static void each_failure(const struct failures *failures)
{
	struct failures one = *failures;

	for (one.condition = one.look->vpn->conditions; one.condition;
		one.condition = one.condition->next) {
		condition_each_result(one.condition, try_place, &one);
		each_failed_pair(one.look, one.condition, try_pair, &one);
	}
}

static void look_cause(
	const struct failures *failures, const struct report_outcome *outcome, const char *place)
{
	struct look *look = failures->look;

	look_say(look, "Measurements over %s failed because %s.", look->vpn->title,
		cause_meaning(failures->cause));
	look_show(look, outcome->path, "%s: %s", place,
		outcome->envelope.evidence ? outcome->envelope.evidence
		: outcome->detail          ? outcome->detail
					   : cause_of(outcome));
	finding_explain(look->findings, outcome);
}

/* One finding per cause and VPN. */
void rule_stored_cause(struct look *look)
{
	struct arena *arena = look->findings->arena;

	for (enum cause cause = CAUSE_SUCCESS + 1; cause < CAUSE_COUNT; cause++) {
		struct look one = *look;

		one.id = arena_printf(arena, "cause-%s", cause_name(cause));
		one.title = arena_printf(arena, "%s: %s", look->title, cause_name(cause));
		one.brief = cause_name(cause);
		each_failure(&(struct failures){&one, NULL, cause, look_cause});
	}
}

static void look_failed_bring_up(
	struct look *look, const struct report_condition *condition, const json_t *failed)
{
	look_say(look,
		"%s did not come up at the first attempt. Its connect times come from the attempts that worked.",
		look->vpn->title);
	look_show(look, condition->vpn_path, "%s: %s after %.0f s: %s",
		profile_title(condition->profile), json_string_at(failed, "/cause", ""),
		json_number_at(failed, "/duration_seconds", 0),
		json_string_at(failed, "/evidence", ""));
}

/* What was measured is of the attempt that worked; that others did not is a result too. */
void rule_failed_bring_ups(struct look *look)
{
	look_at_facts(look, "failed_bring_ups", look_failed_bring_up);
}

static void look_unknown(
	const struct failures *failures, const struct report_outcome *outcome, const char *place)
{
	struct look *look = failures->look;

	look_say(look, "Measurements over %s failed, and the stored output does not say why.",
		look->vpn->title);
	look_show(look, outcome->path, "%s: %s", place,
		outcome->detail ? outcome->detail : "no reason stored");
}

void rule_unknown_cause(struct look *look)
{
	each_failure(&(struct failures){look, NULL, CAUSE_SUCCESS, look_unknown});
}
