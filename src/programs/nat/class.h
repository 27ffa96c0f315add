/* SPDX-License-Identifier: MIT */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* An endpoint as the server sees it. */
struct nat_mapped {
	bool is_there; /* an answer came */
	struct in_addr address;
	uint16_t port; /* in the host's byte order */
};

/* What was seen from behind a NAT, with one socket for each line. */
struct nat_sight {
	struct in_addr own_address;
	uint16_t own_port;
	/* To the server, to its other port, and to its other address. */
	struct nat_mapped to_server, to_other_port, to_other_address;
	/* Answers from where nothing was sent to. */
	bool hears_other_port, hears_other_address;
	/* To an endpoint that spoke to us in vain before, and to another one. */
	struct nat_mapped after_peer, before_peer;
};

/* The words of RFC 5780 and RFC 4787; NULL: it could not be seen. */
struct nat_class {
	const char *mapping, *filtering; /* "endpoint-independent", "address-dependent", ... */
	const char *ports;               /* "preserved" or "changed" */
	bool is_translated;
	/* Whether the mapping is the same if the peer speaks first: "stays" or "moves". */
	const char *peer_first;
};

struct nat_class nat_classify(const struct nat_sight *sight);
