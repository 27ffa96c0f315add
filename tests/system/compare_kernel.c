/* SPDX-License-Identifier: MIT */
/*
 * Holds our kernel model to what a real sch_netem did to a probe's packets, in virtual time.
 * usage: compare_kernel NAME RAW-FILE COUNT BYTES NETEM-WORDS...
 * Feeds packets that were sent at the same times to the model and compares the two: loss, bursts,
 * duplicates, delay distribution, reordering. Prints a line of both; exit 1 when they disagree.
 *
 * - Words that ask for no time (no delay, no rate) have no distribution of delay and no order: what
 *   a probe finds there is the kernel's own way, which the model does not include.
 * - What chance does is asked of the model itself: it runs with SEEDS seeds, and the kernel's
 *   figure must lie within BOUND of their standard deviations from their mean (one of 150000 does
 * not by chance).
 */
#include "netem/netem.h"
#include "stats/packets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In virtual time a packet's way takes a few looks at the clock. */
#define SLACK_NS INT64_C(20000)
#define BOUND 4.5
/* What chance has no part in is the same, but for the arithmetic and, in milliseconds, the slack.
 */
#define ROUNDING 1e-9

enum {
	SEEDS = 40
};

struct flow {
	struct packet_arrival *arrivals;
	size_t count;
	struct packets_result result;
};

static void die(const char *what)
{
	fprintf(stderr, "compare_kernel: %s\n", what);
	exit(2);
}

static void *reserve(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		die("out of memory");
	return memory;
}

static void read_raw(const char *path, struct flow *flow, size_t room)
{
	FILE *stream = fopen(path, "r");
	long long sent, received;
	unsigned number;

	if (!stream)
		die(path);
	while (flow->count < room && fscanf(stream, "%u %lld %lld", &number, &sent, &received) == 3)
		flow->arrivals[flow->count++] = (struct packet_arrival){
			.number = number, .sent_ns = sent, .received_ns = received};
	fclose(stream);
}

/* Times of sending; what was lost was sent evenly between its neighbours that came. */
static void recover_times(const struct flow *flow, int64_t *sent_ns, size_t sent)
{
	size_t known = SIZE_MAX;

	for (size_t i = 0; i < flow->count; i++)
		sent_ns[flow->arrivals[i].number] = flow->arrivals[i].sent_ns;
	for (size_t i = 0; i < sent; i++) {
		if (sent_ns[i] == 0)
			continue;
		for (size_t k = known + 1; known != SIZE_MAX && k < i; k++)
			sent_ns[k] = sent_ns[known] + (sent_ns[i] - sent_ns[known]) *
							      (int64_t)(k - known) /
							      (int64_t)(i - known);
		for (size_t k = 0; known == SIZE_MAX && k < i; k++)
			sent_ns[k] = sent_ns[i];
		known = i;
	}
	for (size_t k = known == SIZE_MAX ? 0 : known + 1; k < sent; k++)
		sent_ns[k] = known == SIZE_MAX ? 1 : sent_ns[known];
}

struct waiting {
	struct packet_arrival arrival;
	size_t order;
	bool is_out;
};

