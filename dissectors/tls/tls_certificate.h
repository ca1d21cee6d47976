/* SPDX-License-Identifier: ISC */
/*
 * Reads names and validity out of the first certificate of a TLS 1.0 to 1.2 Certificate message
 * (RFC 5246 section 7.4.2, RFC 5280 section 4.1) as it streams by, and hashes it. Nothing of the
 * certificate is kept but the text of one name in the making. Told as well: whether its issuer is
 * its subject, and whether it is for another host than the one that was asked for.
 */
#ifndef DISSECTORS_TLS_CERTIFICATE_H
#define DISSECTORS_TLS_CERTIFICATE_H

#include "dissectors/read/facts.h"
#include "dissectors/read/sha256.h"
#include "dissectors/read/walker.h"

struct tls_certificate {
	uint32_t name_left;  /* bytes of the current name that are still to come */
	uint32_t value_rest; /* bytes of the current value beyond those collected */
	uint8_t tag;	     /* of the value that is being collected */
	uint8_t attribute;   /* what the last object identifier said the next value is */
	uint8_t name_length;
	char name[96];	    /* RFC 4514 text so far, not ended by a NUL */
	uint32_t seen;	    /* bytes of the message's body */
	uint32_t end;	    /* where the first certificate ends in it; 0: not known yet */
	uint32_t from, to;  /* where the name at hand is, which is hashed */
	uint32_t list_left; /* bytes of the extensions, or of the names of the host */
	uint64_t issuer_hash, subject_hash; /* of the encoded names */
	bool asked;			    /* the client has told the host that it wants */
	bool named;			    /* a name of a host was in the certificate */
	bool matches;			    /* and is the one that was asked for */
	bool subject_known;
	struct sha256 sha;
};

/* `asked`: facts->host is what the client asked for, so that names can be compared with it. */
void tls_certificate_begin(struct tls_certificate *certificate, struct walker *walker, bool asked);
/* `body` is the next piece of the message's body, which starts with the length of the list. */
void tls_certificate_feed(struct tls_certificate *certificate, struct walker *walker,
			  struct facts *facts, struct bytes body);

#endif
