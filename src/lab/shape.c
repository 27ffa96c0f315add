/* Line rate and impairment in the words of tc. */
#include "lab/internal.h"

#include <math.h>
#include <string.h>

enum {
	FRAME_BYTES = LAB_MTU + 14,        /* what the kernel counts of a full frame */
	LINE_BYTES = FRAME_BYTES + 4 + 20, /* on a line: checksum, preamble and gap too */
	LINE_QUEUE_FRAMES = 1000           /* as the kernel's default txqueuelen */
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

	return arena_printf(arena, "tbf rate %.0fbit burst %.0fb limit %db", rate_bps,
		tbf_burst_bytes(rate_bps), LINE_QUEUE_FRAMES * FRAME_BYTES);
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
	double rate_bps = profile->line_rate_bps > 0 ? profile->line_rate_bps : 10e9;
	double longest_s = (double)(profile->delay_ns + profile->jitter_ns) / 1e9;

	if (profile->limit_packets > 0)
		return profile->limit_packets;
	return 1000 + (int64_t)ceil(rate_bps * longest_s / 8 / 576);
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

char *shape_netem(struct arena *arena, const struct profile *profile)
{
	char *words =
		arena_printf(arena, "netem limit %lld", (long long)shape_limit_packets(profile));

	if (profile->delay_ns > 0 || profile->jitter_ns > 0)
		words = arena_printf(
			arena, "%s delay %s", words, duration(arena, profile->delay_ns));
	if (profile->jitter_ns > 0)
		words = arena_printf(arena, "%s %s", words, duration(arena, profile->jitter_ns));
	if (profile->loss > 0)
		words = arena_printf(arena, "%s loss %s", words, percent(arena, profile->loss));
	if (profile->reorder > 0)
		words = arena_printf(
			arena, "%s reorder %s", words, percent(arena, profile->reorder));
	/* The kernel's correlated reordering hardly ever fires, so a calibrated profile asks for
	 * independent reordering, which does what it says. */
	if (profile->reorder > 0 && profile->reorder_correlation > 0 &&
		profile->model != PROFILE_MODEL_CALIBRATED)
		words = arena_printf(
			arena, "%s %s", words, percent(arena, profile->reorder_correlation));
	return words;
}

bool shape_has_impairment(const struct profile *profile)
{
	return profile->delay_ns > 0 || profile->jitter_ns > 0 || profile->loss > 0 ||
	       profile->reorder > 0;
}

/* Towards the host: first the impairment, then the line. */
char *shape_port(struct arena *arena, const struct profile *profile, enum lab_engine engine,
	const char *device)
{
	char *line;

	if (engine != LAB_ENGINE_NETEM || !shape_has_impairment(profile))
		return shape_host(arena, profile, device);
	line = arena_printf(
		arena, "qdisc add dev %s root handle 1: %s\n", device, shape_netem(arena, profile));
	if (profile->line_rate_bps <= 0)
		return line;
	return arena_printf(arena, "%sqdisc add dev %s parent 1:1 handle 2: %s\n", line, device,
		tbf(arena, profile));
}
