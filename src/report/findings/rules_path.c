/* SPDX-License-Identifier: MIT */
/* Rules about why a path behaves as it does: reordering, queues, directions, processors. */
#include "report/findings/rules.h"

#include <math.h>
#include <string.h>

/* Below it the processors were the limit: starting and ending a tool leaves a little even then. */
static const double SATURATED_IDLE_SHARE = 0.05;
static const double LOPSIDED_RATIO = 10;

/* How many reorderings must be missing before a transport is called reliable. */
static const double RELIABLE_EVENTS_MIN = 100;

static double reorder_events(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.reorder_events : NAN;
}

static double udp_lost(const struct report_repetition *repetition)
{
	return outcome_is_success(&repetition->udp.outcome) ? repetition->udp.missing_percent : NAN;
}

static double again_percent(const struct report_repetition *repetition)
{
	return tcp_is_working(&repetition->tcp) ? repetition->tcp.retransmit_percent : NAN;
}

static double segments_of(const struct report_repetition *repetition)
{
	return repetition->tcp.forward.sent_bytes / repetition->tcp.mss_bytes;
}

/* Segments per reordering event is what a slow and a fast link can be compared by. */
static double events_per_million(const struct report_repetition *repetition)
{
	double segments = segments_of(repetition);

	return tcp_is_working(&repetition->tcp) && segments > 0
		       ? 1e6 * repetition->tcp.reorder_events / segments
		       : NAN;
}

void rule_reorders_itself(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	const char *profile = results_base_profile(look->findings->results);
	const struct report_condition *condition = condition_of(vpn, profile);
	const struct report_condition *bare =
		condition_of(look->findings->results->reference, profile);
	double here = printed_mean(condition, events_per_million, NULL);
	double there = printed_mean(bare, events_per_million, NULL);

	if (vpn->is_reference || !(here > 10) || !(here > 10 * (isnan(there) ? 0 : there)))
		return;
	look_say(look,
		"%s itself reorders packets: without impairment, TCP saw %.0f reorderings per million segments, compared with %.0f on the bare link.",
		vpn->title, here, isnan(there) ? 0 : there);
	for (const struct report_link *link = condition->links; link; link = link->next)
		if (tcp_is_working(&link->repetitions->tcp))
			look_show(look, link->repetitions->tcp.outcome.path,
				"%s: %.0f reorderings, %.4f %% of segments retransmitted",
				link->folder, link->repetitions->tcp.reorder_events,
				link->repetitions->tcp.retransmit_percent);
}

/* Reorderings per million segments that the impairment alone causes; NAN without any. */
static double reordered_by_wire(const struct findings *findings, const char *profile)
{
	const struct report_condition *bare = condition_of(findings->results->reference, profile);

	return bare && bare->settings.is_there ? printed_mean(bare, events_per_million, NULL) : NAN;
}

/* How many reorderings a link would have seen if its packets had met the wire one by one. */
static double expected_events(const struct report_link *link, double by_wire)
{
	return by_wire / 1e6 * segments_of(link->repetitions);
}

/* Reorderings come in groups, so a few that are missing may be chance. */
static bool carried_enough(const struct report_link *link, double by_wire)
{
	return by_wire > 1000 && expected_events(link, by_wire) >= RELIABLE_EVENTS_MIN;
}

/*
 * Jitter reorders what the bare link carries; a tunnel without any hides it in order again. A VPN
 * may carry one link in TCP and another in UDP, so that each is judged alone.
 */
static bool is_reliable_link(const struct report_link *link, double by_wire)
{
	return carried_enough(link, by_wire) &&
	       events_per_million(link->repetitions) < by_wire / 100;
}

/* Of the links of a VPN under a profile. */
struct transports {
	size_t reliable, open, unknown;
};

