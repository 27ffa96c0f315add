/* SPDX-License-Identifier: MIT */
/* Headers of unknown protocols over time: when a session's number jumps or packets are counted
 * from zero again. */
#include "programs/marker/headers.h"

#include "base/clock.h"
#include "base/json.h"

#include "tap.h"

#include <math.h>
#include <string.h>

enum {
	HEAD = 28,
	CARRIED = 432,
	PER_SECOND = 20
};

/* What a protocol puts into the header of packet `number` at this time, in this direction. */
typedef void shape(uint8_t *header, uint32_t number, double at_s, bool is_out);

static void store32(uint8_t *at, uint32_t value, bool is_little)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (is_little ? 8 * i : 24 - 8 * i));
}

/* Bytes as of a cipher, the same in every run. */
static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

/* The key in use, which changes every 120 s, and how many packets it has carried. */
static uint32_t key_at(double at_s, uint32_t number, uint32_t *ret_counter)
{
	uint32_t key = (uint32_t)(at_s / 120);

	*ret_counter = number - key * 120 * PER_SECOND;
	return key;
}

/* type, receiver's index, counter in little endian */
static void like_wireguard(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	uint32_t counter, key = key_at(at_s, number, &counter);

	store32(header, 4, true);
	store32(header + 4, (key + 1) * (is_out ? 2654435761U : 40503001U), true);
	store32(header + 8, counter, true);
	store32(header + 12, 0, true);
}

/* type, index of the tunnel, counter in big endian; keys stay */
static void like_nebula(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	(void)at_s;
	store32(header, 0x11000000, false);
	store32(header + 4, is_out ? 0xdeadbeef : 0xcafe1234, false);
	store32(header + 8, 0, false);
	store32(header + 12, number + 7, false);
}

/* ids of the hosts, then a counter that begins again with each key */
static void like_tinc(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	uint32_t counter;

	(void)key_at(at_s, number, &counter);
	memcpy(header, is_out ? "aaaaaabbbbbb" : "bbbbbbaaaaaa", 12);
	store32(header + 12, counter, false);
}

/* A number of a connection that jumps in one direction. */
static void like_quic(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	(void)number;
	store32(header + 1, is_out && at_s > 100 ? 0x99887766 : 0x11223344, false);
	store32(header + 5, is_out && at_s > 100 ? 0x01020304 : 0xa0b0c0d0, false);
}

static void without_a_field(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	(void)header;
	(void)number;
	(void)at_s;
	(void)is_out;
}

/* A number of eight bytes whose lower half was near its end at the begin. */
static void with_a_carry(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	uint64_t value = (UINT64_C(5) << 32) - 100 * PER_SECOND + number;

	(void)at_s;
	(void)is_out;
	store32(header, (uint32_t)(value >> 32), false);
	store32(header + 4, (uint32_t)value, false);
}

static void add(struct headers *headers, shape *make, uint32_t number, bool is_out, size_t carried)
{
	uint8_t packet[HEAD + CARRIED] = {0x45};
	double at_s = (double)number / PER_SECOND;

	packet[9] = 17;
	packet[15] = is_out ? 1 : 2;
	packet[19] = is_out ? 2 : 1;
	fill(packet + HEAD, CARRIED, 2 * number + is_out);
	make(packet + HEAD, number, at_s, is_out);
	headers_add(headers, packet, HEAD + carried, (int64_t)(at_s * 1e9) + 5 * NS_PER_S, is_out);
}

/* Both directions for so long; the caller owns the account. */
static json_t *account_of(shape *make, uint32_t seconds)
{
	AUTO(headers_freep) struct headers *headers = headers_new(400);

	for (uint32_t i = 0; i < seconds * PER_SECOND; i++) {
		add(headers, make, i, true, CARRIED);
		add(headers, make, i, false, CARRIED);
		if (i % 50 == 0) /* a keep-alive, which is small and has another header */
			add(headers, without_a_field, i, true, 32);
	}
	return headers_json(headers);
}

