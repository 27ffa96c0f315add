/* SPDX-License-Identifier: MIT */
/* meshbench-rate: the highest UDP rate with little loss between two hosts, and what fits. */
#include "programs/program.h"
#include "programs/rate/client.h"
#include "programs/rate/server.h"

#include <sys/prctl.h>

static int64_t port, trial_ms = 250;

#define PORT                                                                                       \
	{                                                                                          \
		"port", "N", "TCP and UDP port of the server", OPTION_INTEGER, &port, NULL, 1,     \
			65535                                                                      \
	}

static const struct option_row serve_rows[] = {PORT};
static const struct option_row ask_rows[] = {
	PORT,
	{"trial-ms", "N", "length of a trial (250)", OPTION_INTEGER, &trial_ms, NULL, 10, 60000},
};

static int serve(const struct option_result *given, struct error *err)
{
	(void)given;
	if (!port)
		return fail(err, ERROR_USAGE, "serve needs --port");
	return rate_serve((unsigned)port, err);
}

static int ask(const struct option_result *given, struct error *err)
{
	json_t *document;
	int status;

	if (!port)
		return fail(err, ERROR_USAGE, "ask needs --port");
	prctl(PR_SET_TIMERSLACK, 1UL);
	status = rate_ask(given->arguments[0], (unsigned)port, (unsigned)trial_ms, &document, err);
	json_dumpf(document, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(document);
	return status;
}

static int sizes(const struct option_result *given, struct error *err)
{
	json_auto_t *document = NULL;

	if (!port)
		return fail(err, ERROR_USAGE, "sizes needs --port");
	if (rate_sizes(given->arguments[0], (unsigned)port, &document, err))
		return -1;
	json_dumpf(document, stdout, JSON_COMPACT);
	putchar('\n');
	return 0;
}

static const struct program_verb verbs[] = {
	{.name = "serve",
		.table = {.usage = "serve --port N",
			.about = "Prints \"ready\" and answers one client after another.",
			.rows = serve_rows,
			.count = ARRAY_SIZE(serve_rows)},
		.run = serve},
	{.name = "ask",
		.table = {.usage = "ask ADDRESS --port N [OPTION]...",
			.about =
				"Prints one JSON document: the largest datagram that arrives, what becomes of larger ones, and for 64, 512 and that many bytes the highest rate with at most 0.5 % more loss than the path has at 2000 packets a second.",
			.rows = ask_rows,
			.count = ARRAY_SIZE(ask_rows),
			.arguments_min = 1,
			.arguments_max = 1},
		.run = ask,
		.explains_itself = true},
	{.name = "sizes",
		.table = {.usage = "sizes ADDRESS --port N",
			.about =
				"Prints one JSON document: the largest packets that arrive in one piece and in fragments.",
			.rows = serve_rows,
			.count = ARRAY_SIZE(serve_rows),
			.arguments_min = 1,
			.arguments_max = 1},
		.run = sizes},
};

int main(int argc, char *argv[])
{
	return program_main("meshbench-rate", verbs, ARRAY_SIZE(verbs), argc, argv);
}
