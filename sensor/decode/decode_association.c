/* SPDX-License-Identifier: ISC */
/*
 * Transports that begin with a handshake and carry messages.
 *
 * SCTP (RFC 9260 section 3): |source port|destination port|verification tag:4|CRC32c:4| and chunks
 * |type|flags|length:2|value, padded to 4|. Of its user's data the first chunk of a packet is the
 * payload, from the payload protocol identifier on; I-DATA as in RFC 8260 section 2.1.
 *
 * DCCP (RFC 4340 section 5.1): |source port|destination port|data offset|CCVal, CsCov|checksum:2|
 * |reserved:3, type:4, X:1|sequence number, of 24 or 48 bits|.
 */
#include "sensor/decode/decode_walk.h"

#define CHUNK_HEADER 4u
#define FLAG_T	     0x01 /* ABORT, SHUTDOWN COMPLETE: the tag is the receiver's own */
#define FLAG_B	     0x02 /* DATA: a message begins here */
#define DATA_BEFORE  8u	  /* TSN, stream, sequence number */
#define IDATA_BEFORE 12u  /* TSN, stream, reserved, message identifier */

enum chunk {
	CHUNK_DATA = 0,
	CHUNK_INIT = 1,
	CHUNK_INIT_ACK = 2,
	CHUNK_ABORT = 6,
	CHUNK_SHUTDOWN = 7,
	CHUNK_SHUTDOWN_ACK = 8,
	CHUNK_SHUTDOWN_COMPLETE = 14,
	CHUNK_I_DATA = 64,
};

static void begin(struct packet *packet)
{
	packet->kind = PACKET_ASSOCIATION;
	packet->tcp_flags = 0;
	packet->payload = NULL;
	packet->payload_length = packet->payload_wire = packet->data_wire = 0;
	packet->sequence = packet->acknowledgement = 0;
}

/* `value`: as much of the chunk as was captured, of `wire` bytes. */
static void take_data(struct packet *packet, struct bytes value, uint32_t wire, uint8_t type,
		      uint8_t flags)
{
	uint32_t before = type == CHUNK_DATA ? DATA_BEFORE : IDATA_BEFORE;
	uint32_t tsn = bytes_be32(&value);

	if (wire < before + ASSOCIATION_PPID)
		return;
	packet->data_wire += wire - before - ASSOCIATION_PPID;
	bytes_skip(&value, before - 4);
	if (packet->payload_wire != 0 || !(flags & FLAG_B) || value.failed)
		return;
	packet->sequence = tsn;
	packet->payload = value.left ? value.at : NULL;
	packet->payload_length = (uint32_t)value.left;
	packet->payload_wire = wire - before;
}

static void take_chunk(struct packet *packet, uint8_t type, uint8_t flags, struct bytes value,
		       uint32_t wire)
{
	packet->tcp_flags |= TCP_ACK;
	switch (type) {
	case CHUNK_DATA:
	case CHUNK_I_DATA:
		take_data(packet, value, wire, type, flags);
		break;
	case CHUNK_INIT:
		packet->tcp_flags = (uint8_t)((packet->tcp_flags & ~TCP_ACK) | TCP_SYN);
		packet->sequence = bytes_be32(&value);
		break;
	case CHUNK_INIT_ACK:
		packet->tcp_flags |= TCP_SYN;
		packet->sequence = bytes_be32(&value);
		break;
	case CHUNK_ABORT:
		packet->tcp_flags |= TCP_RST | (flags & FLAG_T ? ASSOCIATION_REFLECTED : 0);
		break;
	case CHUNK_SHUTDOWN_COMPLETE:
		packet->tcp_flags |= TCP_FIN | (flags & FLAG_T ? ASSOCIATION_REFLECTED : 0);
		break;
	case CHUNK_SHUTDOWN:
	case CHUNK_SHUTDOWN_ACK:
		packet->tcp_flags |= TCP_FIN;
		break;
	default:
		break;
	}
}

/* The handshake's first two are alone in their packets (RFC 9260 section 3.3.2, 3.3.3). */
static bool is_alone(uint8_t type)
{
	return type == CHUNK_INIT || type == CHUNK_INIT_ACK || type == CHUNK_SHUTDOWN_COMPLETE;
}

static enum decode_result take_chunks(struct walk *walk)
{
	struct packet *packet = walk->packet;
	unsigned count = 0;

	while (walk->rest.left >= CHUNK_HEADER) {
		struct bytes *rest = &walk->rest;
		uint8_t type = bytes_u8(rest), flags = bytes_u8(rest);
		uint32_t length = bytes_be16(rest), wire, have;
		struct bytes value;

		if (length < CHUNK_HEADER || (is_alone(type) && count != 0))
			return DECODE_MALFORMED;
		wire = length - CHUNK_HEADER;
		have = wire < rest->left ? wire : (uint32_t)rest->left;
		if (wire - have > walk->beyond && !packet->incomplete)
			return DECODE_MALFORMED;
		value = bytes_sub(rest, have);
		take_chunk(packet, type, flags, value, wire);
		if (is_alone(type))
			break;
		bytes_skip(rest, rest->left < (0u - length) % 4 ? rest->left : (0u - length) % 4);
		count++;
	}
	return DECODE_OK;
}

enum decode_result decode_sctp(struct walk *walk)
{
	struct packet *packet = walk->packet;

	begin(packet);
	packet->source_port = bytes_be16(&walk->rest);
	packet->destination_port = bytes_be16(&walk->rest);
	packet->acknowledgement = bytes_be32(&walk->rest);
	bytes_skip(&walk->rest, 4);
	if (walk->rest.failed || walk->rest.left < CHUNK_HEADER)
		return DECODE_TRUNCATED;
	return take_chunks(walk);
}

/* By packet type, 0 (Request) to 9 (SyncAck). */
static const uint8_t dccp_flags[] = {
	TCP_SYN,	   TCP_SYN | TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK,
	TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST, TCP_ACK, TCP_ACK,
};

enum decode_result decode_dccp(struct walk *walk)
{
	struct packet *packet = walk->packet;
	struct bytes header = walk->rest;
	uint32_t offset;
	uint8_t type;

	begin(packet);
	packet->source_port = bytes_be16(&header);
	packet->destination_port = bytes_be16(&header);
	offset = bytes_u8(&header) * 4u;
	bytes_skip(&header, 3);
	type = bytes_u8(&header);
	bytes_skip(&header, 3);
	if (header.failed)
		return DECODE_TRUNCATED;
	if (offset < 12 || (type >> 1 & 15) >= sizeof dccp_flags)
		return DECODE_MALFORMED;
	if (type & 1) /* the low half of 48 bits; a retransmission has a number of its own */
		packet->sequence = bytes_be32(&header);
	packet->tcp_flags = dccp_flags[type >> 1 & 15];
	if (bytes_skip(&walk->rest, offset))
		packet->data_wire = (uint32_t)(walk->rest.left + walk->beyond);
	return DECODE_OK;
}
