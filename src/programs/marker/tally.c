/* SPDX-License-Identifier: MIT */
/* Counts what passes a device: marks by their numbers, packets by their kind. */
#include "programs/marker/tally.h"

#include "programs/marker/remotes.h"

#include "base/json.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_KINDS = 64,
	MOST_BYTES = 1 << 16,
	MOST_TEXTS = 8,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	NOTHING = -1
};

/* Packets alike as far as headers say. */
struct kind {
	int type, protocol, tos, icmp_type, port; /* NOTHING: does not apply */
	uint64_t packets, bytes, marked;
	size_t least, most;
	size_t usual; /* the size of more than half of them, if `lead` says so */
	uint64_t lead;
};

struct text {
	const uint8_t *bytes;
	size_t size;
	uint64_t packets;
};

struct tally {
	struct mark_token token;
	uint64_t packets, bytes, again, late, pieces, altered, numbers;
	uint32_t highest, furthest;
	struct kind kinds[MOST_KINDS];
	size_t kind_count;
	uint8_t sizes[MOST_KINDS][MOST_BYTES / 8]; /* that packets of a kind had */
	struct text texts[MOST_TEXTS];
	size_t text_count;
	struct remotes remotes;
	uint8_t heard[MARK_MOST_NUMBERS / 8];
};

struct tally *tally_new(const struct mark_token *token)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		abort();
	tally->token = *token;
	return tally;
}

void tally_free(struct tally *tally)
{
	free(tally);
}

void tally_freep(struct tally **tally)
{
	tally_free(*tally);
	*tally = NULL;
}

void tally_look_for(struct tally *tally, const uint8_t *bytes, size_t size)
{
	if (size > 0 && tally->text_count < MOST_TEXTS)
		tally->texts[tally->text_count++] = (struct text){.bytes = bytes, .size = size};
}

static int load16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* The lower port: of a service more often than of a client. */
static int port_of(const uint8_t *l4)
{
	int source = load16(l4), target = load16(l4 + 2);

	return source < target ? source : target;
}

static void read_transport(struct kind *kind, const uint8_t *l4, size_t left)
{
	if ((kind->protocol == IPPROTO_TCP || kind->protocol == IPPROTO_UDP) && left >= 4)
		kind->port = port_of(l4);
	if ((kind->protocol == IPPROTO_ICMP || kind->protocol == IPPROTO_ICMPV6) && left >= 1)
		kind->icmp_type = l4[0];
}

static struct kind kind_of(const struct sight *sight)
{
	struct kind kind = {sight->type, NOTHING, NOTHING, NOTHING, NOTHING, 0, 0, 0, 0, 0, 0, 0};
	const uint8_t *ip = sight->bytes;

	if (sight->type == TYPE_IPV4 && sight->size >= 20) {
		size_t header = (size_t)(ip[0] & 15) * 4;

		kind.tos = ip[1];
		kind.protocol = ip[9];
		if (header <= sight->size && (load16(ip + 6) & 0x1fff) == 0)
			read_transport(&kind, ip + header, sight->size - header);
	} else if (sight->type == TYPE_IPV6 && sight->size >= 40) {
		kind.tos = (ip[0] & 15) << 4 | ip[1] >> 4;
		kind.protocol = ip[6];
		read_transport(&kind, ip + 40, sight->size - 40);
	}
	return kind;
}

static bool is_alike(const struct kind *a, const struct kind *b)
{
	return a->type == b->type && a->protocol == b->protocol && a->tos == b->tos &&
	       a->icmp_type == b->icmp_type && a->port == b->port;
}

/* The last one holds all for which there is no room. */
static struct kind *find_kind(struct tally *tally, const struct kind *kind)
{
	for (size_t i = 0; i < tally->kind_count; i++) {
		if (is_alike(&tally->kinds[i], kind))
			return &tally->kinds[i];
	}
	if (tally->kind_count == MOST_KINDS)
		return &tally->kinds[MOST_KINDS - 1];
	tally->kinds[tally->kind_count] = *kind;
	return &tally->kinds[tally->kind_count++];
}

/* Also of a piece: its number is right. */
static void note_number(struct tally *tally, uint32_t number)
{
	uint8_t bit = (uint8_t)(1U << (number % 8));

	if (tally->heard[number / 8] & bit) {
		tally->again++;
		return;
	}
	tally->heard[number / 8] |= bit;
	if (tally->numbers == 0 || number > tally->highest) {
		tally->highest = number;
	} else {
		tally->late++;
		if (tally->highest - number > tally->furthest)
			tally->furthest = tally->highest - number;
	}
	tally->numbers++;
}

