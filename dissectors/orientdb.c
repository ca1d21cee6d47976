/* SPDX-License-Identifier: ISC */
/*
 * OrientDB's binary protocol. The server begins with the number of its protocol, 2 bytes. Then
 *
 *	operation:1 session:4 [token] ...	a request; the first has session -1
 *	status:1 session:4 [token] ...		its answer; 0 good, 1 an error
 *
 * Nothing has a length: only the opening (CONNECT, DB_OPEN) is read to its end, and of what follows
 * the first bytes of each turn, since a client waits for its answer. Texts are length:4 and bytes,
 * a length of -1 is none. orientdb.com: Network Binary Protocol
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/head.h"
#include "dissectors/read/lines.h"

#define GREETING     2 /* bytes */
#define PROTOCOL_MIN 5
#define PROTOCOL_MAX 100
#define TEXT_MAX     256 /* bytes of a text of the opening */
#define STATS_SINCE  34	 /* two more flags before the user */
#define NONE	     UINT32_MAX

enum { SHUTDOWN = 1, CONNECT = 2, DB_OPEN = 3, HANDSHAKE = 20 };
enum { GOOD = 0, PUSHED = 3 }; /* statuses */

static const uint16_t ports[] = {2424, 0};

static const struct service services[] = {
	{
		.name = "orientdb",
		.family = FAMILY_DATABASE,
		.about = "OrientDB database",
		.ports = ports,
	},
};

struct orientdb {
	struct exchange exchange; /* its frames are not used: messages have no lengths */
	struct head opening;	  /* the client's first turn */
	uint8_t greeting;	  /* bytes of it that have passed */
	bool opened;
	bool said; /* the server's turn at hand has told its answer */
};

_Static_assert(sizeof(struct orientdb) <= DISSECTOR_STATE_MAX, "state of orientdb");

static const struct exchange_command commands[] = {
	{SHUTDOWN, COMMAND_DESTRUCTIVE, 0, "SHUTDOWN"},
	{CONNECT, 0, EXCHANGE_LOGIN, "CONNECT"},
	{DB_OPEN, 0, EXCHANGE_LOGIN, "DB_OPEN"},
	{4, 0, 0, "DB_CREATE"},
	{6, 0, 0, "DB_EXIST"},
	{7, COMMAND_DESTRUCTIVE, 0, "DB_DROP"},
	{8, 0, 0, "DB_SIZE"},
	{9, 0, 0, "DB_COUNTRECORDS"},
	{HANDSHAKE, 0, EXCHANGE_OPEN, NULL},
	{30, 0, EXCHANGE_READS, "RECORD_LOAD"},
	{31, 0, 0, "RECORD_CREATE"},
	{32, 0, 0, "RECORD_UPDATE"},
	{33, 0, 0, "RECORD_DELETE"},
	{41, COMMAND_LISTING, EXCHANGE_READS, "COMMAND"},
	{45, COMMAND_LISTING, EXCHANGE_READS, "QUERY"},
	{60, 0, 0, "TX_COMMIT"},
	{70, 0, EXCHANGE_READS, "CONFIG_GET"},
	{71, 0, 0, "CONFIG_SET"},
	{72, COMMAND_LISTING, EXCHANGE_READS, "CONFIG_LIST"},
	{74, COMMAND_LISTING, EXCHANGE_READS, "DB_LIST"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "OrientDB");
}

static struct bytes take_text(struct bytes *b)
{
	uint32_t length = bytes_be32(b);

	return bytes_sub(b, length == NONE ? 0 : length);
}

/* Driver, its version, protocol, client, serialisation, flags, a database's name, the user's. */
static void read_opening(struct facts *facts, struct bytes b)
{
	uint8_t operation = bytes_u8(&b);
	struct bytes user;
	uint16_t protocol;

	bytes_skip(&b, 4);
	if (operation != CONNECT && operation != DB_OPEN)
		return;
	take_text(&b);
	take_text(&b);
	protocol = bytes_be16(&b);
	take_text(&b);
	take_text(&b);
	bytes_skip(&b, protocol >= STATS_SINCE ? 3 : 1);
	if (operation == DB_OPEN)
		take_text(&b);
	user = take_text(&b);
	if (!b.failed && user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

static void on_client(struct orientdb *orient, struct facts *facts, struct bytes in, bool begins)
{
	if (!orient->opened) {
		read_opening(facts, head_add(&orient->opening, in.at, in.left));
		if (orient->opening.have == HEAD_KEPT)
			orient->opening.closed = true;
	}
	if (begins && in.left != 0)
		exchange_ask(&orient->exchange, facts, exchange_next_asked(&orient->exchange),
			     EXCHANGE_FIND(commands, in.at[0]));
}

static void on_server(struct orientdb *orient, struct facts *facts, struct bytes in, bool begins)
{
	if (begins)
		orient->said = false;
	for (; orient->greeting < GREETING && in.left != 0; orient->greeting++)
		bytes_skip(&in, 1);
	if (in.left == 0 || orient->said || orient->exchange.asked == 0)
		return;
	orient->said = true;
	if (in.at[0] == PUSHED)
		return;
	orient->opened = true;
	memset(&orient->opening, 0, sizeof orient->opening); /* it holds a password */
	exchange_answer(&orient->exchange, facts, exchange_next_answered(&orient->exchange),
			in.at[0] == GOOD);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct orientdb *orient = state;
	bool begins = !turns_is_last(&orient->exchange.turns, fed->from);

	exchange_begin(&orient->exchange, fed->from);
	if (fed->from == SIDE_CLIENT)
		on_client(orient, facts, fed->bytes, begins);
	else
		on_server(orient, facts, fed->bytes, begins);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct orientdb *orient = state;

	(void)facts;
	exchange_gap(&orient->exchange, from, missing);
	orient->greeting = GREETING;
	orient->opening.closed |= from == SIDE_CLIENT;
}

/* The operation, no session yet, and the name of a driver. */
static enum recognised recognise_client(struct bytes b)
{
	uint8_t operation = bytes_u8(&b);
	uint32_t session = bytes_be32(&b), length;

	if (b.failed)
		return RECOGNISED_MORE;
	if (session != NONE ||
	    (operation != CONNECT && operation != DB_OPEN && operation != HANDSHAKE))
		return RECOGNISED_NO;
	if (operation == HANDSHAKE)
		bytes_skip(&b, 2);
	length = bytes_be32(&b);
	if (b.failed || b.left == 0)
		return RECOGNISED_MORE;
	return length >= 1 && length <= TEXT_MAX && b.at[0] >= ' ' && b.at[0] <= '~'
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint16_t protocol = bytes_be16(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return protocol >= PROTOCOL_MIN && protocol <= PROTOCOL_MAX ? RECOGNISED_YES
								    : RECOGNISED_NO;
}

/* The server's two bytes alone could be anybody's. */
static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_client(recognise_client(opening->side[SIDE_CLIENT]),
				   recognise_server(opening->side[SIDE_SERVER]),
				   opening->one_sided);
}

const struct dissector orientdb_dissector = {
	.name = "orientdb",
	.transports = OVER_TCP,
	.state_size = sizeof(struct orientdb),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"the number of a protocol, and a request without a session that names a driver",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
