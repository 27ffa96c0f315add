/* SPDX-License-Identifier: MIT */
/* Parameters that contradict themselves are refused; those that surprise get a warning. */
#include "netem/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	FULL_FRAME = 1514, /* bytes of an Ethernet frame at MTU 1500 */
	MAX_FINDINGS = 24
};

#define MAX_DELAY_NS INT64_C(3600000000000) /* one hour */

struct report {
	struct netem_finding list[MAX_FINDINGS];
	size_t count;
	bool errors_only; /* the effective values in warnings take milliseconds to compute */
};

static void PRINTF_LIKE(4, 5)
	add(struct report *report, bool is_error, const char *field, const char *fmt, ...)
{
	struct netem_finding *finding = &report->list[report->count];
	va_list args;

	if (report->count == MAX_FINDINGS)
		return;
	finding->field = field;
	finding->is_error = is_error;
	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
	report->count++;
}

#define REFUSE(field, ...) add(report, true, field, __VA_ARGS__)
#define WARN(field, ...)                                                                           \
	do {                                                                                       \
		if (!report->errors_only)                                                          \
			add(report, false, field, __VA_ARGS__);                                    \
	} while (0)

static void check_fraction(struct report *report, const char *field, double value)
{
	if (!(value >= 0 && value <= 1))
		REFUSE(field, "%g is not between 0 and 1 (0 and 100 %%)", value);
}

static void check_time(struct report *report, const char *field, int64_t ns)
{
	if (ns < 0)
		REFUSE(field, "is negative");
	else if (ns > MAX_DELAY_NS)
		REFUSE(field, "is longer than an hour");
}

static void check_chance(struct report *report, const char *field,
	const struct netem_params *params, const struct netem_chance *chance)
{
	check_fraction(report, field, chance->probability);
	check_fraction(report, field, chance->correlation);
	if (chance->correlation == 0 || report->count > 0)
		return;
	if (params->model == NETEM_CALIBRATED && chance->correlation == 1)
		REFUSE(field, "a correlation of 100 %% never changes: all packets or none");
	else if (chance->probability == 0)
		WARN(field, "has a correlation but no probability, so nothing happens");
	else if (params->model == NETEM_KERNEL)
		WARN(field, "correlation %g %% makes %g %% effectively %.2g %%",
			chance->correlation * 100, chance->probability * 100,
			netem_kernel_chance(chance) * 100);
}

static void check_states(struct report *report, const struct netem_loss *loss)
{
	const double chances[] = {loss->p13, loss->p31, loss->p32, loss->p23, loss->p14};
	const char *const names[] = {"loss.p13", "loss.p31", "loss.p32", "loss.p23", "loss.p14"};

	for (size_t i = 0; i < ARRAY_SIZE(chances); i++)
		check_fraction(report, names[i], chances[i]);
	if (loss->p13 + loss->p14 > 1)
		REFUSE("loss.p14", "p13 + p14 = %g, more than 1", loss->p13 + loss->p14);
	if (loss->p31 + loss->p32 > 1)
		REFUSE("loss.p32", "p31 + p32 = %g, more than 1", loss->p31 + loss->p32);
	if (loss->p13 > 0 && loss->p31 == 0)
		REFUSE("loss.p31", "is 0, so a burst never ends");
	if (loss->p32 > 0 && loss->p23 == 0)
		REFUSE("loss.p23", "is 0, so the good state within a burst is never left");
}

static void check_outages(
	struct report *report, const struct netem_params *params, const struct netem_loss *loss)
{
	if (params->model == NETEM_KERNEL)
		REFUSE("loss.kind", "the kernel has no outages in time; use the calibrated model");
	check_time(report, "loss.good_ns", loss->good_ns);
	check_time(report, "loss.bad_ns", loss->bad_ns);
	if (loss->good_ns < 1 || loss->bad_ns < 1)
		REFUSE("loss.bad_ns", "both mean durations must be above zero");
	else if (loss->good_ns + loss->bad_ns < 1000000)
		REFUSE("loss.bad_ns", "good and bad together last less than 1 ms on average");
}

static void check_loss(struct report *report, const struct netem_params *params)
{
	const struct netem_loss *loss = &params->loss;

	switch (loss->kind) {
	case NETEM_LOSS_NONE:
		return;
	case NETEM_LOSS_RANDOM:
		check_chance(report, "loss.random", params, &loss->random);
		return;
	case NETEM_LOSS_STATES:
		check_states(report, loss);
		return;
	case NETEM_LOSS_ELLIOTT:
		check_fraction(report, "loss.to_bad", loss->to_bad);
		check_fraction(report, "loss.to_good", loss->to_good);
		if (loss->to_bad + loss->to_good == 0)
			REFUSE("loss.to_bad", "both chances of a change are 0");
		break;
	case NETEM_LOSS_OUTAGES:
		check_outages(report, params, loss);
		break;
	default:
		REFUSE("loss.kind", "is not a loss model");
	}
	check_fraction(report, "loss.in_bad", loss->in_bad);
	check_fraction(report, "loss.in_good", loss->in_good);
}

