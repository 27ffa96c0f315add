/* meshbench-wire: the emulated network as a process of its own. The lab starts it. */
#include "wire/loop.h"

#include "base/fd.h"
#include "base/text.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] =
	"usage: meshbench-wire (--control-fd N | --listen PATH) [--memory MIB] [--realtime] "
	"[--spin US] [--nap US]\n"
	"\n"
	"Switches Ethernet frames between TAPs and impairs them. It serves one control "
	"connection,\n"
	"prints \"ready\" when it does, and ends with it. See src/wire/wire.h.\n"
	"\n"
	"  --control-fd N  inherited end of a SOCK_SEQPACKET pair\n"
	"  --listen PATH   wait here for the one control connection\n"
	"  --memory MIB    for waiting packets (256)\n"
	"  --realtime      run before all ordinary processes, if this is allowed\n"
	"  --spin US       do not sleep so shortly before a release (0)\n"
	"  --nap US        when busy, look at the ports only so often, 0: at every frame (50)\n";

struct options {
	int control_fd;
	const char *listen_path;
	int64_t memory_mib, spin_us, nap_us;
	bool is_realtime;
};

static int read_options(int argc, char **argv, struct options *options, struct error *err)
{
	static const struct option names[] = {{"control-fd", required_argument, NULL, 'c'},
		{"listen", required_argument, NULL, 'l'}, {"memory", required_argument, NULL, 'm'},
		{"realtime", no_argument, NULL, 'r'}, {"spin", required_argument, NULL, 's'},
		{"nap", required_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	int64_t number = -1;
	int status = 0, name;

	while (!status) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread */
		name = getopt_long(argc, argv, "", names, NULL);
		if (name == -1)
			break;
		if (name == 'c')
			status = text_integer(optarg, 0, 1 << 20, &number, err);
		else if (name == 'l')
			options->listen_path = optarg;
		else if (name == 'm')
			status = text_integer(optarg, 1, 1 << 20, &options->memory_mib, err);
		else if (name == 's')
			status = text_integer(optarg, 0, 1000000, &options->spin_us, err);
		else if (name == 'n')
			status = text_integer(optarg, 0, 1000, &options->nap_us, err);
		else if (name == 'r')
			options->is_realtime = true;
		else
			status = fail(err, ERROR_USAGE, "%s", usage);
	}
	options->control_fd = (int)number;
	if (!status && ((number < 0) == !options->listen_path || optind < argc))
		status = fail(err, ERROR_USAGE, "%s", usage);
	return status;
}

static int accept_one(const char *path, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(err, ERROR_USAGE, "the path is too long: %s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, 1) < 0)
		return fail_errno(err, "listen at %s", path);
	puts("ready");
	fflush(stdout);
	*ret_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	unlink(path);
	return *ret_fd < 0 ? fail_errno(err, "accept the control connection") : 0;
}

/* Without the right to it the wire is less punctual, which its release errors will show. */
static void hurry(struct loop *loop, bool is_realtime)
{
	struct sched_param first = {.sched_priority = 10};

	prctl(PR_SET_TIMERSLACK, 1UL);
	if (!is_realtime)
		return;
	loop->is_realtime = sched_setscheduler(0, SCHED_FIFO, &first) == 0;
	loop->memory_is_locked = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

static int run(const struct options *options, struct error *err)
{
	static struct loop loop;
	int control_fd = options->control_fd;
	int status;

	if (options->listen_path && accept_one(options->listen_path, &control_fd, err))
		return -1;
	status = loop_init(
		&loop, control_fd, (size_t)options->memory_mib << 20, options->spin_us * 1000, err);
	if (!status) {
		loop.nap_ns = options->nap_us * 1000;
		hurry(&loop, options->is_realtime);
		if (!options->listen_path) {
			puts("ready");
			fflush(stdout);
		}
		status = loop_run(&loop, err);
	}
	loop_done(&loop);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = {.memory_mib = (int64_t)(WIRE_DEFAULT_MEMORY_BYTES >> 20),
		.nap_us = WIRE_DEFAULT_NAP_US};
	struct error err = {0};

	if (read_options(argc, argv, &options, &err) || run(&options, &err)) {
		fprintf(stderr, "meshbench-wire: %s\n", err.text);
		return err.kind == ERROR_USAGE ? 2 : 3;
	}
	return 0;
}
