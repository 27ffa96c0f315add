/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "far/far.h"
#include "host/host.h"
#include "lab/hosts.h"
#include "plan/board.h"
#include "plan/profile.h"
#include "plan/topology.h"
#include "plan/tuning.h"
#include "wire/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hosts joined by a network: up, verified, restarted, rebooted, down. */
struct lab;

enum lab_engine {
	LAB_ENGINE_BRIDGE, /* veth pairs and a kernel bridge; line rate by tbf, no impairment */
	LAB_ENGINE_NETEM,  /* the same, with tc netem on forwarding ports */
	LAB_ENGINE_WIRE,   /* TAPs joined by meshbench-wire, which impairs every packet */
	LAB_ENGINE_CABLE,  /* real network cards of other machines; only the line rate is ours */
	LAB_ENGINE_EDGE,   /* the same behind a meshbench-wire on every machine, which impairs */
	LAB_ENGINE_EDGE_NETEM, /* the same behind tc netem on every machine */
};

/* Whether hosts are joined by network cards of other machines. */
bool lab_engine_is_real(enum lab_engine engine);

/* Whether the kernel's netem impairs. */
bool lab_engine_has_netem(enum lab_engine engine);

/* A machine that carries a host, and the address that the host has on its network card. */
struct lab_machine {
	struct far_host_spec far;
	const char *address; /* IPv4 */
	int prefix;
	const char *gateway; /* through which it reaches those outside of its network; NULL: none */
};

struct lab_spec {
	const char *const *names; /* `count` host names */
	size_t count;             /* at least 2 */
	enum lab_engine engine;
	const struct profile *profile;
	/*
	 * Where hosts are, with engine wire and no other; borrowed until lab_down(). NULL: in one
	 * flat network. Names are those of topology_hosts(). The profile impairs what public hosts
	 * send and what routers send outside.
	 */
	const struct topology *topology;
	const char *state_dir;  /* of all hosts; made when absent */
	const char *congestion; /* congestion control that every host is pinned to */
	/*
	 * Processors of every host, as lab_cores_lay() says; 0: all that this program may use. This
	 * program keeps to its own part until lab_down().
	 */
	size_t cpus;
	/* What every host may use of this machine; NULL: all of it. Not of far hosts. */
	const struct board *board;
	/*
	 * Sysctls of every host, also after a reboot; NULL: none. One that the kernel refuses is no
	 * error: lab_describe() says under "tuning" what was wanted and what is.
	 */
	const struct tuning *tuning;
	/*
	 * Far hosts: a meshbench-host makes each, on this machine as it would on another. state_dir
	 * is not used, because they keep their state themselves.
	 */
	bool hosts_are_far;
	/*
	 * A machine in virtual time, where no other program can stop the wire: it sleeps as long as
	 * it has nothing to do.
	 */
	bool is_virtual;
	/* Of every host, with engines that are real and no other; they are far then. */
	const struct lab_machine *machines;
	/* Folders to keep in sight on hosts, read-only, as in namespace_host_spec; NULL-able. */
	const char *const *visible;
};

/*
 * Whether this machine has the lab's own tools and its kernel can carry the engine and the profile;
 * ERROR_MISSING names what is missing, and the package of a tool.
 * For netem under a profile that impairs it calls namespace_enter() and tries.
 */
MUST_CHECK int lab_can_carry(struct procs *procs, enum lab_engine engine,
	const struct profile *profile, struct error *err);
/* Whether this kernel has a congestion control, or loads it when asked; else ERROR_MISSING. */
MUST_CHECK int lab_can_pin(const char *congestion, struct error *err);
/* Calls namespace_enter() if nobody has. The lab's processes die with this process. */
MUST_CHECK int lab_up(
	struct procs *procs, const struct lab_spec *spec, struct lab **ret_lab, struct error *err);
void lab_down(struct lab *lab);
void lab_downp(struct lab **lab);

struct procs *lab_procs(struct lab *lab);
size_t lab_host_count(const struct lab *lab);
/* The process of the wire; NULL with other engines. It may be replaced by lab_restart_wire(). */
const struct proc *lab_wire_program(const struct lab *lab);
struct host *lab_host(struct lab *lab, size_t index);
/* The address at which others find the host, IPv4 in text: behind a NAT, the router's. */
const char *lab_underlay(const struct lab *lab, size_t index);
/* The same for one of the others: behind a NAT64 it finds them at addresses of IPv6. */
const char *lab_underlay_for(const struct lab *lab, struct arena *arena, size_t self, size_t host);

