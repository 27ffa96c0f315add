/* SPDX-License-Identifier: MIT */
#include "standing_lab.h"

#include "lab/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <sys/wait.h>

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()

static bool is(const char *text, const char *expected)
{
	if (text && strcmp(text, expected) == 0)
		return true;
	printf("# is '");
	for (const char *at = text ? text : "(none)"; *at; at++)
		putchar(*at == '\n' ? '|' : *at);
	printf("'\n");
	return false;
}

TEST(names_resolve_on_the_underlay_and_unknown_ones_fail_at_once)
{
	struct error err = {0};
	ARENA(arena);
	int64_t began_ns;

	LAB(s, 3, &unshaped);
	CHECK(is(output_on(&s, arena, 0, SHELL("getent ahostsv4 luna | head -n 1 | cut -d' ' -f1")),
		"10.77.0.3\n"));
	CHECK(is(lab_underlay(s.lab, 2), "10.77.0.3"));
	began_ns = clock_now_ns();
	CHECK(!output_on(&s, arena, 0, ARGV("getent", "hosts", "nobody.example")));
	CHECK(clock_now_ns() - began_ns < NS_PER_S);
}

TEST(hosts_are_isolated)
{
	const struct proc_spec sleep = {.argv = ARGV("sleep", "1000")};
	struct error err = {0};
	struct proc *proc = NULL;
	ARENA(arena);

	LAB(s, 2, &unshaped);
	CHECK(is(output_on(&s, arena, 0, ARGV("hostname")), "lom\n"));
	CHECK(is(output_on(&s, arena, 1, ARGV("hostname")), "yuki\n"));
	CHECK(is(output_on(&s, arena, 1, ARGV("cat", "/etc/hostname")), "yuki\n"));
	CHECK(output_on(&s, arena, 0, SHELL("echo x | tee /tmp/a /run/a /var/lib/a /var/log/a")));
	CHECK(is(output_on(&s, arena, 1, SHELL("ls /tmp /run /var/lib /var/log | grep -v :")),
		"\n\n\n"));
	CHECK(is(output_on(&s, arena, 1, SHELL("ls /sys/class/net")), "eth0\nlo\n"));
	CHECK_OK(host_start(lab_host(s.lab, 0), &sleep, &proc, &err), err);
	CHECK(output_on(&s, arena, 0, SHELL("grep -qx sleep /proc/[0-9]*/comm")));
	CHECK(!output_on(&s, arena, 1, SHELL("grep -qx sleep /proc/[0-9]*/comm")));
	proc_free(proc);
	CHECK(output_on(&s, arena, 1, SHELL("ip tuntap add t0 mode tun && ip link show t0")));
}

TEST(state_survives_a_reboot_and_not_a_wipe)
{
	struct error err = {0};
	ARENA(arena);
	struct host *lom;

	LAB(s, 2, &unshaped);
	lom = lab_host(s.lab, 0);
	CHECK_OK(host_write(lom, "/var/lib/vpn/key", "secret", 6, 0600, &err), err);
	CHECK(output_on(&s, arena, 0, SHELL("touch /tmp/t /run/r; echo l >/var/log/l")));
	CHECK_OK(lab_reboot_host(s.lab, 0, &err), err);
	CHECK(is(
		output_on(&s, arena, 0, SHELL("cat /var/lib/vpn/key; stat -c %a /var/lib/vpn/key")),
		"secret600\n"));
	CHECK(is(output_on(&s, arena, 0, SHELL("ls /tmp /run | grep -v :; cat /var/log/l")),
		"\nl\n"));
	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK_OK(host_remove(lom, "/var/lib/vpn/key", &err), err);
	CHECK(is(output_on(&s, arena, 0, SHELL("ls /var/lib/vpn")), ""));
	CHECK_OK(lab_wipe_host(s.lab, 0, &err), err);
	CHECK(is(output_on(&s, arena, 0, SHELL("ls -A /var/lib /var/log | grep -v :")), "\n"));
	CHECK(output_on(&s, arena, 0, SHELL("echo again >/var/lib/again")));
	CHECK(host_write(lom, "/etc/passwd", "", 0, 0600, &err) && err.kind == ERROR_USAGE);
}

