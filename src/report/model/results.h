/* SPDX-License-Identifier: MIT */
#pragma once

#include "record/reader.h"
#include "report/model/matrix.h"
#include "report/model/workloads.h"
#include "stats/stats.h"

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A result tree as numbers. Lists are in the tree's order; everything lives in one arena. */
struct report_series {
	double *values;
	size_t count;
	double step_s; /* 0: one value per packet or attempt, not per time */
};

/* What a measurement cost, in trees that say so; NAN where they do not. */
struct report_effort {
	double daemons_s_per_gb; /* processor time of the VPN's own processes, all hosts */
	double busiest_share;    /* of one core, by the busiest thread of the VPN */
	const char *thread, *daemon, *host; /* which one that was */
	/* Payload per second of processor time of the VPN's daemons, Mbit/s, at the weaker end of
	 * the weakest flows: all its threads on one core, or its busiest thread alone. */
	double one_core_mbps, cores_to_spare_mbps;
	/* Of the end whose second thread was the busiest: all its threads, and that one. */
	double threads_cpu_s, second_thread_cpu_s;
	double release_error_us; /* 99 % of packets left the wire within this of their time */
	double idle_share;       /* of all processors' time, when nothing ran */
	double processors;
};

/* What every result starts with; `status` ABSENT when there is no such file. */
struct report_outcome {
	struct envelope envelope;
	const char *path;   /* below the tree */
	json_t *error;      /* of a failure, as stored; owned by the results */
	const char *detail; /* what the failed tool said last, NULL-able */
	struct report_effort effort;
	bool logs_say_too_long; /* the server's log names datagrams that did not fit */
};

enum ping_metric {
	PING_MIN,
	PING_AVERAGE,
	PING_MAX,
	PING_DEVIATION,
	PING_LOSS,
	PING_METRICS
};

struct report_ping {
	struct report_outcome outcome;
	struct summary metrics[PING_METRICS]; /* milliseconds; loss in percent */
	struct report_series rtt_ms;          /* every answer, when the run kept them */
};

struct report_flow {
	bool is_there;
	double sent_bps, received_bps;
	double sent_bytes, received_bytes;
	double retransmits; /* NAN: unknown */
	double seconds;
	bool is_stalled; /* nothing arrived, or nothing moved in the second half */
	struct report_series bps;
};

/* What left a host, as the wire counted it; frames are 0 where it did not. A super-packet is one
 * frame of several packets. */
struct report_frames {
	double frames, packets, bytes;
};

struct report_tcp {
	struct report_outcome outcome;
	struct report_flow forward, reverse;
	struct report_frames of_source, of_target; /* while both directions were measured */
	double mss_bytes;
	double retransmit_percent;
	double max_cwnd_bytes, max_wnd_bytes;
	double mean_rtt_us, min_rtt_us, max_rtt_us;
	double reorder_events, path_mtu_bytes;
	double host_cpu_percent, remote_cpu_percent; /* of one core, iperf3 alone */
	double started_s;                            /* since 1970 */
	unsigned clients; /* of iperf3: 2, or 1 with --bidir; 0: unknown */
	const char *congestion, *version, *system;
	struct report_series rtt_us, cwnd_bytes;
};

struct report_udp {
	struct report_outcome outcome;
	struct report_flow forward, reverse;
	/* As iperf3 prints it: of the datagrams up to the last that arrived. */
	double jitter_ms, lost_percent;
	/* Of all that was sent: iperf3_missing_percent(). */
	double missing_percent;
	double payload_bytes;
	double waited_s;  /* until a datagram of its size had arrived, in the slower direction */
	const char *tool; /* what flooded: "iperf3" or "meshbench"; NULL: failed */
	double host_cpu_percent, remote_cpu_percent;
	struct report_frames of_source, of_target; /* while both directions were measured */
	/* Of a failure: how far it came. */
	size_t streams_connected, intervals_done;
};

enum qperf_metric {
	QPERF_BANDWIDTH,
	QPERF_CPU,
	QPERF_FIRST_BYTE,
	QPERF_CONNECT,
	QPERF_METRICS
};

struct report_qperf {
	struct report_outcome outcome;
	struct summary metrics[QPERF_METRICS];
	/* What became of a datagram as large as other programs begin with; NULL: not asked. */
	const char *datagram_of_1280;
};

enum video_metric {
	VIDEO_BITRATE,
	VIDEO_FPS,
	VIDEO_DROPPED_FRAMES,
	VIDEO_QUALITY,
	VIDEO_RTT,
	VIDEO_RECOVERED,
	VIDEO_DROPPED,
	VIDEO_METRICS
};

