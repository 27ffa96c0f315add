/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/mirror.h"
#include "proc/proc.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A machine in virtual time: QEMU executes every instruction of a guest and counts them, and the
 * guest's clocks are that count. When all of the guest waits, its clocks leap to the next timer. So
 * what happens inside, to the nanosecond, depends on the programs, the kernel and the seed, and not
 * on the machine that runs QEMU. The guest has one processor, no network and no disk: its files
 * come as one archive, and what it makes leaves it at once.
 */
struct virtual_machine {
	uint64_t memory_bytes; /* holds its files, too */
	const char *kernel;    /* a version or the start of one; NULL: the newest that is here */
	unsigned mips;         /* million instructions a second of its processor: 1000 / 2^n */
	unsigned patience_s;   /* of wall time, for a guest whose clock stands still */
	const char *const *modules; /* that its kernel must have, NULL-terminated; or NULL */
};

#define VIRTUAL_PATIENCE_S 600
/* So many speeds there are; see QEMU's -icount. */
#define VIRTUAL_SPEEDS 10
/*
 * "cpu=500mips,memory=2g,kernel=6.1,patience=600s", any of them, or "": 1000 MIPS, 2 GiB, the
 * newest kernel, ten minutes. "cpu=1000mips,250mips" are two machines, which differ in nothing
 * else.
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

/*
 * ERROR_MISSING says what to install, or which module the kernel lacks; ERROR_USAGE names the
 * kernels that are here.
 */
MUST_CHECK int virtual_find(struct procs *procs, struct arena *arena,
	const struct virtual_machine *machine, struct virtual_parts *ret_parts, struct error *err);

/* How far the run in a guest is, as its lines of progress say. */
struct virtual_pace {
	size_t done, total; /* cells; 0 of 0: it has said nothing yet */
};
/* Whether a line is one of these: " 3/24  tinc, baseline: ping lom->yuki  0.4 ms". */
bool virtual_pace_read(const char *line, struct virtual_pace *pace);
/* Seconds of wall time that all still take, those that are not begun too; NAN: who knows. */
double virtual_pace_left_s(const struct virtual_pace paces[], size_t count, double elapsed_s);

/* What a guest says while it runs; foreign text. */
typedef void virtual_listener(void *context, bool is_error, const char *text, size_t size);

struct virtual_end {
	int status;           /* of the program inside, when it ended by itself */
	bool was_interrupted; /* by the user; a guest that was not begun yet, too */
	bool was_left_out;    /* interrupted before it was begun */
	/* ERROR_HOST: the guest panicked, hung or lost its program; otherwise ERROR_NONE. */
	struct error failure;
	char words[200]; /* what the program inside said last on stderr */
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
	/*
	 * Becomes what the stream to VIRTUAL_MIRROR says; exists. Jobs with the same one follow one
	 * another, and it becomes what it would if they ran in that order.
	 */
	const char *out;
	/* Of files that jobs before made there, as in struct mirror; NULL: the last counts. */
	struct mirror_file (*join)(struct arena *arena, const char *path, struct mirror_file before,
		struct mirror_file now);
	virtual_listener *listener;
	void *listener_context;
	struct virtual_end end; /* of virtual_run() */
};

#define VIRTUAL_TREE "/tree"
#define VIRTUAL_PROGRAMS "/programs"
/* A stream of base/mirror.h goes there, as the program inside makes its files. */
#define VIRTUAL_MIRROR "/dev/ttyS2"
/*
 * In the guest, what it is: {"kind": "virtual", "mips", "memory_bytes", "kernel", "qemu", "seed",
 * "guest_sha256" (of all its other files), "not_modelled": [...]}.
 */
#define VIRTUAL_PLACE "/place.json"

/*
 * Boots the jobs' guests, `at_once` of them side by side, and waits until the programs inside have
 * ended. What they make is in each `out` as soon as it is made, or its turn comes. Ctrl-C reaches
 * all programs as SIGINT, so that they end in order; a second one ends the machines. All lists are
 * NULL-terminated. A guest that fails says so in its `end` and leaves the others alone. A machine
 * that cannot even be started, or a folder that cannot be written, ends all.
 */
MUST_CHECK int virtual_run(struct procs *procs, struct virtual_job jobs[], size_t count,
	size_t at_once, struct error *err);