TEST(a_reboot_ends_what_runs_there_and_nothing_else)
{
	struct error err = {0};
	ARENA(arena);
	const struct proc_spec spec = {.argv = SHELL("(sleep 1000 &) ; echo on; sleep 1000")};
	AUTO(proc_freep) struct proc *there = NULL, *elsewhere = NULL;

	LAB(s, 2, &unshaped);
	CHECK_OK(host_start(lab_host(s.lab, 0), &spec, &there, &err), err);
	CHECK_OK(host_start(lab_host(s.lab, 1), &spec, &elsewhere, &err), err);
	CHECK_OK(proc_wait_output(there, "on", deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(lab_reboot_host(s.lab, 0, &err), err);
	CHECK(proc_result(there).has_ended && proc_result(there).signal == SIGKILL);
	CHECK(!proc_result(elsewhere).has_ended);
	CHECK(is(output_on(&s, arena, 0, SHELL("grep -l sleep /proc/[0-9]*/comm; true")), ""));
	CHECK_OK(lab_verify(s.lab, &err), err);
	proc_kill(elsewhere);
	proc_free(elsewhere);
	elsewhere = NULL;
	proc_free(there);
	there = NULL;
}

static void verify_with(size_t count)
{
	struct error err = {0};

	LAB(s, count, &unshaped);
	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(lab_host_count(s.lab) == count);
}

TEST(two_three_and_twelve_hosts_reach_each_other)
{
	verify_with(2);
	verify_with(3);
	verify_with(12);
}

/* The table of neighbours, shared by all namespaces, holds 1024 by default; these need 1560. */
TEST(forty_hosts_that_all_talk_do_not_overflow_the_kernel)
{
	verify_with(40);
}

TEST(a_host_that_is_cut_off_is_named)
{
	struct error err = {0};
	ARENA(arena);
	int64_t first_ns[9];

	LAB(s, 3, &unshaped);
	CHECK(output_on(&s, arena, 2, ARGV("ip", "link", "set", "eth0", "down")));
	CHECK(lab_reach(s.lab, ARGV("10.77.0.1", "10.77.0.2", "10.77.0.3"),
		deadline_in(200 * NS_PER_MS), first_ns, &err));
	CHECK(err.kind == ERROR_TIMEOUT);
	CHECK(strstr(err.text, "lom->luna, yuki->luna, luna->lom, luna->yuki"));
	CHECK(first_ns[1] > 0 && first_ns[3] > 0 && first_ns[2] == 0);
}

TEST(zero_one_and_equal_hosts_are_refused)
{
	struct error err = {0};
	AUTO(procs_freep) struct procs *procs = NULL;
	struct lab *lab = NULL;
	struct lab_spec spec = {.names = ARGV("lom", "lom"),
		.profile = &unshaped,
		.state_dir = "/tmp/never-made",
		.congestion = "cubic"};

	CHECK_OK(procs_new(&procs, &err), err);
	for (spec.count = 0; spec.count <= 2; spec.count++) {
		err.kind = ERROR_NONE;
		CHECK(lab_up(procs, &spec, &lab, &err) && err.kind == ERROR_USAGE && !lab);
	}
	CHECK(!path_exists("/tmp/never-made"));
}

/* Throughput and congestion control of one TCP flow from host 0 to `target`. */
static json_t *tcp_flow(struct standing_lab *s, struct arena *arena, const char *target)
{
	AUTO(proc_freep) struct proc *server = NULL;
	const struct proc_spec serve = {.argv = ARGV("iperf3", "-s", "-1", "--forceflush")};
	struct error err = {0};
	json_t *value = NULL;
	const char *text;

	if (host_start(lab_host(s->lab, 1), &serve, &server, &err) ||
		proc_wait_output(server, "listening", deadline_in(10 * NS_PER_S), &err)) {
		printf("# %s\n", err.text);
		return NULL;
	}
	text = output_on(s, arena, 0, ARGV("iperf3", "-J", "-t", "2", "-c", target));
	if (!text || json_parse(text, strlen(text), "iperf3", &value, &err))
		return NULL;
	return value;
}

TEST(tcp_on_the_wire_really_uses_the_pinned_congestion_control)
{
	struct error err = {0};
	ARENA(arena);
	json_auto_t *ipv4 = NULL, *ipv6 = NULL;

	LAB(s, 2, &unshaped);
	ipv4 = tcp_flow(&s, arena, "yuki");
	CHECK(is(json_string_at(ipv4, "/end/sender_tcp_congestion", NULL), "cubic"));
	CHECK(is(json_string_at(ipv4, "/end/receiver_tcp_congestion", NULL), "cubic"));
	ipv6 = tcp_flow(&s, arena, "fd77::2");
	CHECK(is(json_string_at(ipv6, "/end/sender_tcp_congestion", NULL), "cubic"));
	CHECK(is(json_string_at(ipv6, "/end/receiver_tcp_congestion", NULL), "cubic"));
}

/* A tunnel of the kernel plays the overlay, so that TCP can really run through it. */
static bool build_overlay(struct standing_lab *s, struct arena *arena)
{
	return output_on(s, arena, 0,
		       SHELL("ip link add ov0 type vxlan id 7 remote 10.77.0.2 dstport 4789 dev eth0 && ip addr add 10.9.0.1/24 dev ov0 && ip link set ov0 mtu 1400 up && ip route add 10.10.0.0/16 dev ov0 mtu 1300")) &&
	       output_on(s, arena, 1,
		       SHELL("ip link add ov0 type vxlan id 7 remote 10.77.0.1 dstport 4789 dev eth0 && ip addr add 10.9.0.2/24 dev ov0 && ip link set ov0 mtu 1400 up"));
}

TEST(an_overlay_is_named_and_its_tcp_is_pinned)
{
	struct error err = {0};
	ARENA(arena);
	json_auto_t *flow = NULL;

	LAB(s, 2, &unshaped);
	CHECK(build_overlay(&s, arena));
	CHECK(!output_on(&s, arena, 0, ARGV("getent", "hosts", "yuki.vpn")));
	CHECK_OK(lab_name_overlay(s.lab, ARGV("10.9.0.1", "10.9.0.2"), &err), err);
	CHECK(is(output_on(&s, arena, 0, SHELL("getent hosts yuki.vpn | tr -s ' '")),
		"10.9.0.2 yuki.vpn\n"));
	CHECK(is(output_on(&s, arena, 0, SHELL("getent hosts yuki | tr -s ' '")),
		"10.77.0.2 yuki\n"));
	flow = tcp_flow(&s, arena, "yuki.vpn");
	CHECK(is(json_string_at(flow, "/end/sender_tcp_congestion", NULL), "cubic"));
	CHECK(is(json_string_at(flow, "/end/receiver_tcp_congestion", NULL), "cubic"));
	CHECK(output_on(&s, arena, 0, SHELL("ip route show 10.10.0.0/16 | grep 'mtu 1300'")));
	CHECK_OK(lab_name_overlay(s.lab, NULL, &err), err);
	CHECK(!output_on(&s, arena, 0, ARGV("getent", "hosts", "yuki.vpn")));
}

TEST(a_line_rate_holds_and_can_be_changed_and_taken_away)
{
	struct error err = {0};
	ARENA(arena);
	const struct profile slow = {.name = "slow", .line_rate_bps = 50e6};
	json_auto_t *shaped = NULL, *open = NULL;
	double bps;

	LAB(s, 2, &slow);
	shaped = tcp_flow(&s, arena, "yuki");
	bps = json_number_at(shaped, "/end/sum_received/bits_per_second", 0);
	printf("# %.1f Mbit/s of 50\n", bps / 1e6);
	CHECK(bps > 0.90 * 50e6 && bps < 0.96 * 50e6); /* 1448 of 1538 bytes are payload: 0.941 */
	CHECK_OK(lab_set_profile(s.lab, &unshaped, &err), err);
	CHECK(output_on(&s, arena, 0, SHELL("tc qdisc show dev eth0 | grep noqueue")));
	open = tcp_flow(&s, arena, "yuki");
	CHECK(json_number_at(open, "/end/sum_received/bits_per_second", 0) > 200e6);
	CHECK_OK(lab_set_profile(s.lab, &slow, &err), err);
	CHECK_OK(lab_reboot_host(s.lab, 0, &err), err);
	CHECK(output_on(&s, arena, 0, SHELL("tc qdisc show dev eth0 | grep tbf")));
	CHECK_OK(lab_set_profile(s.lab, &slow, &err), err);
}

TEST(an_impairment_is_refused_where_the_engine_cannot_carry_it)
{
	struct error err = {0};
	AUTO(procs_freep) struct procs *procs = NULL;
	const struct profile low = {.name = "low",
		.impairment = {.model = NETEM_KERNEL,
			.loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.0025, 0}}}};
	const struct proc_spec by_hand = {
		.argv = SHELL("unshare -n tc qdisc add dev lo root netem delay 1ms")};
	bool has_netem;

	CHECK_OK(namespace_enter(&err), err);
	CHECK_OK(procs_new(&procs, &err), err);
	CHECK(lab_can_carry(procs, LAB_ENGINE_BRIDGE, &low, &err) && err.kind == ERROR_MISSING);
	CHECK(strstr(err.text, "'low'") && strstr(err.text, "use engine wire or netem"));
	CHECK_OK(lab_can_carry(procs, LAB_ENGINE_BRIDGE, &unshaped, &err), err);
	/* The answer about netem is the kernel's own. */
	has_netem = proc_run(procs, &by_hand, deadline_in(10 * NS_PER_S), &err) == 0;
	printf("# netem is %s\n", has_netem ? "here" : "not here");
	CHECK((lab_can_carry(procs, LAB_ENGINE_NETEM, &low, &err) == 0) == has_netem);
	CHECK(has_netem || (err.kind == ERROR_MISSING && strstr(err.text, "sch_netem")));
}

