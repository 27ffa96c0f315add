/* SPDX-License-Identifier: MIT */
#pragma once

/* What ngtcp2 offers, NULL-terminated; the order is its own numbering in conn.c. */
extern const char *const quic_congestions[];
/* One of them: `name`, or the first where QUIC does not have what the kernel has. */
const char *quic_congestion(const char *name);
