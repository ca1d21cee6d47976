/* SPDX-License-Identifier: ISC */
/*
 * X11 (X Window System Protocol, 8): who is let in sees and types all that the user does.
 *
 *	'l' | 'B' 0 major:2 (11) minor:2 name:2 data:2 0:2 name data	in the client's byte order
 *	0 refused, 1 let in, 2 more is needed; length, major:2 minor:2 ...
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define HEADER	  12
#define NAME_MAX_ 64
#define DATA_MAX  1024
#define VENDOR_AT 40

enum { REFUSED, LET_IN, PROVE };

static const uint16_t ports[] = {6000, 6001, 6010, 0};

static const struct service services[] = {
	{
		.name = "x11",
		.family = FAMILY_ADMIN,
		.about = "X11 display",
		.ports = ports,
	},
};

struct x11 {
	struct head head[2];
	bool asked, answered;
	bool little;
	uint16_t name;
};

static uint16_t read16(struct bytes *b, bool little)
{
	return little ? bytes_le16(b) : bytes_be16(b);
}

static bool read_client(struct bytes b, bool *little, uint16_t *name)
{
	uint8_t order = bytes_u8(&b), zero = bytes_u8(&b);

	*little = order == 'l';
	if ((order != 'l' && order != 'B') || zero != 0 || read16(&b, *little) != 11 ||
	    read16(&b, *little) != 0)
		return false;
	*name = read16(&b, *little);
	return *name <= NAME_MAX_ && read16(&b, *little) <= DATA_MAX && bytes_be16(&b) == 0 &&
	       !b.failed;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint16_t name;
	uint8_t verdict;
	bool little;

	if (client.left < HEADER)
		return client.left == 0 || client.at[0] == 'l' || client.at[0] == 'B'
			       ? RECOGNISED_MORE
			       : RECOGNISED_NO;
	if (!read_client(client, &little, &name))
		return RECOGNISED_NO;
	if (server.left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	if (server.left < 6)
		return server.at[0] <= PROVE ? RECOGNISED_MORE : RECOGNISED_NO;
	verdict = bytes_u8(&server);
	bytes_skip(&server, 1);
	if (verdict > PROVE || (verdict != PROVE && read16(&server, little) != 11))
		return RECOGNISED_NO;
	return RECOGNISED_YES;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void on_client(struct x11 *x11, struct facts *facts, struct bytes b)
{
	if (b.left < HEADER || !read_client(b, &x11->little, &x11->name) ||
	    b.left < HEADER + (size_t)x11->name)
		return;
	bytes_skip(&b, HEADER);
	x11->asked = true;
	if (x11->name != 0)
		FACTS_TEXT(facts, mechanism, b.at, x11->name);
}

static void on_server(struct x11 *x11, struct facts *facts, struct bytes b)
{
	uint16_t vendor;
	uint8_t verdict;

	if (b.left < VENDOR_AT && (b.left < 8 || b.at[0] == LET_IN))
		return;
	verdict = b.at[0];
	if (!x11->answered) {
		x11->answered = true;
		if (x11->asked && x11->name != 0 && verdict != PROVE)
			facts_login(facts, verdict == LET_IN);
		else if (x11->asked)
			facts_set_auth(facts, verdict == LET_IN ? AUTH_NONE : AUTH_REQUIRED);
	}
	if (verdict != LET_IN)
		return;
	bytes_skip(&b, 24);
	vendor = read16(&b, x11->little);
	bytes_skip(&b, VENDOR_AT - 26);
	if (vendor <= b.left && vendor < 40)
		FACTS_TEXT(facts, product, b.at, vendor);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct x11 *x11 = state;
	struct bytes b = head_add(&x11->head[from], fed->bytes.at, fed->bytes.left);

	if (x11->head[from].closed)
		return;
	if (from == SIDE_SERVER)
		on_server(x11, facts, b);
	else if (!x11->asked)
		on_client(x11, facts, b);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct x11 *x11 = state;

	(void)facts;
	(void)missing;
	x11->head[from].closed = true;
}

const struct dissector x11_dissector = {
	.name = "x11",
	.transports = OVER_TCP,
	.state_size = sizeof(struct x11),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"the byte order and version 11 of a client, and the server's accept or refusal",
	.reads = READS_PRODUCT | READS_AUTH | READS_MECHANISM | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
