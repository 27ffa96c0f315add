/* SPDX-License-Identifier: MIT */
/* meshbench: finds the command, and prints errors for all of them. */
#include "cli/border.h"
#include "cli/cli.h"

#include "base/near.h"
#include "base/terminal.h"
#include "base/version.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command *const commands[] = {&command_run, &command_ab, &command_report,
	&command_trend, &command_compare, &command_recompute, &command_calibrate, &command_link,
	&command_shell, &command_check, &command_list, &command_features, &command_doctor,
	&command_clean, &command_install, &command_completion};
const size_t command_count = ARRAY_SIZE(commands);

enum {
	ABOUT_COLUMN = 13
};

static void print_commands(FILE *out)
{
	size_t width = terminal_width(out);

	fputs("Usage: meshbench COMMAND [OPTION]...\n\n"
	      "Benchmarks mesh VPNs in a lab of isolated hosts on this machine, without root.\n\n"
	      "Commands:\n",
		out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		fprintf(out, "  %-11s", commands[i]->name);
		terminal_wrap(out, commands[i]->about, ABOUT_COLUMN, ABOUT_COLUMN, width);
		fputc('\n', out);
	}
	fputc('\n', out);
	terminal_wrap(out,
		"`meshbench COMMAND --help` explains a command, `meshbench --version` names this build.\n"
		"`meshbench run` benchmarks the bare link and four VPNs; add `--vpn found` for every VPN that is installed.\n",
		0, 0, width);
}

/* ip, tincd and others lie where the PATH of an ordinary user often does not look. */
static void complete_path(void)
{
	const char *path =
		getenv("PATH"); /* NOLINT(concurrency-mt-unsafe): before anything starts */
	char longer[8192];

	snprintf(longer, sizeof(longer), "%s:/usr/local/sbin:/usr/sbin:/sbin",
		path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
	if (!path || strlen(path) < sizeof(longer) / 2)
		setenv("PATH", longer, 1); /* NOLINT(concurrency-mt-unsafe): likewise */
}

/* Or the first files that we open would be taken for them. */
static void open_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			exit(EXIT_CANNOT); /* NOLINT(concurrency-mt-unsafe): there is one thread */
	}
}

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	}
	return NULL;
}

static bool is_help(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const char *nth_command(const void *context, size_t index)
{
	(void)context;
	return index < ARRAY_SIZE(commands) ? commands[index]->name : NULL;
}

static int refuse_command(const char *name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};

	fail(&err, ERROR_USAGE, "unknown command '%s'%s; meshbench --help lists all", name,
		near_hint(arena, name, nth_command, NULL));
	return cli_report(&err);
}

/* `meshbench help COMMAND` is `meshbench COMMAND --help`. */
static int help_on(const struct command *command)
{
	char *argv[] = {(char[]){"help"}, (char[]){"--help"}, NULL};

	return command->run(2, argv);
}

static int dispatch(int argc, char *argv[])
{
	const struct command *command;

	if (argc < 2) {
		print_commands(stderr);
		return EXIT_WRONG_INPUT;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("meshbench %s\n", version_text);
		return EXIT_MEASURED;
	}
	if (is_help(argv[1]) && argc < 3) {
		print_commands(stdout);
		return EXIT_MEASURED;
	}
	command = command_named(is_help(argv[1]) ? argv[2] : argv[1]);
	if (command)
		return is_help(argv[1]) ? help_on(command) : command->run(argc - 1, argv + 1);
	return refuse_command(is_help(argv[1]) ? argv[2] : argv[1]);
}

/* What was printed must have arrived: a full disk cuts it off in the middle. */
static int finish(int status)
{
	struct error err = {0};

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fail_errno(&err, "write standard output, which is incomplete");
	cli_report(&err);
	return EXIT_CANNOT;
}

int main(int argc, char *argv[])
{
	open_standard_streams();
	border_close();
	complete_path();
	return finish(dispatch(argc, argv));
}
