/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* "${object.member}" or "${object}" inside a text; "$${" stands for "${" itself. */
struct name {
	size_t start, end; /* of the whole, in the text */
	bool is_escape;
	char object[48], member[48]; /* `member` may be empty */
};

/* 1: the next name at or after `from`; 0: there is none; -1: one that is not closed or misspelt. */
MUST_CHECK int name_next(const char *text, size_t from, struct name *ret_name, struct error *err);
/* Lower-case letters, digits, '-' and '_', starting with a letter; short enough for a name. */
bool name_is_word(const char *word);
/* A label of RFC 1123: it becomes a host name, a folder and a word of command lines. */
bool name_is_label(const char *label);
