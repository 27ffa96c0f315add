#pragma once

#include "record/reader.h"
#include "stats/stats.h"

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A result tree as numbers. Lists are in the tree's order; everything lives in one arena. */
struct series {
	double *values;
	size_t count;
	double step_s; /* 0: one value per packet or attempt, not per time */
};

/* What a measurement cost, in trees that say so; NAN where they do not. */
struct effort {
	double daemons_s_per_gb; /* processor time of the VPN's own processes, all hosts */
	double busiest_share;    /* of one core, by the busiest thread of the VPN */
	const char *thread, *daemon, *host; /* which one that was */
	double release_error_us; /* 99 % of packets left the wire within this of their time */
};

/* What every result starts with; `status` ABSENT when there is no such file. */
struct outcome {
	struct envelope envelope;
	const char *path;   /* below the tree */
	json_t *error;      /* of a failure, as stored; owned by the results */
	const char *detail; /* what the failed tool said last, NULL-able */
	struct effort effort;
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

struct ping_result {
	struct outcome outcome;
	struct summary metrics[PING_METRICS]; /* milliseconds; loss in percent */
	struct series rtt_ms;                 /* every answer, when the run kept them */
};

struct flow {
	bool is_there;
	double sent_bps, received_bps;
	double sent_bytes, received_bytes;
	double retransmits, seconds;
	bool is_stalled; /* nothing arrived, or nothing moved in the second half */
	struct series bps;
};

struct tcp_result {
	struct outcome outcome;
	struct flow forward, reverse;
	double mss_bytes; /* 0: not said */
	double retransmit_percent;
	double max_cwnd_bytes, max_wnd_bytes;
	double mean_rtt_us, min_rtt_us, max_rtt_us;
	double reorder_events, path_mtu_bytes;
	double host_cpu_percent, remote_cpu_percent; /* of one core, iperf3 alone */
	double started_s;                            /* since 1970 */
	const char *congestion, *version, *system;
	struct series rtt_us, cwnd_bytes;
};

struct udp_result {
	struct outcome outcome;
	struct flow forward, reverse;
	double jitter_ms, lost_percent, reverse_lost_percent;
	double payload_bytes;
	double host_cpu_percent, remote_cpu_percent;
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

struct qperf_result {
	struct outcome outcome;
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

struct video_result {
	struct outcome outcome;
	struct summary metrics[VIDEO_METRICS];
};

struct nix_result {
	struct outcome outcome;
	double mean_s, stddev_s, min_s, max_s, user_s, system_s;
	struct series times_s;
};

struct pair_result {
	struct pair_result *next;
	const char *source, *target;
	const char *error, *error_type; /* NULL on success */
	struct tcp_result tcp;
};

struct parallel_result {
	struct parallel_result *next; /* the next repetition */
	size_t repetition;
	struct outcome outcome;
	struct pair_result *pairs;
};

/* One peer's answer in a connection check; times since the check began. */
struct contact {
	struct contact *next;
	const char *peer, *took; /* "0:00:08.616448" as stored */
	double took_s;
	bool is_success;
};

struct connect_result {
	bool is_there;
	const char *path;
	struct contact *outside, *inside; /* on the check address; over the VPN */
	/* The check address was the VPN's own, so the first phase waited for the VPN already. */
	bool checks_on_vpn;
};

/* A workload of ours beyond the published ones: its numbers under their names. */
struct other_result {
	struct other_result *next;
	const char *file, *title;
	size_t repetition;
	struct outcome outcome;
	json_t *data, *figures; /* NULL-able; owned by the results */
};

struct run {
	struct run *next;
	size_t repetition;
	struct ping_result ping;
	struct tcp_result tcp;
	struct udp_result udp;
	struct qperf_result qperf;
	struct video_result video;
	struct nix_result nix;
	struct other_result *others;
};

struct link {
	struct link *next;
	const char *folder, *host; /* "0_lom", "lom" */
	struct run *runs;          /* the first repetition first; never NULL */
	struct connect_result connect, reboot;

	double tests_s, restarts_s, waits_s;
};

struct settings {
	bool is_there;
	/* What is stored doubled is also stored as applied, and wire segments are what is hit. */
	bool is_ours;
	bool is_calibrated; /* correlations do what the words say */
	double latency_ms, jitter_ms, loss_percent, reorder_percent, correlation_percent;
};

struct timing {
	bool is_there;
	double installation_s, stabilization_s;
};

struct cell {
	struct cell *next;
	const char *profile;
	struct link *links;
	struct parallel_result *parallel; /* the first repetition first; NULL-able */
	struct other_result *others;      /* measured on the whole mesh, every repetition */
	struct settings settings;
	struct timing timing;
	double tests_s, restarts_s, waits_s; /* of the files of the whole profile */
	const json_t *failed_bring_ups;      /* as in vpn.json; NULL: not told */
	const char *vpn_path;                /* of that file */
};

struct vpn {
	struct vpn *next;
	const char *name;
	bool is_reference; /* the bare link */
	struct cell *cells;
	struct timing timing; /* of the VPN's own folder: older trees */
};

struct results {
	struct arena *arena;
	const char *name;
	struct vpn *vpns;
	const struct vpn *reference; /* NULL when there is no bare link */
	const char **profiles;       /* baseline, low, medium, high, others by name */
	size_t profile_count;
	struct tree_reading reading;
	json_t *hardware, *environment, *calibration; /* NULL-able */
	json_t *kept;                                 /* owns what outlives its file */
};

/* The same VPNs on tuned hosts; lists end with NULL. */
struct tuned {
	const struct tuned *next;
	const char *name; /* "reorder-only"; "tuned" of a tree that does not say */
	struct results *results;
};

/* An empty model, to be filled by hand. */
struct results *results_new(const char *name);
MUST_CHECK int results_read(const char *dir, struct results **ret_results, struct error *err);
void results_freep(struct results **results);

/* NULL when absent, as for a NULL VPN or profile. */
const struct cell *cell_of(const struct vpn *vpn, const char *profile);
const struct vpn *vpn_named(const struct results *results, const char *name);
/* "low" for low_impairment; others unchanged. */
const char *profile_title(const char *profile);
bool outcome_is_success(const struct outcome *outcome);
bool outcome_is_there(const struct outcome *outcome);
/* Success, and what was sent arrived, to the end. */
bool tcp_is_working(const struct tcp_result *tcp);
size_t cell_links(const struct cell *cell);
/* "baseline", or the first profile without impairment; NULL when there is none. */
const char *results_base_profile(const struct results *results);
/* The first profile under which contacts were measured; NULL when none. */
const char *results_contact_profile(const struct results *results);
/* "Wireguard/baseline": the place in the report where the samples of a cell are. */
const char *results_place(struct arena *arena, const struct vpn *vpn, const char *profile);
