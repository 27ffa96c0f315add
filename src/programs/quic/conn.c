/* SPDX-License-Identifier: MIT */
/* One QUIC connection on ngtcp2: datagrams in, datagrams out, and what became of it. */
#include "programs/quic/conn.h"

#include "programs/quic/congestion.h"
#include "programs/quic/tls.h"

#include "base/clock.h"

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <stdlib.h>
#include <string.h>

enum {
	ID_BYTES = 16,
	/* For 1 Gbit/s over 250 ms, so that flow control is not what is measured. */
	WINDOW_BYTES = 32 << 20,
	CHUNK_BYTES = 16384,
	MOST_SEGMENTS = 64 /* of one send with UDP_SEGMENT */
};

#define MOST_LATE_NS (5 * NS_PER_MS)

struct quic_conn {
	ngtcp2_conn *quic;
	gnutls_session_t session;
	ngtcp2_crypto_conn_ref ref;
	bool is_server, is_sender;
	int64_t patience_ns;
	int64_t due_ns; /* when the next burst was to leave as the last one left */
	int64_t stream; /* -1: none yet */
	int64_t now_ns; /* of the call that is under way, for callbacks */
	struct quic_address local, remote;
	struct quic_facts facts;
	/* A probe of the path's MTU is larger than its neighbours and has to leave alone. */
	uint8_t held[2048];
	size_t held_bytes;
};

static ngtcp2_cc_algo congestion_named(const char *name)
{
	static const ngtcp2_cc_algo algorithms[] = {
		NGTCP2_CC_ALGO_CUBIC, NGTCP2_CC_ALGO_RENO, NGTCP2_CC_ALGO_BBR, NGTCP2_CC_ALGO_BBR2};

	for (size_t i = 0; quic_congestions[i]; i++) {
		if (strcmp(quic_congestions[i], name) == 0)
			return algorithms[i];
	}
	return NGTCP2_CC_ALGO_CUBIC;
}

const char *quic_library_version(void)
{
	return ngtcp2_version(0)->version_str;
}

static int fail_quic(struct error *err, ngtcp2_ssize status, const char *what)
{
	bool is_silence = status == NGTCP2_ERR_IDLE_CLOSE || status == NGTCP2_ERR_HANDSHAKE_TIMEOUT;

	return fail(err, is_silence ? ERROR_TIMEOUT : ERROR_TOOL, "%s: ngtcp2 says: %s", what,
		ngtcp2_strerror((int)status));
}

static void draw_bytes(uint8_t *to, size_t size)
{
	if (gnutls_rnd(GNUTLS_RND_RANDOM, to, size) < 0)
		abort();
}

static void on_rand(uint8_t *to, size_t size, const ngtcp2_rand_ctx *context)
{
	(void)context;
	draw_bytes(to, size);
}

static void draw_id(ngtcp2_cid *id)
{
	id->datalen = ID_BYTES;
	draw_bytes(id->data, ID_BYTES);
}

static int on_new_id(
	ngtcp2_conn *quic, ngtcp2_cid *id, uint8_t *token, size_t id_bytes, void *user_data)
{
	(void)quic;
	(void)user_data;
	id->datalen = id_bytes;
	draw_bytes(id->data, id_bytes);
	draw_bytes(token, NGTCP2_STATELESS_RESET_TOKENLEN);
	return 0;
}

static int on_established(ngtcp2_conn *quic, void *user_data)
{
	struct quic_conn *conn = user_data;

	(void)quic;
	conn->facts.is_established = true;
	conn->facts.established_ns = conn->now_ns;
	return 0;
}

/* A client is allowed streams once the server's parameters are there. */
static int on_streams(ngtcp2_conn *quic, uint64_t most, void *user_data)
{
	struct quic_conn *conn = user_data;

	(void)most;
	if (conn->is_server || conn->stream >= 0)
		return 0;
	return ngtcp2_conn_open_bidi_stream(quic, &conn->stream, NULL) ? NGTCP2_ERR_CALLBACK_FAILURE
								       : 0;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are ngtcp2's */
static int on_data(ngtcp2_conn *quic, uint32_t flags, int64_t stream, uint64_t offset,
	const uint8_t *data, size_t size, void *user_data, void *stream_user_data)
{
	struct quic_conn *conn = user_data;

	(void)flags;
	(void)stream_user_data;
	if (size > 0 && conn->facts.first_byte_ns == 0)
		conn->facts.first_byte_ns = conn->now_ns;
	/* The first byte that a client sends says what it wants. */
	if (conn->is_server && size > 0 && offset == 0) {
		conn->stream = stream;
		conn->is_sender = data[0] == 'd';
		conn->facts.is_upload = !conn->is_sender;
	}
	conn->facts.received_bytes += size;
	ngtcp2_conn_extend_max_offset(quic, size);
	return ngtcp2_conn_extend_max_stream_offset(quic, stream, size)
		       ? NGTCP2_ERR_CALLBACK_FAILURE
		       : 0;
}

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref)
{
	return ((struct quic_conn *)ref->user_data)->quic;
}

