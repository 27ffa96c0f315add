/* SPDX-License-Identifier: MIT */
#include "record/hardware.h"
#include "record/hosts.h"
#include "record/settings.h"
#include "record/summary.h"
#include "record/timing.h"

#include "tap.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

static bool has(const json_t *summary, double p25, double p50, double p75)
{
	return fabs(json_number_at(summary, "/percentiles/p25", NAN) - p25) < 1e-12 &&
	       fabs(json_number_at(summary, "/percentiles/p50", NAN) - p50) < 1e-12 &&
	       fabs(json_number_at(summary, "/percentiles/p75", NAN) - p75) < 1e-12;
}

TEST(a_summary_has_the_published_quartiles)
{
	json_auto_t *three = summary_json((const double[]){0.562, 0.569, 0.557}, 3);
	json_auto_t *four = summary_json((const double[]){4, 1, 3, 2}, 4);
	json_auto_t *one = summary_json((const double[]){7}, 1);

	CHECK(has(three, 0.557, 0.562, 0.569));
	CHECK(json_number_at(three, "/min", 0) == 0.557);
	CHECK(json_number_at(three, "/max", 0) == 0.569);
	CHECK(fabs(json_number_at(three, "/average", 0) - 0.5626666666666667) < 1e-12);
	CHECK(has(four, 1.25, 2.5, 3.75));
	CHECK(has(one, 7, 7, 7));
}

TEST(quartiles_of_two_values_stay_between_them)
{
	json_auto_t *loss = summary_json((const double[]){100, 0}, 2);

	CHECK(has(loss, 0, 50, 100));
}

TEST(no_values_are_no_measurement_rather_than_zero)
{
	json_auto_t *nothing = summary_json(NULL, 0);

	CHECK(json_is_null(nothing));
}

TEST(settings_are_doubled_as_published_and_plain_beside_it)
{
	const struct settings low = {.alias = "low_impairment",
		.model = "netem",
		.is_impaired = true,
		.line_rate_bps = 1e9,
		.delay_ns = 2000000,
		.jitter_ns = 2000000,
		.loss = 0.0025,
		.reorder = 0.005,
		.reorder_correlation = 0.25};
	json_auto_t *parameters = json_pack("{s:f}", "delay_ms", 2.0);
	const struct settings baseline = {
		.alias = "baseline", .model = "none", .parameters = parameters};
	json_auto_t *json = settings_json(&low);
	json_auto_t *bare = settings_json(&baseline);

	CHECK(json_number_at(json, "/settings/latency_ms", 0) == 4);
	CHECK(json_number_at(json, "/settings/jitter_ms", 0) == 4);
	CHECK(json_number_at(json, "/settings/packet_loss_percent", 0) == 0.5);
	CHECK(json_number_at(json, "/settings/reorder_percent", 0) == 1);
	CHECK(json_number_at(json, "/settings/reorder_correlation", 0) == 25);
	CHECK(json_is_null(json_at(json, "/settings/bandwidth_mbit")));
	CHECK(json_number_at(json, "/one_way/delay_ms", 0) == 2);
	CHECK(json_number_at(json, "/one_way/loss_percent", 0) == 0.25);
	CHECK(json_number_at(json, "/one_way/line_rate_bits_per_second", 0) == 1e9);
	CHECK(!json_at(json, "/parameters"));
	CHECK(json_number_at(bare, "/parameters/delay_ms", 0) == 2);
	CHECK(json_is_null(json_at(bare, "/settings")));
	CHECK(json_is_null(json_at(bare, "/one_way/line_rate_bits_per_second")));
}

TEST(timing_grows_by_phases_and_ends_where_the_last_one_ends)
{
	json_auto_t *timing = timing_new("nebula", 100);

	timing_begin_phase(timing, "vpn_installation", NULL, 101);
	timing_add(timing, &(struct timing_operation){"generate_keys", 101, 2, NULL});
	timing_end_phase(timing, 104);
	timing_begin_phase(timing, "benchmarking", "baseline", 105);
	timing_add(timing, &(struct timing_operation){"run_tests", 105, 5, "luna \xff fell"});
	timing_end_phase(timing, 110);
	CHECK(json_number_at(timing, "/total_duration_seconds", 0) == 10);
	CHECK(json_number_at(timing, "/end_timestamp", 0) == 110);
	CHECK(json_number_at(timing, "/phases/0/duration_seconds", 0) == 3);
	CHECK(json_is_true(json_at(timing, "/phases/0/operations/0/success")));
	CHECK(!json_at(timing, "/phases/0/metadata"));
	CHECK(strcmp(json_string_at(timing, "/phases/1/metadata/profile", ""), "baseline") == 0);
	CHECK(json_is_false(json_at(timing, "/phases/1/operations/0/success")));
	CHECK(json_at(timing, "/phases/1/operations/0/error_message"));
}

