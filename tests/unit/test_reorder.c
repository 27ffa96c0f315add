/* SPDX-License-Identifier: MIT */
/* How long the streams of `reorder` are. */
#include "workload/workload.h"

#include "tap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The number behind a word of a command, `otherwise` when it is not one. */
static double number_behind(
	const struct workload_command *command, const char *word, double otherwise)
{
	for (size_t i = 0; command->argv[i] && command->argv[i + 1]; i++) {
		if (strcmp(command->argv[i], word) != 0)
			continue;
		double number = strtod(command->argv[i + 1], NULL);

		return number > 0 ? number : otherwise;
	}
	return otherwise;
}

/* Of the sender `number`, from 0; full packets are larger than 1200 bytes, if anything. */
struct planned {
	double seconds, packets;
};
static struct planned planned(struct arena *arena, double seconds, size_t number)
{
	const struct workload_case c = {.source = "lom",
		.target = "yuki",
		.source_address = "10.0.0.1",
		.target_address = "10.0.0.2",
		.seconds = seconds};
	struct workload_command *commands;
	struct planned stream;
	size_t count;

	workload_reorder.commands(&c, arena, &commands, &count);
	assert(count == 6);
	stream.seconds = number_behind(&commands[1 + number], "--milliseconds", 0) / 1e3;
	stream.packets = stream.seconds * number_behind(&commands[1 + number], "--bits", 0) /
			 (8 * number_behind(&commands[1 + number], "--bytes", 1200));
	return stream;
}

TEST(a_stream_ends_when_it_has_packets_enough_for_a_ratio)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; i < 5; i++)
		for (double seconds = 1; seconds < 200; seconds *= 3)
			CHECK(planned(arena, seconds, i).packets <= 10001);
	/* 12,500 a second. */
	CHECK(planned(arena, 30, 1).seconds == 0.8);
}

TEST(a_slow_stream_lasts_a_third_of_the_time)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(planned(arena, 30, 2).seconds == 10);
	CHECK(planned(arena, 1, 2).seconds == 1);
}
