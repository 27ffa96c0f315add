/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The search for the highest rate with little loss, in the spirit of RFC 2544: trials of a fixed
 * length, growing until one fails, then halving what is left. Pure: trials are run elsewhere.
 */
struct rate_rules {
	double first_packets_per_s; /* light: its loss is the path's own */
	double growth;              /* factor between trials until one fails */
	double resolution;          /* ends when failure and success are this share apart */
	double bound_percent;       /* loss above the path's own that still passes */
	size_t most_trials;
};

struct rate_trial {
	double wanted_packets_per_s, seconds; /* of sending */
	double receiving_s;                   /* from the first to the last that arrived */
	uint64_t sent, received, duplicates;
	uint64_t refused;     /* by our own kernel, for want of buffers */
	uint64_t card_bytes;  /* that came into the receiver's network card meanwhile */
	uint64_t socket_lost; /* of those that did not arrive: by the receiver's own socket */
	bool has_passed;
};

enum rate_limit {
	RATE_BY_LOSS,
	RATE_BY_SENDER, /* all that it could send arrived */
	RATE_BY_TRIALS, /* given up before the resolution was reached */
};

/* "loss", "sender", "trials" */
const char *rate_limit_name(enum rate_limit limit);

struct rate_search {
	struct rate_rules rules;
	bool has_begun;       /* something arrived, however light it had to be */
	double lighter;       /* what the first rate is divided by */
	double bound_percent; /* with what the path loses at the first rate */
	double low, high;     /* packets per second that passed, and that failed */
	struct rate_trial best;
	size_t count;          /* trials so far */
	size_t failures, slow; /* at this rate: lost too much; sent too little */
	double repeat;         /* the rate that is tried again for one of these */
	enum rate_limit limit;
};

struct rate_search rate_search_new(const struct rate_rules *rules);
/* False when the search is over. */
bool rate_search_next(struct rate_search *search, double *ret_packets_per_s);
/* Takes the trial of that rate and decides whether it passed. */
void rate_search_take(struct rate_search *search, struct rate_trial *trial);

/* That arrived: what a queue hands on after the end does not count towards the trial's rate. */
double rate_packets_per_s(const struct rate_trial *trial);
double rate_lost_percent(const struct rate_trial *trial);
