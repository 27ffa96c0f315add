/* SPDX-License-Identifier: MIT */
#include "programs/host/note.h"

#include "base/file.h"

#include "tap.h"

#include <string.h>

/* As ip(8) of iproute2 6.1 prints them. */
static const char devices[] =
	"[{\"ifindex\":3,\"ifname\":\"enp4s0\",\"flags\":[\"BROADCAST\",\"MULTICAST\",\"UP\",\"LOWER_UP\"],\"mtu\":1500,\"address\":\"52:54:00:12:34:56\",\"addr_info\":["
	"{\"family\":\"inet\",\"local\":\"10.97.0.1\",\"prefixlen\":24,\"broadcast\":\"10.97.0.255\",\"scope\":\"global\",\"label\":\"enp4s0\",\"valid_life_time\":4294967295,\"preferred_life_time\":4294967295},"
	"{\"family\":\"inet\",\"local\":\"192.0.2.7\",\"prefixlen\":24,\"scope\":\"global\",\"dynamic\":true,\"noprefixroute\":true,\"valid_life_time\":3600,\"preferred_life_time\":3600},"
	"{\"family\":\"inet\",\"local\":\"10.5.0.1\",\"address\":\"10.5.0.2\",\"prefixlen\":32,\"scope\":\"global\",\"valid_life_time\":4294967295,\"preferred_life_time\":4294967295},"
	"{\"family\":\"inet6\",\"local\":\"2001:db8::5054:ff:fe12:3456\",\"prefixlen\":64,\"scope\":\"global\",\"dynamic\":true,\"valid_life_time\":86000,\"preferred_life_time\":14000},"
	"{\"family\":\"inet6\",\"local\":\"fd97::1\",\"prefixlen\":64,\"scope\":\"global\",\"valid_life_time\":4294967295,\"preferred_life_time\":4294967295},"
	"{\"family\":\"inet6\",\"local\":\"fe80::5054:ff:fe12:3456\",\"prefixlen\":64,\"scope\":\"link\",\"valid_life_time\":4294967295,\"preferred_life_time\":4294967295}]}]";
static const char routes[] = "default via 10.97.0.254 proto static metric 100 linkdown \n"
			     "10.96.0.0/16 via 10.97.0.254 \n"
			     "10.97.0.0/24 proto kernel scope link src 10.97.0.1 \n"
			     "10.97.0.254 scope link \n"
			     "10.44.0.0/16 via 10.97.0.254 table 44 \n"
			     "local 10.97.0.1 table local proto kernel scope host src 10.97.0.1 \n";
static const char routes6[] =
	"fd97::/64 proto kernel metric 256 pref medium\n"
	"fd96::/16 via fd97::254 metric 1024 pref medium\n"
	"default via fe80::1 proto ra metric 1024 expires 1700sec hoplimit 64 pref medium\n"
	"default via fd97::254 metric 2048 pref medium\n"
	"multicast ff00::/8 table local proto kernel metric 256 pref medium\n";

TEST(a_card_is_noted_as_lines_that_restore_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *text;

	CHECK_OK(note_make(arena, "enp4s0", &(struct note_source){devices, routes, routes6}, &text,
			 &err),
		err);
	CHECK(strcmp(text,
		      "enp4s0 52:54:00:12:34:56\n"
		      "link set dev enp4s0 up\n"
		      "link set dev enp4s0 allmulticast off\n"
		      "address replace 10.97.0.1/24 broadcast 10.97.0.255 scope global dev enp4s0\n"
		      "address replace 192.0.2.7/24 scope global valid_lft 3600 preferred_lft 3600 dev enp4s0 noprefixroute\n"
		      "address replace 10.5.0.1 peer 10.5.0.2/32 scope global dev enp4s0\n"
		      "address replace fd97::1/64 scope global dev enp4s0\n"
		      "route replace 10.97.0.254 scope link dev enp4s0\n"
		      "route replace 0.0.0.0/0 via 10.97.0.254 proto static metric 100 dev enp4s0\n"
		      "route replace 10.96.0.0/16 via 10.97.0.254 dev enp4s0\n"
		      "route replace 10.44.0.0/16 via 10.97.0.254 table 44 dev enp4s0\n"
		      "route replace fd96::/16 via fd97::254 metric 1024 pref medium dev enp4s0\n"
		      "route replace ::/0 via fd97::254 metric 2048 pref medium dev enp4s0\n") ==
		0);
}

TEST(a_card_that_heard_every_group_hears_them_again)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *text = "";

	CHECK_OK(
		note_make(arena, "e0",
			&(struct note_source){
				"[{\"ifname\":\"e0\",\"flags\":[\"ALLMULTI\"],\"address\":\"52:54:00:12:34:56\"}]",
				"", ""},
			&text, &err),
		err);
	CHECK(strstr(text, "link set dev e0 down\nlink set dev e0 allmulticast on\n"));
}

TEST(a_note_is_read_as_it_was_written)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct note note;

	CHECK_OK(note_parse(arena, "e0 52:54:00:12:34:56\nlink set dev e0 up\n", &note, &err), err);
	CHECK(strcmp(note.name, "e0") == 0 && strcmp(note.mac, "52:54:00:12:34:56") == 0 &&
		strcmp(note.lines, "link set dev e0 up\n") == 0);
	CHECK(note_parse(arena, "e0", &note, &err) && note_parse(arena, "", &note, &err) &&
		note_parse(arena, "e0 \nx", &note, &err));
}

TEST(a_card_is_known_by_its_address_whatever_the_kernel_calls_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct note note = {.name = "enp4s0", .mac = "52:54:00:12:34:56"};
	const char *name = note_card(arena, &note,
		"[{\"ifname\":\"lo\",\"address\":\"00:00:00:00:00:00\"},{\"ifname\":\"dev3\",\"address\":\"52:54:00:12:34:56\"}]");

	CHECK(name && strcmp(name, "dev3") == 0);
	CHECK(!note_card(arena, &note, "[{\"ifname\":\"lo\"}]") && !note_card(arena, &note, "{"));
}

TEST(what_ip_does_not_say_is_not_guessed)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *text;

	CHECK(note_make(arena, "e0", &(struct note_source){"[]", "", ""}, &text, &err) &&
		err.kind == ERROR_PARSE);
	CHECK(note_make(arena, "e0", &(struct note_source){"", "", ""}, &text, &err));
}
