/* SPDX-License-Identifier: MIT */
/* QEMUs from their start to their end: what guests say on the way, and what they leave. */
#include "virtual/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mirror.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "qemu-system-x86_64";
static const int64_t LOOK_NS = 100 * NS_PER_MS;
static const int64_t VERSION_LIMIT_NS = 10 * NS_PER_S;

enum {
	CONSOLE_BYTES_MAX = 4 << 20,
	CHUNK_BYTES = 1 << 16,
	LINES_BYTES_MAX = 200,
	SIGNAL_STATUS = 128, /* above it: which signal ended a program */
	PULSE = '\0'         /* what a guest adds to stderr to say that its clock goes on */
};

/*
 * The guest's serial ports, in this order. What they say goes to files of a folder of ours, which
 * take it at once: at a full pipe a guest would wait for us to read, which it sees by its clock.
 */
enum port {
	PORT_CONSOLE, /* the kernel's messages, and how it all ended */
	PORT_ERRORS,  /* stderr of the program inside; what comes the other way interrupts it */
	PORT_TREE,    /* VIRTUAL_MIRROR */
	PORT_OUTPUT,  /* stdout */
	PORTS
};
static const char archive_name[] = "initrd";
static const char *const port_names[PORTS] = {"console", "errors", "tree", "output"};
static const char *const port_files[PORTS] = {"console", "errors.out", "tree", "output"};
/* The only way in: the other end of PORT_ERRORS. */
static const char input_name[] = "errors.in";

struct boot {
	struct procs *procs;
	struct arena *arena;
	struct virtual_job *job;
	const struct boot *before; /* whose results come first in the same folder, or NULL */
	struct proc *qemu;
	int processor; /* of this machine, which it has for itself; -1: any */
	int input_fd;  /* a pipe */
	uint64_t heard_bytes[PORTS];
	int64_t heard_ns;
	bool is_stuck;
	bool is_done; /* it has ended, and all that it said is heard */
	struct mirror tree;
	size_t words_bytes; /* of the line that is in the job's end */
	bool words_end;     /* the next character begins another line */
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
		fd_closep(&boots->list[i].tree.root.fd);
		mirror_done(&boots->list[i].tree);
	}
}

/* QEMU takes both files as they are. We open the pipe at both ends: it need not wait. */
static int make_errors_port(struct boot *boot, struct error *err)
{
	const char *in = path_in(boot, input_name);
	AUTO(fd_closep)
	int out_fd = open(path_in(boot, port_files[PORT_ERRORS]),
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (out_fd < 0)
		return fail_errno(err, "make a file for what the guest says");
	if (mkfifo(in, 0600) < 0)
		return fail_errno(err, "make a pipe for the guest");
	boot->input_fd = open(in, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return boot->input_fd < 0 ? fail_errno(err, "open the guest's pipe") : 0;
}

/*
 * When all of the guest waits, QEMU's main thread moves its clock to the next timer. It asks
 * whether the processor is halted, which it is a moment before the instructions that led there are
 * counted: a main thread that looks just then leaps too far, by these. It looks whenever it is
 * awake, which the host decides. While QEMU records, one thread waits until the other is done; what
 * it records nobody needs.
 */
static const char *clock_of(struct arena *arena, const struct virtual_machine *machine)
{
	return arena_printf(arena, "shift=%d,sleep=off,rr=record,rrfile=/dev/null",
		virtual_shift(machine->mips));
}

static const char *const *command(const struct boot *boot)
{
	struct arena *arena = boot->arena;
	const struct virtual_job *job = boot->job;
	const char *const *argv = ARENA_LIST(arena, job->parts.qemu, "-no-user-config",
		"-nodefaults", "-no-reboot", "-display", "none", "-machine", "pc", "-accel", "tcg",
		"-cpu", "max,-rdrand,-rdseed", "-smp", "1", "-m",
		arena_printf(arena, "%lluM", (unsigned long long)(job->machine.memory_bytes >> 20)),
		"-icount", clock_of(arena, &job->machine), "-rtc", "base=2026-01-01,clock=vm",
		"-seed", arena_printf(arena, "%llu", (unsigned long long)(job->seed % UINT32_MAX)),
		"-kernel", job->parts.image, "-initrd", path_in(boot, archive_name), "-append",
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
	AUTO(fd_closep) int fd = open(path_in(boot, port_files[port]), O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : pread(fd, bytes, size, (off_t)boot->heard_bytes[port]);
}

static void keep_words(struct boot *boot, const char *text, size_t size)
{
	char *words = boot->job->end.words;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n') {
			boot->words_end = true;
			continue;
		}
		if (boot->words_end)
			boot->words_bytes = 0;
		boot->words_end = false;
		if (boot->words_bytes + 1 < sizeof(boot->job->end.words))
			words[boot->words_bytes++] = text[i];
	}
	words[boot->words_bytes] = '\0';
}

static size_t without_pulse(char *text, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] != PULSE)
			text[kept++] = text[i];
	}
	return kept;
}

