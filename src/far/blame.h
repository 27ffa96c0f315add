/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

/*
 * What ssh, sudo or systemd printed when they refused, as a sentence with the next step;
 * `destination` is ssh's. NULL: nothing in it is known. Pure.
 */
const char *far_blame(struct arena *arena, const char *destination, const char *text);