static const ngtcp2_callbacks callbacks = {
	.client_initial = ngtcp2_crypto_client_initial_cb,
	.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
	.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
	.handshake_completed = on_established,
	.encrypt = ngtcp2_crypto_encrypt_cb,
	.decrypt = ngtcp2_crypto_decrypt_cb,
	.hp_mask = ngtcp2_crypto_hp_mask_cb,
	.recv_stream_data = on_data,
	.recv_retry = ngtcp2_crypto_recv_retry_cb,
	.extend_max_local_streams_bidi = on_streams,
	.rand = on_rand,
	.get_new_connection_id = on_new_id,
	.update_key = ngtcp2_crypto_update_key_cb,
	.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
	.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
	.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
	.version_negotiation = ngtcp2_crypto_version_negotiation_cb,
};

static ngtcp2_path path_of(struct quic_conn *conn)
{
	return (ngtcp2_path){
		.local = {(ngtcp2_sockaddr *)&conn->local.address, conn->local.size},
		.remote = {(ngtcp2_sockaddr *)&conn->remote.address, conn->remote.size},
	};
}

static ngtcp2_settings settings_of(const struct quic_settings *wanted, int64_t now_ns)
{
	ngtcp2_settings settings;

	ngtcp2_settings_default(&settings);
	settings.cc_algo = congestion_named(wanted->congestion);
	settings.initial_ts = (ngtcp2_tstamp)now_ns;
	settings.handshake_timeout = (ngtcp2_duration)wanted->patience_ns;
	settings.max_tx_udp_payload_size = NGTCP2_MAX_PMTUD_UDP_PAYLOAD_SIZE;
	return settings;
}

static ngtcp2_transport_params parameters_of(const struct quic_settings *wanted)
{
	ngtcp2_transport_params parameters;

	ngtcp2_transport_params_default(&parameters);
	parameters.initial_max_data = WINDOW_BYTES;
	parameters.initial_max_stream_data_bidi_local = WINDOW_BYTES;
	parameters.initial_max_stream_data_bidi_remote = WINDOW_BYTES;
	parameters.initial_max_streams_bidi = 1;
	parameters.max_idle_timeout = (ngtcp2_duration)wanted->patience_ns;
	return parameters;
}

static struct quic_conn *conn_new(bool is_server, const struct quic_address *local,
	const struct quic_address *remote, int64_t now_ns)
{
	struct quic_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		abort();
	conn->is_server = is_server;
	conn->stream = -1;
	conn->local = *local;
	conn->remote = *remote;
	conn->now_ns = conn->facts.began_ns = now_ns;
	conn->ref = (ngtcp2_crypto_conn_ref){conn_of_ref, conn};
	return conn;
}

static int start_tls(
	struct quic_conn *conn, gnutls_certificate_credentials_t credentials, struct error *err)
{
	if (quic_session_new(conn->is_server, credentials, &conn->session, err))
		return -1;
	gnutls_session_set_ptr(conn->session, &conn->ref);
	ngtcp2_conn_set_tls_native_handle(conn->quic, conn->session);
	return 0;
}

int quic_conn_connect(const struct quic_settings *settings, const struct quic_address *local,
	const struct quic_address *remote, int64_t now_ns, struct quic_conn **ret_conn,
	struct error *err)
{
	AUTO(quic_conn_freep) struct quic_conn *conn = conn_new(false, local, remote, now_ns);
	const ngtcp2_settings own = settings_of(settings, now_ns);
	const ngtcp2_transport_params parameters = parameters_of(settings);
	const ngtcp2_path path = path_of(conn);
	ngtcp2_cid theirs, ours;
	int status;

	conn->facts.is_upload = settings->task == QUIC_UPLOAD;
	conn->patience_ns = settings->patience_ns;
	draw_id(&theirs);
	draw_id(&ours);
	status = ngtcp2_conn_client_new(&conn->quic, &theirs, &ours, &path, NGTCP2_PROTO_VER_V1,
		&callbacks, &own, &parameters, NULL, conn);
	if (status)
		return fail_quic(err, status, "make a client");
	if (start_tls(conn, settings->credentials, err))
		return -1;
	*ret_conn = conn;
	conn = NULL;
	return 0;
}

