/* SPDX-License-Identifier: MIT */
/* The table of all keys of a site, the NATs that have a name, and how each kind of value reads. */
#include "plan/topology_keys.h"

#include "base/near.h"
#include "base/text.h"
#include "plan/subnet.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	PREFIX_LEAST = 8,
	PREFIX_MOST = 24
};

static const char *const scopes[] = {[NAT_ENDPOINT_INDEPENDENT] = "endpoint-independent",
	[NAT_ADDRESS_DEPENDENT] = "address-dependent",
	[NAT_ADDRESS_AND_PORT_DEPENDENT] = "address-and-port-dependent",
	NULL};
static const char *const families[] = {
	[TOPOLOGY_IPV4] = "ipv4", [TOPOLOGY_DUAL] = "dual", [TOPOLOGY_IPV6] = "ipv6", NULL};
static const char *const ports[] = {[NAT_PRESERVED] = "preserved",
	[NAT_PARITY] = "parity",
	[NAT_SEQUENTIAL] = "sequential",
	[NAT_RANDOM] = "random",
	NULL};
static const char *const unsolicited[] = {
	[NAT_IGNORED] = "ignored", [NAT_ANSWERED] = "answered", [NAT_OCCUPIES] = "occupies", NULL};
static const char *const refreshes[] = {
	[NAT_BY_BOTH] = "both", [NAT_BY_OUTBOUND] = "outbound", [NAT_BY_INBOUND] = "inbound", NULL};

#define AT(member) offsetof(struct topology_site, member)
#define KEY(key, how, member)                                                                      \
	{                                                                                          \
		.name = (key), .kind = (how), .offset = AT(member)                                 \
	}
#define WORD(key, member, list)                                                                    \
	{                                                                                          \
		.name = (key), .kind = SITE_WORD, .offset = AT(member), .words = (list)            \
	}
#define NUMBER(key, how, member, least, most)                                                      \
	{                                                                                          \
		.name = (key), .kind = (how), .offset = AT(member), .low = (least), .high = (most) \
	}
#define LIFETIME(key, state) KEY(key, SITE_DURATION, nat.lifetime_ns[state])

const struct site_key site_keys[TOPOLOGY_SITE_KEYS + 1] = {
	KEY("nat", SITE_NAT, nat),
	KEY("behind", SITE_BEHIND, behind),
	WORD("family", family, families),
	KEY("network", SITE_NETWORK, network),
	NUMBER("external_addresses", SITE_COUNT, external_count, 1, NAT_MAX_EXTERNAL),
	KEY("paired", SITE_FLAG, nat.is_paired),
	WORD("mapping", nat.mapping, scopes),
	WORD("filtering", nat.filtering, scopes),
	WORD("ports", nat.ports, ports),
	NUMBER("block_ports", SITE_SHORT, nat.block_ports, 0, 32768),
	WORD("unsolicited", nat.unsolicited, unsolicited),
	KEY("hairpin", SITE_FLAG, nat.hairpins),
	KEY("drops_fragments", SITE_FLAG, nat.drops_fragments),
	WORD("refresh", nat.refresh, refreshes),
	LIFETIME("udp_fresh", NAT_UDP_FRESH),
	LIFETIME("udp_stream", NAT_UDP_STREAM),
	LIFETIME("tcp_established", NAT_TCP_ESTABLISHED),
	LIFETIME("icmp_query", NAT_ICMP_QUERY),
	NUMBER("sessions", SITE_COUNT, nat.most_sessions, 1, TOPOLOGY_MOST_SESSIONS),
	KEY("udp", SITE_RULE, nat.udp),
	KEY("tcp", SITE_RULE, nat.tcp),
	KEY("icmp", SITE_RULE, nat.icmp),
	KEY("udp_rate", SITE_RATE, nat.udp_rate_bps),
	NUMBER("mtu", SITE_SHORT, mtu, TOPOLOGY_LEAST_MTU, TOPOLOGY_MOST_MTU),
	KEY("black_hole", SITE_FLAG, is_black_hole),
	KEY("up", SITE_PROFILE, up_name),
	KEY("down", SITE_PROFILE, down_name),
};

/*
 * Names of the field (RFC 3489's cones, which RFC 4787 says more exactly). "linux" is what
 * masquerade does with an open INPUT chain: the mapping moves when the peer speaks first.
 */
static const struct {
	struct nat_params params;
	bool is_translated;
} nats[] = {
	{{.is_open = true}, false},
	{{.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, false},
	{{.filtering = NAT_ENDPOINT_INDEPENDENT}, true},
	{{.filtering = NAT_ADDRESS_DEPENDENT}, true},
	{{.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, true},
	{{.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
		 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
		 .ports = NAT_RANDOM},
		true},
	{{.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
		 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
		 .ports = NAT_SEQUENTIAL},
		true},
	{{.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,
		 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
		 .shares_ports = true,
		 .unsolicited = NAT_OCCUPIES},
		true},
	{{.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT, .ports = NAT_RANDOM, .block_ports = 1024},
		true},
	{{.is_nat64 = true, .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT}, true},
};
const char *const topology_nats[] = {"none", "firewall", "full-cone", "address-restricted",
	"port-restricted", "symmetric", "symmetric-sequential", "linux", "carrier", "nat64", NULL};

size_t site_key_named(const char *name)
{
	size_t index = 0;

	while (index < TOPOLOGY_SITE_KEYS && strcmp(site_keys[index].name, name) != 0)
		index++;
	return index;
}

static const char *nth_key(const void *context, size_t index)
{
	static const char *const others[] = {"hosts", "uplinks", NULL};

	(void)context;
	return index < TOPOLOGY_SITE_KEYS ? site_keys[index].name
					  : others[index - TOPOLOGY_SITE_KEYS];
}

const char *site_key_near(const char *name)
{
	return near_name(name, nth_key, NULL);
}

bool site_key_is_shared(const char *name)
{
	static const char *const keys[] = {"hosts", "uplinks", "behind", "family", "network"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i], name) == 0)
			return true;
	}
	return false;
}

