/* SPDX-License-Identifier: MIT */
/* Rules about numbers that do not mean what they seem to: sums, means, counters and clocks. */
#include "report/findings/rules.h"

#include <math.h>
#include <string.h>

static void look_stalled(struct look *look, const struct spot *spot)
{
	const struct report_tcp *tcp = &spot->repetition->tcp;
	const struct report_flow *flow = &tcp->forward;

	/* That crossed connections moved nothing is a finding of its own. */
	if (!outcome_is_success(&tcp->outcome) || !flow->is_stalled || tcp_is_crossed(tcp))
		return;
	look_say(look,
		"A TCP flow over %s stalled and was stored as a success; means that include it are too low.",
		spot->vpn->title);
	look_show(look, tcp->outcome.path, "%s, %s: %.0f bytes arrived in %.0f s, %.0f were sent",
		profile_title(spot->condition->profile), spot->link->folder, flow->received_bytes,
		flow->seconds, flow->sent_bytes);
}

static void look_nothing_arrived(struct look *look, const struct spot *spot)
{
	const struct report_udp *udp = &spot->repetition->udp;

	if (!outcome_is_success(&udp->outcome) || udp_is_working(udp))
		return;
	look_say(look,
		"A UDP flood over %s was stored as a success although nothing arrived; it counts as a failure here.",
		spot->vpn->title);
	look_show(look, udp->outcome.path, "%s, %s: %.0f bytes sent, none arrived",
		profile_title(spot->condition->profile), spot->link->folder,
		udp->forward.sent_bytes);
}

void look_contradictory(struct look *look, const struct spot *spot)
{
	const struct report_udp *udp = &spot->repetition->udp;

	if (!udp_is_working(udp) || !isnan(udp->missing_percent))
		return;
	look_say(look,
		"The counters of the UDP flood over %s contradict each other, so its loss is unknown; what arrived still counts.",
		spot->vpn->title);
	look_show(look, udp->outcome.path,
		"%s, %s: %.4g %% lost as printed, %.0f bytes sent, %.0f arrived",
		profile_title(spot->condition->profile), spot->link->folder, udp->lost_percent,
		udp->forward.sent_bytes, udp->forward.received_bytes);
}

void rule_stalled_link(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;

	look_at_repetitions(look, look_stalled);
	look_at_repetitions(look, look_nothing_arrived);
	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		const struct report_parallel *parallel = condition_parallel(condition);

		for (const struct report_pair *pair = parallel ? parallel->pairs : NULL; pair;
			pair = pair->next) {
			if (pair->error || !pair->tcp.forward.is_stalled ||
				tcp_is_crossed(&pair->tcp))
				continue;
			look_say(look,
				"A TCP flow over %s stalled and was stored as a success; sums and means that include it are too low.",
				vpn->title);
			look_show(look, parallel->outcome.path,
				"%s, all links at once, %s > %s: %.0f bytes arrived in %.0f s",
				profile_title(condition->profile), pair->source, pair->target,
				pair->tcp.forward.received_bytes, pair->tcp.forward.seconds);
		}
	}
}

static void note_crossed(
	struct look *look, const struct report_tcp *tcp, const char *path, const char *place)
{
	if (!tcp_is_crossed(tcp))
		return;
	look_say(look,
		"A stall over %s is most likely caused by iperf3: with --bidir, its server takes the connection that it accepts first for the one made first. If packets are lost or reordered, both ends can then send on one connection while neither receives (esnet/iperf issue 2029). This says nothing about the VPN.",
		look->vpn->title);
	look_show(look, path, "%s: %.0f bytes sent there, %.0f back, none arrived", place,
		tcp->forward.sent_bytes, tcp->reverse.sent_bytes);
}

static void look_crossed(struct look *look, const struct spot *spot)
{
	const struct report_tcp *tcp = &spot->repetition->tcp;

	note_crossed(look, tcp, tcp->outcome.path, finding_place(look->findings, spot));
}

void rule_crossed_connections(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;

	look_at_repetitions(look, look_crossed);
	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		const struct report_parallel *parallel = condition_parallel(condition);

		for (const struct report_pair *pair = parallel ? parallel->pairs : NULL; pair;
			pair = pair->next) {
			if (!pair->error)
				note_crossed(look, &pair->tcp, parallel->outcome.path,
					arena_printf(look->findings->arena,
						"%s, all links at once, %s > %s",
						profile_title(condition->profile), pair->source,
						pair->target));
		}
	}
}

