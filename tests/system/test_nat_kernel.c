/* SPDX-License-Identifier: MIT */
/*
 * Our NAT next to the kernel's: the same packets go through nftables in a network namespace of this
 * test and through src/nat, and come out alike. A router of the kernel needs two TUNs and no hosts,
 * so both meet every packet alone. What chance decides (random ports) is compared by what follows
 * from it: who shares a port with whom, and who reaches whom.
 */
#include "unit/nat_packets.h"

#include "base/fd.h"
#include "base/random.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	INSIDE = 6, /* endpoints: three hosts, two ports */
	REMOTE = 4, /* two hosts, two ports */
	STEPS = 400,
	WITHIN_MS = 10000,
	TTL_AT = 8
};

/* One kind of router, as nftables and we say it. */
struct router {
	const char *name, *masquerade, *more;
	struct nat_params params;
	bool is_random;     /* ports differ from run to run */
	bool has_own_ports; /* every host inside uses ports of its own */
};

#define LINUX                                                                                      \
	.external = {ROUTER}, .external_count = 1, .mapping = NAT_ADDRESS_AND_PORT_DEPENDENT,      \
	.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT, .shares_ports = true
#define CONE .external = {ROUTER}, .external_count = 1, .mapping = NAT_ENDPOINT_INDEPENDENT

#define INPUT_DROPS                                                                                \
	"chain input { type filter hook input priority 0; iifname \"out\" ct state new drop; }\n"
#define CONE_MAP                                                                                   \
	INPUT_DROPS                                                                                \
	"map cone { type inet_service : ipv4_addr . inet_service; size 1000; flags dynamic; }\n"   \
	"chain learn { type filter hook postrouting priority 0; oifname \"out\" ip protocol udp "  \
	"update @cone { udp sport : ip saddr . udp sport }; }\n"                                   \
	"chain pre { type nat hook prerouting priority -100; iifname \"out\" ip protocol udp "     \
	"dnat ip to udp dport map @cone; }\n"
#define ESTABLISHED_ONLY                                                                           \
	"chain forward { type filter hook forward priority 0; "                                    \
	"iifname \"out\" ct state new drop; }\n"
#define SEEN_ADDRESSES                                                                             \
	"set seen { type ipv4_addr . inet_service . ipv4_addr; size 1000; flags dynamic; }\n"      \
	"chain note { type filter hook forward priority -1; iifname \"in\" "                       \
	"update @seen { ip saddr . udp sport . ip daddr }; }\n"                                    \
	"chain forward { type filter hook forward priority 0; iifname \"out\" "                    \
	"ct state new ip daddr . udp dport . ip saddr != @seen drop; }\n"

static const struct router routers[] = {
	{.name = "masquerade, input accepts",
		.masquerade = "masquerade",
		.more = "",
		.params = {LINUX, .unsolicited = NAT_OCCUPIES}},
	{.name = "masquerade, input drops",
		.masquerade = "masquerade",
		.more = INPUT_DROPS,
		.params = {LINUX}},
	{.name = "masquerade persistent",
		.masquerade = "masquerade persistent",
		.more = INPUT_DROPS,
		.params = {LINUX}},
	{.name = "masquerade random",
		.masquerade = "masquerade random",
		.more = INPUT_DROPS,
		.params = {LINUX, .ports = NAT_RANDOM},
		.is_random = true},
	{.name = "masquerade fully-random",
		.masquerade = "masquerade fully-random",
		.more = INPUT_DROPS,
		.params = {LINUX, .ports = NAT_RANDOM},
		.is_random = true},
	{.name = "masquerade fully-random, input accepts",
		.masquerade = "masquerade fully-random",
		.more = "",
		.params = {LINUX, .ports = NAT_RANDOM, .unsolicited = NAT_OCCUPIES},
		.is_random = true},
	{.name = "full-cone map",
		.masquerade = "masquerade",
		.more = CONE_MAP,
		.params = {CONE, .filtering = NAT_ENDPOINT_INDEPENDENT},
		.has_own_ports = true},
	{.name = "full-cone map, established only",
		.masquerade = "masquerade",
		.more = CONE_MAP ESTABLISHED_ONLY,
		.params = {CONE, .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT},
		.has_own_ports = true},
	{.name = "full-cone map, addresses that were spoken to",
		.masquerade = "masquerade",
		.more = CONE_MAP SEEN_ADDRESSES,
		.params = {CONE, .filtering = NAT_ADDRESS_DEPENDENT},
		.has_own_ports = true},
};

