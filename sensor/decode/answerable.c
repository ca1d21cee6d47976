/* SPDX-License-Identifier: ISC */
/*
 * See answerable.h. What Linux drops: ip_rcv(), ip_route_input() (martians), tcp_v4_rcv(),
 * tcp_rcv_state_process() in LISTEN, tcp_inbound_md5_hash() (a signature that nobody asked for);
 * sctp_sf_do_5_1B_init(), sctp_verify_init().
 */
#include "sensor/decode/answerable.h"

#include <string.h>

#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"

#define IPV4_FIXED	 20u
#define IPV6_FIXED	 40u
#define TCP_FIXED	 20u
#define UDP_FIXED	 8u
#define SCTP_FIXED	 12u
#define SCTP_WINDOW	 1500u
#define INIT_FIXED	 20u
#define OPTION_END	 0
#define OPTION_NOTHING	 1
#define OPTION_LENGTH_AT 2u /* kind and length of an option */

static bool is_loopback(const struct address *address)
{
	static const uint8_t v6[sizeof address->bytes] = {[15] = 1};

	return address_is_ipv4(address) ? address->bytes[12] == 127
					: memcmp(address->bytes, v6, sizeof v6) == 0;
}

/* Multicast and nobody: nothing is answered to such a source; this host talks with itself only. */
static bool is_no_source(const struct packet *packet)
{
	const uint8_t *bytes = packet->source.bytes;

	if (is_loopback(&packet->source))
		return !is_loopback(&packet->destination);
	if (address_is_ipv4(&packet->source))
		return bytes[12] == 0 || bytes[12] >= 224;
	for (int i = 0; i < 16; i++) {
		if (bytes[i] != 0)
			return bytes[0] == 0xff;
	}
	return true;
}

static bool has_ip_oddities(const struct packet *packet)
{
	const uint8_t *ip = packet->ip;

	if (packet->pieces || packet->incomplete || is_no_source(packet) ||
	    address_equal(&packet->source, &packet->destination) || packet->source_port == 0)
		return true;
	if (ip[0] >> 4 == 4) /* options; the reserved flag, more fragments, an offset */
		return (ip[0] & 15u) * 4 != IPV4_FIXED || (ip[6] & 0xbf) != 0 || ip[7] != 0;
	return ip[6] != packet->transport; /* extension headers */
}

/*
 * Kinds that any host knows or passes over: size, window, SACK, time stamps, Fast Open, Multipath.
 */
static bool is_usual_option(uint8_t kind, uint8_t length)
{
	switch (kind) {
	case 2:
		return length == 4;
	case 3:
		return length == 3;
	case 4:
		return length == 2;
	case 8:
		return length == 10;
	case 30:
	case 34:
		return length >= 2;
	default:
		return false;
	}
}

static bool has_odd_options(struct bytes options)
{
	while (options.left != 0) {
		uint8_t kind = bytes_u8(&options), length;

		if (kind == OPTION_END)
			return false;
		if (kind == OPTION_NOTHING)
			continue;
		length = bytes_u8(&options);
		if (options.failed || !is_usual_option(kind, length) ||
		    !bytes_skip(&options, length - OPTION_LENGTH_AT))
			return true;
	}
	return false;
}

/* A SYN, with the bits of congestion notification (RFC 3168) at most. */
static bool has_tcp_oddities(const struct packet *packet, struct bytes transport)
{
	uint32_t header;

	if ((packet->tcp_flags & ~(TCP_ECE | TCP_CWR)) != TCP_SYN || packet->payload_wire != 0)
		return true;
	if (transport.left < TCP_FIXED)
		return false; /* cut off by the capture */
	header = (transport.at[12] >> 4) * 4u;
	if ((transport.at[12] & 0x0e) != 0 || transport.at[18] != 0 || transport.at[19] != 0)
		return true; /* reserved bits; an urgent pointer that no flag belongs to */
	if (header < TCP_FIXED || header > transport.left)
		return header <
		       TCP_FIXED; /* more was not captured: what does not hold is malformed */
	bytes_skip(&transport, TCP_FIXED);
	transport.left = header - TCP_FIXED;
	return has_odd_options(transport);
}

