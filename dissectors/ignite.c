/* SPDX-License-Identifier: ISC */
/*
 * Apache Ignite's thin clients, all numbers little-endian, each message with its length:4 in front:
 *
 *	01 major:2 minor:2 patch:2 client:1 ...	handshake; client 0 ODBC, 1 JDBC, 2 thin
 *	01 ...  or  00 major:2 minor:2 patch:2 text	let in, or not
 *	operation:2 number:8 ...		a request of a thin client
 *	number:8 flags:2 ...			its answer since 1.4; flag 1: an error
 *	number:8 status:4 ...			its answer before; 0: good
 *
 * A handshake may end with features, a user and a password: texts are 09 length:4 and bytes. ODBC's
 * and JDBC's requests are not read. Ignite 3 begins with "IGNI" on both sides, then length:4
 * (big-endian) and MessagePack: only whether the handshake was accepted is read.
 * ignite.apache.org: binary client protocol; ClientListenerNioListener.java
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"

#define HANDSHAKE     1
#define HANDSHAKE_MAX 65536 /* bytes */
#define CLIENT_THIN   2
#define TEXT	      9 /* types of values */
#define BYTES	      12
#define LONG_ANSWER   32 /* bytes: more than an empty one */
#define NIL	      0xc0
#define FLAG_ERROR    1 /* of an answer */

static const uint16_t ports[] = {10800, 0};

static const struct service services[] = {
	{
		.name = "ignite",
		.family = FAMILY_DATABASE,
		.about = "Apache Ignite, thin client's port",
		.ports = ports,
	},
};

struct ignite {
	struct exchange exchange;
	uint8_t have[2]; /* of the letters of Ignite 3 */
	bool third;
	bool met[2]; /* the handshake has passed */
	bool thin, flags, credentials;
};

_Static_assert(sizeof(struct ignite) <= DISSECTOR_STATE_MAX, "state of ignite");

