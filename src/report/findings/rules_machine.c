/* SPDX-License-Identifier: MIT */
/* Whether the real machines of a run are equal, as far as they said what they are. */
#include "report/findings/rules.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Machines of one kind differ by a little, for what their firmware keeps for itself. */
static const double MEMORY_TOLERANCE = 0.02;

/* What the machines say in one place: a value each, in their order, and NULL for nothing. */
struct row {
	struct arena *arena;
	const char *name; /* for readers */
	const char **values;
};

static bool is_same(const char *name, const char *one, const char *other)
{
	if (!one || !other)
		return one == other;
	if (strcmp(name, "memory") == 0)
		return fabs(strtod(one, NULL) - strtod(other, NULL)) <=
		       MEMORY_TOLERANCE * strtod(one, NULL);
	return strcmp(one, other) == 0;
}

/* "lom and yuki 6.1.0, luna 5.15.0", where hosts with the same value stand together. */
static const char *row_text(const struct row *row, const json_t *machines)
{
	size_t count = json_array_size(machines);
	const char *text = "";

	for (size_t i = 0; i < count; i++) {
		const char *names = "";
		bool is_said = false;

		for (size_t k = 0; k < count; k++) {
			if (!is_same(row->name, row->values[i], row->values[k]))
				continue;
			is_said = is_said || k < i;
			names = arena_printf(row->arena, "%s%s%s", names, *names ? " and " : "",
				json_string_at(json_array_get(machines, k), "/host", "?"));
		}
		if (!is_said)
			text = arena_printf(row->arena, "%s%s%s %s", text, *text ? ", " : "", names,
				row->values[i] ? row->values[i] : "unknown");
	}
	return text;
}

static void judge(struct look *look, const struct row *row, const json_t *machines)
{
	bool is_equal = true;

	for (size_t i = 1; i < json_array_size(machines); i++)
		is_equal = is_equal && is_same(row->name, row->values[0], row->values[i]);
	if (is_equal)
		return;
	look_say(look,
		"The machines that carried the hosts are not equal, so links differ for reasons that are not the VPN's. Compare VPNs on the same link, not links.");
	look_show(look, "environment.json", "%s: %s", row->name, row_text(row, machines));
}

static const char *text_of(struct arena *arena, const json_t *value)
{
	if (json_is_integer(value))
		return arena_printf(arena, "%lld", (long long)json_integer_value(value));
	return json_string_value(value);
}

/* One thing that machines say of themselves: an object each, borrowed. */
struct topic {
	const char *name;
	const json_t **objects;
};

/* Every key that any of them has. */
static void judge_topic(struct look *look, const struct topic *topic, const json_t *machines)
{
	struct row row = {.arena = look->findings->arena};
	size_t count = json_array_size(machines);
	json_auto_t *keys = json_object();
	const char *key;
	json_t *ignored;

	for (size_t i = 0; i < count; i++)
		json_object_update(keys, (json_t *)topic->objects[i]);
	json_object_foreach (keys, key, ignored) {
		row.name = *topic->name ? arena_printf(row.arena, "%s %s", topic->name, key) : key;
		row.values = arena_alloc(row.arena, const char *, count);
		for (size_t i = 0; i < count; i++)
			row.values[i] = text_of(row.arena, json_object_get(topic->objects[i], key));
		judge(look, &row, machines);
	}
}

/* Those keys of a machine that should be equal. */
static json_t *equals_of(const json_t *machine)
{
	static const char *const keys[] = {"kernel", "kernel_build", "architecture",
		"operating_system", "systemd", "cpu", "cores", "memory", "clock_source",
		"frequency_governor", "virtualization", "nic_driver", "nic_speed_mbps",
		"nic_mtu_bytes"};
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(machine, keys[i]);

		if (value && !json_is_null(value))
			json_object_set(object, keys[i], value);
	}
	return object;
}

/* Programs as an object of hashes; one that is absent says so by its own word. */
static json_t *hashes_of(const json_t *machine)
{
	const json_t *programs = json_object_get(machine, "programs");
	json_t *object = json_object(), *program;
	size_t i;

	json_array_foreach (programs, i, program)
		json_object_set_new(object, json_string_at(program, "/name", "?"),
			json_text(json_string_at(program, "/sha256", "without a hash")));
	return object;
}

/* What the kernel of the machine's host said when asked. */
static const json_t *host_of(const struct look *look, const json_t *machine, const char *key)
{
	const json_t *hosts = json_at(look->findings->results->environment, "/lab/hosts");
	json_t *host;
	size_t i;

	json_array_foreach (hosts, i, host) {
		if (strcmp(json_string_at(host, "/name", ""),
			    json_string_at(machine, "/host", "?")) == 0)
			return json_object_get(host, key);
	}
	return NULL;
}

void rule_unequal_machines(struct look *look)
{
	const json_t *machines = json_at(look->findings->results->environment, "/place/machines");
	struct arena *arena = look->findings->arena;
	size_t count = json_array_size(machines);
	const json_t **own = arena_alloc(arena, const json_t *, 4 * count + 1);
	const struct topic topics[] = {{"", own}, {"program", own + count},
		{"sysctl", own + 2 * count}, {"offload", own + 3 * count}};
	json_auto_t *held = json_array();

	for (size_t i = 0; i < count; i++) {
		const json_t *machine = json_array_get(machines, i);

		json_array_append_new(held, equals_of(machine));
		own[i] = json_array_get(held, 2 * i);
		json_array_append_new(held, hashes_of(machine));
		own[count + i] = json_array_get(held, 2 * i + 1);
		own[2 * count + i] = host_of(look, machine, "sysctls");
		own[3 * count + i] = host_of(look, machine, "offloads");
	}
	for (size_t i = 0; count && i < ARRAY_SIZE(topics); i++)
		judge_topic(look, &topics[i], machines);
}