static int hand_on(struct boot *boot, enum port port, char *bytes, size_t size, struct error *err)
{
	const struct virtual_job *job = boot->job;

	if (port == PORT_TREE)
		return mirror_take(&boot->tree, bytes, size, err);
	if (port == PORT_CONSOLE)
		return 0;
	if (port == PORT_ERRORS) {
		size = without_pulse(bytes, size);
		keep_words(boot, bytes, size);
	}
	if (size)
		job->listener(job->listener_context, port == PORT_ERRORS, bytes, size);
	return 0;
}

/* Hands on what a port has said since. */
static int hear(struct boot *boot, enum port port, struct error *err)
{
	static char bytes[CHUNK_BYTES];
	ssize_t n;

	while ((n = read_port(boot, port, bytes, sizeof(bytes))) > 0) {
		boot->heard_bytes[port] += (uint64_t)n;
		boot->heard_ns = clock_now_ns();
		if (hand_on(boot, port, bytes, (size_t)n, err))
			return fail_in(err, "take the guest's results");
	}
	return 0;
}

/* Until then its results wait in their port's file. */
static bool is_its_turn(const struct boot *boot)
{
	return !boot->before || boot->before->is_done;
}

static int hear_all(struct boot *boot, struct error *err)
{
	for (int port = 0; port < PORTS; port++) {
		if ((port != PORT_TREE || is_its_turn(boot)) && hear(boot, (enum port)port, err))
			return -1;
	}
	return 0;
}

static int open_tree(struct boot *boot, struct error *err)
{
	const char *out = boot->job->out;

	boot->tree.root =
		(struct beneath){.fd = open(out, O_PATH | O_DIRECTORY | O_CLOEXEC), .name = out};
	boot->tree.join = boot->before ? boot->job->join : NULL;
	return boot->tree.root.fd < 0 ? fail_errno(err, "open the result folder %s", out) : 0;
}

static bool was_started(const struct boot *boot)
{
	return boot->tree.root.fd >= 0;
}

static bool is_running(const struct boot *boot)
{
	return boot->qemu && !proc_result(boot->qemu).has_ended;
}

static size_t count_users(const struct boots *boots, int processor)
{
	size_t users = 0;

	for (size_t i = 0; i < boots->count; i++)
		users += is_running(&boots->list[i]) && boots->list[i].processor == processor;
	return users;
}

/*
 * The one of ours that the fewest guests use. QEMU has a thread for the guest's processor and one
 * that moves its clock when it idles; they take turns, which is quicker on one processor.
 */
static int choose_processor(const struct boots *boots)
{
	cpu_set_t allowed;
	int best = -1;
	size_t least = SIZE_MAX, count, first;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -1;
	count = (size_t)CPU_COUNT(&allowed);
	first = (size_t)clock_now_ns() % count; /* others like us may choose, too */
	for (int processor = 0; processor < CPU_SETSIZE; processor++) {
		size_t cost;

		if (!CPU_ISSET(processor, &allowed))
			continue;
		cost = count_users(boots, processor) * count + first++ % count;
		if (cost < least) {
			best = processor;
			least = cost;
		}
	}
	return best;
}

static int start(const struct boots *boots, struct boot *boot, struct error *err)
{
	const char *archive = path_in(boot, archive_name);
	cpu_set_t processors;

	boot->processor = choose_processor(boots);
	CPU_ZERO(&processors);
	if (boot->processor >= 0)
		CPU_SET(boot->processor, &processors);

	if (make_errors_port(boot, err) || open_tree(boot, err) ||
		guest_write(boot->procs, boot->arena, boot->job, archive, err) ||
		guest_describe(boot->procs, boot->arena, boot->job, archive, err) ||
		proc_start(boot->procs,
			&(struct proc_spec){.what = "start the guest",
				.argv = command(boot),
				.processors = boot->processor < 0 ? NULL : &processors,
				.merge = true,
				.contained = true},
			&boot->qemu, err))
		return -1;
	boot->heard_ns = clock_now_ns();
	return 0;
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
		boot->job->end.was_left_out = !was_started(boot);
		boot->job->end.was_interrupted = !was_started(boot) || is_running(boot);
	}
	*err = (struct error){0};
	procs_uncancel(boots->procs);
	return 0;
}

