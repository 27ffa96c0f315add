/* SPDX-License-Identifier: MIT */
/* meshbench-probe: sends numbered UDP packets by the clock, or receives them and measures. */
#include "programs/probe/probe.h"
#include "programs/program.h"

#include "base/text.h"

#include <string.h>

static struct probe_options options = {
	.bytes = 100, .idle_ms = 1000, .limit_s = 60, .spin_us = 30, .together = 1};
static const char *bytes_text;

#define INTEGER(name, argument, help, field, low, high)                                            \
	{                                                                                          \
		name, argument, help, OPTION_INTEGER, &options.field, NULL, low, high              \
	}
#define FLAG(name, help, field)                                                                    \
	{                                                                                          \
		name, NULL, help, OPTION_FLAG, &options.field, NULL, 0, 0                          \
	}
#define PORT INTEGER("port", "N", "UDP port of the receiver", port, 1, 65535)
#define COUNT INTEGER("count", "N", "packets of a stream", count, 1, PROBE_MAX_COUNT)
#define LIMIT INTEGER("limit-s", "N", "end after this many seconds (60)", limit_s, 1, 86400)

static const struct option_row receive_rows[] = {
	PORT,
	COUNT,
	LIMIT,
	INTEGER("idle-ms", "N", "end this long after the last packet (1000)", idle_ms, 1, 600000),
	{"raw", "FILE", "also write every arrival to this file", OPTION_TEXT, &options.raw_path,
		NULL, 0, 0},
};

static const struct option_row serve_rows[] = {
	PORT,
	LIMIT,
	FLAG("delays", "also print the delay of every packet", shows_delays),
};

static const struct option_row send_rows[] = {
	PORT,
	COUNT,
	INTEGER("milliseconds", "N", "send for this long instead of --count packets", seconds_ms, 1,
		86400000),
	INTEGER("rate", "N", "packets per second", rate, 1, 10000000),
	INTEGER("bits", "N", "bits of payload per second, instead of --rate", bits, 8,
		100000000000),
	{"bytes", "N|mtu", "payload of a packet, or what fits the path (100)", OPTION_TEXT,
		&bytes_text, NULL, 0, 0},
	FLAG("echo", "ask for an echo of every packet", wants_echo),
	FLAG("delays", "also print the delay of every echo", shows_delays),
	FLAG("times", "also print when every echo was asked for and came", shows_times),
	INTEGER("stream", "N", "number of the first address's stream (0)", stream, 0, 65000),
	INTEGER("wait-ms", "N", "wait this long before the first packet", wait_ms, 0, 600000),
	INTEGER("linger-ms", "N", "wait this long for late echoes", linger_ms, 0, 600000),
	INTEGER("spin-us", "N", "do not sleep in this time before a packet is due (30)", spin_us, 0,
		1000000),
	INTEGER("together", "N", "packets given to the kernel as one super-packet (1)", together, 1,
		PROBE_MAX_TOGETHER),
};

static const struct option_row count_rows[] = {
	PORT,
	LIMIT,
};

static const struct option_row flood_rows[] = {
	PORT,
	INTEGER("milliseconds", "N", "send for this long", seconds_ms, 1, 86400000),
	{"bytes", "N|mtu", "payload of a packet, or that of a TCP segment on this path (100)",
		OPTION_TEXT, &bytes_text, NULL, 0, 0},
	INTEGER("linger-ms", "N", "end this long after the last packet", linger_ms, 0, 600000),
	INTEGER("open-ms", "N",
		"first wait, but no longer than this, until the receiver has answered a packet as large as those of the flood",
		open_ms, 0, 600000),
};

static int take_bytes(struct error *err)
{
	options.fills_mtu = bytes_text && strcmp(bytes_text, "mtu") == 0;
	if (!bytes_text || options.fills_mtu)
		return 0;
	if (text_integer(
		    bytes_text, sizeof(struct probe_head), PROBE_MAX_BYTES, &options.bytes, err))
		return fail_in(err, "--bytes");
	return 0;
}

static int receive(const struct option_result *given, struct error *err)
{
	(void)given;
	if (!options.port || !options.count)
		return fail(err, ERROR_USAGE, "receive needs --port and --count");
	return probe_receive(&options, err);
}

static int serve(const struct option_result *given, struct error *err)
{
	(void)given;
	if (!options.port)
		return fail(err, ERROR_USAGE, "serve needs --port");
	return probe_serve(&options, err);
}

static int send_packets(const struct option_result *given, struct error *err)
{
	if (!options.port || !options.count == !options.seconds_ms ||
		!options.rate == !options.bits)
		return fail(err, ERROR_USAGE,
			"send needs --port, one of --count and --milliseconds, and one of --rate and --bits");
	options.address_count = given->argument_count;
	for (size_t i = 0; i < given->argument_count; i++)
		options.addresses[i] = given->arguments[i];
	return take_bytes(err) ? -1 : probe_send(&options, err);
}

static int count(const struct option_result *given, struct error *err)
{
	(void)given;
	if (!options.port)
		return fail(err, ERROR_USAGE, "count needs --port");
	return probe_count(&options, err);
}

static int flood(const struct option_result *given, struct error *err)
{
	if (!options.port || !options.seconds_ms)
		return fail(err, ERROR_USAGE, "flood needs --port and --milliseconds");
	options.addresses[0] = given->arguments[0];
	return take_bytes(err) ? -1 : probe_flood(&options, err);
}

static const struct program_verb verbs[] = {
	{.name = "receive",
		.table = {.usage = "receive --port N --count N [OPTION]...",
			.about = "Prints \"ready\" on stderr, and its results as JSON on stdout.",
			.rows = receive_rows,
			.count = ARRAY_SIZE(receive_rows)},
		.run = receive},
	{.name = "serve",
		.table = {.usage = "serve --port N [OPTION]...",
			.about =
				"Prints \"ready\", echoes packets that ask for it, and prints its results as JSON on SIGTERM.",
			.rows = serve_rows,
			.count = ARRAY_SIZE(serve_rows)},
		.run = serve},
	{.name = "send",
		.table = {.usage =
				  "send ADDRESS... --port N --count N|--milliseconds N --rate N|--bits N [OPTION]...",
			.about =
				"Sends a packet to every address at every tick, as stream N, N+1, ... Delays are one-way: both sides need the same clock, as hosts of one machine have.",
			.rows = send_rows,
			.count = ARRAY_SIZE(send_rows),
			.arguments_min = 1,
			.arguments_max = PROBE_TARGETS},
		.run = send_packets},
	{.name = "count",
		.table = {.usage = "count --port N [OPTION]...",
			.about =
				"Prints \"ready\", counts the packets of one flood, and prints its results as JSON on SIGTERM.",
			.rows = count_rows,
			.count = ARRAY_SIZE(count_rows)},
		.run = count},
	{.name = "flood",
		.table = {.usage = "flood ADDRESS --port N --milliseconds N [OPTION]...",
			.about =
				"Sends packets as fast as the kernel takes them, and ends by its own clock.",
			.rows = flood_rows,
			.count = ARRAY_SIZE(flood_rows),
			.arguments_min = 1,
			.arguments_max = 1},
		.run = flood},
};

int main(int argc, char *argv[])
{
	return program_main("meshbench-probe", verbs, ARRAY_SIZE(verbs), argc, argv);
}
