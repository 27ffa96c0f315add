/* SPDX-License-Identifier: MIT */
#include "findings_by_hand.h"
#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

static bool is_evident(const struct about *about, const char *text)
{
	for (const struct evidence *one = about->evidence; one; one = one->next) {
		if (strcmp(one->text, text) == 0)
			return true;
	}
	return false;
}

static const double rates[] = {100, 100, 100};

TEST(one_busy_thread_is_found_where_the_tree_tells_of_threads)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	const struct about *finding;

	vpn->conditions->links->repetitions->tcp.outcome.effort = (struct report_effort){
		.busiest_share = 0.97, .thread = "crypto/0", .daemon = "tunneld", .host = "lom"};
	finding = find(findings_of(results), "one-busy-thread", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "'crypto/0' of tunneld on lom at 97 %"));
	vpn->conditions->links->repetitions->tcp.outcome.effort.busiest_share = 0.5;
	CHECK(!find(findings_of(results), "one-busy-thread", "Tunnel"));
}

TEST(processors_without_idle_time_are_the_limit)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	struct report_effort *effort = &vpn->conditions->links->repetitions->tcp.outcome.effort;
	json_auto_t *environment = json_pack("{s:{s:s}}", "place", "kind", "virtual");
	const struct about *finding;

	*effort = (struct report_effort){.processors = 2, .idle_share = 0.06};
	CHECK(!find(findings_of(results), "processor-saturated", "Tunnel"));
	effort->idle_share = 0.04;
	finding = find(findings_of(results), "processor-saturated", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->sentence, "of this machine, which all hosts share"));
	CHECK(strstr(finding->evidence->text, "TCP: 4.0 % of 2 processors idle"));
	results->environment = environment;
	finding = find(findings_of(results), "processor-saturated", "Tunnel");
	CHECK(strstr(finding->sentence, "so many instructions a second"));
	*effort = (struct report_effort){.processors = NAN, .idle_share = NAN};
	CHECK(!find(findings_of(results), "processor-saturated", "Tunnel"));
}

/* Two machines and their hosts, all equal but for a little memory. */
static json_t *equal_machines(void)
{
	return json_pack(
		"{s:{s:s, s:[{s:s, s:s, s:i, s:s, s:[{s:s, s:s}]}, {s:s, s:s, s:i, s:s, s:[{s:s, s:s}]}]}, s:{s:[{s:s, s:{s:s}}, {s:s, s:{s:s}}]}}",
		"place", "kind", "ssh", "machines", "host", "lom", "kernel", "6.1", "cores", 4,
		"memory", "8000000 kB", "programs", "name", "tincd", "sha256", "3f", "host", "yuki",
		"kernel", "6.1", "cores", 4, "memory", "8100000 kB", "programs", "name", "tincd",
		"sha256", "3f", "lab", "hosts", "name", "lom", "sysctls", "net.core.rmem_max", "1",
		"name", "yuki", "sysctls", "net.core.rmem_max", "1");
}

static bool is_unequal(const struct report_results *results, size_t count, const char *text)
{
	const struct about *about = find(findings_of(results), "unequal-machines", NULL);

	return about && about->evidence_count == count && is_evident(about, text);
}

TEST(machines_that_differ_are_one_finding)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	json_auto_t *environment = equal_machines();
	json_t *yuki = json_array_get(json_at(environment, "/place/machines"), 1);
	json_t *sysctls =
		json_object_get(json_array_get(json_at(environment, "/lab/hosts"), 1), "sysctls");

	add_vpn(results, "Tunnel", rates, 3);
	results->environment = environment;
	CHECK(!find(findings_of(results), "unequal-machines", NULL));
	json_object_set_new(yuki, "kernel", json_string("5.15"));
	CHECK(is_unequal(results, 1, "kernel: lom 6.1, yuki 5.15"));
	json_object_set_new(yuki, "memory", json_string("16000000 kB"));
	CHECK(is_unequal(results, 2, "memory: lom 8000000 kB, yuki 16000000 kB"));
	json_object_set_new(yuki, "frequency_governor", json_string("powersave"));
	CHECK(is_unequal(results, 3, "frequency_governor: lom unknown, yuki powersave"));
	json_object_set_new(
		json_array_get(json_object_get(yuki, "programs"), 0), "sha256", json_string("00"));
	CHECK(is_unequal(results, 4, "program tincd: lom 3f, yuki 00"));
	json_object_set_new(sysctls, "net.core.rmem_max", json_string("2"));
	CHECK(is_unequal(results, 5, "sysctl net.core.rmem_max: lom 1, yuki 2"));
}

