/* SPDX-License-Identifier: MIT */
/*
 * What a VPN makes of packets that an attacker on the way could send: whether its daemons live,
 * whether anything is accepted that should not be, or readable, whether memory is bounded, and what
 * the mesh carries before and after.
 */
#include "workload/mesh/mesh.h"

#include "workload/tool/symptom.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

static const struct setting hostile_packets = {"hostile_packets", SETTING_INTEGER, "200000", NULL,
	1000, 2000000, .argument = "N",
	.help = "replayed, cut, changed and reflected packets that hostile sends, in all"};

/* See feature/hostile.h: so many a second; and what takes time apart from them. */
static const double PACKETS_PER_S = 8000;
static const double OTHER_S = 25;

/* Daemons that reserve memory for what they are given once have it after the load before. */
static const double LEAST_GROWTH_BYTES = 32 << 20;

static double estimate_s(const struct workload_case *c)
{
	return (double)setting_integer(c->options, &hostile_packets) / PACKETS_PER_S + OTHER_S +
	       2 * c->seconds;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	*ret_operations = arena_alloc(arena, struct workload_operation, 1);
	**ret_operations = (struct workload_operation){.name = "hostile",
		.action = WORKLOAD_ATTACK,
		.packets = setting_integer(c->options, &hostile_packets),
		.limit_s = 60 + estimate_s(c),
		.seconds = c->seconds};
	*ret_count = 1;
}

/* All kinds together. */
struct verdict {
	double packets, crashes, lost; /* lost: the mesh did not answer afterwards */
	double again, altered, pieces, returned, readable, accepted;
	double sent, arrived; /* marks */
	double rss_most_bytes;
	size_t kinds, doubted, untried;
};

static double count_at(const json_t *entry, const char *pointer)
{
	double count = json_number_at(entry, pointer, 0);

	return count >= 0 ? count : 0;
}

static bool is_there(const json_t *entry, const char *key)
{
	const json_t *value = json_object_get(entry, key);

	return value && !json_is_null(value);
}

static void add_kind(struct verdict *v, const json_t *entry)
{
	double rss = json_number_at(entry, "/rss_bytes", 0);

	v->kinds++;
	v->packets += count_at(entry, "/hostile_packets");
	v->crashes += is_there(entry, "crash");
	v->lost += !is_there(entry, "crash") && !is_there(entry, "answers_s");
	v->untried += !is_there(entry, "counts") && !is_there(entry, "crash");
	v->doubted += !json_is_true(json_object_get(entry, "is_believed"));
	v->sent += count_at(entry, "/counts/sent");
	v->arrived += count_at(entry, "/counts/arrived");
	v->again += count_at(entry, "/counts/again");
	v->altered += count_at(entry, "/counts/altered");
	v->pieces += count_at(entry, "/counts/pieces");
	v->returned += count_at(entry, "/counts/returned");
	v->readable += count_at(entry, "/counts/readable");
	/* What was cut has its number, so it mostly comes again as well. */
	v->accepted += fmax(count_at(entry, "/counts/again"), count_at(entry, "/counts/pieces")) +
		       count_at(entry, "/counts/altered") + count_at(entry, "/counts/returned");
	if (rss > v->rss_most_bytes)
		v->rss_most_bytes = rss;
}

/* Without daemons there is nothing to say about memory. */
static json_t *is_bounded(double before, const struct verdict *v)
{
	if (!(before > 0) || !(v->rss_most_bytes > 0))
		return json_null();
	return json_boolean(v->rss_most_bytes <= 2 * before + LEAST_GROWTH_BYTES);
}

static json_t *describe(const json_t *hostile, const struct verdict *v)
{
	double before = json_number_at(hostile, "/rss_before_bytes", NAN);
	json_t *kinds = json_object_get(hostile, "kinds");

	return json_make(
		"{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O}",
		"wire_seed", json_string_at(hostile, "/wire_seed", ""), "is_bare",
		json_is_true(json_object_get(hostile, "is_bare")), "hostile_packets",
		mesh_number(v->packets), "marks_sent", mesh_number(v->sent), "marks_arrived",
		mesh_number(v->arrived), "calm_sent",
		mesh_number(json_number_at(hostile, "/calm/counts/sent", NAN)), "calm_arrived",
		mesh_number(json_number_at(hostile, "/calm/counts/arrived", NAN)), "crashes",
		mesh_number(v->crashes), "lost", mesh_number(v->lost), "again",
		mesh_number(v->again), "altered", mesh_number(v->altered), "pieces",
		mesh_number(v->pieces), "returned", mesh_number(v->returned), "accepted",
		mesh_number(v->accepted), "readable", mesh_number(v->readable), "rss_before_bytes",
		mesh_number(before), "rss_most_bytes",
		mesh_number(v->rss_most_bytes > 0 ? v->rss_most_bytes : NAN), "is_bounded",
		is_bounded(before, v), "bps_before",
		mesh_number(json_number_at(hostile, "/before/bps", NAN)), "bps_after",
		mesh_number(json_number_at(hostile, "/after/bps", NAN)), "kinds",
		kinds ? kinds : json_null());
}

static void judge(const struct verdict *v, struct workload_reading *reading)
{
	if (reading->cause != CAUSE_SUCCESS)
		return;
	if (v->kinds == 0 || v->untried > 0)
		symptom_fail(reading, CAUSE_PARSE, "%zu of %zu kinds of packets could not be tried",
			v->untried, v->kinds);
	else if (v->doubted > 0)
		snprintf(reading->doubt, sizeof(reading->doubt),
			"%zu of %zu kinds of packets were not seen on the bare link", v->doubted,
			v->kinds);
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	const json_t *hostile = json_object_get(mesh_run(observations, "hostile", 0), "hostile");
	json_t *kinds = json_object_get(hostile, "kinds"), *entry;
	struct verdict v = {0};
	size_t i;

	(void)c;
	mesh_judge(observations, ret_reading);
	json_array_foreach (kinds, i, entry)
		add_kind(&v, entry);
	judge(&v, ret_reading);
	ret_reading->data = describe(hostile, &v);
	ret_reading->figures[0] = v.crashes;
	ret_reading->figures[1] = v.accepted;
	ret_reading->figures[2] = v.readable;
	ret_reading->figures[3] =
		v.rss_most_bytes / json_number_at(hostile, "/rss_before_bytes", NAN);
	ret_reading->figures[4] = json_number_at(hostile, "/after/bps", NAN) /
				  json_number_at(hostile, "/before/bps", NAN);
	snprintf(ret_reading->headline, sizeof(ret_reading->headline),
		"%.0f crashes, %.0f accepted, %.0f readable", v.crashes, v.accepted, v.readable);
}

const struct workload workload_hostile = {
	.name = "hostile",
	.file = "hostile.json",
	.title = "Packets that an attacker on the way could send",
	.settings = (const struct setting *const[]){&hostile_packets, NULL},
	.figures = {"crashes", "accepted", "readable", "memory_ratio", "throughput_ratio"},
	.figures_title = "crashes / accepted / readable, memory and throughput: after by before",
	.needs = (const char *const[]){"iperf3", NULL},
	.packages = (const char *const[]){"iperf3", NULL},
	.scope = WORKLOAD_MESH,
	.changes_packets = true,
	.why_here = "its packets come from a stranger in the network of a lab",
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
