/* meshbench-rate: the highest UDP rate with little loss between two hosts, and what fits. */
#include "programs/rate/client.h"
#include "programs/rate/server.h"

#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const char usage[] =
	"usage: meshbench-rate serve --port N\n"
	"       meshbench-rate ask ADDRESS --port N [--trial-ms N]\n"
	"\n"
	"The server prints \"ready\" and needs the port in TCP and UDP. The client prints one "
	"JSON\n"
	"document: the largest datagram that arrives, what becomes of larger ones, and for 64, 512 "
	"and\n"
	"that many bytes the highest rate with at most 0.5 % more loss than the path has at 2000\n"
	"packets a second.\n";

struct options {
	const char *verb, *address;
	int64_t port, trial_ms;
};

static int read_options(int argc, char **argv, struct options *options, struct error *err)
{
	static const struct option names[] = {
		{"port", 1, NULL, 'p'}, {"trial-ms", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
	bool is_server;
	int name;

	options->verb = argc > 1 ? argv[1] : "";
	is_server = strcmp(options->verb, "serve") == 0;
	if (!is_server && strcmp(options->verb, "ask") != 0)
		return fail(err, ERROR_USAGE, "%s", usage);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread */
	while ((name = getopt_long(argc - 1, argv + 1, "", names, NULL)) != -1) {
		if (name == 'p' && text_integer(optarg, 1, 65535, &options->port, err))
			return -1;
		if (name == 't' && text_integer(optarg, 10, 60000, &options->trial_ms, err))
			return -1;
		if (name == '?')
			return fail(err, ERROR_USAGE, "%s", usage);
	}
	if (optind + 1 < argc)
		options->address = argv[optind + 1];
	if (!options->port || is_server != (options->address == NULL))
		return fail(err, ERROR_USAGE, "%s", usage);
	return 0;
}

static int run(const struct options *options, struct error *err)
{
	json_t *document;
	int status;

	if (!options->address)
		return rate_serve((unsigned)options->port, err);
	prctl(PR_SET_TIMERSLACK, 1UL);
	status = rate_ask(options->address, (unsigned)options->port, (unsigned)options->trial_ms,
		&document, err);
	json_dumpf(document, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(document);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = {.trial_ms = 250};
	struct error err = {0};

	if (read_options(argc, argv, &options, &err) || run(&options, &err)) {
		fprintf(stderr, "meshbench-rate: %s\n", err.text);
		return err.kind == ERROR_USAGE ? 2 : 3;
	}
	return 0;
}
