/* SPDX-License-Identifier: MIT */
/* Line rate and impairment in the words of tc. */
#include "lab/internal.h"

#include <math.h>
#include <string.h>

enum {
	FRAME_BYTES = LAB_MTU + 14,        /* what the kernel counts of a full frame */
	LINE_BYTES = FRAME_BYTES + 4 + 20, /* on a line: checksum, preamble and gap too */
	LINE_QUEUE_FRAMES = 1000,          /* as the kernel's default txqueuelen */
	TAP_LEAST_FRAMES = 500,            /* as the kernel's default for a TAP */
	TAP_MOST_FRAMES = 65536
};

/*
 * tbf counts a frame without the 24 bytes that a line adds, so its rate is that of full frames on
 * a line of the rate asked for: 1 Gbit/s carries 941 Mbit/s of TCP payload, as Ethernet does.
 */
static double tbf_rate_bps(double line_rate_bps)
{
	return line_rate_bps * FRAME_BYTES / LINE_BYTES;
}

/*
 * The burst is one millisecond of line: at 1 Gbit/s 123 kB, so a super-packet of 64 KiB passes
 * whole; at low rates less than one, and there tbf splits it into frames, which keeps the pace
 * even. Two frames are the least with which tbf reaches its rate.
 */
static double tbf_burst_bytes(double rate_bps)
{
	return fmax(rate_bps / 8 / 1000, 2 * FRAME_BYTES);
}

static char *tbf(struct arena *arena, const struct profile *profile)
{
	double rate_bps = tbf_rate_bps(profile->line_rate_bps);

	uint64_t buffer_bytes = profile->line_buffer_bytes
					? profile->line_buffer_bytes
					: (uint64_t)LINE_QUEUE_FRAMES * FRAME_BYTES;

	return arena_printf(arena, "tbf rate %.0fbit burst %.0fb limit %llub", rate_bps,
		tbf_burst_bytes(rate_bps), (unsigned long long)buffer_bytes);
}

char *shape_host(struct arena *arena, const struct profile *profile, const char *device)
{
	if (profile->line_rate_bps <= 0)
		return arena_strdup(arena, "");
	return arena_printf(
		arena, "qdisc add dev %s root handle 1: %s\n", device, tbf(arena, profile));
}

/*
 * Without a limit of the profile's the queue holds everything that can be under way at once: the
 * longest delay (mean and jitter) at line rate (10 Gbit/s when there is none) in packets of 576
 * bytes, and 1000 more for what comes in bursts.
 */
int64_t shape_limit_packets(const struct profile *profile)
{
	const struct netem_params *params = &profile->impairment;
	double rate_bps = profile->line_rate_bps > 0 ? profile->line_rate_bps : 10e9;
	double longest_s = (double)(params->delay_ns + params->jitter_ns) / 1e9;

	if (params->limit_packets > 0)
		return params->limit_packets;
	return 1000 + (int64_t)ceil(rate_bps * longest_s / 8 / 576);
}

/*
 * What a line carries while the wire may be away: a cell in which it was away for longer is marked.
 * A host that offers more than the line for as long as it likes fills any queue.
 */
int64_t shape_tap_frames(const struct profile *profile)
{
	double frames =
		ceil(profile->line_rate_bps / 8 / LINE_BYTES * WIRE_LONGEST_ABSENCE_MS / 1000);

	return (int64_t)fmin(fmax(frames, TAP_LEAST_FRAMES), TAP_MOST_FRAMES);
}

/* netem's reader of times knows no "ns"; its ticks are 64 ns. */
static const char *duration(struct arena *arena, int64_t ns)
{
	if (ns % NS_PER_MS == 0)
		return arena_printf(arena, "%lldms", (long long)(ns / NS_PER_MS));
	return arena_printf(arena, "%.15gus", (double)ns / 1e3);
}

static const char *percent(struct arena *arena, double fraction)
{
	return arena_printf(arena, "%.10g%%", fraction * 100);
}

/* " WORD P% C%"; only the kernel's own model has its correlation. */
static const char *chance(struct arena *arena, const char *word, const struct netem_chance *chance,
	bool is_correlated)
{
	if (chance->probability <= 0)
		return "";
	if (chance->correlation <= 0 || !is_correlated)
		return arena_printf(arena, " %s %s", word, percent(arena, chance->probability));
	return arena_printf(arena, " %s %s %s", word, percent(arena, chance->probability),
		percent(arena, chance->correlation));
}

static const char *delay_words(struct arena *arena, const struct netem_params *params)
{
	const char *words = "";

	if (params->delay_ns > 0 || params->jitter_ns > 0)
		words = arena_printf(arena, " delay %s", duration(arena, params->delay_ns));
	if (params->jitter_ns > 0)
		words = arena_printf(arena, "%s %s", words, duration(arena, params->jitter_ns));
	if (params->jitter_ns > 0 && params->delay_correlation > 0)
		words = arena_printf(
			arena, "%s %s", words, percent(arena, params->delay_correlation));
	if (params->shape != NETEM_UNIFORM)
		words = arena_printf(arena, "%s distribution %s", words,
			profile_words("distribution")[params->shape]);
	return words;
}

