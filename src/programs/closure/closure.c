/* SPDX-License-Identifier: MIT */
/* A package with all it needs, made of nothing: its shape, and its bytes as Nix exports them. */
#include "programs/closure/closure.h"

#include "base/attribute.h"
#include "base/random.h"

#include <string.h>

/* Draws that every path makes for itself start here. */
static const uint64_t SEED = 0x6d65736862656e63;

/*
 * Quantiles of the sizes in bytes, of a closure that a browser needs: half of its paths are below
 * 250 kB, and the largest, the browser itself, holds a quarter of all bytes.
 */
static const struct {
	unsigned per_mille;
	uint64_t bytes;
} sizes[] = {{0, 300}, {100, 12000}, {250, 60000}, {500, 250000}, {750, 1000000}, {900, 4000000},
	{970, 16000000}, {990, 50000000}, {997, 120000000}, {1000, 280000000}};

/* Integers only: floating point would round differently elsewhere. */
static uint64_t size_at(unsigned rank)
{
	unsigned long per_million = 1000000UL * rank / (CLOSURE_PATHS - 1);
	size_t i = 1;

	while (per_million > 1000UL * sizes[i].per_mille)
		i++;
	return sizes[i - 1].bytes +
	       (sizes[i].bytes - sizes[i - 1].bytes) *
		       (per_million - 1000UL * sizes[i - 1].per_mille) /
		       (1000UL * (sizes[i].per_mille - sizes[i - 1].per_mille));
}

static void name_path(struct closure_path *path, size_t index, struct random *random)
{
	static const char digits[] = "0123456789abcdfghijklmnpqrsvwxyz"; /* of Nix */
	char hash[33] = {0};

	for (size_t i = 0; i < sizeof(hash) - 1; i++)
		hash[i] = digits[random_below(random, sizeof(digits) - 1)];
	snprintf(path->name, sizeof(path->name), "/nix/store/%s-meshbench-%03zu", hash, index);
}

static void refer(struct closure_path *path, size_t *references, size_t to)
{
	for (size_t i = 0; i < path->reference_count; i++) {
		if (references[i] == to)
			return;
	}
	references[path->reference_count++] = to;
}

/* Nearly all need the first, as the C library; the older a path is the more need it. */
static void refer_to_earlier(
	struct closure_path *path, size_t *references, size_t index, struct random *random)
{
	if (index > 0 && random_below(random, 10) > 0)
		refer(path, references, 0);
	for (size_t count = index ? random_below(random, 12) : 0; count > 0; count--)
		refer(path, references, random_below(random, random_below(random, index) + 1));
}

const struct closure_path *closure_paths(struct arena *arena, unsigned divisor)
{
	struct closure_path *paths = arena_alloc(arena, struct closure_path, CLOSURE_PATHS);
	size_t ranks[CLOSURE_PATHS - 1];
	bool is_needed[CLOSURE_PATHS] = {false};
	/* Names say what the content is. */
	struct random random = random_seeded(SEED + divisor);

	random_permutation(&random, ranks, ARRAY_SIZE(ranks));
	for (size_t i = 0; i < CLOSURE_PATHS; i++) {
		size_t *references = arena_alloc(arena, size_t, CLOSURE_PATHS);
		bool is_top = i + 1 == CLOSURE_PATHS;
		unsigned rank = is_top ? CLOSURE_PATHS - 1 : (unsigned)ranks[i];

		name_path(&paths[i], i, &random);
		paths[i].bytes = 1 + size_at(rank) / divisor;
		paths[i].references = references;
		for (size_t j = 0; is_top && j < i; j++) {
			if (!is_needed[j])
				refer(&paths[i], references, j);
		}
		refer_to_earlier(&paths[i], references, i, &random);
		for (size_t j = 0; j < paths[i].reference_count; j++)
			is_needed[references[j]] = true;
	}
	return paths;
}

const char *closure_top(struct arena *arena, unsigned divisor)
{
	return closure_paths(arena, divisor)[CLOSURE_PATHS - 1].name;
}

static void put_number(uint64_t number, FILE *out)
{
	for (unsigned i = 0; i < 8; i++)
		putc((int)(number >> 8 * i & 0xff), out);
}

static void put_padding(uint64_t size, FILE *out)
{
	for (; size % 8; size++)
		putc(0, out);
}

static void put_text(const char *text, FILE *out)
{
	put_number(strlen(text), out);
	fputs(text, out);
	put_padding(strlen(text), out);
}

/* Every block is one part noise to two parts of what all have, so that it shrinks to a third. */
static void put_content(const struct closure_path *path, uint64_t seed, FILE *out)
{
	enum {
		BLOCK_WORDS = 512
	};
	struct random common = random_seeded(SEED), noise = random_seeded(seed);
	uint64_t block[BLOCK_WORDS];

	for (size_t i = 0; i < BLOCK_WORDS; i++)
		block[i] = random_next(&common);
	for (uint64_t left = path->bytes; left > 0;) {
		size_t part = left < sizeof(block) ? (size_t)left : sizeof(block);

		for (size_t i = 0; i < BLOCK_WORDS / 3; i++)
			block[i] = random_next(&noise);
		fwrite(block, 1, part, out);
		left -= part;
	}
}

static void put_archive(const struct closure_path *path, uint64_t seed, FILE *out)
{
	static const char *const words[] = {
		"nix-archive-1", "(", "type", "regular", "contents", NULL};

	for (size_t i = 0; words[i]; i++)
		put_text(words[i], out);
	put_number(path->bytes, out);
	put_content(path, seed, out);
	put_padding(path->bytes, out);
	put_text(")", out);
}

int closure_export(const struct closure_path paths[], FILE *out)
{
	enum {
		EXPORT_MAGIC = 0x4558494e
	};

	for (size_t i = 0; i < CLOSURE_PATHS; i++) {
		put_number(1, out); /* one more path */
		put_archive(&paths[i], SEED + i, out);
		put_number(EXPORT_MAGIC, out);
		put_text(paths[i].name, out);
		put_number(paths[i].reference_count, out);
		for (size_t j = 0; j < paths[i].reference_count; j++)
			put_text(paths[paths[i].references[j]].name, out);
		put_text("", out);  /* what it was built from */
		put_number(0, out); /* no signature */
		if (ferror(out))
			return -1;
	}
	put_number(0, out);
	return fflush(out) == 0 ? 0 : -1;
}
