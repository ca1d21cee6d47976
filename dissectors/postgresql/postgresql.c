/* SPDX-License-Identifier: ISC */
/*
 * PostgreSQL, protocol 3 (manual, chapter 55): an opening message without a type, then messages of
 * one byte type and four bytes length, each way. Queries are queued, one entry per statement and
 * one mark per round trip (Sync, or the end of a simple query), so that results are matched when
 * the client does not wait; an error drops the rest of its round trip, as in the server.
 *
 * AuthenticationOk alone does not mean "in": the server may still refuse (no such role, database,
 * too many connections). In is who gets BackendKeyData, a parameter or ReadyForQuery.
 */
#include "dissectors/dissector.h"
#include "dissectors/postgresql/postgresql_recognise.h"
#include "dissectors/postgresql/postgresql_session.h"

static const uint16_t ports[] = {5432, 6432, 5433, 0};

static const struct service services[] = {
	{
		.name = "postgresql",
		.family = FAMILY_DATABASE,
		.met = true,
		.about = "PostgreSQL database",
		.identifier = "open-postgres",
		.ports = ports,
	},
};

_Static_assert(sizeof(struct postgresql) <= DISSECTOR_STATE_MAX, "state of postgresql");

static void begin(void *state, struct facts *facts)
{
	struct postgresql *pg = state;

	pg->parsed = pg->bound = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void on_authentication(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->server.body, pg->server.kept);
	uint32_t code = bytes_be32(&b);
	const char *mechanism = NULL;

	if (b.failed || pg->login == IN)
		return;
	switch (code) {
	case 0:
		pg->passed = true;
		return;
	case 3:
		mechanism = "password";
		break;
	case 5:
		mechanism = "md5";
		break;
	case 7:
		mechanism = "GSSAPI";
		break;
	case 9:
		mechanism = "SSPI";
		break;
	case 10:
		FACTS_TEXT(facts, mechanism, b.at, strnlen((const char *)b.at, b.left));
		break;
	case 8:
	case 11:
	case 12:
		return; /* continuations */
	default:
		break;
	}
	if (mechanism)
		FACTS_TEXT(facts, mechanism, mechanism, strlen(mechanism));
	pg->login = ASKED;
	facts_set_auth(facts, AUTH_REQUIRED);
}

static void let_in(struct postgresql *pg, struct facts *facts)
{
	if (!pg->passed || pg->login == IN)
		return;
	if (pg->login == NOT_YET)
		facts_set_auth(facts, pg->holed ? AUTH_UNKNOWN : AUTH_NONE);
	else
		facts_login(facts, true);
	pg->login = IN;
}

/* Fields: a letter, text, NUL; S and V severity, C SQLSTATE, M message */
static void on_error(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->server.body, pg->server.kept);
	bool credentials = false, tried = pg->passed || pg->login != ASKED;

	while (b.left != 0 && b.at[0] != 0) {
		uint8_t field = bytes_u8(&b);

		credentials |= field == 'C' && bytes_start_with(&b, "28");
		tried |= field == 'C' && bytes_start_with(&b, "28P01");
		bytes_skip(&b, strnlen((const char *)b.at, b.left) + 1);
	}
	if (pg->login == IN || pg->midstream) {
		postgresql_queue_result(pg, facts, false);
		postgresql_queue_drop(pg);
		return;
	}
	if (credentials && tried)
		facts_login(facts, false);
	else if (pg->login != ASKED)
		facts_set_auth(facts, AUTH_UNKNOWN);
	pg->passed = false;
}

static void on_parameter(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->server.body, pg->server.kept);
	const char *name = (const char *)b.at;
	size_t name_length = strnlen(name, b.left);
	size_t length;

	if (!bytes_skip(&b, name_length + 1))
		return;
	length = strnlen((const char *)b.at, b.left);
	if (strcmp(name, "server_version") == 0)
		FACTS_TEXT(facts, version, b.at, length);
	else if (strcmp(name, "crdb_version") == 0)
		FACTS_WORD(facts, product, "CockroachDB");
	if (strcmp(name, "server_version") == 0 && length > 8 &&
	    memcmp(b.at + length - 8, "/bouncer", 8) == 0)
		FACTS_WORD(facts, product, "PgBouncer");
}

static void on_server_message(struct postgresql *pg, struct facts *facts)
{
	switch (pg->server.header[0]) {
	case 'R':
		on_authentication(pg, facts);
		break;
	case 'E':
		on_error(pg, facts);
		break;
	case 'S':
		let_in(pg, facts);
		on_parameter(pg, facts);
		break;
	case 'K':
		let_in(pg, facts);
		break;
	case 'Z':
		let_in(pg, facts);
		postgresql_queue_end_round_trip(pg);
		if (pg->client.lost)
			postgresql_queue_resynchronise(pg);
		break;
	case 'C':
	case 's':
	case 'I':
		postgresql_queue_result(pg, facts, true);
		break;
	case 'D':
	case 'd':
		facts_set_data_read(facts, ANSWER_YES);
		break;
	default:
		break;
	}
}

