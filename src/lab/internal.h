/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "host/group.h"
#include "host/inside.h"
#include "lab/cores.h"
#include "lab/lab.h"

#include <stdbool.h>

enum {
	LAB_MTU = 1500,
	LAB_MOST_HOSTS = 1000, /* a Linux bridge has 1023 ports */
	ADDRESS_SIZE = 64
};

struct lab_node {
	struct host *host;
	const char *name;
	char ipv4[ADDRESS_SIZE], ipv6[ADDRESS_SIZE], mac[ADDRESS_SIZE]; /* cable: only ipv4 */
	int prefix;                                                     /* of ipv4 */
	char gateway[ADDRESS_SIZE]; /* cable: to others; "": none */
	/* With a topology: where others meet the host (its outermost router), and where it is. */
	char seen[ADDRESS_SIZE];
	size_t site; /* TOPOLOGY_PUBLIC: none */
	uint16_t segment;
};

/* A site's router, as the wire has it. */
struct lab_site {
	struct router_params params;
	struct wire_router router;
	int64_t lifetime_ns; /* of everything it remembers; 0: as the topology says */
	bool has_moved;      /* its addresses outside are one higher than at first */
	size_t uplink;       /* in use, of those that the site has */
	uint16_t mtu;       /* of both its sides, in place of what the topology says; 0: as there */
	bool is_black_hole; /* likewise, if mtu is not 0 */
};

/* losses.c: what hosts drop where the wire cannot see it, since they are. */
struct host_losses {
	uint64_t tx_dropped;      /* by the TAP: the wire did not fetch frames in time */
	uint64_t rx_dropped;      /* behind the wire, by the host's device */
	uint64_t udp_buffer_full; /* by sockets whose reader was too slow */
};

/* A network card that is in a network of its own on its machine. */
struct edge_netem_card {
	const char *mac;
	int mtu_bytes;
};

struct lab {
	struct procs *procs;
	struct arena *arena;
	struct lab_node *nodes;
	size_t count;
	struct host *bridge; /* the namespace that holds the bridge and one port per host; NULL
				with engines wire and cable */
	struct wire *wire;   /* engine wire: its process, and the port of every host */
	struct wire **edges; /* engine edge: that on every host's machine */
	struct edge_netem_card *cards; /* engine edge-netem: of every host's machine */
	struct proc *wire_program;
	bool is_virtual; /* as in the spec */
	uint32_t *ports;
	int *taps;         /* of every host, or -1: held, so that hosts outlive a wire that dies */
	int *oversize_fds; /* a counter of large frames per host, or -1 */
	/* Where traffic control of ours or a real card meets what hosts send. */
	bool counts_large_frames;
	double wire_cpu_s;            /* of its process, at the last restart */
	struct lab_silence *silences; /* of every host on another machine, or NULL */
	struct wire_log *packets;     /* the log that is written or was taken last, and its size */
	size_t packets_bytes;
	struct wire_record *seen_packets; /* a copy of its records, or NULL */
	struct host_losses *losses;       /* of every host, then */
	bool senders_wait;                /* engine wire: a queue stands for every host's card */
	enum lab_engine engine;
	const struct topology *topology; /* NULL: one flat network */
	struct lab_site *sites;          /* of the topology, in the wire */
	struct profile profile;
	const char *congestion;
	struct lab_cores cores;
	cpu_set_t allowed; /* what this program could use before it kept to its part */
	struct board board;
	struct groups *groups;    /* of the hosts, in their order; NULL: none is limited */
	struct group_usage *used; /* by every host, at the last lab_restart_limits() */
	struct tuning tuning;
	bool is_pinned_by_sysctl; /* else by the routes */
	json_t *unpinned_routes;  /* of overlays: {"host", "route"} */
};

MUST_CHECK int lab_set_names(struct lab *lab, const char *const overlay[], struct error *err);

/* address.c: what a host is called and where it is. */
MUST_CHECK int address_check_names(const char *const names[], size_t count, struct error *err);
void address_fill(struct lab_node *node, size_t index);
void address_of_machine(struct lab_node *node, const struct lab_machine *machine);
/* /etc/hosts of a host; `overlay` may be NULL. */
char *address_hosts_file(
	const struct lab *lab, struct arena *arena, size_t self, const char *const overlay[]);

