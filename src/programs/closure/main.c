/* SPDX-License-Identifier: MIT */
/*
 * meshbench-closure DIVISOR COMMAND...: makes a closure and feeds its export to a command, such as
 * `nix-store --import`. A pipe between two programs needs no shell so.
 */
#include "programs/closure/closure.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "meshbench-closure: %s: %s\n", what, strerrordesc_np(errno));
	_exit(1);
}

static _Noreturn void become(int input_fd, char *const argv[])
{
	if (dup2(input_fd, STDIN_FILENO) < 0)
		die("give the command its input");
	execvp(argv[0], argv);
	die(argv[0]);
}

int main(int argc, char *argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *end = NULL;
	long divisor = argc > 2 ? strtol(argv[1], &end, 10) : 0;
	/* A command that ends early tells its own reason. */
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	int pipe_fds[2], status;
	FILE *out;
	pid_t child;
	bool failed;

	if (argc < 3 || *end || divisor < 1 || divisor > 1000000) {
		fputs("usage: meshbench-closure DIVISOR COMMAND...\n", stderr);
		return 2;
	}
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		die("make a pipe");
	child = fork();
	if (child < 0)
		die("start the command");
	if (child == 0)
		become(pipe_fds[0], argv + 2);
	close(pipe_fds[0]);
	sigaction(SIGPIPE, &ignore, NULL);
	out = fdopen(pipe_fds[1], "w");
	if (!out)
		die("write to the command");
	failed = closure_export(closure_paths(arena, (unsigned)divisor), out) != 0;
	failed |= fclose(out) != 0;
	if (waitpid(child, &status, 0) < 0)
		die("wait for the command");
	if (!WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : failed;
}
