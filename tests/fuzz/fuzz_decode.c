/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a frame: first byte the link type, second how much more the wire had. What the
 * decoder promises of a packet must hold: pointers inside the frame, lengths that agree.
 */
#include <stdlib.h>

#include "sensor/decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect(bool good)
{
	if (!good)
		abort();
}

static bool inside(const uint8_t *at, uint32_t length, const uint8_t *frame, size_t size)
{
	return at >= frame && length <= size && (size_t)(at - frame) <= size - length;
}

static void check(const struct packet *packet, const uint8_t *frame, size_t size, size_t wire)
{
	expect(inside(packet->ip, packet->ip_length, frame, size));
	if (packet->kind == PACKET_ICMP_ERROR) {
		expect(packet->quoted.transport == 6 || packet->quoted.transport == 17);
		expect(packet->quoted.reason <= ICMP_OTHER);
		return;
	}
	expect(packet->transport == (packet->kind == PACKET_TCP ? 6 : 17));
	expect((packet->payload == NULL) == (packet->payload_length == 0));
	expect(packet->payload_length <= packet->payload_wire);
	expect(packet->payload_wire <= wire || (packet->cut && packet->payload_wire <= 65535));
	if (packet->payload)
		expect(inside(packet->payload, packet->payload_length, packet->ip,
			      packet->ip_length));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct decoder decoder = decoder_of(NULL);
	struct packet packet;
	enum decode_result result;
	size_t wire;

	if (size < 2)
		return 0;
	wire = size - 2 + bytes[1] * 8u;
	result = decode_packet(&decoder, (enum link_type)(bytes[0] % (LINK_UNSUPPORTED + 1)),
			       bytes + 2, (uint32_t)(size - 2), (uint32_t)wire, 1, &packet);
	expect(result < DECODE_RESULT_COUNT);
	if (result == DECODE_OK)
		check(&packet, bytes + 2, size - 2, wire);
	return 0;
}
