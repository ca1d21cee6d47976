/* SPDX-License-Identifier: ISC */
/*
 * Hazelcast. Three letters say who speaks, on one port:
 *
 *	"CP2"	a client since 4.0. Frames, all numbers little-endian: length:4 flags:2 content. A
 *		message is an initial frame, type:4 correlation:8 partition:4 ..., and frames that
 *		hold its texts, the last with flag 2000. An answer's type is the question's, plus 1.
 *	"CB2"	a client of 3.x: length:4 version:1 flags:1 type:2 correlation:8 partition:4
 *		offset:2 ...
 *	"HZC"	a member; both sides say so
 *
 * github.com/hazelcast/hazelcast-client-protocol; the clients' codecs.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"

#define MARK	      3	 /* bytes */
#define HEADER	      6	 /* length, flags */
#define OLD_ANSWER    22 /* where its content begins in a message of 3.x */
#define FRAME_MAX     (1u << 30)
#define OPENING_FRAME (1u << 24)

enum { FLAG_BEGIN = 0x8000, FLAGS_WHOLE = 0xc000, FLAG_STRUCTURE = 0x1800, FLAG_NULL = 0x0400 };

enum {
	CLIENT_AUTHENTICATION = 0x000100,
	CLIENT_AUTHENTICATION_CUSTOM = 0x000200,
	OLD_AUTHENTICATION = 0x0002,
	OLD_AUTHENTICATION_ANSWER = 0x006b,
	CLUSTER_FRAME = 1, /* of an authentication: the cluster's name, the user's */
	USER_FRAME = 2,
};

enum { NOBODY, CLIENT_NEW, CLIENT_OLD, MEMBER };

static const uint16_t ports[] = {5701, 0};

static const struct service services[] = {
	{
		.name = "hazelcast",
		.family = FAMILY_DATABASE,
		.about = "Hazelcast data grid",
		.ports = ports,
	},
};

struct hazelcast {
	struct exchange exchange;
	uint32_t type[2]; /* of the message at hand */
	uint8_t frame[2]; /* which one of it */
	uint8_t who;
	uint8_t have; /* of the mark */
	uint8_t mark[MARK];
	bool credentials;
};

_Static_assert(sizeof(struct hazelcast) <= DISSECTOR_STATE_MAX, "state of hazelcast");