void rule_missing_from_sum(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;

	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		const struct report_parallel *parallel = condition_parallel(condition);
		size_t worked = 0, failed = 0;

		for (const struct report_pair *pair = parallel ? parallel->pairs : NULL; pair;
			pair = pair->next)
			*(pair->error ? &failed : &worked) += 1;
		/* A pair that the file lacks is missing as well. */
		if (parallel && worked + failed < condition_links(condition))
			failed = condition_links(condition) - worked;
		if (!failed)
			continue;
		look_say(look,
			"The published total of all links at once over %s adds up only the links that worked. It cannot be compared with totals of more links.",
			vpn->title);
		look_show(look, parallel->outcome.path, "%s: %zu of %zu links worked",
			profile_title(condition->profile), worked, worked + failed);
	}
}

void rule_missing_from_mean(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	static const enum metric_id looked_at[] = {
		METRIC_UDP, METRIC_NIX, METRIC_PING, METRIC_VIDEO, METRIC_QPERF};

	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		for (size_t i = 0; i < ARRAY_SIZE(looked_at); i++) {
			struct report_samples samples =
				samples_of(look->findings->arena, condition, looked_at[i]);

			if (!samples.count || samples_measured(&samples) == samples.planned)
				continue;
			look_say(look,
				"Some means of %s include only the links that survived, which are usually the better ones.",
				vpn->title);
			look_show(look, samples.list[0].path, "%s, %s: %zu of %zu links",
				report_metrics[looked_at[i]].title,
				profile_title(condition->profile), samples.count, samples.planned);
		}
	}
}

/* How often it wrapped in one report, which may cover several flows: to the nearest. */
static double wraps_in(double dropped)
{
	return fmax(1, round(dropped / VIDEO_COUNTER_RANGE));
}

void look_counter_wrap(struct look *look, const struct spot *spot)
{
	const struct report_video *video = &spot->repetition->video;
	const struct summary *dropped = &video->metrics[VIDEO_DROPPED];
	double wraps;

	if (!video_has_wrapped(video))
		return;
	wraps = wraps_in(dropped->max);
	look_say(look,
		"The video receiver of %s reports tens of thousands of dropped packets in one second, many times what the stream sends: a 16-bit counter wrapped below zero. The mean number of dropped packets is meaningless.",
		spot->vpn->title);
	look_show(look, video->outcome.path,
		"%s, %s: %.0f in one report (%.0f times %d, %+.0f) of a stream of %.0f packets a second",
		profile_title(spot->condition->profile), spot->link->folder, dropped->max, wraps,
		VIDEO_COUNTER_RANGE, dropped->max - wraps * VIDEO_COUNTER_RANGE,
		video_sent_per_s(video));
}

void look_lost_runs(struct look *look, const struct spot *spot)
{
	const struct report_ping *ping = &spot->repetition->ping;
	const struct summary *loss = &ping->metrics[PING_LOSS];

	if (!outcome_is_success(&ping->outcome) || loss->max < 100)
		return;
	look_say(look,
		"Whole ping runs over %s count as lost: either every packet was lost or ping's last lines were not understood. The mean loss mixes such a run with runs that lost single packets, and if all packets were lost, the stored round trip of 0.0 ms is meaningless.",
		spot->vpn->title);
	look_show(look, ping->outcome.path,
		"%s, %s: loss %.1f %% in the worst run, %.1f %% in the best",
		profile_title(spot->condition->profile), spot->link->folder, loss->max, loss->min);
}

static void look_same_drops(struct look *look, const struct spot *spot)
{
	const struct summary *frames = &spot->repetition->video.metrics[VIDEO_DROPPED_FRAMES];

	if (!outcome_is_success(&spot->repetition->video.outcome) || frames->average <= 0 ||
		frames->average > 30)
		return;
	look_say(look,
		"Every video run of %s 'dropped' about the same few frames, with and without impairment: the encoder's last line was not read, but no frame was lost.",
		spot->vpn->title);
	look_show(look, spot->repetition->video.outcome.path, "%s, %s: %.0f frames short",
		profile_title(spot->condition->profile), spot->link->folder, frames->average);
}

/* Only where all runs lack about as many: real drops would follow the impairment. */
void rule_same_drops(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	double low = INFINITY, high = 0;
	size_t count = 0;

	for (const struct report_condition *condition = vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_link *link = condition->links; link; link = link->next) {
			const struct report_video *video = &link->repetitions->video;

			if (!outcome_is_success(&video->outcome))
				continue;
			low = fmin(low, video->metrics[VIDEO_DROPPED_FRAMES].average);
			high = fmax(high, video->metrics[VIDEO_DROPPED_FRAMES].average);
			count++;
		}
	}
	if (count >= 3 && low >= 10 && high <= low + 5)
		look_at_repetitions(look, look_same_drops);
}

