/* SPDX-License-Identifier: MIT */
/* One router: its parameters and the state behind them. */
#include "nat/internal.h"

#include <stdlib.h>
#include <string.h>

int nat_new(const struct nat_key *key, uint32_t sessions, struct nat **ret_nat, struct error *err)
{
	struct nat *nat;

	if (sessions == 0 || sessions == NO_SLOT)
		return fail(err, ERROR_USAGE, "router %u: has no room for sessions", key->router);
	nat = calloc(1, sizeof(*nat));
	if (!nat)
		return fail_errno(err, "prepare router %u", key->router);
	nat->key = *key;
	nat_fill(&nat->params);
	if (mappings_init(&nat->mappings, sessions, err) ||
		sessions_init(&nat->sessions, sessions, err) ||
		flows_init(&nat->flows, sessions, err)) {
		nat_free(nat);
		return fail_in(err, "prepare router %u", key->router);
	}
	nat_restart(nat, key->seed);
	*ret_nat = nat;
	return 0;
}

void nat_free(struct nat *nat)
{
	if (!nat)
		return;
	mappings_done(&nat->mappings);
	sessions_done(&nat->sessions);
	flows_done(&nat->flows);
	free(nat);
}

void nat_freep(struct nat **nat)
{
	nat_free(*nat);
	*nat = NULL;
}

void nat_flush(struct nat *nat)
{
	sessions_forget_flows(nat);
	mappings_restart(&nat->mappings, &nat->random);
	sessions_restart(&nat->sessions, &nat->random);
	hash_restart(&nat->flows.hash, &nat->random);
	memset(nat->trails, 0, sizeof(nat->trails));
	memset(nat->police, 0, sizeof(nat->police));
	for (int i = 0; i < NAT_MAX_EXTERNAL; i++) {
		for (int protocol = 0; protocol < PROTOCOLS; protocol++)
			nat->next_port[i][protocol] = (uint16_t)random_next(&nat->random);
	}
}

void nat_restart(struct nat *nat, uint64_t seed)
{
	struct random random = random_seeded(seed);

	nat->key.seed = seed;
	nat->random = random_seeded(random_next(&random) ^ nat->key.router);
	memset(nat->packets, 0, sizeof(nat->packets));
	nat_flush(nat);
}

static bool maps_alike(const struct nat_params *a, const struct nat_params *b)
{
	return a->is_nat64 == b->is_nat64 && a->external_count == b->external_count &&
	       memcmp(a->external, b->external, sizeof(*a->external) * a->external_count) == 0 &&
	       a->is_paired == b->is_paired && a->mapping == b->mapping &&
	       a->shares_ports == b->shares_ports && a->ports == b->ports &&
	       a->first_port == b->first_port && a->last_port == b->last_port &&
	       a->block_ports == b->block_ports;
}

int nat_set(struct nat *nat, const struct nat_params *params, struct error *err)
{
	struct nat_params before = nat->params;

	if (nat_check(params, err))
		return -1;
	nat->params = *params;
	nat_fill(&nat->params);
	if (!maps_alike(&before, &nat->params))
		nat_flush(nat);
	sessions_forget_flows(nat);
	nat->sessions.next_expiry_ns = INT64_MIN; /* lifetimes may be shorter now */
	return 0;
}

bool nat_owns(const struct nat *nat, const struct address *address)
{
	for (uint32_t i = 0; i < nat->params.external_count; i++) {
		if (address_equals(*address, address_ipv4(nat->params.external[i])))
			return true;
	}
	return false;
}

const char *nat_verdict_name(enum nat_verdict verdict)
{
	static const char *const names[NAT_VERDICTS] = {
		[NAT_PASSES] = "passes",
		[NAT_HAIRPINS] = "hairpins",
		[NAT_LOCAL] = "local",
		[NAT_MALFORMED] = "malformed",
		[NAT_UNSUPPORTED] = "unsupported",
		[NAT_FILTERED] = "filtered",
		[NAT_NO_HAIRPIN] = "no hairpin",
		[NAT_RULE] = "rule",
		[NAT_POLICED] = "policed",
		[NAT_NO_PORT] = "no port",
		[NAT_FULL] = "full",
		[NAT_FRAGMENT] = "fragment",
	};

	return names[verdict];
}

struct nat_totals nat_totals(const struct nat *nat)
{
	struct nat_totals totals = {
		.mappings = nat->mappings.slots.used, .sessions = nat->sessions.slots.used};

	memcpy(totals.packets, nat->packets, sizeof(totals.packets));
	return totals;
}
