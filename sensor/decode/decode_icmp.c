/* SPDX-License-Identifier: ISC */
/*
 * ICMP errors: which packet caused it, and why (RFC 792, RFC 4443). All other ICMP is nobody's
 * service.
 */
#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"

static enum icmp_reason icmp_reason(bool v6, uint8_t type, uint8_t code)
{
	if (v6 ? type != 1 : type != 3)
		return ICMP_LOST;
	if (v6)
		return code == 4 ? ICMP_PORT_CLOSED
				 : (code == 1 || code >= 5 ? ICMP_PROHIBITED : ICMP_OTHER);
	if (code == 2 || code == 3)
		return ICMP_PORT_CLOSED;
	return code == 9 || code == 10 || code == 13 ? ICMP_PROHIBITED : ICMP_OTHER;
}

/* That a packet is too big for its path says nothing about what it asked for. */
static bool is_icmp_error(bool v6, uint8_t type, uint8_t code)
{
	if (v6)
		return type == 1 || type == 3 || type == 4;
	return (type == 3 && code != 4) || type == 11 || type == 12;
}

/* ICMP errors quote the packet that caused them: its IP header and at least 8 bytes more. */
enum decode_result decode_icmp(struct walk *walk, bool v6)
{
	struct packet inner = {0}, *packet = walk->packet;
	struct walk quote = {.packet = &inner, .decoder = walk->decoder, .quote = true};
	uint8_t type = bytes_u8(&walk->rest), code = bytes_u8(&walk->rest);
	enum decode_result result;

	bytes_skip(&walk->rest, 6);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (!is_icmp_error(v6, type, code))
		return DECODE_NOT_OURS;
	quote.rest = walk->rest;
	result = decode_ip(&quote);
	if (result == DECODE_FRAGMENT)
		return DECODE_NOT_OURS; /* without ports */
	if (result != DECODE_OK)
		return result;
	if (!transport_has_ports(quote.protocol))
		return DECODE_NOT_OURS;
	packet->quoted.source_port = bytes_be16(&quote.rest);
	packet->quoted.destination_port = bytes_be16(&quote.rest);
	if (quote.rest.failed)
		return DECODE_TRUNCATED;
	packet->quoted.source = inner.source;
	packet->quoted.destination = inner.destination;
	packet->quoted.transport = quote.protocol;
	packet->quoted.reason = (uint8_t)icmp_reason(v6, type, code);
	packet->kind = PACKET_ICMP_ERROR;
	return DECODE_OK;
}