static struct transports transports_of(const struct look *look, const char *profile)
{
	const struct report_condition *condition = condition_of(look->vpn, profile);
	double by_wire = reordered_by_wire(look->findings, profile);
	struct transports transports = {0};

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next) {
		bool is_reliable = is_reliable_link(link, by_wire);
		bool is_known = carried_enough(link, by_wire) &&
				!isnan(events_per_million(link->repetitions));

		transports.reliable += is_reliable;
		transports.open += is_known && !is_reliable;
		transports.unknown += !is_known;
	}
	return transports;
}

static void show_reliable(struct look *look, const char *profile)
{
	const struct report_condition *condition = condition_of(look->vpn, profile);
	double by_wire = reordered_by_wire(look->findings, profile);

	for (const struct report_link *link = condition->links; link; link = link->next)
		if (is_reliable_link(link, by_wire))
			look_show(look, link->repetitions->tcp.outcome.path,
				"%s, %s: %.0f reorderings in %.0f segments, where the share of the bare link makes %.0f",
				profile_title(profile), link->folder,
				link->repetitions->tcp.reorder_events,
				segments_of(link->repetitions), expected_events(link, by_wire));
}

static const char *which_links(struct arena *arena, const struct transports *t)
{
	size_t links = t->reliable + t->open + t->unknown;

	return t->reliable == links ? "every link"
				    : arena_printf(arena, "%zu of %zu links", t->reliable, links);
}

/* What holds for the links that are not reliable. */
static const char *other_links(struct arena *arena, const struct transports *t)
{
	return arena_printf(arena, "%s%s",
		t->open ? arena_printf(arena, ", and those of %zu not", t->open) : "",
		t->unknown ? arena_printf(arena, "; %zu carried too little to know", t->unknown)
			   : "");
}

void rule_reliable_outside(struct look *look)
{
	const struct report_results *results = look->findings->results;
	struct arena *arena = look->findings->arena;

	for (size_t i = 0; !look->vpn->is_reference && i < results->profile_count; i++) {
		const char *profile = results->profiles[i];
		struct transports transports = transports_of(look, profile);

		if (!transports.reliable)
			continue;
		look_say(look,
			"%s delivers packets of %s in order although the wire reorders them: it carries them inside a reliable, ordered transport of its own%s.",
			look->vpn->title, which_links(arena, &transports),
			other_links(arena, &transports));
		show_reliable(look, profile);
		return;
	}
}

/* The path that ping took was another one: load cannot make a round trip shorter. */
static void look_route(struct look *look, const struct spot *spot)
{
	const struct report_ping *ping = &spot->repetition->ping;
	const struct report_tcp *tcp = &spot->repetition->tcp;
	double ping_ms = ping->metrics[PING_MIN].min, tcp_ms = tcp->min_rtt_us / 1e3;
	const char *base = results_base_profile(look->findings->results);

	/* Jitter of a profile makes both what it wants. */
	if (!base || strcmp(spot->condition->profile, base) != 0 ||
		!outcome_is_success(&ping->outcome) || !tcp_is_working(tcp) || !(tcp_ms > 0) ||
		!(tcp_ms < ping_ms / 2) || ping_ms - tcp_ms < 1)
		return;
	look_say(look,
		"%s changed its route between ping and TCP: under load, round trips were less than half as long as the shortest without load. The latency and the throughput are of different paths.",
		spot->vpn->title);
	look_show(look, ping->outcome.path,
		"%s: the shortest ping took %.2f ms, the shortest round trip of TCP %.2f ms",
		finding_place(look->findings, spot), ping_ms, tcp_ms);
}

void rule_route_changed(struct look *look)
{
	if (!look->vpn->is_reference)
		look_at_repetitions(look, look_route);
}

/* Round trips under one TCP flow and without it; NAN where either was not measured. */
struct standing_queue {
	double loaded_ms, idle_ms, ratio;
};

static struct standing_queue queue_of(
	const struct findings *findings, const struct report_condition *condition)
{
	const struct report_samples loaded = samples_of(findings->arena, condition, METRIC_TCP_RTT);
	const struct report_samples idle = samples_of(findings->arena, condition, METRIC_PING);
	struct standing_queue queue = {samples_mean(&loaded), samples_mean(&idle), NAN};

	queue.ratio = queue.loaded_ms / queue.idle_ms;
	return queue;
}

