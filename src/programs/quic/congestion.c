/* SPDX-License-Identifier: MIT */
/* Names of the congestion controls of QUIC; they are not those of the kernel. */
#include "programs/quic/congestion.h"

#include <stddef.h>
#include <string.h>

const char *const quic_congestions[] = {"cubic", "reno", "bbr", "bbr2", NULL};

const char *quic_congestion(const char *name)
{
	for (size_t i = 0; quic_congestions[i]; i++) {
		if (strcmp(quic_congestions[i], name) == 0)
			return quic_congestions[i];
	}
	return quic_congestions[0];
}
