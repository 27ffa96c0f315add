/* SPDX-License-Identifier: MIT */
#pragma once

#include "programs/marker/mark.h"

#include "base/error.h"

/* Numbered packets with marks, by the clock. */
struct send_spec {
	const char *to;     /* IPv4 or IPv6; NULL: frames */
	const char *source; /* of IPv4, somebody else's; NULL: ours */
	const char *device; /* to send from; NULL: as routes say; of frames not NULL */
	struct mark_token token;
	uint16_t port, ether_type;
	uint8_t tos;
	bool is_stranger; /* frames: with a source MAC that is not the device's */
	uint32_t count, first;
	size_t bytes; /* of the UDP payload, or behind the Ethernet header */
	size_t sizes; /* marks are so many sizes, one byte apart, in turn; 0 and 1: one */
	int64_t interval_ns;
	uint32_t again_after; /* numbers begin again after so many packets; 0: never */
};

/* What the kernel refused: how many, and why the last one. */
struct send_account {
	uint32_t sent, refused;
	int error; /* errno; 0: none */
};

MUST_CHECK int marker_send(
	const struct send_spec *spec, struct send_account *ret_account, struct error *err);
