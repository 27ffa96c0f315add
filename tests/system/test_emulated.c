/* SPDX-License-Identifier: MIT */
/* Engine wire as labs have it: our own process between real hosts. */
#include "base/json.h"
#include "plan/plan.h"

#include "standing_lab.h"

#define ARENA(name) AUTO(arena_freep) struct arena *name = arena_new()

static int load(
	struct arena *arena, const char *name, struct profile *ret_profile, struct error *err)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return profile_load(
		arena, arena_printf(arena, "%s/profiles/%s.yml", root, name), ret_profile, err);
}

/* iperf3's report of a flow from host 0 to `target`; NULL when there is none. */
static json_t *tcp_flow(struct standing_lab *s, struct arena *arena, const char *target)
{
	AUTO(proc_freep) struct proc *server = NULL;
	const struct proc_spec serve = {.argv = ARGV("iperf3", "-s", "-1", "--forceflush")};
	struct error err = {0};
	const char *text;
	json_t *json;

	if (host_start(lab_host(s->lab, 1), &serve, &server, &err) ||
		proc_wait_output(server, "listening", deadline_in(10 * NS_PER_S), &err))
		return NULL;
	text = output_on(s, arena, 0, ARGV("iperf3", "-J", "-t", "3", "-c", target));
	if (!text || json_parse(text, strlen(text), "iperf3", &json, &err))
		return NULL;
	return json;
}

static double bps_of(const json_t *flow)
{
	return json_number_at(flow, "/end/sum_received/bits_per_second", 0);
}

/* Share of segments that were sent again. */
static double resent_share(const json_t *flow)
{
	double segments = json_number_at(flow, "/end/sum_sent/bytes", 0) / 1448;

	return json_number_at(flow, "/end/sum_sent/retransmits", 0) / (segments + 1);
}

TEST(hosts_reach_each_other_over_the_wire_and_say_so)
{
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	struct error err = {0};
	json_auto_t *facts = NULL;
	EMULATED_LAB(s, 5, &line);

	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK_OK(lab_describe(s.lab, &facts, &err), err);
	CHECK(strcmp(json_string_at(facts, "/engine", ""), "wire") == 0);
	CHECK(json_number_at(facts, "/wire/line_buffer_bytes", 0) == 1514000);
	CHECK(strcmp(json_string_at(facts, "/hosts/0/link/0/address", ""), "02:4d:42:00:00:01") ==
		0);
}

TEST(every_published_profile_carries_ping_and_tcp)
{
	static const char *const names[] = {"baseline", "low", "medium", "high"};
	struct error err = {0};
	struct profile profile;
	ARENA(arena);

	CHECK_OK(load(arena, names[0], &profile, &err), err);
	EMULATED_LAB(s, 3, &profile);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_auto_t *flow = NULL;

		CHECK_OK(load(arena, names[i], &profile, &err), err);
		CHECK_OK(lab_set_profile(s.lab, &profile, &err), err);
		CHECK(output_on(&s, arena, 0, SHELL("ping -q -c 20 -i 0.02 luna")));
		flow = tcp_flow(&s, arena, "yuki");
		printf("# %s: %.1f Mbit/s\n", names[i], bps_of(flow) / 1e6);
		CHECK(bps_of(flow) > 0);
	}
}

/* Fates per packet against fates per super-packet: what the whole engine is about. */
TEST(super_packets_that_share_a_fate_make_tcp_faster_at_low)
{
	struct error err = {0};
	json_auto_t *packet = NULL, *whole = NULL;
	struct profile profile;
	ARENA(arena);

	CHECK_OK(load(arena, "low", &profile, &err), err);
	EMULATED_LAB(s, 2, &profile);
	packet = tcp_flow(&s, arena, "yuki");
	CHECK_OK(profile_change(arena, &profile, "unit=superpacket", &err), err);
	CHECK_OK(lab_set_profile(s.lab, &profile, &err), err);
	whole = tcp_flow(&s, arena, "yuki");
	printf("# packet %.1f Mbit/s, %.2f %% sent again; super-packet %.1f Mbit/s, %.2f %%\n",
		bps_of(packet) / 1e6, resent_share(packet) * 100, bps_of(whole) / 1e6,
		resent_share(whole) * 100);
	CHECK(bps_of(packet) > 1e6);
	CHECK(bps_of(whole) > 1.5 * bps_of(packet));
	CHECK(resent_share(packet) > resent_share(whole));
}

