/* SPDX-License-Identifier: MIT */
#include "report/model/gaps.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

struct report_gap gap_of(const json_t *sends, const json_t *pair)
{
	double exchanges = json_number_at(pair, "/exchanges", 0);
	const char *from = json_string_at(pair, "/from", "");
	bool is_silent = !(exchanges > 0);

	return (struct report_gap){.from = from,
		.to = json_string_at(pair, "/to", ""),
		.count = is_silent ? 0 : exchanges - 1,
		.median_s = json_number_at(pair, "/keepalive_s", NAN),
		.longest_s = is_silent ? json_number_at(sends, "/seconds", NAN)
				       : json_number_at(pair, "/longest_gap_s", NAN),
		.is_silent = is_silent,
		.is_of_host = strcmp(from, json_string_at(sends, "/host", "")) == 0};
}

const char *gap_words(struct arena *arena, const struct report_gap *gap)
{
	if (gap->is_silent)
		return arena_printf(arena, "silent for all %.0f s", gap->longest_s);
	if (gap->longest_s > GAP_PEER_S)
		return arena_printf(arena, "more than %d s", GAP_PEER_S);
	if (gap->longest_s > GAP_NAT_S)
		return arena_printf(arena, "more than %d s, within %d s", GAP_NAT_S, GAP_PEER_S);
	return arena_printf(arena, "within %d s", GAP_NAT_S);
}
