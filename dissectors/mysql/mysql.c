/* SPDX-License-Identifier: ISC */
/*
 * MySQL and MariaDB, protocol 10: packets of three bytes length (little endian) and one byte
 * number. The server greets, the client logs in (or asks for TLS first), the server may ask for
 * another proof; then commands, each packet number 0, and their answers. Several statements in one
 * command give several results, tied together by a flag; so each has its place in a short queue.
 *
 * An empty log-in that is accepted is a server without a password: AUTH_NONE.
 *
 * dev.mysql.com/doc/dev/mysql-server, "Client/Server Protocol".
 */
#include "dissectors/mysql/mysql_login.h"
#include "dissectors/mysql/mysql_recognise.h"
#include "dissectors/mysql/mysql_session.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/unpacker.h"

static const uint16_t ports[] = {3306, 3307, 9306, 0};

static const struct service services[] = {
	{
		.name = "mysql",
		.family = FAMILY_DATABASE,
		.met = true,
		.about = "MySQL or MariaDB database",
		.identifier = "open-mysql",
		.ports = ports,
	},
};

_Static_assert(sizeof(struct mysql) <= DISSECTOR_STATE_MAX, "state of mysql");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* What follows cannot be read: TLS, or nothing at all. */
static void seal(struct mysql *my)
{
	my->client.lost = my->server.lost = my->sealed = true;
}

static void on_greeting(struct mysql *my, struct facts *facts)
{
	struct bytes body = bytes_from(my->server.body, my->server.kept);
	uint8_t type = bytes_u8(&body);

	facts_set_auth(facts, AUTH_NA);
	facts_set_data_read(facts, ANSWER_NO);
	if (my->server.holed) {
		my->capabilities = UINT32_MAX; /* those of the client will do */
		my->phase = MYSQL_LOGIN;
		return;
	}
	if (type == 0x0a) {
		my->capabilities = mysql_login_greeting(body, facts);
		my->phase = MYSQL_LOGIN;
		return;
	}
	if (bytes_skip(&body, 2) && lines_contain(&body, "MariaDB"))
		FACTS_WORD(facts, product, "MariaDB");
	seal(my);
}

static void on_login(struct mysql *my, struct facts *facts, struct feed *fed)
{
	struct mysql_login login =
		mysql_login_request(bytes_from(my->client.body, my->client.kept), facts);

	facts_set_auth(facts, AUTH_UNKNOWN);
	if (login.asks_tls) {
		facts_agree_tls(facts, fed);
		seal(my);
		return;
	}
	my->capabilities &= login.capabilities;
	if (my->phase == MYSQL_GREETING) /* the greeting was not seen */
		my->capabilities = login.capabilities;
	my->phase = MYSQL_PROOF;
	my->tried = true;
	my->password = login.password;
}

static void begin_commands(struct mysql *my)
{
	my->phase = MYSQL_COMMANDS;
	my->packed = (my->capabilities & (MYSQL_COMPRESS | MYSQL_ZSTD)) != 0;
}

static void let_in(struct mysql *my, struct facts *facts)
{
	if (my->tried && my->password)
		facts_login(facts, true);
	else if (my->tried)
		facts_set_auth(facts, my->holed ? AUTH_UNKNOWN : AUTH_NONE);
	begin_commands(my);
}

/* The server's answers from the log-in on until it lets the client in. */
static void on_proof(struct mysql *my, struct facts *facts)
{
	struct bytes body = bytes_from(my->server.body, my->server.kept);
	uint8_t type = bytes_u8(&body);
	struct bytes name;
	uint16_t code;

	if (my->server.holed || (my->server.length == 0))
		return;
	switch (type) {
	case 0x00:
		let_in(my, facts);
		break;
	case 0xfe: /* another mechanism, please */
		name = mysql_login_text(&body);
		if (name.left != 0)
			FACTS_TEXT(facts, mechanism, name.at, name.left);
		break;
	case 0xff:
		code = bytes_le16(&body);
		if (code == 1044 || code == 1049) /* the right password, but no such database */
			facts_set_auth(facts, AUTH_UNKNOWN);
		else if (my->tried)
			facts_login(facts, false);
		my->phase = MYSQL_COMMANDS;
		break;
	default: /* 01: more data */
		break;
	}
}

