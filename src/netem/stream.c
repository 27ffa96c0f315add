/* SPDX-License-Identifier: MIT */
/* Random numbers by counter: draw n of a stream is a pure function of the stream's key and n. */
#include "netem/internal.h"

void streams_init(struct streams *streams, const struct netem_key *key)
{
	uint64_t place = stream_mix(
		stream_mix(key->seed + STREAM_STEP) ^ ((uint64_t)key->port << 32 | key->direction));

	for (unsigned copy = 0; copy < 2; copy++) {
		for (unsigned purpose = 0; purpose < PURPOSES; purpose++)
			streams->key[copy][purpose] =
				stream_mix(place + (copy * PURPOSES + purpose + 1) * STREAM_STEP);
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