/* The checksum covers the header, or everything (RFC 3828 section 3.1). */
static bool has_udplite_oddities(const struct packet *packet, struct bytes transport)
{
	unsigned covered = (unsigned)transport.at[4] << 8 | transport.at[5];

	return (covered != 0 && covered < UDP_FIXED) ||
	       covered > packet->payload_wire + UDP_FIXED ||
	       (transport.at[6] == 0 && transport.at[7] == 0);
}

static bool has_udp_oddities(const struct packet *packet, struct bytes transport)
{
	if (transport.left < UDP_FIXED)
		return false;
	if (packet->transport == TRANSPORT_UDPLITE)
		return has_udplite_oddities(packet, transport);
	if (((unsigned)transport.at[4] << 8 | transport.at[5]) != packet->payload_wire + UDP_FIXED)
		return true;
	return packet->ip[0] >> 4 == 6 && transport.at[6] == 0 && transport.at[7] == 0;
}

/*
 * An INIT alone, without a verification tag, with a tag, a window and streams of its own: RFC 9260
 * sections 3.3.2 and 8.5.1. Parameters that a host does not know it passes over, or names in its
 * answer.
 */
static bool has_sctp_oddities(const struct packet *packet, struct bytes transport)
{
	uint32_t length, window;
	uint16_t in, out;

	if (packet->tcp_flags != TCP_SYN || packet->acknowledgement != 0 || packet->sequence == 0)
		return true;
	bytes_skip(&transport, SCTP_FIXED + 2);
	length = bytes_be16(&transport);
	bytes_skip(&transport, 4);
	window = bytes_be32(&transport);
	out = bytes_be16(&transport);
	in = bytes_be16(&transport);
	bytes_skip(&transport, 4);
	return transport.failed || window < SCTP_WINDOW || in == 0 || out == 0 ||
	       length < INIT_FIXED || transport.left != (length + 3u) / 4 * 4 - INIT_FIXED;
}

static bool has_transport_oddities(const struct packet *packet, struct bytes transport)
{
	switch (packet->transport) {
	case TRANSPORT_TCP:
		return has_tcp_oddities(packet, transport);
	case TRANSPORT_SCTP:
		return has_sctp_oddities(packet, transport);
	case TRANSPORT_DCCP: /* features are negotiated with it: hosts differ in what they take */
		return true;
	default:
		return has_udp_oddities(packet, transport);
	}
}

/* Was all of it captured? Not told where its length is left to the adapter. */
static bool is_whole(const struct packet *packet)
{
	const uint8_t *ip = packet->ip;
	bool v4 = ip[0] >> 4 == 4;
	uint32_t length = v4 ? (uint32_t)ip[2] << 8 | ip[3] : (uint32_t)ip[4] << 8 | ip[5];

	return length + (v4 ? 0 : IPV6_FIXED) == packet->ip_length;
}

static uint8_t checksum_flaws(const struct packet *packet, const struct bytes *transport)
{
	uint8_t flaws = decode_ip_sum_good(packet->ip) ? 0 : FLAW_IP_CHECKSUM;

	if (packet->cut)
		return flaws | FLAW_DATA_CHECKSUM; /* its header claims more than was sent */
	if (is_whole(packet) && !decode_transport_sum_good(packet->ip, packet->transport,
							   transport->at, transport->left))
		flaws |= FLAW_DATA_CHECKSUM;
	return flaws;
}

static uint8_t form_flaws(const struct packet *packet)
{
	struct bytes transport = bytes_from(packet->ip, packet->ip_length);

	if (has_ip_oddities(packet) ||
	    !bytes_skip(&transport, packet->ip[0] >> 4 == 4 ? IPV4_FIXED : IPV6_FIXED))
		return FLAW_FORM;
	return (uint8_t)((has_transport_oddities(packet, transport) ? FLAW_FORM : 0) |
			 checksum_flaws(packet, &transport));
}

uint8_t answerable_ttl(const struct packet *packet)
{
	return packet->ip[packet->ip[0] >> 4 == 4 ? 8 : 7];
}

uint8_t answerable_flaws(const struct packet *packet)
{
	return (uint8_t)(form_flaws(packet) |
			 (answerable_ttl(packet) < ANSWERABLE_TTL ? FLAW_TTL : 0));
}
