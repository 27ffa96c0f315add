/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/wire.h"

#include <linux/virtio_net.h>
#include <sys/uio.h>

enum {
	VNET_SIZE = sizeof(struct virtio_net_hdr), /* 10: frames start at 10, so IP at 24 */
	MAX_FRAME = 65535 + 14 + 8,
	MAX_HEADERS = 240, /* Ethernet, VLAN tags, IP with options or extensions, TCP */
	ETHERNET_SIZE = 14,
	MAX_SEGMENTS = 0xffff,
	GSO_UDP_L4 = 5, /* VIRTIO_NET_HDR_GSO_UDP_L4, absent from headers before Linux 6.2 */
	NO_PORT = 0xffff,
	NO_RULE = 127 /* of a buffer that met the rules and goes on as it is */
};

/* frame.c: what a frame from a host is, as far as fates need to know. */
enum frame_kind {
	FRAME_PLAIN,
	FRAME_TCP,
	FRAME_UDP
};

struct frame {
	enum frame_kind kind; /* other than plain: a super-packet */
	bool is_ipv6;         /* of a super-packet */
	uint16_t l3, l4;      /* offsets in the frame, of a super-packet */
	uint16_t headers;     /* bytes that every segment repeats; 0 when plain */
	uint16_t gso_size;    /* payload of a segment */
	uint32_t segments;    /* 1 when plain */
	uint32_t size;        /* without virtio header */
};

MUST_CHECK bool frame_parse(const struct virtio_net_hdr *vnet, const uint8_t *bytes, uint32_t size,
	struct frame *ret_frame);
/* Length on the wire of segment `i`. */
uint32_t frame_segment_bytes(const struct frame *frame, uint32_t i);
/* End of the headers of a TCP packet, otherwise of the frame: what the kernel keeps linear. */
uint32_t frame_linear_bytes(const uint8_t *bytes, uint32_t size);
uint32_t frame_flow_hash(const uint8_t *bytes, uint32_t size);

/* The headers of any single packet. What contradicts itself is not IP. */
struct frame_look {
	bool is_ip, is_ipv6;
	uint8_t protocol; /* also of fragments */
	uint16_t l3;
	uint32_t l4;  /* 0: none, as of fragments */
	uint32_t end; /* of the IP packet, or of the frame */
};

struct frame_look frame_look(const uint8_t *bytes, uint32_t size);

/* segment.c: segments first..first+count-1 of a super-packet as a frame of their own. */
struct piece {
	uint8_t head[VNET_SIZE + MAX_HEADERS];
	uint32_t head_size;
	const uint8_t *payload;
	uint32_t payload_size;
};

void segment_cut(const struct frame *frame, const struct virtio_net_hdr *vnet, const uint8_t *bytes,
	uint32_t first, uint32_t count, struct piece *ret_piece);
/* Fills in the checksum that virtio leaves to a network card; `bytes` is one whole packet. */
void segment_finish_checksum(struct virtio_net_hdr *vnet, uint8_t *bytes, uint32_t size);
/* Lengths and checksums of a whole IP packet that was changed and ends where the look says. */
void segment_renew_checksums(uint8_t *bytes, const struct frame_look *look);

/* card.c: frames that found no room at a card since the last call; of a TAP 0. */
uint64_t card_dropped(int fd);

/* pool.c: frames that wait, within a fixed amount of memory. */
struct buffer {
	uint32_t references;
	uint32_t class;
	int64_t in_ns;
	uint64_t index; /* of the first segment at the sending port */
	uint32_t flow;
	uint8_t rule;        /* that it met, counted from 1; 0: it has met none yet */
	struct buffer *next; /* of its class, when free */
	struct frame frame;
	_Alignas(16) uint8_t data[]; /* virtio header and frame */
};

enum buffer_class {
	BUFFER_TINY,   /* an acknowledgement */
	BUFFER_SMALL,  /* an ordinary packet */
	BUFFER_MEDIUM, /* a jumbo frame */
	BUFFER_LARGE,  /* a super-packet */
	BUFFER_CLASSES
};

struct pool {
	uint8_t *base;
	size_t size, used; /* carved so far; freed buffers go to their class */
	size_t in_use;     /* bytes of buffers that are held */
	struct buffer *free[BUFFER_CLASSES];
};