static const struct exchange_command commands[] = {
	{CLIENT_AUTHENTICATION, 0, EXCHANGE_OPEN, NULL},
	{CLIENT_AUTHENTICATION_CUSTOM, 0, EXCHANGE_OPEN, NULL},
	{0x000400, 0, 0, "Client.createProxy"},
	{0x000500, COMMAND_DESTRUCTIVE, 0, "Client.destroyProxy"},
	{0x000800, COMMAND_LISTING, EXCHANGE_READS, "Client.getDistributedObjects"},
	{0x010100, 0, 0, "Map.put"},
	{0x010200, 0, EXCHANGE_READS, "Map.get"},
	{0x012200, COMMAND_LISTING, EXCHANGE_READS, "Map.keySet"},
	{0x012300, COMMAND_LISTING, EXCHANGE_READS, "Map.getAll"},
	{0x012400, COMMAND_LISTING, EXCHANGE_READS, "Map.values"},
	{0x012500, COMMAND_LISTING, EXCHANGE_READS, "Map.entrySet"},
	{0x012d00, COMMAND_DESTRUCTIVE, 0, "Map.clear"},
	{0x013800, COMMAND_LISTING, EXCHANGE_READS, "Map.fetchEntries"},
	{0x020600, COMMAND_LISTING, EXCHANGE_READS, "MultiMap.entrySet"},
	{0x020b00, COMMAND_DESTRUCTIVE, 0, "MultiMap.clear"},
	{0x0d0900, COMMAND_DESTRUCTIVE, 0, "ReplicatedMap.clear"},
	{0x0d0f00, COMMAND_LISTING, EXCHANGE_READS, "ReplicatedMap.keySet"},
	{0x0d1100, COMMAND_LISTING, EXCHANGE_READS, "ReplicatedMap.entrySet"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Hazelcast");
}

static bool is_login(uint32_t type)
{
	return type == CLIENT_AUTHENTICATION || type == CLIENT_AUTHENTICATION_CUSTOM;
}

/* 0: let in; 1: wrong credentials; 2, 3: not by this version, not to this cluster. */
static void on_status(struct hazelcast *hz, struct facts *facts, uint8_t status)
{
	if (status > 1)
		return;
	if (hz->credentials)
		exchange_login(&hz->exchange, facts, status == 0);
	else if (status == 0)
		exchange_served(&hz->exchange, facts);
	else if (!hz->exchange.late)
		exchange_demanded(&hz->exchange, facts);
}

static void on_initial(struct hazelcast *hz, struct facts *facts, enum side from, struct bytes b)
{
	uint32_t type = bytes_le32(&b);
	uint64_t correlation = bytes_be64(&b); /* in whatever order */

	if (b.failed)
		return;
	hz->type[from] = type;
	hz->frame[from] = 0;
	if (from == SIDE_CLIENT) {
		if (is_login(type))
			hz->credentials = type == CLIENT_AUTHENTICATION_CUSTOM;
		exchange_ask(&hz->exchange, facts, correlation, EXCHANGE_FIND(commands, type));
		return;
	}
	exchange_answer(&hz->exchange, facts, correlation, type != 0);
	bytes_skip(&b, 1);
	if (type == CLIENT_AUTHENTICATION + 1 || type == CLIENT_AUTHENTICATION_CUSTOM + 1) {
		uint8_t status = bytes_u8(&b);

		if (!b.failed)
			on_status(hz, facts, status);
	}
}

/* "5.3.6": digits and a dot or two, but not the three of an address. */
static bool is_version(const struct bytes *b)
{
	unsigned dots = 0;

	if (b->left < 3 || b->left > 24 || b->at[0] < '0' || b->at[0] > '9')
		return false;
	for (size_t i = 0; i < b->left; i++) {
		if (b->at[i] <= ' ' || b->at[i] > '~')
			return false;
		dots += b->at[i] == '.';
	}
	return dots == 1 || dots == 2;
}

static void on_text(struct hazelcast *hz, struct facts *facts, enum side from, uint16_t flags,
		    struct bytes b)
{
	bool plain = (flags & (FLAG_STRUCTURE | FLAG_NULL)) == 0;

	if (hz->frame[from] < UINT8_MAX)
		hz->frame[from]++;
	if (!plain || b.left == 0)
		return;
	if (from == SIDE_CLIENT && hz->type[from] == CLIENT_AUTHENTICATION &&
	    hz->frame[from] == USER_FRAME) {
		hz->credentials = true;
		FACTS_TEXT(facts, user, b.at, b.left);
	} else if (from == SIDE_SERVER && is_login(hz->type[from] - 1) &&
		   facts->version[0] == '\0' && is_version(&b)) {
		FACTS_TEXT(facts, version, b.at, b.left);
	}
}

/* A message of 3.x, whose length was its header. */
static void on_old(struct hazelcast *hz, struct facts *facts, enum side from, struct bytes b)
{
	uint16_t type = bytes_le16(&b);
	uint8_t status;

	if (from == SIDE_CLIENT && type == OLD_AUTHENTICATION) {
		hz->credentials = true; /* the group's name and its password */
	} else if (from == SIDE_SERVER && type == OLD_AUTHENTICATION_ANSWER) {
		bytes_skip(&b, OLD_ANSWER - HEADER - 2);
		status = bytes_u8(&b);
		if (!b.failed)
			on_status(hz, facts, status);
	}
}

static bool measure(struct bytes header, uint32_t *body)
{
	uint32_t length = bytes_le32(&header);

	*body = length - HEADER;
	return length >= HEADER && length <= FRAME_MAX;
}

/* The client's first three bytes; true when they are whole. */
static bool take_mark(struct hazelcast *hz, struct bytes *in)
{
	while (hz->have < MARK && in->left != 0)
		hz->mark[hz->have++] = bytes_u8(in);
	if (hz->have < MARK)
		return false;
	if (hz->who == NOBODY)
		hz->who = memcmp(hz->mark, "CP2", MARK) == 0   ? CLIENT_NEW
			  : memcmp(hz->mark, "CB2", MARK) == 0 ? CLIENT_OLD
							       : MEMBER;
	return hz->who != MEMBER;
}

static void on_frame(struct hazelcast *hz, struct facts *facts, enum side from,
		     const struct frame *frame)
{
	uint16_t flags = (uint16_t)(frame->header[4] | frame->header[5] << 8);
	struct bytes b = bytes_from(frame->body, frame->kept);

	if (hz->who == CLIENT_OLD)
		on_old(hz, facts, from, b);
	else if (flags & FLAG_BEGIN)
		on_initial(hz, facts, from, b);
	else
		on_text(hz, facts, from, flags, b);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct hazelcast *hz = state;
	struct frame *frame = exchange_begin(&hz->exchange, fed->from);
	struct bytes input = fed->bytes;

	if (fed->from == SIDE_CLIENT && !take_mark(hz, &input))
		return;
	if (hz->who == MEMBER)
		return;
	while (frames_next(frame, &input, HEADER, measure)) {
		on_frame(hz, facts, fed->from, frame);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct hazelcast *hz = state;

	(void)facts;
	if (from == SIDE_CLIENT && hz->have < MARK) {
		hz->have = MARK;
		hz->who = CLIENT_NEW;
	}
	hz->frame[from] = UINT8_MAX; /* which frame of its message comes next is not known */
	exchange_gap(&hz->exchange, from, missing);
}

static enum recognised recognise_client(struct bytes b)
{
	uint32_t length;

	if (bytes_agree_with(&b, "HZC"))
		return b.left < MARK ? RECOGNISED_MORE : RECOGNISED_YES;
	if (!bytes_agree_with(&b, "CP2") && !bytes_agree_with(&b, "CB2"))
		return RECOGNISED_NO;
	bytes_skip(&b, MARK);
	length = bytes_le32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return length >= HEADER && length <= OPENING_FRAME ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b, bool member)
{
	uint32_t length;

	if (member)
		return !bytes_agree_with(&b, "HZC") ? RECOGNISED_NO
		       : b.left < MARK		    ? RECOGNISED_MORE
						    : RECOGNISED_YES;
	length = bytes_le32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return length >= HEADER && length <= OPENING_FRAME ? RECOGNISED_YES : RECOGNISED_NO;
}

/* The answer to an authentication, which is the first thing that a server sends: it alone tells. */
static bool is_login_answer(struct bytes b)
{
	uint32_t length = bytes_le32(&b), type;
	uint16_t flags = bytes_le16(&b);

	type = bytes_le32(&b);
	bytes_skip(&b, 8);
	return !b.failed && length >= HEADER + 14 && length <= UINT8_MAX &&
	       (flags & FLAGS_WHOLE) == FLAGS_WHOLE && is_login(type - 1);
}

/* The server's other frames could be anybody's. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool member =
		client.left != 0 ? client.at[0] == 'H' : server.left != 0 && server.at[0] == 'H';
	enum recognised of_server = recognise_server(server, member);

	if (client.left == 0 && opening->one_sided && is_login_answer(server))
		return RECOGNISED_YES;
	if (client.left == 0)
		return of_server == RECOGNISED_NO ? RECOGNISED_NO : RECOGNISED_MORE;
	return dissector_by_client(recognise_client(client), of_server, opening->one_sided);
}

const struct dissector hazelcast_dissector = {
	.name = "hazelcast",
	.transports = OVER_TCP,
	.state_size = sizeof(struct hazelcast),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "CP2, CB2 or HZC, and frames within their lengths",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
