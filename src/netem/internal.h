/* SPDX-License-Identifier: MIT */
#pragma once

#include "netem/netem.h"

/* What a random number is for; every purpose has a stream of its own. */
enum purpose {
	FOR_DUPLICATE,
	FOR_LOSS,
	FOR_LOSS_STATE,
	FOR_CORRUPT,
	FOR_CORRUPT_BIT,
	FOR_REORDER,
	FOR_DELAY,
	FOR_SLOT,
	FOR_SOJOURN,
	FOR_START,
	PURPOSES
};

/* stream.c */
struct streams {
	uint64_t key[2][PURPOSES]; /* of the packet and of its clone */
};

void streams_init(struct streams *streams, const struct netem_key *key);

/*
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) steps its state by a constant, so its n-th output
 * can be had without the ones before. That is all a counter-based generator needs.
 */
#define STREAM_STEP UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t stream_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline uint64_t stream_draw(uint64_t key, uint64_t index)
{
	return stream_mix(key + (index + 1) * STREAM_STEP);
}

/* Uniform in (0, 1): both ends excluded, so that logarithms and quantiles are finite. */
double stream_unit(uint64_t draw);
/* True with this probability. */
bool stream_chance(uint64_t draw, double probability);

/* table.c: the kernel's delay tables, made from their formulas, and quantiles. */
enum {
	TABLE_SIZE = 4096,
	TABLE_ONE_SIGMA = 8192
};

const int16_t *table_of(enum netem_shape shape);
double normal_quantile(double p);
double normal_cdf(double x);

/* kernel.c: numbers as tc and sch_netem hold them. */
struct correlated {
	uint32_t last, rho;
};

uint32_t kernel_scaled(double fraction);
uint32_t correlated_next(struct correlated *state, uint32_t uniform);

/* check.c: only what is refused, and at once. */
MUST_CHECK int check_errors(const struct netem_params *params, struct error *err);

/* loss.c */
struct loss_state {
	bool is_bad;
	int chain; /* 1..4 of the four-state chain */
	int64_t until_ns;
	uint64_t sojourn;
};

/* Two-state chain of a calibrated chance. */
struct chain {
	bool is_on;
};

struct instant {
	uint64_t index;
	int64_t since_epoch_ns;
};

bool chain_next(struct chain *chain, const struct netem_chance *chance, uint64_t draw);
void loss_start(struct loss_state *state, const struct netem_loss *loss, const struct streams *s);
bool loss_calibrated(struct loss_state *state, const struct netem_loss *loss,
	const struct streams *streams, const struct instant *at);
bool loss_clone(const struct loss_state *state, const struct netem_loss *loss,
	const struct streams *streams, const struct instant *at);
bool loss_chain_kernel(struct loss_state *state, const struct netem_loss *loss, uint32_t draw);
bool loss_elliott_kernel(
	struct loss_state *state, const struct netem_loss *loss, const uint32_t draws[2]);

/* delay.c */
int64_t delay_kernel(const struct netem_params *params, uint32_t draw);
struct delay_state {
	double z;
	bool has_z;
};
int64_t delay_calibrated(struct delay_state *state, const struct netem_params *params,
	const struct streams *streams, const struct instant *at, unsigned copy);
double delay_quantile(const struct netem_params *params, double u);

/* rate.c: a serialiser with a finite buffer, in virtual time. */
struct departure {
	int64_t at_ns;
	uint32_t bytes;
};

struct serialiser {
	int64_t free_ns;
	struct departure *ring; /* of ring_size, a power of two; NULL: no buffer to account for */
	uint32_t ring_size, first, count;
	uint64_t bytes;
	uint64_t opportunity_next; /* the one in use is the one before */
	uint32_t opportunity_left;
};

int64_t rate_wire_bytes(const struct netem_params *params, uint32_t length);
int64_t rate_time_ns(int64_t bytes, double rate_bps);

MUST_CHECK int serialiser_reserve(struct serialiser *line, uint32_t packets, struct error *err);
void serialiser_done(struct serialiser *line);
bool serialiser_has_room(struct serialiser *line, const struct netem_params *params,
	uint64_t buffer_bytes, int64_t now_ns, uint32_t length);
void serialiser_note(struct serialiser *line, int64_t departs_ns, uint32_t length);

/* timeline.c */
const struct netem_step *timeline_step(
	const struct netem_timeline *timeline, int64_t since_epoch_ns, int64_t *ret_until_ns);
int64_t timeline_serialise(
	const struct netem_timeline *timeline, int64_t start_ns, int64_t bytes, double rate_bps);
int64_t timeline_opportunity(const struct netem_timeline *timeline, struct serialiser *line,
	int64_t start_ns, int64_t bytes);

/* slot.c */
struct slot_state {
	int64_t next_ns; /* 0: slots are off */
	int64_t packets_left, bytes_left;
	uint64_t number;
};

void slot_start(struct slot_state *state, const struct netem_slot *slot,
	const struct streams *streams, int64_t now_ns);
int64_t slot_admit(struct slot_state *state, const struct netem_slot *slot,
	const struct streams *streams, int64_t now_ns, uint32_t length);

/* reorder.c */
struct held {
	uint32_t token, left;
	int64_t expires_ns;
};

enum {
	HISTORY = 2 * NETEM_MAX_DISPLACEMENT
};

struct reorder_state {
	struct chain chain;
	uint32_t held_count;
	struct held held[NETEM_MAX_HELD];
	int64_t last_release_ns; /* of what kept its order */
	int64_t trigger_ns;      /* release of the packet decided last */
	bool is_triggered;
	uint64_t passed;          /* packets in `history` since the start */
	int64_t history[HISTORY]; /* releases of the latest packets, in order of arrival */
};

struct netem {
	struct netem_key key;
	struct streams streams;
	struct netem_params params;
	struct netem_timeline timeline;
	bool has_timeline;
	int64_t epoch_ns;
	uint64_t index;
	struct netem_totals totals;

	struct loss_state loss;
	struct chain duplicate, corrupt;
	struct delay_state delay;
	struct reorder_state reorder;
	struct serialiser line;
	struct slot_state slot;
	uint64_t buffer_bytes;

	struct {
		struct correlated delay, loss, duplicate, reorder, corrupt;
		uint32_t p_loss, p_duplicate, p_reorder, p_corrupt;
		uint32_t counter; /* packets since the last early one */
		int64_t last_ns;  /* latest release among the queued */
		uint64_t delayed; /* queued and not immediate */
	} kernel;
};

void kernel_start(struct netem *netem);
void kernel_load(struct netem *netem);
void kernel_decide(
	struct netem *netem, int64_t now_ns, uint32_t length, struct netem_fate *ret_fate);
void calibrated_decide(
	struct netem *netem, int64_t now_ns, uint32_t length, struct netem_fate *ret_fate);
/* Changes the release of a copy that the reorder chance picked. */
void reorder_displace(struct netem *netem, struct netem_copy *copy, int64_t now_ns);
void reorder_passed(struct reorder_state *state, const struct netem_copy *copy);
