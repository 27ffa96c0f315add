/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>

/* How seldom an idle host sends another one something, as the workload keepalive saw it. */
enum {
	GAP_NAT_S = 30, /* many a NAT remembers UDP no longer (Haetoenen et al. 2010) */
	GAP_PEER_S = 55 /* what peers should expect (Halkes and Pouwelse 2011) */
};

struct report_gap {
	const char *from, *to;
	double count, median_s;
	double longest_s; /* at least; if nothing was sent at all, how long that was looked for */
	bool is_silent;   /* for all of that time */
	bool is_of_host;  /* from the host that a NAT may forget */
};

/* One of `sends.pairs` of keepalive.json. */
struct report_gap gap_of(const json_t *sends, const json_t *pair);
/* Compared with 30 and 55 s: "within 30 s", "silent for all 180 s". */
const char *gap_words(struct arena *arena, const struct report_gap *gap);
