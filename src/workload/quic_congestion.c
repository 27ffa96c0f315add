/* Names of the congestion controls of QUIC; they are not those of the kernel. */
#include "workload/quic_congestion.h"

#include <stddef.h>
#include <string.h>

const char *const quic_congestions[] = {"cubic", "reno", "bbr", "bbr2", NULL};

bool quic_has_congestion(const char *name)
{
	for (size_t i = 0; quic_congestions[i]; i++) {
		if (strcmp(quic_congestions[i], name) == 0)
			return true;
	}
	return false;
}