MUST_CHECK int pool_init(struct pool *pool, size_t size, struct error *err);
void pool_done(struct pool *pool);
uint32_t buffer_room(enum buffer_class class);
/* The smallest with room for so much, which must fit the largest. */
enum buffer_class buffer_class_for(uint32_t size);
/* NULL when memory is used up. The taker holds the only reference. */
struct buffer *buffer_take(struct pool *pool, enum buffer_class class);
void buffer_drop(struct pool *pool, struct buffer *buffer);

static inline struct virtio_net_hdr *buffer_vnet(struct buffer *buffer)
{
	return (struct virtio_net_hdr *)(void *)buffer->data;
}

static inline uint8_t *buffer_bytes(struct buffer *buffer)
{
	return buffer->data + VNET_SIZE;
}

/* segment.c: one segment as a packet of its own, checksum complete; NULL without memory. */
struct buffer *segment_single(struct pool *pool, struct buffer *whole, uint32_t i);

/* queue.c: parcels by time of release; equal times keep the order of entry. */
enum stage {
	STAGE_DELAY,    /* in the impairment */
	STAGE_SLOT,     /* due, but its slot is not open yet */
	STAGE_LINE_OUT, /* on the sender's line, kernel model */
	STAGE_LINE_IN,  /* on the receiver's line */
	STAGES
};

/* A run of segments with one fate. A cache line, for it waits long enough to leave the cache. */
struct parcel {
	_Alignas(64) int64_t release_ns;
	struct buffer *buffer;
	uint32_t order; /* of entry; wraps, so only differences mean something */
	uint32_t next;  /* in its lane */
	uint32_t first, count;
	uint32_t spacing_ns; /* between its segments on the line they came from */
	uint16_t in_port, out_port;
	uint16_t queued; /* packets of it that the impairment counts as queued */
	uint16_t lane;
	uint8_t stage;
	uint8_t is_clone : 1, is_corrupt : 1, is_timed : 1, is_in_lane : 1;
};

struct heap_item {
	int64_t release_ns;
	uint32_t order, parcel;
};

struct lane {
	uint32_t first, last;
	int64_t last_ns; /* release of the last */
};

struct queue {
	struct parcel *parcels;
	uint32_t room, used, free;
	struct heap_item *heap, *heap_memory; /* four children side by side in one cache line */
	uint32_t heap_size, entered;
	struct lane lanes[WIRE_MAX_PORTS * STAGES];
};

#define NO_PARCEL UINT32_MAX

MUST_CHECK int queue_init(struct queue *queue, uint32_t room, struct error *err);
void queue_done(struct queue *queue);
/* Fresh parcel, or NO_PARCEL. */
uint32_t parcel_new(struct queue *queue);
void parcel_free(struct queue *queue, uint32_t parcel);
/* Into the lane that the parcel names. */
void queue_push(struct queue *queue, uint32_t parcel);
/* INT64_MAX when empty. */
static inline int64_t queue_next_ns(const struct queue *queue)
{
	return queue->heap_size > 0 ? queue->heap[0].release_ns : INT64_MAX;
}
uint32_t queue_pop(struct queue *queue);

/* switch.c: learns which addresses live behind which port, in each segment by itself. */
struct station {
	uint64_t address; /* 48 bits, and above them the segment; 0: none */
	uint16_t port;
};

enum {
	STATION_BUCKETS = 1024,
	STATION_WAYS = 4
};

struct stations {
	struct station bucket[STATION_BUCKETS][STATION_WAYS];
};

void stations_learn(
	struct stations *stations, uint16_t segment, const uint8_t source[6], uint16_t port);
void stations_forget(struct stations *stations, uint16_t port);
/* NO_PORT: flood. */
uint16_t stations_find(
	const struct stations *stations, uint16_t segment, const uint8_t destination[6]);

/* line.c: an Ethernet line in one direction. */
struct line {
	double ns_per_byte; /* 0: no line */
	int64_t free_ns, buffer_ns;
};

void line_set(struct line *line, double rate_bps, uint64_t buffer_bytes);
/* How long the line takes for one frame of so many bytes. */
double line_frame_ns(const struct line *line, uint32_t bytes);
/* End of the frame that starts after all before it; INT64_MIN when the buffer is full. */
int64_t line_send(struct line *line, int64_t at_ns, uint32_t bytes, bool is_lossless);

/* absence.c: without a clock of its own. */
struct absence {
	int64_t began_ns;
	int64_t expected_ns; /* when the wire was last seen to run, or when its rest ends */
	struct wire_absences found;
};

