/* SPDX-License-Identifier: MIT */
#pragma once

#include "host/host.h"

/* Descriptors that are opened in the networks of hosts, such as devices and sockets. */
struct inside {
	const struct host *host; /* whose network it is in */
	const char *name;        /* of the host, for messages */
	const char *device;
	int (*open)(const char *device, int *ret_fd, struct error *err); /* called in there */
};
/* All of them or none; the caller owns them. */
MUST_CHECK int inside_open(
	const struct inside list[], size_t count, int ret_fds[], struct error *err);
