/* SPDX-License-Identifier: MIT */
/*
 * Which pairs of hosts are watched, and how often. Up to four hosts all pairs are, every 5 ms. More
 * hosts are asked less often, and where all pairs would still be too many, every host has a few
 * neighbours on a circle: as far apart as the turn says, so that turn by turn all pairs are seen.
 */
#include "lab/internal.h"

static const int64_t FULL_PACE_NS = 5 * NS_PER_MS;
static const int64_t LONGEST_PAUSE_NS = 100 * NS_PER_MS;
static const int64_t LEAST_SILENCE_NS = 100 * NS_PER_MS;

enum {
	ASKS_IN_A_PAUSE = 5,
	LEAST_ASKS_IN_A_PAUSE = 3, /* also where these take longer than LONGEST_PAUSE_NS */
	ASKS_IN_A_SILENCE = 10, /* of a mesh that is watched by samples, on processors it shares */
	HOSTS_OF_FEW = 10,
	HOSTS_AT_FULL_PACE = 4,
	SLOWEST = 12,              /* times that */
	ASKS_PER_S_OF_ALL = 12000, /* both ways and directions; what is more is sampled */
	ASKS_PER_S_OF_SOME = 2000, /* both ways, by the one of two hosts that speaks */
	LEAST_NEIGHBOURS = 2,      /* one on each side; from here on asks grow with hosts */
	NEIGHBOURS_OF_ONE = 12     /* of a host that something is done to */
};

static size_t asks_per_s(const struct lab_sample *sample, size_t pairs)
{
	return LAB_WAYS * pairs * (size_t)(NS_PER_S / sample->every_ns);
}

int64_t lab_watch_every_ns(size_t hosts)
{
	size_t share = (hosts + HOSTS_AT_FULL_PACE - 1) / HOSTS_AT_FULL_PACE;

	return FULL_PACE_NS * (int64_t)(share < SLOWEST ? share : SLOWEST);
}

int64_t lab_watch_pause_ns(size_t hosts)
{
	int64_t pause_ns = ASKS_IN_A_PAUSE * lab_watch_every_ns(hosts);
	int64_t least_ns = LEAST_ASKS_IN_A_PAUSE * lab_watch_every_ns(hosts);

	if (pause_ns > LONGEST_PAUSE_NS)
		pause_ns = LONGEST_PAUSE_NS;
	return pause_ns > least_ns ? pause_ns : least_ns;
}

int64_t lab_watch_silence_ns(size_t hosts)
{
	int64_t asks_ns = ASKS_IN_A_SILENCE * lab_watch_every_ns(hosts);

	return hosts > HOSTS_OF_FEW && asks_ns > LEAST_SILENCE_NS ? asks_ns : LEAST_SILENCE_NS;
}

static void choose_neighbours(struct lab_sample *sample)
{
	size_t count = sample->count;

	sample->neighbours = count - 1;
	sample->is_whole = asks_per_s(sample, count * (count - 1)) <= ASKS_PER_S_OF_ALL;
	if (sample->is_whole)
		return;
	sample->neighbours = LEAST_NEIGHBOURS;
	while (asks_per_s(sample, count * (sample->neighbours / 2 + 1)) <= ASKS_PER_S_OF_SOME)
		sample->neighbours += 2;
}

static void include(struct lab_sample *sample, size_t a, size_t b)
{
	sample->is_watched[a * sample->count + b] = sample->is_watched[b * sample->count + a] =
		true;
}

/* Neighbours at `neighbours / 2` distances; one round of turns goes through all of them. */
static void include_circle(struct lab_sample *sample, size_t turn)
{
	size_t distances = sample->count / 2, at_once = sample->neighbours / 2;

	for (size_t i = 0; i < at_once; i++) {
		size_t distance = 1 + (turn * at_once + i) % distances;

		for (size_t host = 0; host < sample->count; host++)
			include(sample, host, (host + distance) % sample->count);
	}
}

static void include_star(struct lab_sample *sample, size_t turn, size_t centre)
{
	size_t others = sample->count - 1;

	for (size_t i = 0; i < NEIGHBOURS_OF_ONE && i < others; i++) {
		size_t distance = 1 + (turn * NEIGHBOURS_OF_ONE + i) % others;

		include(sample, centre, (centre + distance) % sample->count);
	}
}

struct lab_sample lab_sample_new(
	struct arena *arena, size_t count, struct lab_hosts concerned, size_t turn)
{
	struct lab_sample sample = {.count = count,
		.is_watched = arena_alloc(arena, bool, count *count),
		.every_ns = lab_watch_every_ns(count)};

	choose_neighbours(&sample);
	if (sample.is_whole) {
		for (size_t i = 0; i < count * count; i++)
			sample.is_watched[i] = i / count != i % count;
	} else {
		include_circle(&sample, turn);
		if (concerned.kind == LAB_ONE_HOST)
			include_star(&sample, turn, concerned.index);
	}
	return sample;
}
