/* SPDX-License-Identifier: MIT */
#include "lab/internal.h"

#include "base/file.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()

/* What a real host printed whose TAP nobody read and whose UDP readers slept, in IPv4 and IPv6. */
static char *captured(struct arena *arena)
{
	const char *root = getenv("SOURCE_ROOT");
	struct error err = {0};
	char *text;

	if (file_read(arena, arena_printf(arena, "%s/tests/golden/losses/full.txt", root), 65536,
		    &text, NULL, &err))
		return arena_strdup(arena, err.text);
	return text;
}

TEST(what_a_host_dropped_is_read_from_its_kernel)
{
	ARENA(arena);
	struct host_losses losses = {.rx_dropped = 77};
	struct error err = {0};

	CHECK_OK(losses_read(captured(arena), &losses, &err), err);
	CHECK(losses.tx_dropped == 23 && losses.rx_dropped == 0);
	CHECK(losses.udp_buffer_full == 308 + 208);
}

TEST(a_host_without_ipv6_has_only_the_other_half)
{
	ARENA(arena);
	struct host_losses losses;
	struct error err = {0};
	char *text = captured(arena);

	*strstr(text, "Ip6InReceives") = '\0';
	CHECK_OK(losses_read(text, &losses, &err), err);
	CHECK(losses.udp_buffer_full == 308);
}

TEST(counters_that_are_not_there_are_no_zeros)
{
	static const char *const texts[] = {"", "eth0: 1 2 3",
		"  eth0: 1 2 3 4 5 6 7 8 9 10 11 12\n",
		"eth0: 1 2 3 4 5 6 7 8 9 10 11 12\nUdp: RcvbufErrors\nUdp:\n",
		"eth0: 1 2 3 4 5 6 7 8 9 10 11 12\nUdp: NoPorts\nUdp: 5\n",
		"veth0: 1 2 3 4 5 6 7 8 9 10 11 12\nUdp: RcvbufErrors\nUdp: 5\n"};
	struct host_losses losses;
	struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK(losses_read(texts[i], &losses, &err) == -1 && err.kind == ERROR_PARSE);
}
