/* SPDX-License-Identifier: MIT */
#include "lab/internal.h"

#include "base/json.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()

static const struct profile low = {.name = "low",
	.impairment = {.model = NETEM_KERNEL,
		.delay_ns = 2000000,
		.jitter_ns = 2000000,
		.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.0025, 0}},
		.reorder = {0.005, 0.25},
		.limit_packets = 1000}};

TEST(the_low_profile_becomes_the_published_netem_command)
{
	ARENA(arena);

	CHECK(strcmp(shape_port(arena, &low, LAB_ENGINE_NETEM, "port0"),
		      "qdisc add dev port0 root handle 1: netem limit 1000 delay 2ms 2ms loss 0.25% reorder 0.5% 25%\n") ==
		0);
	CHECK(strcmp(shape_host(arena, &low, "eth0"), "") == 0);
}

TEST(correlated_loss_of_a_calibrated_profile_is_a_chain_of_the_same_law)
{
	struct profile profile = {
		.impairment = {.model = NETEM_CALIBRATED,
			.delay_ns = 2000000,
			.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.02, 0.5}},
			.limit_packets = 1000}};
	ARENA(arena);

	CHECK(strcmp(shape_netem(arena, &profile),
		      "netem limit 1000 delay 2ms loss gemodel 1% 49% 100% 0%") == 0);
}

TEST(what_netem_has_no_words_for_is_named)
{
	struct profile profile = low;

	CHECK(!shape_uncarried(&profile));
	profile.impairment.unit = NETEM_UNIT_SUPERPACKET;
	CHECK(strcmp(shape_uncarried(&profile), "impairs super-packets as one") == 0);
	profile = low;
	profile.impairment.model = NETEM_CALIBRATED; /* keeps the order unless it says otherwise */
	CHECK(strcmp(shape_uncarried(&profile), "has jitter that keeps the order") == 0);
	profile.impairment.jitter = NETEM_JITTER_INDEPENDENT;
	CHECK(strcmp(shape_uncarried(&profile), "displaces packets") == 0);
	profile.impairment.reorder.probability = 0;
	CHECK(!shape_uncarried(&profile));
}

TEST(a_line_rate_stands_behind_the_impairment_and_on_the_host)
{
	struct profile profile = low;
	const char *port;
	ARENA(arena);

	profile.line_rate_bps = 1e9;
	port = shape_port(arena, &profile, LAB_ENGINE_NETEM, "port2");
	CHECK(strstr(port, "port2 root handle 1: netem limit 1000"));
	CHECK(strstr(port, "port2 parent 1:1 handle 2: tbf rate 984395319bit"));
	CHECK(strstr(shape_host(arena, &profile, "eth0"), "qdisc add dev eth0 root handle 1: tbf"));
	CHECK(!strstr(shape_host(arena, &profile, "eth0"), "netem"));
}

TEST(a_burst_holds_a_super_packet_at_a_gigabit_and_two_frames_at_the_least)
{
	struct profile profile = {.name = "baseline", .line_rate_bps = 1e9};
	ARENA(arena);

	CHECK(strstr(shape_host(arena, &profile, "eth0"), "burst 123049b limit 1514000b"));
	profile.line_rate_bps = 1e6;
	CHECK(strstr(shape_host(arena, &profile, "eth0"), "burst 3028b"));
}

TEST(a_queue_without_a_limit_of_its_own_holds_the_longest_delay)
{
	struct profile profile = {
		.impairment = {.delay_ns = 6000000, .jitter_ns = 4000000}, .line_rate_bps = 1e9};
	ARENA(arena);

	CHECK(shape_limit_packets(&profile) == 1000 + 2171); /* 1.25 MB of 576 bytes */
	CHECK(strcmp(shape_netem(arena, &profile), "netem limit 3171 delay 6ms 4ms") == 0);
	profile.line_rate_bps = 0;
	CHECK(shape_limit_packets(&profile) == 1000 + 21702);
	profile.impairment.delay_ns = 1500;
	profile.impairment.jitter_ns = 1250000;
	profile.impairment.limit_packets = 7;
	CHECK(strcmp(shape_netem(arena, &profile), "netem limit 7 delay 1.5us 1250us") == 0);
}