TEST(marked_results_are_one_finding_that_says_what_ran)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *one = add_vpn(results, "One", rates, 2);
	struct report_vpn *two = add_vpn(results, "Two", rates, 1);
	const struct about *finding;

	CHECK(!find(findings_of(results), "marked", NULL));
	mark_by_hand(results, one->conditions->links->repetitions, "busy");
	mark_by_hand(results, two->conditions->links->repetitions, "wire");
	finding = find(findings_of(results), "marked", NULL);
	CHECK(finding && !finding->vpn && finding->evidence_count == 2);
	CHECK(strstr(finding->evidence->text, "One, baseline, tcp, 0_a: other programs used 1.50"));
	CHECK(strstr(finding->evidence->path, "tcp_iperf3.json"));
}

static void set_failed(struct report_outcome *outcome, const char *path, const char *cause)
{
	*outcome = (struct report_outcome){.path = path};
	outcome->envelope.status = ENVELOPE_ERROR;
	outcome->envelope.cause = cause;
}

TEST(a_marked_failure_is_named_with_the_marked_figures)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_repetition *only = vpn->conditions->links->repetitions;
	const struct about *finding;

	set_failed(&only->tcp.outcome, "tcp_iperf3.json", "timeout");
	CHECK(!find(findings_of(results), "marked", NULL));
	mark_by_hand(results, only, "busy");
	finding = find(findings_of(results), "marked", NULL);
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "Tunnel, baseline, tcp, 0_a, which failed: other"));
	CHECK(strstr(finding->sentence, "may not be the VPN's"));
}

TEST(a_stored_cause_is_believed_and_its_absence_is_unknown)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	const struct findings *findings;

	set_failed(&vpn->conditions->links->repetitions->udp.outcome, "udp.json", "crashed");
	set_failed(&vpn->conditions->links->repetitions->nix.outcome, "nix.json", NULL);
	findings = findings_of(results);
	CHECK(find(findings, "cause-crashed", "Tunnel"));
	CHECK(strcmp(find(findings, "cause-crashed", "Tunnel")->evidence->path, "udp.json") == 0);
	CHECK(find(findings, "unknown-cause", "Tunnel")->evidence_count == 1);
	CHECK(strcmp(find(findings, "unknown-cause", "Tunnel")->evidence->path, "nix.json") == 0);
}

TEST(a_failure_is_explained_once)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	const struct findings *findings;

	set_failed(&vpn->conditions->links->repetitions->qperf.outcome, "qperf.json", "mtu");
	vpn->conditions->links->repetitions->tcp.path_mtu_bytes = 1280;
	findings = findings_of(results);
	CHECK(find(findings, "mtu-quic", "Tunnel"));
	CHECK(!find(findings, "cause-mtu", "Tunnel") && !find(findings, "unknown-cause", "Tunnel"));
}

TEST(what_begins_with_1280_bytes_is_warned_of_paths_that_carry_less)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	struct report_qperf *quic = &vpn->conditions->links->repetitions->qperf;

	quic->outcome.envelope.status = ENVELOPE_SUCCESS;
	quic->datagram_of_1280 = "arrived";
	CHECK(!find(findings_of(results), "mtu-quic-1280", "Tunnel"));
	quic->datagram_of_1280 = "refused";
	CHECK(find(findings_of(results), "mtu-quic-1280", "Tunnel"));
}

TEST(a_path_that_swallows_large_datagrams_is_found)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	json_auto_t *good =
		json_pack("{s:s, s:s}", "beyond_mtu", "too-big", "fragments", "arrived");
	json_auto_t *bad =
		json_pack("{s:s, s:s}", "beyond_mtu", "black-hole", "fragments", "silence");
	struct report_result *rate = &vpn->conditions->links->repetitions->results[REPORT_RATE];

	rate->outcome.envelope.status = ENVELOPE_SUCCESS;
	rate->outcome.path = "rate.json";
	rate->data = good;
	CHECK(!find(findings_of(results), "no-fragments", "Tunnel"));
	CHECK(!find(findings_of(results), "pmtu-black-hole", "Tunnel"));
	rate->data = bad;
	CHECK(find(findings_of(results), "pmtu-black-hole", "Tunnel"));
	CHECK(find(findings_of(results), "no-fragments", "Tunnel"));
}

