/* SPDX-License-Identifier: MIT */
#include "plan/inventory.h"

#include "base/file.h"

#include "folder.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define LOM "  lom: { ssh: a, nic: e0, address: 10.9.0.1/24 }\n"

static int load(struct arena *arena, const struct folder *folder, const char *text,
	struct inventory *inventory, struct error *err)
{
	const char *path = arena_printf(arena, "%s/hosts.yml", folder->path);

	if (file_write(path, text, strlen(text), 0600, err))
		return -1;
	return inventory_load(arena, path, inventory, err);
}

/* Refused at this place of the file, for a reason with these words. */
static bool is_refused(const char *text, const char *place, const char *why)
{
	AUTO(folder_remove) struct folder folder = {"/tmp/test_inventory.XXXXXX"};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct inventory inventory;

	if (!mkdtemp(folder.path) || load(arena, &folder, text, &inventory, &err) == 0)
		return false;
	printf("# %s\n", err.text);
	return err.kind == ERROR_USAGE && strstr(err.text, why) &&
	       strstr(err.text, arena_printf(arena, "hosts.yml:%s: ", place));
}

TEST(machines_stand_in_the_order_of_the_file)
{
	TEMPORARY_FOLDER(folder);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct inventory inventory;

	CHECK_OK(
		load(arena, &folder,
			"hosts:\n  yuki: { ssh: bench@yuki, sudo: true, nic: enp4s0, address: 10.9.0.2/24 }\n" LOM
			"  luna: { ssh: \"ssh://root@[2001:db8::3]:22\", macvlan: eno1, sudo: false, address: 10.9.0.3/24 }\n",
			&inventory, &err),
		err);
	CHECK(inventory.count == 3 && strcmp(inventory.machines[0].name, "yuki") == 0);
	CHECK(strcmp(inventory.machines[0].ssh, "bench@yuki") == 0 &&
		inventory.machines[0].is_sudo && inventory.machines[0].network == MACHINE_NIC);
	CHECK(strcmp(inventory.machines[0].device, "enp4s0") == 0 &&
		strcmp(inventory.machines[0].address, "10.9.0.2") == 0 &&
		inventory.machines[0].prefix == 24);
	CHECK(inventory.machines[2].network == MACHINE_MACVLAN && !inventory.machines[2].is_sudo);
	CHECK(inventory_named(&inventory, "lom") == &inventory.machines[1] &&
		!inventory_named(&inventory, "moon"));
}

TEST(a_machine_whose_card_is_shared_has_no_address_of_its_own)
{
	TEMPORARY_FOLDER(folder);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct inventory inventory;

	CHECK_OK(load(arena, &folder, "hosts:\n  lom: { ssh: a, share: eno1 }\n", &inventory, &err),
		err);
	CHECK(inventory.machines[0].network == MACHINE_SHARE && !inventory.machines[0].address);
	CHECK(is_refused("hosts:\n  lom: { ssh: a, share: eno1, address: 10.0.0.1/8 }\n", "2:31",
		"has the machine's address"));
}

TEST(a_machine_has_exactly_one_network)
{
	CHECK(is_refused("hosts:\n  lom: { ssh: a }\n", "2:8", "the network is missing"));
	CHECK(is_refused(
		"hosts:\n  lom: { ssh: a, nic: e0, share: e1 }\n", "2:27", "'nic' stands above"));
	CHECK(is_refused(
		"hosts:\n" LOM "  yuki: { ssh: b, share: e0 }\n", "3:9", "either all hosts share"));
}

TEST(keys_are_known_and_near_ones_suggested)
{
	CHECK(is_refused("machines: {}\n", "1:1", "unknown key 'machines'"));
	CHECK(is_refused("host: {}\n", "1:1", "did you mean 'hosts'?"));
	CHECK(is_refused("hosts:\n  lom: { ssh: a, nick: e0 }\n", "2:18", "did you mean 'nic'?"));
	CHECK(is_refused("hosts:\n  lom: { nic: e0 }\n", "2:8", "key 'ssh' is missing"));
	CHECK(is_refused("hosts:\n  lom: { ssh: a, nic: e0 }\n", "2:8", "an address on e0"));
	CHECK(is_refused("hosts:\n" LOM LOM, "3:3", "is given twice"));
}

TEST(no_value_can_become_an_option_or_a_command)
{
	CHECK(is_refused("hosts:\n  lom: { ssh: -oProxyCommand=x, nic: e0 }\n", "2:15",
		"is not a destination"));
	CHECK(is_refused(
		"hosts:\n  lom: { ssh: \"a b\", nic: e0 }\n", "2:15", "is not a destination"));
	CHECK(is_refused(
		"hosts:\n  lom: { ssh: \"a;b\", nic: e0 }\n", "2:15", "is not a destination"));
	CHECK(is_refused("hosts:\n  lom: { ssh: a, nic: -e0 }\n", "2:23",
		"is not the name of a network card"));
	CHECK(is_refused("hosts:\n  lom: { ssh: a, nic: sixteen-letters0 }\n", "2:23",
		"is not the name of a network card"));
	CHECK(is_refused("hosts:\n  lom: { ssh: a, nic: .. }\n", "2:23",
		"is not the name of a network card"));
	CHECK(is_refused("hosts:\n  Lom: { ssh: a, nic: e0 }\n", "2:3", "use lower-case letters"));
	CHECK(is_refused("hosts:\n  lom: { ssh: a, sudo: yes, nic: e0 }\n", "2:24",
		"neither true nor false"));
}

TEST(an_address_is_of_a_host_and_has_a_network)
{
	static const char *const bad[] = {"10.9.0.1", "10.9.0/24", "10.9.0.0/24", "10.9.0.255/24",
		"10.9.0.1/31", "10.9.0.1/7", "fd00::1/64", "10.9.0.256/24", "10.9.0.1/24x"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new();

		CHECK(is_refused(
			arena_printf(arena, "hosts:\n  lom: { ssh: a, nic: e0, address: \"%s\" }\n",
				bad[i]),
			"2:36", "is not an IPv4 address with its network's length"));
	}
}

TEST(hosts_meet_in_one_network_from_machines_of_their_own)
{
	CHECK(is_refused("hosts:\n" LOM "  yuki: { ssh: b, nic: e0, address: 10.8.0.2/24 }\n",
		"3:37", "is not in the network of host lom"));
	CHECK(is_refused("hosts:\n" LOM "  yuki: { ssh: b, nic: e0, address: 10.9.0.2/16 }\n",
		"3:37", "is not in the network of host lom"));
	CHECK(is_refused("hosts:\n" LOM "  yuki: { ssh: b, nic: e0, address: 10.9.0.1/24 }\n",
		"3:37", "is the address of host lom"));
	CHECK(is_refused("hosts:\n" LOM "  yuki: { ssh: a, nic: e0, address: 10.9.0.2/24 }\n",
		"3:16", "a machine carries one host"));
}

TEST(a_file_without_machines_is_refused)
{
	CHECK(is_refused("hosts: {}\n", "1:8", "1 to 1000 hosts"));
	CHECK(is_refused("hosts: [lom]\n", "1:8", "a mapping of host names"));
	CHECK(is_refused("hosts:\n  lom: root@lom\n", "2:8", "a mapping of keys to values"));
	CHECK(is_refused("{}\n", "1:1", "key 'hosts' is missing"));
}
