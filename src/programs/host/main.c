/* SPDX-License-Identifier: MIT */
/*
 * meshbench-host: one namespace host on the machine where it runs, for a meshbench on another one
 * that talks to it over its stdin and stdout (far/message.h). When that connection ends, all that
 * it started is killed and the host's namespaces are gone.
 */
#include "programs/host/helper.h"

#include "base/fd.h"
#include "base/options.h"
#include "base/version.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PARTING_S = 5 /* for the last words, when the other end does not read them */
};

/* Away from where children look for theirs, so that no child holds the connection. */
static int take_streams(struct far_ends *ends, struct error *err)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	ends->in_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	ends->out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (null_fd < 0 || ends->in_fd < 0 || ends->out_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
		dup2(null_fd, STDOUT_FILENO) < 0)
		return fail_errno(err, "take stdin and stdout");
	close(null_fd);
	return 0;
}

static void part(struct helper *helper)
{
	children_free(helper);
	helper_end_host(helper);
	far_connection_drain(helper->connection, 0, deadline_in(PARTING_S * NS_PER_S));
	far_connection_free(helper->connection);
	arena_freep(&helper->answer);
}

static int run(int64_t lease_s, struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	struct far_ends ends = {.version = version_text, .hears = FAR_TO_HELPER};
	struct helper helper = {.frames_fd = -1, .edge = edge_new(NULL, 0)};
	bool is_orderly;

	if (procs_new(&procs, err) || take_streams(&ends, err))
		return -1;
	helper.procs = procs;
	helper.lease_ns = lease_s * NS_PER_S;
	if (far_connection_new(procs, &ends, &helper.connection, err))
		return -1;
	helper_serve(&helper);
	is_orderly = !far_connection_end(helper.connection) ||
		     far_connection_was_closed(helper.connection);
	if (!is_orderly)
		fail(err, ERROR_SYSTEM, "the connection ended: %s",
			far_connection_end(helper.connection));
	part(&helper);
	return is_orderly ? 0 : -1;
}

static int undo(struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;

	return procs_new(&procs, err) || card_undo(procs, err) ? -1 : 0;
}

static int end(int status, const struct error *err)
{
	if (status == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "meshbench-host: %s\n", err->text);
	return 3;
}

int main(int argc, char *argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	int64_t lease_s = 0;
	const struct option_row rows[] = {
		{"lease", "S", "end when nothing was heard of the other end for so many seconds",
			OPTION_INTEGER, &lease_s, NULL, 1, 3600},
	};
	const struct option_table table = {.program = "meshbench-host",
		.usage = "[--lease S] | undo",
		.about = arena_printf(arena,
			"Makes an isolated host on this machine for the meshbench that started it, talks to it over stdin and stdout, and ends with it. `undo` gives back a network card that the host had when all was killed. Version %s.",
			version_text),
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_max = 1};
	struct option_result given;
	struct error err = {0};

	if (options_parse(&table, arena, argc, argv, &given, &err)) {
		fprintf(stderr, "meshbench-host: %s\n", err.text);
		return 2;
	}
	if (given.wants_help) {
		options_print_help(&table, stdout);
		return EXIT_SUCCESS;
	}
	if (given.argument_count && strcmp(given.arguments[0], "undo") == 0)
		return end(undo(&err), &err);
	if (given.argument_count || isatty(STDIN_FILENO)) {
		options_print_help(&table, stderr);
		return 2;
	}
	return end(run(lease_s, &err), &err);
}
