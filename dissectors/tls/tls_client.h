/* SPDX-License-Identifier: ISC */
/*
 * What a ClientHello tells (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2) as it streams by: the
 * server name, what is offered by ALPN, whether there is an encrypted hello inside (ECH), and JA4,
 * the kind of client: its ciphers, extensions and signature algorithms, counted and hashed
 * (technical_details/JA4.md of FoxIO's ja4, the part that has the BSD licence).
 *
 * Lists longer than what is kept here have no JA4: a wrong one would be worse.
 */
#ifndef DISSECTORS_TLS_CLIENT_H
#define DISSECTORS_TLS_CLIENT_H

#include "dissectors/read/facts.h"
#include "dissectors/read/walker.h"

#define TLS_CIPHERS_MAX	   160
#define TLS_EXTENSIONS_MAX 64
#define TLS_SIGNATURES_MAX 64

struct tls_client {
	uint16_t left; /* bytes of the list or the extension at hand that were not asked for */
	uint16_t version;
	uint16_t ciphers[TLS_CIPHERS_MAX], extensions[TLS_EXTENSIONS_MAX];
	uint16_t signatures[TLS_SIGNATURES_MAX];
	uint8_t cipher_count, extension_count, signature_count;
	uint8_t offered;   /* by ALPN, the place in tls_services; 0: none, or several, or others */
	uint8_t name_rest; /* bytes of a long name beyond what was collected */
	bool mixed;	   /* other names are offered, too */
	bool too_long;
	bool named;	   /* there is a server name */
	bool alpn;	   /* the first name has been seen */
	char alpn_ends[2]; /* its first byte and its last */
};

void tls_client_begin(struct tls_client *client, struct walker *walker);
/* `body` is the next piece of the message's body. */
void tls_client_feed(struct tls_client *client, struct walker *walker, struct facts *facts,
		     struct bytes body);
/* The message has ended: facts->ja4. */
void tls_client_end(struct tls_client *client, struct facts *facts);

#endif