/* Its clock stands still: all of it waits for what will never come, or its kernel is stuck. */
static bool stands_still(const struct boot *boot)
{
	return clock_now_ns() - boot->heard_ns > (int64_t)boot->job->machine.patience_s * NS_PER_S;
}

/* The largest of its files, which lie in memory. */
static void forget_archive(const struct boot *boot)
{
	(void)unlink(path_in(boot, archive_name));
}

/* What one has said since, and whether it still runs. */
static int listen_to(struct boot *boot, bool *ret_runs, struct error *err)
{
	bool runs = is_running(boot); /* before it is heard to its end */

	if (hear_all(boot, err))
		return -1;
	if (runs && stands_still(boot)) {
		boot->is_stuck = true;
		proc_freep(&boot->qemu);
		runs = false;
	}
	if (!runs)
		forget_archive(boot);
	boot->is_done = !runs && is_its_turn(boot);
	*ret_runs = runs;
	return 0;
}

/* The first of a folder comes first, so that none is left behind. Counts those that run. */
static int listen_to_all(const struct boots *boots, size_t *ret_running, struct error *err)
{
	*ret_running = 0;
	for (size_t i = 0; i < boots->count; i++) {
		struct boot *boot = &boots->list[i];
		bool runs = false;

		if (was_started(boot) && !boot->is_done && listen_to(boot, &runs, err))
			return -1;
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
			if (start(boots, &boots->list[started++], err))
				return -1;
		if (running == 0)
			return 0;
		if ((procs_step(boots->procs, deadline_in(LOOK_NS), err) &&
			    interrupt(boots, err)) ||
			listen_to_all(boots, &running, err))
			return -1;
	}
}

/* From the line of a panic, else the last lines; in one line, as part of a sentence. */
static const char *last_lines(char *console)
{
	char *panic = strstr(console, "Kernel panic"), *end, *line;

	if (panic) {
		panic[strcspn(panic, "\r\n")] = '\0';
		return panic;
	}
	text_trim(console);
	for (char *at = console; *at; at++) {
		if (*at == '\r' || *at == '\n')
			*at = ' ';
	}
	end = console + strlen(console);
	line = end - console > LINES_BYTES_MAX ? end - LINES_BYTES_MAX : console;
	return text_trim(line);
}

/* Why it is over, with what the kernel said, and what the program inside said last. */
static void blame(const struct boot *boot, const char *why, const char *lines)
{
	struct virtual_end *end = &boot->job->end;

	fail(&end->failure, ERROR_HOST, "%s%s%s%s%s%s", why, *lines ? ": " : "", lines,
		*end->words ? " (the run in it said last: " : "", end->words,
		*end->words ? ")" : "");
}

static void read_status(const struct boot *boot, char *console)
{
	static const char mark[] = "meshbench-guest: ended with ";
	struct virtual_end *end = &boot->job->end;
	char *at = strstr(console, mark);
	const char *lines;

	if (boot->is_stuck || !at) {
		lines = last_lines(console);
		blame(boot,
			boot->is_stuck ? arena_printf(boot->arena,
						 "the guest's clock stood still for %u s",
						 boot->job->machine.patience_s)
				       : "the guest ended too early",
			*lines || boot->is_stuck ? lines : proc_obituary(boot->qemu));
		return;
	}
	end->status = (int)strtol(at + strlen(mark), NULL, 10);
	*at = '\0';
	if (end->status > SIGNAL_STATUS)
		blame(boot,
			arena_printf(boot->arena, "the run in the guest was ended by signal %d",
				end->status - SIGNAL_STATUS),
			last_lines(console));
}

/* Fails when QEMU did not begin. */
static int read_end(const struct boot *boot, struct error *err)
{
	char *console = NULL;

	if (file_read(boot->arena, path_in(boot, port_files[PORT_CONSOLE]), CONSOLE_BYTES_MAX,
		    &console, NULL, err))
		return fail_in(err, "the guest did not start: %s", proc_obituary(boot->qemu));
	read_status(boot, console);
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
			.before = i > 0 && strcmp(jobs[i - 1].out, jobs[i].out) == 0
					  ? &boots.list[i - 1]
					  : NULL,
			.input_fd = -1,
			.tree = {.root = {.fd = -1}}};
		jobs[i].end = (struct virtual_end){0};
	}
	if (watch(&boots, at_once ? at_once : 1, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (was_started(&boots.list[i]) && read_end(&boots.list[i], err))
			return -1;
	}
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
	if (kernel_find(arena, machine, &parts, err) ||
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
