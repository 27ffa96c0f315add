/* SPDX-License-Identifier: MIT */
/* Which parameters contradict themselves, and what those left out are. */
#include "nat/internal.h"

#define SECOND_NS INT64_C(1000000000)
#define LONGEST_NS (INT64_C(365) * 86400 * SECOND_NS)

int64_t nat_lifetime_ns(const struct nat_params *params, enum nat_lifetime lifetime)
{
	static const int64_t seconds[NAT_LIFETIMES] = {
		[NAT_UDP_FRESH] = 300,
		[NAT_UDP_STREAM] = 300,
		[NAT_TCP_OPENING] = 240,
		[NAT_TCP_ESTABLISHED] = 7440,
		[NAT_TCP_HALF_CLOSED] = 7440,
		[NAT_TCP_CLOSED] = 240,
		[NAT_TCP_RESET] = 240,
		[NAT_ICMP_QUERY] = 60,
	};

	return params->lifetime_ns[lifetime] > 0 ? params->lifetime_ns[lifetime]
						 : seconds[lifetime] * SECOND_NS;
}

void nat_fill(struct nat_params *params)
{
	for (int i = 0; i < NAT_LIFETIMES; i++)
		params->lifetime_ns[i] = nat_lifetime_ns(params, (enum nat_lifetime)i);
	if (params->first_port == 0 && params->last_port == 0) {
		params->first_port = NAT_FIRST_PORT;
		params->last_port = NAT_LAST_PORT;
	}
	if (params->udp_rate_bps > 0 && params->udp_burst_bytes == 0)
		params->udp_burst_bytes = (uint32_t)(params->udp_rate_bps / 8 / 10);
}

/* Parameters may have crossed a socket, so that even an enumeration holds any number. */
static int check_words(const struct nat_params *params, struct error *err)
{
	const struct {
		const char *field;
		unsigned value, last;
	} words[] = {
		{"mapping", params->mapping, NAT_ADDRESS_AND_PORT_DEPENDENT},
		{"filtering", params->filtering, NAT_ADDRESS_AND_PORT_DEPENDENT},
		{"ports", params->ports, NAT_RANDOM},
		{"unsolicited", params->unsolicited, NAT_OCCUPIES},
		{"refresh", params->refresh, NAT_BY_INBOUND},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].value > words[i].last)
			return fail(err, ERROR_USAGE, "%s: %u means nothing", words[i].field,
				words[i].value);
	}
	return 0;
}

static int check_external(const struct nat_params *params, struct error *err)
{
	if (params->external_count > NAT_MAX_EXTERNAL)
		return fail(err, ERROR_USAGE, "external: a router has at most %d addresses outside",
			NAT_MAX_EXTERNAL);
	if (params->is_open && params->external_count > 0)
		return fail(err, ERROR_USAGE,
			"is_open: a router that translates lets in only what has a mapping");
	if (params->is_nat64 && params->external_count == 0)
		return fail(err, ERROR_USAGE,
			"is_nat64: a router without IPv4 addresses outside cannot translate to IPv4");
	if (params->is_nat64 && params->hairpins)
		return fail(err, ERROR_USAGE, "hairpins: a NAT64 turns nothing back");
	if (params->is_open && params->filtering != NAT_ENDPOINT_INDEPENDENT)
		return fail(err, ERROR_USAGE, "filtering: a router that is open filters nothing");
	for (uint32_t i = 0; i < params->external_count; i++) {
		if (params->external[i] == 0)
			return fail(err, ERROR_USAGE, "external: 0.0.0.0 is nobody's address");
		for (uint32_t k = 0; k < i; k++) {
			if (params->external[i] == params->external[k])
				return fail(
					err, ERROR_USAGE, "external: an address is there twice");
		}
	}
	return 0;
}

static int check_ports(const struct nat_params *given, struct error *err)
{
	struct nat_params params = *given;
	uint32_t span;

	nat_fill(&params);
	if (params.first_port == 0 || params.first_port > params.last_port)
		return fail(err, ERROR_USAGE, "first_port: is not between 1 and last_port");
	span = params.last_port - params.first_port + 1U;
	if (params.block_ports > span)
		return fail(err, ERROR_USAGE, "block_ports: a block of %u does not fit in %u ports",
			params.block_ports, span);
	if (params.block_ports > 0)
		span = params.block_ports;
	if (params.ports == NAT_PARITY && span < 2)
		return fail(err, ERROR_USAGE, "ports: parity needs two ports to choose from");
	if (params.shares_ports && params.filtering < params.mapping)
		return fail(err, ERROR_USAGE,
			"shares_ports: an endpoint that several mappings share needs a filter that "
			"tells them apart; make filtering at least as strict as mapping");
	return 0;
}

static int check_rules(const struct nat_params *params, struct error *err)
{
	const struct nat_rule *rules[] = {&params->tcp, &params->udp, &params->icmp};
	static const char *const names[] = {"tcp", "udp", "icmp"};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i]->except_port > 0 && !rules[i]->is_blocked)
			return fail(err, ERROR_USAGE,
				"%s: except_port is an exception from nothing", names[i]);
	}
	if (params->icmp.except_port > 0)
		return fail(err, ERROR_USAGE, "icmp: has no ports to except");
	if (!(params->udp_rate_bps == 0 ||
		    (params->udp_rate_bps >= 1000 && params->udp_rate_bps <= 1e11)))
		return fail(err, ERROR_USAGE,
			"udp_rate_bps: %g is not between 1 kbit/s and 100 Gbit/s",
			params->udp_rate_bps);
	if (params->udp_burst_bytes > 0 && params->udp_rate_bps == 0)
		return fail(err, ERROR_USAGE, "udp_burst_bytes: needs udp_rate_bps");
	return 0;
}

static int check_times(const struct nat_params *params, struct error *err)
{
	for (int i = 0; i < NAT_LIFETIMES; i++) {
		if (params->lifetime_ns[i] < 0 || params->lifetime_ns[i] > LONGEST_NS)
			return fail(err, ERROR_USAGE,
				"lifetime_ns: number %d is not between 0 and a year", i);
	}
	if (params->stream_after_ns < 0 || params->stream_after_ns > LONGEST_NS)
		return fail(err, ERROR_USAGE, "stream_after_ns: is not between 0 and a year");
	return 0;
}

int nat_check(const struct nat_params *params, struct error *err)
{
	if (check_words(params, err) || check_external(params, err) || check_ports(params, err) ||
		check_rules(params, err) || check_times(params, err))
		return -1;
	return 0;
}
