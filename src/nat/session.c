/* SPDX-License-Identifier: MIT */
/*
 * What a mapping and a remote endpoint said to each other, and until when it counts. Sessions of
 * one lifetime wait in the order of their refreshment, so expiry looks at the oldest ones only.
 */
#include "nat/internal.h"

#include <stdlib.h>

enum {
	BOTH = 1 << NAT_OUTBOUND | 1 << NAT_INBOUND
};

int sessions_init(struct sessions *sessions, uint32_t count, struct error *err)
{
	*sessions = (struct sessions){.session = calloc(count, sizeof(*sessions->session))};
	if (!sessions->session)
		return fail_errno(err, "keep %u sessions", count);
	if (slots_init(&sessions->slots, count, err) || index_init(&sessions->remote, count, err) ||
		index_init(&sessions->address, count, err))
		return -1;
	return 0;
}

void sessions_done(struct sessions *sessions)
{
	slots_done(&sessions->slots);
	index_done(&sessions->remote);
	index_done(&sessions->address);
	free(sessions->session);
}

void sessions_restart(struct sessions *sessions, struct random *random)
{
	slots_restart(&sessions->slots);
	index_restart(&sessions->remote, random);
	index_restart(&sessions->address, random);
	for (int i = 0; i < NAT_LIFETIMES; i++) {
		struct ring *end = &sessions->ends[i];

		end->older = end->newer = end;
	}
	sessions->next_expiry_ns = INT64_MAX;
}

void sessions_forget_flows(struct nat *nat)
{
	for (uint32_t i = 0; i < nat->sessions.slots.fresh; i++)
		flow_forget(nat, &nat->sessions.session[i]);
}

bool sessions_are_full(const struct nat *nat)
{
	uint32_t most = nat->params.most_sessions, used = nat->sessions.slots.used;

	return used == nat->sessions.slots.count || (most > 0 && used >= most);
}

static void leave_ring(struct session *session)
{
	session->ring.older->newer = session->ring.newer;
	session->ring.newer->older = session->ring.older;
}

static void join_ring(struct sessions *sessions, struct session *session)
{
	struct ring *end = &sessions->ends[session->lifetime], *newest = end->older;

	session->ring = (struct ring){.older = newest, .newer = end};
	newest->newer = &session->ring;
	end->older = &session->ring;
}

static int64_t expiry_of(const struct nat *nat, const struct session *session)
{
	return session->refreshed_ns + nat->params.lifetime_ns[session->lifetime];
}

static struct key key_of(uint32_t mapping, const struct address *address, uint16_t port)
{
	return (struct key){{mapping, address->high, address->low, port}};
}

uint32_t session_find(const struct nat *nat, uint32_t mapping, const struct endpoint *remote)
{
	struct key key = key_of(mapping, &remote->address, remote->port);

	return index_find(&nat->sessions.remote, &key);
}

bool session_knows_address(const struct nat *nat, uint32_t mapping, const struct address *address)
{
	struct key key = key_of(mapping, address, 0);

	return index_find(&nat->sessions.address, &key) != NO_SLOT;
}

/*
 * Queries go out and their replies come back. TCP begins with a SYN, or in the middle where that
 * is allowed: Linux, too, takes what is neither a beginning nor an end.
 */