TEST(a_tap_holds_what_its_line_carries_while_the_wire_may_be_away)
{
	struct profile profile = {.line_rate_bps = 1e9};

	CHECK(shape_tap_frames(&profile) == 4064); /* 50 ms of 1538 bytes */
	profile.line_rate_bps = 10e6;
	CHECK(shape_tap_frames(&profile) == 500);
	profile.line_rate_bps = 0;
	CHECK(shape_tap_frames(&profile) == 500);
	profile.line_rate_bps = 100e9;
	CHECK(shape_tap_frames(&profile) == 65536);
}

/* Answers as `ask` of snapshot.c gets them, all topics in its order. */
#define ANSWER(device, sysctl, route, rule)                                                        \
	"1: lo: <LOOPBACK> mtu 65536\n2: eth0: <UP> mtu 1500\n" device "\f\n"                      \
	"/proc/sys/net/ipv4/conf/eth0/forwarding:0\n" sysctl                                       \
	"\f\nqdisc noqueue 0: dev eth0 root\n\f\n"                                                 \
	"tx-udp-segmentation: on\n\f\ndefault dev eth0\n" route                                    \
	"\f\n0: from all lookup local\n" rule "\f\n"

static const char *change_at(const json_t *changes, const char *at)
{
	return json_string_at(changes, at, "");
}

TEST(what_a_vpn_changes_beyond_its_own_device_is_found)
{
	json_auto_t *changes = json_array();

	snapshot_changes(changes, "lom", ANSWER("", "/proc/sys/net/ipv4/ip_forward:0\n", "", ""),
		ANSWER("3: tun-0: <UP> mtu 1400\n",
			"/proc/sys/net/ipv4/ip_forward:1\n/proc/sys/net/ipv4/conf/tun-0/forwarding:0\n",
			"10.1.0.0/16 dev tun-0\n10.2.0.0/16 dev eth0\n",
			"5210: from all oif tun-0 lookup 52\n"));
	CHECK(json_array_size(changes) == 3);
	CHECK(strcmp(change_at(changes, "/0/host"), "lom") == 0);
	CHECK(strcmp(change_at(changes, "/0/topic"), "sysctl") == 0);
	CHECK(strcmp(change_at(changes, "/0/before/0"), "net.ipv4.ip_forward = 0") == 0);
	CHECK(strcmp(change_at(changes, "/0/after/0"), "net.ipv4.ip_forward = 1") == 0);
	CHECK(json_array_size(json_at(changes, "/0/after")) == 1);
	CHECK(strcmp(change_at(changes, "/1/topic"), "route") == 0);
	CHECK(strcmp(change_at(changes, "/1/after/0"), "10.2.0.0/16 dev eth0") == 0);
	CHECK(json_array_size(json_at(changes, "/1/after")) == 1);
	CHECK(strcmp(change_at(changes, "/2/topic"), "rule") == 0);
	CHECK(strstr(change_at(changes, "/2/after/0"), "oif tun-0"));
}

TEST(hosts_that_did_not_change_have_no_changes)
{
	json_auto_t *changes = json_array();
	const char *answer = ANSWER("", "/proc/sys/net/ipv4/ip_forward:0\n", "", "");

	snapshot_changes(changes, "lom", answer, answer);
	CHECK(json_array_size(changes) == 0);
	/* A device whose name begins like a new one's is not the new one. */
	snapshot_changes(changes, "lom", ANSWER("3: tun0: <UP>\n", "", "", ""),
		ANSWER("3: tun0: <UP>\n4: tun: <UP>\n", "", "10.3.0.0/16 dev tun0\n", ""));
	CHECK(json_array_size(changes) == 1);
	snapshot_changes(changes, "lom", "", ""); /* nothing could be read */
	CHECK(json_array_size(changes) == 1);
}

static void three_nodes(struct lab_node nodes[3])
{
	static const char *const names[] = {"lom", "yuki", "luna"};

	for (size_t i = 0; i < 3; i++) {
		nodes[i] = (struct lab_node){.name = names[i]};
		address_fill(&nodes[i], i);
	}
}

TEST(hosts_files_name_the_underlay_and_the_overlay)
{
	struct lab_node nodes[3];
	struct lab lab = {.nodes = nodes, .count = 3};
	ARENA(arena);

	three_nodes(nodes);
	CHECK(strcmp(address_hosts_file(&lab, arena, 0, NULL),
		      "127.0.0.1 localhost\n10.77.0.1 lom\n10.77.0.2 yuki\n10.77.0.3 luna\n") == 0);
	lab.count = 2;
	CHECK(strcmp(address_hosts_file(
			     &lab, arena, 0, ((const char *const[]){"fd00::1", "10.9.0.2"})),
		      "127.0.0.1 localhost\n10.77.0.1 lom\n10.77.0.2 yuki\n"
		      "fd00::1 lom.vpn\n10.9.0.2 yuki.vpn\n") == 0);
}

