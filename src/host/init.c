/* The first process of a host: makes the host around itself, reaps orphans and dies with us. */
#include "host/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int raise_loopback(struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo"};

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return fail_errno(err, "look at the host's loopback");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail_errno(err, "raise the host's loopback");
	return 0;
}

static int make_host(const struct boot_plan *plan, struct boot_report *report)
{
	int kinds = CLONE_NEWNET | (plan->is_bare ? 0 : CLONE_NEWNS | CLONE_NEWUTS);
	struct error *err = &report->err;

	if (unshare(kinds) < 0)
		return fail_errno(err, "make namespaces for the host");
	if (raise_loopback(err))
		return -1;
	if (plan->is_bare)
		return 0;
	if (sethostname(plan->name, strlen(plan->name)) < 0)
		return fail_errno(err, "name the host");
	umask(022);
	if (mounts_make(plan->state_dir, plan->kept, &report->has_sys, err))
		return -1;
	for (size_t i = 0; plan->read_only[i]; i++) {
		if (mounts_protect(plan->read_only[i], err))
			return -1;
	}
	return 0;
}

/* What we inherited could keep pipes of others open, among them the one that ends us. */
static void keep_only(int life_fd, int report_fd)
{
	int null_fd = open("/dev/null", O_RDWR);

	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	dup2(null_fd, STDERR_FILENO);
	life_fd = fcntl(life_fd, F_DUPFD, 10);
	report_fd = fcntl(report_fd, F_DUPFD, 11);
	dup2(life_fd, 3);
	dup2(report_fd, 4);
	close_range(5, ~0U, 0);
}

_Noreturn void init_main(const struct boot_plan *plan)
{
	struct boot_report report = {0};
	char byte;

	/* The signal and the pipe say the same; the signal alone could come before we asked for it,
	 * the pipe alone is not read while the kernel works for us. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	prctl(PR_SET_NAME, plan->name);
	keep_only(plan->life_fd, plan->report_fd);
	signal(SIGCHLD, SIG_IGN); /* the kernel reaps orphans for whoever ignores them */
	if (make_host(plan, &report) && report.err.kind == ERROR_NONE)
		report.err.kind = ERROR_SYSTEM;
	if (chdir("/") < 0 || write(4, &report, sizeof(report)) != (ssize_t)sizeof(report))
		_exit(1);
	close_range(4, ~0U, 0); /* what the mounts were held by goes too */
	while (report.err.kind == ERROR_NONE) {
		ssize_t n = read(3, &byte, 1);

		if (n == 0 || (n < 0 && errno != EINTR))
			break;
	}
	_exit(report.err.kind == ERROR_NONE ? 0 : 1);
}