bool session_may_begin(const struct nat *nat, const struct view *view)
{
	if (view->protocol == PROTOCOL_ICMP)
		return view->is_request;
	if (view->protocol != PROTOCOL_TCP)
		return true;
	if ((view->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
		return true;
	return !nat->params.is_tcp_strict && !(view->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

uint32_t session_start(
	struct nat *nat, uint32_t mapping, const struct endpoint *remote, int64_t now_ns)
{
	struct sessions *sessions = &nat->sessions;
	struct key key = key_of(mapping, &remote->address, remote->port);
	struct key address = key_of(mapping, &remote->address, 0);
	uint32_t number = slots_take(&sessions->slots);

	sessions->session[number] = (struct session){.opened_ns = now_ns,
		.refreshed_ns = now_ns,
		.mapping = mapping,
		.lifetime = NAT_LIFETIMES};
	index_add(&sessions->remote, number, &key);
	index_add(&sessions->address, number, &address);
	nat->mappings.mapping[mapping].sessions++;
	return number;
}

static void session_close(struct nat *nat, uint32_t number)
{
	struct sessions *sessions = &nat->sessions;
	struct session *session = &sessions->session[number];
	uint32_t mapping = session->mapping;

	flow_forget(nat, session);
	leave_ring(session);
	index_remove(&sessions->remote, number);
	index_remove(&sessions->address, number);
	slots_give(&sessions->slots, number);
	if (--nat->mappings.mapping[mapping].sessions == 0)
		mapping_close(nat, mapping);
}

void sessions_expire(struct nat *nat, int64_t now_ns)
{
	struct sessions *sessions = &nat->sessions;

	if (now_ns < sessions->next_expiry_ns)
		return;
	sessions->next_expiry_ns = INT64_MAX;
	for (int i = 0; i < NAT_LIFETIMES; i++) {
		const struct ring *end = &sessions->ends[i];

		while (end->newer != end) {
			struct session *oldest = (struct session *)end->newer;
			int64_t expiry_ns = expiry_of(nat, oldest);

			if (expiry_ns > now_ns) {
				if (expiry_ns < sessions->next_expiry_ns)
					sessions->next_expiry_ns = expiry_ns;
				break;
			}
			session_close(nat, (uint32_t)(oldest - sessions->session));
		}
	}
}

/*
 * RFC 6146, section 3.5.2: no sequence numbers are checked, so traffic after a RST means that the
 * RST did not count. What was taken in the middle counts as established.
 */
static void note_tcp(struct session *session, uint8_t flags, uint8_t direction)
{
	if (flags & TCP_RST) {
		session->rst = true;
		return;
	}
	if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && (session->rst || session->fin == BOTH))
		session->syn = session->fin = 0;
	session->rst = false;
	if (flags & TCP_SYN)
		session->syn |= direction;
	else if (session->syn == 0)
		session->syn = BOTH;
	if (flags & TCP_FIN)
		session->fin |= direction;
}

static enum nat_lifetime tcp_lifetime(const struct session *session)
{
	if (session->rst)
		return NAT_TCP_RESET;
	if (session->fin != 0)
		return session->fin == BOTH ? NAT_TCP_CLOSED : NAT_TCP_HALF_CLOSED;
	return session->syn == BOTH ? NAT_TCP_ESTABLISHED : NAT_TCP_OPENING;
}

static enum nat_lifetime lifetime_of(const struct nat *nat, const struct session *session,
	enum protocol protocol, int64_t now_ns)
{
	if (protocol == PROTOCOL_ICMP)
		return NAT_ICMP_QUERY;
	if (protocol == PROTOCOL_TCP)
		return tcp_lifetime(session);
	return session->seen == BOTH && now_ns - session->opened_ns >= nat->params.stream_after_ns
		       ? NAT_UDP_STREAM
		       : NAT_UDP_FRESH;
}

static bool refreshes(const struct nat *nat, enum nat_direction direction)
{
	/* The other direction alone is what does not refresh. */
	return nat->params.refresh !=
	       (direction == NAT_OUTBOUND ? NAT_BY_INBOUND : NAT_BY_OUTBOUND);
}

void session_refresh(struct nat *nat, uint32_t number, enum nat_direction direction, int64_t now_ns)
{
	struct session *session = &nat->sessions.session[number];

	if (!refreshes(nat, direction))
		return;
	session->refreshed_ns = now_ns;
	leave_ring(session);
	join_ring(&nat->sessions, session);
}

/* A change of state refreshes, whatever the direction. */
static void change_lifetime(
	struct nat *nat, uint32_t number, enum nat_lifetime lifetime, int64_t now_ns)
{
	struct sessions *sessions = &nat->sessions;
	struct session *session = &sessions->session[number];

	if (session->lifetime != NAT_LIFETIMES)
		leave_ring(session);
	session->lifetime = lifetime;
	session->refreshed_ns = now_ns;
	flow_forget(nat, session);
	join_ring(sessions, session);
	if (expiry_of(nat, session) < sessions->next_expiry_ns)
		sessions->next_expiry_ns = expiry_of(nat, session);
}

bool session_is_steady(const struct session *session, enum protocol protocol)
{
	/* Of TCP only flags change it, and packets with those never belong to a flow. */
	return protocol == PROTOCOL_TCP || session->seen != BOTH ||
	       session->lifetime == NAT_UDP_STREAM;
}

void session_note(struct nat *nat, uint32_t number, const struct passage *passage)
{
	struct session *session = &nat->sessions.session[number];
	enum protocol protocol = passage->view.protocol;
	uint8_t bit = (uint8_t)(1U << passage->direction);
	enum nat_lifetime lifetime;

	if (!(session->seen & bit))
		flow_forget(nat, session);
	session->seen |= bit;
	if (protocol == PROTOCOL_TCP)
		note_tcp(session, passage->view.tcp_flags, bit);
	lifetime = lifetime_of(nat, session, protocol, passage->now_ns);
	if (lifetime != session->lifetime)
		change_lifetime(nat, number, lifetime, passage->now_ns);
	else
		session_refresh(nat, number, passage->direction, passage->now_ns);
}