/* The kernel's router: what is written to a side comes from there, what is read goes there. */
struct kernel {
	int fd[NAT_DIRECTIONS]; /* of the side that packets of this direction come from */
};

static void kernel_done(struct kernel *kernel)
{
	for (int i = 0; i < NAT_DIRECTIONS; i++)
		fd_closep(&kernel->fd[i]);
}

static bool write_text(const char *path, const char *text)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Gives a text to a program and waits for it. */
static bool feed(const char *program, const char *text)
{
	FILE *stream = popen(program, "we"); /* NOLINT(cert-env33-c): fixed commands of this test */

	return stream && fputs(text, stream) >= 0 && pclose(stream) == 0;
}

/* A fresh network namespace; as an ordinary user the first time in a user namespace as well. */
static bool enter_namespace(void)
{
	static bool is_root;
	char map[32];

	is_root = is_root || geteuid() == 0;
	if (is_root)
		return unshare(CLONE_NEWNET) == 0;
	snprintf(map, sizeof(map), "0 %u 1\n", geteuid());
	is_root =
		unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_text("/proc/self/uid_map", map);
	return is_root;
}

static int tun_open(const char *name)
{
	AUTO(fd_closep) int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	strcpy(request.ifr_name, name);
	return fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0 ? fd_take(&fd) : -1;
}

static bool kernel_up(struct kernel *kernel, const struct router *router)
{
	char rules[4000];

	if (!enter_namespace())
		return false;
	kernel->fd[NAT_OUTBOUND] = tun_open("in");
	kernel->fd[NAT_INBOUND] = tun_open("out");
	snprintf(rules, sizeof(rules),
		"table ip router {\n%schain post { type nat hook postrouting priority 100; "
		"oifname \"out\" %s; }\n}\n",
		router->more, router->masquerade);
	return kernel->fd[NAT_OUTBOUND] >= 0 && kernel->fd[NAT_INBOUND] >= 0 &&
	       write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1") &&
	       write_text("/proc/sys/net/ipv4/ip_forward", "1") &&
	       feed("ip -batch -",
		       "addr add 192.168.1.1/24 dev in\n"
		       "addr add 203.0.113.1/24 dev out\n"
		       "link set in up\nlink set out up\nroute add default dev out\n") &&
	       feed("nft -f -", rules);
}

/* To the router itself: its answer says that all packets before it have been dealt with. */
static bool send_marker(const struct kernel *kernel, uint16_t number)
{
	struct sample_packet marker;

	make_packet(&marker, IPPROTO_ICMP, (struct end){0xc0a80163, number},
		(struct end){0xc0a80101, 0}, 0);
	return write(kernel->fd[NAT_OUTBOUND], marker.bytes, marker.size) == (ssize_t)marker.size;
}

static bool read_one(int fd, struct sample_packet *p)
{
	ssize_t n = read(fd, p->bytes, sizeof(p->bytes));

	p->size = n > 0 ? (uint32_t)n : 0;
	return n > 0;
}

static bool is_marker(const struct sample_packet *p, uint16_t number)
{
	return p->bytes[9] == IPPROTO_ICMP && get32(p->bytes + 16) == 0xc0a80163 &&
	       get16(p->bytes + 24) == number;
}