void absence_begin(struct absence *absence, int64_t now_ns);
/* The wire sleeps, and is not expected before then unless a frame comes. */
void absence_rest(struct absence *absence, int64_t until_ns);
/* The wire runs. A gap longer than the limit since it ran last, or since its rest, is an absence.
 */
void absence_tick(struct absence *absence, int64_t now_ns, int64_t limit_ns);
struct wire_absences absence_found(const struct absence *absence, int64_t now_ns);

/*
 * backlog.c: frames of a port between two times at which its TAP was empty. A TAP overflows when
 * the host offers more than the wire fetches. If the wire fetched at least what the line carries
 * meanwhile, the line would have dropped those frames; if less, the wire fell behind. What comes
 * while the wire is away is not seen here: a TAP holds what its line carries in the longest
 * absence.
 */
struct backlog {
	int64_t first_ns, last_ns; /* when frames were fetched */
	uint64_t frames;
	double line_ns; /* what the line takes for all of them; 0: there is no line */
};

void backlog_add(struct backlog *backlog, int64_t now_ns, double line_ns);
bool backlog_fell_behind(const struct backlog *backlog);
/* The TAP is empty. */
void backlog_end(struct backlog *backlog);

/* histogram.c */
/* Those whose whole bucket lies beyond the limit. */
uint64_t histogram_later_than(const struct wire_histogram *histogram, int64_t limit_ns);
void histogram_add(struct wire_histogram *histogram, int64_t value_ns);

/* rules.c: see wire/rule.h. */
struct held {
	struct buffer *buffer;
	uint64_t until; /* so many of its kind have come */
	uint16_t from;
};

struct ruling {
	struct wire_rule rule;
	struct wire_rule_use use;
	uint64_t seen; /* packets that it describes */
	uint64_t came; /* those and others of their kind, at other times or met by other rules */
	uint32_t held_count;
	struct held held[WIRE_MAX_HELD]; /* the first to come first, which is the first to go */
};

struct rules {
	uint32_t count;
	int64_t set_ns;
	struct ruling list[WIRE_MAX_RULES];
};

/* A single packet with its checksum complete. */
struct ruled_packet {
	const uint8_t *bytes;
	uint32_t size;
	uint16_t from, to; /* NO_PORT: a flood */
	uint64_t index;
	int64_t now_ns;
};

MUST_CHECK int rules_check(const struct wire_rule list[], size_t count, struct error *err);
/* In place of all there were. Refused rules change nothing. */
MUST_CHECK int rules_set(struct rules *rules, const struct wire_rule list[], size_t count,
	int64_t now_ns, struct error *err);
/* The rule that the packet meets, which counts it; NULL: none. */
const struct wire_rule *rules_meet(
	struct rules *rules, const struct ruled_packet *packet, uint32_t *ret_number);
/* The same packet meets the same change in every run. */
uint64_t rules_draw(uint64_t seed, uint16_t port, uint64_t index, uint32_t number);
/* Changes a packet in place; false: it has nothing that could be changed so. */
bool rules_change(const struct wire_rule *rule, uint64_t draw, uint8_t *bytes, uint32_t *size);

/* fabric.c: the core, without a clock and without descriptors. */
struct port {
	bool is_up;
	uint16_t segment; /* ports of one segment share a switch */
	enum router_side side;
	struct route *route; /* it is on that side of this router; NULL: of a host */
	struct wire_params params;
	struct netem *netem;
	struct line out, in;
	struct backlog backlog;
	struct wire_counters counters;
};

/* Hands a frame with its virtio header to a host; false when it was refused. */
typedef bool fabric_output(void *context, uint16_t port, const struct iovec *pieces, int count);

enum {
	LATENESS_BATCH = 4 /* frames written between two looks at the clock */
};

/* route.c: a router, and its two ports. */
enum {
	ROUTE_SESSIONS = 4096 /* of a router; a home router has about as many */
};

struct route {
	struct router *router; /* NULL: none */
	uint8_t macs[ROUTER_SIDES][6];
	uint16_t ports[ROUTER_SIDES];
	int64_t last_ns[ROUTER_SIDES]; /* when a frame came to each port; never goes back */
};