TEST(a_first_answer_that_does_not_last_is_found)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	json_auto_t *reboots = json_pack("{s:{s:[{s:f, s:f}, {s:f, s:f}, {s:n, s:n}]}}", "one_host",
		"runs", "silent_again_s", 0.4, "stable_s", 1.8, "silent_again_s", 15.3, "stable_s",
		16.6, "silent_again_s", "stable_s");
	struct report_repetition whole = {0};
	const struct about *finding;

	whole.results[REPORT_REBOOT].outcome.envelope.status = ENVELOPE_SUCCESS;
	whole.results[REPORT_REBOOT].outcome.path = "reboot.json";
	whole.results[REPORT_REBOOT].data = reboots;
	vpn->conditions->whole = &whole;
	finding = find(findings_of(results), "silent-again", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "reboot, one_host: silent for 15.30 s"));
	CHECK(strstr(finding->evidence->text, "stable after 16.60 s"));
}

TEST(nothing_is_found_where_nothing_is_wrong)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const double eight[] = {100, 101, 100, 101, 100, 101, 100, 101};

	add_vpn(results, "Tunnel", eight, 8);
	results->environment = results->kept;
	CHECK(!findings_of(results)->first);
}

TEST(findings_are_ordered_by_what_they_change)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	const struct finding *f;

	set_failed(&vpn->conditions->links->repetitions->udp.outcome, "udp.json", "crashed");
	set_failed(&vpn->conditions->links->repetitions->nix.outcome, "nix.json", NULL);
	f = findings_of(results)->first;
	CHECK(strcmp(f->id, "cause-crashed") == 0 && f->impact == CHANGES_CHOICE);
	CHECK(strcmp(f->next->id, "unknown-cause") == 0 && f->next->severity == SEVERITY_ERROR);
	CHECK(strcmp(f->next->next->id, "too-few-repetitions") == 0);
	for (; f->next; f = f->next)
		CHECK(f->impact < f->next->impact ||
			(f->impact == f->next->impact && f->severity >= f->next->severity));
}

TEST(with_more_evidence_a_finding_comes_earlier)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	struct report_repetition *first = vpn->conditions->links->repetitions;
	const struct finding *f;

	set_failed(&first->udp.outcome, "udp.json", "timeout");
	set_failed(&first->nix.outcome, "nix.json", "crashed");
	set_failed(&first->qperf.outcome, "qperf.json", "crashed");
	f = findings_of(results)->first;
	CHECK(strcmp(f->id, "cause-crashed") == 0 && f->evidence_count == 2);
	CHECK(strcmp(f->next->id, "cause-timeout") == 0 && f->next->evidence_count == 1);
}

TEST(a_finding_stands_once_with_all_whom_it_is_about)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *one = add_vpn(results, "One", rates, 3);
	struct report_vpn *two = add_vpn(results, "Two", rates, 3);
	const struct finding *f;

	set_failed(&one->conditions->links->repetitions->udp.outcome, "one.json", "crashed");
	set_failed(&two->conditions->links->repetitions->udp.outcome, "two.json", "crashed");
	f = finding_with(findings_of(results), "cause-crashed");
	CHECK(f && f->evidence_count == 2);
	CHECK(strcmp(f->abouts->vpn, "One") == 0 && strcmp(f->abouts->next->vpn, "Two") == 0);
	CHECK(!f->abouts->next->next);
	CHECK(finding_of_file(findings_of(results), "Two", "two.json"));
	CHECK(!finding_of_file(findings_of(results), "One", "two.json"));
}

TEST(a_vpn_that_came_up_at_the_second_attempt_is_found)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	json_auto_t *facts = json_pack("{s:[{s:s, s:s, s:f}]}", "failed_bring_ups", "cause",
		"timeout", "evidence", "4 of 6 ordered pairs do not answer", "duration_seconds",
		120.5);
	const struct about *finding;

	CHECK(!find(findings_of(results), "failed-bring-ups", "Tunnel"));
	vpn->conditions->vpn_facts = facts;
	finding = find(findings_of(results), "failed-bring-ups", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "timeout after 120 s: 4 of 6"));
}

