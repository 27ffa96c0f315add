/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/*
 * Asks a network by ARP, as RFC 5227 does before an address is taken, whether another machine has
 * an IPv4 address: 1 and its MAC address as text, 0 when nobody says so, -1 with errno.
 */
int claim_ask(const char *device, const char *address, char *mac_text, size_t size);
