/* SPDX-License-Identifier: MIT */
/* Names and addresses of hosts, all computed from their position. */
#include "lab/internal.h"

#include "base/fd.h"
#include "plan/name.h"

#include <stdio.h>
#include <string.h>

int address_check_names(const char *const names[], size_t count, struct error *err)
{
	if (count < 2)
		return fail(err, ERROR_USAGE, "a lab needs at least two hosts, not %zu", count);
	if (count > LAB_MOST_HOSTS)
		return fail(err, ERROR_USAGE, "a lab has at most %d hosts, not %zu", LAB_MOST_HOSTS,
			count);
	for (size_t i = 0; i < count; i++) {
		if (!name_is_label(names[i]))
			return fail(err, ERROR_USAGE,
				"host name '%s': use lower-case letters, digits and '-'", names[i]);
		if (strcmp(names[i], "localhost") == 0)
			return fail(err, ERROR_USAGE, "a host cannot be called localhost");
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) == 0)
				return fail(err, ERROR_USAGE, "host %s is named twice", names[i]);
		}
	}
	return 0;
}

/*
 * 10.77.0.1 and fd77::1 for the first host. The MAC is fixed too, so that neighbours find a host
 * that was rebooted without asking again.
 */
void address_fill(struct lab_node *node, size_t index)
{
	size_t high = index / 250, low = index % 250 + 1;

	snprintf(node->ipv4, sizeof(node->ipv4), "10.77.%zu.%zu", high, low);
	snprintf(node->ipv6, sizeof(node->ipv6), "fd77::%zx", index + 1);
	snprintf(node->mac, sizeof(node->mac), "02:4d:42:00:%02zx:%02zx", high, low);
}

void address_of_machine(struct lab_node *node, const struct lab_machine *machine)
{
	snprintf(node->ipv4, sizeof(node->ipv4), "%s", machine->address);
	node->prefix = machine->prefix;
	snprintf(node->gateway, sizeof(node->gateway), "%s",
		machine->gateway ? machine->gateway : "");
}

char *address_hosts_file(
	const struct lab *lab, struct arena *arena, size_t self, const char *const overlay[])
{
	AUTO(text_freep) char *text = NULL;
	AUTO(stream_closep) FILE *stream = NULL;
	size_t size = 0;

	stream = open_memstream(&text, &size);
	fputs("127.0.0.1 localhost\n", stream);
	for (size_t i = 0; i < lab->count; i++) {
		const struct lab_node *node = &lab->nodes[i];

		fprintf(stream, "%s %s\n", site_address_for(lab, arena, self, i), node->name);
	}
	for (size_t i = 0; overlay && i < lab->count; i++)
		fprintf(stream, "%s %s.vpn\n", overlay[i], lab->nodes[i].name);
	fflush(stream);
	return arena_strndup(arena, text, size);
}