TEST(addresses_of_many_hosts_are_all_different)
{
	static struct lab_node nodes[LAB_MOST_HOSTS];

	for (size_t i = 0; i < LAB_MOST_HOSTS; i++)
		address_fill(&nodes[i], i);
	CHECK(strcmp(nodes[999].ipv4, "10.77.3.250") == 0);
	for (size_t i = 0; i < LAB_MOST_HOSTS; i++) {
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(nodes[i].ipv4, nodes[j].ipv4) != 0 &&
				strcmp(nodes[i].ipv6, nodes[j].ipv6) != 0 &&
				strcmp(nodes[i].mac, nodes[j].mac) != 0);
	}
}

TEST(a_host_is_wired_by_these_lines)
{
	struct lab_node nodes[3];
	ARENA(arena);

	three_nodes(nodes);
	CHECK(strcmp(wiring_host(arena, nodes, 2, 1, "cubic"),
		      "address add 10.77.0.2/16 dev eth0\n"
		      "address add fd77::2/64 dev eth0 nodad\n"
		      "link set dev eth0 up\n"
		      "route replace 10.77.0.0/16 dev eth0 proto kernel scope link "
		      "src 10.77.0.2 congctl cubic\n"
		      "route replace fd77::/64 dev eth0 proto kernel metric 256 congctl cubic\n"
		      "neighbour replace 10.77.0.1 lladdr 02:4d:42:00:00:01 dev eth0 nud permanent\n"
		      "neighbour replace fd77::1 lladdr 02:4d:42:00:00:01 dev eth0 nud permanent\n") ==
		0);
	CHECK(!strstr(wiring_host(arena, nodes, 2, 1, NULL), "congctl"));
	CHECK(strstr(wiring_port(arena, &nodes[2], 2, 4711),
		"peer name eth0 mtu 1500 address 02:4d:42:00:00:03 netns 4711\n"));
}

TEST(too_few_and_unusable_names_are_refused)
{
	static const char *const cases[][2] = {{"lom", "lom"}, {"lom", "Luna"}, {"lom", ""},
		{"lom", "-x"}, {"lom", "a.b"}, {"lom", "a b"}, {"lom", "localhost"},
		{"lom", "../x"}};
	struct error err = {0};

	CHECK_OK(address_check_names(((const char *const[]){"lom", "host-2"}), 2, &err), err);
	CHECK(address_check_names(cases[0], 1, &err) && err.kind == ERROR_USAGE);
	CHECK(address_check_names(NULL, 0, &err) && err.kind == ERROR_USAGE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		err.kind = ERROR_NONE;
		CHECK(address_check_names(cases[i], 2, &err) && err.kind == ERROR_USAGE);
	}
}

/* Routes of overlays as `ip -json route` prints them, from tests/golden/routes; caller owns it. */
static json_t *golden_routes(struct arena *arena)
{
	const char *root = getenv("SOURCE_ROOT");
	json_t *routes = NULL;
	struct error err;

	if (json_read(arena_printf(arena, "%s/tests/golden/routes/overlay.json", root ? root : "."),
		    1 << 20, &routes, &err))
		printf("# %s\n", err.text);
	return routes;
}

TEST(an_overlay_route_is_said_again_with_all_it_had)
{
	ARENA(arena);
	json_auto_t *routes = golden_routes(arena);
	json_t *one;
	size_t i;

	CHECK(json_array_size(json_at(routes, "/pinned")) == 2);
	json_array_foreach (json_at(routes, "/pinned"), i, one) {
		const char *line = "";

		CHECK(route_pin(arena, json_object_get(one, "route"), "cubic", &line) ==
			ROUTE_TO_PIN);
		CHECK(strcmp(line, json_string_at(one, "/line", "none")) == 0);
	}
}

/* Whether there are `count` routes under a name, and the verdict on each is this one. */
static bool all_are(const char *name, size_t count, enum route_verdict verdict)
{
	ARENA(arena);
	json_auto_t *routes = golden_routes(arena);
	json_t *list = json_object_get(routes, name), *route;
	size_t i;

	json_array_foreach (list, i, route) {
		const char *line = "";

		if (route_pin(arena, route, "cubic", &line) != verdict) {
			printf("# number %zu of %s\n", i, name);
			return false;
		}
	}
	return json_array_size(list) == count;
}

