/* SPDX-License-Identifier: MIT */
/* TLS for QUIC: a certificate that is made on the spot, and sessions that nobody verifies. */
#include "programs/quic/tls.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <time.h>

#define DAY_S 86400
#define PROTOCOL "meshbench"

/* The priorities of QUIC: TLS 1.3 alone, without what makes it look like 1.2. */
#define PRIORITIES                                                                                 \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"  \
	"%DISABLE_TLS13_COMPAT_MODE"

static int fail_tls(struct error *err, int status, const char *what)
{
	return fail(err, ERROR_SYSTEM, "%s: GnuTLS says: %s", what, gnutls_strerror(status));
}

/* Returns GnuTLS' status, as all of this does. */
static int fill_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
	const unsigned char serial[] = {1};
	time_t now = time(NULL);
	int status;

	if ((status = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
		     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0)) < 0 ||
		(status = gnutls_x509_crt_set_key(certificate, key)) < 0 ||
		(status = gnutls_x509_crt_set_version(certificate, 3)) < 0 ||
		(status = gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial))) < 0 ||
		(status = gnutls_x509_crt_set_dn(certificate, "CN=meshbench", NULL)) < 0 ||
		(status = gnutls_x509_crt_set_activation_time(certificate, now - DAY_S)) < 0 ||
		(status = gnutls_x509_crt_set_expiration_time(certificate, now + DAY_S)) < 0)
		return status;
	return gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
}

static int add_certificate(gnutls_certificate_credentials_t credentials)
{
	gnutls_x509_crt_t certificate = NULL;
	gnutls_x509_privkey_t key = NULL;
	int status;

	if ((status = gnutls_x509_crt_init(&certificate)) == 0 &&
		(status = gnutls_x509_privkey_init(&key)) == 0 &&
		(status = fill_certificate(certificate, key)) == 0)
		status = gnutls_certificate_set_x509_key(credentials, &certificate, 1, key);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
	return status;
}

int quic_credentials_new(
	bool is_server, gnutls_certificate_credentials_t *ret_credentials, struct error *err)
{
	gnutls_certificate_credentials_t credentials;
	int status = gnutls_certificate_allocate_credentials(&credentials);

	if (status < 0)
		return fail_tls(err, status, "make credentials");
	if (is_server && (status = add_certificate(credentials)) < 0) {
		gnutls_certificate_free_credentials(credentials);
		return fail_tls(err, status, "make a certificate");
	}
	*ret_credentials = credentials;
	return 0;
}

int quic_session_new(bool is_server, gnutls_certificate_credentials_t credentials,
	gnutls_session_t *ret_session, struct error *err)
{
	const gnutls_datum_t protocol = {(unsigned char *)PROTOCOL, sizeof(PROTOCOL) - 1};
	unsigned flags = is_server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET : GNUTLS_CLIENT;
	gnutls_session_t session;
	int status = gnutls_init(&session, flags | GNUTLS_NO_END_OF_EARLY_DATA);

	if (status < 0)
		return fail_tls(err, status, "make a TLS session");
	if ((status = gnutls_priority_set_direct(session, PRIORITIES, NULL)) < 0 ||
		(status = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials)) <
			0 ||
		(status = gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY)) <
			0 ||
		(status = is_server ? ngtcp2_crypto_gnutls_configure_server_session(session)
				    : ngtcp2_crypto_gnutls_configure_client_session(session)) < 0) {
		gnutls_deinit(session);
		return fail_tls(err, status, "set up a TLS session for QUIC");
	}
	*ret_session = session;
	return 0;
}
