/* SPDX-License-Identifier: MIT */
/* Hostile packets: what the wire does with those of two hosts, and what was heard of them. */
#include "feature/hostile.h"

#include "feature/internal.h"

#include "base/json.h"

#include <netinet/in.h>

#define COPIES "copies=4 "

static const struct {
	const char *name;
	/* The first one takes every other packet where there is a second. */
	const char *changes[2];
	double settle_s; /* until the last copy has arrived */
} kinds[FEATURE_HOSTILES] = {
	[FEATURE_REPLAYED] = {"replayed",
		{"repeat every=2 delay=10ms " COPIES, "repeat delay=500ms " COPIES}, 2.3},
	[FEATURE_TRUNCATED] = {"truncated", {"truncate " COPIES, NULL}, 0.5},
	[FEATURE_MUTATED] = {"mutated", {"flip every=2 bits=1 " COPIES, "flip bits=16 " COPIES},
		0.5},
	[FEATURE_REFLECTED] = {"reflected", {"reflect " COPIES, NULL}, 0.5},
};

/* Neither ARP nor segments without content, which are the kernel's and not the VPN's. */
static const char *const carriers[] = {"protocol=udp ", "protocol=tcp larger=67 "};
static const char *const directions[] = {"from=source to=target", "from=target to=source"};

const char *feature_hostile_name(enum feature_hostile kind)
{
	return kinds[kind].name;
}

static void send_load(const struct feature_way *way, int64_t marks, struct arena *arena,
	struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		arena_printf(arena, "--count %lld --interval-us %d --bytes " FEATURE_MARK_BYTES,
			(long long)(marks > 0 ? marks : 1), FEATURE_HOSTILE_US));
}

void feature_hostile_calm(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	send_load(way, FEATURE_HOSTILE_CALM, arena, ret_trial);
}

void feature_hostile_plan(enum feature_hostile kind, const struct feature_way *way, int64_t packets,
	struct arena *arena, struct feature_trial *ret_trial)
{
	ret_trial->settle_s = kinds[kind].settle_s;
	send_load(way, packets / FEATURE_HOSTILE_COPIES, arena, ret_trial);
	for (size_t i = 0; i < ARRAY_SIZE(carriers) * ARRAY_SIZE(directions); i++) {
		for (size_t c = 0; c < ARRAY_SIZE(kinds[kind].changes); c++) {
			if (kinds[kind].changes[c])
				trial_rule(ret_trial,
					arena_printf(arena, "%s%s%s", kinds[kind].changes[c],
						carriers[i % ARRAY_SIZE(carriers)],
						directions[i / ARRAY_SIZE(carriers)]));
		}
	}
}

static const char *carrier_name(const json_t *account)
{
	int carrier = heard_carrier(account);

	if (carrier < 0)
		return NULL;
	return carrier == IPPROTO_UDP ? "udp" : carrier == IPPROTO_TCP ? "tcp" : "other";
}

json_t *feature_hostile_counts(const struct feature_heard *heard)
{
	int64_t readable = heard_marks(heard->outside, "numbers") +
			   heard_marks(heard->outside, "again") +
			   heard_marks(heard->outside, "altered");

	return json_make("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?}", "sent",
		(json_int_t)heard_sent(heard), "arrived",
		(json_int_t)heard_marks(heard->arrived, "numbers"), "again",
		(json_int_t)heard_marks(heard->arrived, "again"), "altered",
		(json_int_t)heard_marks(heard->arrived, "altered"), "pieces",
		(json_int_t)heard_marks(heard->arrived, "pieces"), "returned",
		(json_int_t)heard_delivered(heard->back), "readable", (json_int_t)readable,
		"carrier", carrier_name(heard->outside));
}

bool feature_hostile_is_seen(enum feature_hostile kind, const json_t *counts)
{
	static const char *const keys[FEATURE_HOSTILES] = {[FEATURE_REPLAYED] = "/again",
		[FEATURE_TRUNCATED] = "/pieces",
		[FEATURE_MUTATED] = "/altered",
		[FEATURE_REFLECTED] = "/returned"};

	return json_number_at(counts, keys[kind], 0) > 0 &&
	       json_number_at(counts, "/readable", 0) > 0;
}