/* A queue of the path itself is on the bare link as well; what counts is much more than that. */
static bool is_bloated(const struct findings *findings, const struct report_condition *condition,
	struct standing_queue *ret_queue)
{
	const struct report_condition *reference =
		condition_of(findings->results->reference, condition->profile);
	struct standing_queue bare = queue_of(findings, reference);
	double added_ms;

	*ret_queue = queue_of(findings, condition);
	added_ms = ret_queue->loaded_ms - ret_queue->idle_ms;
	return ret_queue->ratio > 3 && added_ms > 3 &&
	       !(added_ms < 3 * (bare.loaded_ms - bare.idle_ms));
}

/* Only the links that have the queue: one may have it and the others not. */
static void show_queue(
	struct look *look, const struct report_condition *condition, const struct standing_queue *q)
{
	const struct report_samples loaded =
		samples_of(look->findings->arena, condition, METRIC_TCP_RTT);

	for (size_t i = 0; i < loaded.count; i++)
		if (loaded.values[i] > 3 * q->idle_ms)
			look_show(look, loaded.list[i].path, "%s, %s: mean %.2f ms",
				profile_title(condition->profile), loaded.list[i].link,
				loaded.values[i]);
}

void rule_bufferbloat(struct look *look)
{
	struct standing_queue worst = {0}, queue;
	const struct report_condition *where = NULL;

	if (look->vpn->is_reference)
		return;
	for (const struct report_condition *c = look->vpn->conditions; c; c = c->next) {
		if (!is_bloated(look->findings, c, &queue) || queue.ratio <= worst.ratio)
			continue;
		where = c;
		worst = queue;
	}
	if (!where)
		return;
	look_say(look,
		"Under load, a round trip over %s takes up to %.1f times as long as when idle (%s: %.1f instead of %.1f ms), far more than on the bare link: packets wait in a queue that one TCP flow keeps full.",
		look->vpn->title, worst.ratio, profile_title(where->profile), worst.loaded_ms,
		worst.idle_ms);
	for (const struct report_condition *c = look->vpn->conditions; c; c = c->next)
		if (is_bloated(look->findings, c, &queue))
			show_queue(look, c, &queue);
}

void rule_asymmetric(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	const struct report_condition *condition =
		condition_of(vpn, results_base_profile(look->findings->results));
	struct report_samples samples = samples_of(look->findings->arena, condition, METRIC_TCP);
	double low = INFINITY, high = 0;

	for (size_t i = 0; i < samples.count; i++) {
		low = fmin(low, samples.values[i]);
		high = fmax(high, samples.values[i]);
	}
	if (samples.count < 2 || !(high > 1.15 * low))
		return;
	look_say(look,
		"The links of %s differ: the best carried %.0f %% more than the worst, so the mean does not describe any of them.",
		vpn->title, 100 * (high / low - 1));
	for (size_t i = 0; i < samples.count; i++)
		look_show(look, samples.list[i].path, "%s: %.1f Mbit/s", samples.list[i].link,
			samples.values[i]);
}

void rule_back_pressure(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	const struct report_results *results = look->findings->results;
	double base =
		printed_mean(condition_of(vpn, results_base_profile(results)), udp_lost, NULL);

	for (size_t i = 0; i < results->profile_count; i++) {
		const struct report_condition *condition = condition_of(vpn, results->profiles[i]);
		double lost = printed_mean(condition, udp_lost, NULL);

		if (!condition || !condition->settings.is_there || condition->settings.is_ours ||
			!(base < 5) || !(lost > 30 + 2 * condition->settings.loss_percent))
			continue;
		look_say(look,
			"The loss of the UDP flood over %s jumps although the impairment drops few packets: if an emulator delays packets on the sender's own port, the sender no longer waits for them and floods the path.",
			vpn->title);
		look_show(look, NULL,
			"%s: %.1f %% lost, %.1f %% without impairment; the profile drops %.1f %%",
			profile_title(results->profiles[i]), lost, base,
			condition->settings.loss_percent);
	}
}