/* Routers forget every mapping and session, as after a restart of theirs. */
MUST_CHECK int lab_flush_routers(struct lab *lab, struct error *err);
/* The outermost router of a host alone. */
MUST_CHECK int lab_forget_router(struct lab *lab, size_t host, struct error *err);
/* It forgets after so long whatever was not refreshed, of every protocol; 0: as the topology says.
 */
MUST_CHECK int lab_limit_router(
	struct lab *lab, size_t host, int64_t lifetime_ns, struct error *err);
/*
 * It takes no larger packets, in both directions; a black hole says nothing about them. 0: as the
 * topology says.
 */
MUST_CHECK int lab_narrow_router(
	struct lab *lab, size_t host, uint16_t mtu, bool is_black_hole, struct error *err);
/* The MTU of every host's eth0, 0: the usual one; hosts forget what they know about paths. */
MUST_CHECK int lab_size_cards(struct lab *lab, uint16_t mtu, struct error *err);
/* It gets other addresses outside, which others know how to reach, and loses its mappings. */
MUST_CHECK int lab_move_router(struct lab *lab, size_t host, struct error *err);
/*
 * Of several uplinks of the site where a host leaves, how many there are (0: one without a name),
 * which is in use, and another one from now on: its profile, its addresses and its NAT.
 */
size_t lab_uplinks(const struct lab *lab, size_t host);
size_t lab_uplink(const struct lab *lab, size_t host);
const char *lab_uplink_name(const struct lab *lab, size_t host, size_t uplink);
MUST_CHECK int lab_use_uplink(struct lab *lab, size_t host, size_t uplink, struct error *err);
/*
 * What kind of router each host in a site is behind, as the first public host sees it, not as the
 * topology says: [{host, is_reachable, is_translated, mapping, filtering, ports, peer_first}], as
 * meshbench-nat prints it; NULL without a public host. Routers have sessions of it afterwards.
 * Caller owns it.
 */
MUST_CHECK int lab_classify_routers(struct lab *lab, json_t **ret_classes, struct error *err);
/* Replaces the impairment of every port; nothing else changes. */
MUST_CHECK int lab_set_profile(struct lab *lab, const struct profile *profile, struct error *err);
/* "bridge", "netem", "wire", "cable", "edge", "edge-netem". */
const char *lab_engine_name(enum lab_engine engine);
/* The engine of that name; false when there is none. */
bool lab_engine_named(const char *name, enum lab_engine *ret_engine);

/*
 * Fates, counters and health of the wire start over, with this seed: equal seeds, equal fates. A
 * wire whose process has died is replaced. Engines netem and bridge begin to count frames larger
 * than the MTU.
 */
MUST_CHECK int lab_restart_wire(struct lab *lab, uint64_t seed, struct error *err);
/*
 * What the wire did since then, and whether figures measured meanwhile mean the profile:
 * {was_good, reason, ports, and with engine wire release_error_us, cpu_s, ...}; NULL with engine
 * bridge on a line without a rate. With netem no frame may be larger than the MTU, with
 * engines bridge and cable such frames are only counted. Caller owns it.
 */
MUST_CHECK int lab_wire_report(struct lab *lab, json_t **ret_report, struct error *err);

#define LAB_NOBODY UINT16_MAX

/*
 * What passed the wire, in the order of its end there: delivered, lost or dropped. A packet is one
 * or several neighbours of equal fate from one super-packet.
 */
struct lab_packets {
	/*
	 * in_port and out_port are indexes of hosts, or above those faces of routers as lab_edge()
	 * numbers them; LAB_NOBODY: nobody, as for what was lost.
	 */
	const struct wire_record *list;
	size_t count;
	uint64_t missed;   /* found no room */
	bool was_recorded; /* false with engines that see no packets */
};
/* From now on every packet of the wire is recorded, at most `room` of them; at most once a time. */
MUST_CHECK int lab_record_packets(struct lab *lab, size_t room, struct error *err);
/*
 * Where packets of a host enter the public network: the outer face of its outermost router, or the
 * host itself.
 */
uint16_t lab_edge(const struct lab *lab, size_t host);
/* What was recorded so far, but for the first `from`; valid until the next look. */
struct lab_packets lab_look_at_packets(struct lab *lab, size_t from);
/* Ends the recording. The list is valid until the next look or recording, or the lab is down. */
MUST_CHECK int lab_take_packets(
	struct lab *lab, struct lab_packets *ret_packets, struct error *err);
/*
 * In place of all rules of the wire that there were; `from` and `to` are hosts, or faces of routers
 * as lab_edge() numbers them. Engine wire only. A wire that was replaced has none.
 */
MUST_CHECK int lab_set_rules(
	struct lab *lab, const struct wire_rule rules[], size_t count, struct error *err);
MUST_CHECK int lab_read_rules(
	struct lab *lab, struct wire_rule_use ret_uses[], size_t count, struct error *err);