/*
 * Sends a packet through the kernel. `passed` is what leaves on the other side, of size 0 when
 * nothing does; answers of the router itself, to the side where it came from, do not count.
 */
static bool kernel_pass(const struct kernel *kernel, enum nat_direction direction,
	const struct sample_packet *sent, struct sample_packet *passed)
{
	static uint16_t number;
	struct pollfd wait = {.fd = kernel->fd[NAT_OUTBOUND], .events = POLLIN};
	struct sample_packet p;

	number++;
	passed->size = 0;
	if (write(kernel->fd[direction], sent->bytes, sent->size) != (ssize_t)sent->size ||
		!send_marker(kernel, number))
		return false;
	do {
		if (poll(&wait, 1, WITHIN_MS) != 1 || !read_one(wait.fd, &p))
			return false;
		if (direction == NAT_INBOUND && !is_marker(&p, number))
			*passed = p;
	} while (!is_marker(&p, number));
	while (read_one(kernel->fd[NAT_INBOUND], &p)) {
		if (direction == NAT_OUTBOUND)
			*passed = p;
	}
	return true;
}

/* Ours, with what a router does that is not translation. */
static void our_pass(struct nat *nat, enum nat_direction direction,
	const struct sample_packet *sent, struct sample_packet *passed)
{
	*passed = *sent;
	if (pass_packet(nat, direction, passed, 0) != NAT_PASSES) {
		passed->size = 0;
		return;
	}
	passed->bytes[TTL_AT]--;
	put16(passed->bytes + 10, 0);
	put16(passed->bytes + 10, 0xffff & ~plain_sum(passed->bytes, 20, 0));
}

/* Both routers, and the port outside that each of them showed for an endpoint and its peer. */
struct pair {
	const struct router *router;
	struct kernel kernel;
	struct nat *nat;
	uint16_t shown[2][INSIDE][REMOTE];
	unsigned kept[2], passed, dropped;
};

static void pair_done(struct pair *pair)
{
	kernel_done(&pair->kernel);
	nat_free(pair->nat);
}

static struct end inside_end(const struct pair *pair, unsigned i)
{
	unsigned own = pair->router->has_own_ports ? i / 2 * 10 : 0;

	return (struct end){ALICE + i / 2, (uint16_t)(5000 + own + i % 2)};
}

static struct end remote_end(unsigned i)
{
	return (struct end){SERVER + i / 2, (uint16_t)(1000 + i % 2)};
}

static bool disagree(
	const char *what, unsigned inside, unsigned remote, const struct sample_packet passed[2])
{
	printf("# %s: inside %u, remote %u, kernel %u bytes, ours %u bytes\n", what, inside, remote,
		passed[0].size, passed[1].size);
	return false;
}

/* Whether the ports outside have the same history in both. */
static bool ports_agree(
	struct pair *pair, unsigned i, unsigned remote, const struct sample_packet passed[2])
{
	bool is_kept[2], is_same[2];

	for (int k = 0; k < 2; k++) {
		uint16_t port = source_of(&passed[k]).port, *shown = &pair->shown[k][i][remote];

		is_kept[k] = port == inside_end(pair, i).port;
		is_same[k] = *shown == port;
		pair->kept[k] += is_kept[k];
		*shown = port;
	}
	/* A random port may be the one inside by chance; how often is looked at in the end. */
	return is_same[0] == is_same[1] && (pair->router->is_random || is_kept[0] == is_kept[1]);
}

static bool step_out(struct pair *pair, unsigned i, unsigned remote)
{
	struct sample_packet sent, passed[2];

	make_packet(&sent, IPPROTO_UDP, inside_end(pair, i), remote_end(remote), 0);
	if (!kernel_pass(&pair->kernel, NAT_OUTBOUND, &sent, &passed[0]))
		return disagree("the kernel is silent", i, remote, passed);
	our_pass(pair->nat, NAT_OUTBOUND, &sent, &passed[1]);
	if (passed[0].size != sent.size || passed[1].size != sent.size)
		return disagree("out", i, remote, passed);
	if (!packet_is_right(&passed[0]) || !packet_is_right(&passed[1]) ||
		!ports_agree(pair, i, remote, passed))
		return disagree("port", i, remote, passed);
	if (source_of(&passed[0]).port == source_of(&passed[1]).port &&
		memcmp(passed[0].bytes, passed[1].bytes, sent.size) != 0)
		return disagree("bytes", i, remote, passed);
	pair->passed++;
	return true;
}