void rule_processor_bound(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	const struct report_condition *condition =
		condition_of(vpn, results_base_profile(look->findings->results));

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next) {
		const struct report_nix *nix = &link->repetitions->nix;

		if (!outcome_is_success(&nix->outcome) ||
			!(nix->user_s + nix->system_s > nix->mean_s))
			continue;
		look_say(look,
			"Without impairment, the client of the download over %s used more processor time than the download took. Its processor may be the limit, and not the network; a client with several threads can use several cores at once, so this alone does not prove it.",
			vpn->title);
		look_show(look, nix->outcome.path, "%s: %.1f s of processor time in %.1f s",
			link->folder, nix->user_s + nix->system_s, nix->mean_s);
	}
}

void look_saturated(struct look *look, const struct spot *spot)
{
	const struct report_udp *udp = &spot->repetition->udp;
	double busiest = fmax(udp->host_cpu_percent, udp->remote_cpu_percent);

	if (!outcome_is_success(&udp->outcome) || busiest < 95 || !(udp->missing_percent >= 5))
		return;
	look_say(look,
		"The program that floods used a whole processor core over %s and sent more than the tunnel can carry, so the loss measures the excess.",
		spot->vpn->title);
	look_show(look, udp->outcome.path,
		"%s, %s: %.0f %% of a core at the sender, %.0f %% at the receiver, %.0f Mbit/s offered",
		profile_title(spot->condition->profile), spot->link->folder, udp->host_cpu_percent,
		udp->remote_cpu_percent, udp->forward.sent_bps / 1e6);
}

/* The directions of our own flood follow one another over a line that treats both alike. */
void look_lopsided_flood(struct look *look, const struct spot *spot)
{
	const struct report_udp *udp = &spot->repetition->udp;
	double there = udp->forward.received_bps / 1e6, back = udp->reverse.received_bps / 1e6;
	const struct report_frames *slower = there < back ? &udp->of_source : &udp->of_target;

	if (!udp_is_working(udp) || spot->vpn->is_reference || !udp->tool ||
		strcmp(udp->tool, "meshbench") != 0 || !(fmin(there, back) > 0) ||
		!(fmax(there, back) > LOPSIDED_RATIO * fmin(there, back)))
		return;
	look_say(look,
		"One direction of a UDP flood over %s carried less than a tenth of the other, over a line that treats both alike. A VPN that looks for the largest packet of its path may carry large packets in another way meanwhile, as tinc does over its TCP connection; the next flood can differ. Several repetitions show how often.",
		spot->vpn->title);
	look_show(look, udp->outcome.path, "%s, %s: %.3g Mbit/s there, %.3g Mbit/s back%s",
		profile_title(spot->condition->profile), spot->link->folder, there, back,
		slower->frames > 0
			? arena_printf(look->findings->arena,
				  "; from the slower side %.0f packets left in %.0f frames of %.0f bytes on average",
				  slower->packets, slower->frames, slower->bytes / slower->frames)
			: "");
}

void look_one_thread(struct look *look, const struct spot *spot)
{
	const struct report_outcome *outcome = &spot->repetition->tcp.outcome;
	const struct report_effort *effort = &outcome->effort;

	if (!outcome_is_success(outcome) || !(effort->busiest_share > 0.9))
		return;
	look_say(look,
		"One thread of %s used a whole processor core during TCP: this thread limits the speed, not the network, and more cores would not help.",
		spot->vpn->title);
	look_show(look, outcome->path,
		"%s, %s: thread '%s' of %s on %s at %.0f %% of a core, %.0f Mbit/s",
		profile_title(spot->condition->profile), spot->link->folder, effort->thread,
		effort->daemon, effort->host, 100 * effort->busiest_share,
		spot->repetition->tcp.forward.received_bps / 1e6);
}

