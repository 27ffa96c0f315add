/* SPDX-License-Identifier: MIT */
/* meshbench-quic: moves data over QUIC for a while, one connection per thread and port. */
#include "programs/quic/congestion.h"
#include "programs/quic/flow.h"
#include "programs/quic/tls.h"

#include "programs/datagram.h"
#include "programs/fit.h"
#include "programs/program.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

enum {
	MOST_CONNECTIONS = 256,
	/* The first datagram of clients that begin with more than they must: published failures. */
	OTHERS_DATAGRAM = 1280
};

#define PATIENCE_NS (10 * NS_PER_S)

struct options {
	const char *verb, *address, *congestion;
	int64_t port, connections, seconds;
};

/* What every thread of a side shares. */
struct side {
	const struct options *options;
	gnutls_certificate_credentials_t credentials;
	int stop_fd;
	pthread_mutex_t printing;
};

struct worker {
	struct side *side;
	struct quic_flow flow;
	pthread_t thread;
	json_t *report;
	struct error err;
};

static bool is_server(const struct options *options)
{
	return !options->address;
}

static struct quic_settings settings_of(const struct side *side)
{
	return (struct quic_settings){.credentials = side->credentials,
		.congestion = side->options->congestion,
		.task = strcmp(side->options->verb, "upload") == 0 ? QUIC_UPLOAD : QUIC_DOWNLOAD,
		.patience_ns = PATIENCE_NS};
}

static unsigned port_of(const struct worker *worker)
{
	return (unsigned)(worker->side->options->port + (int64_t)worker->flow.number);
}

static void print_report(void *context, json_t *report)
{
	struct side *side = context;

	pthread_mutex_lock(&side->printing);
	json_dumpf(report, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	fflush(stdout);
	pthread_mutex_unlock(&side->printing);
	json_decref(report);
}

static void *serve(void *argument)
{
	struct worker *worker = argument;

	if (quic_flow_serve(&worker->flow, worker->side->stop_fd, &worker->err))
		fprintf(stderr, "meshbench-quic: %s\n", worker->err.text);
	return NULL;
}

static void *ask(void *argument)
{
	struct worker *worker = argument;
	const struct options *options = worker->side->options;

	if (quic_flow_open_client(
		    &worker->flow, options->address, port_of(worker), &worker->flow.failure) == 0)
		quic_flow_run_client(&worker->flow, (double)options->seconds);
	if (worker->flow.conn)
		worker->report = quic_flow_report(&worker->flow);
	else
		worker->report =
			json_make("{s:i, s:s, s:s, s:s}", "connection", (int)worker->flow.number,
				"task", options->verb, "error", worker->flow.failure.text, "cause",
				cause_name(program_cause(&worker->flow.failure)));
	return NULL;
}

static int start_threads(
	struct worker *workers, size_t count, void *(*run)(void *), struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		errno = pthread_create(&workers[i].thread, NULL, run, &workers[i]);
		if (errno)
			return fail_errno(err, "start thread %zu", i);
	}
	return 0;
}

static void join_threads(struct worker *workers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
}