/* The port that endpoint `i` showed towards a peer, or its own number before. */
static uint16_t port_to(const struct pair *pair, int k, unsigned i, unsigned shown_to)
{
	uint16_t port = pair->shown[k][i][shown_to];

	return port ? port : inside_end(pair, i).port;
}

static bool step_in(struct pair *pair, unsigned i, unsigned shown_to, unsigned remote)
{
	struct sample_packet sent[2], passed[2];

	for (int k = 0; k < 2; k++) {
		struct end to = {ROUTER, port_to(pair, k, i, shown_to)};

		make_packet(&sent[k], IPPROTO_UDP, remote_end(remote), to, 0);
	}
	if (!kernel_pass(&pair->kernel, NAT_INBOUND, &sent[0], &passed[0]))
		return disagree("the kernel is silent", i, remote, passed);
	our_pass(pair->nat, NAT_INBOUND, &sent[1], &passed[1]);
	if (passed[0].size != passed[1].size)
		return disagree("in", i, remote, passed);
	pair->passed += passed[0].size > 0;
	pair->dropped += passed[0].size == 0;
	if (passed[0].size == 0)
		return true;
	if (memcmp(passed[0].bytes, passed[1].bytes, passed[0].size) != 0 &&
		get16(sent[0].bytes + 22) == get16(sent[1].bytes + 22))
		return disagree("bytes", i, remote, passed);
	return packet_is_right(&passed[0]) &&
	       end_is(destination_of(&passed[0]), destination_of(&passed[1]));
}

static bool steps_agree(struct pair *pair)
{
	struct random random = random_seeded(20261127);

	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = (unsigned)random_below(&random, INSIDE);
		unsigned remote = (unsigned)random_below(&random, REMOTE);
		unsigned shown_to = (unsigned)random_below(&random, REMOTE);

		if (random_below(&random, 2) == 0 ? !step_out(pair, i, remote)
						  : !step_in(pair, i, shown_to, remote)) {
			printf("# %s, step %u\n", pair->router->name, step);
			return false;
		}
	}
	return true;
}

/* Order holds only on one processor. */
static bool stay_on_one_processor(void)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return false;
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &allowed) && CPU_COUNT(&one) == 0)
			CPU_SET(i, &one);
	}
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}

/* Whether a kernel's router can be had here at all. */
static bool can_try(void)
{
	AUTO(kernel_done) struct kernel kernel = {{-1, -1}};

	return stay_on_one_processor() && kernel_up(&kernel, &routers[1]);
}

static bool routers_agree(const struct router *router)
{
	AUTO(pair_done) struct pair pair = {.router = router, .kernel = {{-1, -1}}};

	pair.nat = nat_with(&router->params, 1000);
	if (!pair.nat || !kernel_up(&pair.kernel, router) || !steps_agree(&pair))
		return false;
	printf("# %s: %u passed, %u dropped\n", router->name, pair.passed, pair.dropped);
	return pair.passed > STEPS / 2 && pair.dropped > 0 &&
	       (!router->is_random || (pair.kept[0] <= STEPS / 20 && pair.kept[1] <= STEPS / 20));
}

TEST(every_nat_of_nftables_does_with_each_packet_what_ours_does)
{
	SKIP_UNLESS(can_try(), "nftables cannot translate in a namespace here");
	for (size_t i = 0; i < ARRAY_SIZE(routers); i++) {
		bool is_alike = false;

		/* Two random ports are the same once in a while, but not three times in a row. */
		for (int tries = 0; tries < 3 && !is_alike; tries++)
			is_alike = routers_agree(&routers[i]);
		CHECK(is_alike);
	}
}