/* site.c: a topology's addresses, segments and routers; nothing of it without a topology. */
void site_place_host(const struct lab *lab, struct lab_node *node, size_t index);
char *site_wiring(const struct lab *lab, struct arena *arena, size_t self, const char *congestion);
/* Routers of a wire that has none yet, and their ports under a profile that changed. */
MUST_CHECK int site_begin(struct lab *lab, struct error *err);
MUST_CHECK int site_reshape(struct lab *lab, struct error *err);
/* What a host in a site sends: the profile's line without its impairment. */
struct profile site_profile(const struct lab *lab);
/* Whether a host is reached by another at its own address, without any VPN. */
bool site_joins(const struct lab *lab, size_t from, size_t to);
/* Of a public host: routers know it, and the host takes it for a while. */
const char *site_second_address(const struct lab *lab, struct arena *arena, size_t host);
/* Where hosts that a host reaches without any VPN find it. */
const char *site_own_address(const struct lab *lab, size_t host);
/* Where this host finds another one: /etc/hosts has it. */
const char *site_address_for(const struct lab *lab, struct arena *arena, size_t self, size_t host);
/* The same of any address of IPv4 outside; NULL: nothing leads this host to IPv4. */
const char *site_ipv4_for(
	const struct lab *lab, struct arena *arena, size_t self, const char *ipv4);
/* The segment of a site; TOPOLOGY_PUBLIC: that of the public network. */
uint16_t site_segment(size_t site);
void site_host_mac(uint8_t mac[6], const struct lab_node *node);
void site_router_mac(uint8_t mac[6], size_t site, enum router_side side);
const char *site_mac_text(struct arena *arena, const uint8_t mac[6]);
/* site_ipv6.c: the same of IPv6, each nothing where a site has none. */
void site6_place_host(const struct lab *lab, struct lab_node *node, size_t index);
void site6_fill(const struct lab *lab, size_t site, struct router_params *params);
/* Appends to the wiring of a host; `pin` ends every route. */
void site6_wire(
	const struct lab *lab, struct arena *arena, size_t self, const char *pin, FILE *stream);
MUST_CHECK int site6_meet(struct lab *lab, size_t site, enum router_side side, struct error *err);
/* Adds "routers" to what is said of the wire. */
MUST_CHECK int site_report(struct lab *lab, json_t *report, struct error *err);

/* wiring.c: inputs of `ip -batch`, one line per change. */
char *wiring_bridge(struct arena *arena);
char *wiring_port(struct arena *arena, const struct lab_node *node, size_t index, pid_t pid);
/* `congestion` NULL: the routes carry none. */
char *wiring_host(struct arena *arena, const struct lab_node nodes[], size_t count, size_t self,
	const char *congestion);

/* plug.c: the same, done. */
MUST_CHECK int plug_bridge(struct lab *lab, struct error *err);
MUST_CHECK int plug_hosts(struct lab *lab, size_t first, size_t count, struct error *err);
MUST_CHECK int plug_reshape(struct lab *lab, const struct profile *former, struct error *err);
MUST_CHECK int plug_out(struct lab *lab, size_t index, struct error *err);
void plug_end(struct lab *lab);
/*
 * What changes on a host and on the port before it, whose commands run where `errand` says, when
 * the profile becomes the lab's (`former` NULL: there was none); returns how many errands that are.
 */
struct plug_port;
struct errand;
size_t plug_shape(struct lab *lab, struct arena *arena, size_t index, const struct profile *former,
	const struct plug_port *port, struct errand *errands);

/* cable.c: engine cable. */
char *cable_host(struct arena *arena, const struct lab_node *node, const char *congestion);
/* Whether nobody else on the real networks has the addresses of these hosts; ERROR_USAGE names one.
 */
MUST_CHECK int cable_claim(struct lab *lab, const struct lab_machine machines[], struct error *err);
MUST_CHECK int cable_plug(struct lab *lab, size_t first, size_t count, struct error *err);
MUST_CHECK int cable_reshape(struct lab *lab, const struct profile *former, struct error *err);

/* edge.c: engine edge. */
MUST_CHECK int edge_begin(struct lab *lab, struct error *err);
MUST_CHECK int edge_plug(struct lab *lab, size_t first, size_t count, struct error *err);
MUST_CHECK int edge_reshape(struct lab *lab, struct error *err);
MUST_CHECK int edge_restart(struct lab *lab, uint64_t seed, struct error *err);
MUST_CHECK int edge_report(struct lab *lab, json_t **ret_report, struct error *err);
void edge_end(struct lab *lab);

