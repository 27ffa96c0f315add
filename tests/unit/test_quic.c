/* SPDX-License-Identifier: MIT */
#include "programs/quic/congestion.h"
#include "programs/quic/conn.h"
#include "programs/quic/tls.h"

#include "base/clock.h"
#include "base/random.h"

#include "tap.h"

#include <arpa/inet.h>
#include <string.h>

/* Two connections joined by a list of datagrams in flight; the time is ours. */
enum {
	FLIGHT_MAX = 4096,
	DATAGRAM_MAX = 2048
};

#define DELAY_NS (5 * NS_PER_MS)
#define NS_PER_BYTE 80 /* 100 Mbit/s */
#define PATIENCE_NS (3 * NS_PER_S)

struct datagram {
	int64_t due_ns;
	bool to_server;
	size_t size;
	uint8_t bytes[DATAGRAM_MAX];
};

struct path {
	int64_t now_ns;
	size_t mtu_bytes; /* larger payloads vanish */
	unsigned loss_in_1000;
	struct random random;
	struct datagram *flight;
	size_t first, count;
	int64_t free_ns; /* both directions share one medium */
	struct quic_conn *client, *server;
	struct quic_settings settings, server_settings;
	size_t largest_bytes;
	size_t probes, crowded_probes; /* batches with a datagram that is not known to fit */
	struct error err;
};

static void path_done(struct path *path)
{
	quic_conn_freep(&path->client);
	quic_conn_freep(&path->server);
	if (path->settings.credentials)
		gnutls_certificate_free_credentials(path->settings.credentials);
	if (path->server_settings.credentials)
		gnutls_certificate_free_credentials(path->server_settings.credentials);
	free(path->flight);
}

static struct quic_address address_of(uint16_t port)
{
	struct quic_address address = {.size = sizeof(struct sockaddr_in)};
	struct sockaddr_in in = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	memcpy(&address.address, &in, sizeof(in));
	return address;
}

static int path_open(struct path *path, enum quic_task task)
{
	const struct quic_address client = address_of(1000), server = address_of(2000);

	path->now_ns = NS_PER_S;
	path->random = random_seeded(7);
	path->flight = calloc(FLIGHT_MAX, sizeof(*path->flight));
	path->settings.congestion = path->server_settings.congestion = "cubic";
	path->settings.task = task;
	path->settings.patience_ns = path->server_settings.patience_ns = PATIENCE_NS;
	if (quic_credentials_new(false, &path->settings.credentials, &path->err) ||
		quic_credentials_new(true, &path->server_settings.credentials, &path->err))
		return -1;
	return quic_conn_connect(
		&path->settings, &client, &server, path->now_ns, &path->client, &path->err);
}

static void launch(struct path *path, bool to_server, const uint8_t *bytes, size_t size)
{
	struct datagram *datagram;

	path->largest_bytes = size > path->largest_bytes ? size : path->largest_bytes;
	if (path->count == FLIGHT_MAX || size > DATAGRAM_MAX ||
		(path->mtu_bytes && size > path->mtu_bytes) ||
		random_below(&path->random, 1000) < path->loss_in_1000)
		return;
	datagram = &path->flight[(path->first + path->count++) % FLIGHT_MAX];
	path->free_ns = path->free_ns > path->now_ns ? path->free_ns : path->now_ns;
	path->free_ns += (int64_t)size * NS_PER_BYTE;
	datagram->due_ns = path->free_ns + DELAY_NS;
	datagram->to_server = to_server;
	datagram->size = size;
	memcpy(datagram->bytes, bytes, size);
}

static int send_all(struct path *path, struct quic_conn *conn, bool to_server)
{
	static struct quic_batch batch;

	for (;;) {
		if (quic_conn_write(conn, &batch, path->now_ns, &path->err))
			return -1;
		if (batch.size == 0)
			return 0;
		if (batch.segment > quic_conn_facts(conn).datagram_bytes) {
			path->probes++;
			path->crowded_probes += batch.size > batch.segment;
		}
		for (size_t at = 0; at < batch.size; at += batch.segment) {
			size_t left = batch.size - at;

			launch(path, to_server, batch.bytes + at,
				left < batch.segment ? left : batch.segment);
		}
	}
}

