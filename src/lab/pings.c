/* SPDX-License-Identifier: MIT */
/* Pings of one host to another by number: when each was asked, and whether it arrived. */
#include "lab/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_PINGS = 1 << 20 /* of one pair; an hour and a half at the densest */
};

/* NULL: there are too many. */
static struct lab_ping *ping_at(struct pings *pings, size_t number)
{
	if (number >= MOST_PINGS)
		return NULL;
	while (number >= pings->room) {
		size_t room = pings->room ? 2 * pings->room : 1024;

		pings->list = reallocarray(pings->list, room, sizeof(*pings->list));
		if (!pings->list) {
			fputs("meshbench: out of memory\n", stderr);
			abort();
		}
		memset(pings->list + pings->room, 0, (room - pings->room) * sizeof(*pings->list));
		pings->room = room;
	}
	if (number >= pings->count)
		pings->count = number + 1;
	return &pings->list[number];
}

/* The other end tells on its own that a ping arrived, maybe before this one says it was asked. */
static void note(
	const struct ping_reader *reader, char letter, size_t index, size_t number, int64_t at_ns)
{
	size_t from = letter == 'h' ? index : reader->self;
	size_t to = letter == 'h' ? reader->self : index;
	struct lab_ping *ping = ping_at(&reader->pings[from * reader->hosts + to], number);

	if (!ping)
		return;
	if (letter == 'a')
		ping->asked_ns = at_ns;
	else
		ping->has_arrived = true;
	if (letter == 'r' && !ping->answered_ns)
		ping->answered_ns = at_ns;
}

static bool number_before(const char **at, char end, unsigned long long *ret_number)
{
	char *after = NULL;

	errno = 0;
	if (**at < '0' || **at > '9')
		return false;
	*ret_number = strtoull(*at, &after, 10);
	if (errno || *after != end)
		return false;
	*at = after + 1;
	return true;
}

bool pings_line(const struct ping_reader *reader, const char *line, const char **ret_next)
{
	unsigned long long index, number, ns;
	const char *at = line + 2;

	if (!*line || !strchr("ahr", *line) || line[1] != ' ')
		return false;
	if (!number_before(&at, ' ', &index) || !number_before(&at, ' ', &number) ||
		!number_before(&at, '\n', &ns))
		return false;
	if (index >= reader->hosts || number > UINT32_MAX || ns > INT64_MAX)
		return false;
	note(reader, *line, (size_t)index, (size_t)number, (int64_t)ns);
	*ret_next = at;
	return true;
}