TEST(routes_that_need_no_pin_are_left_alone)
{
	CHECK(all_are("fine", 5, ROUTE_IS_FINE));
}

TEST(a_route_with_something_unknown_is_not_touched)
{
	CHECK(all_are("unknown", 4, ROUTE_CANNOT));
}

TEST(answers_are_read_and_nonsense_is_refused)
{
	static const char *const bad[] = {"3 5\n", "0 0\n", "0 -4\n", "0\n", "x 5\n", "0 5",
		" 0 5\n", "0 99999999999999999999\n"};
	int64_t first_ns[3] = {0};
	struct error err = {0};

	CHECK_OK(answer_read("2 100\n0 9223372036854775807\n", 3, first_ns, &err), err);
	CHECK(first_ns[0] == INT64_MAX && first_ns[1] == 0 && first_ns[2] == 100);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err.kind = ERROR_NONE;
		CHECK(answer_read(bad[i], 3, first_ns, &err) && err.kind == ERROR_PARSE);
	}
}

TEST(answers_without_a_pause_are_one_span)
{
	static const char text[] = "0 1000000\n1 1000000\n0 6000000\n0 31000000\n0 56000001\n0 5";
	struct spans spans[2] = {
		{.most = 8, .pause_ns = 25000000}, {.most = 8, .pause_ns = 25000000}};
	struct error err = {0};
	bool is_so;
	size_t used;

	CHECK_OK(spans_read(text, spans, 2, NULL, &used, &err), err);
	is_so = spans[0].count == 2 && spans[0].list[0].answers == 3 &&
		spans[0].list[0].first_ns == 1000000 && spans[0].list[0].last_ns == 31000000 &&
		spans[0].list[1].first_ns == 56000001 && spans[1].count == 1;
	CHECK(is_so && strcmp(text + used, "0 5") == 0);
	spans_add(&spans[0], 56000000); /* told late */
	CHECK(spans[0].count == 2 && spans[0].list[1].last_ns == 56000001);
	CHECK(spans_read("2 5\n", spans, 2, NULL, &used, &err) && err.kind == ERROR_PARSE);
	free(spans[0].list);
	free(spans[1].list);
}

TEST(pings_are_known_by_number_from_what_both_ends_say)
{
	/* Of three hosts, 2 asks 0, which tells of its own what it heard. */
	static const char asked[] = "a 0 0 100\n0 150\nr 0 0 150\na 0 1 200\na 0 2 300\na 0";
	static const char heard[] = "h 2 0 120\nh 2 2 330\nh 2 4294967295 9\n";
	struct spans spans[3] = {{.most = 8}, {.most = 8}, {.most = 8}};
	struct pings pings[9] = {0};
	struct ping_reader reader = {pings, 3, 0};
	const struct pings *asks = &pings[2 * 3 + 0];
	struct error err = {0};
	size_t used;

	CHECK_OK(spans_read(heard, spans, 3, &reader, &used, &err), err);
	CHECK(used == strlen(heard) && asks->count == 3); /* a number that nobody reaches */
	reader.self = 2;
	CHECK_OK(spans_read(asked, spans, 3, &reader, &used, &err), err);
	CHECK(strcmp(asked + used, "a 0") == 0 && spans[0].count == 1);
	CHECK(asks->count == 3 && asks->list[0].asked_ns == 100 &&
		asks->list[0].answered_ns == 150 && asks->list[0].has_arrived);
	CHECK(!asks->list[1].has_arrived && !asks->list[1].answered_ns);
	CHECK(asks->list[2].has_arrived && !asks->list[2].answered_ns);
	CHECK(spans_read("a 3 0 5\n", spans, 3, &reader, &used, &err) && err.kind == ERROR_PARSE);
	CHECK(spans_read("b 0 0 5\n", spans, 3, &reader, &used, &err));
	CHECK(spans_read("a 0 0 5 6\n", spans, 3, &reader, &used, &err));
	free(spans[0].list);
	free(pings[2 * 3].list);
}

