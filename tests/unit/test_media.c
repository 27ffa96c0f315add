/* SPDX-License-Identifier: MIT */
/* What the workloads video, nix_cache and http_small are made of, without running any of it. */
#include "programs/closure/closure.h"
#include "workload/link/video.h"

#include "options_by_hand.h"
#include "tap.h"

#include "base/fd.h"

#include <stdlib.h>
#include <string.h>

static const struct workload_case quick = {.source = "lom",
	.target = "yuki",
	.source_address = "10.0.0.1",
	.target_address = "fd00::2",
	.seconds = 2,
	.processors = 2,
	.artefact = "/cache/it"};

static const char *word_after(const struct workload_command *command, const char *word)
{
	for (size_t i = 0; command->argv[i]; i++) {
		if (strcmp(command->argv[i], word) == 0)
			return command->argv[i + 1];
	}
	return "";
}

TEST(a_closure_is_complete_and_in_order)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct closure_path *paths = closure_paths(arena, 1);
	bool is_needed[CLOSURE_PATHS] = {false};
	uint64_t bytes = 0;

	for (size_t i = 0; i < CLOSURE_PATHS; i++) {
		bytes += paths[i].bytes;
		CHECK(strlen(paths[i].name) ==
			strlen("/nix/store/") + 32 + strlen("-meshbench-000"));
		for (size_t j = 0; j < paths[i].reference_count; j++) {
			CHECK(paths[i].references[j] < i);
			is_needed[paths[i].references[j]] = true;
		}
	}
	for (size_t i = 0; i + 1 < CLOSURE_PATHS; i++)
		CHECK(is_needed[i]);
	CHECK(bytes > 1000000000 && bytes < 1500000000);
}

TEST(a_small_closure_has_the_shape_of_the_large_one_and_other_names)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	uint64_t large = 0, small = 0;

	for (size_t i = 0; i < CLOSURE_PATHS; i++) {
		large += closure_paths(arena, 1)[i].bytes;
		small += closure_paths(arena, 64)[i].bytes;
	}
	CHECK(small > large / 65 && small < large / 63);
	CHECK(strcmp(closure_top(arena, 1), closure_top(arena, 64)) != 0);
}

TEST(the_same_closure_comes_out_every_time)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *first = NULL, *second = NULL;
	size_t first_size = 0, second_size = 0;
	FILE *one = open_memstream(&first, &first_size);
	FILE *two = open_memstream(&second, &second_size);
	bool is_same;

	CHECK(closure_export(closure_paths(arena, 100000), one) == 0);
	CHECK(closure_export(closure_paths(arena, 100000), two) == 0);
	fclose(one);
	fclose(two);
	is_same = first_size == second_size && memcmp(first, second, first_size) == 0;
	free(first);
	free(second);
	CHECK(is_same);
}

TEST(a_counter_of_16_bits_that_wrapped_is_recognized)
{
	bool has_wrapped;

	CHECK(video_without_wraps(0, &has_wrapped) == 0 && !has_wrapped);
	CHECK(video_without_wraps(379, &has_wrapped) == 379 && !has_wrapped);
	/* Published: 65536 less the packets that were sent. */
	CHECK(video_without_wraps(55500, &has_wrapped) == 0 && has_wrapped);
	/* Published: 33 times 65536, and 22. */
	CHECK(video_without_wraps(2162710, &has_wrapped) == 22 && has_wrapped);
}

TEST(few_processors_replay_what_was_encoded_before)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct workload_case c = quick;
	struct workload_artefact artefact;
	struct workload_command *commands;
	struct options_by_hand options = {0};
	size_t count;

	workload_video.prepare(&c, arena, &artefact);
	CHECK(artefact.command_count == 1);
	workload_video.commands(&c, arena, &commands, &count);
	CHECK(strcmp(word_after(&commands[1], "-c"), "copy") == 0);
	CHECK(strcmp(word_after(&commands[1], "-stats_period"), "1") == 0);
	c.processors = 8;
	workload_video.prepare(&c, arena, &artefact);
	CHECK(artefact.command_count == 0);
	workload_video.commands(&c, arena, &commands, &count);
	CHECK(strcmp(word_after(&commands[1], "-c:v"), "libx264") == 0);
	c.options = option_by_hand(&options, "video", "replay");
	workload_video.prepare(&c, arena, &artefact);
	CHECK(artefact.command_count == 1);
}

TEST(a_closure_of_the_user_is_copied_and_not_made)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct workload_case c = quick;
	const char *path = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-hello";
	struct workload_artefact made, named;
	struct options_by_hand options = {0};

	workload_nix_cache.prepare(&c, arena, &made);
	c.options = option_by_hand(&options, "closure", path);
	workload_nix_cache.prepare(&c, arena, &named);
	CHECK(strcmp(made.commands[0].argv[0], "meshbench-closure") == 0);
	CHECK(strcmp(named.commands[0].argv[2], path) == 0);
	CHECK(strstr(word_after(&named.commands[1], "--to"), "file:///cache/it/cache"));
	CHECK(strcmp(word_after(&named.commands[1], word_after(&named.commands[1], "--to")),
		      path) == 0);
}

TEST(addresses_of_both_families_make_urls)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct workload_case c = quick;
	struct workload_command *commands;
	size_t count;

	workload_http_small.commands(&c, arena, &commands, &count);
	CHECK(strcmp(word_after(&commands[1], "10"), "http://[fd00::2]:18080") == 0);
	CHECK(commands[1].is_gate && commands[2].wave > commands[1].wave);
	c.target_address = "10.0.0.2";
	c.link = 2;
	workload_http_small.commands(&c, arena, &commands, &count);
	CHECK(strcmp(word_after(&commands[1], "10"), "http://10.0.0.2:18082") == 0);
}
