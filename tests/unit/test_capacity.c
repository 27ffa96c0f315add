/* SPDX-License-Identifier: MIT */
#include "runner/capacity.h"

#include "record/meta.h"

#include "base/attribute.h"
#include "base/json.h"

#include "workload/workload.h"

#include "tap.h"

#include <math.h>
#include <string.h>

static const char *const hosts[] = {"lom", "yuki", "luna"};
enum {
	LOM,
	YUKI,
	LUNA,
	HOSTS
};

/* 100 MB are 800 Mbit. */
#define BYTES 1e8

static const struct capacity_thread threads[] = {{LOM, "tincd", "tincd", 2.0, 0, 0},
	{YUKI, "nebula", "nebula", 0.5, 0.25, 100}, {YUKI, "nebula", "worker", 1.5, 1, 7},
	{LUNA, "tincd", "tincd", 8, 0, 0}};

static json_t *entry_of(const struct capacity_flow flows[], size_t count)
{
	return capacity_entry(threads, ARRAY_SIZE(threads), flows, count, hosts, HOSTS);
}

static bool is_near(const json_t *entry, const char *pointer, double value)
{
	return fabs(json_number_at(entry, pointer, NAN) - value) < 1e-9;
}

TEST(payload_is_divided_by_processor_time_of_each_end)
{
	static const struct capacity_flow one[] = {{LOM, YUKI, 0, false, BYTES}};
	json_auto_t *entry = entry_of(one, 1);

	CHECK(json_array_size(json_object_get(entry, "ends")) == 2);
	CHECK(strcmp(json_string_at(entry, "/direction", ""), "forward") == 0);
	CHECK(strcmp(json_string_at(entry, "/ends/0/role", ""), "sender") == 0);
	CHECK(strcmp(json_string_at(entry, "/ends/1/role", ""), "receiver") == 0);
	CHECK(is_near(entry, "/ends/0/one_core_mbps", 400));
	CHECK(is_near(entry, "/ends/0/cores_to_spare_mbps", 400));
	CHECK(is_near(entry, "/ends/1/one_core_mbps", 400));
	CHECK(is_near(entry, "/ends/1/cores_to_spare_mbps", 800 / 1.5));
	CHECK(strcmp(json_string_at(entry, "/ends/1/busiest_thread", ""), "worker") == 0);
	CHECK(is_near(entry, "/ends/1/second_thread_cpu_s", 0.5));
	CHECK(is_near(entry, "/ends/0/second_thread_cpu_s", 0));
	CHECK(is_near(entry, "/ends/1/waited_s", 1.25) && is_near(entry, "/ends/1/wakeups", 107));
}

TEST(of_several_directions_the_least_capacity_counts)
{
	static const struct capacity_flow there[] = {{LOM, YUKI, 0, false, BYTES}};
	static const struct capacity_flow back[] = {{LUNA, LOM, 0, true, BYTES}};
	json_auto_t *all = json_pack("[o, o]", entry_of(there, 1), entry_of(back, 1));

	CHECK(meta_least_capacity_mbps(all, "one_core_mbps") == 100);
	CHECK(isnan(meta_least_capacity_mbps(NULL, "one_core_mbps")));
}

TEST(the_weaker_end_decides)
{
	static const struct capacity_flow one[] = {{LUNA, LOM, 0, true, BYTES}};
	json_auto_t *entry = entry_of(one, 1);

	CHECK(strcmp(json_string_at(entry, "/direction", ""), "reverse") == 0);
	CHECK(is_near(entry, "/one_core_mbps", 100) && is_near(entry, "/cores_to_spare_mbps", 100));
}

TEST(flows_at_the_same_time_are_the_work_of_both_ends)
{
	static const struct capacity_flow both[] = {
		{LOM, YUKI, 0, false, BYTES}, {YUKI, LOM, 0, true, 2 * BYTES}};
	json_auto_t *entry = entry_of(both, 2);

	CHECK(strcmp(json_string_at(entry, "/direction", ""), "both") == 0);
	CHECK(strcmp(json_string_at(entry, "/ends/0/role", ""), "both") == 0);
	CHECK(is_near(entry, "/payload_bytes", 3 * BYTES));
	CHECK(is_near(entry, "/one_core_mbps", 1200));
}

TEST(a_host_of_two_links_carries_the_flows_of_both)
{
	static const struct capacity_flow ring[] = {{LOM, YUKI, 0, false, BYTES},
		{YUKI, LUNA, 0, false, BYTES}, {LUNA, LOM, 0, false, BYTES}};
	json_auto_t *entry = entry_of(ring, 3);

	CHECK(is_near(entry, "/ends/1/payload_bytes", 2 * BYTES));
	CHECK(is_near(entry, "/payload_bytes", 3 * BYTES));
	CHECK(is_near(entry, "/one_core_mbps", 200));
}

TEST(daemons_that_did_not_work_say_nothing)
{
	static const struct capacity_thread idle[] = {
		{LOM, "tincd", "tincd", 0.001, 0, 0}, {YUKI, "tincd", "tincd", 0.001, 0, 0}};
	static const struct capacity_flow one[] = {{LOM, YUKI, 0, false, BYTES}};
	static const struct capacity_flow nothing[] = {{LOM, YUKI, 0, false, 0}};

	CHECK(!capacity_entry(idle, 2, one, 1, hosts, HOSTS));
	CHECK(!capacity_entry(NULL, 0, one, 1, hosts, HOSTS));
	CHECK(!entry_of(nothing, 1));
	CHECK(!entry_of(nothing, 0));
}

TEST(connections_of_one_direction_are_one_flow)
{
	struct workload_reading reading = {0};

	workload_add_flow(&reading, 0, true, 10);
	workload_add_flow(&reading, 0, true, 5);
	workload_add_flow(&reading, 1, false, 7);
	CHECK(reading.flow_count == 2 && reading.bytes_moved == 22);
	CHECK(reading.flows[0].bytes == 15 && reading.flows[0].is_reverse);
	CHECK(reading.flows[1].bytes == 7 && reading.flows[1].wave == 1);
}