static int by_release(const void *left, const void *right)
{
	const struct waiting *a = left, *b = right;

	if (a->arrival.received_ns != b->arrival.received_ns)
		return a->arrival.received_ns < b->arrival.received_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Whatever is due leaves, so that the model's queue is as long as the kernel's would be. */
static void leave(
	struct netem *netem, struct waiting *list, size_t count, size_t *oldest, int64_t now)
{
	for (size_t i = *oldest; i < count; i++) {
		if (list[i].is_out || list[i].arrival.received_ns > now)
			continue;
		list[i].is_out = true;
		netem_left(netem);
	}
	while (*oldest < count && list[*oldest].is_out)
		++*oldest;
}

struct stream {
	const int64_t *sent_ns;
	size_t sent;
	uint32_t bytes;
};

static void run_model(const struct netem_params *params, const struct stream *stream, uint64_t seed,
	struct flow *flow)
{
	struct waiting *list = reserve(2 * stream->sent, sizeof(*list));
	struct netem *netem = NULL;
	struct error err = {0};
	size_t oldest = 0, count = 0;

	if (netem_new(&(struct netem_key){.seed = seed}, &netem, &err) ||
		netem_set(netem, params, NULL, stream->sent_ns[0], &err))
		die(err.text);
	netem_restart(netem, seed, stream->sent_ns[0]);
	for (size_t i = 0; i < stream->sent; i++) {
		int64_t sent_ns = stream->sent_ns[i];
		struct netem_fate fate;

		leave(netem, list, count, &oldest, sent_ns);
		netem_decide(netem, sent_ns, stream->bytes, &fate);
		for (unsigned c = 0; c < fate.count; c++) {
			int64_t release_ns = fate.copy[c].release_ns;

			if (fate.copy[c].verdict != NETEM_PASSES)
				continue;
			list[count] = (struct waiting){.order = count,
				.is_out = fate.copy[c].is_immediate,
				.arrival = {(uint32_t)i, sent_ns,
					release_ns > sent_ns ? release_ns : sent_ns}};
			count++;
		}
	}
	qsort(list, count, sizeof(*list), by_release);
	for (size_t i = 0; i < count; i++)
		flow->arrivals[flow->count++] = list[i].arrival;
	free(list);
	netem_free(netem);
}

static int by_number(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static int64_t *delays_of(const struct flow *flow)
{
	int64_t *delays = reserve(flow->count + 1, sizeof(*delays));

	for (size_t i = 0; i < flow->count; i++)
		delays[i] = flow->arrivals[i].received_ns - flow->arrivals[i].sent_ns;
	qsort(delays, flow->count, sizeof(*delays), by_number);
	return delays;
}

static double share_below(const int64_t *sorted, size_t count, int64_t value)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sorted[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return (double)low / (double)count;
}

/* Kolmogorov's distance between distributions that may lie apart by the slack either way. */
static double delay_distance(const struct flow *kernel, const struct flow *model)
{
	int64_t *k = delays_of(kernel), *m = delays_of(model);
	double distance = 0;

	for (size_t i = 0; i < model->count; i++) {
		double expected = share_below(m, model->count, m[i]);
		double most = share_below(k, kernel->count, m[i] + SLACK_NS);
		double least = share_below(k, kernel->count, m[i] - SLACK_NS);

		distance = fmax(distance, fmax(expected - most, least - expected));
	}
	free(k);
	free(m);
	return distance;
}

static int verdict(const char *what, double found, double allowed)
{
	if (found <= allowed)
		return 0;
	printf("\n  DISAGREE: %s: apart by %.4f, allowed %.4f", what, found, allowed);
	return 1;
}

static bool asks_for_time(const struct netem_params *params)
{
	return params->delay_ns > 0 || params->jitter_ns > 0 || params->rate_bps > 0;
}

static void measure(struct flow *flow, size_t sent)
{
	struct error err = {0};

	if (packets_measure(flow->arrivals, flow->count, sent, &flow->result, &err))
		die(err.text);
}

enum figure {
	LOSS,
	DUPLICATES,
	BURST,
	REORDERED,
	THREE_REORDERED,
	MEAN_DELAY_MS,
	FIGURES
};

static void figures_of(const struct packets_result *r, double figures[FIGURES])
{
	double sent = (double)r->sent, received = (double)r->received;

	figures[LOSS] = (double)r->lost / sent;
	figures[DUPLICATES] = (double)r->duplicates / sent;
	figures[BURST] = r->mean_burst;
	figures[REORDERED] = (double)r->reordered / received;
	figures[THREE_REORDERED] = (double)r->n_reordered[3] / received;
	figures[MEAN_DELAY_MS] = r->delay.mean_us / 1e3;
}

/* What the model's figures are on average, and how they vary by chance. */
struct spread {
	double mean[FIGURES], deviation[FIGURES];
};

/* The arrivals of the last run stay in `model`. */
static void spread_of(const struct netem_params *params, const struct stream *stream,
	struct flow *model, struct spread *spread)
{
	double figures[FIGURES], sum[FIGURES] = {0}, squares[FIGURES] = {0};

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		model->count = 0;
		run_model(params, stream, seed, model);
		measure(model, stream->sent);
		figures_of(&model->result, figures);
		for (int f = 0; f < FIGURES; f++) {
			sum[f] += figures[f];
			squares[f] += figures[f] * figures[f];
		}
	}
	for (int f = 0; f < FIGURES; f++) {
		spread->mean[f] = sum[f] / SEEDS;
		spread->deviation[f] =
			sqrt(fmax(0, squares[f] - sum[f] * spread->mean[f]) / (SEEDS - 1));
	}
}

static int judge(const char *what, enum figure figure, const double kernel[FIGURES],
	const struct spread *model)
{
	double slack = figure == MEAN_DELAY_MS ? (double)SLACK_NS / 1e6 : ROUNDING;

	return verdict(what, fabs(kernel[figure] - model->mean[figure]),
		BOUND * model->deviation[figure] * sqrt(1 + 1.0 / SEEDS) + slack);
}

static int compare(const char *name, const struct flow *kernel, const struct flow *model,
	const struct spread *spread, const struct netem_params *params)
{
	double n = (double)(kernel->count < model->count ? kernel->count : model->count);
	double distance = delay_distance(kernel, model), figures[FIGURES];
	int disagreements = 0;

	figures_of(&kernel->result, figures);
	printf("%-18s loss %5.2f %5.2f %%  burst %4.2f %4.2f  dup %5.2f %5.2f %%  mean %6.2f %6.2f ms  KS %.4f  reordered %5.2f %5.2f %%  n3 %5.2f %5.2f %%",
		name, 100 * figures[LOSS], 100 * spread->mean[LOSS], figures[BURST],
		spread->mean[BURST], 100 * figures[DUPLICATES], 100 * spread->mean[DUPLICATES],
		figures[MEAN_DELAY_MS], spread->mean[MEAN_DELAY_MS], distance,
		100 * figures[REORDERED], 100 * spread->mean[REORDERED],
		100 * figures[THREE_REORDERED], 100 * spread->mean[THREE_REORDERED]);
	disagreements += judge("loss", LOSS, figures, spread);
	disagreements += judge("duplicates", DUPLICATES, figures, spread);
	disagreements += judge("mean burst", BURST, figures, spread);
	if (!asks_for_time(params))
		return disagreements;
	disagreements += judge("mean delay", MEAN_DELAY_MS, figures, spread);
	disagreements += judge("reordered share", REORDERED, figures, spread);
	disagreements += judge("3-reordered share", THREE_REORDERED, figures, spread);
	/* Kolmogorov's bound at one in a hundred thousand. */
	return disagreements + verdict("delay (KS)", distance, 2.47 * sqrt(2 / n));
}

int main(int argc, char **argv)
{
	struct flow kernel = {0}, model = {0};
	struct spread spread;
	struct netem_params params;
	struct error err = {0};
	struct stream stream = {0};
	int64_t *sent_ns;
	int disagreements;
	size_t word;

	if (argc < 6)
		die("usage: compare_kernel NAME RAW-FILE COUNT BYTES NETEM-WORDS...");
	if (netem_parse_words(
		    (const char *const *)argv + 5, (size_t)argc - 5, &params, &word, &err))
		die(err.text);
	stream.sent = strtoul(argv[3], NULL, 10);
	/* On the wire: payload, UDP, IPv4 and Ethernet headers. */
	stream.bytes = (uint32_t)strtoul(argv[4], NULL, 10) + 42;
	kernel.arrivals = reserve(3 * stream.sent, sizeof(*kernel.arrivals));
	model.arrivals = reserve(3 * stream.sent, sizeof(*model.arrivals));
	sent_ns = reserve(stream.sent + 1, sizeof(*sent_ns));
	read_raw(argv[2], &kernel, 3 * stream.sent);
	if (kernel.count == 0)
		die("nothing arrived through the kernel");
	recover_times(&kernel, sent_ns, stream.sent);
	stream.sent_ns = sent_ns;
	measure(&kernel, stream.sent);
	spread_of(&params, &stream, &model, &spread);
	disagreements = compare(argv[1], &kernel, &model, &spread, &params);
	putchar('\n');
	return disagreements > 0;
}
