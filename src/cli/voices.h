/* SPDX-License-Identifier: MIT */
#pragma once

#include "virtual/virtual.h"

/* What guests print while they run side by side, and how fast they go on in wall time. */
struct voices;

struct voices *voices_new(struct arena *arena, size_t count);
/*
 * The job of the guest with this number, from 0, is heard: each line of its progress behind a name,
 * or without one all that it prints, as if it ran here.
 */
void voices_hear(struct voices *voices, size_t number, const char *name, struct virtual_job *job);
/* What guests said last, which a panic cuts off in mid-line. */
void voices_end(struct voices *voices);
