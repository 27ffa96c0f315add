/* SPDX-License-Identifier: MIT */
/* "cpu=500mips,memory=2g,kernel=6.1": the machine that a user asks for. */
#include "virtual/internal.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIPS_MOST = 1000, /* one nanosecond an instruction: the guest's clock knows no less */
	SHIFT_MOST = 10,  /* of QEMU's -icount */
	MEMORY_LEAST_MIB = 512,
	MEMORY_MOST_MIB = 65536
};

int virtual_shift(unsigned mips)
{
	for (int shift = 0; shift < SHIFT_MOST; shift++)
		if ((unsigned)MIPS_MOST >> shift == mips)
			return shift;
	return -1;
}

static int read_mips(const char *text, struct virtual_machine *machine, struct error *err)
{
	char *end = NULL;
	unsigned long mips = strtoul(text, &end, 10);

	if (end == text || strcmp(end, "mips") != 0 || mips > MIPS_MOST ||
		virtual_shift((unsigned)mips) < 0)
		return fail(err, ERROR_USAGE,
			"cpu=%s: a machine in virtual time has 1000mips, 500mips, 250mips, 125mips, 62mips, 31mips, 15mips, 7mips, 3mips or 1mips",
			text);
	machine->mips = (unsigned)mips;
	return 0;
}

static int read_memory(const char *text, struct virtual_machine *machine, struct error *err)
{
	char *end = NULL;
	double number = strtod(text, &end);
	double mib = strcmp(end, "g") == 0 ? number * 1024 : strcmp(end, "m") == 0 ? number : NAN;

	if (!(mib >= MEMORY_LEAST_MIB && mib <= MEMORY_MOST_MIB))
		return fail(err, ERROR_USAGE, "memory=%s: not between 512m and 64g", text);
	machine->memory_bytes = (uint64_t)mib << 20;
	return 0;
}

static int read_word(
	struct arena *arena, const char *word, struct virtual_machine *machine, struct error *err)
{
	if (text_starts_with(word, "cpu="))
		return read_mips(word + strlen("cpu="), machine, err);
	if (text_starts_with(word, "memory="))
		return read_memory(word + strlen("memory="), machine, err);
	if (text_starts_with(word, "kernel=") && word[strlen("kernel=")]) {
		machine->kernel = arena_strdup(arena, word + strlen("kernel="));
		return 0;
	}
	return fail(err, ERROR_USAGE,
		"'%s' is not known: write cpu=500mips, memory=2g or kernel=VERSION, with commas between them",
		word);
}

int virtual_read(struct arena *arena, const char *words, struct virtual_machine *ret_machine,
	struct error *err)
{
	struct virtual_machine machine = {.mips = MIPS_MOST, .memory_bytes = UINT64_C(2) << 30};

	while (*words) {
		size_t length = strcspn(words, ",");

		if (read_word(arena, arena_strndup(arena, words, length), &machine, err))
			return fail_in(err, "--virtual");
		words += length + (words[length] == ',');
	}
	*ret_machine = machine;
	return 0;
}