/* An error about a packet, of which it quotes all. */
static void make_error(struct sample_packet *p, const struct sample_packet *about, uint32_t from)
{
	struct end to = {get32(about->bytes + 12), 0};

	make_packet(p, IPPROTO_ICMP, (struct end){from, 0}, to, 0);
	put16(p->bytes + 20, 3 << 8 | 3); /* port unreachable */
	memset(p->bytes + 24, 0, 4);
	memcpy(p->bytes + 28, about->bytes, about->size);
	p->size = 28 + about->size;
	put16(p->bytes + 2, p->size);
	finish_packet(p);
}

static void make_reply(struct sample_packet *p, uint16_t id)
{
	make_packet(p, IPPROTO_ICMP, (struct end){SERVER, id}, (struct end){ROUTER, id}, 0);
	p->bytes[20] = 0;
	finish_packet(p);
}

/* Sends a packet through both; true when it passes both and comes out the same, in `*passed`. */
static bool is_alike(struct pair *pair, enum nat_direction direction,
	const struct sample_packet *sent, struct sample_packet *passed)
{
	struct sample_packet ours;

	if (!kernel_pass(&pair->kernel, direction, sent, passed))
		return false;
	our_pass(pair->nat, direction, sent, &ours);
	return passed->size == sent->size && ours.size == sent->size && packet_is_right(passed) &&
	       memcmp(passed->bytes, ours.bytes, sent->size) == 0;
}

TEST(errors_echoes_and_connections_are_translated_to_the_byte)
{
	static const struct router *router = &routers[1];
	AUTO(pair_done) struct pair pair = {.router = router, .kernel = {{-1, -1}}};
	const struct end alice = {ALICE, 5000}, server = {SERVER, 1000}, seen = {ROUTER, 5000};
	struct sample_packet p, out, in;

	SKIP_UNLESS(can_try(), "nftables cannot translate in a namespace here");
	pair.nat = nat_with(&router->params, 1000);
	CHECK(pair.nat && kernel_up(&pair.kernel, router));
	make_packet(&p, IPPROTO_UDP, alice, server, 0);
	CHECK(is_alike(&pair, NAT_OUTBOUND, &p, &out));
	make_error(&p, &out, SERVANT); /* by a router on the way */
	CHECK(is_alike(&pair, NAT_INBOUND, &p, &in));
	CHECK(get32(in.bytes + 16) == ALICE && get32(in.bytes + 28 + 12) == ALICE);
	make_packet(&p, IPPROTO_UDP, server, seen, 0);
	CHECK(is_alike(&pair, NAT_INBOUND, &p, &in));
	make_error(&p, &in, ALICE);
	CHECK(is_alike(&pair, NAT_OUTBOUND, &p, &out));
	CHECK(get32(out.bytes + 12) == ROUTER && get32(out.bytes + 28 + 16) == ROUTER);
	make_packet(&p, IPPROTO_ICMP, (struct end){ALICE, 7}, server, 0);
	CHECK(is_alike(&pair, NAT_OUTBOUND, &p, &out));
	make_reply(&p, 7);
	CHECK(is_alike(&pair, NAT_INBOUND, &p, &in));
	make_packet(&p, IPPROTO_TCP, alice, server, 2); /* SYN, and SYN with ACK of it */
	CHECK(is_alike(&pair, NAT_OUTBOUND, &p, &out));
	make_packet(&p, IPPROTO_TCP, server, seen, 18);
	put16(p.bytes + 30, 1 + PAYLOAD);
	finish_packet(&p);
	CHECK(is_alike(&pair, NAT_INBOUND, &p, &in));
	CHECK(end_is(destination_of(&in), alice));
}
