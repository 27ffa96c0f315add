/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

/*
 * Counters of frames that are larger than their device's MTU: several packets that are still one.
 * For inside_open().
 */

/* Of those that come in. */
MUST_CHECK int frames_watch_in(const char *device, int *ret_fd, struct error *err);
/* Of those that the device is given to send. */
MUST_CHECK int frames_watch_out(const char *device, int *ret_fd, struct error *err);
/* How many since the last call. */
MUST_CHECK int frames_take(int fd, unsigned *ret_count, struct error *err);