static int deliver(struct path *path, const struct datagram *datagram)
{
	const struct quic_address ends[] = {address_of(2000), address_of(1000)};
	const struct iovec first = {(void *)datagram->bytes, datagram->size};

	if (!datagram->to_server)
		return quic_conn_read(
			path->client, datagram->bytes, datagram->size, path->now_ns, &path->err);
	if (path->server)
		return quic_conn_read(
			path->server, datagram->bytes, datagram->size, path->now_ns, &path->err);
	return quic_conn_accept(
		&path->server_settings, ends, &first, path->now_ns, &path->server, &path->err);
}

static int64_t next_ns(const struct path *path)
{
	int64_t next = path->count ? path->flight[path->first].due_ns : INT64_MAX;
	int64_t client = quic_conn_expiry_ns(path->client);
	int64_t server = path->server ? quic_conn_expiry_ns(path->server) : INT64_MAX;

	next = client < next ? client : next;
	return server < next ? server : next;
}

static int expire(struct path *path, struct quic_conn *conn)
{
	if (!conn || quic_conn_expiry_ns(conn) > path->now_ns)
		return 0;
	return quic_conn_expire(conn, path->now_ns, &path->err);
}

static int run(struct path *path, int64_t until_ns)
{
	while (path->now_ns < until_ns) {
		if (send_all(path, path->client, true) ||
			(path->server && send_all(path, path->server, false)))
			return -1;
		path->now_ns = next_ns(path) > path->now_ns ? next_ns(path) : path->now_ns + 1;
		while (path->count && path->flight[path->first].due_ns <= path->now_ns) {
			const struct datagram *datagram = &path->flight[path->first];

			path->first = (path->first + 1) % FLIGHT_MAX;
			path->count--;
			if (deliver(path, datagram))
				return -1;
		}
		if (expire(path, path->client) || expire(path, path->server))
			return -1;
	}
	return 0;
}

TEST(a_download_is_established_in_one_round_trip_and_moves_data)
{
	AUTO(path_done) struct path path = {0};
	struct quic_facts client, server;

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, NS_PER_S + 500 * NS_PER_MS), path.err);
	client = quic_conn_facts(path.client);
	server = quic_conn_facts(path.server);
	CHECK(client.is_established && server.is_established && !server.is_upload);
	CHECK(client.established_ns - client.began_ns >= 2 * DELAY_NS);
	CHECK(client.established_ns - client.began_ns < 3 * DELAY_NS);
	CHECK(client.first_byte_ns - client.began_ns >= 4 * DELAY_NS);
	CHECK(client.first_byte_ns - client.began_ns < 5 * DELAY_NS);
	CHECK(client.received_bytes > 100000 && client.received_bytes <= server.sent_bytes);
	CHECK(server.received_bytes == 1 && server.lost_packets == 0);
	CHECK(server.min_rtt_ns >= 2 * DELAY_NS && server.min_rtt_ns < 3 * DELAY_NS);
}

TEST(an_upload_moves_data_the_other_way)
{
	AUTO(path_done) struct path path = {0};
	struct quic_facts client, server;

	CHECK_OK(path_open(&path, QUIC_UPLOAD), path.err);
	CHECK_OK(run(&path, NS_PER_S + 500 * NS_PER_MS), path.err);
	client = quic_conn_facts(path.client);
	server = quic_conn_facts(path.server);
	CHECK(server.is_upload && client.received_bytes == 0);
	CHECK(server.received_bytes > 100000 && server.received_bytes <= client.sent_bytes);
}

TEST(datagrams_start_at_1200_bytes_and_grow_to_what_the_path_carries)
{
	AUTO(path_done) struct path path = {0};

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, NS_PER_S + DELAY_NS), path.err);
	CHECK(path.largest_bytes == 1200);
	CHECK_OK(run(&path, 4 * NS_PER_S), path.err);
	CHECK(quic_conn_facts(path.server).datagram_bytes > 1400);
}

