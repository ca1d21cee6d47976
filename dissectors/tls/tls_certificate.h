/* SPDX-License-Identifier: ISC */
/*
 * Reads names and end of validity out of the first certificate of a TLS 1.0 to 1.2 Certificate
 * message (RFC 5246 section 7.4.2, RFC 5280 section 4.1) as it streams by. Nothing of the
 * certificate is kept but the text of one name in the making.
 */
#ifndef DISSECTORS_TLS_CERTIFICATE_H
#define DISSECTORS_TLS_CERTIFICATE_H

#include "dissectors/read/facts.h"
#include "dissectors/read/walker.h"

struct tls_certificate {
	uint32_t name_left;  /* bytes of the current name that are still to come */
	uint32_t value_rest; /* bytes of the current value beyond those collected */
	uint8_t tag;	     /* of the value that is being collected */
	uint8_t attribute;   /* what the last object identifier said the next value is */
	uint8_t name_length;
	char name[96]; /* RFC 4514 text so far, not ended by a NUL */
};

void tls_certificate_begin(struct tls_certificate *certificate, struct walker *walker);
/* `body` is the next piece of the message's body, which starts with the length of the list. */
void tls_certificate_feed(struct tls_certificate *certificate, struct walker *walker,
			  struct facts *facts, struct bytes body);

#endif