struct topology_site site_default(void)
{
	return (struct topology_site){.behind = TOPOLOGY_PUBLIC,
		.external_count = 1,
		.is_translated = true,
		.nat = {.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT},
		.mtu = 1500};
}

static const char *nth_of(const void *context, size_t index)
{
	const char *const *names = context;

	return names[index];
}

static int index_of_word(struct arena *arena, const struct site_key *key, const char *const *words,
	const char *text, unsigned *ret_index, struct error *err)
{
	const char *known = "", *meant = near_name(text, nth_of, words);

	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*ret_index = i;
			return 0;
		}
		known = arena_printf(arena, "%s%s%s", known, i ? ", " : "", words[i]);
	}
	return fail(err, ERROR_USAGE, "%s '%s' is not one of %s%s%s%s", key->name, text, known,
		meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
}

static int read_nat(struct arena *arena, const struct site_key *key, const char *text,
	struct topology_site *site, struct error *err)
{
	unsigned index;

	if (index_of_word(arena, key, topology_nats, text, &index, err))
		return -1;
	site->nat = nats[index].params;
	site->is_translated = nats[index].is_translated;
	return 0;
}

static int read_flag(const struct site_key *key, const char *text, bool *into, struct error *err)
{
	*into = strcmp(text, "true") == 0;
	if (*into || strcmp(text, "false") == 0)
		return 0;
	return fail(err, ERROR_USAGE, "%s: '%s' is neither true nor false", key->name, text);
}

static int read_number(
	const struct site_key *key, const char *text, int64_t *ret_number, struct error *err)
{
	return text_integer(text, key->low, key->high, ret_number, err)
		       ? fail_in(err, "%s", key->name)
		       : 0;
}

static int read_rule(
	const struct site_key *key, const char *text, struct nat_rule *rule, struct error *err)
{
	bool has_ports = strcmp(key->name, "icmp") != 0;
	struct error ignored;
	int64_t port = 0;

	*rule = (struct nat_rule){.is_blocked = strcmp(text, "open") != 0};
	if (!rule->is_blocked || strcmp(text, "blocked") == 0)
		return 0;
	if (!has_ports || text_integer(text, 1, UINT16_MAX, &port, &ignored))
		return fail(err, ERROR_USAGE, "%s: '%s' is neither open nor blocked%s", key->name,
			text, has_ports ? " nor the one port that is open" : "");
	rule->except_port = (uint16_t)port;
	return 0;
}

static int read_network(
	struct arena *arena, const char *text, struct topology_site *site, struct error *err)
{
	const char *slash = strchr(text, '/');
	struct in_addr address = {0};
	struct error ignored;
	int64_t prefix = 0;

	if (slash && text_integer(slash + 1, PREFIX_LEAST, PREFIX_MOST, &prefix, &ignored) == 0 &&
		inet_pton(AF_INET, arena_strndup(arena, text, (size_t)(slash - text)), &address) ==
			1 &&
		address.s_addr != 0 && (ntohl(address.s_addr) & ~subnet_mask((int)prefix)) == 0) {
		site->network = ntohl(address.s_addr);
		site->prefix = (int)prefix;
		return 0;
	}
	return fail(err, ERROR_USAGE,
		"'%s' is not an IPv4 network of /%d to /%d, such as 192.168.1.0/24", text,
		PREFIX_LEAST, PREFIX_MOST);
}

int site_read_key(struct arena *arena, const struct site_key *key, const char *text,
	struct topology_site *site, struct error *err)
{
	void *into = (char *)site + key->offset;
	int64_t number;

	switch (key->kind) {
	case SITE_NAT:
		return read_nat(arena, key, text, site, err);
	case SITE_WORD:
		return index_of_word(arena, key, key->words, text, into, err);
	case SITE_FLAG:
		return read_flag(key, text, into, err);
	case SITE_COUNT:
		if (read_number(key, text, &number, err))
			return -1;
		*(uint32_t *)into = (uint32_t)number;
		return 0;
	case SITE_SHORT:
		if (read_number(key, text, &number, err))
			return -1;
		*(uint16_t *)into = (uint16_t)number;
		return 0;
	case SITE_RULE:
		return read_rule(key, text, into, err);
	case SITE_RATE:
		return text_rate_bps(text, into, err) ? fail_in(err, "%s", key->name) : 0;
	case SITE_DURATION:
		return text_duration_ns(text, into, err) ? fail_in(err, "%s", key->name) : 0;
	case SITE_NETWORK:
		return read_network(arena, text, site, err);
	case SITE_PROFILE:
		*(const char **)into = arena_strdup(arena, text);
		return 0;
	case SITE_BEHIND:
		break;
	}
	return 0;
}
