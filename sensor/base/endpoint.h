/* SPDX-License-Identifier: ISC */
/*
 * Where a service listens (or where a host of ours connects to), and the words for what was seen of
 * a conversation with it.
 */
#ifndef SENSOR_ENDPOINT_H
#define SENSOR_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"

#define TRANSPORT_TCP	  6 /* IP protocol numbers */
#define TRANSPORT_UDP	  17
#define TRANSPORT_DCCP	  33
#define TRANSPORT_SCTP	  132
#define TRANSPORT_UDPLITE 136

/*
 * The realm of everything that only a tunnel claims which is not believed: a world of its own, so
 * that nothing in there is taken for a packet of the endpoint that it names.
 */
#define REALM_CLAIMED UINT32_MAX

struct endpoint {
	struct address address;
	uint32_t realm; /* keeps equal inner addresses of different tunnels apart; 0 = none */
	uint16_t port;
	uint8_t transport;
	/* 1: the address is a host of ours that began the connection, the port is the other
	 * side's. */
	uint8_t outgoing;
};

/* What became of the attempt. The names (outcome_name) are a contract. */
enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_SYN_ONLY,
	OUTCOME_REFUSED,
	OUTCOME_RST_ONLY,
	OUTCOME_SYNACK_ONLY,
	OUTCOME_ESTABLISHED,
	OUTCOME_MIDSTREAM,
	OUTCOME_CLIENT_ONLY,
	OUTCOME_SERVER_ONLY,
	OUTCOME_UDP_REQUEST_ONLY,
	OUTCOME_UDP_ANSWERED,
	OUTCOME_UDP_RESPONSE_ONLY,
};

/* How the roles of client and server are known, weakest first. */
enum direction {
	DIRECTION_GUESS,       /* port numbers only */
	DIRECTION_POLICY_PORT, /* the policy names this endpoint's port */
	DIRECTION_PAYLOAD,     /* only one side can have sent these bytes */
	DIRECTION_SYN,
	DIRECTION_SYNACK,
};

enum sight {
	SIGHT_NONE = 0,
	SIGHT_CLIENT = 1,
	SIGHT_SERVER = 2,
	SIGHT_BOTH = 3,
};

enum identified_by {
	IDENTIFIED_NOT,
	IDENTIFIED_PORT,
	IDENTIFIED_NDPI_GUESS,
	IDENTIFIED_NDPI_DPI,
	IDENTIFIED_PAYLOAD,
	IDENTIFIED_OFFER, /* what the client wants inside of TLS; last: the number is saved */
};

/* In order of how much it says: the client's word is less than the payload. */
static inline unsigned identified_rank(enum identified_by by)
{
	return by == IDENTIFIED_OFFER ? 2 * IDENTIFIED_PAYLOAD - 1U : 2U * (unsigned)by;
}

const char *outcome_name(enum outcome outcome);	       /* "syn_only", … */
const char *direction_name(enum direction direction);  /* "guess", "policy-port", … */
const char *sight_name(enum sight sight);	       /* "both", "client", "server" */
const char *identified_by_name(enum identified_by by); /* "", "port", "ndpi-guess", … */
const char *transport_name(uint8_t transport);	       /* "tcp", "udp", "sctp" … */

/* Those that are read: each begins with two ports. */
static inline bool transport_has_ports(uint8_t transport)
{
	return transport == TRANSPORT_TCP || transport == TRANSPORT_UDP ||
	       transport == TRANSPORT_SCTP || transport == TRANSPORT_UDPLITE ||
	       transport == TRANSPORT_DCCP;
}

/* Without a handshake: each answer is to a question, and nothing is ever open or closed. */
static inline bool transport_is_datagram(uint8_t transport)
{
	return transport == TRANSPORT_UDP || transport == TRANSPORT_UDPLITE;
}

#endif
