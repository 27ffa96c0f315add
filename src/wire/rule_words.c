/* SPDX-License-Identifier: MIT */
/* A rule in words: "drop protocol=udp from=lom", "repeat copies=2 delay=1s every=100". */
#include "wire/rule.h"

#include "base/arena.h"
#include "base/text.h"

#include <netinet/in.h>
#include <string.h>

enum {
	MOST_BYTES = 65535,
	MOST_BITS = 1000
};

static const int64_t COPY_NS = 1000000;

static const char *const change_names[WIRE_CHANGES] = {
	[WIRE_CHANGE_NONE] = "hold",
	[WIRE_CHANGE_DROP] = "drop",
	[WIRE_CHANGE_FLIP] = "flip",
	[WIRE_CHANGE_TRUNCATE] = "truncate",
	[WIRE_CHANGE_MARK] = "mark",
	[WIRE_CHANGE_REFLECT] = "reflect",
};

const char *wire_change_name(enum wire_change change)
{
	return change < WIRE_CHANGES ? change_names[change] : "?";
}

static int read_port(
	const char *value, const char *const names[], uint16_t *ret_port, struct error *err)
{
	for (uint16_t i = 0; names[i]; i++) {
		if (strcmp(value, names[i]) == 0) {
			*ret_port = i;
			return 0;
		}
	}
	return fail(err, ERROR_USAGE, "no host is called '%s'; '%s' would be one", value,
		names[0] ? names[0] : "");
}

static int read_protocol(const char *value, uint16_t *ret_protocol, struct error *err)
{
	static const struct {
		const char *name;
		uint16_t number;
	} known[] = {{"udp", IPPROTO_UDP}, {"tcp", IPPROTO_TCP}, {"icmp", IPPROTO_ICMP},
		{"icmp6", IPPROTO_ICMPV6}};
	int64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(value, known[i].name) == 0) {
			*ret_protocol = known[i].number;
			return 0;
		}
	}
	if (text_integer(value, 0, 255, &number, err))
		return fail(err, ERROR_USAGE,
			"'%s' is not a protocol; udp, tcp, icmp, icmp6 and 0 to 255 are", value);
	*ret_protocol = (uint16_t)number;
	return 0;
}

/* A key whose value is a whole number, and where it goes. */
struct number_key {
	const char *name;
	int64_t low, high;
	size_t offset, size;
};

#define NUMBER(name, low, high, field)                                                             \
	{                                                                                          \
		name, low, high, offsetof(struct wire_rule, field),                                \
			sizeof(((struct wire_rule *)NULL)->field)                                  \
	}

static const struct number_key number_keys[] = {
	NUMBER("port", 1, 65535, port),
	NUMBER("larger", 1, MOST_BYTES, least_bytes),
	NUMBER("smaller", 1, MOST_BYTES, most_bytes),
	NUMBER("first", 0, INT64_MAX, first),
	NUMBER("last", 0, INT64_MAX, last),
	NUMBER("every", 1, INT64_MAX, every),
	NUMBER("most", 1, INT64_MAX, most),
	NUMBER("copies", 1, WIRE_MAX_COPIES, copies),
	NUMBER("bits", 1, MOST_BITS, amount),
	NUMBER("bytes", 1, MOST_BYTES, amount),
	NUMBER("after", 1, WIRE_MAX_AFTER, after),
};

static int read_number(
	const struct number_key *key, const char *value, struct wire_rule *rule, struct error *err)
{
	unsigned char *field = (unsigned char *)rule + key->offset;
	int64_t number;

	if (text_integer(value, key->low, key->high, &number, err))
		return -1;
	if (key->size == sizeof(uint16_t))
		*(uint16_t *)(void *)field = (uint16_t)number;
	else if (key->size == sizeof(uint32_t))
		*(uint32_t *)(void *)field = (uint32_t)number;
	else
		*(uint64_t *)(void *)field = (uint64_t)number;
	return 0;
}

