/* SPDX-License-Identifier: MIT */
/* Rules of the wire: which packets they take, and what comes out. */
#include "wire_bench.h"

#include "wire/rule.h"

static void set(struct bench *bench, const char *text)
{
	static const char *const names[] = {"lom", "yuki", "luna", NULL};
	struct wire_rule rule;
	struct error err = {0};

	if (wire_rule_read(text, names, &rule, &err) ||
		ruled_set(&bench->fabric, &rule, 1, bench->now_ns, &err)) {
		printf("# %s\n", err.text);
		abort();
	}
}

static uint64_t used(const struct bench *bench)
{
	return bench->fabric.rules.list[0].use.packets;
}

static bool checksums_are_right(const struct out *out)
{
	return plain_sum(out->head + 14, 20, 0) == 0xffff;
}

TEST(a_rule_takes_what_it_describes_and_nothing_else)
{
	static struct sample_frame udp, tcp;
	BENCH(bench, 3, .line_rate_bps = 0);

	introduce(bench, 3);
	plain(&udp, 100);
	sample_make(&tcp, &(struct sample_spec){.payload = 100});
	set(bench, "drop protocol=udp from=lom to=yuki port=5201");
	input(bench, 0, &udp, 1);
	CHECK(bench->count == 0 && used(bench) == 1);
	CHECK(bench->fabric.ports[0].counters.ruled == 1);
	input(bench, 0, &udp, 2);
	input(bench, 2, &udp, 1);
	input(bench, 0, &tcp, 1);
	CHECK(bench->count == 3 && used(bench) == 1);
	set(bench, "drop port=5202");
	input(bench, 0, &udp, 1);
	CHECK(bench->count == 4);
	set(bench, "drop larger=143");
	input(bench, 0, &udp, 1);
	CHECK(bench->count == 5);
	set(bench, "drop larger=142 smaller=142");
	input(bench, 0, &udp, 1);
	CHECK(bench->count == 5);
}

TEST(a_super_packet_loses_only_the_packets_that_a_rule_names)
{
	static struct sample_frame tcp;
	BENCH(bench, 2, .line_rate_bps = 0);
	uint32_t payload;

	introduce(bench, 2);
	sample_make(&tcp, &(struct sample_spec){.payload = 10 * SAMPLE_MSS});
	set(bench, "drop first=3 last=4");
	input(bench, 0, &tcp, 1); /* the first packet was the introduction */
	CHECK(packets_of(bench, &payload) == 8 && payload == 8 * SAMPLE_MSS);
	CHECK(bench->fabric.rules.list[0].use.first_index == 3);
	CHECK(bench->fabric.rules.list[0].use.last_index == 4);
}

TEST(one_of_so_many_and_not_more_than_so_many)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	plain(&frame, 100);
	set(bench, "drop every=10 most=3");
	for (int i = 0; i < 100; i++)
		input(bench, 0, &frame, 1);
	CHECK(bench->count == 97 && used(bench) == 3);
	CHECK(bench->fabric.rules.list[0].use.first_index == 10);
}

TEST(a_rule_begins_and_ends)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	plain(&frame, 100);
	set(bench, "drop begin=10ms end=20ms");
	for (int i = 0; i < 30; i++) {
		input(bench, 0, &frame, 1);
		bench->now_ns += MS;
	}
	CHECK(bench->count == 20 && used(bench) == 10);
}

TEST(a_packet_that_is_held_leaves_later_and_others_do_not_wait)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);
	int64_t began_ns;

	introduce(bench, 2);
	plain(&frame, 100);
	began_ns = bench->now_ns;
	set(bench, "hold delay=200ms most=1");
	input(bench, 0, &frame, 1);
	input(bench, 0, &frame, 1);
	CHECK(bench->count == 1);
	drain(bench, began_ns + 1000 * MS);
	CHECK(bench->count == 2 && bench->out[1].at_ns == began_ns + 200 * MS);
	CHECK(bench->fabric.pool.in_use == 0);
}

/* What came out at the second port, in order: the payload of each. */
static const char *sizes_of(const struct bench *bench)
{
	static char text[64];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < bench->count && used < sizeof(text); i++)
		used += bench->out[i].port == 1
				? (size_t)snprintf(text + used, sizeof(text) - used, "%s%u",
					  used ? " " : "", bench->out[i].size - 42)
				: 0;
	return text;
}

static void send_sizes(struct bench *bench, uint32_t first, uint32_t last)
{
	static struct sample_frame frame;

	for (uint32_t size = first; size <= last; size++) {
		plain(&frame, size);
		input(bench, 0, &frame, 1);
	}
}

