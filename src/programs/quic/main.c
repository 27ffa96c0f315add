/* meshbench-quic: moves data over QUIC for a while, one connection per thread and port. */
#include "programs/quic/congestion.h"
#include "programs/quic/flow.h"
#include "programs/quic/tls.h"

#include "programs/datagram.h"
#include "programs/fit.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
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

static const char usage[] =
	"usage: meshbench-quic serve --port N [--connections N] [--congestion NAME]\n"
	"       meshbench-quic download|upload ADDRESS --port N [--connections N] [--congestion "
	"NAME]\n"
	"                      [--seconds N]\n"
	"\n"
	"Connection number i uses port N + i. The server prints \"ready\" and a line of JSON for "
	"every\n"
	"connection that ended, the client one document. Congestion control: cubic (default), "
	"reno,\n"
	"bbr, bbr2; any other name means cubic, too. Certificates are made on the spot and "
	"verified by nobody.\n";

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
	return strcmp(options->verb, "serve") == 0;
}

static int take_option(int name, struct options *options, struct error *err)
{
	switch (name) {
	case 'p':
		return text_integer(optarg, 1, 65535, &options->port, err);
	case 'n':
		return text_integer(optarg, 1, MOST_CONNECTIONS, &options->connections, err);
	case 's':
		return text_integer(optarg, 1, 86400, &options->seconds, err);
	case 'c':
		options->congestion = quic_congestion(optarg);
		return 0;
	default:
		return fail(err, ERROR_USAGE, "%s", usage);
	}
}

static int read_options(int argc, char **argv, struct options *options, struct error *err)
{
	static const struct option names[] = {{"port", 1, NULL, 'p'}, {"connections", 1, NULL, 'n'},
		{"seconds", 1, NULL, 's'}, {"congestion", 1, NULL, 'c'}, {NULL, 0, NULL, 0}};
	int name;

	options->verb = argc > 1 ? argv[1] : "";
	if (!is_server(options) && strcmp(options->verb, "download") != 0 &&
		strcmp(options->verb, "upload") != 0)
		return fail(err, ERROR_USAGE, "%s", usage);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
	while ((name = getopt_long(argc - 1, argv + 1, "", names, NULL)) != -1) {
		if (take_option(name, options, err))
			return -1;
	}
	if (optind + 1 < argc)
		options->address = argv[optind + 1];
	if (!options->port || is_server(options) != (options->address == NULL) ||
		options->port + options->connections > 65536)
		return fail(err, ERROR_USAGE, "%s", usage);
	return 0;
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
			json_pack("{s:i, s:s, s:s}", "connection", (int)worker->flow.number, "task",
				options->verb, "error", worker->flow.failure.text);
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
	document = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s?, s:o}", "task", options->verb,
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

int main(int argc, char **argv)
{
	struct options options = {.connections = 1, .congestion = "cubic", .seconds = 10};
	struct error err = {0};

	/* Threads inherit it. Timers that are 50 us late would pace ten datagrams by that. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (read_options(argc, argv, &options, &err) || run(&options, &err)) {
		fprintf(stderr, "meshbench-quic: %s\n", err.text);
		return err.kind == ERROR_USAGE ? 2 : err.kind == ERROR_TOOL ? 1 : 3;
	}
	return 0;
}
