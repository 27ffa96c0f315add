/* SPDX-License-Identifier: MIT */
/* QEMUs from their start to their end: what guests say on the way, and what they leave. */
#include "virtual/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "qemu-system-x86_64";
static const int64_t LOOK_NS = 100 * NS_PER_MS;
static const int64_t SILENCE_LIMIT_NS = 3600 * NS_PER_S;
static const int64_t UNPACK_LIMIT_NS = 600 * NS_PER_S;
static const int64_t VERSION_LIMIT_NS = 10 * NS_PER_S;

enum {
	CONSOLE_BYTES_MAX = 4 << 20,
	CHUNK_BYTES = 1 << 16
};

/* The guest's serial ports, in this order: files of a folder of ours, and a pair of pipes. */
enum port {
	PORT_CONSOLE, /* the kernel's messages, and how it all ended */
	PORT_ERRORS,  /* stderr of the program inside; what comes the other way interrupts it */
	PORT_TREE,    /* a tar file */
	PORT_OUTPUT,  /* stdout */
	PORTS
};
static const char *const port_names[PORTS] = {"console", "errors", "tree.tar", "output"};

struct boot {
	struct procs *procs;
	struct arena *arena;
	struct virtual_job *job;
	struct proc *qemu;
	int input_fd, errors_fd; /* both ends of the two pipes of PORT_ERRORS */
	uint64_t heard_bytes[PORTS];
	int64_t heard_ns;
};

struct boots {
	struct procs *procs;
	struct boot *list;
	size_t count;
	bool is_interrupted;
};

static const char *path_in(const struct boot *boot, const char *name)
{
	return arena_printf(boot->arena, "%s/%s", boot->job->scratch, name);
}

static void boots_done(struct boots *boots)
{
	for (size_t i = 0; i < boots->count; i++) {
		proc_freep(&boots->list[i].qemu);
		fd_closep(&boots->list[i].input_fd);
		fd_closep(&boots->list[i].errors_fd);
	}
}

/* Open at both ends, so that QEMU does not wait for us. */
static int open_pipe(const struct boot *boot, const char *name, int *ret_fd, struct error *err)
{
	const char *path = path_in(boot, name);

	if (mkfifo(path, 0600) < 0)
		return fail_errno(err, "make a pipe for the guest");
	*ret_fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return *ret_fd < 0 ? fail_errno(err, "open the guest's pipe") : 0;
}

static int open_pipes(struct boot *boot, struct error *err)
{
	return open_pipe(boot, "errors.in", &boot->input_fd, err) ||
			       open_pipe(boot, "errors.out", &boot->errors_fd, err)
		       ? -1
		       : 0;
}

static const char *const *command(const struct boot *boot)
{
	struct arena *arena = boot->arena;
	const struct virtual_job *job = boot->job;
	const char *const *argv = ARENA_LIST(arena, job->parts.qemu, "-no-user-config",
		"-nodefaults", "-no-reboot", "-display", "none", "-machine", "pc", "-accel", "tcg",
		"-cpu", "max,-rdrand,-rdseed", "-smp", "1", "-m",
		arena_printf(arena, "%lluM", (unsigned long long)(job->machine.memory_bytes >> 20)),
		"-icount",
		arena_printf(arena, "shift=%d,sleep=off", virtual_shift(job->machine.mips)), "-rtc",
		"base=2026-01-01,clock=vm", "-seed",
		arena_printf(arena, "%llu", (unsigned long long)(job->seed % UINT32_MAX)),
		"-kernel", job->parts.image, "-initrd", path_in(boot, "initrd"), "-append",
		"console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable clocksource=tsc nokaslr norandmaps");

	for (int i = 0; i < PORTS; i++) {
		const char *name = port_names[i];

		argv = arena_list(arena, argv,
			(const char *const[]){"-chardev",
				arena_printf(arena, "%s,id=%.4s,path=%s",
					i == PORT_ERRORS ? "pipe" : "file", name,
					path_in(boot, name)),
				"-serial", arena_printf(arena, "chardev:%.4s", name), NULL});
	}
	return argv;
}

