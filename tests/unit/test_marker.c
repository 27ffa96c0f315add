/* SPDX-License-Identifier: MIT */
/* Marks: made, found again, and known when somebody changed them. */
#include "programs/marker/tally.h"

#include "base/json.h"

#include "tap.h"

#include <string.h>

static struct mark_token token(void)
{
	struct mark_token value;

	if (!mark_token_read("00112233445566778899aabbccddeeff", &value))
		abort();
	return value;
}

TEST(a_token_is_32_hexadecimal_digits)
{
	struct mark_token value;

	CHECK(!mark_token_read("00112233445566778899aabbccddeef", &value));
	CHECK(!mark_token_read("00112233445566778899aabbccddeefg", &value));
	CHECK(!mark_token_read(NULL, &value));
	CHECK(mark_token_read("00112233445566778899aabbccddeeff", &value));
	CHECK(value.bytes[1] == 0x11);
}

TEST(a_mark_is_found_wherever_it_lies)
{
	struct mark_token t = token();
	uint8_t bytes[300] = {0};
	uint32_t number = 0;
	size_t end = 0;

	CHECK(mark_find(&t, bytes, sizeof(bytes), &number, &end) == MARK_ABSENT);
	mark_make(&t, 4711, bytes + 33, 200);
	CHECK(mark_find(&t, bytes, sizeof(bytes), &number, &end) == MARK_WHOLE && number == 4711);
	CHECK(end == 233 && mark_begins(&t, bytes + 33, 200) && !mark_begins(&t, bytes + 34, 199));
	CHECK(mark_find(&t, bytes, 100, &number, &end) == MARK_PIECE);
}

/* Of the first bytes of the token too, since it comes again. */
TEST(no_bit_of_a_mark_changes_unseen)
{
	struct mark_token t = token();
	uint8_t bytes[100];
	uint32_t number;
	size_t end;

	mark_make(&t, 3, bytes, sizeof(bytes));
	for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		CHECK(mark_find(&t, bytes, sizeof(bytes), &number, &end) != MARK_WHOLE);
		bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	CHECK(mark_find(&t, bytes, sizeof(bytes), &number, &end) == MARK_WHOLE);
}

static void add(struct tally *tally, const struct mark_token *t, uint32_t number)
{
	uint8_t packet[128] = {0x45, 0xb8, [9] = 17, [21] = 9, [23] = 99};

	mark_make(t, number, packet + 28, 100);
	tally_add(tally, &(struct sight){.bytes = packet, .size = sizeof(packet), .type = 0x800});
}

TEST(an_account_counts_what_came_twice_late_and_of_which_kind)
{
	static const uint32_t numbers[] = {0, 1, 4, 2, 4, 5};
	struct mark_token t = token();
	AUTO(tally_freep) struct tally *tally = tally_new(&t);
	json_auto_t *account = NULL;

	tally_look_for(tally, (const uint8_t *)"\x45\xb8", 2);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add(tally, &t, numbers[i]);
	account = tally_json(tally);
	CHECK(json_number_at(account, "/marks/numbers", 0) == 5);
	CHECK(json_number_at(account, "/marks/again", 0) == 1);
	CHECK(json_number_at(account, "/marks/late", 0) == 1);
	CHECK(json_number_at(account, "/marks/furthest", 0) == 2);
	CHECK(json_number_at(account, "/kinds/0/packets", 0) == 6);
	CHECK(json_number_at(account, "/kinds/0/tos", 0) == 0xb8);
	CHECK(json_number_at(account, "/kinds/0/port", 0) == 9);
	CHECK(json_number_at(account, "/kinds/0/most", 0) == 128);
	CHECK(json_number_at(account, "/found/0", 0) == 6);
	CHECK(json_array_size(json_object_get(account, "kinds")) == 1);
}