struct fabric {
	struct pool pool;
	struct queue queue;
	struct stations stations;
	struct port ports[WIRE_MAX_PORTS];
	uint16_t port_count; /* highest port in use + 1 */
	struct route routes[WIRE_MAX_ROUTERS];
	uint64_t seed;
	uint32_t held;         /* packets that wait for successors */
	bool can_wait;         /* some port delays or limits: frames may be kept */
	int64_t tolerance_ns;  /* so much more delay is little to every port */
	int64_t late_limit_ns; /* as in struct wire_health */
	fabric_output *output;
	void *context;
	int64_t (*now)(void *context); /* when a frame is written, for the release error */
	struct wire_histogram release_error;
	/* Releases of frames that were written after the clock was read last. */
	int64_t unclocked_ns[LATENESS_BATCH];
	uint32_t unclocked;
	struct wire_log *log;
	struct rules rules;
};

MUST_CHECK int fabric_init(struct fabric *fabric, size_t memory_bytes, struct error *err);
void fabric_done(struct fabric *fabric);
MUST_CHECK int fabric_add_port(struct fabric *fabric, const struct wire_params *params,
	int64_t now_ns, uint16_t *ret_port, struct error *err);
/* The lowest number that no port has; WIRE_MAX_PORTS: all are used. */
uint16_t fabric_free_port(const struct fabric *fabric);
MUST_CHECK int fabric_add_port_at(struct fabric *fabric, uint16_t number,
	const struct wire_params *params, int64_t now_ns, struct error *err);
void fabric_remove_port(struct fabric *fabric, uint16_t number);
/* Plugs a port into another segment; every port is in segment 0 at first. */
void fabric_join(struct fabric *fabric, uint16_t number, uint16_t segment);
/* The timeline is borrowed until the next set. */
MUST_CHECK int fabric_set(struct fabric *fabric, uint16_t number, const struct wire_params *params,
	const struct netem_timeline *timeline, int64_t now_ns, struct error *err);
void fabric_restart(struct fabric *fabric, uint64_t seed, int64_t now_ns);
void fabric_counters(
	const struct fabric *fabric, uint16_t number, struct wire_counters *ret_counters);

/* When there is something to do next, INT64_MAX: never. */
int64_t fabric_next_ns(const struct fabric *fabric);
/* Releases what is due. */
void fabric_run(struct fabric *fabric, int64_t now_ns);

/* intake.c */
/*
 * A frame of `size` bytes with its virtio header lies in `buffer`. True when the wire kept a
 * reference of its own; otherwise the caller may fill the buffer again.
 */
bool fabric_input(struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *buffer,
	uint32_t size);
/* ruled.c: the same of a frame whose every packet meets the rules first. */
bool ruled_input(struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *buffer,
	uint32_t size);
/* A packet that came in and was counted goes on to its fate now. */
void fabric_go_on(struct fabric *fabric, uint16_t number, int64_t now_ns, struct buffer *buffer);
/* ruled.c: in place of all rules there were; what those held goes on first. */
MUST_CHECK int ruled_set(struct fabric *fabric, const struct wire_rule list[], size_t count,
	int64_t now_ns, struct error *err);
/* The port's TAP is empty. */
void fabric_input_ends(struct fabric *fabric, uint16_t number);
/* forward.c: what happens to a parcel after its fate was drawn. */
void forward_parcel(struct fabric *fabric, uint32_t at, int64_t now_ns);
void forward_release(struct fabric *fabric, uint32_t at);
void forward_drop(struct fabric *fabric, uint32_t at);
/* Counts how late those were that left since the clock was read last; the first of them a little
 * more. */
void forward_clock(struct fabric *fabric);

/* route.c: routers between segments. */
/* A router with two ports of its own, unshaped and in segment 0. */
MUST_CHECK int route_add(struct fabric *fabric, const struct router_params *params, int64_t now_ns,
	uint16_t *ret_number, struct error *err);
/* Refused parameters change nothing. */
MUST_CHECK int route_set(struct fabric *fabric, uint16_t number, const struct router_params *params,
	struct error *err);
/* All of them, but not their ports. */
void routes_done(struct fabric *fabric);
/* A frame with its virtio header comes to a router's port; false: there is no memory for it. */
bool route_frame(struct fabric *fabric, uint16_t number, const struct iovec *pieces, int count,
	int64_t at_ns);

/* log.c */
struct log_event {
	struct buffer *buffer;
	uint32_t first, count;
	uint16_t in_port, out_port;
	enum wire_verdict verdict;
	bool is_clone;
	int64_t out_ns;
};
void log_event(struct wire_log *log, const struct log_event *event);