static void note_no_idle_time(struct look *look, const struct spot *spot, const char *workload,
	const struct report_outcome *outcome)
{
	const struct report_effort *effort = &outcome->effort;

	if (!outcome_is_success(outcome) || !(effort->processors > 0) ||
		!(effort->idle_share < SATURATED_IDLE_SHARE))
		return;
	look_say(look,
		results_clock(look->findings->results)
			? "The processor had next to no idle time while data went over %s: the speed is that of a processor with so many instructions a second, not that of the line."
			: "The processors had next to no idle time while data went over %s: the speed is that of this machine, which all hosts share. Payload per processor time says more about the VPN.",
		spot->vpn->title);
	look_show(look, outcome->path, "%s, %s, %s: %.1f %% of %.0f processor%s idle",
		profile_title(spot->condition->profile), spot->link->folder, workload,
		100 * effort->idle_share, effort->processors, effort->processors > 1 ? "s" : "");
}

void look_no_idle_time(struct look *look, const struct spot *spot)
{
	note_no_idle_time(look, spot, "TCP", &spot->repetition->tcp.outcome);
	note_no_idle_time(look, spot, "QUIC", &spot->repetition->qperf.outcome);
}

/* Of links whose packets meet the wire one by one: what is carried in TCP meets no loss at all. */
static double again_of_open_links(
	const struct findings *findings, const struct report_vpn *vpn, const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	double by_wire = reordered_by_wire(findings, profile), sum = 0;
	size_t count = 0;

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next) {
		double here = again_percent(link->repetitions);

		if (isnan(here) || (!vpn->is_reference && is_reliable_link(link, by_wire)))
			continue;
		sum += here;
		count++;
	}
	return count ? sum / (double)count : NAN;
}

/* Whether the VPNs form two groups, and the bare link is in the one that meets less loss. */
static bool has_two_groups(const struct findings *findings, const char *profile, double there)
{
	const struct report_vpn *vpn = findings->results->vpns;
	size_t like_bare = 0, unlike = 0;

	for (; vpn; vpn = vpn->next) {
		double here = again_of_open_links(findings, vpn, profile);

		like_bare += here < 1.5 * there;
		unlike += here > 2 * there && here < 10 * there;
	}
	/* The bare link is one of those that are like itself. */
	return like_bare >= 1 && unlike >= 2;
}

static void show_group(
	struct look *look, const struct report_vpn *vpn, const char *profile, double there)
{
	double here = again_of_open_links(look->findings, vpn, profile);

	if (isnan(here)) /* it was not measured there, did not work, or runs over TCP */
		return;
	look_show(look, NULL,
		"%s: %.3f %% retransmitted, %.2f times the bare link; %.0f reorderings", vpn->title,
		here, here / there, printed_mean(condition_of(vpn, profile), reorder_events, NULL));
}

/* Impairment per super-packet shows as two groups of VPNs under one profile. */
void rule_super_packets(struct look *look)
{
	const struct report_results *results = look->findings->results;

	for (size_t i = 0; results->reference && i < results->profile_count; i++) {
		const char *profile = results->profiles[i];
		const struct report_condition *bare = condition_of(results->reference, profile);
		double there = printed_mean(bare, again_percent, NULL);

		if (!bare || !bare->settings.is_there || bare->settings.is_ours ||
			!(there > 0.01) || !has_two_groups(look->findings, profile, there))
			continue;
		look_say(look,
			"Under '%s', VPNs form two groups by their share of retransmits, and the bare link is in the better one. An emulator on the sender's own port decides once per super-packet of up to 44 segments, so a sender of super-packets meets fewer losses and reorderings per byte. The speeds of the two groups cannot be compared. Links that a VPN carries in a reliable transport are left out.",
			profile_title(profile));
		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
			show_group(look, vpn, profile, there);
		return;
	}
}
