/* SPDX-License-Identifier: MIT */
/* What is for all: multicast and broadcast, frames of any type, frames of a bridge. */
#include "feature/internal.h"

static void plan_multicast(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, "239.77.77.77",
		arena_printf(arena, "--device %s --count 100 --interval-us 1000 --bytes 400",
			way->source.device));
}

static void plan_broadcast(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, "255.255.255.255",
		arena_printf(arena, "--device %s --count 100 --interval-us 1000 --bytes 400",
			way->source.device));
}

static void plan_frames(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (way->source.has_frames)
		trial_send(ret_trial, arena, way, NULL,
			arena_printf(
				arena, "--device %s --count 100 --bytes 400", way->source.device));
	else
		ret_trial->pointless = "the device carries IP only";
}

static void plan_bridged(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	if (way->source.has_frames)
		trial_send(ret_trial, arena, way, NULL,
			arena_printf(arena, "--device %s --stranger --count 100 --bytes 400",
				way->source.device));
	else
		ret_trial->pointless = "the device carries IP only";
}

/* What the kernel refuses to send is refused by the device, as on one without multicast. */
static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t numbers = heard_marks(heard->arrived, "numbers");

	(void)way;
	answer_is(&ret_answers[0], numbers > 0 ? "yes" : "no",
		"%lld of %lld packets arrived; the device refused %lld", (long long)numbers,
		(long long)heard_sent(heard),
		(long long)json_integer_value(json_object_get(heard->sent, "refused")));
}

const struct feature_check check_multicast = {.name = "multicast",
	.evidence = "100 marked UDP packets to a multicast group, from the device of the mesh",
	.rows = {"overlay_multicast"},
	.known = {"yes"},
	.plan = plan_multicast,
	.read = read};

const struct feature_check check_broadcast = {.name = "broadcast",
	.evidence = "100 marked UDP packets to 255.255.255.255, from the device of the mesh",
	.rows = {"overlay_broadcast"},
	.known = {"yes"},
	.plan = plan_broadcast,
	.read = read};

const struct feature_check check_frames = {.name = "frames",
	.evidence = "100 frames of EtherType 0x88b5 from the device of the mesh",
	.rows = {"layer2_mode"},
	.known = {"yes"},
	.plan = plan_frames,
	.read = read};

const struct feature_check check_bridged = {.name = "bridged frames",
	.evidence = "100 frames whose source MAC address is not that of the device",
	.rows = {"bridging"},
	.known = {"yes"},
	.plan = plan_bridged,
	.read = read};
