/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

/* What the machines of a hosts.yml can do; returns an exit status, or -1 and an error. */
MUST_CHECK int doctor_on(const char *path, struct error *err);
