/* SPDX-License-Identifier: MIT */
/* To whom a host sends, and how often. */
#include "programs/marker/remotes.h"

#include "base/json.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum {
	IPV4_BYTES = 20,
	IPV6_BYTES = 40
};

/* What follows sooner belongs to the same exchange: answers, acknowledgements, bursts. */
static const int64_t EXCHANGE_NS = 500000000;

static struct remote *find(struct remotes *remotes, const uint8_t *address, size_t size)
{
	struct remote *remote;

	for (size_t i = 0; i < remotes->count; i++) {
		remote = &remotes->list[i];
		if (remote->address_bytes == size && memcmp(remote->address, address, size) == 0)
			return remote;
	}
	if (remotes->count == MOST_REMOTES)
		return NULL;
	remote = &remotes->list[remotes->count++];
	*remote = (struct remote){.address_bytes = size};
	memcpy(remote->address, address, size);
	return remote;
}

static void note(struct remote *remote, int protocol, int64_t at_ns)
{
	if (remote->exchanges == 0 || at_ns - remote->last_ns > EXCHANGE_NS)
		remote->exchanges++;
	remote->last_ns = at_ns;
	remote->udp += protocol == IPPROTO_UDP;
	remote->tcp += protocol == IPPROTO_TCP;
}

void remotes_add(struct remotes *remotes, const uint8_t *ip, size_t size, int64_t at_ns)
{
	bool is_ipv4 = size >= IPV4_BYTES && ip[0] >> 4 == 4;
	bool is_ipv6 = size >= IPV6_BYTES && ip[0] >> 4 == 6;
	int protocol = is_ipv4 ? ip[9] : is_ipv6 ? ip[6] : -1;
	struct remote *remote;

	if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
		return;
	remote = is_ipv4 ? find(remotes, ip + 16, 4) : find(remotes, ip + 24, REMOTE_ADDRESS_BYTES);
	if (remote)
		note(remote, protocol, at_ns);
}

json_t *remotes_json(const struct remotes *remotes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < remotes->count; i++) {
		const struct remote *remote = &remotes->list[i];
		char text[INET6_ADDRSTRLEN] = "";

		inet_ntop(remote->address_bytes == 4 ? AF_INET : AF_INET6, remote->address, text,
			sizeof(text));
		json_array_append_new(
			list, json_make("{s:s, s:I, s:I, s:I}", "to", text, "udp",
				      (json_int_t)remote->udp, "tcp", (json_int_t)remote->tcp,
				      "exchanges", (json_int_t)remote->exchanges, "span_s",
				      (double)(remote->exchange_ns - remote->first_ns) / 1e9));
	}
	return list;
}