/* "117 237": whole seconds of a flow's moments. */
static const char *moments(struct arena *arena, const json_t *account, bool is_out, const char *key)
{
	const json_t *list = json_object_get(account, "flows"), *flow, *at;
	const char *text = "";
	size_t i, k;

	json_array_foreach (list, i, flow) {
		if (json_is_true(json_object_get(flow, "out")) != is_out)
			continue;
		json_array_foreach (json_object_get(flow, key), k, at)
			text = arena_printf(
				arena, "%s%s%.0f", text, *text ? " " : "", json_number_value(at));
	}
	return text;
}

static bool is_flag(const json_t *account, const char *key)
{
	return json_is_true(
		json_object_get(json_array_get(json_object_get(account, "flows"), 0), key));
}

#define SAYS(account, is_out, key, text)                                                           \
	CHECK(strcmp(moments(arena, account, is_out, key), text) == 0)

TEST(a_sessions_number_jumps_with_each_key_and_its_counter_begins_again)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(like_wireguard, 300);

	SAYS(account, true, "jumps", "120 240");
	SAYS(account, false, "jumps", "120 240");
	SAYS(account, true, "restarts", "120 240");
	SAYS(account, false, "restarts", "120 240");
	CHECK(fabs(json_number_at(account, "/seconds", 0) - 300) < 0.1);
	CHECK(json_number_at(account, "/flows/0/packets", 0) == 300 * PER_SECOND);
}

TEST(keys_that_stay_show_fields_that_stay_and_count_and_no_moment)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(like_nebula, 300);

	CHECK(is_flag(account, "stays") && is_flag(account, "counts"));
	SAYS(account, true, "jumps", "");
	SAYS(account, true, "restarts", "");
}

TEST(a_counter_alone_shows_changes_of_keys)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(like_tinc, 300);

	SAYS(account, true, "jumps", "");
	SAYS(account, true, "restarts", "120 240");
	SAYS(account, false, "restarts", "120 240");
}

TEST(what_jumps_in_one_direction_is_said_of_that_direction)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(like_quic, 200);

	SAYS(account, true, "jumps", "100");
	SAYS(account, false, "jumps", "");
	CHECK(!is_flag(account, "counts"));
}

TEST(where_nothing_stays_or_counts_nothing_is_said)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(without_a_field, 100);

	CHECK(!is_flag(account, "stays") && !is_flag(account, "counts"));
	SAYS(account, true, "jumps", "");
	SAYS(account, true, "restarts", "");
}

TEST(the_upper_half_of_a_counter_grows_and_does_not_jump)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(with_a_carry, 200);

	CHECK(is_flag(account, "counts"));
	SAYS(account, true, "jumps", "");
	SAYS(account, true, "restarts", "");
}

/* As marks have it: a number, and then another one that is made of it. */
static void with_a_seal(uint8_t *header, uint32_t number, double at_s, bool is_out)
{
	(void)at_s;
	(void)is_out;
	store32(header + 16, number % 3000, false);
	store32(header + 20, ~(number % 3000), false);
	store32(header + 24, 400, false);
}

TEST(what_breaks_off_when_a_byte_of_the_counter_wraps_is_not_the_counter)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *account = account_of(with_a_seal, 200);

	SAYS(account, true, "restarts", "150");
	SAYS(account, true, "jumps", "");
}

TEST(fragments_short_packets_and_other_protocols_are_left_out)
{
	AUTO(headers_freep) struct headers *headers = headers_new(400);
	uint8_t packet[HEAD + CARRIED] = {0x45};
	json_auto_t *account = NULL;

	packet[9] = 6;
	headers_add(headers, packet, sizeof(packet), 1, true);
	packet[9] = 17;
	packet[7] = 1;
	headers_add(headers, packet, sizeof(packet), 2, true);
	packet[7] = 0;
	headers_add(headers, packet, 0, 3, true);
	headers_add(headers, packet, 20, 4, true);
	headers_add(headers, packet, HEAD + 399, 5, true);
	packet[0] = 0x4f;
	headers_add(headers, packet, 24, 6, true);
	account = headers_json(headers);
	CHECK(json_array_size(json_object_get(account, "flows")) == 0);
	CHECK(json_number_at(account, "/seconds", -1) == 0);
}