struct report_video {
	struct report_outcome outcome;
	struct summary metrics[VIDEO_METRICS];
	struct report_series lost_packets; /* by report of the receiver, when the run kept them */
};

struct report_nix {
	struct report_outcome outcome;
	double mean_s, stddev_s, min_s, max_s, user_s, system_s;
	struct report_series times_s;
};

struct report_pair {
	struct report_pair *next;
	const char *source, *target;
	const char *error, *error_type; /* NULL on success */
	struct report_tcp tcp;
};

struct report_parallel {
	struct report_outcome outcome;
	struct report_pair *pairs;
};

/* One peer's answer in a connection check; times since the check began. */
struct report_contact {
	struct report_contact *next;
	const char *peer, *took; /* "0:00:08.616448" as stored */
	double took_s;
	bool is_success, was_asked_again;
};

struct report_connect {
	bool is_there;
	const char *path;
	struct report_contact *outside, *inside; /* on the check address; over the VPN */
	/* The check address was the VPN's own, so the first phase waited for the VPN already. */
	bool checks_on_vpn;
	double step_s; /* how long the check waited before it asked again; 0: it asked all the time
			*/
};

/* A workload without a shape of its own: the few figures that its results carry. */
struct report_result {
	struct report_outcome outcome;
	json_t *data, *figures; /* NULL-able; owned by the results */
};

/* What was measured once on a link, or once on all links and the whole mesh. */
struct report_repetition {
	struct report_repetition *next;
	size_t number; /* from 0 */
	struct report_ping ping;
	struct report_tcp tcp;
	struct report_udp udp;
	struct report_qperf qperf;
	struct report_video video;
	struct report_nix nix;
	struct report_parallel parallel;
	struct report_result results[REPORT_WORKLOADS];
};

struct report_link {
	struct report_link *next;
	const char *folder, *host;             /* "0_lom", "lom" */
	struct report_repetition *repetitions; /* the first repetition first; never NULL */
	struct report_connect connect, reboot;

	double tests_s, restarts_s, waits_s;
};

struct report_settings {
	bool is_there;
	/* What is stored doubled is also stored as applied, and wire segments are what is hit. */
	bool is_ours;
	bool is_calibrated; /* correlations do what the words say */
	double latency_ms, jitter_ms, loss_percent, reorder_percent, correlation_percent;
	const char *text; /* all that ours says was done to packets, as JSON; NULL of others */
};

struct report_timing {
	bool is_there;
	double installation_s, stabilization_s;
};

/* A VPN under one profile: all its links and repetitions. */
struct report_condition {
	struct report_condition *next;
	const char *profile;
	struct report_link *links;
	/* Measured on all links at once or on the whole mesh, the first repetition first;
	 * NULL-able. */
	struct report_repetition *whole;
	struct report_settings settings;
	struct report_timing timing;
	double tests_s, restarts_s, waits_s; /* of the files of the whole profile */
	const json_t *observed;              /* answers of its observe.json; NULL: none */
	const json_t *vpn_facts;             /* vpn.json; NULL: there is none */
	const char *vpn_path;                /* of that file */
};

struct report_vpn {
	struct report_vpn *next;
	const char *name;  /* the tree's folder, and the key in all that programs read */
	const char *title; /* as its makers write it, for people: results_title() */
	bool is_reference; /* the bare link */
	bool is_second;    /* of the second tree: results_overlay() */
	/* The same VPN in the other of two trees; NULL: only one tree has it, or there is one. */
	const struct report_vpn *twin;
	struct report_condition *conditions;
	struct report_timing timing; /* of the VPN's own folder: older trees */
};

struct report_results {
	struct arena *arena;
	const char *name;
	struct report_vpn *vpns;
	const struct report_vpn *reference; /* NULL when there is no bare link */
	const char **profiles;              /* baseline, low, medium, high, others by name */
	size_t profile_count;
	struct tree_reading reading;
	json_t *hardware, *environment, *calibration; /* NULL-able */
	json_t *hosts;         /* a VPN's layout.json, the longest; NULL-able */
	struct matrix *matrix; /* features.json, with what was observed; NULL-able */
	json_t *kept;          /* owns what outlives its file */
	/* A tree that was put next to this one, NULL-able and owned, and its bare link. */
	struct report_results *second;
	const struct report_vpn *second_reference;
	bool is_second; /* paths of its files begin with RESULTS_SECOND */
};

#define RESULTS_SECOND "B:"

/* The same VPNs on tuned hosts; lists end with NULL. */
struct report_tuned {
	const struct report_tuned *next;
	const char *name; /* "reorder-only"; "tuned" of a tree that does not say */
	struct report_results *results;
};