static void on_server_packet(struct mysql *my, struct facts *facts)
{
	switch ((enum mysql_phase)my->phase) {
	case MYSQL_GREETING:
		on_greeting(my, facts);
		break;
	case MYSQL_LOGIN:
	case MYSQL_PROOF:
		on_proof(my, facts);
		break;
	case MYSQL_COMMANDS:
		mysql_session_answer(my, facts);
		break;
	}
}

/* What the client sends after its log-in, to prove it. */
static void on_more_proof(struct mysql *my)
{
	const struct frame *frame = &my->client;

	my->password = frame->length > 1 || (frame->length == 1 && frame->body[0] != 0);
}

static void on_client_packet(struct mysql *my, struct facts *facts, struct feed *fed)
{
	switch ((enum mysql_phase)my->phase) {
	case MYSQL_GREETING:
	case MYSQL_LOGIN:
		on_login(my, facts, fed);
		break;
	case MYSQL_PROOF:
		on_more_proof(my);
		break;
	case MYSQL_COMMANDS:
		mysql_session_command(my, facts);
		break;
	}
}

static void expect(struct frame *frame)
{
	struct bytes b = bytes_from(frame->header, 4);

	frames_expect(frame, bytes_le24(&b));
}

/* A client's packet begins. What is number 0 is a command, whatever was seen before it. */
static void begin_client_packet(struct mysql *my)
{
	uint8_t number = my->client.header[3];
	bool packed = my->packed;

	expect(&my->client);
	if (number == 0 && my->phase != MYSQL_COMMANDS)
		begin_commands(my);
	if ((my->resynchronising && number != 0) || (my->packed && !packed))
		my->client.lost = true;
	my->resynchronising = false;
	mysql_session_begin_command(my);
}

static void on_client(struct mysql *my, struct facts *facts, struct feed *fed, struct bytes *input)
{
	struct frame *frame = &my->client;
	struct bytes piece;

	while (!frame->lost && frames_header(frame, input, 4)) {
		bool over;

		if (!frame->expected)
			begin_client_packet(my);
		if (frame->lost)
			return;
		over = frames_body(frame, input, &piece);
		if (my->phase == MYSQL_COMMANDS)
			mysql_session_text(my, facts, piece);
		if (!over)
			return;
		on_client_packet(my, facts, fed);
		frames_done(frame);
	}
}

static void on_server(struct mysql *my, struct facts *facts, struct bytes *input)
{
	struct frame *frame = &my->server;
	bool packed = my->packed;
	struct bytes piece;

	while (!frame->lost && my->packed == packed && frames_header(frame, input, 4)) {
		bool continued = my->continued;

		if (!frame->expected)
			expect(frame);
		if (my->phase == MYSQL_GREETING && frame->header[3] != 0)
			my->phase = MYSQL_COMMANDS; /* the capture began late */
		if (!frames_body(frame, input, &piece))
			return;
		my->continued = frame->length == MYSQL_PACKET_MAX;
		if (!continued)
			on_server_packet(my, facts);
		frames_done(frame);
	}
}

/*
 * After a gap: when the client speaks again after the server, both are taken to be between
 * commands; the client's packet must then be number 0 with a command that exists.
 */
static void resynchronise(struct mysql *my)
{
	bool lost = my->client.lost || my->server.lost || my->outer[SIDE_CLIENT].lost ||
		    my->outer[SIDE_SERVER].lost;

	if (my->phase != MYSQL_COMMANDS || !lost || my->sealed)
		return;
	memset(my->outer, 0, sizeof my->outer);
	my->resynchronising = my->client.lost;
	if (my->client.lost)
		my->client = (struct frame){.lost = false};
	my->server = (struct frame){.lost = false};
	mysql_session_reset(my);
}

/* `missing` bytes of that side's packets were not seen. */
static void skip_hole(struct mysql *my, struct facts *facts, enum side from, uint64_t missing)
{
	struct frame *frame = from == SIDE_CLIENT ? &my->client : &my->server;
	struct bytes nothing = bytes_from(NULL, 0);
	struct feed none = {.from = from}; /* TLS is seen by its hello (.upgrades) */

	if (!frames_gap(frame, missing) || frame->left != 0)
		return;
	if (from == SIDE_CLIENT) /* the packet ended in the gap */
		on_client(my, facts, &none, &nothing);
	else
		on_server(my, facts, &nothing);
}