int quic_conn_accept(const struct quic_settings *settings, const struct quic_address ends[static 2],
	const struct iovec *datagram, int64_t now_ns, struct quic_conn **ret_conn,
	struct error *err)
{
	AUTO(quic_conn_freep) struct quic_conn *conn = conn_new(true, &ends[0], &ends[1], now_ns);
	const ngtcp2_settings own = settings_of(settings, now_ns);
	ngtcp2_transport_params parameters = parameters_of(settings);
	const ngtcp2_path path = path_of(conn);
	ngtcp2_pkt_hd head;
	ngtcp2_cid ours;
	int status = ngtcp2_accept(&head, datagram->iov_base, datagram->iov_len);

	if (status)
		return fail(err, ERROR_PARSE, "this is not the first datagram of a connection");
	conn->patience_ns = settings->patience_ns;
	draw_id(&ours);
	parameters.original_dcid = head.dcid;
	status = ngtcp2_conn_server_new(&conn->quic, &head.scid, &ours, &path, head.version,
		&callbacks, &own, &parameters, NULL, conn);
	if (status)
		return fail_quic(err, status, "make a server's connection");
	if (start_tls(conn, settings->credentials, err) ||
		quic_conn_read(conn, datagram->iov_base, datagram->iov_len, now_ns, err))
		return -1;
	*ret_conn = conn;
	conn = NULL;
	return 0;
}

void quic_conn_freep(struct quic_conn **conn)
{
	if (!*conn)
		return;
	ngtcp2_conn_del((*conn)->quic);
	if ((*conn)->session)
		gnutls_deinit((*conn)->session);
	free(*conn);
	*conn = NULL;
}

int quic_conn_read(struct quic_conn *conn, const void *datagram, size_t size, int64_t now_ns,
	struct error *err)
{
	const ngtcp2_path path = path_of(conn);
	const ngtcp2_pkt_info info = {0};
	int status;

	conn->now_ns = now_ns;
	conn->facts.received_datagrams++;
	if (conn->facts.is_over)
		return 0;
	status = ngtcp2_conn_read_pkt(
		conn->quic, &path, &info, datagram, size, (ngtcp2_tstamp)now_ns);
	if (status == NGTCP2_ERR_DRAINING || status == NGTCP2_ERR_CLOSING) {
		conn->facts.is_over = true;
		return 0;
	}
	return status ? fail_quic(err, status, "read a datagram") : 0;
}

/* What a client says first, and what it sends if it is a sender; payload has no meaning. */
static ngtcp2_vec next_data(const struct quic_conn *conn, uint32_t *ret_flags)
{
	static uint8_t zeros[CHUNK_BYTES], wish[] = {'d'}, offer[] = {'u'};
	bool has_asked = conn->facts.sent_bytes > 0;

	*ret_flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
	if (conn->is_server)
		return (ngtcp2_vec){zeros, conn->is_sender ? sizeof(zeros) : 0};
	if (conn->facts.is_upload)
		return has_asked ? (ngtcp2_vec){zeros, sizeof(zeros)} : (ngtcp2_vec){offer, 1};
	return (ngtcp2_vec){wish, !has_asked};
}

/* One datagram; 0 when congestion control, pacing or the want of data say no. */
static ngtcp2_ssize write_datagram(struct quic_conn *conn, uint8_t *to, size_t room)
{
	ngtcp2_path_storage path;
	ngtcp2_pkt_info info;
	uint32_t flags;
	const ngtcp2_vec data = next_data(conn, &flags);
	int64_t stream = data.len > 0 && !conn->facts.is_over ? conn->stream : -1;
	ngtcp2_ssize taken = -1, size;

	ngtcp2_path_storage_zero(&path);
	size = ngtcp2_conn_writev_stream(conn->quic, &path.path, &info, to, room, &taken, flags,
		stream, &data, stream >= 0, (ngtcp2_tstamp)conn->now_ns);
	if (size == NGTCP2_ERR_STREAM_DATA_BLOCKED)
		size = ngtcp2_conn_write_pkt(
			conn->quic, &path.path, &info, to, room, (ngtcp2_tstamp)conn->now_ns);
	else if (taken > 0)
		conn->facts.sent_bytes += (uint64_t)taken;
	return size;
}

/* Of the path's MTU: the library alone makes larger datagrams than it knows to fit. */
static bool is_probe(const struct quic_conn *conn, size_t size)
{
	return size > ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->quic);
}

/* True when the batch is full: what comes next would not be of its kind. */
static bool add_to_batch(struct quic_conn *conn, struct quic_batch *batch, size_t size)
{
	conn->facts.sent_datagrams++;
	if (batch->size > 0 && size > batch->segment) {
		memcpy(conn->held, batch->bytes + batch->size, size);
		conn->held_bytes = size;
		return true;
	}
	if (batch->size == 0)
		batch->segment = size;
	batch->size += size;
	return size < batch->segment || is_probe(conn, size);
}