/* An empty model, to be filled by hand. */
struct report_results *results_new(const char *name);
MUST_CHECK int results_read(
	const char *dir, struct report_results **ret_results, struct error *err);
/* Of a tree that tree_open() opened; `dir` is only its name. */
MUST_CHECK int results_read_open(
	int tree, const char *dir, struct report_results **ret_results, struct error *err);
/* The same of a tree that results_overlay() will put next to another. */
MUST_CHECK int results_read_second(
	const char *dir, struct report_results **ret_results, struct error *err);
/* The second tree's VPNs become VPNs of the first, "Tinc (B)", each behind its like; the first owns
 * it. */
void results_overlay(struct report_results *first, struct report_results *second);
/* The bare link of the tree that a VPN is of; NULL when there is none. */
const struct report_vpn *results_reference_of(
	const struct report_results *results, const struct report_vpn *vpn);
/* All of its VPNs, in the order in which they are shown. */
void results_collect_profiles(struct report_results *results);
void results_freep(struct report_results **results);

/* NULL when absent, as for a NULL VPN or profile. */
const struct report_condition *condition_of(const struct report_vpn *vpn, const char *profile);
const struct report_vpn *results_vpn(const struct report_results *results, const char *name);
/* Gives every VPN its title, no two the same: that of its driver as the tree keeps it, or of one
 * table. */
void results_title(struct report_results *results);
/* Of a folder; the folder itself where nobody is called so. */
const char *vpn_title(const struct report_results *results, const char *name);
/* "low" for low_impairment, "folder low" for low; others unchanged: no two are the same. */
const char *profile_title(const char *profile);
bool outcome_is_success(const struct report_outcome *outcome);
bool outcome_is_there(const struct report_outcome *outcome);
/* Success, and what was sent arrived, to the end. */
bool tcp_is_working(const struct report_tcp *tcp);
/* Both ends sent and neither received a byte: no network does that once it has let both connect. */
bool tcp_is_crossed(const struct report_tcp *tcp);
/* Success, and something arrived. */
bool udp_is_working(const struct report_udp *udp);
enum {
	VIDEO_COUNTER_RANGE = 65536 /* of its 16-bit counter of dropped packets */
};
/* Packets, at the highest bitrate. */
double video_sent_per_s(const struct report_video *video);
/* The counter of dropped packets went below zero in one of the reports. */
bool video_has_wrapped(const struct report_video *video);
/* The first repetition of TCP on all links at once; NULL when there is none. */
const struct report_parallel *condition_parallel(const struct report_condition *condition);
/* Every result under a condition that is there, link by link, then those of the whole mesh. */
struct report_place {
	const struct report_workload *workload;
	const struct report_link *link; /* NULL: all links or the whole mesh */
	const struct report_repetition *repetition;
	const struct report_outcome *outcome;
};
void condition_each_result(const struct report_condition *condition,
	void (*look)(void *context, const struct report_place *place), void *context);
size_t condition_links(const struct report_condition *condition);
/* "baseline", or the first profile without impairment; NULL when there is none. */
const char *results_base_profile(const struct report_results *results);
/* "virtual time, on one processor of ...": what measured the tree; NULL: a machine in real time. */
const char *results_clock(const struct report_results *results);
/* "far hosts, ...": where the hosts of the tree were; NULL: in namespaces of the program.
 */
const char *results_hosts(const struct report_results *results);
/* Whether hosts had machines of their own. */
bool results_is_on_machines(const struct report_results *results);
/* The places of two trees, for a page that shows both; the first one's arena. */
const char *results_places(const struct report_results *first, const struct report_results *second);
/* "router-mips-like: 0.067 of a processor, 64 MB of memory": what every host was limited to; NULL:
 * it was not. */
const char *results_limits(const struct report_results *results);
/* "home-office (Two homes ...)": where hosts were; NULL: in one flat network. */
const char *results_topology(const struct report_results *results);
/* "symmetric", "port-restricted behind cgnat": what is between a host and the public network, as
 * the topology says it; "none" where nothing is. */
const char *results_router_of(const struct report_results *results, const char *host);
/* It is in a site that has no IPv4 outside. */
bool results_has_ipv6_alone(const struct report_results *results, const char *host);
/* The same of a site of the topology or of one of its uplinks, by itself. */
const char *results_router_kind(const struct report_results *results, const json_t *router);
/* Contacts of a tree of ours were asked all the time, and not once a second. */
void contacts_of_ours(struct report_results *results);
/* The first profile under which contacts were measured; NULL when none. */
const char *results_contact_profile(const struct report_results *results);
/* "Wireguard/baseline": the place in the report where the samples of a condition are. */
const char *results_place(struct arena *arena, const struct report_vpn *vpn, const char *profile);