/*
 * Pins every TCP route of a device on every host to the lab's congestion control and makes
 * `luna.vpn` resolve to addresses[luna]; NULL addresses take the overlay names away. Routes that a
 * VPN makes later, after a restart or a reboot, need another call; lab_describe() lists under
 * "unpinned_routes" those that could not be said again.
 */
MUST_CHECK int lab_name_overlay(struct lab *lab, const char *const addresses[], struct error *err);
/*
 * Limits of hosts (struct lab_spec, board): whether this machine grants them, ERROR_MISSING if not;
 * a count that starts over, and what happened since: {"board", "processors", "memory_bytes",
 * "hosts": [{"host", "cpu_s", "throttled_s", "memory_peak_bytes", "killed"}]}, which the caller
 * owns, NULL without limits; and ERROR_MEMORY if a limit ended a program since then.
 */
MUST_CHECK int lab_can_limit(const struct board *board, struct error *err);
MUST_CHECK int lab_restart_limits(struct lab *lab, struct error *err);
MUST_CHECK int lab_limits_report(const struct lab *lab, json_t **ret_report, struct error *err);
MUST_CHECK int lab_check_memory(const struct lab *lab, struct error *err);

/*
 * What must be added to a delay that `from` and `to` measured by a clock of theirs each, and by how
 * much that may be wrong; both 0 where hosts have one clock.
 */
struct lab_clocks {
	int64_t shift_ns, bound_ns;
};
struct lab_clocks lab_clocks_between(struct lab *lab, size_t from, size_t to);
/* Over a time at whose ends they stood so: what they drifted meanwhile is not known better. Pure.
 */
struct lab_clocks lab_clocks_over(const struct lab_clocks *begin, const struct lab_clocks *end);
/*
 * What programs on other machines print waits there between these two, so that what controls them
 * takes little of the cards that are measured; it is all here when the second returns. Nothing on
 * this machine waits.
 */
MUST_CHECK int lab_begin_silence(struct lab *lab, struct error *err);
MUST_CHECK int lab_end_silence(struct lab *lab, struct error *err);
/*
 * Of hosts on other machines: clocks and the connections that control them, before and after
 * something. NULL: hosts are on this machine. The arena's.
 */
struct lab_connections;
MUST_CHECK int lab_look_at_connections(struct lab *lab, struct arena *arena,
	const struct lab_connections **ret_connections, struct error *err);
/*
 * [{"host", "clock_offset_before_ms", "clock_bound_before_ms", "clock_offset_after_ms",
 * "clock_bound_after_ms", "sent_bytes", "received_bytes", "measuring_sent_bytes",
 * "measuring_received_bytes"}]: the wall clock there minus the one here, and what the connection
 * carried meanwhile, and of that in silence, without what SSH adds. `after` NULL: its values are
 * null. Caller owns it.
 */
json_t *lab_connections_json(const struct lab *lab, const struct lab_connections *before,
	const struct lab_connections *after);

/* Whether all hosts live; ERROR_HOST names the first that ended although nobody asked it to. */
MUST_CHECK int lab_check_hosts(struct lab *lab, struct error *err);
/* Whether the wire lives; ERROR_CRASHED says how it ended. Nothing can end with other engines. */
MUST_CHECK int lab_check_wire(struct lab *lab, struct error *err);
/* Ends all that runs on the host and brings it back: same state, same addresses, fresh network. */
MUST_CHECK int lab_reboot_host(struct lab *lab, size_t index, struct error *err);
/* Removes the host's state; stop what uses it first. */
MUST_CHECK int lab_wipe_host(struct lab *lab, size_t index, struct error *err);

/*
 * What all hosts have set: devices, sysctls of the network, queues, offloads, routes, rules and
 * netfilter. Taken before and after a VPN comes up, it says what the VPN changed on its hosts.
 */
struct lab_snapshot;
MUST_CHECK int lab_snapshot(struct lab *lab, struct lab_snapshot **ret_snapshot, struct error *err);
void lab_snapshot_free(struct lab_snapshot *snapshot);
void lab_snapshot_freep(struct lab_snapshot **snapshot);
/*
 * [{"host", "topic", "before": [line], "after": [line]}]: lines of `ip`, `sysctl`, `tc`, `ethtool`
 * and `nft` that only one of the two has. What is said about devices that came or went is left out,
 * except rules. Caller owns it.
 */
json_t *lab_snapshot_changes(const struct lab_snapshot *before, const struct lab_snapshot *after);

/*
 * Which ordered pairs answer: pings densely (every few ms) from every host to every other's
 * address until all answered once or the deadline passed. first_ns[i * count + j] is when host i
 * first heard from j (CLOCK_MONOTONIC), 0 if never. ERROR_TIMEOUT names the pairs that are missing.
 */