/* Ten datagrams of 1400 bytes in one super-packet. */
#define SEND_BY_SEGMENTATION                                                                       \
	SHELL("python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(17, 103, 1400); s.sendto(bytes(14000), (\"10.77.0.2\", 9))'")

static double oversized(const json_t *report, const char *at)
{
	return json_number_at(report, at, -1);
}

TEST(engine_netem_never_meets_several_packets_as_one_and_would_say_so)
{
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	struct error err = {0};
	json_auto_t *good = NULL, *bad = NULL, *again = NULL;
	ARENA(arena);

	NETEM_LAB(s, 2, &line);
	CHECK_OK(lab_restart_wire(s.lab, 1, &err), err);
	CHECK(output_on(&s, arena, 0, SEND_BY_SEGMENTATION));
	json_decref(tcp_flow(&s, arena, "yuki"));
	CHECK_OK(lab_wire_report(s.lab, &good, &err), err);
	CHECK(json_is_true(json_at(good, "/was_good")) && json_is_null(json_at(good, "/reason")));
	CHECK(oversized(good, "/ports/0/oversized_frames") == 0);
	CHECK(output_on(&s, arena, 1, SHELL("grep -q '^Udp: .* 10 0 ' /proc/net/snmp")));

	CHECK_OK(lab_reboot_host(s.lab, 0, &err), err);
	CHECK(output_on(&s, arena, 0, ARGV("ip", "link", "set", "eth0", "gso_max_segs", "64")));
	CHECK(output_on(&s, arena, 0, SEND_BY_SEGMENTATION));
	CHECK_OK(lab_wire_report(s.lab, &bad, &err), err);
	CHECK(json_is_false(json_at(bad, "/was_good")));
	CHECK(oversized(bad, "/ports/0/oversized_frames") == 1);
	CHECK(oversized(bad, "/ports/1/oversized_frames") == 0);
	CHECK(strstr(json_string_at(bad, "/reason", ""), "host lom sent 1 frame larger than"));
	CHECK_OK(lab_wire_report(s.lab, &again, &err), err);
	CHECK(json_is_true(json_at(again, "/was_good")));
}

