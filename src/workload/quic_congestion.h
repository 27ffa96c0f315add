#pragma once

#include <stdbool.h>

/* What ngtcp2 offers, NULL-terminated; the order is its own numbering in quic_conn.c. */
extern const char *const quic_congestions[];
bool quic_has_congestion(const char *name);
