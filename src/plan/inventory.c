/* SPDX-License-Identifier: MIT */
/* hosts.yml: real machines, how SSH reaches them, and which network their hosts get. */
#include "plan/inventory.h"

#include "base/near.h"
#include "base/text.h"
#include "plan/name.h"
#include "plan/subnet.h"
#include "plan/yaml_file.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_MACHINES = 1000,
	MOST_TEXT = 255,
	DEVICE_MOST = 15, /* IFNAMSIZ - 1 */
	PREFIX_LEAST = 8,
	PREFIX_MOST = 30
};

static const char *const networks[] = {
	[MACHINE_NIC] = "nic", [MACHINE_MACVLAN] = "macvlan", [MACHINE_SHARE] = "share"};

const char *machine_network_name(enum machine_network network)
{
	return networks[network];
}

const struct machine *inventory_named(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (strcmp(inventory->machines[i].name, name) == 0)
			return &inventory->machines[i];
	}
	return NULL;
}

static const char *nth_of(const void *context, size_t index)
{
	const char *const *names = context;

	return names[index];
}

static int check_keys(const struct yaml_file *file, const struct yaml_value *mapping,
	const char *const *known, struct error *err)
{
	for (const struct yaml_value *entry = mapping->first; entry; entry = entry->next) {
		const char *meant;
		size_t i = 0;

		while (known[i] && strcmp(known[i], entry->key) != 0)
			i++;
		if (known[i])
			continue;
		meant = near_name(entry->key, nth_of, known);
		return yaml_fail_key(file, entry, err, "unknown key '%s'%s%s%s", entry->key,
			meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	}
	return 0;
}

/* NULL and no failure: it is not there. */
static int text_of(const struct yaml_file *file, const struct yaml_value *entry, const char *key,
	const struct yaml_value **ret_value, struct error *err)
{
	const struct yaml_value *value = yaml_child(entry, key);

	*ret_value = NULL;
	if (value && value->kind != YAML_KIND_TEXT)
		return yaml_fail(file, value, err, "a text belongs here");
	if (value && !*value->text)
		return yaml_fail(file, value, err, "the value is empty");
	if (value && strlen(value->text) > MOST_TEXT)
		return yaml_fail(
			file, value, err, "the value is longer than %d characters", MOST_TEXT);
	*ret_value = value;
	return 0;
}

/* It becomes a word of ssh's command line, and must not be an option there. */
static bool is_destination(const char *text)
{
	return text[0] != '-' &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789._-@:/[]%+")];
}

static bool is_device(const char *text)
{
	size_t length = strlen(text);

	return length <= DEVICE_MOST && text[0] != '-' && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789._-@") == length;
}

static int take_ssh(const struct yaml_file *file, const struct yaml_value *entry,
	struct machine *machine, struct error *err)
{
	const struct yaml_value *value;

	if (text_of(file, entry, "ssh", &value, err))
		return -1;
	if (!value)
		return yaml_fail(file, entry, err, "key 'ssh' is missing");
	if (!is_destination(value->text))
		return yaml_fail(file, value, err,
			"'%s' is not a destination of SSH such as root@192.0.2.11", value->text);
	machine->ssh = arena_strdup(file->arena, value->text);
	return 0;
}

static int take_sudo(const struct yaml_file *file, const struct yaml_value *entry,
	struct machine *machine, struct error *err)
{
	const struct yaml_value *value;

	if (text_of(file, entry, "sudo", &value, err))
		return -1;
	if (!value)
		return 0;
	machine->is_sudo = strcmp(value->text, "true") == 0;
	if (!machine->is_sudo && strcmp(value->text, "false") != 0)
		return yaml_fail(file, value, err, "'%s' is neither true nor false", value->text);
	return 0;
}

static int take_network(const struct yaml_file *file, const struct yaml_value *entry,
	struct machine *machine, struct error *err)
{
	const struct yaml_value *value, *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		if (text_of(file, entry, networks[i], &value, err))
			return -1;
		if (!value)
			continue;
		if (found)
			return yaml_fail_key(file, value, err,
				"a machine has one of nic, macvlan and share, and '%s' stands above",
				found->key);
		found = value;
		machine->network = (enum machine_network)i;
	}
	if (!found)
		return yaml_fail(file, entry, err,
			"the network is missing: one of nic, macvlan and share names a network card");
	if (!is_device(found->text))
		return yaml_fail(
			file, found, err, "'%s' is not the name of a network card", found->text);
	machine->device = arena_strdup(file->arena, found->text);
	return 0;
}

static uint32_t number_of(const struct machine *machine)
{
	struct in_addr address = {0};

	inet_pton(AF_INET, machine->address, &address);
	return ntohl(address.s_addr);
}

/* "10.9.0.2/24": a host of that network, neither the network itself nor its broadcast. */
static bool parse_address(struct arena *arena, const char *text, struct machine *machine)
{
	const char *slash = strchr(text, '/');
	struct error ignored;
	struct in_addr address;
	uint32_t host;
	int64_t prefix;

	if (!slash || text_integer(slash + 1, PREFIX_LEAST, PREFIX_MOST, &prefix, &ignored))
		return false;
	machine->address = arena_strndup(arena, text, (size_t)(slash - text));
	machine->prefix = (int)prefix;
	if (inet_pton(AF_INET, machine->address, &address) != 1)
		return false;
	host = ntohl(address.s_addr) & ~subnet_mask(machine->prefix);
	return host != 0 && host != ~subnet_mask(machine->prefix);
}

