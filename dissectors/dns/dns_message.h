/* SPDX-License-Identifier: ISC */
/*
 * One DNS message (RFC 1035, 4.1), and whether an opening holds nothing but such messages:
 *
 *	id:2 flags:2 questions:2 answers:2 authorities:2 additional:2
 *	name type:2 class:2			each question
 *	name type:2 class:2 ttl:4 length:2 …	each record
 *
 * Multicast DNS (RFC 6762), LLMNR (RFC 4795) and NetBIOS names (RFC 1002) look alike and are
 * none.
 */
#ifndef DISSECTORS_DNS_MESSAGE_H
#define DISSECTORS_DNS_MESSAGE_H

#include "dissectors/dissector.h"

#define DNS_HEADER 12 /* bytes */

enum {
	DNS_RESPONSE = 0x8000,
	DNS_AUTHORITATIVE = 0x0400,
	DNS_TRUNCATED = 0x0200,
	DNS_RECURSION_DESIRED = 0x0100,
	DNS_RECURSION_AVAILABLE = 0x0080,
	DNS_ZERO = 0x0040, /* reserved */
};

enum {
	DNS_QUERY = 0,
	DNS_NOTIFY = 4,
	DNS_UPDATE = 5,
};

enum {
	DNS_TXT = 16,
	DNS_TSIG = 250,
	DNS_IXFR = 251,
	DNS_AXFR = 252,
};

enum {
	DNS_IN = 1,
	DNS_CHAOS = 3,
	DNS_NONE = 254, /* in an update: deletes one record */
	DNS_ANY = 255,	/* in an update: deletes all of them */
};

struct dns_message {
	uint16_t id, flags, questions;
	uint16_t answers, authorities, additional;
	uint16_t type, class; /* of the question; 0 without one */
	struct bytes name;    /* its labels, without the empty one at the end */
	struct bytes records; /* what follows the question */
};

struct dns_record {
	struct bytes name; /* as in the message: labels, perhaps ended by a pointer */
	uint16_t type, class;
	struct bytes data;
};

static inline unsigned dns_opcode(const struct dns_message *m)
{
	return m->flags >> 11 & 15u;
}

static inline unsigned dns_result(const struct dns_message *m)
{
	return m->flags & 15u;
}

/* YES: a whole header and question; MORE: so far, it could be one. */
enum recognised dns_message_read(struct bytes bytes, struct dns_message *message);
/* The next record; false if there is none, or not all of it. */
bool dns_message_record(struct bytes *records, struct dns_record *record);
/* "example.org" in lower case, ends with a NUL; returns the length. */
size_t dns_message_name(struct bytes labels, char *to, size_t size);
/* What an opening over UDP says; over TCP, each message has its length in two bytes before it. */
enum recognised dns_message_recognise(const struct opening *opening);

#endif