/* Two that came late right behind the third are one packet for who listens. */
TEST(a_super_packet_has_several_marks_and_what_is_late_or_comes_again_in_it_is_not_hidden)
{
	static const uint32_t numbers[] = {9, 3, 9};
	struct mark_token t = token();
	AUTO(tally_freep) struct tally *tally = tally_new(&t);
	uint8_t packet[328] = {0x45, [9] = 17, [21] = 9, [23] = 99};
	json_auto_t *account = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		mark_make(&t, numbers[i], packet + 28 + 100 * i, 100);
	tally_add(tally, &(struct sight){.bytes = packet, .size = sizeof(packet), .type = 0x800});
	account = tally_json(tally);
	CHECK(json_number_at(account, "/marks/numbers", 0) == 2);
	CHECK(json_number_at(account, "/marks/again", 0) == 1);
	CHECK(json_number_at(account, "/marks/furthest", 0) == 6);
	CHECK(json_number_at(account, "/marks/altered", 1) == 0);
	CHECK(json_number_at(account, "/kinds/0/packets", 0) == 1);
	CHECK(json_number_at(account, "/kinds/0/marked", 0) == 3);
}

static void send_to(struct tally *tally, uint8_t last, uint8_t protocol, int64_t at_ms)
{
	uint8_t packet[40] = {0x45, [9] = protocol, [16] = 10, [19] = last};

	tally_add(tally, &(struct sight){.bytes = packet,
				 .size = sizeof(packet),
				 .type = 0x800,
				 .at_ns = at_ms * 1000000});
}

TEST(packets_to_a_host_shortly_after_one_another_are_one_exchange)
{
	struct mark_token t = token();
	AUTO(tally_freep) struct tally *tally = tally_new(&t);
	json_auto_t *account = NULL;

	for (int burst = 0; burst < 3; burst++) {
		send_to(tally, 2, 17, 10000 * burst + 1);
		send_to(tally, 2, 6, 10000 * burst + 400);
		send_to(tally, 3, 17, 10000 * burst + 500);
	}
	send_to(tally, 4, 1, 5);
	account = tally_json(tally);
	CHECK(json_array_size(json_object_get(account, "remotes")) == 2);
	CHECK(strcmp(json_string_at(account, "/remotes/0/to", ""), "10.0.0.2") == 0);
	CHECK(json_number_at(account, "/remotes/0/udp", 0) == 3);
	CHECK(json_number_at(account, "/remotes/0/tcp", 0) == 3);
	CHECK(json_number_at(account, "/remotes/0/exchanges", 0) == 3);
	CHECK(json_number_at(account, "/remotes/1/exchanges", 0) == 3);
}

static json_t *account_of_sizes(const size_t sizes[], size_t count)
{
	static const uint8_t packet[1500] = {0x45, [9] = 17, [21] = 9};
	struct mark_token t = token();
	AUTO(tally_freep) struct tally *tally = tally_new(&t);

	for (size_t i = 0; i < count; i++)
		tally_add(tally, &(struct sight){.bytes = packet, .size = sizes[i], .type = 0x800});
	return tally_json(tally);
}

TEST(the_usual_size_is_that_of_nearly_all_packets_and_neither_the_largest_nor_a_guess)
{
	static const size_t probed[] = {1488, 500, 500, 500, 1400, 500, 500, 500, 500, 500};
	static const size_t mixed[] = {500, 600, 500, 600};
	static const size_t near[] = {500, 501, 500, 502, 1400};
	json_auto_t *one = account_of_sizes(probed, ARRAY_SIZE(probed));
	json_auto_t *neighbours = account_of_sizes(near, ARRAY_SIZE(near));
	json_auto_t *several = account_of_sizes(mixed, ARRAY_SIZE(mixed));

	CHECK(json_number_at(one, "/kinds/0/usual", 0) == 500);
	CHECK(json_number_at(one, "/kinds/0/most", 0) == 1488);
	CHECK(json_number_at(one, "/kinds/0/sizes", 0) == 3);
	CHECK(json_number_at(neighbours, "/kinds/0/sizes", 0) == 4);
	CHECK(json_is_null(json_at(several, "/kinds/0/usual")));
}