TEST(of_too_many_spans_the_shortest_silence_is_forgotten_and_counted)
{
	static const char text[] = "0 1000\n0 2000\n0 2500\n0 4500\n";
	struct spans spans = {.most = 3, .pause_ns = 100};
	struct error err = {0};
	size_t used;
	bool is_so;

	CHECK_OK(spans_read(text, &spans, 1, NULL, &used, &err), err);
	is_so = spans.count == 3 && spans.list[1].first_ns == 2000 &&
		spans.list[1].last_ns == 2500 && spans.list[1].answers == 2 &&
		spans.list[2].first_ns == 4500;
	CHECK(is_so && spans.closed == 1 && spans.longest_closed_ns == 500);
	free(spans.list);
}

/* Ordered pairs of a sample, and by the way whether it is one: alike in both directions. */
static size_t watched(const struct lab_sample *sample)
{
	size_t pairs = 0;

	for (size_t i = 0; i < sample->count * sample->count; i++) {
		size_t from = i / sample->count, to = i % sample->count;

		if (sample->is_watched[i] != sample->is_watched[to * sample->count + from] ||
			(from == to && sample->is_watched[i]))
			return SIZE_MAX;
		pairs += sample->is_watched[i];
	}
	return pairs;
}

TEST(a_mesh_of_up_to_ten_hosts_is_watched_as_a_whole)
{
	ARENA(arena);

	for (size_t count = 2; count <= 10; count++) {
		struct lab_sample sample = lab_sample_new(arena, count, lab_no_host(), 3);

		CHECK(sample.is_whole && watched(&sample) == count * (count - 1));
		CHECK(sample.every_ns == NS_PER_MS * (count <= 4 ? 5 : count <= 8 ? 10 : 15));
	}
}

TEST(a_silence_is_ten_asks_where_many_hosts_are_asked_seldom)
{
	for (size_t count = 2; count <= 10; count++)
		CHECK(lab_watch_silence_ns(count) == 100 * NS_PER_MS);
	for (size_t count = 11; count <= 100; count++) {
		CHECK(lab_watch_silence_ns(count) == 10 * lab_watch_every_ns(count));
		CHECK(lab_watch_silence_ns(count) >= lab_watch_pause_ns(count));
	}
	CHECK(lab_watch_silence_ns(24) == 300 * NS_PER_MS);
	CHECK(lab_watch_silence_ns(50) == 600 * NS_PER_MS);
	CHECK(lab_watch_pause_ns(24) == 100 * NS_PER_MS &&
		lab_watch_pause_ns(50) == 180 * NS_PER_MS);
}

TEST(asks_grow_with_hosts_and_not_with_pairs)
{
	ARENA(arena);

	for (size_t count = 11; count <= 1000; count += 7) {
		struct lab_sample sample = lab_sample_new(arena, count, lab_no_host(), 0);
		size_t asks = watched(&sample) * (size_t)(NS_PER_S / sample.every_ns);

		CHECK(!sample.is_whole && watched(&sample) >= count);
		CHECK(asks <= 2000 || asks <= 34 * count);
	}
}