static const struct exchange_command commands[] = {
	{1000, 0, EXCHANGE_READS, "CACHE_GET"},
	{1001, 0, 0, "CACHE_PUT"},
	{1003, COMMAND_LISTING, EXCHANGE_READS, "CACHE_GET_ALL"},
	{1004, 0, 0, "CACHE_PUT_ALL"},
	{1013, COMMAND_DESTRUCTIVE, 0, "CACHE_CLEAR"},
	{1019, COMMAND_DESTRUCTIVE, 0, "CACHE_REMOVE_ALL"},
	{1020, 0, 0, "CACHE_GET_SIZE"},
	{1050, COMMAND_LISTING, EXCHANGE_READS, "CACHE_GET_NAMES"},
	{1051, 0, 0, "CACHE_CREATE_WITH_NAME"},
	{1052, 0, 0, "CACHE_GET_OR_CREATE_WITH_NAME"},
	{1055, 0, EXCHANGE_READS, "CACHE_GET_CONFIGURATION"},
	{1056, COMMAND_DESTRUCTIVE, 0, "CACHE_DESTROY"},
	{2000, COMMAND_LISTING, EXCHANGE_READS, "QUERY_SCAN"},
	{2001, 0, EXCHANGE_READS, "QUERY_SCAN_CURSOR_GET_PAGE"},
	{2002, COMMAND_LISTING, EXCHANGE_READS, "QUERY_SQL"},
	{2004, COMMAND_LISTING, EXCHANGE_READS, "QUERY_SQL_FIELDS"},
	{5000, 0, 0, "CLUSTER_GET_STATE"},
	{5001, 0, 0, "CLUSTER_CHANGE_STATE"},
	{6000, COMMAND_EXECUTES, 0, "COMPUTE_TASK_EXECUTE"},
	{7000, COMMAND_EXECUTES, 0, "SERVICE_INVOKE"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Apache Ignite");
}

/* Behind the client's number: features, then perhaps the user's name. */
static void on_handshake(struct ignite *ignite, struct facts *facts, struct bytes b)
{
	uint16_t major, minor;
	uint32_t length;

	bytes_skip(&b, 1);
	major = bytes_le16(&b);
	minor = bytes_le16(&b);
	bytes_skip(&b, 2);
	ignite->thin = bytes_u8(&b) == CLIENT_THIN;
	ignite->flags = major > 1 || minor >= 4;
	if (!b.failed && b.left != 0 && b.at[0] == BYTES) {
		bytes_skip(&b, 1);
		bytes_skip(&b, bytes_le32(&b));
	}
	if (!ignite->thin || bytes_u8(&b) != TEXT)
		return;
	length = bytes_le32(&b);
	if (b.failed || length == 0)
		return;
	ignite->credentials = true;
	FACTS_TEXT(facts, user, b.at, length < b.left ? length : b.left);
}

static void on_handshake_answer(struct ignite *ignite, struct facts *facts, struct bytes b)
{
	bool accepted = bytes_u8(&b) != 0;
	bool about_users = lines_contain(&b, "authenticat") || lines_contain(&b, "password");

	ignite->met[SIDE_SERVER] = accepted; /* else it tries another version */
	ignite->met[SIDE_CLIENT] &= accepted;
	if (ignite->credentials && (accepted || about_users))
		exchange_login(&ignite->exchange, facts, accepted);
	else if (accepted && ignite->thin)
		exchange_served(&ignite->exchange, facts);
	else if (!accepted && about_users)
		exchange_demanded(&ignite->exchange, facts);
}

static void on_request(struct ignite *ignite, struct facts *facts, struct bytes b)
{
	uint16_t operation = bytes_le16(&b);
	uint64_t number = bytes_be64(&b); /* in whatever order */
	const struct exchange_command *command = EXCHANGE_FIND(commands, operation);

	if (!b.failed)
		exchange_ask(&ignite->exchange, facts, number, command);
}

static void on_answer(struct ignite *ignite, struct facts *facts, struct bytes b)
{
	size_t length = b.left;
	uint64_t number = bytes_be64(&b);
	bool good = ignite->flags ? (bytes_le16(&b) & FLAG_ERROR) == 0 : bytes_le32(&b) == 0;
	int kind;

	if (b.failed)
		return;
	kind = exchange_answer(&ignite->exchange, facts, number, good);
	if (kind == 0 && good && length >= LONG_ANSWER)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_message(struct ignite *ignite, struct facts *facts, enum side from, struct bytes b)
{
	bool met = ignite->met[from];

	if (from == SIDE_CLIENT) {
		ignite->met[from] = true;
		if (!met)
			on_handshake(ignite, facts, b);
		else if (ignite->thin)
			on_request(ignite, facts, b);
	} else if (!met) {
		on_handshake_answer(ignite, facts, b);
	} else if (ignite->thin) {
		on_answer(ignite, facts, b);
	}
}

/* Ignite 3: three numbers of the version, then nil where the error would be. */
static void on_third(struct ignite *ignite, struct facts *facts, enum side from, struct bytes b)
{
	bool met = ignite->met[from];

	ignite->met[from] = true;
	if (from == SIDE_CLIENT) {
		ignite->credentials |= !met && lines_contain(&b, "authn-");
		return;
	}
	bytes_skip(&b, 3);
	if (met || b.left == 0)
		return;
	if (ignite->credentials)
		exchange_login(&ignite->exchange, facts, b.at[0] == NIL);
	else if (b.at[0] == NIL)
		exchange_served(&ignite->exchange, facts);
	else if (lines_contain(&b, "authenticat"))
		exchange_demanded(&ignite->exchange, facts);
}

/* The first four bytes of a side: Ignite 3, or a length that is kept as the frame's header. */
static bool take_letters(struct ignite *ignite, enum side from, struct bytes *in)
{
	static const char letters[] = "IGNI";
	struct frame *frame = &ignite->exchange.side[from];

	if (ignite->have[from] == 4)
		return true;
	while (ignite->have[from] < 4 && in->left != 0) {
		frame->header[ignite->have[from]++] = bytes_u8(in);
		frame->have = ignite->have[from];
	}
	if (ignite->have[from] < 4)
		return false;
	if (memcmp(frame->header, letters, 4) == 0) {
		ignite->third = true;
		frame->have = 0;
	}
	return true;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct ignite *ignite = state;
	struct frame *frame = exchange_begin(&ignite->exchange, fed->from);
	struct bytes input = fed->bytes;

	if (!take_letters(ignite, fed->from, &input))
		return;
	while (frames_next(frame, &input, 4,
			   ignite->third ? exchange_measure_be32 : exchange_measure_le32)) {
		struct bytes b = bytes_from(frame->body, frame->kept);

		if (ignite->third)
			on_third(ignite, facts, fed->from, b);
		else
			on_message(ignite, facts, fed->from, b);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ignite *ignite = state;

	(void)facts;
	if (turns_begun(&ignite->exchange.turns)) {
		ignite->have[from] = 4;
		ignite->met[from] = true;
	}
	exchange_gap(&ignite->exchange, from, missing);
}

static enum recognised recognise_letters(struct bytes b)
{
	return !bytes_agree_with(&b, "IGNI") ? RECOGNISED_NO
	       : b.left < 4		     ? RECOGNISED_MORE
					     : RECOGNISED_YES;
}

static enum recognised recognise_client(struct bytes b)
{
	uint32_t length = bytes_le32(&b);
	uint8_t operation = bytes_u8(&b), client;
	uint16_t major = bytes_le16(&b), minor = bytes_le16(&b), patch = bytes_le16(&b);

	client = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return length >= 8 && length <= HANDSHAKE_MAX && operation == HANDSHAKE && major >= 1 &&
			       major <= 3 && minor <= 31 && patch <= 31 && client <= CLIENT_THIN
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

/* 1, or 0 with a version and a text. */
static enum recognised recognise_server(struct bytes b)
{
	uint32_t length = bytes_le32(&b);
	uint8_t accepted = bytes_u8(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return length >= 1 && length <= HANDSHAKE_MAX &&
			       (accepted == 1 || (accepted == 0 && length >= 7))
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

/* The server's word alone could be anybody's, but for the letters of Ignite 3. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	const struct bytes *first = client.left != 0 ? &client : &server;

	if (first->left != 0 && first->at[0] == 'I')
		return dissector_by_both(recognise_letters(client), recognise_letters(server),
					 opening->one_sided);
	return dissector_by_client(recognise_client(client), recognise_server(server),
				   opening->one_sided);
}

const struct dissector ignite_dissector = {
	.name = "ignite",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ignite),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the handshake of thin clients and its answer, or the letters of Ignite 3",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_EXECUTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