TEST(a_profile_changes_under_a_connection_that_goes_on)
{
	struct error err = {0};
	const struct proc_spec often = {
		.argv = ARGV("ping", "-n", "-c", "400", "-i", "0.01", "yuki")};
	struct profile line, lossy;
	const char *said;
	ARENA(arena);

	CHECK_OK(load(arena, "baseline", &line, &err), err);
	CHECK_OK(load(arena, "lossy-50", &lossy, &err), err);
	EMULATED_LAB(s, 2, &line);
	AUTO(proc_freep) struct proc *ping = NULL;
	CHECK_OK(host_start(lab_host(s.lab, 0), &often, &ping, &err), err);
	CHECK_OK(proc_wait_output(ping, "icmp_seq=50 ", deadline_in(10 * NS_PER_S), &err), err);
	CHECK_OK(lab_set_profile(s.lab, &lossy, &err), err);
	CHECK_OK(proc_wait(ping, deadline_in(30 * NS_PER_S), &err), err);
	CHECK(!strstr(proc_result(ping).out, " 0% packet loss"));
	CHECK_OK(lab_set_profile(s.lab, &line, &err), err);
	said = output_on(&s, arena, 0, SHELL("ping -q -c 100 -i 0.005 yuki"));
	CHECK(said && strstr(said, " 0% packet loss"));
}

TEST(a_restarted_wire_counts_anew_and_tells_what_it_did)
{
	struct error err = {0};
	json_auto_t *before = NULL, *after = NULL;
	struct profile lossy;
	ARENA(arena);

	CHECK_OK(load(arena, "lossy-50", &lossy, &err), err);
	EMULATED_LAB(s, 2, &lossy);
	CHECK_OK(lab_restart_wire(s.lab, 7, &err), err);
	CHECK(output_on(&s, arena, 0, SHELL("ping -q -c 100 -i 0.005 yuki")));
	CHECK_OK(lab_wire_report(s.lab, &before, &err), err);
	CHECK(json_number_at(before, "/ports/0/lost", 0) > 20);
	CHECK(json_number_at(before, "/ports/0/in_packets", 0) >= 100);
	CHECK(strcmp(json_string_at(before, "/ports/1/host", ""), "yuki") == 0);
	CHECK(json_number_at(before, "/release_error_us/count", 0) > 50);
	CHECK_OK(lab_restart_wire(s.lab, 7, &err), err);
	CHECK_OK(lab_wire_report(s.lab, &after, &err), err);
	CHECK(json_number_at(after, "/ports/0/in_packets", 99) < 20);
}

/* How many packets of that size went from one host to another, and came there after `delay_ns`. */
static size_t count_packets(const struct lab_packets *packets, uint16_t from, uint16_t to,
	uint32_t bytes, int64_t delay_ns)
{
	size_t count = 0;

	for (size_t i = 0; i < packets->count; i++) {
		const struct wire_record *packet = &packets->list[i];

		count += packet->in_port == from && packet->out_port == to &&
			 packet->bytes == bytes && packet->verdict == WIRE_DELIVERED &&
			 packet->out_ns - packet->in_ns >= delay_ns;
	}
	return count;
}