TEST(a_path_of_1280_bytes_is_used_and_no_more_is_claimed)
{
	AUTO(path_done) struct path path = {.mtu_bytes = 1280 - 48};
	struct quic_facts server;

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, 4 * NS_PER_S), path.err);
	server = quic_conn_facts(path.server);
	CHECK(path.largest_bytes > 1280 && server.datagram_bytes == 1232);
	CHECK(server.lost_packets == 0);
}

/* Otherwise one refusal of the kernel would take others with it, or look like a lack of offloads.
 */
TEST(a_probe_of_the_mtu_leaves_alone)
{
	AUTO(path_done) struct path path = {.mtu_bytes = 1300};

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, 4 * NS_PER_S), path.err);
	CHECK(path.probes >= 3 && path.crowded_probes == 0);
}

TEST(lost_packets_are_counted_by_their_sender)
{
	AUTO(path_done) struct path path = {.loss_in_1000 = 20};
	struct quic_facts server;
	double lost;

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, 11 * NS_PER_S), path.err);
	server = quic_conn_facts(path.server);
	lost = (double)server.lost_packets / (double)server.sent_datagrams;
	CHECK(server.sent_datagrams > 1000);
	CHECK(lost > 0.01 && lost < 0.04);
	lost = 1 - (double)quic_conn_facts(path.client).received_datagrams /
			   (double)server.sent_datagrams;
	CHECK(lost > 0.01 && lost < 0.04);
}

TEST(silence_ends_a_handshake_with_a_time_out)
{
	AUTO(path_done) struct path path = {.loss_in_1000 = 1000};

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK(run(&path, 10 * NS_PER_S) == -1 && path.err.kind == ERROR_TIMEOUT);
	CHECK(path.now_ns - NS_PER_S >= PATIENCE_NS);
	CHECK(!quic_conn_facts(path.client).is_established);
}

TEST(silence_ends_a_connection_with_a_time_out)
{
	AUTO(path_done) struct path path = {0};

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, 2 * NS_PER_S), path.err);
	path.loss_in_1000 = 1000;
	CHECK(run(&path, 20 * NS_PER_S) == -1 && path.err.kind == ERROR_TIMEOUT);
}

TEST(the_last_datagram_of_a_client_ends_the_connection_of_its_server)
{
	static struct quic_batch batch;
	AUTO(path_done) struct path path = {0};

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	CHECK_OK(run(&path, 2 * NS_PER_S), path.err);
	CHECK(!quic_conn_facts(path.server).is_over);
	quic_conn_close(path.client, &batch, path.now_ns);
	CHECK(batch.size > 0);
	CHECK_OK(quic_conn_read(path.server, batch.bytes, batch.size, path.now_ns, &path.err),
		path.err);
	CHECK(quic_conn_facts(path.server).is_over);
}

TEST(bytes_of_anyone_neither_make_a_connection_nor_break_one)
{
	AUTO(path_done) struct path path = {0};
	uint8_t noise[1200];
	const struct quic_address ends[] = {address_of(2000), address_of(3000)};
	const struct iovec first = {noise, sizeof(noise)};
	struct quic_conn *other = NULL;

	CHECK_OK(path_open(&path, QUIC_DOWNLOAD), path.err);
	for (int i = 0; i < 200; i++) {
		for (size_t b = 0; b < sizeof(noise); b++)
			noise[b] = (uint8_t)random_below(&path.random, 256);
		CHECK(quic_conn_accept(&path.server_settings, ends, &first, path.now_ns, &other,
			      &path.err) == -1);
		CHECK(path.err.kind == ERROR_PARSE);
		CHECK_OK(quic_conn_read(path.client, noise, sizeof(noise), path.now_ns, &path.err),
			path.err);
	}
	CHECK_OK(run(&path, 2 * NS_PER_S), path.err);
	CHECK(quic_conn_facts(path.client).received_bytes > 0);
}

TEST(congestion_control_that_quic_does_not_have_is_cubic)
{
	CHECK(strcmp(quic_congestion("bbr"), "bbr") == 0);
	CHECK(strcmp(quic_congestion("reno"), "reno") == 0);
	CHECK(strcmp(quic_congestion("vegas"), "cubic") == 0);
}
