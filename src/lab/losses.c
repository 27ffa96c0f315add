/* SPDX-License-Identifier: MIT */
/* What hosts lose before or behind the wire, which cannot see it: their own kernels count it. */
#include "lab/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without IPv6 there is no snmp6. */
static const char *const show_counters[] = {"sh", "-c",
	"cat /proc/net/dev /proc/net/snmp; cat /proc/net/snmp6 2>/dev/null || true", NULL};

/* The line that begins with these words after blanks, behind them; NULL when there is none. */
static const char *line_after(const char *text, const char *words)
{
	for (const char *line = text; *line;) {
		const char *start = line + strspn(line, " ");

		if (strncmp(start, words, strlen(words)) == 0)
			return start + strlen(words);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return NULL;
}

/* Number `index` of a line, from 0. */
static bool number_at(const char *line, unsigned index, uint64_t *ret_number)
{
	char *end = NULL;

	for (unsigned i = 0; i <= index; i++) {
		line += strspn(line, " \t");
		if (!isdigit((unsigned char)*line))
			return false;
		*ret_number = strtoull(line, &end, 10);
		line = end;
	}
	return true;
}

/* /proc/net/snmp says the names in one line and their numbers in the next. */
static bool named_number(const char *text, const char *group, const char *name, uint64_t *ret)
{
	const char *names = line_after(text, group), *numbers;
	unsigned index = 0;

	if (!names || !(numbers = line_after(names, group)))
		return false;
	for (names += strspn(names, " "); *names && *names != '\n'; names += strspn(names, " ")) {
		size_t length = strcspn(names, " \n");

		if (length == strlen(name) && strncmp(names, name, length) == 0)
			return number_at(numbers, index, ret);
		names += length;
		index++;
	}
	return false;
}

int losses_read(const char *text, struct host_losses *ret_losses, struct error *err)
{
	enum {
		RX_DROPPED = 3,
		TX_DROPPED = 11
	};
	const char *device = line_after(text, "eth0:");
	const char *ipv6 = line_after(text, "Udp6RcvbufErrors");
	struct host_losses losses = {0};
	uint64_t number;

	if (!device || !number_at(device, RX_DROPPED, &losses.rx_dropped) ||
		!number_at(device, TX_DROPPED, &losses.tx_dropped))
		return fail(err, ERROR_PARSE, "/proc/net/dev does not list eth0");
	if (!named_number(text, "Udp:", "RcvbufErrors", &losses.udp_buffer_full))
		return fail(err, ERROR_PARSE, "/proc/net/snmp does not have RcvbufErrors for Udp");
	if (ipv6 && number_at(ipv6, 0, &number)) /* absent without IPv6 */
		losses.udp_buffer_full += number;
	*ret_losses = losses;
	return 0;
}

int losses_count(struct lab *lab, struct host_losses losses[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, lab->count);

	for (size_t i = 0; i < lab->count; i++)
		errands[i] = (struct errand){.host = lab->nodes[i].host,
			.what = "count what the host dropped",
			.argv = show_counters,
			.keep_bytes = 65536};
	if (errands_run(lab->procs, arena, errands, lab->count, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		if (losses_read(errands[i].out, &losses[i], err))
			return fail_in(err, "host '%s'", lab->nodes[i].name);
	}
	return 0;
}
