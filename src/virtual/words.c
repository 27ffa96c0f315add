/* SPDX-License-Identifier: MIT */
/* "cpu=500mips,memory=2g,kernel=6.1,patience=600s": the machine that a user asks for. */
#include "virtual/internal.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIPS_MOST = 1000, /* one nanosecond an instruction: the guest's clock knows no less */
	MEMORY_LEAST_MIB = 512,
	MEMORY_MOST_MIB = 65536,
	PATIENCE_LEAST_S = 10, /* a boot takes that long */
	PATIENCE_MOST_S = 86400
};

int virtual_shift(unsigned mips)
{
	for (int shift = 0; shift < VIRTUAL_SPEEDS; shift++)
		if ((unsigned)MIPS_MOST >> shift == mips)
			return shift;
	return -1;
}

static int read_mips(const char *text, unsigned *ret_mips, struct error *err)
{
	char *end = NULL;
	unsigned long mips = strtoul(text, &end, 10);

	if (end == text || strcmp(end, "mips") != 0 || mips > MIPS_MOST ||
		virtual_shift((unsigned)mips) < 0)
		return fail(err, ERROR_USAGE,
			"cpu=%s: a machine in virtual time has 1000mips, 500mips, 250mips, 125mips, 62mips, 31mips, 15mips, 7mips, 3mips or 1mips",
			text);
	*ret_mips = (unsigned)mips;
	return 0;
}

static bool is_among(unsigned mips, const struct virtual_machine machines[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (machines[i].mips == mips)
			return true;
	return false;
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

static int read_patience(const char *text, struct virtual_machine *machine, struct error *err)
{
	char *end = NULL;
	unsigned long seconds = strtoul(text, &end, 10);

	if (end == text || strcmp(end, "s") != 0 || seconds < PATIENCE_LEAST_S ||
		seconds > PATIENCE_MOST_S)
		return fail(err, ERROR_USAGE, "patience=%s: not between 10s and 86400s", text);
	machine->patience_s = (unsigned)seconds;
	return 0;
}

static int read_word(
	struct arena *arena, const char *word, struct virtual_machine *machine, struct error *err)
{
	if (text_starts_with(word, "memory="))
		return read_memory(word + strlen("memory="), machine, err);
	if (text_starts_with(word, "patience="))
		return read_patience(word + strlen("patience="), machine, err);
	if (text_starts_with(word, "kernel=") && word[strlen("kernel=")]) {
		machine->kernel = arena_strdup(arena, word + strlen("kernel="));
		return 0;
	}
	return fail(err, ERROR_USAGE,
		"'%s' is not known: write cpu=500mips, memory=2g, kernel=VERSION or patience=600s, with commas between them",
		word);
}

/* "cpu=1000mips,250mips": what stands between commas may go on with the list of speeds. */
static bool is_speed(const char *word, size_t had)
{
	return text_starts_with(word, "cpu=") || (had > 0 && !strchr(word, '='));
}

static int read_speed(
	const char *word, struct virtual_machine machines[], size_t *count, struct error *err)
{
	const char *text = text_starts_with(word, "cpu=") ? word + strlen("cpu=") : word;
	unsigned mips = 0;

	if (read_mips(text, &mips, err))
		return -1;
	if (is_among(mips, machines, *count))
		return fail(err, ERROR_USAGE, "cpu=%s is there twice", text);
	machines[(*count)++].mips = mips;
	return 0;
}

int virtual_read(struct arena *arena, const char *words,
	struct virtual_machine ret_machines[VIRTUAL_SPEEDS], size_t *ret_count, struct error *err)
{
	struct virtual_machine machine = {
		.memory_bytes = UINT64_C(2) << 30, .patience_s = VIRTUAL_PATIENCE_S};
	size_t count = 0;

	while (*words) {
		size_t length = strcspn(words, ",");
		const char *word = arena_strndup(arena, words, length);

		if (is_speed(word, count) ? read_speed(word, ret_machines, &count, err)
					  : read_word(arena, word, &machine, err))
			return fail_in(err, "--virtual");
		words += length + (words[length] == ',');
	}
	if (count == 0)
		ret_machines[count++].mips = MIPS_MOST;
	for (size_t i = 0; i < count; i++) {
		ret_machines[i].memory_bytes = machine.memory_bytes;
		ret_machines[i].kernel = machine.kernel;
		ret_machines[i].patience_s = machine.patience_s;
	}
	*ret_count = count;
	return 0;
}
