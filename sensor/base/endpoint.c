/* SPDX-License-Identifier: ISC */
/* The published names of endpoint.h's enumerations: contracts, never translated. */
#include "sensor/base/endpoint.h"

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_UNKNOWN] = "unknown",
		[OUTCOME_SYN_ONLY] = "syn_only",
		[OUTCOME_REFUSED] = "refused",
		[OUTCOME_RST_ONLY] = "rst_only",
		[OUTCOME_SYNACK_ONLY] = "synack_only",
		[OUTCOME_ESTABLISHED] = "established",
		[OUTCOME_MIDSTREAM] = "midstream",
		[OUTCOME_CLIENT_ONLY] = "client_only",
		[OUTCOME_SERVER_ONLY] = "server_only",
		[OUTCOME_UDP_REQUEST_ONLY] = "udp_request_only",
		[OUTCOME_UDP_ANSWERED] = "udp_answered",
		[OUTCOME_UDP_RESPONSE_ONLY] = "udp_response_only",
	};

	return names[outcome];
}

const char *direction_name(enum direction direction)
{
	static const char *const names[] = {
		[DIRECTION_GUESS] = "guess",	 [DIRECTION_POLICY_PORT] = "policy-port",
		[DIRECTION_PAYLOAD] = "payload", [DIRECTION_SYN] = "syn",
		[DIRECTION_SYNACK] = "synack",
	};

	return names[direction];
}

const char *sight_name(enum sight sight)
{
	static const char *const names[] = {"none", "client", "server", "both"};

	return names[sight];
}

const char *identified_by_name(enum identified_by by)
{
	static const char *const names[] = {
		[IDENTIFIED_NOT] = "",
		[IDENTIFIED_PORT] = "port",
		[IDENTIFIED_NDPI_GUESS] = "ndpi-guess",
		[IDENTIFIED_NDPI_DPI] = "ndpi-dpi",
		[IDENTIFIED_PAYLOAD] = "payload",
		[IDENTIFIED_OFFER] = "client-offer",
	};

	return names[by];
}

const char *transport_name(uint8_t transport)
{
	switch (transport) {
	case TRANSPORT_TCP:
		return "tcp";
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_DCCP:
		return "dccp";
	case TRANSPORT_SCTP:
		return "sctp";
	case TRANSPORT_UDPLITE:
		return "udplite";
	default:
		return "ip";
	}
}