TEST(the_line_of_engine_bridge_charges_every_packet_of_a_super_packet_and_counts_it)
{
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	struct error err = {0};
	json_auto_t *counted = NULL, *none = NULL;
	ARENA(arena);

	LAB(s, 2, &line);
	CHECK_OK(lab_restart_wire(s.lab, 1, &err), err);
	CHECK(output_on(&s, arena, 0, SEND_BY_SEGMENTATION));
	CHECK_OK(lab_wire_report(s.lab, &counted, &err), err);
	CHECK(oversized(counted, "/ports/0/oversized_frames") == 1);
	CHECK(oversized(counted, "/ports/1/oversized_frames") == 0);
	CHECK(json_is_true(json_at(counted, "/was_good")));
	/* Ten packets of 1400 bytes and 42 of headers, with what the host asked its neighbour. */
	CHECK(output_on(&s, arena, 0,
		SHELL("tc -s qdisc show dev eth0 | awk '/Sent/ { print; exit !($2 >= 14420 && $2 < 14420 + 1000 && $4 >= 10) }'")));
	CHECK_OK(lab_wire_report(s.lab, &none, &err), err);
	CHECK(oversized(none, "/ports/0/oversized_frames") == 0);
	CHECK_OK(lab_reboot_host(s.lab, 0, &err), err);
	CHECK_OK(lab_restart_wire(s.lab, 1, &err), err);
}

