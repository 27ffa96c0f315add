/* meshbench-probe: sends numbered UDP packets by the clock, or receives them and measures. */
#include "programs/probe/probe.h"

#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: meshbench-probe receive --port N --count N [--idle-ms N] [--limit-s N] [--raw "
	"FILE]\n"
	"       meshbench-probe serve --port N [--limit-s N] [--delays]\n"
	"       meshbench-probe send ADDRESS... --port N --count N|--milliseconds N\n"
	"                            --rate PACKETS-PER-SECOND|--bits BITS-PER-SECOND\n"
	"                            [--bytes N|mtu] [--echo] [--delays] [--stream N]\n"
	"                            [--wait-ms N] [--linger-ms N] [--spin-us N]\n"
	"                            [--together N]\n"
	"\n"
	"The receiver prints \"ready\" on stderr, and what it measured as JSON on stdout. It ends "
	"when\n"
	"nothing came for --idle-ms (1000) after the first packet, or after --limit-s (60).\n"
	"The server prints \"ready\" on stdout, sends back what asks for it, and prints what it "
	"measured\n"
	"when it gets SIGTERM. Of several addresses each is sent a packet at every tick, as stream "
	"N,\n"
	"N+1, ... Delays are one-way: both sides need the same clock, as hosts of one machine "
	"have. --together (1) packets at a time go to the kernel as one super-packet, for rates "
	"that\n"
	"single ones do not reach.\n";

static int text_option(int name, struct probe_options *options)
{
	switch (name) {
	case 'w':
		options->raw_path = optarg;
		return 0;
	case 'e':
		options->wants_echo = true;
		return 0;
	case 'd':
		options->shows_delays = true;
		return 0;
	default:
		return -1;
	}
}

static int option(int name, struct probe_options *options, struct error *err)
{
	const struct {
		int name;
		int64_t low, high, *value;
	} numbers[] = {
		{'p', 1, 65535, &options->port},
		{'n', 1, PROBE_MAX_COUNT, &options->count},
		{'m', 1, 86400000, &options->seconds_ms},
		{'r', 1, 10000000, &options->rate},
		{'B', 8, 100000000000, &options->bits},
		{'b', sizeof(struct probe_head), PROBE_MAX_BYTES, &options->bytes},
		{'i', 1, 600000, &options->idle_ms},
		{'l', 1, 86400, &options->limit_s},
		{'s', 0, 65000, &options->stream},
		{'a', 0, 600000, &options->wait_ms},
		{'z', 0, 600000, &options->linger_ms},
		{'u', 0, 1000000, &options->spin_us},
		{'t', 1, PROBE_MAX_TOGETHER, &options->together},
	};

	if (name == 'b' && strcmp(optarg, "mtu") == 0) {
		options->fills_mtu = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].name == name)
			return text_integer(
				optarg, numbers[i].low, numbers[i].high, numbers[i].value, err);
	}
	return text_option(name, options) ? fail(err, ERROR_USAGE, "%s", usage) : 0;
}

static int read_options(int argc, char **argv, struct probe_options *options, struct error *err)
{
	static const struct option names[] = {{"port", 1, NULL, 'p'}, {"count", 1, NULL, 'n'},
		{"milliseconds", 1, NULL, 'm'}, {"rate", 1, NULL, 'r'}, {"bits", 1, NULL, 'B'},
		{"bytes", 1, NULL, 'b'}, {"idle-ms", 1, NULL, 'i'}, {"limit-s", 1, NULL, 'l'},
		{"raw", 1, NULL, 'w'}, {"stream", 1, NULL, 's'}, {"echo", 0, NULL, 'e'},
		{"delays", 0, NULL, 'd'}, {"wait-ms", 1, NULL, 'a'}, {"linger-ms", 1, NULL, 'z'},
		{"spin-us", 1, NULL, 'u'}, {"together", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
	int name;

	for (;;) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread */
		name = getopt_long(argc, argv, "", names, NULL);
		if (name == -1)
			break;
		if (option(name, options, err))
			return -1;
	}
	for (int i = optind; i < argc; i++) {
		if (options->address_count == PROBE_TARGETS)
			return fail(err, ERROR_USAGE, "at most %d addresses", PROBE_TARGETS);
		options->addresses[options->address_count++] = argv[i];
	}
	return options->port ? 0 : fail(err, ERROR_USAGE, "%s", usage);
}

/* What each verb must and must not be told. */
static bool is_receive(const struct probe_options *o)
{
	return o->count && !o->address_count;
}

static bool is_serve(const struct probe_options *o)
{
	return !o->count && !o->address_count;
}

static bool is_send(const struct probe_options *o)
{
	return o->address_count && !o->count != !o->seconds_ms && !o->rate != !o->bits;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*is_complete)(const struct probe_options *options);
		int (*run)(const struct probe_options *options, struct error *err);
	} verbs[] = {{"receive", is_receive, probe_receive}, {"serve", is_serve, probe_serve},
		{"send", is_send, probe_send}};
	struct probe_options options = {
		.bytes = 100, .idle_ms = 1000, .limit_s = 60, .spin_us = 30, .together = 1};
	struct error err = {0};
	int failed = fail(&err, ERROR_USAGE, "%s", usage);

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		failed = read_options(argc - 1, argv + 1, &options, &err);
		if (!failed && !verbs[i].is_complete(&options))
			failed = fail(&err, ERROR_USAGE, "%s", usage);
		if (!failed)
			failed = verbs[i].run(&options, &err);
	}
	if (failed)
		fprintf(stderr, "meshbench-probe: %s\n", err.text);
	return !failed ? 0 : err.kind == ERROR_USAGE ? 2 : 3;
}
