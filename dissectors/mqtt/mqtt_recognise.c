/* SPDX-License-Identifier: ISC */
/*
 * A CONNECT names its protocol, so the client alone suffices once the server's first packet is
 * seen to be one, or the server is not to be seen. Captures that begin late are taken where both
 * first packets are possible and one of them is of some weight: a PUBLISH with a topic, or a ping.
 */
#include "dissectors/mqtt/mqtt_recognise.h"

#define CONNECT_MAX 65536 /* bytes */
#define TOPIC_MAX   512

/* The fixed header; the body's length. MORE if cut short. */
static enum recognised take_header(struct bytes *b, uint8_t *first, uint32_t *length)
{
	uint32_t value = 0;

	*first = bytes_u8(b);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t c = bytes_u8(b);

		if (b->failed)
			return RECOGNISED_MORE;
		value |= (uint32_t)(c & 0x7f) << (7 * i);
		if (!(c & 0x80)) {
			*length = value;
			return i != 0 && c == 0 ? RECOGNISED_NO : RECOGNISED_YES;
		}
	}
	return RECOGNISED_NO;
}

static enum recognised recognise_connect(struct bytes b)
{
	static const char *const names[] = {"\0\4MQTT", "\0\6MQIsdp"};
	enum recognised result;
	uint32_t length;
	uint8_t first;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] != MQTT_CONNECT << 4)
		return RECOGNISED_NO;
	result = take_header(&b, &first, &length);
	if (result != RECOGNISED_YES)
		return result;
	if (length < 10 || length > CONNECT_MAX)
		return RECOGNISED_NO;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t size = 6 + 2 * i, n = size < b.left ? size : b.left;

		if (n != 0 && memcmp(b.at, names[i], n) != 0)
			continue;
		if (b.left <= size)
			return RECOGNISED_MORE;
		return (b.at[size] & 0x7f) >= 3 && (b.at[size] & 0x7f) <= 5 ? RECOGNISED_YES
									    : RECOGNISED_NO;
	}
	return RECOGNISED_NO;
}

/* Only CONNACK, or DISCONNECT of version 5, may come first. */
static enum recognised recognise_connack(struct bytes b)
{
	enum recognised result;
	uint32_t length;
	uint8_t first;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] != MQTT_CONNACK << 4 && b.at[0] != MQTT_DISCONNECT << 4 &&
	    b.at[0] != MQTT_AUTH << 4)
		return RECOGNISED_NO;
	result = take_header(&b, &first, &length);
	if (result != RECOGNISED_YES)
		return result;
	if (first != MQTT_CONNACK << 4)
		return length < 512 ? RECOGNISED_YES : RECOGNISED_NO;
	if (length < 2 || (b.left != 0 && b.at[0] > 1))
		return RECOGNISED_NO;
	return b.left < 2 ? RECOGNISED_MORE : RECOGNISED_YES;
}

/* Behind the fixed header: length, topic without wild cards, not all of the body. */
static enum recognised recognise_topic(struct bytes b, uint8_t first, uint32_t length)
{
	uint16_t topic = bytes_be16(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if ((first & 6) == 6 || topic < 3 || topic > TOPIC_MAX ||
	    length < topic + 2u + ((first & 6) ? 2 : 0))
		return RECOGNISED_NO;
	for (uint16_t i = 0; i < topic; i++) {
		uint8_t c = bytes_u8(&b);

		if (b.failed)
			return RECOGNISED_MORE;
		if (c <= 0x20 || c > 0x7e || c == '#' || c == '+')
			return RECOGNISED_NO;
	}
	return RECOGNISED_YES;
}

/*
 * A packet in the middle of a conversation. YES: of weight; MORE with `possible`: it may be one,
 * but so may others.
 */
static enum recognised recognise_packet(struct bytes b, enum side from, bool *possible)
{
	enum recognised result;
	uint32_t length = 0;
	uint8_t first = 0;

	*possible = false;
	if (b.left == 0)
		return RECOGNISED_MORE;
	result = take_header(&b, &first, &length);
	if (result != RECOGNISED_YES)
		return result;
	switch (first >> 4) {
	case MQTT_PUBLISH:
		result = recognise_topic(b, first, length);
		*possible = result == RECOGNISED_YES;
		return result;
	case MQTT_PINGREQ:
	case MQTT_PINGRESP:
		*possible = length == 0 && (first & 0xf) == 0 &&
			    (first >> 4 == MQTT_PINGREQ) == (from == SIDE_CLIENT);
		return *possible ? RECOGNISED_MORE : RECOGNISED_NO;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBCOMP:
		*possible = length == 2 && (first & 0xf) == 0;
		return *possible ? RECOGNISED_MORE : RECOGNISED_NO;
	case MQTT_CONNACK:
		*possible = from == SIDE_SERVER && length >= 2 && (first & 0xf) == 0 &&
			    (b.left == 0 || b.at[0] <= 1);
		return *possible ? RECOGNISED_MORE : RECOGNISED_NO;
	case MQTT_SUBACK:
		*possible = from == SIDE_SERVER && length >= 3 && (first & 0xf) == 0;
		return *possible ? RECOGNISED_MORE : RECOGNISED_NO;
	case MQTT_SUBSCRIBE:
		*possible = from == SIDE_CLIENT && length >= 6 && (first & 0xf) == 2;
		return *possible ? RECOGNISED_MORE : RECOGNISED_NO;
	case MQTT_PUBREL:
		*possible = length == 2 && (first & 0xf) == 2;
		return *possible ? RECOGNISED_MORE : RECOGNISED_NO;
	default:
		return RECOGNISED_NO;
	}
}

static enum recognised recognise_later(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool may_client, may_server;
	enum recognised of_client = recognise_packet(client, SIDE_CLIENT, &may_client);
	enum recognised of_server = recognise_packet(server, SIDE_SERVER, &may_server);

	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (client.left == 0 || server.left == 0) {
		/* a PUBLISH goes both ways: alone it does not tell who is who */
		return opening->one_sided && of_client == RECOGNISED_YES ? RECOGNISED_YES
									 : RECOGNISED_MORE;
	}
	if (!may_client || !may_server)
		return RECOGNISED_MORE;
	return of_client == RECOGNISED_YES || of_server == RECOGNISED_YES ||
			       (client.at[0] == MQTT_PINGREQ << 4 && server.at[0] == MQTT_PINGRESP
											     << 4)
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}

enum recognised mqtt_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_connect(client),
			of_server = recognise_connack(server);

	if (of_client == RECOGNISED_YES && of_server == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return opening->midstream ? recognise_later(opening) : RECOGNISED_NO;
	if (server.left == 0)
		return opening->one_sided ? of_client : RECOGNISED_MORE;
	/* The answer alone: four bytes are too few; another packet must follow. */
	if (client.left != 0 || !opening->one_sided || of_server != RECOGNISED_YES ||
	    server.left < 6)
		return RECOGNISED_MORE;
	if (!bytes_start_with(&server, "\x20\2") || server.at[3] > 5)
		return RECOGNISED_MORE;
	return server.at[4] == 0x90 || server.at[4] == 0xd0 || server.at[4] >> 4 == MQTT_PUBLISH
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}