static ssize_t read_port(const struct boot *boot, enum port port, void *bytes, size_t size)
{
	AUTO(fd_closep) int fd = -1;

	if (port == PORT_ERRORS)
		return read(boot->errors_fd, bytes, size);
	fd = open(path_in(boot, port_names[port]), O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : pread(fd, bytes, size, (off_t)boot->heard_bytes[port]);
}

/* Hands on what a port has said since. */
static void hear(struct boot *boot, enum port port)
{
	static char bytes[CHUNK_BYTES];
	ssize_t n;

	while ((n = read_port(boot, port, bytes, sizeof(bytes))) > 0) {
		boot->heard_bytes[port] += (uint64_t)n;
		boot->heard_ns = clock_now_ns();
		if (port == PORT_ERRORS || port == PORT_OUTPUT)
			boot->job->listener(
				boot->job->listener_context, port == PORT_ERRORS, bytes, (size_t)n);
	}
}

static void hear_all(struct boot *boot)
{
	for (int port = 0; port < PORTS; port++)
		hear(boot, (enum port)port);
}

static int start(struct boot *boot, struct error *err)
{
	const char *archive = path_in(boot, "initrd");

	if (open_pipes(boot, err) ||
		guest_write(boot->procs, boot->arena, boot->job, archive, err) ||
		guest_describe(boot->procs, boot->arena, boot->job, archive, err) ||
		proc_start(boot->procs,
			&(struct proc_spec){.what = "start the guest",
				.argv = command(boot),
				.merge = true,
				.contained = true},
			&boot->qemu, err))
		return -1;
	boot->heard_ns = clock_now_ns();
	return 0;
}

static bool is_running(const struct boot *boot)
{
	return boot->qemu && !proc_result(boot->qemu).has_ended;
}

/* The first Ctrl-C goes inside; the second ends it all. */
static int interrupt(struct boots *boots, struct error *err)
{
	if (boots->is_interrupted)
		return -1;
	boots->is_interrupted = true;
	for (size_t i = 0; i < boots->count; i++) {
		struct boot *boot = &boots->list[i];

		if (is_running(boot) && write(boot->input_fd, "\n", 1) != 1)
			return -1;
		boot->job->end.was_interrupted = !boot->qemu || is_running(boot);
	}
	*err = (struct error){0};
	procs_uncancel(boots->procs);
	return 0;
}

/* What all have said since; counts those that run. */
static int listen_to_all(const struct boots *boots, size_t *ret_running, struct error *err)
{
	*ret_running = 0;
	for (size_t i = 0; i < boots->count; i++) {
		struct boot *boot = &boots->list[i];
		bool runs = is_running(boot); /* before it is heard to its end */

		if (boot->qemu)
			hear_all(boot);
		if (runs && clock_now_ns() - boot->heard_ns > SILENCE_LIMIT_NS)
			return fail(
				err, ERROR_TIMEOUT, "the guest has not said anything for an hour");
		*ret_running += runs;
	}
	return 0;
}

static int watch(struct boots *boots, size_t at_once, struct error *err)
{
	size_t started = 0, running = 0;

	for (;;) {
		for (; started < boots->count && running < at_once && !boots->is_interrupted;
			running++)
			if (start(&boots->list[started++], err))
				return -1;
		if (running == 0)
			return 0;
		if ((procs_step(boots->procs, deadline_in(LOOK_NS), err) &&
			    interrupt(boots, err)) ||
			listen_to_all(boots, &running, err))
			return -1;
	}
}

/* The line of a panic, otherwise the last one. */
static const char *last_line(char *console)
{
	char *panic = strstr(console, "Kernel panic");
	char *line;

	if (panic) {
		panic[strcspn(panic, "\r\n")] = '\0';
		return panic;
	}
	text_trim(console);
	line = strrchr(console, '\n');
	return text_trim(line ? line : console);
}

static int read_end(const struct boot *boot, int *ret_status, struct error *err)
{
	static const char mark[] = "meshbench-guest: ended with ";
	char *console = NULL, *at;
	const char *said;

	if (file_read(boot->arena, path_in(boot, port_names[PORT_CONSOLE]), CONSOLE_BYTES_MAX,
		    &console, NULL, err))
		return fail_in(err, "the guest did not start: %s", proc_obituary(boot->qemu));
	at = strstr(console, mark);
	if (at) {
		*ret_status = (int)strtol(at + strlen(mark), NULL, 10);
		return 0;
	}
	said = last_line(console);
	return fail(err, ERROR_CRASHED, "the guest ended too early: %s",
		*said ? said : proc_obituary(boot->qemu));
}

static int unpack(const struct boot *boot, struct error *err)
{
	if (proc_run(boot->procs,
		    &(struct proc_spec){.what = "unpack the guest's results",
			    .argv = (const char *const[]){"tar", "--extract", "--no-same-owner",
				    "--file", path_in(boot, port_names[PORT_TREE]), "--directory",
				    boot->job->out, NULL}},
		    deadline_in(UNPACK_LIMIT_NS), err))
		return -1;
	return 0;
}

int virtual_run(struct procs *procs, struct virtual_job jobs[], size_t count, size_t at_once,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(boots_done)
	struct boots boots = {.procs = procs, .list = arena_alloc(arena, struct boot, count)};

	for (size_t i = 0; i < count; i++) {
		boots.list[boots.count++] = (struct boot){.procs = procs,
			.arena = arena,
			.job = &jobs[i],
			.input_fd = -1,
			.errors_fd = -1};
		jobs[i].end = (struct virtual_end){0};
	}
	if (watch(&boots, at_once ? at_once : 1, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (boots.list[i].qemu && (read_end(&boots.list[i], &jobs[i].end.status, err) ||
						  unpack(&boots.list[i], err)))
			return -1;
	return 0;
}

int virtual_find(struct procs *procs, struct arena *arena, const struct virtual_machine *machine,
	struct virtual_parts *ret_parts, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct virtual_parts parts = {.qemu = path_of_program(arena, program)};
	char *version;

	if (!parts.qemu)
		return fail(err, ERROR_MISSING,
			"a machine in virtual time needs %s, which is not installed: apt install qemu-system-x86",
			program);
	if (kernel_find(arena, machine->kernel, &parts, err) ||
		proc_start(procs,
			&(struct proc_spec){.what = "ask QEMU for its version",
				.argv = (const char *const[]){parts.qemu, "--version", NULL}},
			&proc, err) ||
		proc_wait_success(proc, deadline_in(VERSION_LIMIT_NS), err))
		return -1;
	version = arena_strdup(arena, proc_result(proc).out);
	version[strcspn(version, "\n")] = '\0';
	parts.qemu_version = version;
	*ret_parts = parts;
	return 0;
}
