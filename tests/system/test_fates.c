/* SPDX-License-Identifier: MIT */
/* Paired comparisons rest on it: every VPN of a block meets the same network, packet by packet. */
#include "lab_fixture.h"

#include <math.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

enum {
	ROOM = 4096,
	PACKETS = 120, /* compared on each port */
	PORTS = 3
};

struct fate {
	bool is_known, is_lost;
	int64_t delay_ns;
};

struct fates {
	struct fate of[PORTS][PACKETS];
};

static const struct netem_params impairment = {.model = NETEM_CALIBRATED,
	.delay_ns = 8 * MS,
	.jitter_ns = 5 * MS,
	.jitter = NETEM_JITTER_INDEPENDENT,
	.loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 0.2, .correlation = 0.3}}};

static void read_packets(const struct lab_packets *packets, struct fates *ret_fates)
{
	*ret_fates = (struct fates){0};
	for (size_t i = 0; i < packets->count; i++) {
		const struct wire_record *record = &packets->list[i];

		for (uint64_t k = record->index; k < record->index + record->packets; k++) {
			if (k < PACKETS && record->in_port < PORTS)
				ret_fates->of[record->in_port][k] = (struct fate){.is_known = true,
					.is_lost = record->verdict == WIRE_LOST,
					.delay_ns = record->out_ns - record->in_ns};
		}
	}
}

static int log_pings(struct lab_fixture *fixture, const char *address, struct fates *ret_fates,
	struct error *err)
{
	const struct proc_spec pings = {.what = "ping",
		.argv = (const char *const[]){
			"ping", "-q", "-c", "200", "-i", "0.005", "-W", "1", address, NULL}};
	struct lab_packets packets;

	if (lab_record_packets(fixture->lab, ROOM, err) ||
		host_run(lab_host(fixture->lab, 0), &pings, deadline_in(30 * NS_PER_S), err) ||
		lab_take_packets(fixture->lab, &packets, err))
		return -1;
	read_packets(&packets, ret_fates);
	return 0;
}

/* A fresh lab and VPN; only then the impairment, so that packets are counted from the first ping.
 */
static int fates_of(const char *vpn_name, uint64_t seed, struct fates *ret_fates, struct error *err)
{
	AUTO(lab_fixture_done) struct lab_fixture fixture = {0};
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	const struct profile impaired = {.name = "impaired", .impairment = impairment};
	struct driver driver;
	const char *dir;

	if (lab_fixture_up_on(&fixture, LAB_ENGINE_WIRE, err) ||
		plan_find(fixture.arena, "drivers", vpn_name, &dir, err) ||
		driver_load(fixture.arena, dir, &driver, err) ||
		vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, err) ||
		lab_set_profile(fixture.lab, &impaired, err) ||
		lab_restart_wire(fixture.lab, seed, err))
		return -1;
	return log_pings(&fixture, vpn_address(vpn, 1), ret_fates, err);
}

static int by_size(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

struct likeness {
	int known, lost, differ;
	double apart_ms; /* median of how far delays lie apart */
};

static struct likeness compare(const struct fates *a, const struct fates *b)
{
	static int64_t apart_ns[PORTS * PACKETS];
	struct likeness likeness = {0};
	size_t count = 0;

	for (int port = 0; port < PORTS; port++) {
		for (int k = 0; k < PACKETS; k++) {
			const struct fate *x = &a->of[port][k], *y = &b->of[port][k];

			if (!x->is_known || !y->is_known)
				continue;
			likeness.known++;
			likeness.lost += x->is_lost;
			likeness.differ += x->is_lost != y->is_lost;
			if (!x->is_lost && !y->is_lost)
				apart_ns[count++] = llabs(x->delay_ns - y->delay_ns);
		}
	}
	qsort(apart_ns, count, sizeof(*apart_ns), by_size);
	likeness.apart_ms = count ? (double)apart_ns[count / 2] / 1e6 : NAN;
	printf("# %d packets, %d lost, %d differ, delays apart by %.3f ms\n", likeness.known,
		likeness.lost, likeness.differ, likeness.apart_ms);
	return likeness;
}

TEST(equal_seeds_give_equal_fates_whatever_the_vpn)
{
	static struct fates bare, tunnel, other;
	struct likeness equal, unequal;
	struct error err = {0};

	CHECK_OK(fates_of("none", 7, &bare, &err), err);
	CHECK_OK(fates_of("wireguard", 7, &tunnel, &err), err);
	CHECK_OK(fates_of("wireguard", 8, &other, &err), err);
	equal = compare(&bare, &tunnel);
	unequal = compare(&bare, &other);
	CHECK(equal.known > 200 && equal.lost > 20);
	CHECK(equal.differ == 0 && equal.apart_ms < 1);
	CHECK(unequal.differ > 20 && unequal.apart_ms > 1.5);
}
