/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* As Python's json.dump(indent=4): what published trees were written with. */
void print_json(FILE *stream, const json_t *value, int indent);