/*
 * Tells the library when this burst left, after which it waits. It counts from that time,
 * so a program that is woken late would lose that time with every burst; the time when the burst
 * was due makes up for it. Before there is a round trip, it would pace by one of 333 ms, which it
 * guesses: the client's last word of the handshake would leave 22 ms late.
 */
static void pace(struct quic_conn *conn)
{
	int64_t left_ns = conn->now_ns;

	if (!conn->facts.is_established)
		return;
	if (conn->due_ns > 0 && conn->due_ns < left_ns)
		left_ns = conn->due_ns > left_ns - MOST_LATE_NS ? conn->due_ns
								: left_ns - MOST_LATE_NS;
	ngtcp2_conn_update_pkt_tx_time(conn->quic, (ngtcp2_tstamp)left_ns);
	conn->due_ns = quic_conn_expiry_ns(conn);
}

int quic_conn_write(
	struct quic_conn *conn, struct quic_batch *batch, int64_t now_ns, struct error *err)
{
	size_t quantum = ngtcp2_conn_get_send_quantum(conn->quic);

	conn->now_ns = now_ns;
	batch->size = batch->segment = 0;
	if (conn->held_bytes > 0) {
		memcpy(batch->bytes, conn->held, conn->held_bytes);
		batch->size = batch->segment = conn->held_bytes;
		conn->held_bytes = 0;
		return 0;
	}
	if (conn->facts.is_over)
		return 0;
	for (size_t i = 0; i < MOST_SEGMENTS && (i == 0 || batch->size < quantum); i++) {
		size_t room = sizeof(batch->bytes) - batch->size;
		ngtcp2_ssize size;

		if (room < sizeof(conn->held))
			break;
		size = write_datagram(conn, batch->bytes + batch->size, sizeof(conn->held));
		if (size < 0)
			return fail_quic(err, size, "write a datagram");
		if (size == 0 || add_to_batch(conn, batch, (size_t)size))
			break;
	}
	pace(conn);
	return 0;
}

int64_t quic_conn_expiry_ns(struct quic_conn *conn)
{
	ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(conn->quic);

	return expiry > INT64_MAX ? INT64_MAX : (int64_t)expiry;
}

int quic_conn_expire(struct quic_conn *conn, int64_t now_ns, struct error *err)
{
	int status;

	conn->now_ns = now_ns;
	if (conn->facts.is_over)
		return 0;
	status = ngtcp2_conn_handle_expiry(conn->quic, (ngtcp2_tstamp)now_ns);
	if (status == 0)
		return 0;
	conn->facts.is_over = true;
	if (status == NGTCP2_ERR_IDLE_CLOSE || status == NGTCP2_ERR_HANDSHAKE_TIMEOUT)
		return fail(err, ERROR_TIMEOUT, "%s for %.0f s",
			conn->facts.is_established ? "nothing came any more" : "nobody answered",
			(double)conn->patience_ns / 1e9);
	return fail_quic(err, status, "handle a timer");
}

void quic_conn_close(struct quic_conn *conn, struct quic_batch *batch, int64_t now_ns)
{
	ngtcp2_connection_close_error reason;
	ngtcp2_path_storage path;
	ngtcp2_pkt_info info;
	ngtcp2_ssize size;

	ngtcp2_path_storage_zero(&path);
	ngtcp2_connection_close_error_default(&reason);
	ngtcp2_connection_close_error_set_application_error(&reason, 0, NULL, 0);
	size = ngtcp2_conn_write_connection_close(conn->quic, &path.path, &info, batch->bytes,
		sizeof(conn->held), &reason, (ngtcp2_tstamp)now_ns);
	batch->size = batch->segment = size > 0 ? (size_t)size : 0;
	conn->facts.is_over = true;
}

const struct quic_address *quic_conn_remote(const struct quic_conn *conn)
{
	return &conn->remote;
}

struct quic_facts quic_conn_facts(struct quic_conn *conn)
{
	struct quic_facts facts = conn->facts;
	ngtcp2_conn_stat stat;

	ngtcp2_conn_get_conn_stat(conn->quic, &stat);
	facts.datagram_bytes = ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->quic);
	/* Before the first sample the library has placeholders. */
	if (stat.min_rtt < (ngtcp2_duration)INT64_MAX) {
		facts.min_rtt_ns = (int64_t)stat.min_rtt;
		facts.smoothed_rtt_ns = (int64_t)stat.smoothed_rtt;
	}
	facts.window_bytes = stat.cwnd;
	if (conn->stream >= 0)
		facts.lost_packets =
			(uint64_t)ngtcp2_conn_get_stream_loss_count(conn->quic, conn->stream);
	return facts;
}