TEST(a_packet_that_is_held_until_others_came_goes_right_behind_them_whatever_the_time)
{
	static struct sample_frame other;
	BENCH(bench, 3, .line_rate_bps = 1e6);

	introduce(bench, 3);
	set(bench, "hold after=3 most=2 from=lom to=yuki larger=142");
	send_sizes(bench, 100, 103);
	/* Of another pair, and too small: neither counts. */
	plain(&other, 200);
	input(bench, 2, &other, 0);
	plain(&other, 50);
	input(bench, 0, &other, 1);
	CHECK(bench->fabric.rules.list[0].held_count == 1);
	send_sizes(bench, 104, 105);
	drain(bench, bench->now_ns + 60000 * MS);
	CHECK(used(bench) == 2 && bench->fabric.pool.in_use == 0);
	CHECK(strcmp(sizes_of(bench), "102 103 100 50 104 101 105") == 0);
	CHECK(bench->fabric.ports[0].counters.in_packets == 1 + 7);
}

TEST(what_another_rule_took_has_come_all_the_same)
{
	BENCH(bench, 2, .line_rate_bps = 0);
	static const char *const names[] = {"lom", "yuki", NULL};
	struct wire_rule rules[2];
	struct error err = {0};

	introduce(bench, 2);
	CHECK_OK(wire_rule_read("hold after=3 most=1", names, &rules[0], &err), err);
	CHECK_OK(wire_rule_read("drop most=2", names, &rules[1], &err), err);
	CHECK_OK(ruled_set(&bench->fabric, rules, 2, bench->now_ns, &err), err);
	send_sizes(bench, 100, 104);
	CHECK(strcmp(sizes_of(bench), "103 100 104") == 0);
}

TEST(what_rules_hold_goes_on_when_they_are_replaced_and_a_full_one_takes_no_more)
{
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	set(bench, "hold after=1000");
	send_sizes(bench, 1, WIRE_MAX_HELD + 2);
	CHECK(bench->count == 2 && used(bench) == WIRE_MAX_HELD);
	set(bench, "drop smaller=60");
	CHECK(bench->count == WIRE_MAX_HELD + 2 && bench->fabric.pool.in_use == 0);
	CHECK(bench->out[2].size == 42 + 1 && bench->out[65].size == 42 + 64);
}

TEST(what_a_host_that_is_gone_had_on_hold_is_dropped)
{
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	set(bench, "hold after=5");
	send_sizes(bench, 100, 100);
	fabric_remove_port(&bench->fabric, 0);
	set(bench, "drop");
	CHECK(bench->count == 0 && bench->fabric.pool.in_use == 0);
}

TEST(copies_follow_the_packet_itself_and_are_the_same)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 1e9);

	introduce(bench, 2);
	plain(&frame, 100);
	set(bench, "repeat copies=3 delay=5ms");
	input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 1000 * MS);
	CHECK(bench->count == 4 && bench->fabric.pool.in_use == 0);
	for (size_t i = 1; i < 4; i++) {
		CHECK(bench->out[i].at_ns - bench->out[i - 1].at_ns > 4 * MS);
		CHECK(memcmp(bench->out[i].head, bench->out[0].head, sizeof(bench->out[0].head)) ==
			0);
	}
}

TEST(one_bit_of_what_udp_carries_is_flipped_and_the_checksum_is_right)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);
	int differing = 0;

	introduce(bench, 2);
	plain(&frame, 30);
	set(bench, "flip");
	input(bench, 0, &frame, 1);
	CHECK(bench->count == 1 && bench->out[0].vnet.flags == 0);
	for (uint32_t i = 42; i < 72; i++)
		differing += __builtin_popcount((unsigned)(bench->out[0].head[i] ^ frame.bytes[i]));
	CHECK(differing == 1);
	CHECK(memcmp(bench->out[0].head, frame.bytes, 40) == 0);
	CHECK(plain_sum(bench->out[0].head + 34, 38,
		      pseudo_sum(bench->out[0].head + 14, false, 17, 38)) == 0xffff);
}

TEST(a_changed_copy_leaves_the_packet_itself_alone)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	plain(&frame, 30);
	set(bench, "flip copies=1 bits=8");
	input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 10 * MS);
	CHECK(bench->count == 2);
	CHECK(memcmp(bench->out[0].head + 42, frame.bytes + 42, 30) == 0);
	CHECK(memcmp(bench->out[1].head + 42, frame.bytes + 42, 30) != 0);
}

TEST(a_truncated_packet_says_its_new_length)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	plain(&frame, 100);
	set(bench, "truncate bytes=60");
	input(bench, 0, &frame, 1);
	CHECK(bench->count == 1 && bench->out[0].size == 42 + 40);
	CHECK(get16(bench->out[0].head + 16) == 68 && get16(bench->out[0].head + 38) == 48);
	CHECK(checksums_are_right(&bench->out[0]));
}

