/* SPDX-License-Identifier: MIT */
/* What the device of the mesh says of itself, and silence: nothing is sent. */
#include "feature/internal.h"

#include "base/json.h"

#include <stdio.h>

enum {
	QUIET_S = 30,
	FEW = 3 /* with fewer exchanges only a bound is known */
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

static void read_queues(const struct feature_way *way, struct feature_observation *answer)
{
	if (way->is_bare || way->source.queues == 0)
		answer_undecided(
			answer, "device %s is not one that a daemon opened", way->source.device);
	else
		answer_is(answer, way->source.queues > 1 ? "yes" : "no",
			"device %s has %d open queues", way->source.device, way->source.queues);
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
	read_queues(way, &ret_answers[3]);
}

/* The one with which most was exchanged; NULL: nothing was sent to anybody. */
static const json_t *busiest(const json_t *remotes)
{
	const json_t *remote, *found = NULL;
	size_t i;

	json_array_foreach (remotes, i, remote) {
		if (!found || json_number_at(remote, "/exchanges", 0) >
				      json_number_at(found, "/exchanges", 0))
			found = remote;
	}
	return found;
}

/*
 * The question is about two hosts, and a host may speak to many; a burst is one exchange. What
 * comes regularly and only N times in a window is further apart than the window by N + 1.
 */
static void read_quiet(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	const json_t *remotes = json_object_get(heard->outside, "remotes");
	const json_t *remote = busiest(remotes);
	double exchanges = json_number_at(remote, "/exchanges", 0);
	char is[FEATURE_IS_BYTES];

	(void)way;
	if (!remote) {
		snprintf(is, sizeof(is), "more than %.0f s", heard->seconds);
		answer_is(&ret_answers[0], is, "nothing was sent");
		return;
	}
	if (exchanges < FEW)
		snprintf(is, sizeof(is), "%.0f s or more", heard->seconds / (exchanges + 1));
	else
		snprintf(is, sizeof(is), "about %.3g s", heard->seconds / exchanges);
	answer_is(&ret_answers[0], is,
		"%.0f exchanges with %s in %.0f s: %.0f packets of UDP and %.0f of TCP; it sent to "
		"%zu hosts",
		exchanges, json_string_at(remote, "/to", "?"), heard->seconds,
		json_number_at(remote, "/udp", 0), json_number_at(remote, "/tcp", 0),
		json_array_size(remotes));
}

const struct feature_check check_device = {.name = "device",
	.evidence = "what the device of the mesh says of itself",
	.rows = {"default_mtu", "layer3_mode", "overlay_dual_stack", "tun_multiqueue"},
	.known = {"1500", "no", "yes", NULL},
	.plan = plan_device,
	.read = read_device};

const struct feature_check check_quiet = {.name = "silence",
	.evidence =
		"how often the source sends to another host in 30 s in which nobody sends anything",
	.rows = {"keepalive_interval"},
	.known = {NULL},
	.plan = plan_quiet,
	.read = read_quiet};
