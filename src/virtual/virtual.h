/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "proc/proc.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A machine in virtual time: QEMU executes every instruction of a guest and counts them, and the
 * guest's clocks are that count. When all of the guest waits, its clocks leap to the next timer. So
 * what happens inside, to the nanosecond, depends on the programs, the kernel and the seed, and not
 * on the machine that runs QEMU. The guest has one processor, no network and no disk: its files
 * come as one archive, and what it made leaves it at its end.
 */
struct virtual_machine {
	unsigned mips;         /* million instructions a second of its processor: 1000 / 2^n */
	uint64_t memory_bytes; /* holds its files, too */
	const char *kernel;    /* a version or the start of one; NULL: the newest that is here */
};

/* So many speeds there are; see QEMU's -icount. */
#define VIRTUAL_SPEEDS 10
/*
 * "cpu=500mips,memory=2g,kernel=6.1", any of them, or "": 1000 MIPS, 2 GiB, the newest kernel.
 * "cpu=1000mips,250mips" are two machines, which differ in nothing else.
 */
MUST_CHECK int virtual_read(struct arena *arena, const char *words,
	struct virtual_machine ret_machines[VIRTUAL_SPEEDS], size_t *ret_count, struct error *err);

/* What a machine is made of here. */
struct virtual_parts {
	const char *qemu, *qemu_version;
	const char *kernel, *image; /* "6.1.0-53-cloud-amd64" and its file */
	const char *const
		*modules; /* files of its modules that a lab may need, in the order to load */
};

/* ERROR_MISSING says what to install, ERROR_USAGE names the kernels that are here. */
MUST_CHECK int virtual_find(struct procs *procs, struct arena *arena,
	const struct virtual_machine *machine, struct virtual_parts *ret_parts, struct error *err);

/* What a guest says while it runs; foreign text. */
typedef void virtual_listener(void *context, bool is_error, const char *text, size_t size);

struct virtual_end {
	int status;           /* of the program inside: its exit status, or 128 and a signal */
	bool was_interrupted; /* by the user; a guest that was not begun yet, too */
};

struct virtual_job {
	struct virtual_machine machine;
	struct virtual_parts parts;
	uint64_t seed;                  /* of everything random in the guest */
	const char *init;               /* path of meshbench-guest */
	const char *const *programs;    /* names or paths; their libraries come along */
	const char *programs_dir;       /* a folder that is VIRTUAL_PROGRAMS inside; NULL: none */
	const char *const *files;       /* absolute paths of files and folders that it also needs */
	const char *const *argv;        /* what runs inside, as root, in `dir` */
	const char *const *environment; /* NAME=value */
	const char *dir;
	const char *scratch; /* a folder of its own for the guest's files, gone with us */
	const char *tree;    /* a folder that is VIRTUAL_TREE inside; NULL: an empty one */
	const char *out;     /* where VIRTUAL_TREE goes at the end; exists */
	virtual_listener *listener;
	void *listener_context;
	struct virtual_end end; /* of virtual_run() */
};

#define VIRTUAL_TREE "/tree"
#define VIRTUAL_PROGRAMS "/programs"
/*
 * In the guest, what it is: {"kind": "virtual", "mips", "memory_bytes", "kernel", "qemu", "seed",
 * "guest_sha256" (of all its other files), "not_modelled": [...]}.
 */
#define VIRTUAL_PLACE "/place.json"

/*
 * Boots the jobs' guests, `at_once` of them side by side, waits until the programs inside have
 * ended, and puts what is in each VIRTUAL_TREE then into the job's `out`. Ctrl-C reaches all
 * programs as SIGINT, so that they end in order; a second one ends the machines. All lists are
 * NULL-terminated. A guest that panics, or that says nothing for an hour of wall time, ends all:
 * ERROR_CRASHED or ERROR_TIMEOUT with the kernel's last line.
 */
MUST_CHECK int virtual_run(struct procs *procs, struct virtual_job jobs[], size_t count,
	size_t at_once, struct error *err);