static void warn_of_clipping(struct report *report, const struct netem_params *params)
{
	double share =
		(double)(params->jitter_ns - params->delay_ns) / (2 * (double)params->jitter_ns);

	if (params->jitter_ns <= params->delay_ns || params->shape != NETEM_UNIFORM)
		return;
	WARN("jitter_ns",
		"is larger than the delay: %.0f %% of packets are not delayed at all and the mean is %.2f ms",
		share * 100, netem_mean_delay_ns(params) / 1e6);
}

static void check_kernel_delay(struct report *report, const struct netem_params *params)
{
	if (params->shape != NETEM_UNIFORM && (params->delay_ns == 0 || params->jitter_ns == 0))
		REFUSE("shape", "a distribution needs a delay and a jitter");
	if (params->jitter_ns == 0)
		return;
	if (params->jitter_ns > INT32_MAX)
		WARN("jitter_ns", "the kernel caps jitter at 2.147 s");
	if (params->delay_correlation > 0 && params->jitter_ns < 1000000000)
		WARN("delay_correlation",
			"has no effect: the kernel keeps only the random part of it");
	if (params->rate_bps > 0)
		WARN("jitter_ns", "with a rate the kernel's jitter cannot change the order");
	warn_of_clipping(report, params);
}

static void check_calibrated_jitter(struct report *report, const struct netem_params *params)
{
	bool keeps_order = params->jitter != NETEM_JITTER_INDEPENDENT;

	if (params->jitter > NETEM_JITTER_INDEPENDENT)
		REFUSE("jitter", "is not a kind of jitter");
	if (params->jitter == NETEM_JITTER_WANDER && params->wander_ns < 1000)
		REFUSE("wander_ns",
			"a wandering delay needs the time between its draws, at least 1 us");
	if (params->shape == NETEM_PARETONORMAL)
		REFUSE("shape", "paretonormal exists in the kernel model only");
	if (params->delay_correlation >= 1)
		REFUSE("delay_correlation", "must be below 1");
	if (params->jitter == NETEM_JITTER_WANDER && params->delay_correlation > 0)
		REFUSE("delay_correlation",
			"contradicts a wandering delay; wander_ns says how slow it is");
	if (params->jitter_ns <= params->delay_ns)
		return;
	if (params->shape == NETEM_UNIFORM && keeps_order)
		REFUSE("jitter_ns",
			"is larger than the delay, so packets would leave before they come");
	else
		WARN("jitter_ns", "is larger than the delay; clipped at zero the mean is %.2f ms",
			netem_mean_delay_ns(params) / 1e6);
}

static void check_delay(struct report *report, const struct netem_params *params)
{
	check_time(report, "delay_ns", params->delay_ns);
	check_time(report, "jitter_ns", params->jitter_ns);
	check_fraction(report, "delay_correlation", params->delay_correlation);
	if (params->shape > NETEM_PARETONORMAL)
		REFUSE("shape", "is not a distribution");
	if (report->count > 0)
		return;
	if (params->model == NETEM_KERNEL)
		check_kernel_delay(report, params);
	else
		check_calibrated_jitter(report, params);
}

static void check_displacement(struct report *report, const struct netem_params *params)
{
	bool in_packets = params->displacement == NETEM_LATE_PACKETS ||
			  params->displacement == NETEM_EARLY_PACKETS;
	bool is_early = params->displacement == NETEM_EARLY_PACKETS ||
			params->displacement == NETEM_EARLY_TIME;

	if (params->displacement > NETEM_EARLY_TIME) {
		REFUSE("displacement", "is not a kind of displacement");
		return;
	}
	check_time(report, "reorder_ns", params->reorder_ns);
	if (params->gap > 0)
		REFUSE("gap", "exists in the kernel model only");
	if (params->reorder.probability <= 0)
		return;
	if (in_packets &&
		(params->reorder_packets < 1 || params->reorder_packets > NETEM_MAX_DISPLACEMENT))
		REFUSE("reorder_packets", "displacement must be 1 to %d packets",
			NETEM_MAX_DISPLACEMENT);
	if (!in_packets && params->reorder_ns < 1)
		REFUSE("reorder_ns", "displacement in time must be above zero");
	if (is_early && params->delay_ns == 0)
		REFUSE("displacement",
			"packets can only be early when others are delayed: set a delay");
	if (params->displacement == NETEM_EARLY_TIME && params->reorder_ns > params->delay_ns)
		WARN("reorder_ns",
			"is longer than the delay, so packets are early by the delay at most");
}

static void check_kernel_reorder(struct report *report, const struct netem_params *params)
{
	bool has_delay = params->delay_ns > 0 || params->jitter_ns > 0;

	if (params->reorder.probability > 0 && !has_delay)
		REFUSE("reorder", "needs a delay: the kernel reorders by not delaying a packet");
	if (params->gap > 0 && params->reorder.probability == 0)
		REFUSE("gap", "needs a reorder probability");
	if (params->reorder.probability > 0 && params->gap == 0)
		REFUSE("gap", "must be at least 1 with reorder; tc sets 1 when it is not given");
}

