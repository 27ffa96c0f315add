/* SPDX-License-Identifier: MIT */
/*
 * What became of first fragments, for those that follow (RFC 4787, section 11, fragments in order).
 * A bounded memory: where two trails meet, the older one is lost.
 */
#include "nat/internal.h"

static unsigned place_of(const struct view *view)
{
	uint64_t hash = view->source.address.low ^ view->destination.address.low * 31 ^
			(uint64_t)view->fragment_id << 7;

	return (unsigned)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 56) % TRAILS;
}

void trail_leave(struct nat *nat, const struct passage *passage, enum nat_verdict verdict)
{
	const struct view *view = &passage->view;

	nat->trails[place_of(view)] = (struct trail){.source = view->source.address,
		.destination = view->destination.address,
		.fragment_id = view->fragment_id,
		.protocol = view->protocol,
		.direction = passage->direction,
		.verdict = verdict,
		.until_ns = passage->now_ns + NAT_FRAGMENT_SECONDS * INT64_C(1000000000),
		.rewrite = passage->rewrite};
}

enum nat_verdict trail_follow(const struct nat *nat, struct passage *passage)
{
	const struct view *view = &passage->view;
	const struct trail *trail = &nat->trails[place_of(view)];

	if (passage->now_ns >= trail->until_ns || trail->direction != passage->direction ||
		trail->protocol != view->protocol || trail->fragment_id != view->fragment_id ||
		!address_equals(trail->source, view->source.address) ||
		!address_equals(trail->destination, view->destination.address))
		return NAT_FRAGMENT;
	passage->rewrite = trail->rewrite;
	return trail->verdict;
}
