/* SPDX-License-Identifier: MIT */
/* What the device of the mesh says of itself, and silence: nothing is sent. */
#include "feature/internal.h"

#include "base/json.h"

#include <stdio.h>

enum {
	QUIET_S = 30
};

static void plan_device(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	(void)way;
	(void)arena;
	*ret_trial = (struct feature_trial){0};
}

static void plan_quiet(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	(void)arena;
	ret_trial->settle_s = QUIET_S;
	if (way->is_bare)
		ret_trial->pointless = "a bare link says nothing by itself";
}

static void read_device(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	char mtu[FEATURE_IS_BYTES];

	(void)heard;
	snprintf(mtu, sizeof(mtu), "%d", way->source.mtu);
	answer_is(&ret_answers[0], mtu, "device %s", way->source.device);
	if (!way->source.has_frames)
		answer_is(&ret_answers[1], "yes", "device %s has no link-layer header",
			way->source.device);
	else if (way->is_bare)
		answer_is(&ret_answers[1], "no", "device %s has Ethernet headers",
			way->source.device);
	else
		answer_undecided(&ret_answers[1],
			"this device has Ethernet headers, which says nothing about other modes");
	if (way->source.ipv4 && way->source.ipv6)
		answer_is(&ret_answers[2], "yes", "IPv4 %s, IPv6 %s", way->source.ipv4,
			way->source.ipv6);
	else
		answer_undecided(&ret_answers[2], "the driver gives hosts one of both only");
}

static void read_quiet(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	double packets = json_number_at(heard->outside, "/packets", 0);
	char is[FEATURE_IS_BYTES];

	(void)way;
	if (packets == 0) {
		snprintf(is, sizeof(is), "more than %.0f s", heard->seconds);
		answer_is(&ret_answers[0], is, "nothing was sent");
		return;
	}
	snprintf(is, sizeof(is), "about %.3g s", heard->seconds / packets);
	answer_is(&ret_answers[0], is, "%.0f packets to all hosts in %.0f s", packets,
		heard->seconds);
}

const struct feature_check check_device = {.name = "device",
	.evidence = "what the device of the mesh says of itself",
	.rows = {"default_mtu", "layer3_mode", "overlay_dual_stack"},
	.known = {"1500", "no", "yes"},
	.plan = plan_device,
	.read = read_device};

const struct feature_check check_quiet = {.name = "silence",
	.evidence = "what the source sends on the wire in 30 s in which nobody sends anything",
	.rows = {"keepalive_interval"},
	.known = {NULL},
	.plan = plan_quiet,
	.read = read_quiet};
