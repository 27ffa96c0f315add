/* Random numbers by counter: draw n of a stream is a pure function of the stream's key and n. */
#include "netem/internal.h"

/*
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) steps its state by a constant, so its n-th output
 * can be had without the ones before. That is all a counter-based generator needs.
 */
#define GAMMA UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t stream_draw(uint64_t key, uint64_t index)
{
	return mix(key + (index + 1) * GAMMA);
}

void streams_init(struct streams *streams, const struct netem_key *key)
{
	uint64_t place = mix(mix(key->seed + GAMMA) ^ ((uint64_t)key->port << 32 | key->direction));

	for (unsigned copy = 0; copy < 2; copy++) {
		for (unsigned purpose = 0; purpose < PURPOSES; purpose++)
			streams->key[copy][purpose] =
				mix(place + (copy * PURPOSES + purpose + 1) * GAMMA);
	}
}

double stream_unit(uint64_t draw)
{
	return ((double)(draw >> 12) + 0.5) * 0x1p-52;
}

bool stream_chance(uint64_t draw, double probability)
{
	return (double)(draw >> 11) * 0x1p-53 < probability;
}