static int take_address(const struct yaml_file *file, const struct yaml_value *entry,
	struct machine *machine, struct error *err)
{
	const struct yaml_value *value;
	bool is_shared = machine->network == MACHINE_SHARE;

	if (text_of(file, entry, "address", &value, err))
		return -1;
	if (value && is_shared)
		return yaml_fail_key(file, value, err,
			"a host that shares its machine's card has the machine's address");
	if (!value && !is_shared)
		return yaml_fail(file, entry, err,
			"key 'address' is missing: the host needs an address on %s",
			machine->device);
	if (value && !parse_address(file->arena, value->text, machine))
		return yaml_fail(file, value, err,
			"'%s' is not an IPv4 address with its network's length, such as 10.9.0.2/24",
			value->text);
	return 0;
}

static int take_machine(const struct yaml_file *file, const struct yaml_value *entry,
	struct machine *machine, struct error *err)
{
	static const char *const keys[] = {
		"ssh", "sudo", "nic", "macvlan", "share", "address", NULL};

	if (!name_is_label(entry->key))
		return yaml_fail_key(file, entry, err,
			"host name '%s': use lower-case letters, digits and '-'", entry->key);
	if (entry->kind != YAML_KIND_MAPPING)
		return yaml_fail(file, entry, err, "a mapping of keys to values belongs here");
	*machine = (struct machine){.name = arena_strdup(file->arena, entry->key)};
	if (check_keys(file, entry, keys, err) || take_ssh(file, entry, machine, err) ||
		take_sudo(file, entry, machine, err) || take_network(file, entry, machine, err))
		return -1;
	return take_address(file, entry, machine, err);
}

/* Hosts meet in one network, each under an address of its own and on a machine of its own. */
static int check_against(const struct yaml_file *file, const struct yaml_value *entry,
	const struct machine *machine, const struct machine *other, struct error *err)
{
	if (strcmp(machine->ssh, other->ssh) == 0)
		return yaml_fail(file, yaml_child(entry, "ssh"), err,
			"%s is the machine of host %s, and a machine carries one host", other->ssh,
			other->name);
	if ((machine->network == MACHINE_SHARE) != (other->network == MACHINE_SHARE))
		return yaml_fail(file, entry, err,
			"%s has its network by '%s' and %s by '%s': either all hosts share their machine's card, or none",
			machine->name, networks[machine->network], other->name,
			networks[other->network]);
	if (!machine->address)
		return 0;
	if (machine->prefix != other->prefix ||
		(number_of(machine) ^ number_of(other)) & subnet_mask(machine->prefix))
		return yaml_fail(file, yaml_child(entry, "address"), err,
			"%s/%d is not in the network of host %s, which is %s/%d", machine->address,
			machine->prefix, other->name, other->address, other->prefix);
	if (number_of(machine) == number_of(other))
		return yaml_fail(file, yaml_child(entry, "address"), err,
			"%s is the address of host %s", machine->address, other->name);
	return 0;
}

static int take_machines(const struct yaml_file *file, const struct yaml_value *hosts,
	struct inventory *inventory, struct error *err)
{
	size_t count = 0;
	struct machine *list;

	for (const struct yaml_value *entry = hosts->first; entry; entry = entry->next)
		count++;
	if (count == 0 || count > MOST_MACHINES)
		return yaml_fail(file, hosts, err, "hosts.yml has 1 to %d hosts, not %zu",
			MOST_MACHINES, count);
	list = arena_alloc(file->arena, struct machine, count);
	for (const struct yaml_value *entry = hosts->first; entry; entry = entry->next) {
		struct machine *machine = &list[inventory->count];

		if (take_machine(file, entry, machine, err))
			return -1;
		for (size_t i = 0; i < inventory->count; i++) {
			if (check_against(file, entry, machine, &list[i], err))
				return -1;
		}
		inventory->count++;
	}
	inventory->machines = list;
	return 0;
}

int inventory_load(
	struct arena *arena, const char *path, struct inventory *ret_inventory, struct error *err)
{
	static const char *const keys[] = {"hosts", NULL};
	struct inventory inventory = {.path = arena_strdup(arena, path)};
	const struct yaml_value *hosts;
	struct yaml_file file;

	if (yaml_open(arena, path, &file, err) || check_keys(&file, file.root, keys, err))
		return -1;
	hosts = yaml_child(file.root, "hosts");
	if (!hosts)
		return yaml_fail(&file, file.root, err, "key 'hosts' is missing");
	if (hosts->kind != YAML_KIND_MAPPING)
		return yaml_fail(&file, hosts, err,
			"a mapping of host names to their machines belongs here");
	if (take_machines(&file, hosts, &inventory, err))
		return -1;
	*ret_inventory = inventory;
	return 0;
}
