/* SPDX-License-Identifier: ISC */
/*
 * What a proxy says about the client for whom it speaks: X-Forwarded-For, Forwarded (RFC 7239),
 * X-Real-IP, XCLIENT, an IMAP ID, the PROXY protocol. Only the words are read here. Whether they
 * are believed (of a carrier) or a claim is for the sensor to say, which knows the policy.
 *
 * A list grows to the right with each proxy that a request has passed, so what matters is its end:
 * the last FORWARDED_HOPS of it are kept, however long it is.
 */
#ifndef DISSECTORS_FORWARDED_H
#define DISSECTORS_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissectors/read/forwarded_by.h"

struct facts;
struct feed;

#define FORWARDED_HOPS	8
#define FORWARDED_TOKEN 64 /* bytes: `for="[…]:65535"` with the longest address has 57 */

struct forwarded_address {
	bool known;	   /* false: "unknown", hidden, or not an address at all */
	uint8_t bytes[16]; /* network order, IPv4 as ::ffff:a.b.c.d */
};

struct forwarded {
	uint8_t by; /* enum forwarded_by */
	uint8_t count;
	uint16_t port;				      /* of hop[0], 0 if unknown */
	struct forwarded_address hop[FORWARDED_HOPS]; /* the nearest client first */
};

/* A header's value, in pieces of any size. Zeroed to begin with. */
struct forwarded_reader {
	struct forwarded list;
	uint8_t length; /* of the token, FORWARDED_TOKEN: too long */
	bool reading;	/* a value that counts */
	bool quoted, escaped;
	bool has_for; /* Forwarded: `element` is what this element said */
	struct forwarded_address element;
	char token[FORWARDED_TOKEN];
};

/*
 * A header begins: is it one of those, and does it count? A header that counts more than those so
 * far makes them forgotten; a second one of the same name goes on with the list.
 */
bool forwarded_begin(struct forwarded_reader *reader, const char *name);
void forwarded_read(struct forwarded_reader *reader, const void *text, size_t length);
void forwarded_end(struct forwarded_reader *reader);

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", "IPV6:2001:db8::1". */
struct forwarded_address forwarded_address_read(const void *bytes, size_t length);
/* A list of one. */
void forwarded_one(struct forwarded *list, enum forwarded_by by, const void *text, size_t length);
uint16_t forwarded_port_read(const void *bytes, size_t length); /* 0: none */

/* The sender is no carrier: the nearest client, if one is known, is noted as a claim. */
void forwarded_claim(const struct forwarded *list, struct facts *facts);
/* Believed (fed->forwarded), it asks for that client's turn: true, stop reading. Else a claim. */
bool forwarded_tell(const struct forwarded *list, struct feed *fed, struct facts *facts);

#endif