static void check_rate(struct report *report, const struct netem_params *params)
{
	bool has_lengths =
		params->overhead_bytes || params->cell_bytes || params->cell_overhead_bytes;
	int64_t cell = (int64_t)params->cell_bytes + params->cell_overhead_bytes;

	if (!(params->rate_bps == 0 || (params->rate_bps >= 8 && params->rate_bps <= 1e13)))
		REFUSE("rate_bps", "%g is not between 8 bit/s and 10 Tbit/s", params->rate_bps);
	if (has_lengths && params->rate_bps == 0)
		REFUSE("overhead_bytes", "overhead and cells change nothing without a rate");
	if (params->cell_bytes > 65535 || (params->cell_bytes > 0 && cell < 1))
		REFUSE("cell_bytes", "a cell must be 1 to 65535 bytes with its overhead");
	if (params->overhead_bytes > 65535 || params->overhead_bytes < -65535)
		REFUSE("overhead_bytes", "is more than 65535 bytes");
}

static void check_kernel_limit(struct report *report, const struct netem_params *params)
{
	double limit = params->limit_packets ? params->limit_packets : NETEM_DEFAULT_LIMIT;
	double held_s = (double)(params->delay_ns + params->jitter_ns) / 1e9;

	if (params->buffer_bytes > 0)
		REFUSE("buffer_bytes", "the kernel counts packets: use limit_packets");
	if (held_s > 0 && limit * FULL_FRAME * 8 / held_s < 1e9)
		WARN("limit_packets", "%.0f packets overflow above %.0f Mbit/s of full frames",
			limit, limit * FULL_FRAME * 8 / held_s / 1e6);
}

static void check_buffer(struct report *report, const struct netem_params *params)
{
	if (params->limit_packets > 0 && params->buffer_bytes > 0)
		REFUSE("buffer_bytes", "the buffer is given both in packets and in bytes");
	if (params->limit_packets > NETEM_MAX_BUFFER_PACKETS)
		REFUSE("limit_packets", "a buffer holds at most %d packets",
			NETEM_MAX_BUFFER_PACKETS);
	if (params->buffer_bytes > 0 && params->buffer_bytes < FULL_FRAME)
		REFUSE("buffer_bytes", "is smaller than one packet (%d bytes)", FULL_FRAME);
	if (params->slot.max_ns > 0)
		REFUSE("slot", "exists in the kernel model only");
}

static void check_slot(struct report *report, const struct netem_slot *slot)
{
	check_time(report, "slot.min_ns", slot->min_ns);
	check_time(report, "slot.max_ns", slot->max_ns);
	if (slot->min_ns > slot->max_ns)
		REFUSE("slot.min_ns", "is longer than slot.max_ns");
	if (slot->packets > INT32_MAX || slot->bytes > INT32_MAX)
		REFUSE("slot", "has room for more than 2^31-1 packets or bytes");
}

static bool is_nothing(const struct netem_params *params)
{
	return params->delay_ns == 0 && params->jitter_ns == 0 &&
	       params->loss.kind == NETEM_LOSS_NONE && params->duplicate.probability == 0 &&
	       params->corrupt.probability == 0 && params->reorder.probability == 0 &&
	       params->gap == 0 && params->rate_bps == 0 && params->limit_packets == 0 &&
	       params->buffer_bytes == 0 && params->slot.max_ns == 0;
}

static void check_model(struct report *report, const struct netem_params *params)
{
	if (params->model > NETEM_CALIBRATED)
		REFUSE("model", "is not a model");
	else if (params->model == NETEM_NONE && !is_nothing(params))
		REFUSE("model", "impairments are given but the model is none");
	if (params->unit > NETEM_UNIT_SUPERPACKET)
		REFUSE("unit", "is neither packet nor superpacket");
}

static void check_all(struct report *report, const struct netem_params *params)
{
	check_model(report, params);
	if (report->count > 0 || params->model == NETEM_NONE)
		return;
	check_delay(report, params);
	check_loss(report, params);
	check_chance(report, "duplicate", params, &params->duplicate);
	check_chance(report, "corrupt", params, &params->corrupt);
	check_chance(report, "reorder", params, &params->reorder);
	check_rate(report, params);
	check_slot(report, &params->slot);
	if (params->model == NETEM_KERNEL) {
		check_kernel_reorder(report, params);
		check_kernel_limit(report, params);
	} else {
		check_displacement(report, params);
		check_buffer(report, params);
	}
}

size_t netem_check(const struct netem_params *params, struct netem_finding findings[], size_t room)
{
	struct report report = {0};
	size_t filled = 0;

	check_all(&report, params);
	for (int errors = 1; errors >= 0; errors--) {
		for (size_t i = 0; i < report.count && filled < room; i++) {
			if (report.list[i].is_error == errors)
				findings[filled++] = report.list[i];
		}
	}
	return report.count;
}

int check_errors(const struct netem_params *params, struct error *err)
{
	struct report report = {.errors_only = true};

	check_all(&report, params);
	if (report.count == 0)
		return 0;
	return fail(err, ERROR_USAGE, "%s: %s", report.list[0].field, report.list[0].text);
}