/* Behind what is not whole there is nothing to look for. */
static bool note_mark(struct tally *tally, const uint8_t *bytes, size_t size, size_t *ret_end)
{
	uint32_t number;

	*ret_end = size;
	switch (mark_find(&tally->token, bytes, size, &number, ret_end)) {
	case MARK_WHOLE:
		note_number(tally, number);
		return true;
	case MARK_PIECE:
		tally->pieces++;
		note_number(tally, number);
		return true;
	case MARK_ALTERED:
		tally->altered++;
		return true;
	default:
		return false;
	}
}

/* What a VPN hands to the kernel as a super-packet has one mark right behind the other. */
static uint64_t note_marks(struct tally *tally, const struct sight *sight)
{
	const uint8_t *bytes = sight->bytes;
	size_t left = sight->size, end;
	uint64_t count = 0;

	while ((count == 0 || mark_begins(&tally->token, bytes, left)) &&
		note_mark(tally, bytes, left, &end)) {
		count++;
		bytes += end;
		left -= end;
	}
	return count;
}

/* A vote by majority: each size cancels another one, and the most frequent is left. */
static void vote(struct kind *kind, size_t size)
{
	if (kind->lead == 0)
		kind->usual = size;
	if (kind->usual == size)
		kind->lead++;
	else
		kind->lead--;
}

static void note_size(struct tally *tally, size_t kind, size_t size)
{
	if (size < MOST_BYTES)
		tally->sizes[kind][size / 8] |= (uint8_t)(1U << (size % 8));
}

static int count_sizes(const uint8_t sizes[])
{
	int count = 0;

	for (size_t i = 0; i < MOST_BYTES / 8; i++)
		count += __builtin_popcount(sizes[i]);
	return count;
}

void tally_add(struct tally *tally, const struct sight *sight)
{
	struct kind kind = kind_of(sight), *found = find_kind(tally, &kind);

	tally->packets++;
	tally->bytes += sight->size;
	if (found->packets == 0 || sight->size < found->least)
		found->least = sight->size;
	if (sight->size > found->most)
		found->most = sight->size;
	vote(found, sight->size);
	note_size(tally, (size_t)(found - tally->kinds), sight->size);
	found->packets++;
	found->bytes += sight->size;
	found->marked += note_marks(tally, sight);
	if (sight->type == TYPE_IPV4 || sight->type == TYPE_IPV6)
		remotes_add(&tally->remotes, sight->bytes, sight->size, sight->at_ns);
	for (size_t i = 0; i < tally->text_count; i++) {
		struct text *text = &tally->texts[i];

		text->packets += memmem(sight->bytes, sight->size, text->bytes, text->size) != NULL;
	}
}

static json_t *number_or_null(int value)
{
	return value == NOTHING ? json_null() : json_integer(value);
}

/* A lead of half of all packets is one that the other half cannot have taken back. */
static json_t *usual_json(const struct kind *kind)
{
	return 2 * kind->lead > kind->packets ? json_integer((json_int_t)kind->usual) : json_null();
}

static json_t *kind_json(const struct kind *kind, const uint8_t sizes[])
{
	return json_make("{s:i, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:i}", "type",
		kind->type, "protocol", number_or_null(kind->protocol), "tos",
		number_or_null(kind->tos), "icmp_type", number_or_null(kind->icmp_type), "port",
		number_or_null(kind->port), "packets", (json_int_t)kind->packets, "marked",
		(json_int_t)kind->marked, "bytes", (json_int_t)kind->bytes, "least",
		(json_int_t)kind->least, "most", (json_int_t)kind->most, "usual", usual_json(kind),
		"sizes", count_sizes(sizes));
}

json_t *tally_json(const struct tally *tally)
{
	json_t *kinds = json_array(), *found = json_array();

	for (size_t i = 0; i < tally->kind_count; i++)
		json_array_append_new(kinds, kind_json(&tally->kinds[i], tally->sizes[i]));
	for (size_t i = 0; i < tally->text_count; i++)
		json_array_append_new(found, json_integer((json_int_t)tally->texts[i].packets));
	return json_make("{s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:o, s:o, s:o}", "packets",
		(json_int_t)tally->packets, "bytes", (json_int_t)tally->bytes, "marks", "numbers",
		(json_int_t)tally->numbers, "again", (json_int_t)tally->again, "late",
		(json_int_t)tally->late, "furthest", (json_int_t)tally->furthest, "pieces",
		(json_int_t)tally->pieces, "altered", (json_int_t)tally->altered, "kinds", kinds,
		"found", found, "remotes", remotes_json(&tally->remotes));
}