MUST_CHECK int lab_reach(struct lab *lab, const char *const addresses[], struct deadline deadline,
	int64_t first_ns[], struct error *err);
/* Whether one host answers all others, while nobody else speaks to anybody. */
MUST_CHECK int lab_reach_one(struct lab *lab, const char *const addresses[], size_t host,
	struct deadline deadline, struct error *err);
/*
 * Watching: hosts ping each other every few ms, over the overlay and outside it, until the watch
 * ends, and every answer is noted. Of two hosts one speaks by its clock and the other whenever it
 * is spoken to. Of a mesh of more than ten hosts some pairs are watched, so that the asks of a
 * second grow with its hosts: every host has neighbours, other ones in the next turn, and only the
 * one that speaks asks.
 */
struct lab_watch;

enum lab_speaker {
	LAB_LOWER_SPEAKS, /* of two hosts the one with the lower index */
	LAB_BOTH_SPEAK,   /* both by their clocks, so that handshakes may cross */
	LAB_HOST_SPEAKS,  /* that host to all others; of those the lower */
	LAB_OTHERS_SPEAK, /* all others to that host; of those the lower */
};

enum lab_way {
	LAB_OVERLAY,
	LAB_UNDERLAY,
	LAB_WAYS
};

/* How often a pair is asked: every 5 ms up to four hosts, every 30 ms from 21 and every 60 ms from
 * 45 on. */
int64_t lab_watch_every_ns(size_t hosts);
/* A longer time without an answer ends a stretch: five asks, or 100 ms if that is less, but never
 * less than three asks. */
int64_t lab_watch_pause_ns(size_t hosts);
/* What counts as a silence of a pair: 100 ms up to ten hosts, and ten asks of more. */
int64_t lab_watch_silence_ns(size_t hosts);
/* What was heard may be so much older than the look that takes it in. */
#define LAB_WATCH_LATE_NS (100 * NS_PER_MS)

/* Answers between which there was never a longer pause than lab_watch_pause_ns(). */
struct lab_span {
	int64_t first_ns, last_ns; /* CLOCK_MONOTONIC */
	uint64_t answers;
};

/* What became of one ping by the clock. */
struct lab_ping {
	int64_t asked_ns, answered_ns; /* 0: not yet, or never */
	bool has_arrived;
};

struct lab_watch_spec {
	const char *const *overlay; /* of every host; borrowed */
	enum lab_speaker speaker;
	struct lab_hosts concerned; /* the host of LAB_HOST_SPEAKS and LAB_OTHERS_SPEAK */
	size_t turn;                /* which pairs are watched, where not all are */
	size_t spans;               /* kept at most of all pairs, but a few of every pair */
	bool keeps_pings;           /* lab_watch_pings() has them; no host may reboot then */
};

/* All begin within microseconds. */
MUST_CHECK int lab_watch_begin(struct lab *lab, const struct lab_watch_spec *spec,
	struct lab_watch **ret_watch, struct error *err);
/* After a reboot, which ends the host's own part of the watch. */
MUST_CHECK int lab_watch_resume(struct lab_watch *watch, size_t host, struct error *err);
/* Takes in what was heard until now. */
MUST_CHECK int lab_watch_look(struct lab_watch *watch, struct error *err);
/* Whether the answers that `from` has of `to` are looked for. */
bool lab_watch_includes(const struct lab_watch *watch, size_t from, size_t to);
struct lab_watch_facts {
	size_t pairs; /* ordered ones that are watched */
	int64_t every_ns;
	/* Silences that stretches were joined over, because there were too many; the longest. */
	uint64_t closed;
	int64_t longest_closed_ns;
};
struct lab_watch_facts lab_watch_facts(const struct lab_watch *watch);
/* Of the answers that `from` had of `to`; valid until the next look. */
const struct lab_span *lab_watch_spans(
	const struct lab_watch *watch, enum lab_way way, size_t from, size_t to, size_t *ret_count);
/* Of `from` to `to` on the overlay, by number, if `from` speaks; likewise. */
const struct lab_ping *lab_watch_pings(
	const struct lab_watch *watch, size_t from, size_t to, size_t *ret_count);
void lab_watch_end(struct lab_watch *watch);
void lab_watch_endp(struct lab_watch **watch);

/* Every host reaches every other on the underlay, as far as no router is on the way to it. */
MUST_CHECK int lab_verify(struct lab *lab, struct error *err);

/* What was set and what is: sysctls, congestion control, offloads, queues, MTU. Caller owns it. */
MUST_CHECK int lab_describe(struct lab *lab, json_t **ret_description, struct error *err);
