/* SPDX-License-Identifier: ISC */
/*
 * Is it AMQP? The client's protocol header is the protocol's name; a broker answers with
 * Connection.Start, or with a protocol header of its own. A capture that began late is taken at a
 * frame of a known class whose last byte is where its length says.
 */
#include "dissectors/amqp/amqp.h"

#define FRAME_MAX (1u << 24)

/* "AMQP" and a version that exists. */
static enum probe_result probe_header(struct bytes b)
{
	static const uint8_t versions[][4] = {{0, 0, 9, 1}, {0, 0, 9, 0}, {1, 1, 0, 9},
					      {1, 1, 8, 0}, {1, 1, 9, 1}, {1, 1, 0, 10},
					      {0, 1, 0, 0}, {3, 1, 0, 0}, {2, 1, 0, 0}};

	if (b.left < 8)
		return bytes_agree_with(&b, "AMQP") ? PROBE_MORE : PROBE_NO;
	if (!bytes_start_with(&b, "AMQP"))
		return PROBE_NO;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		if (memcmp(b.at + 4, versions[i], 4) == 0)
			return PROBE_YES;
	}
	return PROBE_NO;
}

/* Connection.Start on channel 0 */
static enum probe_result probe_start(struct bytes b)
{
	static const uint8_t head[] = {0, 10, 0, 10};
	size_t kept = b.left;
	uint32_t length;

	if (b.left != 0 && (b.at[0] != 1 || (b.left > 1 && b.at[1] != 0)))
		return PROBE_NO;
	bytes_skip(&b, 3);
	length = bytes_be32(&b);
	if (kept < 13)
		return PROBE_MORE;
	if (length < 20 || length > FRAME_MAX || memcmp(b.at, head, sizeof head) != 0)
		return PROBE_NO;
	return b.at[4] == 0 || b.at[4] == 8 ? b.at[5] <= 10 ? PROBE_YES : PROBE_NO : PROBE_NO;
}

static bool is_class(uint16_t class)
{
	static const uint8_t classes[] = {10, 20, 40, 50, 60, 85, 90};

	return class < 256 && memchr(classes, class, sizeof classes) != NULL;
}

/* Does that side say this method? The server's are mostly the odd ones: "...Ok". */
static bool says(uint16_t class, uint16_t method, enum side from)
{
	static const uint8_t of_server[] = {10, 20, 30, 41};		     /* class 10 */
	static const uint8_t of_client[] = {11, 21, 31, 40};		     /* class 10 */
	static const uint8_t delivers[] = {11, 21, 31, 50, 60, 71, 72, 111}; /* class 60 */
	static const uint8_t either[] = {30, 80, 120};			     /* class 60 */
	bool server = from == SIDE_SERVER;

	if (class == 10)
		return server ? !memchr(of_client, method, sizeof of_client)
			      : !memchr(of_server, method, sizeof of_server);
	if (class == 60)
		return memchr(either, method, sizeof either) ||
		       server == (memchr(delivers, method, sizeof delivers) != NULL);
	if (class == 20)
		return method != (server ? 10 : 11);
	return class != 40 && class != 85 && class != 90 ? true : server == (method % 2 == 1);
}

/* A whole frame of method, content header or heartbeat. */
static enum probe_result probe_frame(struct bytes b, enum side from)
{
	uint8_t type = bytes_u8(&b);
	uint16_t channel = bytes_be16(&b), class, method;
	uint32_t length = bytes_be32(&b);
	struct bytes end = b;

	if (b.failed)
		return PROBE_MORE;
	if (length > FRAME_MAX || channel > 2048)
		return PROBE_NO;
	if (type == 8)
		return length != 0 || channel != 0 ? PROBE_NO
		       : b.left == 0		   ? PROBE_MORE
		       : b.at[0] == 0xce	   ? PROBE_YES
						   : PROBE_NO;
	class = bytes_be16(&b);
	if ((type != 1 && type != 2) || length < 4 || (!b.failed && !is_class(class)))
		return PROBE_NO;
	method = type == 1 ? bytes_be16(&b) : 0;
	if (type == 1 && !b.failed && (method > 127 || !says(class, method, from)))
		return PROBE_NO;
	bytes_skip(&end, length);
	if (end.failed || end.left == 0)
		return PROBE_MORE;
	return end.at[0] == 0xce ? PROBE_YES : PROBE_NO;
}

static enum probe_result probe_later(struct bytes client, struct bytes server)
{
	enum probe_result of_client = client.left ? probe_frame(client, SIDE_CLIENT) : PROBE_MORE;
	enum probe_result of_server = server.left ? probe_frame(server, SIDE_SERVER) : PROBE_MORE;

	/* In the middle of a frame is one thing; a frame that only the other side says is another. */
	if (of_server == PROBE_NO && probe_frame(server, SIDE_CLIENT) == PROBE_YES)
		return PROBE_NO;
	if (of_client == PROBE_NO && probe_frame(client, SIDE_SERVER) == PROBE_YES)
		return PROBE_NO;
	if (of_client == PROBE_YES)
		return of_server == PROBE_NO && server.left > 2048 ? PROBE_NO : PROBE_YES;
	return of_server == PROBE_YES && client.left == 0 ? PROBE_YES
	       : of_server == PROBE_YES			  ? of_client
	       : of_client == PROBE_NO			  ? PROBE_NO
							  : PROBE_MORE;
}

enum probe_result amqp_probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum probe_result of_client = probe_header(client), of_start = probe_start(server),
			  of_server;

	of_server = of_start;
	if (of_start == PROBE_NO)
		of_server = probe_header(server);
	if (of_start == PROBE_YES && of_client != PROBE_NO)
		return PROBE_YES;
	if (of_client == PROBE_NO || of_server == PROBE_NO)
		return opening->midstream ? probe_later(client, server) : PROBE_NO;
	if (of_client == PROBE_YES && of_server == PROBE_YES)
		return PROBE_YES;
	return opening->one_sided && of_client == PROBE_YES ? PROBE_YES : PROBE_MORE;
}

void amqp_note_plain(struct facts *facts, struct bytes response)
{
	const uint8_t *end = response.left ? memchr(response.at, 0, response.left) : NULL;

	if (!end)
		return;
	bytes_skip(&response, (size_t)(end - response.at) + 1);
	end = response.left ? memchr(response.at, 0, response.left) : NULL;
	if (end)
		FACTS_TEXT(facts, user, response.at, (size_t)(end - response.at));
}
