/* SPDX-License-Identifier: MIT */
/* How large packets may be that get through: whole, and where fragments are allowed. */
#include "programs/rate/client.h"

#include "programs/datagram.h"
#include "programs/fit.h"

#include "base/fd.h"
#include "base/json.h"

enum {
	LARGEST = 9216 /* of the packets that are asked about */
};

static size_t packet_bytes(size_t payload, size_t header)
{
	return payload ? payload + header : 0;
}

int rate_sizes(const char *address, unsigned port, json_t **ret_document, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	struct fit_asker asker = {0};
	enum fit beyond, beyond_cut;
	size_t header, whole, cut;

	if (datagram_connect(address, port, &fd, err))
		return -1;
	asker.fd = fd;
	header = datagram_header_bytes(fd);
	datagram_set_fragments(fd, false);
	whole = fit_largest(&asker, LARGEST - header, &beyond);
	datagram_set_fragments(fd, true);
	cut = fit_largest(&asker, LARGEST - header, &beyond_cut);
	*ret_document = json_make("{s:I, s:s, s:o, s:I, s:i}", "whole_bytes",
		(json_int_t)packet_bytes(whole, header), "beyond", fit_name(beyond),
		"told_mtu_bytes",
		asker.told_mtu ? json_integer((json_int_t)asker.told_mtu) : json_null(),
		"cut_bytes", (json_int_t)packet_bytes(cut, header), "most_bytes", LARGEST);
	return 0;
}