TEST(settings_that_a_vpn_changes_on_its_host_are_found)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	json_auto_t *facts = json_pack("{s:[{s:s, s:s, s:[s], s:[s, s]}]}", "host_changes", "host",
		"lom", "topic", "sysctl", "before", "net.ipv4.ip_forward = 0", "after",
		"net.ipv4.ip_forward = 1", "net.ipv4.tcp_mtu_probing = 1");
	const struct about *finding;

	CHECK(!find(findings_of(results), "host-changed", "Tunnel"));
	vpn->conditions->vpn_facts = facts;
	finding = find(findings_of(results), "host-changed", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text,
		"lom, sysctl: 'net.ipv4.ip_forward = 1' and 1 more, before 'net.ipv4.ip_forward = 0'"));
}

TEST(a_route_that_changed_between_ping_and_tcp_is_found)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 3);
	struct report_repetition *first = vpn->conditions->links->repetitions;
	const struct about *finding;

	first->ping.outcome.envelope.status = ENVELOPE_SUCCESS;
	first->ping.outcome.path = "ping.json";
	first->ping.metrics[PING_MIN] = (struct summary){.min = 33.1, .max = 50};
	first->tcp.min_rtt_us = 1800;
	finding = find(findings_of(results), "route-changed", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "33.10 ms") &&
		strstr(finding->evidence->text, "1.80 ms"));
	/* A queue makes TCP's longer, which says nothing about the route. */
	first->tcp.min_rtt_us = 90000;
	CHECK(!find(findings_of(results), "route-changed", "Tunnel"));
	first->tcp.min_rtt_us = 20000;
	CHECK(!find(findings_of(results), "route-changed", "Tunnel"));
}

TEST(crossed_connections_are_one_finding_and_not_a_stall)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", (const double[]){0}, 1);
	struct report_tcp *tcp = &vpn->conditions->links->repetitions->tcp;

	tcp->forward.received_bytes = 0;
	tcp->forward.sent_bytes = 131072;
	CHECK(find(findings_of(results), "stalled-link", "Tunnel"));
	CHECK(!find(findings_of(results), "crossed-connections", "Tunnel"));
	tcp->reverse =
		(struct report_flow){.is_there = true, .sent_bytes = 393216, .is_stalled = true};
	CHECK(find(findings_of(results), "crossed-connections", "Tunnel"));
	CHECK(!find(findings_of(results), "stalled-link", "Tunnel"));
}

static void set_video(struct report_video *video, double most, double upper_quarter)
{
	video->outcome.envelope.status = ENVELOPE_SUCCESS;
	video->outcome.path = "rist_stream.json";
	video->metrics[VIDEO_BITRATE].max = 3500;
	video->metrics[VIDEO_DROPPED].max = most;
	video->metrics[VIDEO_DROPPED].p75 = upper_quarter;
}

TEST(a_counter_wrapped_if_it_says_more_than_the_stream_sends)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_video *video = &vpn->conditions->links->repetitions->video;
	const struct about *finding;

	set_video(video, 377, 328);
	CHECK(!find(findings_of(results), "counter-wrap", "Tunnel"));
	set_video(video, 55500, 0);
	finding = find(findings_of(results), "counter-wrap", "Tunnel");
	CHECK(finding && strstr(finding->evidence->text, "(1 times 65536, -10036)"));
	/* Several wraps in most reports, as published of Hyprspace. */
	set_video(video, 2818098, 524295);
	finding = find(findings_of(results), "counter-wrap", "Tunnel");
	CHECK(finding && strstr(finding->evidence->text, "(43 times 65536, +50)"));
	/* A stream of 600 Mbit/s may lose that many. */
	video->metrics[VIDEO_BITRATE].max = 600e3;
	set_video(video, 55500, 0);
	video->metrics[VIDEO_BITRATE].max = 600e3;
	CHECK(!find(findings_of(results), "counter-wrap", "Tunnel"));
}

/* All links at once, one of which failed with these words. */
static void add_failed_pair(struct report_results *results, const char *words, const char *detail)
{
	struct report_condition *condition = results->vpns->conditions;
	struct report_pair *pair = arena_alloc(results->arena, struct report_pair, 1);

	condition->whole = arena_alloc(results->arena, struct report_repetition, 1);
	condition->whole->parallel.outcome.envelope.status = ENVELOPE_SUCCESS;
	condition->whole->parallel.outcome.path = "parallel.json";
	condition->whole->parallel.pairs = pair;
	*pair = (struct report_pair){.source = "yuki", .target = "luna", .error = words};
	pair->tcp.outcome.envelope.status = ENVELOPE_ERROR;
	pair->tcp.outcome.path = "parallel.json";
	pair->tcp.outcome.detail = detail;
}

