/* SPDX-License-Identifier: MIT */
#pragma once

#include "document/clocks.h"
#include "record/cause.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/setting.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a link's source sent to its target, as the wire's log has it; neighbours of equal fate. */
struct workload_packet {
	int64_t in_ns, out_ns; /* CLOCK_MONOTONIC; out_ns is 0 for what the wire dropped */
	uint64_t index;        /* of the first, in the order of sending */
	uint32_t flow;         /* a hash of addresses, protocol and ports */
	uint32_t bytes;        /* of all of them */
	uint16_t count;
	bool is_clone;
};

/*
 * A workload says which commands to run on a link and reads what they printed. It starts nothing
 * itself, so every part of it can be tested on stored outputs.
 */
struct workload_case {
	const char *source, *target; /* host names */
	const char *source_address;  /* overlay addresses, IPv4 or IPv6 */
	const char *target_address;
	const char *source_underlay, *target_underlay; /* their addresses on the wire */
	size_t link;    /* number of the link: keeps ports of simultaneous links apart */
	double seconds; /* measuring time */
	/* The narrowest that the profile is, so that nobody sends what cannot pass; 0: unknown. */
	double line_bps;
	const char *congestion;
	size_t processors; /* of this machine, for us; of others, of the smallest */
	bool is_virtual;   /* the one processor has nothing to do but what the lab does */
	const struct setting_value *options; /* what the plan says about workloads; NULL-able */
	const char *artefact; /* the folder that prepare() filled, or is to fill; NULL without */
	/* For read(): what the wire did meanwhile (lab_wire_report()), or NULL; borrowed. */
	const json_t *wire;
	/* Likewise, for delays that source and target measured: of packets there, and back. */
	struct clocks clocks_there, clocks_back;
	/* Likewise, in the order in which they left the wire, where the workload asked for it. */
	const struct workload_packet *packets;
	size_t packet_count;
	uint64_t packets_missed; /* found no room in the log */
};

/* Written on the host before anything starts. */
struct workload_file {
	const char *path; /* under /var/lib of the host */
	const char *text;
};

enum workload_side {
	WORKLOAD_SOURCE,
	WORKLOAD_TARGET
};

struct workload_command {
	const char *what; /* "iperf3 server" */
	enum workload_side side;
	/* NULL-terminated; a first word "meshbench-NAME" is our own program of this room. */
	const char *const *argv;
	const struct workload_file *files; /* what it reads on its host */
	size_t file_count;
	/*
	 * Servers start before everything and are stopped after it. Clients of one wave start
	 * together behind a barrier; the next wave starts when they all ended.
	 */
	bool is_server;
	const char *ready; /* server: what it prints when it listens */
	bool merge;        /* stderr goes to stdout, in order: `ready` may stand there */
	unsigned wave;
	bool is_gate;     /* client: unless it exits 0 no later wave is started */
	int64_t limit_ns; /* client: per attempt */
	size_t keep_bytes;
};

/* Seconds that a flood may keep pings unanswered; then what is next is measured anyway. */
#define WORKLOAD_DRAIN_S 60

/*
 * What a workload needs that takes long to make and is the same for every cell: made once on this
 * machine, kept in the user's cache folder, in sight of every host and unchangeable there.
 */
struct workload_artefact {
	/* Run one after the other; each has `what`, `argv` and `limit_ns`. None: nothing is needed.
	 */
	const struct workload_command *commands;
	size_t command_count;
	/* Commands whose first line says what else shapes it: {"ffmpeg", "-version", NULL}. */
	const char *const *const *versions; /* NULL-terminated */
};

/* What one command left behind, in the order of the commands; never started: exit_code -1. */
struct workload_output {
	int exit_code;
	int signal;
	bool timed_out;
	const char *out, *errout; /* NUL-terminated */
	size_t out_size, errout_size;
	uint64_t dropped_bytes;
	int64_t started_ns, ended_ns;
};

/* A reading in a few numbers: what summaries show and comparisons start from. */
enum {
	WORKLOAD_FIGURES = 5
};

/* Payload that went one way through a link during one wave; see workload_add_flow(). */
struct workload_flow {
	unsigned wave;
	bool is_reverse; /* from the target to the source */
	double bytes;    /* that arrived */
};

enum {
	WORKLOAD_FLOWS = 4
};