TEST(hosts_keep_their_order_and_an_unknown_address_is_null)
{
	const struct hosts_entry entries[] = {
		{"lom", "10.1.0.1", "10.0.0.1"}, {"yuki", NULL, NULL}};
	json_auto_t *json = hosts_json(entries, 2);

	CHECK(strcmp(json_string_at(json, "/0/cmachine/name", ""), "lom") == 0);
	CHECK(strcmp(json_string_at(json, "/0/vpn_ip", ""), "10.1.0.1") == 0);
	CHECK(json_is_null(json_at(json, "/1/vpn_ip")));
}

TEST(a_machine_is_described_from_its_proc_and_sys)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *machine = NULL;
	struct error err = {0};
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it */
	const char *root = arena_printf(arena, "%s/tests/golden/machine", getenv("SOURCE_ROOT"));

	CHECK_OK(hardware_machine(root, "lom", &machine, &err), err);
	CHECK(json_number_at(machine, "/cpu/model", 0) == 94);
	CHECK(json_number_at(machine, "/cpu/cores", 0) == 4);
	CHECK(json_number_at(machine, "/cpu/siblings", 0) == 8);
	CHECK(json_number_at(machine, "/cpu/cache_kb", 0) == 8192);
	CHECK(json_number_at(machine, "/cpu/bogo", 0) == 6799.81);
	CHECK(json_array_size(json_at(machine, "/cpu/features")) == 3);
	CHECK(strcmp(json_string_at(machine, "/cpu/features/0", ""), "aes") == 0);
	CHECK(strcmp(json_string_at(machine, "/cpu/bugs/1", ""), "spectre_v1") == 0);
	CHECK(json_number_at(machine, "/memory/total_bytes", 0) == 1024.0 * 65536000);
	CHECK(json_array_size(json_at(machine, "/network_interfaces")) == 2);
	CHECK(strcmp(json_string_at(machine, "/network_controllers/0/vendor", ""), "10ec") == 0);
	CHECK(strcmp(json_string_at(machine, "/network_controllers/0/unix_device_name", ""),
		      "enp3s0") == 0);
}

TEST(another_machine_says_the_same_of_its_hardware)
{
	static const char said[] =
		"architecture aarch64\ndevice eth0 r8169 0x10ec 0x8168\ndevice lo unknown - -\n"
		"cpuinfo\nmodel name\t: A processor\ncpu cores\t: 4\nflags\t: sse aes odd\n\n"
		"meminfo\nMemTotal:       2048 kB\n";
	json_auto_t *machine = NULL;
	json_t *none = NULL;
	struct error err = {0};

	CHECK_OK(hardware_parse(said, "lom", &machine, &err), err);
	CHECK(strcmp(json_string_at(machine, "/machine_name", ""), "lom") == 0);
	CHECK(strcmp(json_string_at(machine, "/cpu/architecture", ""), "aarch64") == 0);
	CHECK(strcmp(json_string_at(machine, "/cpu/model_name", ""), "A processor") == 0);
	CHECK(json_number_at(machine, "/cpu/cores", 0) == 4);
	CHECK(json_array_size(json_at(machine, "/cpu/features")) == 2);
	CHECK(json_number_at(machine, "/memory/total_bytes", 0) == 2048 * 1024);
	CHECK(json_array_size(json_at(machine, "/network_interfaces")) == 2);
	CHECK(json_array_size(json_at(machine, "/network_controllers")) == 1);
	CHECK(strcmp(json_string_at(machine, "/network_controllers/0/device", ""), "8168") == 0);
	CHECK(hardware_parse("sh: 1: not found\n", "lom", &none, &err));
	CHECK(err.kind == ERROR_PARSE && strstr(err.text, "lom"));
}

TEST(a_machine_without_proc_says_so)
{
	json_t *machine = NULL;
	struct error err = {0};

	CHECK(hardware_machine("/nonexistent", "lom", &machine, &err));
	CHECK(strstr(err.text, "/nonexistent/proc/cpuinfo"));
}

TEST(a_distribution_tells_its_tail)
{
	double values[1000];
	json_auto_t *one = NULL, *many = NULL;

	for (size_t i = 0; i < 1000; i++)
		values[i] = (double)(1000 - i);
	many = summary_distribution(values, 1000);
	one = summary_distribution(values, 1);
	CHECK(json_number_at(many, "/count", 0) == 1000);
	CHECK(json_number_at(many, "/percentiles/p90", 0) == 900);
	CHECK(json_number_at(many, "/percentiles/p99", 0) == 990);
	CHECK(json_number_at(many, "/percentiles/p999", 0) == 999);
	CHECK(json_number_at(one, "/percentiles/p999", 0) == 1000);
}
