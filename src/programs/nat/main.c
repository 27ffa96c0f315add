/* SPDX-License-Identifier: MIT */
/* meshbench-nat: what kind of NAT is between two hosts, as RFC 5780 finds it out. */
#include "programs/nat/ask.h"
#include "programs/program.h"

#include "base/json.h"

static int64_t port, other_port, wait_ms = 300;

#define PORTS                                                                                      \
	{"port", "N", "UDP port of the server", OPTION_INTEGER, &port, NULL, 1, 65535},            \
	{                                                                                          \
		"other-port", "N", "its other one", OPTION_INTEGER, &other_port, NULL, 1, 65535    \
	}

static const struct option_row serve_rows[] = {PORTS};
static const struct option_row ask_rows[] = {
	PORTS,
	{"wait-ms", "N", "wait so long for an answer, four times (300)", OPTION_INTEGER, &wait_ms,
		NULL, 1, 60000},
};

static int check_ports(struct error *err)
{
	if (!port || !other_port)
		return fail(err, ERROR_USAGE, "both ends need --port and --other-port");
	return 0;
}

static int read_server(
	const struct option_result *given, struct nat_server *ret_server, struct error *err)
{
	if (check_ports(err))
		return -1;
	*ret_server = (struct nat_server){.ports = {(uint16_t)port, (uint16_t)other_port}};
	for (int i = 0; i < 2; i++) {
		if (inet_pton(AF_INET, given->arguments[i], &ret_server->addresses[i]) != 1)
			return fail(err, ERROR_USAGE, "'%s' is not an IPv4 address",
				given->arguments[i]);
	}
	return 0;
}

static int read_called(
	const struct option_result *given, struct nat_called *ret_server, struct error *err)
{
	bool are_ipv4 = true, are_ipv6 = true;

	if (check_ports(err))
		return -1;
	*ret_server = (struct nat_called){.ports = {(uint16_t)port, (uint16_t)other_port}};
	for (int i = 0; i < 2; i++) {
		are_ipv4 &= inet_pton(AF_INET, given->arguments[i], &ret_server->ipv4[i]) == 1;
		are_ipv6 &= inet_pton(AF_INET6, given->arguments[i], &ret_server->ipv6[i]) == 1;
	}
	ret_server->is_ipv6 = are_ipv6;
	if (!are_ipv4 && !are_ipv6)
		return fail(err, ERROR_USAGE, "'%s' and '%s' are not two addresses of one family",
			given->arguments[0], given->arguments[1]);
	return 0;
}

static int serve(const struct option_result *given, struct error *err)
{
	struct nat_server server;

	return read_server(given, &server, err) || nat_serve(&server, err) ? -1 : 0;
}

static int ask(const struct option_result *given, struct error *err)
{
	struct nat_called server;
	struct nat_sight sight;
	struct nat_class class;
	json_auto_t *document = NULL;

	if (read_called(given, &server, err) || nat_look(&server, (int)wait_ms, &sight, err))
		return -1;
	class = nat_classify(&sight);
	document = json_make("{s:b, s:b, s:s?, s:s?, s:s?, s:s?}", "is_reachable",
		sight.to_server.is_there, "is_translated", class.is_translated, "mapping",
		class.mapping, "filtering", class.filtering, "ports", class.ports, "peer_first",
		class.peer_first);
	json_dumpf(document, stdout, JSON_COMPACT);
	putchar('\n');
	return 0;
}

static const struct program_verb verbs[] = {
	{.name = "serve",
		.table = {.usage = "serve ADDRESS ADDRESS --port N --other-port N",
			.about = "Prints \"ready\" and answers until it is killed.",
			.rows = serve_rows,
			.count = ARRAY_SIZE(serve_rows),
			.arguments_min = 2,
			.arguments_max = 2},
		.run = serve},
	{.name = "ask",
		.table = {.usage = "ask ADDRESS ADDRESS --port N --other-port N [OPTION]...",
			.about =
				"Prints one JSON document: how the NAT on the way maps and filters, whether it keeps ports, and whether a mapping stays if the peer speaks first. Behind a NAT64 the server has addresses of IPv6.",
			.rows = ask_rows,
			.count = ARRAY_SIZE(ask_rows),
			.arguments_min = 2,
			.arguments_max = 2},
		.run = ask},
};

int main(int argc, char *argv[])
{
	return program_main("meshbench-nat", verbs, ARRAY_SIZE(verbs), argc, argv);
}
