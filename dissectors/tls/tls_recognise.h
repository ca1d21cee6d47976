/* SPDX-License-Identifier: ISC */
/* Does a conversation open as TLS? See tls_recognise.c. */
#ifndef DISSECTORS_TLS_RECOGNISE_H
#define DISSECTORS_TLS_RECOGNISE_H

#include "dissectors/dissector.h"

#define TLS_RECORD_MAX (16384 + 2048) /* RFC 5246 section 6.2.3: an encrypted record's length */

enum {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
	TLS_HEARTBEAT = 24,
};

enum {
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_CERTIFICATE = 11,
	TLS_CERTIFICATE_REQUEST = 13,
};

enum recognised tls_recognise(const struct opening *opening);

#endif