TEST(turn_by_turn_every_pair_is_watched)
{
	static const size_t hosts = 51;
	static bool seen[51 * 51];
	ARENA(arena);

	for (size_t turn = 0; turn < hosts; turn++) {
		struct lab_sample sample = lab_sample_new(arena, hosts, lab_no_host(), turn);

		for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
			seen[i] |= sample.is_watched[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		CHECK(seen[i] == (i / hosts != i % hosts));
}

TEST(a_host_that_something_is_done_to_has_more_neighbours)
{
	ARENA(arena);
	struct lab_sample sample = lab_sample_new(arena, 100, lab_one_host(99), 2);
	size_t neighbours = 0;

	for (size_t i = 0; i < 100; i++)
		neighbours += sample.is_watched[99 * 100 + i];
	CHECK(neighbours >= 12 && neighbours <= 14 && watched(&sample) <= 224);
}

TEST(missing_pairs_are_named_a_few_of_them)
{
	int64_t first_ns[9] = {0};
	struct lab_node nodes[3];
	char text[300];

	three_nodes(nodes);
	first_ns[0 * 3 + 1] = first_ns[0 * 3 + 2] = first_ns[1 * 3 + 0] = 1;
	first_ns[2 * 3 + 0] = first_ns[2 * 3 + 1] = 1;
	CHECK(answer_missing(nodes, 3, first_ns, text, sizeof(text)) == 1);
	CHECK(strcmp(text, "yuki->luna") == 0);
	first_ns[2 * 3 + 1] = 0;
	CHECK(answer_missing(nodes, 3, first_ns, text, sizeof(text)) == 2);
	CHECK(strcmp(text, "yuki->luna, luna->yuki") == 0);
	CHECK(answer_missing(nodes, 3, first_ns, text, 12) == 2 && strlen(text) < 12);
	memset(first_ns, 1, sizeof(first_ns));
	CHECK(answer_missing(nodes, 3, first_ns, text, sizeof(text)) == 0 && !*text);
}

TEST(a_frame_larger_than_the_mtu_spoils_what_has_fates_and_is_counted_where_there_are_none)
{
	const struct oversize ports[] = {
		{.host = "lom"}, {.host = "yuki", .frames = 3}, {.host = "luna", .frames = 1}};
	json_auto_t *line = oversize_json(ports, 3, false);
	json_auto_t *fates = oversize_json(ports, 3, true);
	json_auto_t *clean = oversize_json(ports, 1, true);

	CHECK(json_is_true(json_at(line, "/was_good")) && json_is_null(json_at(line, "/reason")));
	CHECK(json_number_at(line, "/ports/1/oversized_frames", -1) == 3);
	CHECK(json_is_false(json_at(fates, "/was_good")));
	CHECK(strstr(json_string_at(fates, "/reason", ""),
		"host yuki sent 3 frames larger than the MTU"));
	CHECK(json_is_true(json_at(clean, "/was_good")));
}

TEST(frames_that_a_machine_cannot_count_are_unknown_and_it_says_why)
{
	const struct oversize ports[] = {
		{.host = "lom", .frames = -1, .uncounted = "make a packet socket: not permitted"}};
	json_auto_t *report = oversize_json(ports, 1, false);
	json_auto_t *fates = oversize_json(ports, 1, true);

	CHECK(json_is_null(json_at(report, "/ports/0/oversized_frames")));
	CHECK(strstr(json_string_at(report, "/ports/0/uncounted", ""), "packet socket"));
	CHECK(json_is_true(json_at(report, "/was_good")));
	CHECK(json_is_false(json_at(fates, "/was_good")));
	CHECK(strstr(json_string_at(fates, "/reason", ""),
		"nothing shows that packets had a fate each: host lom cannot count: make a packet"));
}

TEST(netem_on_a_machine_meets_single_packets_on_their_way_to_the_host)
{
	const struct edge_netem_card card = {.mac = "52:54:00:12:34:56", .mtu_bytes = 1400};
	const struct oversize sent[] = {{.host = "lom", .frames = 1, .is_receiver = true}};
	json_auto_t *report = oversize_json(sent, 1, true);
	ARENA(arena);

	CHECK(strcmp(edge_netem_devices(arena, &card),
		      "link set dev eth0 addrgenmode none\n"
		      "link set dev eth0 allmulticast on\n"
		      "link set dev eth0 up\n"
		      "link add name whole mtu 1400 type veth peer name singles mtu 1400\n"
		      "link set dev whole addrgenmode none\n"
		      "link set dev whole gso_max_segs 1\n"
		      "link set dev singles addrgenmode none\n"
		      "link set dev whole up\n"
		      "link set dev singles up\n") == 0);
	CHECK(strcmp(edge_netem_port(arena, &card, 4711),
		      "link add name port0 mtu 1400 type veth peer name eth0 mtu 1400 address 52:54:00:12:34:56 netns 4711\n"
		      "link set dev port0 addrgenmode none\n"
		      "link set dev port0 up\n") == 0);
	CHECK(strcmp(edge_netem_lead(arena, "singles", "port0"),
		      "qdisc add dev singles ingress\n"
		      "filter add dev singles parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev port0\n") ==
		0);
	CHECK(strcmp(shape_port(arena, &low, LAB_ENGINE_EDGE_NETEM, "port0"),
		      shape_port(arena, &low, LAB_ENGINE_NETEM, "port0")) == 0);
	CHECK(strstr(json_string_at(report, "/reason", ""),
		"host lom was sent 1 frame larger than the MTU"));
}

TEST(clocks_that_drifted_while_something_was_measured_are_known_as_much_worse)
{
	const struct lab_clocks begin = {1000, 40}, later = {1200, 30}, earlier = {900, 50};
	struct lab_clocks over = lab_clocks_over(&begin, &later);

	CHECK(over.shift_ns == 1100 && over.bound_ns == 140);
	over = lab_clocks_over(&begin, &earlier);
	CHECK(over.shift_ns == 950 && over.bound_ns == 100);
	over = lab_clocks_over(&begin, &begin);
	CHECK(over.shift_ns == 1000 && over.bound_ns == 40);
}