static const struct report_connect *reconnect_of(const struct report_link *link)
{
	return link->reboot.is_there ? &link->reboot : &link->connect;
}

/* The start of the other hosts is most of a published reconnect time. */
void rule_waits_for_hosts(struct look *look)
{
	const struct report_vpn *vpn = look->vpn;
	const struct report_condition *condition =
		condition_of(vpn, results_contact_profile(look->findings->results));

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next) {
		const struct report_connect *connect = reconnect_of(link);
		double outside = contact_outside_s(connect), first = contact_first_s(connect);

		if (!(outside > 0.5 * first) || first < 1)
			continue;
		look_say(look,
			"The published reconnect time of %s is mostly the boot of the other hosts: the check first waits until all of them answer %s.",
			vpn->title,
			connect->checks_on_vpn ? "on the VPN's own address" : "outside the VPN");
		look_show(look, connect->path,
			"%s: %.2f s in all, %.2f s of them before the VPN was asked", link->host,
			first, outside);
	}
}

/* Which waits of one kind a VPN's hosts had; those below a second say nothing. */
struct waits {
	size_t count, on_grid;
	double least_s, most_s;
};

static const struct report_connect *contact_of(const struct report_link *link, bool is_reboot)
{
	return is_reboot ? &link->reboot : &link->connect;
}

static double waited_s(const struct report_link *link, bool is_reboot)
{
	const struct report_connect *connect = contact_of(link, is_reboot);
	double own_s = contact_vpn_only_s(connect);

	/* Where the check asked the VPN's own address, only the whole is known. After a reboot
	 * that holds the start of the hosts. */
	return isnan(own_s) && connect->checks_on_vpn && !is_reboot ? contact_first_s(connect)
								    : own_s;
}

static struct waits waits_of(const struct report_condition *condition, bool is_reboot)
{
	struct waits waits = {.least_s = INFINITY};

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next) {
		double own_s = waited_s(link, is_reboot);

		if (isnan(own_s) || own_s < 1)
			continue;
		waits.count++;
		waits.on_grid += fabs(own_s - round(own_s)) < 0.1;
		waits.least_s = fmin(waits.least_s, own_s);
		waits.most_s = fmax(waits.most_s, own_s);
	}
	return waits;
}

static void show_waits(struct look *look, const struct report_condition *condition, bool is_reboot)
{
	for (const struct report_link *link = condition->links; link; link = link->next) {
		double own_s = waited_s(link, is_reboot);

		if (own_s >= 1)
			look_show(look, contact_of(link, is_reboot)->path, "%s, %s: %.2f s",
				is_reboot ? "after a reboot" : "first contact", link->host, own_s);
	}
}

/* Every host, and not by chance: a check once a second makes equal times of a few seconds. */
static bool is_same_wait(const struct report_condition *condition, const struct waits *waits)
{
	return waits->count >= 2 && waits->count == condition_links(condition) &&
	       waits->least_s >= 5 && waits->most_s - waits->least_s < 0.1;
}

/* Times that lie on a grid, or are the same everywhere, come from a clock, not from a network. */
void rule_fixed_timer(struct look *look)
{
	const struct report_condition *condition =
		condition_of(look->vpn, results_contact_profile(look->findings->results));

	for (int is_reboot = 1; condition && is_reboot >= 0; is_reboot--) {
		struct waits waits = waits_of(condition, is_reboot);

		if (is_same_wait(condition, &waits))
			look_say(look,
				"Every host of %s waited the same %.1f s for its mesh: a fixed timer decides this, not the network. The check runs once a second, so the timer may be up to a second shorter.",
				look->vpn->title, waits.most_s);
		else if (is_reboot && waits.count >= 2 && waits.on_grid == waits.count)
			look_say(look,
				"After a reboot, %s came up after a whole number of seconds on every host that had to wait: a one-second timer decides this, in the VPN or in the check, which runs once a second.",
				look->vpn->title);
		else
			continue;
		show_waits(look, condition, is_reboot);
	}
}

void look_retried(struct look *look, const struct spot *spot)
{
	for (size_t i = 0; i < REPORT_WORKLOADS; i++) {
		const struct report_outcome *outcome =
			report_outcome_of(spot->repetition, (enum report_workload_id)i);

		if (!outcome_is_success(outcome) || outcome->envelope.attempts < 2)
			continue;
		look_say(look,
			"Some results of %s come from a later attempt, because earlier ones failed or were marked.",
			spot->vpn->title);
		look_show(look, outcome->path, "%s, %s: attempt %d",
			profile_title(spot->condition->profile), spot->link->folder,
			outcome->envelope.attempts);
	}
}
