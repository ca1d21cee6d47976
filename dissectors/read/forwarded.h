/* SPDX-License-Identifier: ISC */
/*
 * What a proxy says about the client for whom it speaks: X-Forwarded-For, Forwarded (RFC 7239),
 * X-Real-IP and its likes, XCLIENT, an IMAP ID, the PROXY protocol. Only the words are read here.
 * Whether they are believed (of a carrier) or a claim is for the sensor to say, which knows the
 * policy.
 *
 * A proxy sets one of the HTTP headers and passes on what the client wrote into the others. Which
 * is which cannot be seen in them, so all are kept side by side.
 *
 * A list grows to the right with each proxy that a request has passed, so what matters is its end.
 * At most FORWARDED_HOPS are kept of all headers together; whoever writes more loses the oldest of
 * the header that has most, and never the last one of another.
 */
#ifndef DISSECTORS_FORWARDED_H
#define DISSECTORS_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissectors/read/forwarded_by.h"

struct facts;
struct feed;

#define FORWARDED_HOPS	16 /* more than there are headers */
#define FORWARDED_TOKEN 64 /* bytes: `for="[…]:65535"` with the longest address has 57 */

struct forwarded_address {
	bool known : 1;	   /* false: nothing, or not an address */
	bool hides : 1;	   /* not an address: "unknown", _hidden, nonsense */
	uint8_t by;	   /* enum forwarded_by: the header that says so */
	uint8_t bytes[16]; /* network order, IPv4 as ::ffff:a.b.c.d */
};

struct forwarded {
	uint8_t by; /* enum forwarded_by: of the last entry, or of what names no client */
	uint8_t count;
	bool more;				      /* than could be kept */
	uint16_t port;				      /* of hop[0], 0 if unknown */
	struct forwarded_address hop[FORWARDED_HOPS]; /* what was told last comes first */
};

/* A header's value, in pieces of any size. Zeroed to begin with. */
struct forwarded_reader {
	struct forwarded list;
	uint8_t length; /* of the token, FORWARDED_TOKEN: too long */
	uint8_t by; /* enum forwarded_by: the header whose value is read; FORWARDED_NOT: another */
	bool quoted, escaped;
	bool has_for; /* `element` is what this element said */
	bool told;    /* this value has named somebody, or said that it does not */
	struct forwarded_address element;
	char token[FORWARDED_TOKEN];
};

/*
 * A header begins, of this name in lower case. A second one of the same name goes on with the list.
 */
void forwarded_begin(struct forwarded_reader *reader, const char *name);
void forwarded_read(struct forwarded_reader *reader, const void *text, size_t length);
void forwarded_end(struct forwarded_reader *reader);

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", "IPV6:2001:db8::1". */
struct forwarded_address forwarded_address_read(const void *bytes, size_t length);
/* A list of one. */
void forwarded_one(struct forwarded *list, enum forwarded_by by, const void *text, size_t length);
uint16_t forwarded_port_read(const void *bytes, size_t length); /* 0: none */

/* The nearest of one header, the place behind it, …: the next at or behind `from`; count: none. */
unsigned forwarded_next(const struct forwarded *list, enum forwarded_by by, unsigned from);

/*
 * The sender is no carrier: the nearest client of the header that counts most is noted as a claim.
 */
void forwarded_claim(const struct forwarded *list, struct facts *facts);
/* Believed (fed->forwarded), it asks for that client's turn: true, stop reading. Else a claim. */
bool forwarded_tell(const struct forwarded *list, struct feed *fed, struct facts *facts);

#endif