static int run_server(struct side *side, struct worker *workers, size_t count, struct error *err)
{
	sigset_t ends;
	int received;

	for (size_t i = 0; i < count; i++) {
		workers[i].flow.reporter = print_report;
		workers[i].flow.reporter_context = side;
		if (quic_flow_open_server(&workers[i].flow, port_of(&workers[i]), err))
			return -1;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	if (start_threads(workers, count, serve, err))
		return -1;
	puts("ready");
	fflush(stdout);
	sigwait(&ends, &received);
	eventfd_write(side->stop_fd, 1);
	join_threads(workers, count);
	return 0;
}

/* After all is measured, so that the handshakes meet a path that nobody has warmed up. */
static const char *fate_of_others(const struct options *options)
{
	AUTO(fd_closep) int fd = -1;
	struct fit_asker asker = {0};
	struct error ignored;

	if (datagram_connect(options->address, (unsigned)options->port, &fd, &ignored))
		return NULL;
	datagram_set_fragments(fd, false);
	asker.fd = fd;
	/* Without an answer to a small one, silence says nothing about sizes. */
	if (fit_ask(&asker, FIT_MIN) != FIT_ARRIVED)
		return NULL;
	return fit_name(fit_ask(&asker, OTHERS_DATAGRAM));
}

static int run_client(struct side *side, struct worker *workers, size_t count, struct error *err)
{
	const struct options *options = side->options;
	json_t *reports = json_array(), *document;
	size_t failed = 0;

	if (start_threads(workers, count, ask, err))
		return -1;
	join_threads(workers, count);
	for (size_t i = 0; i < count; i++) {
		failed += workers[i].flow.failure.kind != ERROR_NONE;
		json_array_append_new(reports, workers[i].report);
	}
	document = json_make("{s:s, s:s, s:s, s:s, s:I, s:s?, s:o}", "task", options->verb,
		"congestion", options->congestion, "ngtcp2", quic_library_version(), "gnutls",
		gnutls_check_version(NULL), "asked_seconds", (json_int_t)options->seconds,
		"datagram_of_1280", failed ? NULL : fate_of_others(options), "connections",
		reports);
	json_dumpf(document, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(document);
	return failed ? fail(err, ERROR_TOOL, "%zu of %zu connections failed", failed, count) : 0;
}

static int run(const struct options *options, struct error *err)
{
	size_t count = (size_t)options->connections;
	struct worker *workers = calloc(count, sizeof(*workers));
	struct side side = {.options = options,
		.stop_fd = eventfd(0, EFD_CLOEXEC),
		.printing = PTHREAD_MUTEX_INITIALIZER};
	int status;

	if (!workers)
		abort();
	if (side.stop_fd < 0 || quic_credentials_new(is_server(options), &side.credentials, err)) {
		free(workers);
		return side.stop_fd < 0 ? fail_errno(err, "make an eventfd") : -1;
	}
	for (size_t i = 0; i < count; i++) {
		workers[i].side = &side;
		workers[i].flow.number = i;
		workers[i].flow.socket.fd = -1;
		workers[i].flow.settings = settings_of(&side);
	}
	status = is_server(options) ? run_server(&side, workers, count, err)
				    : run_client(&side, workers, count, err);
	for (size_t i = 0; i < count; i++)
		quic_flow_done(&workers[i].flow);
	gnutls_certificate_free_credentials(side.credentials);
	fd_closep(&side.stop_fd);
	free(workers);
	return status;
}

static struct options options = {.connections = 1, .congestion = "cubic", .seconds = 10};

static const struct option_row rows[] = {
	{"port", "N", "UDP port of connection 0", OPTION_INTEGER, &options.port, NULL, 1, 65535},
	{"connections", "N", "connection i uses port N + i (1)", OPTION_INTEGER,
		&options.connections, NULL, 1, MOST_CONNECTIONS},
	{"congestion", "NAME", "cubic, reno, bbr or bbr2; any other name means cubic (cubic)",
		OPTION_TEXT, &options.congestion, NULL, 0, 0},
	{"seconds", "N", "time that a client moves data (10)", OPTION_INTEGER, &options.seconds,
		NULL, 1, 86400},
};

static int run_verb(const char *verb, const char *address, struct error *err)
{
	options.verb = verb;
	options.address = address;
	options.congestion = quic_congestion(options.congestion);
	if (!options.port || options.port + options.connections > 65536)
		return fail(
			err, ERROR_USAGE, "%s needs --port, with room for all connections", verb);
	return run(&options, err);
}

static int serve_all(const struct option_result *given, struct error *err)
{
	(void)given;
	return run_verb("serve", NULL, err);
}

static int download(const struct option_result *given, struct error *err)
{
	return run_verb("download", given->arguments[0], err);
}

static int upload(const struct option_result *given, struct error *err)
{
	return run_verb("upload", given->arguments[0], err);
}

#define CLIENT(verb)                                                                               \
	{                                                                                          \
		.usage = verb " ADDRESS --port N [OPTION]...",                                     \
		.about = "Prints one JSON document about all connections.", .rows = rows,          \
		.count = ARRAY_SIZE(rows), .arguments_min = 1, .arguments_max = 1                  \
	}

static const struct program_verb verbs[] = {
	{.name = "serve",
		.table = {.usage = "serve --port N [OPTION]...",
			.about =
				"Prints \"ready\", and a line of JSON for every connection that ended. Certificates are made on the spot and verified by nobody.",
			.rows = rows,
			.count = ARRAY_SIZE(rows) - 1},
		.run = serve_all},
	{.name = "download", .table = CLIENT("download"), .run = download, .explains_itself = true},
	{.name = "upload", .table = CLIENT("upload"), .run = upload, .explains_itself = true},
};

int main(int argc, char *argv[])
{
	/* Threads inherit it. Timers that are 50 us late would pace ten datagrams by that. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	return program_main("meshbench-quic", verbs, ARRAY_SIZE(verbs), argc, argv);
}
