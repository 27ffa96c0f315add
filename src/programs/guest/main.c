/* SPDX-License-Identifier: MIT */
/*
 * meshbench-guest: the first process of a machine in virtual time. Loads the modules that
 * /modules/list names, and runs the program of /argv with the variables of /environment in the
 * folder of /dir, its stdout on the fourth serial port and its stderr on the second. The third
 * passes on what that program writes there. A byte that comes in on the second port interrupts the
 * program; a NUL that goes out there every few seconds says that the clock goes on. Says how it
 * ended on the console and turns the machine off.
 */
#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
	TEXT_BYTES_MAX = 1 << 20
};

static const struct timespec PULSE_INTERVAL = {.tv_sec = 5};

static int mount_all(struct error *err)
{
	static const struct {
		const char *type, *path;
	} list[] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/run"},
		{"devpts", "/dev/pts"}, {"tmpfs", "/dev/shm"}, {"cgroup2", "/sys/fs/cgroup"}};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		(void)mkdir(list[i].path, 0755);
		if (mount(list[i].type, list[i].path, list[i].type, 0, NULL) < 0)
			return fail_errno(err, "mount %s", list[i].path);
	}
	return 0;
}

/* The lines of a small file, each a string of its own. */
static int read_lines(struct arena *arena, const char *path, char ***ret_lines, struct error *err)
{
	size_t count = 0;
	char **lines, *text;

	if (file_read(arena, path, TEXT_BYTES_MAX, &text, NULL, err))
		return -1;
	for (const char *at = text; *at; at++)
		count += *at == '\n';
	lines = arena_alloc(arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		lines[i] = text;
		text += strcspn(text, "\n");
		*text++ = '\0';
	}
	*ret_lines = lines;
	return 0;
}

static int load_modules(struct arena *arena, struct error *err)
{
	char **paths;

	if (read_lines(arena, "/modules/list", &paths, err))
		return -1;
	for (; *paths; paths++) {
		AUTO(fd_closep) int fd = open(*paths, O_RDONLY | O_CLOEXEC);

		/* A module that does not fit this processor is one that nothing here can use. */
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST &&
				      errno != ENODEV))
			return fail_errno(err, "load the module %s", *paths);
	}
	return tree_remove("/modules", err);
}

static int raise_loopback(struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail_errno(err, "raise the loopback device");
	return 0;
}

/* Bytes pass as they are. */
static int open_port(const char *path, struct error *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;

	if (fd < 0 || tcgetattr(fd, &settings) < 0)
		return fail_errno(err, "open %s", path);
	cfmakeraw(&settings);
	if (tcsetattr(fd, TCSANOW, &settings) < 0)
		return fail_errno(err, "set up %s", path);
	return fd_take(&fd);
}

static _Noreturn void become(
	char *const argv[], char *const environment[], const char *dir, int out_fd, int error_fd)
{
	sigset_t none;

	if (dup2(out_fd, STDOUT_FILENO) < 0 || dup2(error_fd, STDERR_FILENO) < 0 || chdir(dir) < 0)
		_exit(126);
	setsid();
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	execve(argv[0], argv, environment);
	dprintf(STDERR_FILENO, "meshbench-guest: run %s: %m\n", argv[0]);
	_exit(127);
}

static void wake(int signal)
{
	(void)signal;
}

/* SIGCHLD comes only while await() waits, so none is missed. */
static void expect_children(void)
{
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &children, NULL);
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = wake}, NULL);
}

/* Every process that ends here has us as its parent at last; ours has the answer. */
static int await(pid_t child, int port)
{
	struct pollfd watched = {.fd = port, .events = POLLIN};
	sigset_t none;
	int status = 0;
	char byte;
	pid_t ended;

	sigemptyset(&none);
	for (;;) {
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == child)
				return WIFEXITED(status) ? WEXITSTATUS(status)
							 : 128 + WTERMSIG(status);
		switch (ppoll(&watched, 1, &PULSE_INTERVAL, &none)) {
		case 0:
			(void)!write(port, "", 1);
			break;
		case 1:
			if (read(port, &byte, 1) == 1)
				kill(child, SIGINT);
			break;
		default:
			break;
		}
	}
}

static int run(struct arena *arena, int *ret_status, struct error *err)
{
	AUTO(fd_closep) int errors = open_port("/dev/ttyS1", err);
	AUTO(fd_closep) int output = errors < 0 ? -1 : open_port("/dev/ttyS3", err);
	/* Open from here on, so that it stays as it is set up. */
	AUTO(fd_closep) int tree = output < 0 ? -1 : open_port("/dev/ttyS2", err);
	char **argv, **environment, *dir;
	pid_t child;

	if (tree < 0 || read_lines(arena, "/argv", &argv, err) ||
		read_lines(arena, "/environment", &environment, err) ||
		file_read(arena, "/dir", TEXT_BYTES_MAX, &dir, NULL, err))
		return -1;
	expect_children();
	child = fork();
	if (child == 0)
		become(argv, environment, dir, output, errors);
	if (child < 0)
		return fail_errno(err, "start %s", argv[0]);
	*ret_status = await(child, errors);
	(void)tcdrain(errors);
	(void)tcdrain(output);
	(void)tcdrain(tree);
	return 0;
}

int main(void)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	int status = 0;

	if (mount_all(&err) || load_modules(arena, &err) || raise_loopback(&err) ||
		run(arena, &status, &err))
		printf("meshbench-guest: %s\n", err.text);
	else
		printf("meshbench-guest: ended with %d\n", status);
	fflush(stdout);
	(void)tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 1;
}
