/* SPDX-License-Identifier: MIT */
/* Routes as `ip -json` tells them, said again with a congestion control. */
#include "lab/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* What a route line may hold in the order of ip's grammar, and the word that ip wants for it. */
static const struct {
	const char *key, *word;
} parts[] = {
	{"dst", ""},
	{"table", "table"},
	{"gateway", "via"},
	{"dev", "dev"},
	{"protocol", "proto"},
	{"scope", "scope"},
	{"prefsrc", "src"},
	{"metric", "metric"},
	{"pref", "pref"},
};

static bool is_known_part(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strcmp(key, parts[i].key) == 0)
			return true;
	}
	return strcmp(key, "flags") == 0 || strcmp(key, "metrics") == 0;
}

/* State that the kernel adds by itself need not be said; anything else must be understood. */
static bool are_known_flags(const json_t *flags, bool *ret_is_onlink)
{
	size_t index;
	const json_t *flag;

	*ret_is_onlink = false;
	json_array_foreach (flags, index, flag) {
		const char *word = json_string_value(flag);

		if (word && strcmp(word, "onlink") == 0)
			*ret_is_onlink = true;
		else if (!word || strcmp(word, "linkdown") != 0)
			return false;
	}
	return true;
}

static bool is_known_metric(const char *key)
{
	return strcmp(key, "mtu") == 0 || strcmp(key, "advmss") == 0 ||
	       strcmp(key, "congestion") == 0;
}

static bool is_understood(const json_t *route, bool *ret_is_onlink)
{
	const json_t *metrics = json_object_get(route, "metrics"), *value;
	const char *key;

	json_object_foreach ((json_t *)route, key, value) {
		if (!is_known_part(key))
			return false;
	}
	if (metrics && json_array_size(metrics) != 1)
		return false;
	json_object_foreach (json_array_get(metrics, 0), key, value) {
		if (!is_known_metric(key))
			return false;
	}
	return are_known_flags(json_object_get(route, "flags"), ret_is_onlink);
}

static const char *word_of(struct arena *arena, const json_t *value)
{
	if (json_is_integer(value))
		return arena_printf(arena, "%lld", json_integer_value(value));
	return json_string_value(value);
}

static const char *say(
	struct arena *arena, const json_t *route, bool is_onlink, const char *congestion)
{
	const char *line = "route replace";

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *word = word_of(arena, json_object_get(route, parts[i].key));

		if (word)
			line = arena_printf(
				arena, "%s %s%s%s", line, parts[i].word, i ? " " : "", word);
	}
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "advmss" : "mtu";
		const json_t *value =
			json_object_get(json_array_get(json_object_get(route, "metrics"), 0), name);

		if (value)
			line = arena_printf(arena, "%s %s %s", line, name, word_of(arena, value));
	}
	return arena_printf(
		arena, "%s%s congctl %s\n", line, is_onlink ? " onlink" : "", congestion);
}

/*
 * Link-local prefixes are left alone: every device has the same ones, `replace` cannot tell them
 * apart, and no overlay's address lies there.
 */
static bool concerns_overlay(const json_t *route)
{
	const char *device = json_string_at(route, "/dev", "lo");
	const char *target = json_string_at(route, "/dst", "");
	const char *table = json_string_at(route, "/table", "");
	const char *kind = json_string_at(route, "/type", "unicast");

	return strcmp(device, "lo") != 0 && strcmp(device, "eth0") != 0 &&
	       strcmp(table, "local") != 0 && strcmp(kind, "unicast") == 0 &&
	       !text_starts_with(target, "fe80:") && !text_starts_with(target, "ff");
}

enum route_verdict route_pin(
	struct arena *arena, const json_t *route, const char *congestion, const char **ret_line)
{
	bool is_onlink;

	if (!concerns_overlay(route) ||
		strcmp(json_string_at(route, "/metrics/0/congestion", ""), congestion) == 0)
		return ROUTE_IS_FINE;
	if (!is_understood(route, &is_onlink))
		return ROUTE_CANNOT;
	*ret_line = say(arena, route, is_onlink, congestion);
	return ROUTE_TO_PIN;
}