/* The kernel's correlated loss never does what it says, its Gilbert chain does: the same law. */
static const char *gilbert(struct arena *arena, const struct netem_chance *loss)
{
	double p = loss->probability, rho = loss->correlation;

	return arena_printf(arena, " loss gemodel %s %s 100%% 0%%", percent(arena, p * (1 - rho)),
		percent(arena, (1 - p) * (1 - rho)));
}

static const char *loss_words(struct arena *arena, const struct netem_params *params)
{
	const struct netem_loss *loss = &params->loss;

	switch (loss->kind) {
	case NETEM_LOSS_RANDOM:
		if (params->model == NETEM_CALIBRATED && loss->random.correlation > 0)
			return gilbert(arena, &loss->random);
		return chance(arena, "loss", &loss->random, true);
	case NETEM_LOSS_STATES:
		return arena_printf(arena, " loss state %s %s %s %s %s", percent(arena, loss->p13),
			percent(arena, loss->p31), percent(arena, loss->p32),
			percent(arena, loss->p23), percent(arena, loss->p14));
	case NETEM_LOSS_ELLIOTT:
		return arena_printf(arena, " loss gemodel %s %s %s %s",
			percent(arena, loss->to_bad), percent(arena, loss->to_good),
			percent(arena, loss->in_bad), percent(arena, loss->in_good));
	case NETEM_LOSS_NONE:
	case NETEM_LOSS_OUTAGES:
		break;
	}
	return "";
}

static const char *rate_words(struct arena *arena, const struct netem_params *params)
{
	if (params->rate_bps <= 0)
		return "";
	return arena_printf(arena, " rate %.0fbit %d %u %d", params->rate_bps,
		params->overhead_bytes, params->cell_bytes, params->cell_overhead_bytes);
}

static const char *slot_words(struct arena *arena, const struct netem_slot *slot)
{
	const char *words;

	if (slot->max_ns <= 0)
		return "";
	words = arena_printf(
		arena, " slot %s %s", duration(arena, slot->min_ns), duration(arena, slot->max_ns));
	if (slot->packets)
		words = arena_printf(arena, "%s packets %u", words, slot->packets);
	if (slot->bytes)
		words = arena_printf(arena, "%s bytes %u", words, slot->bytes);
	return words;
}

char *shape_netem(struct arena *arena, const struct profile *profile)
{
	const struct netem_params *params = &profile->impairment;
	bool is_kernel = params->model != NETEM_CALIBRATED;
	char *words = arena_printf(arena, "netem limit %lld%s%s%s%s%s",
		(long long)shape_limit_packets(profile), delay_words(arena, params),
		loss_words(arena, params),
		chance(arena, "duplicate", &params->duplicate, is_kernel),
		chance(arena, "corrupt", &params->corrupt, is_kernel),
		chance(arena, "reorder", &params->reorder, is_kernel));

	if (params->gap > 1)
		words = arena_printf(arena, "%s gap %u", words, params->gap);
	return arena_printf(arena, "%s%s%s", words, rate_words(arena, params),
		slot_words(arena, &params->slot));
}

/* What of the calibrated model the kernel has no word for; NULL when it can say all of it. */
static const char *uncarried_calibrated(const struct netem_params *params)
{
	if (params->jitter_ns > 0 && params->jitter != NETEM_JITTER_INDEPENDENT)
		return "has jitter that keeps the order";
	if (params->delay_correlation > 0)
		return "correlates delays";
	if (params->reorder.probability > 0)
		return "displaces packets";
	if (params->duplicate.correlation > 0 || params->corrupt.correlation > 0)
		return "correlates duplicates or corruption";
	if (params->rate_bps > 0)
		return "has a bottleneck in front of the delay";
	return NULL;
}

const char *shape_uncarried(const struct profile *profile)
{
	const struct netem_params *params = &profile->impairment;

	if (profile_has_timeline(profile))
		return "changes over time";
	if (params->loss.kind == NETEM_LOSS_OUTAGES)
		return "has outages in time";
	if (params->unit == NETEM_UNIT_SUPERPACKET)
		return "impairs super-packets as one";
	if (params->model == NETEM_CALIBRATED)
		return uncarried_calibrated(params);
	if (params->reorder.probability > 0 && params->delay_ns <= 0 && params->jitter_ns <= 0)
		return "reorders without a delay";
	return NULL;
}

/* Towards the host: first the impairment, then the line. */
char *shape_port(struct arena *arena, const struct profile *profile, enum lab_engine engine,
	const char *device)
{
	char *line;

	if (!lab_engine_has_netem(engine) || !profile_has_impairment(profile))
		return shape_host(arena, profile, device);
	line = arena_printf(
		arena, "qdisc add dev %s root handle 1: %s\n", device, shape_netem(arena, profile));
	if (profile->line_rate_bps <= 0)
		return line;
	return arena_printf(arena, "%sqdisc add dev %s parent 1:1 handle 2: %s\n", line, device,
		tbf(arena, profile));
}