TEST(the_wire_records_every_packet_by_host_also_after_a_reboot)
{
	const struct profile slow = {
		.name = "slow", .impairment = {.model = NETEM_CALIBRATED, .delay_ns = 5000000}};
	struct lab_packets packets;
	struct error err = {0};
	ARENA(arena);
	EMULATED_LAB(s, 3, &slow);

	CHECK_OK(lab_reboot_host(s.lab, 1, &err), err);
	CHECK_OK(lab_reboot_host(s.lab, 0, &err), err);
	CHECK_OK(lab_take_packets(s.lab, &packets, &err), err);
	CHECK(!packets.was_recorded && packets.count == 0);
	CHECK_OK(lab_record_packets(s.lab, 1000, &err), err);
	CHECK(output_on(&s, arena, 0, ARGV("ping", "-c", "3", "-i", "0.01", "-s", "200", "luna")));
	CHECK_OK(lab_take_packets(s.lab, &packets, &err), err);
	CHECK(packets.was_recorded && packets.missed == 0);
	CHECK(count_packets(&packets, 0, 2, 242, 5000000) == 3);
	CHECK(count_packets(&packets, 2, 0, 242, 5000000) == 3);
	CHECK(output_on(&s, arena, 0, ARGV("ping", "-c", "1", "-s", "200", "luna")));
	CHECK(count_packets(&packets, 0, 2, 242, 0) == 3);
}

TEST(a_rebooted_host_is_plugged_in_again)
{
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	struct error err = {0};
	EMULATED_LAB(s, 3, &line);

	CHECK_OK(lab_reboot_host(s.lab, 1, &err), err);
	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK_OK(lab_reboot_host(s.lab, 1, &err), err);
	CHECK_OK(lab_reboot_host(s.lab, 2, &err), err);
	CHECK_OK(lab_verify(s.lab, &err), err);
}

TEST(a_wire_that_dies_is_named_and_replaced_and_its_hosts_live_on)
{
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	struct error err = {0};
	json_t *report;
	ARENA(arena);
	EMULATED_LAB(s, 2, &line);

	CHECK(output_on(&s, arena, 0, SHELL("ping -q -c 1 yuki")));
	CHECK_OK(proc_run(s.procs,
			 &(struct proc_spec){
				 .argv = SHELL("kill -9 $(pgrep -P $PPID meshbench-wire)")},
			 deadline_in(10 * NS_PER_S), &err),
		err);
	CHECK(lab_wire_report(s.lab, &report, &err));
	printf("# %s\n", err.text);
	CHECK(strstr(err.text, "wire") && err.kind == ERROR_CRASHED);
	CHECK(!output_on(&s, arena, 0, SHELL("ping -q -c 1 -W 1 yuki")));
	CHECK_OK(lab_restart_wire(s.lab, 7, &err), err);
	CHECK_OK(lab_verify(s.lab, &err), err);
	CHECK(output_on(&s, arena, 0, SHELL("ping -q -c 1 yuki")));
	CHECK_OK(lab_reboot_host(s.lab, 1, &err), err);
	CHECK_OK(lab_verify(s.lab, &err), err);
}

TEST(what_hosts_drop_is_in_the_wires_report)
{
	const struct profile line = {.name = "baseline", .line_rate_bps = 1e9};
	struct error err = {0};
	json_auto_t *report = NULL, *facts = NULL;
	ARENA(arena);
	EMULATED_LAB(s, 2, &line);

	CHECK_OK(lab_describe(s.lab, &facts, &err), err);
	CHECK(json_is_true(json_at(facts, "/wire/senders_wait")));
	CHECK_OK(lab_restart_wire(s.lab, 7, &err), err);
	/* A reader that sleeps: its buffer holds 208 KiB, which is fewer than 400 of these. */
	CHECK(output_on(&s, arena, 0,
		SHELL("python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((\"127.0.0.1\", 7)); [s.sendto(bytes(1000), (\"127.0.0.1\", 7)) for i in range(400)]'")));
	CHECK_OK(lab_wire_report(s.lab, &report, &err), err);
	CHECK(json_number_at(report, "/ports/0/host_udp_buffer_full", 0) > 50);
	CHECK(json_number_at(report, "/ports/1/host_udp_buffer_full", 9) == 0);
	CHECK(json_number_at(report, "/ports/0/host_tx_dropped", 9) == 0);
	CHECK(json_is_true(json_at(report, "/was_good")));
}
