#pragma once

#include "base/error.h"

/* A folder in /tmp for the state of hosts, gone with AUTO(scratch_remove); start with {0}. */
struct scratch {
	char path[64];
};

MUST_CHECK int scratch_make(struct scratch *scratch, const char *name, struct error *err);
void scratch_remove(struct scratch *scratch);
