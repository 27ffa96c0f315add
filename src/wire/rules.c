/* SPDX-License-Identifier: MIT */
/* Rules of the wire: which packet meets which of them, and what that does to its bytes. Pure. */
#include "wire/internal.h"

#include <netinet/in.h>
#include <string.h>

enum {
	IPV4_ADDRESS = 4,
	IPV6_ADDRESS = 16,
	ECN_MASK = 3
};

static int check_rule(const struct wire_rule *rule, struct error *err)
{
	if (rule->change >= WIRE_CHANGES)
		return fail(err, ERROR_USAGE, "%u is not a change", (unsigned)rule->change);
	if (rule->copies > WIRE_MAX_COPIES)
		return fail(err, ERROR_USAGE, "%u copies are more than %d", rule->copies,
			WIRE_MAX_COPIES);
	if (rule->delay_ns < 0 || rule->delay_ns > WIRE_LONGEST_HOLD_NS)
		return fail(err, ERROR_USAGE, "a packet waits between 0 and 60 s");
	if (rule->begin_ns < 0 || rule->end_ns < 0)
		return fail(err, ERROR_USAGE, "a rule begins and ends after it was set");
	if (rule->after > WIRE_MAX_AFTER ||
		(rule->after > 0 && (rule->change != WIRE_CHANGE_NONE || rule->copies > 0 ||
					    rule->delay_ns > 0)))
		return fail(err, ERROR_USAGE, "only what is held waits for others, for at most %d",
			WIRE_MAX_AFTER);
	if (rule->change == WIRE_CHANGE_DROP && rule->copies > 0)
		return fail(err, ERROR_USAGE, "copies that are dropped are none");
	return 0;
}

int rules_check(const struct wire_rule list[], size_t count, struct error *err)
{
	if (count > WIRE_MAX_RULES)
		return fail(err, ERROR_USAGE, "%zu rules are more than %d", count, WIRE_MAX_RULES);
	for (size_t i = 0; i < count; i++) {
		if (check_rule(&list[i], err))
			return fail_in(err, "rule %zu", i + 1);
	}
	return 0;
}

int rules_set(struct rules *rules, const struct wire_rule list[], size_t count, int64_t now_ns,
	struct error *err)
{
	if (rules_check(list, count, err))
		return -1;
	*rules = (struct rules){.count = (uint32_t)count, .set_ns = now_ns};
	for (size_t i = 0; i < count; i++)
		rules->list[i].rule = list[i];
	return 0;
}

static bool has_port(const struct frame_look *look, const uint8_t *bytes, uint16_t port)
{
	const uint8_t *l4 = bytes + look->l4;

	if (look->l4 == 0 || look->end < look->l4 + 4)
		return false;
	return (l4[0] << 8 | l4[1]) == port || (l4[2] << 8 | l4[3]) == port;
}

/* Between the ports that the rule names, and as it describes packets apart from their time. */
static bool is_of_kind(const struct wire_rule *rule, const struct ruled_packet *packet,
	const struct frame_look *look)
{
	if ((rule->from != WIRE_ANY && rule->from != packet->from) ||
		(rule->to != WIRE_ANY && rule->to != packet->to))
		return false;
	if (rule->protocol != WIRE_ANY && (!look->is_ip || look->protocol != rule->protocol))
		return false;
	if (rule->port && !has_port(look, packet->bytes, rule->port))
		return false;
	return packet->size >= rule->least_bytes &&
	       (!rule->most_bytes || packet->size <= rule->most_bytes);
}

static bool is_on_time(const struct wire_rule *rule, int64_t age_ns)
{
	return age_ns >= rule->begin_ns && (!rule->end_ns || age_ns < rule->end_ns);
}

/* Counts what it describes: one of every so many, and not more than the rule says. */
static bool takes(struct ruling *ruling, uint64_t index)
{
	struct wire_rule_use *use = &ruling->use;

	if ((ruling->rule.most && use->packets == ruling->rule.most) ||
		ruling->held_count == WIRE_MAX_HELD)
		return false;
	if (ruling->rule.every > 1 && ++ruling->seen % ruling->rule.every != 0)
		return false;
	if (use->packets == 0)
		use->first_index = index;
	use->last_index = index;
	use->packets++;
	return true;
}

const struct wire_rule *rules_meet(
	struct rules *rules, const struct ruled_packet *packet, uint32_t *ret_number)
{
	struct frame_look look = frame_look(packet->bytes, packet->size);
	int64_t age_ns = packet->now_ns - rules->set_ns;
	const struct wire_rule *met = NULL;

