/* SPDX-License-Identifier: MIT */
/* meshbench-marker: sends packets with unmistakable content, and says what is heard of them. */
#include "programs/marker/listen.h"
#include "programs/marker/send.h"
#include "programs/program.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static const char *device, *token_text, *to, *source;
static const char *const *texts;
static bool outgoing, is_stranger;
static double seconds = 60;
static int64_t port = 9, ether_type = 0x88b5, tos, count = 1, first, bytes = 100, sizes = 1,
	       interval_us = 1000, header_bytes, again_after;

#define INTEGER(name, argument, help, target, low, high)                                           \
	{                                                                                          \
		name, argument, help, OPTION_INTEGER, &(target), NULL, low, high                   \
	}
#define TEXT(name, argument, help, target)                                                         \
	{                                                                                          \
		name, argument, help, OPTION_TEXT, &(target), NULL, 0, 0                           \
	}
#define DEVICE TEXT("device", "NAME", "the device", device)
#define TOKEN TEXT("token", "HEX", "32 digits that nothing else contains", token_text)

static const struct option_row listen_rows[] = {
	DEVICE,
	TOKEN,
	{"outgoing", NULL, "hear what this host sends instead of what comes", OPTION_FLAG,
		&outgoing, NULL, 0, 0},
	{"find", "TEXT", "also count packets that contain this", OPTION_LIST, &texts, NULL, 0, 0},
	{"seconds", "N", "at most; SIGTERM ends it, too (60)", OPTION_SECONDS, &seconds, NULL, 0,
		0},
	INTEGER("headers", "BYTES",
		"also say how headers of UDP packets change that carry at least so many",
		header_bytes, 0, 65000),
};

static const struct option_row send_rows[] = {
	DEVICE,
	TOKEN,
	TEXT("to", "ADDRESS", "send UDP there, instead of frames", to),
	TEXT("source", "ADDRESS", "in IPv4 packets that say they are from there", source),
	{"stranger", NULL, "frames say they are from a MAC address that nobody has", OPTION_FLAG,
		&is_stranger, NULL, 0, 0},
	INTEGER("port", "N", "of UDP (9)", port, 1, 65535),
	INTEGER("type", "N", "EtherType of frames (34997, 0x88b5)", ether_type, 1536, 65535),
	INTEGER("tos", "N", "DSCP and ECN of IP (0)", tos, 0, 255),
	INTEGER("count", "N", "packets (1)", count, 1, MARK_MOST_NUMBERS),
	INTEGER("first", "N", "number of the first packet (0)", first, 0, MARK_MOST_NUMBERS - 1),
	INTEGER("bytes", "N", "of the mark (100)", bytes, MARK_LEAST_BYTES, 65000),
	INTEGER("sizes", "N", "in turn, each one byte larger than the one before (1)", sizes, 1,
		256),
	INTEGER("interval-us", "N", "between packets (1000)", interval_us, 0, 10000000),
	INTEGER("again-after", "N", "numbers begin again after so many packets (0: never)",
		again_after, 0, MARK_MOST_NUMBERS),
};

static int read_token(struct mark_token *ret_token, struct error *err)
{
	if (mark_token_read(token_text, ret_token))
		return 0;
	return fail(err, ERROR_USAGE, "--token needs %d hexadecimal digits", 2 * MARK_TOKEN_BYTES);
}

static int print(json_t *document)
{
	json_dumpf(document, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(document);
	return 0;
}

static int do_listen(const struct option_result *given, struct error *err)
{
	struct listen_spec spec = {.device = device,
		.outgoing = outgoing,
		.texts = texts,
		.seconds = seconds,
		.header_bytes = (size_t)header_bytes};
	json_t *account;

	(void)given;
	if (!device)
		return fail(err, ERROR_USAGE, "--device is missing");
	if (read_token(&spec.token, err) || marker_listen(&spec, &account, err))
		return -1;
	return print(account);
}

static int do_send(const struct option_result *given, struct error *err)
{
	struct send_spec spec = {.to = to,
		.source = source,
		.device = device,
		.port = (uint16_t)port,
		.ether_type = (uint16_t)ether_type,
		.tos = (uint8_t)tos,
		.is_stranger = is_stranger,
		.count = (uint32_t)count,
		.first = (uint32_t)first,
		.bytes = (size_t)bytes,
		.sizes = (size_t)sizes,
		.interval_ns = interval_us * 1000,
		.again_after = (uint32_t)again_after};
	struct send_account account;

	(void)given;
	if (!to && !device)
		return fail(err, ERROR_USAGE, "--to or --device is missing");
	if (bytes + sizes > 65000)
		return fail(err, ERROR_USAGE, "marks have at most 65000 bytes");
	if (source && sizes > 1)
		return fail(err, ERROR_USAGE, "--source goes with one size");
	if (first + count > MARK_MOST_NUMBERS)
		return fail(err, ERROR_USAGE, "numbers end at %d", MARK_MOST_NUMBERS);
	if (read_token(&spec.token, err) || marker_send(&spec, &account, err))
		return -1;
	return print(json_make("{s:I, s:I, s:s?}", "sent", (json_int_t)account.sent, "refused",
		(json_int_t)account.refused, "error",
		account.error ? strerrordesc_np(account.error) : NULL));
}

static const struct program_verb verbs[] = {
	{.name = "listen",
		.table = {.usage = "listen --device NAME --token HEX [OPTION]...",
			.about =
				"Prints \"ready\", hears every packet of a device and at the end prints one JSON document.",
			.rows = listen_rows,
			.count = ARRAY_SIZE(listen_rows)},
		.run = do_listen},
	{.name = "send",
		.table = {.usage = "send --token HEX [OPTION]...",
			.about =
				"Sends numbered marks and prints one JSON document: how many left.",
			.rows = send_rows,
			.count = ARRAY_SIZE(send_rows)},
		.run = do_send},
};

int main(int argc, char *argv[])
{
	return program_main("meshbench-marker", verbs, ARRAY_SIZE(verbs), argc, argv);
}