/* edge_netem.c: engine edge-netem. Inputs of `ip -batch` and `tc -batch` in the card's network: */
char *edge_netem_devices(struct arena *arena, const struct edge_netem_card *card);
char *edge_netem_port(struct arena *arena, const struct edge_netem_card *card, pid_t pid);
char *edge_netem_lead(struct arena *arena, const char *from, const char *to);
MUST_CHECK int edge_netem_begin(struct lab *lab, struct error *err);
MUST_CHECK int edge_netem_plug(struct lab *lab, size_t first, size_t count, struct error *err);
MUST_CHECK int edge_netem_reshape(struct lab *lab, const struct profile *former, struct error *err);
/* After a reboot of the host, before edge_netem_plug(). */
MUST_CHECK int edge_netem_rejoin(struct lab *lab, size_t index, struct error *err);

/* limits.c: what hosts may use of this machine. */
MUST_CHECK int limits_begin(
	struct lab *lab, const struct board *board, int group_fds[], struct error *err);
/* NULL where nothing is limited. */
json_t *limits_facts(const struct lab *lab);

/* emulated.c: engine wire. */
MUST_CHECK int emulated_begin(struct lab *lab, struct error *err);
MUST_CHECK int emulated_plug(struct lab *lab, size_t first, size_t count, struct error *err);
MUST_CHECK int emulated_reshape(struct lab *lab, struct error *err);
MUST_CHECK int emulated_unplug(struct lab *lab, size_t index, struct error *err);
void emulated_end(struct lab *lab);
MUST_CHECK int emulated_restart(struct lab *lab, uint64_t seed, struct error *err);
MUST_CHECK int emulated_report(struct lab *lab, json_t **ret_report, struct error *err);
json_t *emulated_facts(const struct lab *lab);
struct wire_params emulated_params(const struct profile *profile);
/* Parts of it that engine edge has as well: a queue that stands for the card's, and its report. */
MUST_CHECK int emulated_size_taps(struct lab *lab, size_t first, size_t count, struct error *err);
MUST_CHECK int emulated_queue_hosts(struct lab *lab, size_t first, size_t count, struct error *err);
json_t *emulated_counters_json(
	const char *host, const struct wire_counters *c, const struct host_losses *losses);
json_t *emulated_health_json(const struct wire_health *health);
/* What a host lost since the restart; a rebooted one counts from its boot. */
void emulated_subtract(struct host_losses *losses, const struct host_losses *before);
/* What the process itself says when it has died explains more than a broken connection. */
int emulated_blame(struct lab *lab, struct error *err);

/* packets.c */
void packets_forget(struct lab *lab);

MUST_CHECK int losses_read(const char *text, struct host_losses *ret_losses, struct error *err);
MUST_CHECK int losses_count(struct lab *lab, struct host_losses losses[], struct error *err);
/* sample.c: who of a mesh is watched, the same in both directions; turn by turn others. */
struct lab_sample {
	size_t count; /* hosts */
	bool is_whole;
	bool *is_watched;  /* [from * count + to], the arena's */
	size_t neighbours; /* of every host, at least */
	int64_t every_ns;  /* between two asks of a pair */
};
struct lab_sample lab_sample_new(
	struct arena *arena, size_t count, struct lab_hosts concerned, size_t turn);

/*
 * span.c: answers in stretches. Of more than `most` stretches those with the shortest silence
 * between them become one.
 */
struct spans {
	struct lab_span *list;
	size_t count, room, most;
	int64_t pause_ns;
	uint64_t closed; /* silences that are not seen any more, and the longest of them */
	int64_t longest_closed_ns;
};
void spans_add(struct spans *spans, int64_t at_ns);
struct ping_reader;
/*
 * Reads whole lines of meshbench-watch, "INDEX NANOSECONDS", into the spans of that index, and what
 * it says of pings into theirs (`pings` NULL: it says nothing of them); the rest of the text is
 * left for later. `*ret_used` says how much was read.
 */
MUST_CHECK int spans_read(const char *text, struct spans spans[], size_t count,
	const struct ping_reader *pings, size_t *ret_used, struct error *err);

/* pings.c: what became of the pings of one host to another, by number. */
struct pings {
	struct lab_ping *list;
	size_t count, room;
};
struct ping_reader {
	struct pings *pings; /* [from * hosts + to] */
	size_t hosts, self;  /* whose output it is */
};
/* Whether it is a line "LETTER INDEX NUMBER NANOSECONDS" of meshbench-watch, which is taken in. */
bool pings_line(const struct ping_reader *reader, const char *line, const char **ret_next);