	for (uint32_t i = 0; i < rules->count; i++) {
		struct ruling *ruling = &rules->list[i];
		const struct wire_rule *rule = &ruling->rule;

		if (!is_of_kind(rule, packet, &look))
			continue;
		/* A counter in packets counts also those that another rule takes. */
		ruling->came++;
		if (met || packet->index < rule->first || packet->index > rule->last ||
			!is_on_time(rule, age_ns) || !takes(ruling, packet->index))
			continue;
		*ret_number = i;
		met = rule;
	}
	return met;
}

uint64_t rules_draw(uint64_t seed, uint16_t port, uint64_t index, uint32_t number)
{
	uint64_t x = seed ^ (index * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)port << 48) ^
		     ((uint64_t)number << 32);

	/* A bijection that spreads every bit: fates of neighbours have nothing in common. */
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Where what TCP, UDP or another protocol carries begins; the end of the packet when nowhere. */
static uint32_t content_of(const struct frame_look *look, const uint8_t *bytes)
{
	uint32_t at = look->l4;

	if (!look->is_ip)
		return look->end < ETHERNET_SIZE ? look->end : ETHERNET_SIZE;
	if (at == 0)
		return look->end;
	if (look->protocol == IPPROTO_UDP)
		at += 8;
	else if (look->protocol == IPPROTO_TCP && look->end >= at + 20)
		at += (bytes[at + 12] >> 4) * 4U;
	return at < look->end ? at : look->end;
}

static bool flip(struct frame_look *look, uint8_t *bytes, uint32_t bits, uint64_t draw)
{
	uint32_t from = content_of(look, bytes), length = look->end - from;

	if (length == 0)
		return false;
	for (uint32_t i = 0; i < (bits ? bits : 1); i++) {
		bytes[from + (draw >> 32) % length] ^= (uint8_t)(1U << (draw & 7));
		draw = rules_draw(draw, 0, i, 0);
	}
	return true;
}

static bool truncate_to(struct frame_look *look, uint8_t *bytes, uint32_t cut, uint64_t draw)
{
	uint32_t from = content_of(look, bytes), length = look->end - from;

	if (length == 0 || !look->is_ip)
		return false;
	if (cut == 0)
		cut = 1 + (uint32_t)((draw >> 32) % length);
	look->end -= cut < length ? cut : length;
	return true;
}

static bool mark(const struct frame_look *look, uint8_t *bytes)
{
	uint8_t *ip = bytes + look->l3;
	uint8_t ecn;

	if (!look->is_ip)
		return false;
	ecn = look->is_ipv6 ? (ip[1] >> 4) & ECN_MASK : ip[1] & ECN_MASK;
	if (ecn == 0 || ecn == ECN_MASK)
		return false;
	ip[1] |= look->is_ipv6 ? ECN_MASK << 4 : ECN_MASK;
	return true;
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
	uint8_t kept[IPV6_ADDRESS];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

static bool reflect(const struct frame_look *look, uint8_t *bytes)
{
	uint8_t *ip = bytes + look->l3, *l4 = bytes + look->l4;

	if (!look->is_ip)
		return false;
	swap(bytes, bytes + 6, 6);
	if (look->is_ipv6)
		swap(ip + 8, ip + 8 + IPV6_ADDRESS, IPV6_ADDRESS);
	else
		swap(ip + 12, ip + 12 + IPV4_ADDRESS, IPV4_ADDRESS);
	if (look->l4 && look->end >= look->l4 + 4)
		swap(l4, l4 + 2, 2);
	return true;
}

bool rules_change(const struct wire_rule *rule, uint64_t draw, uint8_t *bytes, uint32_t *size)
{
	struct frame_look look = frame_look(bytes, *size);
	bool is_done = true;

	switch (rule->change) {
	case WIRE_CHANGE_FLIP:
		is_done = flip(&look, bytes, rule->amount, draw);
		break;
	case WIRE_CHANGE_TRUNCATE:
		is_done = truncate_to(&look, bytes, rule->amount, draw);
		break;
	case WIRE_CHANGE_MARK:
		is_done = mark(&look, bytes);
		break;
	case WIRE_CHANGE_REFLECT:
		is_done = reflect(&look, bytes);
		break;
	default:
		return true;
	}
	if (is_done && look.is_ip) {
		segment_renew_checksums(bytes, &look);
		*size = look.end;
	}
	return is_done;
}
