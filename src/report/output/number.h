/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <stdio.h>

/* The shortest digits that read back as the same number: "0.1", "12.0", "1e-05". */
void print_number(FILE *stream, double value);
/* "934", "54.7", "8.77": `decimals` below zero are that many significant digits; "--" for NAN. */
const char *number_text(struct arena *arena, double number, int decimals);
