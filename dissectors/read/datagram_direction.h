/* SPDX-License-Identifier: ISC */
/*
 * Does a datagram ask, or does it answer? Many protocols over UDP say so in each message, whichever
 * side began and whatever the ports are: DNS has a bit for it, STUN a class, SNMP a type of PDU.
 * That is evidence about who serves whom where no question was seen, unlike the numbers of ports.
 *
 * A protocol whose messages look like no other's is told on any port. One with few fixed bytes
 * (NTP, RADIUS, IKE, TFTP …) is told only where one of the two ports is its own: the port then says
 * what the bytes may be, the bytes say the direction.
 */
#ifndef DISSECTORS_DATAGRAM_DIRECTION_H
#define DISSECTORS_DATAGRAM_DIRECTION_H

#include "dissectors/read/bytes.h"

enum datagram_direction {
	DATAGRAM_UNKNOWN, /* the bytes do not say */
	DATAGRAM_ASKS,	  /* a request, or a message that expects no answer (syslog, a trap) */
	DATAGRAM_ANSWERS,
	/* The same in a protocol where both ends of a conversation ask: who began it stays open. */
	DATAGRAM_BEGINS, /* the first message of one: within another, either end may send it */
	DATAGRAM_ASKS_PEER,
	DATAGRAM_ANSWERS_PEER,
};

/* Pure. `payload` may be cut short: what is missing says nothing. Host byte order. */
enum datagram_direction datagram_direction(struct bytes payload, uint16_t source_port,
					   uint16_t destination_port);

#endif
