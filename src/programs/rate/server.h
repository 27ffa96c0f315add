/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

/* Answers one client after another on a TCP port and the UDP port of the same number; for ever. */
MUST_CHECK int rate_serve(unsigned port, struct error *err);
