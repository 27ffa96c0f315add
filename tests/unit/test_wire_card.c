/* SPDX-License-Identifier: MIT */
#include "wire/wire.h"

#include "base/fd.h"

#include "tap.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TCP = 6,
	UDP = 17,
	SSH = 22,
	ETHERNET = 14
};

/* A filter does the same on any socket, so a pair stands in for a card. */
struct scene {
	int card, other;
};

static void scene_done(struct scene *scene)
{
	fd_closep(&scene->card);
	fd_closep(&scene->other);
}

static bool passes(const struct scene *scene, const uint8_t *frame, size_t size)
{
	uint8_t got[128];

	return send(scene->other, frame, size, 0) == (ssize_t)size &&
	       recv(scene->card, got, sizeof(got), MSG_DONTWAIT) == (ssize_t)size &&
	       memcmp(got, frame, size) == 0;
}

struct packet {
	const char *from;
	uint8_t protocol, options;                 /* in words of four bytes */
	uint16_t source_port, target_port, offset; /* of a fragment, in units of eight bytes */
};

static bool packet_passes(const struct scene *scene, const struct packet *packet)
{
	uint8_t frame[100] = {[12] = 0x08, [13] = 0x00};
	uint8_t *ip = frame + ETHERNET, *transport = ip + 20 + 4 * packet->options;

	ip[0] = (uint8_t)(0x45 + packet->options);
	ip[6] = (uint8_t)(packet->offset >> 8);
	ip[7] = (uint8_t)packet->offset;
	ip[9] = packet->protocol;
	inet_pton(AF_INET, packet->from, ip + 12);
	transport[0] = (uint8_t)(packet->source_port >> 8);
	transport[1] = (uint8_t)packet->source_port;
	transport[2] = (uint8_t)(packet->target_port >> 8);
	transport[3] = (uint8_t)packet->target_port;
	return passes(scene, frame, sizeof(frame));
}

static int scene_init(struct scene *scene, const char *const *senders, struct error *err)
{
	int pair[2];

	*scene = (struct scene){-1, -1};
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "pair");
	*scene = (struct scene){pair[0], pair[1]};
	if (send(scene->other, "before", 6, 0) != 6)
		return fail_errno(err, "send");
	return wire_card_limit(scene->card, senders, SSH, err);
}

#define SCENE(name, ...)                                                                           \
	AUTO(scene_done) struct scene name;                                                        \
	struct error err = {0};                                                                    \
	CHECK_OK(scene_init(&name, (const char *const[]){__VA_ARGS__, NULL}, &err), err)

TEST(a_shared_card_passes_what_other_machines_send_to_the_host)
{
	SCENE(scene, "192.0.2.1", "192.0.2.2", "192.0.2.3");

	for (const char *const *from =
			(const char *const[]){"192.0.2.1", "192.0.2.2", "192.0.2.3", NULL};
		*from; from++) {
		CHECK(packet_passes(&scene, &(struct packet){*from, UDP, 0, SSH, SSH, 0}));
		CHECK(packet_passes(&scene, &(struct packet){*from, TCP, 0, 5201, 40000, 0}));
		CHECK(packet_passes(&scene, &(struct packet){*from, TCP, 2, 5201, 40000, 0}));
		CHECK(packet_passes(&scene, &(struct packet){*from, 1, 0, 0, 0, 0}));
	}
}

TEST(what_nobody_of_them_sent_stays_with_the_machine)
{
	SCENE(scene, "192.0.2.1", "192.0.2.2");

	CHECK(!packet_passes(&scene, &(struct packet){"192.0.2.3", UDP, 0, 1, 2, 0}));
	CHECK(!packet_passes(&scene, &(struct packet){"192.0.2.3", TCP, 0, 5201, 40000, 0}));
}

TEST(ssh_stays_with_the_machine_in_both_directions)
{
	SCENE(scene, "192.0.2.1", "192.0.2.2");

	for (uint8_t options = 0; options < 3; options++) {
		CHECK(!packet_passes(
			&scene, &(struct packet){"192.0.2.2", TCP, options, 40000, SSH, 0}));
		CHECK(!packet_passes(
			&scene, &(struct packet){"192.0.2.2", TCP, options, SSH, 40000, 0}));
	}
	/* What looks like ports in a later fragment is something else. */
	CHECK(packet_passes(&scene, &(struct packet){"192.0.2.2", TCP, 0, SSH, SSH, 185}));
}

TEST(of_other_protocols_only_arp_passes)
{
	const uint8_t arp[60] = {[12] = 0x08, [13] = 0x06};
	const uint8_t ipv6[60] = {[12] = 0x86, [13] = 0xdd};
	SCENE(scene, "192.0.2.1");

	CHECK(passes(&scene, arp, sizeof(arp)));
	CHECK(!passes(&scene, ipv6, sizeof(ipv6)));
}

TEST(what_came_before_is_gone)
{
	char got[8];
	SCENE(scene, "192.0.2.1");

	CHECK(recv(scene.card, got, sizeof(got), MSG_DONTWAIT) < 0);
}

TEST(a_filter_has_room_for_a_hundred_machines)
{
	char texts[101][16];
	const char *senders[102] = {NULL};
	struct scene scene;
	struct error err = {0};

	for (int i = 0; i < 101; i++) {
		snprintf(texts[i], sizeof(texts[i]), "192.0.2.%d", i);
		senders[i] = texts[i];
	}
	CHECK(scene_init(&scene, senders, &err) == -1 && strstr(err.text, "101 machines"));
	scene_done(&scene);
	senders[100] = NULL;
	CHECK_OK(scene_init(&scene, senders, &err), err);
	CHECK(packet_passes(&scene, &(struct packet){"192.0.2.0", UDP, 0, 1, 2, 0}));
	CHECK(packet_passes(&scene, &(struct packet){"192.0.2.99", UDP, 0, 1, 2, 0}));
	CHECK(!packet_passes(&scene, &(struct packet){"192.0.2.100", UDP, 0, 1, 2, 0}));
	scene_done(&scene);
}