/* The one byte that answers SSLRequest or GSSENCRequest. */
static void on_negotiated(struct postgresql *pg, struct facts *facts, struct feed *fed,
			  uint8_t answer)
{
	pg->negotiating = false;
	facts_command_result(facts, pg->request, answer != 'N');
	pg->gss = answer == 'G';
	if (answer != 'S')
		return;
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_agree_tls(facts, fed);
	pg->sealed = true;
}

static bool expect_server(struct postgresql *pg)
{
	struct frame *frame = &pg->server;
	struct bytes b = bytes_from(frame->header, frame->have);
	uint8_t type = bytes_u8(&b);
	uint32_t length = bytes_be32(&b);

	if (length < 4 || length > POSTGRESQL_MESSAGE_MAX || type == 0 ||
	    !strchr("RSKZTDCENAI123ntsGHWdcvV", type))
		return false;
	frames_expect(frame, length - 4);
	return true;
}

/* Looks for "Z", length 5, and the state of the transaction. */
static void find_ready(struct postgresql *pg, struct bytes *input)
{
	static const uint8_t pattern[] = {'Z', 0, 0, 0, 5};

	while (input->left != 0) {
		uint8_t c = bytes_u8(input);

		if (pg->ready == sizeof pattern) {
			pg->ready = 0;
			if (c == 'I' || c == 'T' || c == 'E') {
				frames_done(&pg->server);
				postgresql_queue_resynchronise(pg);
				return;
			}
		}
		pg->ready = c == pattern[pg->ready] ? (uint8_t)(pg->ready + 1) : c == 'Z';
	}
}

/* A whole message, if there is one; the cursor stands behind it. */
static bool next_server_message(struct postgresql *pg, struct facts *facts, struct feed *fed,
				struct bytes *input)
{
	struct frame *frame = &pg->server;
	struct bytes piece;

	/* Nothing but the answer to such a request has a second byte that is not 0. */
	if (frame->have == 0 && pg->negotiating && input->left != 0 && input->at[0] != 'E') {
		on_negotiated(pg, facts, fed, bytes_u8(input));
		return !pg->sealed;
	}
	pg->negotiating = pg->negotiating && input->left == 0;
	if (!frames_header(frame, input, 5))
		return false;
	if (!frame->expected && !expect_server(pg)) {
		frame->lost = true;
		pg->ready = 0;
		return true;
	}
	if (!frames_body(frame, input, &piece))
		return false;
	if (!frame->holed)
		on_server_message(pg, facts);
	frames_done(frame);
	return true;
}

static void on_server(struct postgresql *pg, struct facts *facts, struct feed *fed,
		      struct bytes *input)
{
	bool more = true;

	if (!facts->product[0])
		FACTS_WORD(facts, product, "PostgreSQL");
	facts_set_data_read(facts, ANSWER_NO);
	while (more) {
		if (pg->server.lost)
			find_ready(pg, input);
		more = input->left != 0 && next_server_message(pg, facts, fed, input);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct postgresql *pg = state;
	struct bytes input = fed->bytes;

	if (fed->bytes.left == 0 || pg->sealed)
		return;
	if (fed->from == SIDE_SERVER) {
		on_server(pg, facts, fed, &input);
	} else if (pg->gss) {
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		facts_set_auth(facts, AUTH_UNKNOWN);
		pg->sealed = true;
	} else {
		postgresql_client_feed(pg, facts, &input);
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct postgresql *pg = state;
	struct frame *frame = from == SIDE_CLIENT ? &pg->client : &pg->server;
	struct bytes nothing = bytes_from(NULL, 0);
	struct feed none = {.from = from};

	pg->ready = 0;
	pg->holed |= pg->login != IN;
	if (facts->auth == AUTH_REQUIRED) /* the answer may have gone unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (!frames_gap(frame, missing) || frame->left != 0)
		return;
	if (from == SIDE_CLIENT) /* the message ended in the gap */
		postgresql_client_feed(pg, facts, &nothing);
	else
		next_server_message(pg, facts, &none, &nothing);
}

const struct dissector postgresql_dissector = {
	.name = "postgresql",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct postgresql),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a StartupMessage or SSLRequest, or the server's Authentication, "
		      "ErrorResponse or ReadyForQuery",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = postgresql_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
