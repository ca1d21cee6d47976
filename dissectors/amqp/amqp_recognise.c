/* SPDX-License-Identifier: ISC */
/*
 * Is it AMQP? The client's protocol header is the protocol's name; a broker answers with
 * Connection.Start, or with a protocol header of its own. A capture that began late is taken at a
 * frame of a known class whose last byte is where its length says.
 */
#include "dissectors/amqp/amqp.h"

#define FRAME_MAX (1u << 24)

/* "AMQP" and a version that exists. */
static enum recognised recognise_header(struct bytes b)
{
	static const uint8_t versions[][4] = {{0, 0, 9, 1}, {0, 0, 9, 0}, {1, 1, 0, 9},
					      {1, 1, 8, 0}, {1, 1, 9, 1}, {1, 1, 0, 10},
					      {0, 1, 0, 0}, {3, 1, 0, 0}, {2, 1, 0, 0}};

	if (b.left < 8)
		return bytes_agree_with(&b, "AMQP") ? RECOGNISED_MORE : RECOGNISED_NO;
	if (!bytes_start_with(&b, "AMQP"))
		return RECOGNISED_NO;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		if (memcmp(b.at + 4, versions[i], 4) == 0)
			return RECOGNISED_YES;
	}
	return RECOGNISED_NO;
}

/* Connection.Start on channel 0 */
static enum recognised recognise_start(struct bytes b)
{
	static const uint8_t head[] = {0, 10, 0, 10};
	size_t kept = b.left;
	uint32_t length;

	if (b.left != 0 && (b.at[0] != 1 || (b.left > 1 && b.at[1] != 0)))
		return RECOGNISED_NO;
	bytes_skip(&b, 3);
	length = bytes_be32(&b);
	if (kept < 13)
		return RECOGNISED_MORE;
	if (length < 20 || length > FRAME_MAX || memcmp(b.at, head, sizeof head) != 0)
		return RECOGNISED_NO;
	return b.at[4] == 0 || b.at[4] == 8 ? b.at[5] <= 10 ? RECOGNISED_YES : RECOGNISED_NO
					    : RECOGNISED_NO;
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
static enum recognised recognise_frame(struct bytes b, enum side from)
{
	uint8_t type = bytes_u8(&b);
	uint16_t channel = bytes_be16(&b), class, method;
	uint32_t length = bytes_be32(&b);
	struct bytes end = b;

	if (b.failed)
		return RECOGNISED_MORE;
	if (length > FRAME_MAX || channel > 2048)
		return RECOGNISED_NO;
	if (type == 8)
		return length != 0 || channel != 0 ? RECOGNISED_NO
		       : b.left == 0		   ? RECOGNISED_MORE
		       : b.at[0] == 0xce	   ? RECOGNISED_YES
						   : RECOGNISED_NO;
	class = bytes_be16(&b);
	if ((type != 1 && type != 2) || length < 4 || (!b.failed && !is_class(class)))
		return RECOGNISED_NO;
	method = type == 1 ? bytes_be16(&b) : 0;
	if (type == 1 && !b.failed && (method > 127 || !says(class, method, from)))
		return RECOGNISED_NO;
	bytes_skip(&end, length);
	if (end.failed || end.left == 0)
		return RECOGNISED_MORE;
	return end.at[0] == 0xce ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_later(struct bytes client, struct bytes server)
{
	enum recognised of_client =
		client.left ? recognise_frame(client, SIDE_CLIENT) : RECOGNISED_MORE;
	enum recognised of_server =
		server.left ? recognise_frame(server, SIDE_SERVER) : RECOGNISED_MORE;

	/* In the middle of a frame is one thing; a frame that only the other side says is
	 * another. */
	if (of_server == RECOGNISED_NO && recognise_frame(server, SIDE_CLIENT) == RECOGNISED_YES)
		return RECOGNISED_NO;
	if (of_client == RECOGNISED_NO && recognise_frame(client, SIDE_SERVER) == RECOGNISED_YES)
		return RECOGNISED_NO;
	if (of_client == RECOGNISED_YES)
		return of_server == RECOGNISED_NO && server.left > 2048 ? RECOGNISED_NO
									: RECOGNISED_YES;
	return of_server == RECOGNISED_YES && client.left == 0 ? RECOGNISED_YES
	       : of_server == RECOGNISED_YES		       ? of_client
	       : of_client == RECOGNISED_NO		       ? RECOGNISED_NO
							       : RECOGNISED_MORE;
}

enum recognised amqp_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_header(client), of_start = recognise_start(server),
			of_server;

	of_server = of_start;
	if (of_start == RECOGNISED_NO)
		of_server = recognise_header(server);
	if (of_start == RECOGNISED_YES && of_client != RECOGNISED_NO)
		return RECOGNISED_YES;
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return opening->midstream ? recognise_later(client, server) : RECOGNISED_NO;
	if (of_client == RECOGNISED_YES && of_server == RECOGNISED_YES)
		return RECOGNISED_YES;
	return opening->one_sided && of_client == RECOGNISED_YES ? RECOGNISED_YES : RECOGNISED_MORE;
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
