/* SPDX-License-Identifier: MIT */
/*
 * meshbench-host: one namespace host on the machine where it runs, for a meshbench on another one
 * that talks to it over its stdin and stdout (far/message.h). When that connection ends, all that
 * it started is killed and the host's namespaces are gone.
 */
#include "programs/host/helper.h"

#include "base/fd.h"
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
	host_free(helper->host);
	far_connection_drain(helper->connection, 0, deadline_in(PARTING_S * NS_PER_S));
	far_connection_free(helper->connection);
}

static int run(struct error *err)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	struct far_ends ends = {.version = version_text, .hears = FAR_TO_HELPER};
	struct helper helper = {0};
	bool is_orderly;

	if (procs_new(&procs, err) || take_streams(&ends, err))
		return -1;
	helper.procs = procs;
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

int main(int argc, char *argv[])
{
	struct error err;

	if (argc > 1 || isatty(STDIN_FILENO)) {
		bool wants_help = argc > 1 && strcmp(argv[1], "--help") == 0;

		fprintf(wants_help ? stdout : stderr,
			"usage: meshbench-host\nMakes an isolated host on this machine for the meshbench that started it, talks to it over\nstdin and stdout, and ends with it. Version %s.\n",
			version_text);
		return wants_help ? EXIT_SUCCESS : 2;
	}
	if (run(&err) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "meshbench-host: %s\n", err.text);
	return 3;
}