static int64_t *time_field(const char *key, struct wire_rule *rule)
{
	if (strcmp(key, "begin") == 0)
		return &rule->begin_ns;
	if (strcmp(key, "end") == 0)
		return &rule->end_ns;
	return strcmp(key, "delay") == 0 ? &rule->delay_ns : NULL;
}

static int read_pair(const char *key, const char *value, const char *const names[],
	struct wire_rule *rule, struct error *err)
{
	int64_t *time_ns = time_field(key, rule);

	if (strcmp(key, "from") == 0)
		return read_port(value, names, &rule->from, err);
	if (strcmp(key, "to") == 0)
		return read_port(value, names, &rule->to, err);
	if (strcmp(key, "protocol") == 0)
		return read_protocol(value, &rule->protocol, err);
	if (time_ns)
		return text_duration_ns(value, time_ns, err);
	for (size_t i = 0; i < ARRAY_SIZE(number_keys); i++) {
		if (strcmp(key, number_keys[i].name) == 0)
			return read_number(&number_keys[i], value, rule, err);
	}
	return fail(err, ERROR_USAGE,
		"'%s' is not known; from, to, protocol, port, larger, smaller, first, last, begin, "
		"end, every, most, copies, delay, after, bits and bytes are",
		key);
}

static int read_change(const char *word, struct wire_rule *rule, struct error *err)
{
	if (strcmp(word, "repeat") == 0) {
		rule->copies = 1;
		return 0;
	}
	for (int change = 0; change < WIRE_CHANGES; change++) {
		if (strcmp(word, change_names[change]) == 0) {
			rule->change = (enum wire_change)change;
			return 0;
		}
	}
	return fail(err, ERROR_USAGE,
		"'%s' is not what a rule does; drop, hold, repeat, flip, truncate, mark and reflect "
		"are",
		word);
}

static int check_whole(const char *change, const struct wire_rule *rule, struct error *err)
{
	if (strcmp(change, "hold") == 0 && rule->delay_ns == 0 && rule->after == 0)
		return fail(err, ERROR_USAGE, "a packet that is held needs delay=TIME or after=N");
	if (rule->after && (strcmp(change, "hold") != 0 || rule->delay_ns || rule->copies))
		return fail(
			err, ERROR_USAGE, "after= is of hold alone, without delay= and copies=");
	if (rule->change == WIRE_CHANGE_DROP && (rule->copies || rule->delay_ns))
		return fail(err, ERROR_USAGE, "what is dropped has neither copies nor delay");
	if (rule->end_ns && rule->end_ns <= rule->begin_ns)
		return fail(err, ERROR_USAGE, "end= is not after begin=");
	if (rule->last < rule->first)
		return fail(err, ERROR_USAGE, "last= is before first=");
	if (rule->delay_ns > WIRE_LONGEST_HOLD_NS)
		return fail(err, ERROR_USAGE, "delay= is longer than 60 s");
	return 0;
}

static int read_words(
	const char **words, const char *const names[], struct wire_rule *rule, struct error *err)
{
	if (!words[0])
		return fail(err, ERROR_USAGE, "it is empty; 'drop protocol=udp' would be one");
	if (read_change(words[0], rule, err))
		return -1;
	for (size_t i = 1; words[i]; i++) {
		char *equals = strchr(words[i], '=');

		if (!equals)
			return fail(err, ERROR_USAGE, "'%s' is not KEY=VALUE", words[i]);
		*equals = '\0';
		if (read_pair(words[i], equals + 1, names, rule, err))
			return fail_in(err, "%s=%s", words[i], equals + 1);
	}
	if (rule->copies && !rule->delay_ns)
		rule->delay_ns = COPY_NS;
	return check_whole(words[0], rule, err);
}

int wire_rule_read(
	const char *text, const char *const names[], struct wire_rule *ret_rule, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct wire_rule rule = WIRE_RULE_ANY;

	if (read_words(text_words(arena, text, NULL), names, &rule, err))
		return fail_in(err, "rule '%s'", text);
	*ret_rule = rule;
	return 0;
}