/* What the outputs mean. */
struct workload_reading {
	enum cause cause;
	char evidence[480]; /* when not a success */
	bool has_blamed;    /* a command failed, and which: */
	size_t blamed;
	json_t *data;    /* in the published shape; owned by the caller */
	json_t *samples; /* single values and series, units in the key names; owned; NULL-able */
	/* Of a mesh: {file: {host: value}}, files of single hosts, such as published ones; owned.
	 */
	json_t *host_files;
	/* Of a workload that times flows. */
	struct workload_flow flows[WORKLOAD_FLOWS];
	size_t flow_count;
	/* Why our own instrument is to be doubted, although it measured; "": it is not. */
	char doubt[160];
	double bytes_moved; /* payload that arrived, all directions: the base of "per GB" */
	char headline[64];  /* of a success, for the summary table: "934 / 935 Mbit/s" */
	/* Likewise, in the order of the workload's names for them. */
	double figures[WORKLOAD_FIGURES];
};

/* What one cell measures. */
enum workload_scope {
	WORKLOAD_LINK,
	WORKLOAD_ALL_LINKS, /* all links at once; its figures are sums */
	WORKLOAD_MESH,      /* the mesh as a whole, by operations instead of commands */
};

/* Something done to a whole mesh while all its pairs are watched. */
struct workload_operation {
	const char *name; /* "restart_host": where its runs are found in the data */
	enum workload_action {
		WORKLOAD_CONNECT, /* takes the VPN away with its keys and brings it up again */
		WORKLOAD_RESTART, /* ends the VPN's daemons and starts them again */
		WORKLOAD_REBOOT,
		WORKLOAD_LOSE_COORDINATOR, /* ends its daemons, restarts another's, brings it back
					    */
		WORKLOAD_PAIR_ALONE,       /* begins without a word between others than it, ends
					      its daemons, and lets the others speak */
		WORKLOAD_IDLE,             /* sends nothing and looks what passes */
		WORKLOAD_OBSERVE,          /* makes the checks of room `feature` */
		WORKLOAD_ATTACK,           /* sends the first two hosts `packets` hostile packets */
		WORKLOAD_GROW,             /* ends all daemons and starts more and more hosts */
		WORKLOAD_CHURN,            /* one host after the other leaves and comes back */
		WORKLOAD_KEEP,   /* calls a host whose router forgets after `seconds` of silence */
		WORKLOAD_FORGET, /* a host's router forgets its mappings */
		WORKLOAD_MOVE,   /* it has another address outside */
		WORKLOAD_SWITCH, /* it leaves by the next uplink, where it has several */
		WORKLOAD_CARRY,  /* how much and how fast the last two hosts carry between them */
		WORKLOAD_BLOCK,  /* their direct way is blocked for `seconds` in mid-stream, and
				    freed; or it is slow or lossy instead */
		WORKLOAD_DETOUR, /* what they carry while it is blocked */
		WORKLOAD_NARROW, /* its router takes no packets larger than `mtu`, in mid-stream */
		WORKLOAD_PUNCH,  /* begins the VPN behind routers, and looks which way packets go */
	} action;
	bool on_one_host;   /* the last one; otherwise all */
	bool is_black_hole; /* its router says nothing about packets larger than `mtu` */
	bool counts_pings;  /* one by one: which arrived, and which were answered */
	bool needs_direct;  /* nothing is done to a way that is not direct within its limit */
	unsigned mtu;       /* in bytes */
	/*
	 * Who sends first, of two hosts that watch each other; the other follows when it is spoken
	 * to. By default the one that something is done to, and where that does not say it the
	 * one with the lower number.
	 */
	enum workload_speaker {
		WORKLOAD_ONE_SPEAKS,
		WORKLOAD_BOTH_SPEAK,   /* both by their own clocks, so that they may cross */
		WORKLOAD_OTHERS_SPEAK, /* to the one host, which follows */
	} speaker;
	double limit_s;           /* until every pair has to answer again */
	double settle_s, seconds; /* of waiting, then of looking, or of coming and going */
	int64_t packets;
	double direct_limit_s; /* of waiting until the way is direct, before anything is done */
	double delay_s;        /* of the direct way, in each direction, if it is slow */
	uint64_t lose_every;   /* it loses one of so many packets; 0: each, if it is not slow */
	const char *checks;    /* of observe: see observe_is_chosen() */
};

