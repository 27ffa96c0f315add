/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* What people read on a terminal: how wide that is, and texts that break between words. */

/* $COLUMNS, or the width of the terminal that `out` leads to, within 40 and 400; 0: there is none,
 * and lines may have any length. */
size_t terminal_width(FILE *out);
/* Of UTF-8 text in which every character is one column wide. */
size_t terminal_columns(const char *text);
/* Ends UTF-8 text after that many columns, for a line that is drawn over; 0: any length. */
void terminal_fit(char *text, size_t width);
/*
 * Prints words of `text` from the column that was reached; a line that would be longer than `width`
 * ends before, and the next one begins with `indent` blanks. 0: any length. Does not end the last
 * line.
 */
void terminal_wrap(FILE *out, const char *text, size_t column, size_t indent, size_t width);
