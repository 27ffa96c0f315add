/* SPDX-License-Identifier: MIT */
/* The words of meshbench-rate's two sides, and counting what came. */
#include "programs/rate/talk.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t numbers;
} words[] = {[RATE_BEGIN] = {"begin", 0},
	[RATE_BEGUN] = {"begun", 0},
	[RATE_END] = {"end", 1},
	[RATE_COUNTED] = {"counted", 5}};

static const uint8_t mark[8] = "mb rate";

size_t rate_message_write(const struct rate_message *message, char line[static RATE_LINE_BYTES])
{
	size_t used = (size_t)snprintf(line, RATE_LINE_BYTES, "%s %llu", words[message->word].name,
		(unsigned long long)message->trial);

	for (size_t i = 0; i < words[message->word].numbers; i++)
		used += (size_t)snprintf(line + used, RATE_LINE_BYTES - used, " %llu",
			(unsigned long long)message->numbers[i]);
	line[used++] = '\n';
	return used;
}

static int read_number(const char *word, uint64_t *ret_number, struct error *err)
{
	int64_t number;

	if (text_integer(word, 0, INT64_MAX, &number, err))
		return -1;
	*ret_number = (uint64_t)number;
	return 0;
}

int rate_message_read(const char *line, struct rate_message *ret_message, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count;
	const char **parts = text_words(arena, line, &count);
	struct rate_message message = {0};

	for (size_t i = 0; count > 0 && i < ARRAY_SIZE(words); i++) {
		if (strcmp(parts[0], words[i].name) != 0 || count != 2 + words[i].numbers)
			continue;
		message.word = (enum rate_word)i;
		if (read_number(parts[1], &message.trial, err))
			return -1;
		for (size_t n = 0; n < words[i].numbers; n++) {
			if (read_number(parts[2 + n], &message.numbers[n], err))
				return -1;
		}
		*ret_message = message;
		return 0;
	}
	return fail(err, ERROR_PARSE, "unexpected answer of the other side: '%.40s'", line);
}

struct rate_head rate_head_of(uint32_t trial, uint32_t number)
{
	struct rate_head head = {.trial = trial, .number = number};

	memcpy(head.mark, mark, sizeof(mark));
	return head;
}

bool rate_head_read(const void *datagram, size_t size, struct rate_head *ret_head)
{
	if (size < sizeof(*ret_head))
		return false;
	memcpy(ret_head, datagram, sizeof(*ret_head));
	return memcmp(ret_head->mark, mark, sizeof(mark)) == 0;
}

/* The word after `line`'s colon, of "  eth0: 1234 5 0 ..."; false for any other line. */
static bool read_card(const char *line, uint64_t *ret_bytes)
{
	const char *colon = strchr(line, ':');
	char *end;

	if (!colon)
		return false;
	*ret_bytes = strtoull(colon + 1, &end, 10);
	return end != colon + 1;
}

size_t rate_cards_read(const char *text, uint64_t bytes[static RATE_CARDS])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *rest = arena_strdup(arena, text), *line;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) && count < RATE_CARDS) {
		bool is_loopback = text_starts_with(text_trim(line), "lo:");

		if (read_card(line, &bytes[count]))
			bytes[count++] *= !is_loopback;
	}
	return count;
}

uint64_t rate_cards_most(const uint64_t *before, const uint64_t *after, size_t count)
{
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		if (after[i] >= before[i] && after[i] - before[i] > most)
			most = after[i] - before[i];
	}
	return most;
}

void rate_tally_init(struct rate_tally *tally, uint32_t room)
{
	*tally = (struct rate_tally){0};
	numbers_init(&tally->came, room);
}

void rate_tally_done(struct rate_tally *tally)
{
	numbers_done(&tally->came);
}

void rate_tally_begin(struct rate_tally *tally, uint32_t trial)
{
	numbers_clear(&tally->came);
	tally->trial = trial;
}

void rate_tally_add(struct rate_tally *tally, const struct rate_head *head, int64_t received_ns)
{
	if (head->trial == tally->trial)
		numbers_add(&tally->came, head->number, received_ns);
}
