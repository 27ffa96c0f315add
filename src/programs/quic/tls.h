/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

/* Credentials of one side; a server's certificate is made on the spot and lives in memory only. */
MUST_CHECK int quic_credentials_new(
	bool is_server, gnutls_certificate_credentials_t *ret_credentials, struct error *err);

/* A TLS 1.3 session for QUIC; the caller sets its pointer and frees it. */
MUST_CHECK int quic_session_new(bool is_server, gnutls_certificate_credentials_t credentials,
	gnutls_session_t *ret_session, struct error *err);