struct workload {
	const char *name; /* what users type: "tcp" */
	const char *file; /* "tcp_iperf3.json" */
	const char *title;
	/* What a plan and a command line can say about it; NULL-terminated, or NULL. */
	const struct setting *const *settings;
	const struct setting *own_seconds; /* of measuring, in place of the plan's; NULL: none */
	const char *const *needs;          /* programs, NULL-terminated */
	const char *const *packages; /* Debian packages that provide them, in the same order */
	/* "tcp 5201": what the ends of the first link say to each other where there is no VPN
	 * around it; NULL-terminated, or NULL. */
	const char *const *ports;
	/* Whether a program of `needs` is wanted with these options; NULL: every one is. */
	bool (*wants)(const struct setting_value *options, const char *program);
	const char *figures[WORKLOAD_FIGURES + 1]; /* keys of meta.figures, NULL-terminated */
	const char *figures_title;                 /* above their column in a summary */
	size_t log_packets; /* room in the wire's log, for read(); 0: it wants none */
	enum workload_scope scope;
	bool times_flows; /* its readings have flows, so that waves are worth measuring apart */
	/* It brings the VPN up itself, so that pairs need not answer before, nor afterwards. */
	bool begins_mesh;
	enum workload_routers {
		WORKLOAD_ANY_ROUTERS,  /* or none */
		WORKLOAD_LAST_ROUTER,  /* the last host is behind one */
		WORKLOAD_EVERY_ROUTER, /* hosts behind routers have an outermost one each, at least
					  two */
	} routers;
	bool changes_packets; /* by rules, which only the engine wire has */
	const char *why_here; /* it can only be measured in a lab on this machine; NULL: elsewhere,
				 too */
	bool is_flood;        /* it sends more than the path takes, and leaves full queues behind */
	double (*estimate_s)(const struct workload_case *c);
	/*
	 * NULL when nothing is needed. Depends on nothing but the plan, since all cells share it:
	 * the case names no link. What the commands are told apart from `artefact`, and the
	 * versions, decide whether what an earlier run made is used again.
	 */
	void (*prepare)(const struct workload_case *c, struct arena *arena,
		struct workload_artefact *ret_artefact);
	/* Of a link or all links. Everything is allocated in `arena`. */
	void (*commands)(const struct workload_case *c, struct arena *arena,
		struct workload_command **ret_commands, size_t *ret_count);
	/* Never fails: what cannot be read is a finding with CAUSE_PARSE. */
	void (*read)(const struct workload_case *c, const struct workload_output *outputs,
		size_t count, struct workload_reading *ret_reading);
	/* Of a mesh: what is done, in order, and what its observations (workload/mesh/mesh.h) mean.
	 */
	void (*operations)(const struct workload_case *c, struct arena *arena,
		struct workload_operation **ret_operations, size_t *ret_count);
	void (*read_mesh)(const struct workload_case *c, const json_t *observations,
		struct workload_reading *ret_reading);
	/* Whether the operations that are left would add nothing to these; NULL: all are done. */
	bool (*is_decided)(const struct workload_case *c, const json_t *observations);
};

extern const struct workload workload_ping, workload_tcp, workload_udp, workload_parallel,
	workload_quic, workload_rate, workload_load_latency, workload_reorder, workload_video,
	workload_nix_cache, workload_http_small, workload_wake, workload_connect, workload_restart,
	workload_reboot, workload_idle, workload_observe, workload_scale, workload_punch,
	workload_roam, workload_keepalive, workload_hostile, workload_relay, workload_mtu,
	workload_pathchoice;

/* NULL-terminated, in the order in which a link is measured. */
extern const struct workload *const workloads[];
const struct workload *workload_named(const char *name);
/* Those of all workloads, each once; NULL-terminated, in the arena. */
const struct setting *const *workload_settings(struct arena *arena);
/* Whether it wants the program `needs[i]` with these options, which are NULL-able. */
bool workload_wants(const struct workload *workload, const struct setting_value *options, size_t i);
/* The index in `needs` of the first wanted program that is not installed, or -1. */
int workload_missing(
	const struct workload *workload, const struct setting_value *options, struct arena *arena);
void workload_reading_done(struct workload_reading *reading);
/* Adds what arrived to bytes_moved and to the flows, those of one wave and direction together. */
void workload_add_flow(
	struct workload_reading *reading, unsigned wave, bool is_reverse, double bytes);