TEST(why_a_link_failed_among_all_at_once_is_found)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct about *finding;

	add_vpn(results, "Tunnel", rates, 1);
	add_failed_pair(results, "...", "Error Msg:  Command timed out after 250 seconds");
	finding = find(findings_of(results), "cause-timeout", "Tunnel");
	CHECK(finding && finding->evidence_count == 1);
	CHECK(strstr(finding->evidence->text, "baseline, all links at once, yuki > luna: Error"));
	add_failed_pair(results, "iperf --bidir --connect-timeout 600 --time 60 -c vpn.luna",
		"\"error\": \"unable to connect to server: Connection timed out\"");
	CHECK(find(findings_of(results), "connect-limit", "Tunnel"));
	CHECK(!find(findings_of(results), "cause-unreachable", "Tunnel"));
	add_failed_pair(results, "iperf --connect-timeout 5000",
		"\"error\": \"unable to connect to server: Connection timed out\"");
	CHECK(find(findings_of(results), "cause-unreachable", "Tunnel"));
	CHECK(!find(findings_of(results), "connect-limit", "Tunnel"));
	/* Where the whole file is a failure, that is the finding. */
	results->vpns->conditions->whole->parallel.outcome.envelope.status = ENVELOPE_ERROR;
	CHECK(!find(findings_of(results), "cause-unreachable", "Tunnel"));
}

/* What a host that checks the others found: until they answer outside, and over the VPN. */
static struct report_connect waited(struct report_results *results, double outside_s, double in_s)
{
	struct report_contact *outside = arena_alloc(results->arena, struct report_contact, 1);
	struct report_contact *inside = arena_alloc(results->arena, struct report_contact, 1);

	*outside = (struct report_contact){.peer = "b", .took_s = outside_s, .is_success = true};
	*inside = (struct report_contact){.peer = "b", .took_s = in_s, .is_success = true};
	return (struct report_connect){
		.is_there = true, .path = "contact.json", .outside = outside, .inside = inside};
}

/* Three links of the first VPN, whose hosts had to wait for that long at first contact. */
static void add_waits(struct report_results *results, const double own_s[3])
{
	struct report_condition *condition = results->vpns->conditions;
	struct report_link *first = condition->links;

	first->next = NULL;
	first->connect = waited(results, 1, 1 + own_s[0]);
	for (size_t i = 1; i < 3; i++) {
		struct report_link *link = arena_alloc(results->arena, struct report_link, 1);

		*link = *first;
		link->connect = waited(results, 1, 1 + own_s[i]);
		first->next = link;
	}
}

TEST(the_same_wait_on_every_host_is_a_timer)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	const struct about *finding;

	add_waits(results, (const double[]){12.03, 12.03, 12.03});
	CHECK(vpn->conditions->links->next);
	finding = find(findings_of(results), "fixed-timer", "Tunnel");
	CHECK(finding && strstr(finding->sentence, "the same 12.0 s"));
	add_waits(results, (const double[]){12.03, 9.03, 12.03});
	CHECK(!find(findings_of(results), "fixed-timer", "Tunnel"));
	/* A check once a second makes these equal. */
	add_waits(results, (const double[]){2.03, 2.03, 2.03});
	CHECK(!find(findings_of(results), "fixed-timer", "Tunnel"));
}

TEST(a_busy_client_with_several_threads_is_only_suspected)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", rates, 1);
	struct report_nix *nix = &vpn->conditions->links->repetitions->nix;
	const struct about *finding;

	nix->outcome.envelope.status = ENVELOPE_SUCCESS;
	nix->mean_s = 10;
	nix->user_s = 8;
	nix->system_s = 1;
	CHECK(!find(findings_of(results), "client-bound", "Tunnel"));
	nix->user_s = 12;
	finding = find(findings_of(results), "client-bound", "Tunnel");
	CHECK(finding && strstr(finding->sentence, "may be the limit") &&
		strstr(finding->sentence, "does not prove it"));
}