TEST(only_packets_that_know_congestion_are_marked)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	plain(&frame, 100);
	set(bench, "mark");
	input(bench, 0, &frame, 1);
	CHECK(bench->out[0].head[15] == 0);
	frame.bytes[15] = 0xb8 | 2; /* EF, ECT(0) */
	input(bench, 0, &frame, 1);
	CHECK(bench->out[1].head[15] == (0xb8 | 3) && checksums_are_right(&bench->out[1]));
}

TEST(a_reflected_packet_comes_back_as_from_its_receiver)
{
	static struct sample_frame frame;
	BENCH(bench, 2, .line_rate_bps = 1e9);
	const struct out *back;

	introduce(bench, 2);
	plain(&frame, 100);
	set(bench, "reflect from=lom copies=1");
	input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 10 * MS);
	back = &bench->out[1];
	CHECK(bench->count == 2 && bench->out[0].port == 1 && back->port == 0);
	CHECK(memcmp(back->head, frame.bytes + 6, 6) == 0);
	CHECK(memcmp(back->head + 26, frame.bytes + 30, 4) == 0);
	CHECK(get16(back->head + 34) == 5201 && get16(back->head + 36) == 40000);
}

TEST(the_log_says_which_rule_a_packet_met)
{
	static struct sample_frame frame;
	static union {
		struct wire_log log;
		uint8_t space[4096];
	} file = {.log = {.room = 20}};
	char rules[7] = "", ends[7] = "";
	BENCH(bench, 2, .line_rate_bps = 0);

	introduce(bench, 2);
	bench->fabric.log = &file.log;
	plain(&frame, 100);
	set(bench, "drop every=2");
	for (int i = 0; i < 4; i++)
		input(bench, 0, &frame, 1);
	set(bench, "repeat most=1");
	input(bench, 0, &frame, 1);
	drain(bench, bench->now_ns + 10 * MS);
	CHECK(file.log.written == 6);
	for (size_t i = 0; i < 6; i++) {
		rules[i] = (char)('0' + file.log.records[i].rule);
		ends[i] = file.log.records[i].verdict == WIRE_RULED ? 'x' : '-';
	}
	CHECK(strcmp(rules, "010111") == 0 && strcmp(ends, "-x-x--") == 0);
	CHECK(file.log.records[5].is_clone && !file.log.records[4].is_clone);
	CHECK(file.log.records[5].index == file.log.records[4].index);
}

TEST(what_is_wrong_with_a_rule_is_said)
{
	static const char *const names[] = {"here", "peer", NULL};
	static const struct {
		const char *text, *says;
	} list[] = {{"", "'drop protocol=udp' would be one"}, {"dorp", "'dorp' is not what"},
		{"drop protocol=sctpp", "'sctpp' is not a protocol"},
		{"drop from=their", "no host is called 'their'; 'here' would be one"},
		{"drop 5", "'5' is not KEY=VALUE"}, {"drop colour=red", "'colour' is not known"},
		{"hold", "needs delay=TIME or after=N"},
		{"hold after=3 delay=1s", "without delay= and copies="},
		{"flip after=3", "after= is of hold alone"}, {"hold after=0", "0"},
		{"drop copies=2", "neither copies nor delay"}, {"flip delay=2h", "2h"},
		{"hold delay=61s", "longer than 60 s"},
		{"drop begin=3s end=2s", "end= is not after begin="},
		{"drop first=3 last=2", "last= is before first="}, {"drop every=0", "0"},
		{"repeat copies=65", "65"}};
	struct wire_rule rule;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		struct error err = {0};

		CHECK(wire_rule_read(list[i].text, names, &rule, &err) == -1);
		CHECK(err.kind == ERROR_USAGE);
		if (!strstr(err.text, list[i].says))
			printf("# %s: %s\n", list[i].text, err.text);
		CHECK(strstr(err.text, list[i].says));
	}
}

TEST(refused_rules_change_nothing)
{
	BENCH(bench, 2, .line_rate_bps = 0);
	struct wire_rule wrong = WIRE_RULE_ANY;
	struct error err = {0};

	set(bench, "drop");
	wrong.copies = WIRE_MAX_COPIES + 1;
	CHECK(rules_set(&bench->fabric.rules, &wrong, 1, 0, &err) == -1);
	wrong.copies = 1;
	wrong.after = 1;
	CHECK(rules_set(&bench->fabric.rules, &wrong, 1, 0, &err) == -1);
	CHECK(rules_set(&bench->fabric.rules, &wrong, WIRE_MAX_RULES + 1, 0, &err) == -1);
	CHECK(bench->fabric.rules.count == 1);
	CHECK(bench->fabric.rules.list[0].rule.change == WIRE_CHANGE_DROP);
	CHECK_OK(rules_set(&bench->fabric.rules, NULL, 0, 0, &err), err);
	CHECK(bench->fabric.rules.count == 0);
}