/* Where the kernel lacks netem, it is the kernel that refuses, after tc has understood all words.
 */
TEST(tc_understands_every_impairment_that_we_write)
{
	static const struct profile profiles[] = {
		{.impairment = {.delay_ns = 1500,
			 .jitter_ns = 1234567,
			 .loss = {.kind = NETEM_LOSS_RANDOM, .random = {1e-7, 0}}},
			.line_rate_bps = 1e6},
		{.impairment = {.delay_ns = 2000000,
			 .jitter_ns = 2000000,
			 .delay_correlation = 0.1,
			 .reorder = {0.005, 0.25},
			 .gap = 5,
			 .limit_packets = 1000}},
		{.impairment = {.loss = {.kind = NETEM_LOSS_RANDOM, .random = {1, 0}}}},
		{.impairment = {.model = NETEM_CALIBRATED,
			 .loss = {.kind = NETEM_LOSS_RANDOM, .random = {0.02, 0.5}},
			 .duplicate = {0.01, 0}}},
		{.impairment = {.loss = {.kind = NETEM_LOSS_STATES,
					.p13 = 0.01,
					.p31 = 0.3,
					.p32 = 0.1,
					.p23 = 0.2,
					.p14 = 0.001},
			 .corrupt = {0.001, 0.1},
			 .rate_bps = 1e7,
			 .cell_bytes = 48,
			 .cell_overhead_bytes = 5,
			 .slot = {1000000, 2000000, 5, 6000}}},
	};
	ARENA(arena);
	struct error err = {0};
	AUTO(procs_freep) struct procs *procs = NULL;

	CHECK_OK(namespace_enter(&err), err);
	CHECK_OK(procs_new(&procs, &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		AUTO(proc_freep) struct proc *proc = NULL;
		const char *lines = shape_port(arena, &profiles[i], LAB_ENGINE_NETEM, "lo");
		const struct proc_spec spec = {.argv = ARGV("unshare", "-n", "tc", "-batch", "-"),
			.input = lines,
			.input_size = strlen(lines)};
		const char *said;

		CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
		CHECK_OK(proc_wait(proc, deadline_in(10 * NS_PER_S), &err), err);
		said = proc_result(proc).errout;
		CHECK(proc_result(proc).exit_code == 0 || strstr(said, "kind is unknown"));
	}
}

/* When an address appears at a known time, the first answer follows within two rounds of 5 ms. */
TEST(first_answers_are_timed_to_a_few_milliseconds)
{
	struct error err = {0};
	ARENA(arena);
	int64_t late_ns[5], best_ns = INT64_MAX;

	LAB(s, 2, &unshaped);
	CHECK(output_on(&s, arena, 0,
		SHELL("ip neigh add 10.77.9.9 lladdr 02:4d:42:00:00:02 dev eth0 nud permanent")));
	for (size_t i = 0; i < ARRAY_SIZE(late_ns); i++) {
		AUTO(proc_freep) struct proc *proc = NULL;
		const struct proc_spec add = {
			.argv = SHELL("sleep 0.1; exec ip addr add 10.77.9.9/32 dev eth0")};
		int64_t first_ns[4];

		CHECK_OK(host_start(lab_host(s.lab, 1), &add, &proc, &err), err);
		CHECK_OK(lab_reach(s.lab, ARGV("10.77.0.1", "10.77.9.9"),
				 deadline_in(10 * NS_PER_S), first_ns, &err),
			err);
		CHECK_OK(proc_wait_success(proc, deadline_in(10 * NS_PER_S), &err), err);
		late_ns[i] = first_ns[0 * 2 + 1] - proc_result(proc).ended_ns;
		printf("# answered %.2f ms after the address\n", (double)late_ns[i] / 1e6);
		CHECK(late_ns[i] > -50 * NS_PER_MS && late_ns[i] < 100 * NS_PER_MS);
		if (late_ns[i] < best_ns)
			best_ns = late_ns[i];
		CHECK(output_on(&s, arena, 1, SHELL("ip addr del 10.77.9.9/32 dev eth0")));
	}
	CHECK(best_ns < 10 * NS_PER_MS);
}

TEST(a_tuned_host_is_tuned_after_a_reboot_too_and_what_was_refused_is_said)
{
	static const struct tuning_sysctl sysctls[] = {{"net.ipv4.tcp_reordering", "10", "2.0"},
		{"net.ipv4.no_such_key", "1", NULL},
		{"net.ipv4.tcp_rmem", "4096 100000 200000", "99.0"}};
	static const struct tuning tuning = {.name = "test", .sysctls = sysctls, .count = 3};
	AUTO(standing_lab_done) struct standing_lab s = {.tuning = &tuning};
	json_auto_t *said = NULL;
	struct error err = {0};
	ARENA(arena);

	CHECK_OK(standing_lab_up(&s, LAB_ENGINE_BRIDGE, 2, &unshaped, &err), err);
	CHECK(is(output_on(&s, arena, 1, ARGV("sysctl", "-n", "net.ipv4.tcp_reordering")), "10\n"));
	CHECK_OK(lab_reboot_host(s.lab, 1, &err), err);
	CHECK(is(output_on(&s, arena, 1, ARGV("sysctl", "-n", "net.ipv4.tcp_reordering")), "10\n"));
	CHECK_OK(lab_describe(s.lab, &said, &err), err);
	CHECK(json_is_true(json_at(said, "/tuning/sysctls/0/was_taken")));
	CHECK(json_is_true(json_at(said, "/tuning/sysctls/0/is_ignored_by_kernel")));
	CHECK(json_is_false(json_at(said, "/tuning/sysctls/1/was_taken")));
	CHECK(json_is_true(json_at(said, "/tuning/sysctls/2/was_taken")));
	CHECK(json_is_false(json_at(said, "/tuning/sysctls/2/is_ignored_by_kernel")));
}

TEST(a_description_says_what_the_kernel_says)
{
	struct error err = {0};
	const struct profile slow = {.name = "slow", .line_rate_bps = 100e6};
	json_auto_t *d = NULL;

	LAB(s, 2, &slow);
	CHECK_OK(lab_describe(s.lab, &d, &err), err);
	CHECK(is(json_string_at(d, "/hosts/1/sysctls/net.ipv4.tcp_no_metrics_save", NULL), "1"));
	CHECK(json_string_at(d, "/hosts/0/sysctls/net.core.rmem_max", NULL));
	CHECK(is(json_string_at(d, "/hosts/0/queues/0/kind", NULL), "tbf"));
	CHECK(json_number_at(d, "/hosts/0/link/0/mtu", 0) == 1500);
	CHECK(is(json_string_at(d, "/hosts/0/offloads/tcp-segmentation-offload", NULL), "on"));
	CHECK(is(json_string_at(d, "/congestion_control", NULL), "cubic"));
	CHECK(is(json_string_at(d, "/congestion_control_pinned_by", NULL), "sysctl") ||
		is(json_string_at(d, "/hosts/0/routes_ipv4/0/metrics/0/congestion", NULL),
			"cubic"));
}

struct heard {
	bool ports, sysctls;
};

static void hear(void *context, const struct proc_event *event)
{
	struct heard *heard = context;

	heard->ports |= event->input && strstr(event->input, "link add name port1");
	heard->sysctls |= strstr(event->command, "net.ipv4.tcp_no_metrics_save=1") != NULL;
}

TEST(every_change_is_seen_as_a_command)
{
	struct error err = {0};
	struct heard heard = {false, false};
	const struct profile slow = {.name = "slow", .line_rate_bps = 100e6};
	struct lab *lab = NULL;

	LAB(s, 2, &unshaped);
	lab_down(s.lab);
	s.lab = NULL;
	procs_observe(s.procs, hear, &heard);
	CHECK_OK(lab_up(s.procs,
			 &(struct lab_spec){.names = s.names,
				 .count = 2,
				 .profile = &slow,
				 .state_dir = s.dir,
				 .congestion = "cubic"},
			 &lab, &err),
		err);
	lab_down(lab);
	CHECK(heard.ports && heard.sysctls);
}

TEST(after_lab_down_no_child_is_left)
{
	struct error err = {0};

	{
		LAB(s, 3, &unshaped);
		CHECK_OK(lab_verify(s.lab, &err), err);
	}
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}
