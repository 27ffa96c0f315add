/* SPDX-License-Identifier: MIT */
#pragma once

#include "virtual/virtual.h"

#include <stdio.h>
#include <sys/stat.h>

/* contents.c: the files of a guest, as paths of this machine that are the same inside. */
struct content {
	const char *path;   /* inside; absolute and without links on the way */
	const char *source; /* on this machine; NULL: `text` is its content, or its link's target */
	const char *text;
	mode_t mode;
};

struct contents {
	struct arena *arena;
	struct procs *procs;
	struct content *list;
	size_t count, room;
};

void contents_add_text(struct contents *contents, const char *path, const char *text, mode_t mode);
void contents_add_link(struct contents *contents, const char *path, const char *target);
/* The folders on the way, which have no links; all of them when the path ends in a slash. */
void contents_add_parents(struct contents *contents, const char *path);
void contents_add_folder(struct contents *contents, const char *path);
/* A file or folder under every name that leads to it: links on the way come along. */
MUST_CHECK int contents_add_path(struct contents *contents, const char *path, struct error *err);
/* A file of this machine under another name. */
void contents_add_as(struct contents *contents, const char *source, const char *path);
/* With the libraries that ldd names, or the interpreter of a script; a missing one is left out. */
MUST_CHECK int contents_add_program(struct contents *contents, const char *name, struct error *err);
/* The files of a folder as those of the folder `inside`, with what its programs need. */
MUST_CHECK int contents_add_programs(
	struct contents *contents, const char *dir, const char *inside, struct error *err);
uint64_t contents_bytes(const struct contents *contents);

/* archive.c */
/*
 * The contents as an initial file system of Linux (cpio, newc; Documentation/driver-api/early-
 * userspace/buffer-format.rst), sorted by path. Nothing in it depends on when, where or by whom it
 * was made.
 */
MUST_CHECK int archive_write(struct contents *contents, const char *path, struct error *err);
/* Behind another archive: the kernel unpacks both. */
MUST_CHECK int archive_append(struct contents *contents, const char *path, struct error *err);

/* kernel.c: fills in kernel, image and modules. */
MUST_CHECK int kernel_find(struct arena *arena, const struct virtual_machine *machine,
	struct virtual_parts *parts, struct error *err);

/* words.c: QEMU's -icount shift: 2^shift ns an instruction; -1: no such processor. */
int virtual_shift(unsigned mips);

/* guest.c */
/* The archive of a job's guest. */
MUST_CHECK int guest_write(struct procs *procs, struct arena *arena, const struct virtual_job *job,
	const char *path, struct error *err);
/* Adds what the guest is, with the hash of the archive so far. */
MUST_CHECK int guest_describe(struct procs *procs, struct arena *arena,
	const struct virtual_job *job, const char *path, struct error *err);
