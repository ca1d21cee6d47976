/* SPDX-License-Identifier: ISC */
/*
 * A CONNECT names its protocol, so the client alone suffices once the server's first packet is
 * seen to be one, or the server is not to be seen. Captures that begin late are taken where both
 * first packets are possible and one of them is of some weight: a PUBLISH with a topic, or a ping.
 */
#include "dissectors/mqtt/mqtt_probe.h"

#define CONNECT_MAX 65536 /* bytes */
#define TOPIC_MAX   512

/* The fixed header; the body's length. MORE if cut short. */
static enum probe_result take_header(struct bytes *b, uint8_t *first, uint32_t *length)
{
	uint32_t value = 0;

	*first = bytes_u8(b);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t c = bytes_u8(b);

		if (b->failed)
			return PROBE_MORE;
		value |= (uint32_t)(c & 0x7f) << (7 * i);
		if (!(c & 0x80)) {
			*length = value;
			return i != 0 && c == 0 ? PROBE_NO : PROBE_YES;
		}
	}
	return PROBE_NO;
}

static enum probe_result probe_connect(struct bytes b)
{
	static const char *const names[] = {"\0\4MQTT", "\0\6MQIsdp"};
	enum probe_result result;
	uint32_t length;
	uint8_t first;

	if (b.left == 0)
		return PROBE_MORE;
	if (b.at[0] != MQTT_CONNECT << 4)
		return PROBE_NO;
	result = take_header(&b, &first, &length);
	if (result != PROBE_YES)
		return result;
	if (length < 10 || length > CONNECT_MAX)
		return PROBE_NO;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t size = 6 + 2 * i, n = size < b.left ? size : b.left;

		if (n != 0 && memcmp(b.at, names[i], n) != 0)
			continue;
		if (b.left <= size)
			return PROBE_MORE;
		return (b.at[size] & 0x7f) >= 3 && (b.at[size] & 0x7f) <= 5 ? PROBE_YES : PROBE_NO;
	}
	return PROBE_NO;
}

/* Only CONNACK, or DISCONNECT of version 5, may come first. */
static enum probe_result probe_connack(struct bytes b)
{
	enum probe_result result;
	uint32_t length;
	uint8_t first;

	if (b.left == 0)
		return PROBE_MORE;
	if (b.at[0] != MQTT_CONNACK << 4 && b.at[0] != MQTT_DISCONNECT << 4 &&
	    b.at[0] != MQTT_AUTH << 4)
		return PROBE_NO;
	result = take_header(&b, &first, &length);
	if (result != PROBE_YES)
		return result;
	if (first != MQTT_CONNACK << 4)
		return length < 512 ? PROBE_YES : PROBE_NO;
	if (length < 2 || (b.left != 0 && b.at[0] > 1))
		return PROBE_NO;
	return b.left < 2 ? PROBE_MORE : PROBE_YES;
}

/* Behind the fixed header: length, topic without wild cards, not all of the body. */
static enum probe_result probe_topic(struct bytes b, uint8_t first, uint32_t length)
{
	uint16_t topic = bytes_be16(&b);

	if (b.failed)
		return PROBE_MORE;
	if ((first & 6) == 6 || topic < 3 || topic > TOPIC_MAX ||
	    length < topic + 2u + ((first & 6) ? 2 : 0))
		return PROBE_NO;
	for (uint16_t i = 0; i < topic; i++) {
		uint8_t c = bytes_u8(&b);

		if (b.failed)
			return PROBE_MORE;
		if (c <= 0x20 || c > 0x7e || c == '#' || c == '+')
			return PROBE_NO;
	}
	return PROBE_YES;
}

/*
 * A packet in the middle of a conversation. YES: of weight; MORE with `possible`: it may be one,
 * but so may others.
 */
static enum probe_result probe_packet(struct bytes b, enum side from, bool *possible)
{
	enum probe_result result;
	uint32_t length = 0;
	uint8_t first = 0;

	*possible = false;
	if (b.left == 0)
		return PROBE_MORE;
	result = take_header(&b, &first, &length);
	if (result != PROBE_YES)
		return result;
	switch (first >> 4) {
	case MQTT_PUBLISH:
		result = probe_topic(b, first, length);
		*possible = result == PROBE_YES;
		return result;
	case MQTT_PINGREQ:
	case MQTT_PINGRESP:
		*possible = length == 0 && (first & 0xf) == 0 &&
			    (first >> 4 == MQTT_PINGREQ) == (from == SIDE_CLIENT);
		return *possible ? PROBE_MORE : PROBE_NO;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBCOMP:
		*possible = length == 2 && (first & 0xf) == 0;
		return *possible ? PROBE_MORE : PROBE_NO;
	case MQTT_CONNACK:
		*possible = from == SIDE_SERVER && length >= 2 && (first & 0xf) == 0 &&
			    (b.left == 0 || b.at[0] <= 1);
		return *possible ? PROBE_MORE : PROBE_NO;
	case MQTT_SUBACK:
		*possible = from == SIDE_SERVER && length >= 3 && (first & 0xf) == 0;
		return *possible ? PROBE_MORE : PROBE_NO;
	case MQTT_SUBSCRIBE:
		*possible = from == SIDE_CLIENT && length >= 6 && (first & 0xf) == 2;
		return *possible ? PROBE_MORE : PROBE_NO;
	case MQTT_PUBREL:
		*possible = length == 2 && (first & 0xf) == 2;
		return *possible ? PROBE_MORE : PROBE_NO;
	default:
		return PROBE_NO;
	}
}

static enum probe_result probe_later(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool may_client, may_server;
	enum probe_result of_client = probe_packet(client, SIDE_CLIENT, &may_client);
	enum probe_result of_server = probe_packet(server, SIDE_SERVER, &may_server);

	if (of_client == PROBE_NO || of_server == PROBE_NO)
		return PROBE_NO;
	if (client.left == 0 || server.left == 0) {
		/* a PUBLISH goes both ways: alone it does not tell who is who */
		return opening->one_sided && of_client == PROBE_YES ? PROBE_YES : PROBE_MORE;
	}
	if (!may_client || !may_server)
		return PROBE_MORE;
	return of_client == PROBE_YES || of_server == PROBE_YES ||
			       (client.at[0] == MQTT_PINGREQ << 4 && server.at[0] == MQTT_PINGRESP
											     << 4)
		       ? PROBE_YES
		       : PROBE_MORE;
}

enum probe_result mqtt_probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum probe_result of_client = probe_connect(client), of_server = probe_connack(server);

	if (of_client == PROBE_YES && of_server == PROBE_YES)
		return PROBE_YES;
	if (of_client == PROBE_NO || of_server == PROBE_NO)
		return opening->midstream ? probe_later(opening) : PROBE_NO;
	if (server.left == 0)
		return opening->one_sided ? of_client : PROBE_MORE;
	/* The answer alone: four bytes are too few; another packet must follow. */
	if (client.left != 0 || !opening->one_sided || of_server != PROBE_YES || server.left < 6)
		return PROBE_MORE;
	if (!bytes_start_with(&server, "\x20\2") || server.at[3] > 5)
		return PROBE_MORE;
	return server.at[4] == 0x90 || server.at[4] == 0xd0 || server.at[4] >> 4 == MQTT_PUBLISH
		       ? PROBE_YES
		       : PROBE_MORE;
}