/* Bytes of packets, without the frames of compression. */
static void on_packets(struct mysql *my, struct facts *facts, struct feed *fed, struct bytes *input)
{
	if (fed->from == SIDE_SERVER)
		on_server(my, facts, input);
	else
		on_client(my, facts, fed, input);
}

static void begin_outer(struct mysql_outer *outer, struct bytes payload)
{
	struct bytes b = bytes_from(outer->header, sizeof outer->header);

	outer->left = bytes_le24(&b);
	bytes_skip(&b, 1);
	outer->said = bytes_le24(&b);
	outer->packing = PACKING_NONE;
	if (outer->said != 0) /* the first byte of a Zstandard frame; zlib's is no such one */
		outer->packing =
			payload.left != 0 && payload.at[0] == 0x28 ? PACKING_ZSTD : PACKING_DEFLATE;
	else
		outer->said = outer->left;
	outer->begun = true;
}

static void unpack(struct mysql *my, struct facts *facts, struct feed *fed, struct bytes piece)
{
	struct mysql_outer *outer = &my->outer[fed->from];
	enum unpacked result;
	struct bytes out;

	do {
		result = unpacker_next(fed, facts, (enum packing)outer->packing, &piece, &out);
		if (out.left > outer->said - outer->made) /* more than it says */
			out.left = outer->said - outer->made;
		outer->made += (uint32_t)out.left;
		on_packets(my, facts, fed, &out);
	} while (result == UNPACKED_ON);
	outer->given_up |= result >= UNPACKED_FULL;
	outer->ended = result == UNPACKED_ENDED;
}

static void end_outer(struct mysql *my, struct facts *facts, const struct feed *fed)
{
	struct mysql_outer *outer = &my->outer[fed->from];

	unpacker_end(fed);
	if (outer->made < outer->said && !outer->given_up && fed->from == SIDE_CLIENT)
		facts_lying_length(facts);
	if (outer->made < outer->said)
		skip_hole(my, facts, fed->from, outer->said - outer->made);
	*outer = (struct mysql_outer){.lost = outer->lost};
}

static void on_packed(struct mysql *my, struct facts *facts, struct feed *fed, struct bytes *input)
{
	struct mysql_outer *outer = &my->outer[fed->from];
	struct bytes piece;

	while (!outer->lost && !my->sealed && input->left != 0) {
		if (outer->have < sizeof outer->header) {
			outer->header[outer->have++] = bytes_u8(input);
			continue;
		}
		if (!outer->begun)
			begin_outer(outer, *input);
		piece = bytes_sub(input, outer->left < input->left ? outer->left : input->left);
		outer->left -= (uint32_t)piece.left;
		if (outer->packing == PACKING_NONE && !outer->given_up) {
			outer->made += (uint32_t)piece.left;
			on_packets(my, facts, fed, &piece);
		} else if (!outer->given_up && !outer->ended) {
			unpack(my, facts, fed, piece);
		}
		if (outer->left == 0)
			end_outer(my, facts, fed);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct mysql *my = state;
	struct bytes input = fed->bytes;

	if (turns_begin_round(&my->turns, fed->from))
		resynchronise(my);
	if (!my->packed)
		on_packets(my, facts, fed, &input);
	if (my->packed)
		on_packed(my, facts, fed, &input);
	fed->rest = input.left;
}

/* Of what is compressed nothing more can be read in this frame. */
static void skip_packed(struct mysql_outer *outer, uint64_t missing)
{
	outer->lost |= !outer->begun || missing == 0 || missing >= outer->left;
	outer->left -= outer->lost ? 0 : (uint32_t)missing;
	outer->given_up = true;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct mysql *my = state;

	if (!turns_begun(&my->turns))
		return; /* the capture began late: the first packets tell */
	my->holed |= my->phase != MYSQL_COMMANDS;
	if (my->packed)
		skip_packed(&my->outer[from], missing);
	else
		skip_hole(my, facts, from, missing);
}

const struct dissector mysql_dissector = {
	.name = "mysql",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct mysql),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the server's greeting of protocol 10, or its error in the place of one; the "
		      "X Protocol's frames",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = mysql_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
