/* SPDX-License-Identifier: MIT */
/*
 * What the first packets meet after a silence: whether they are lost, and how long the first answer
 * takes. Meanwhile NATs forget, keys expire, routes age out and daemons sleep. A silence of two
 * hours passes in virtual time as fast as one of ten seconds.
 */
#include "workload/workload.h"

#include "workload/tool/ping.h"
#include "workload/tool/symptom.h"

#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>

enum {
	PACKETS = 25,
	INTERVAL_MS = 200,
	FINAL_WAIT_S = 5, /* for the answer to the last one */
	SLACK_S = 20,
	COMMANDS_OF_SILENCE = 2, /* nothing for so long, then pings */
	KEEP_BYTES = 65536
};

/* One in which nothing sleeps; past keep-alives, short and long UDP bindings of NATs (RFC 4787),
 * keys, and what is forgotten last. */
static const int silences_s[] = {1, 10, 60, 300, 1800, 7200};

static const struct setting wake_longest = {"wake_longest", SETTING_INTEGER, "60", NULL, 1, 7200,
	.argument = "SECONDS", .help = "longest silence of wake: 1, 10, 60, 300, 1800 or 7200"};

static size_t count_silences(const struct workload_case *c)
{
	size_t count = 0;

	while (count < ARRAY_SIZE(silences_s) &&
		silences_s[count] <= setting_integer(c->options, &wake_longest))
		count++;
	return count;
}

static double pinging_s(void)
{
	return PACKETS * INTERVAL_MS / 1e3;
}

static double estimate_s(const struct workload_case *c)
{
	double sum = 0;

	for (size_t i = 0; i < count_silences(c); i++)
		sum += silences_s[i] + pinging_s();
	return sum;
}

static struct workload_command command_of(
	const char *what, size_t wave, double limit_s, const char *const *argv)
{
	return (struct workload_command){.what = what,
		.side = WORKLOAD_SOURCE,
		.argv = argv,
		.wave = (unsigned)wave,
		.limit_ns = (int64_t)(limit_s * (double)NS_PER_S),
		.keep_bytes = KEEP_BYTES};
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	size_t count = count_silences(c) * COMMANDS_OF_SILENCE;
	struct workload_command *list = arena_alloc(arena, struct workload_command, count);

	for (size_t i = 0; i < count; i += COMMANDS_OF_SILENCE) {
		int silence_s = silences_s[i / COMMANDS_OF_SILENCE];

		list[i] = command_of("silence", i, silence_s + SLACK_S,
			ARENA_LIST(arena, "sleep", arena_printf(arena, "%d", silence_s)));
		list[i + 1] = command_of(
			arena_printf(arena, "ping after %d s of silence", silence_s), i + 1,
			pinging_s() + FINAL_WAIT_S + SLACK_S,
			ARENA_LIST(arena, "ping", "-n", "-c", arena_printf(arena, "%d", PACKETS),
				"-i", arena_printf(arena, "%g", INTERVAL_MS / 1e3), "-W",
				arena_printf(arena, "%d", FINAL_WAIT_S), c->target_address));
	}
	*ret_commands = list;
	*ret_count = count;
}

/* From the first packet on; an answer to a later one may come first. NAN without any. */
static double first_answer_ms(const struct ping_run *run)
{
	double first = NAN;
	json_t *rtt;
	size_t i;

	json_array_foreach (run->rtt_ms, i, rtt) {
		double sequence = json_number_value(json_array_get(run->sequences, i));

		first = fmin(first, (sequence - 1) * INTERVAL_MS + json_number_value(rtt));
	}
	return first;
}

/* Of the last answer, when all is awake. */
static double last_rtt_ms(const struct ping_run *run)
{
	size_t count = json_array_size(run->rtt_ms);

	return count ? json_number_value(json_array_get(run->rtt_ms, count - 1)) : NAN;
}

static void take_worst(const struct ping_run *run, int silence_s, struct workload_reading *reading)
{
	double *figures = reading->figures, first_ms = first_answer_ms(run);

	if (!(first_ms <= figures[0])) {
		figures[0] = first_ms;
		snprintf(reading->headline, sizeof(reading->headline),
			"first answer after %.3g ms (%d s of silence)", first_ms, silence_s);
	}
	figures[1] = fmax(figures[1], (double)(run->transmitted - run->received));
}

static void add_silence(const struct ping_run *run, int silence_s, struct workload_reading *reading)
{
	json_array_append_new(json_object_get(reading->data, "silences"),
		json_make("{s:i, s:I, s:I, s:o, s:o}", "silence_s", silence_s, "sent_packets",
			(json_int_t)run->transmitted, "received_packets", (json_int_t)run->received,
			"first_answer_ms", json_finite(first_answer_ms(run)), "last_rtt_ms",
			json_finite(last_rtt_ms(run))));
	reading->bytes_moved += 2 * PING_PAYLOAD_BYTES * (double)run->received;
}

static void read_silence(const struct workload_output *outputs, size_t index, int silence_s,
	struct workload_reading *reading)
{
	AUTO(ping_freep) struct ping_run *run = ping_read(outputs[index].out);
	char when[48];

	json_array_append_new(json_object_get(reading->samples, "runs"), ping_samples(run));
	snprintf(when, sizeof(when), "after %d s of silence", silence_s);
	if (symptom_of_end("silence", outputs, index - 1, reading) ||
		symptom_of_end("ping", outputs, index, reading))
		return;
	if (!ping_is_complete(run) || outputs[index].dropped_bytes) {
		ping_blame(outputs, index, when, reading);
		return;
	}
	add_silence(run, silence_s, reading);
	if (run->received)
		take_worst(run, silence_s, reading);
	else
		symptom_blame(reading, CAUSE_UNREACHABLE, index,
			"%s no packet was answered within %.0f s", when,
			pinging_s() + FINAL_WAIT_S);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	*ret_reading = (struct workload_reading){.figures = {NAN, 0}};
	ret_reading->data = json_make("{s:[]}", "silences");
	ret_reading->samples =
		json_make("{s:s, s:s, s:[]}", "from", c->source, "to", c->target, "runs");
	for (size_t i = 0; i + 1 < count && i / COMMANDS_OF_SILENCE < ARRAY_SIZE(silences_s);
		i += COMMANDS_OF_SILENCE)
		read_silence(outputs, i + 1, silences_s[i / COMMANDS_OF_SILENCE], ret_reading);
}

const struct workload workload_wake = {
	.name = "wake",
	.file = "wake.json",
	.settings = (const struct setting *const[]){&wake_longest, NULL},
	.title = "First packets after a silence",
	.figures = {"first_answer_ms", "lost_packets"},
	.figures_title = "ms to the first answer / packets lost, worst silence",
	.needs = (const char *const[]){"ping", NULL},
	.packages = (const char *const[]){"iputils-ping", NULL},
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