/* snapshot.c: appends what differs between two answers of one host, as lab_snapshot_changes(). */
void snapshot_changes(json_t *changes, const char *host, const char *before, const char *after);

/*
 * oversize.c: frames larger than the MTU, which a cable carries as several: with netem they would
 * share one fate, and the line rate of engine bridge lets them pass as one. A counter is a socket
 * on a port of the bridge, where the hosts' frames come in; -1: none. With engine cable the
 * machine of a card counts what the card is given.
 */
MUST_CHECK int oversize_watch(struct lab *lab, size_t first, size_t count, struct error *err);
/* Counts start over, as for lab_restart_wire(). */
MUST_CHECK int oversize_restart(struct lab *lab, struct error *err);
/* What one host sent or was sent; -1: its machine cannot count, and why. */
struct oversize {
	const char *host;
	int64_t frames;
	char uncounted[sizeof(((struct error *)0)->text)];
	bool is_receiver; /* they were sent to it */
};
/* As lab_wire_report(): where packets have fates, one frame is enough. New value. */
json_t *oversize_json(const struct oversize ports[], size_t count, bool have_fates);
/* As lab_wire_report(); counts start over. */
MUST_CHECK int oversize_report(struct lab *lab, json_t **ret_report, struct error *err);

/* shape.c: inputs of `tc -batch` for one device. */
char *shape_host(struct arena *arena, const struct profile *profile, const char *device);
char *shape_port(struct arena *arena, const struct profile *profile, enum lab_engine engine,
	const char *device);
/* The words after `netem`: "limit 1000 delay 2000us 2000us loss 0.25%". */
char *shape_netem(struct arena *arena, const struct profile *profile);
/* What of the profile netem cannot do ("changes over time"), or NULL. */
const char *shape_uncarried(const struct profile *profile);
int64_t shape_limit_packets(const struct profile *profile);
/* How many frames a host's TAP holds until the wire fetches them. */
int64_t shape_tap_frames(const struct profile *profile);

/* route.c: an overlay's route as it is said again with a congestion control. */
enum route_verdict {
	ROUTE_TO_PIN,
	ROUTE_IS_FINE, /* pinned, or none that TCP of an overlay takes */
	ROUTE_CANNOT,  /* has something that we could not say again */
};
enum route_verdict route_pin(
	struct arena *arena, const json_t *route, const char *congestion, const char **ret_line);

/* errand.c: the same kind of command on many hosts at once. */
struct errand {
	struct host *host; /* NULL: here, in `place` */
	const struct proc_place *place;
	const char *what;
	const char *const *argv;
	const char *input; /* or NULL */
	size_t keep_bytes;
	bool may_fail;
	bool is_at_card; /* not on that host, but in the network of its card, which is apart */
	/* After errands_run: */
	const char *out; /* NULL: it could not run or did not succeed (may_fail) */
};
struct plug_port {
	const char *name;
	struct errand errand; /* without what is done */
};
/* Runs all, a few at a time, in any order; output lies in the arena. Stops at the first failure. */
MUST_CHECK int errands_run(struct procs *procs, struct arena *arena, struct errand errands[],
	size_t count, struct error *err);

/* settings.c: sysctls of a fresh host. */
MUST_CHECK int settings_apply(struct lab *lab, size_t first, size_t count, struct error *err);
/* The sysctls that a description records, those of the tuning last; NULL-terminated. */
const char *const *settings_recorded(const struct lab *lab, struct arena *arena, size_t *ret_count);
/* The tuning and what became of it, by the sysctls that were read back from a host. */
json_t *settings_tuning(const struct lab *lab, const json_t *found);

/* answer.c: lines of meshbench-reach. */
/* "INDEX NANOSECONDS\n" with an index below `count`; `*ret_next` is what follows. */
bool answer_line(
	const char *line, size_t count, size_t *ret_index, int64_t *ret_ns, const char **ret_next);
MUST_CHECK int answer_read(const char *text, size_t count, int64_t first_ns[], struct error *err);
/* "lom->luna, yuki->luna and 3 more": which ordered pairs have no answer; 0 when none. */
size_t answer_missing(const struct lab_node nodes[], size_t count, const int64_t first_ns[],
	char *text, size_t size);
