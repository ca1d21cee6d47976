/* SPDX-License-Identifier: ISC */
/*
 * TLS 1.0 to 1.3 and SSL 3 (RFC 8446, RFC 5246, RFC 6101): what stays in clear, that is the
 * client's hello, negotiated version, the server's certificate and its choice by ALPN (both not
 * with 1.3) and the alerts before encryption begins. Takes over from another dissector after
 * STARTTLS; then the service stays what it is.
 *
 * Two layers of framing on each side: records, and handshake messages that may span records or
 * share one. Nothing is buffered but what one step of a walker looks at. Everything after
 * ChangeCipherSpec, after a gap, or after a record that makes no sense is ignored.
 */
#include "dissectors/dissector.h"
#include "dissectors/tls/tls_certificate.h"
#include "dissectors/tls/tls_client.h"
#include "dissectors/tls/tls_heartbeat.h"
#include "dissectors/tls/tls_recognise.h"
#include "dissectors/tls/tls_services.h"

/* An encrypted record that may end a handshake: no alert is that long. */
#define FINISHED_MIN 32 /* bytes */

enum {
	EXTENSION_ALPN = 16,
	EXTENSION_SUPPORTED_VERSIONS = 43,
};

enum step {
	STEP_FIXED,	 /* version, random, length of the session id */
	STEP_CHOICE,	 /* cipher suite, compression method */
	STEP_EXTENSIONS, /* length of all */
	STEP_EXTENSION,	 /* type, length */
	STEP_NAME,	 /* ALPN: the one that is chosen, in a list of one */
	STEP_VERSION,
	STEP_CERTIFICATES, /* client: length of the list */
	STEP_DONE,
};

enum client_certificate {
	CERTIFICATE_UNSEEN,
	CERTIFICATE_EMPTY,
	CERTIFICATE_SENT,
};

struct tls_side {
	uint8_t record[5], record_have;
	uint8_t message[4], message_have;
	uint8_t alert[2], alert_have;
	uint8_t message_type;
	bool deaf; /* encrypted, or lost: nothing more to read */
	bool lost; /* nor are there records to be followed */
	bool spoke;
	bool finished; /* an encrypted record has come that may have ended the handshake */
	uint16_t record_left;
	uint16_t extension_left; /* bytes of the current extension that were not collected */
	uint32_t message_left;
	struct walker walker;
};

struct tls {
	struct tls_side side[2];
	struct tls_client client;
	struct tls_certificate certificate;
	bool answered; /* there was a ServerHello */
	bool told;     /* what is inside is known, or will not be */
	struct tls_heartbeat heartbeat;
	bool upgraded; /* taken over from another protocol: its service and log-in count */
	bool certificate_requested;
	uint8_t client_certificate; /* enum client_certificate */
};

static void set_version(struct facts *facts, uint16_t version)
{
	static const char *const names[] = {"ssl3", "1.0", "1.1", "1.2", "1.3"};
	unsigned minor = version & 0xff;

	if (version >> 8 == 3 && minor < sizeof names / sizeof *names)
		FACTS_TEXT(facts, tls_version, names[minor], strlen(names[minor]));
	else if (version >> 8 == 0x7f) /* drafts of 1.3 */
		FACTS_TEXT(facts, tls_version, names[4], strlen(names[4]));
}

static void take_extension(struct walker *w, struct tls_side *side)
{
	struct bytes b = walker_bytes(w);
	uint16_t type = bytes_be16(&b);
	uint16_t length = bytes_be16(&b);
	size_t wanted = 0;

	if (type == EXTENSION_ALPN)
		wanted = length < WALKER_SCRATCH ? length : WALKER_SCRATCH;
	else if (type == EXTENSION_SUPPORTED_VERSIONS && length == 2)
		wanted = 2;
	side->extension_left = (uint16_t)(length - wanted);
	if (wanted == 0)
		walker_ask(w, STEP_EXTENSION, length, 4);
	else
		walker_ask(w, type == EXTENSION_ALPN ? STEP_NAME : STEP_VERSION, 0, wanted);
}

/* The server's choice (RFC 7301 section 3.1), which TLS 1.3 encrypts. */
static void take_choice(struct tls *tls, struct facts *facts, struct bytes b)
{
	struct bytes name;
	uint8_t service;

	bytes_skip(&b, 2);
	name = bytes_sub(&b, bytes_u8(&b));
	if (name.failed || name.left == 0 || tls->upgraded)
		return;
	service = tls_service(name);
	tls->told = true;
	FACTS_TEXT(facts, tls_protocol, name.at, name.left);
	if (service != 0)
		facts_set_service(facts, &tls_services[service]);
}

/* Of a ServerHello. */
static void take_step(struct tls *tls, struct facts *facts)
{
	struct tls_side *side = &tls->side[SIDE_SERVER];
	struct walker *w = &side->walker;
	struct bytes b = walker_bytes(w);

	switch (w->step) {
	case STEP_FIXED:
		set_version(facts, bytes_be16(&b));
		walker_ask(w, STEP_CHOICE, w->scratch[34], 3);
		break;
	case STEP_CHOICE:
		walker_ask(w, STEP_EXTENSIONS, 0, 2);
		break;
	case STEP_EXTENSIONS:
		walker_ask(w, STEP_EXTENSION, 0, 4);
		break;
	case STEP_EXTENSION:
		take_extension(w, side);
		break;
	case STEP_NAME:
		take_choice(tls, facts, b);
		walker_ask(w, STEP_EXTENSION, side->extension_left, 4);
		break;
	case STEP_VERSION:
		set_version(facts, bytes_be16(&b));
		walker_ask(w, STEP_EXTENSION, 0, 4);
		break;
	default:
		w->step = STEP_DONE;
		break;
	}
}

/* Does the client send one? */
static void take_certificates(struct tls *tls, struct walker *w)
{
	struct bytes b = walker_bytes(w);

	tls->client_certificate = bytes_be24(&b) == 0 ? CERTIFICATE_EMPTY : CERTIFICATE_SENT;
	w->step = STEP_DONE;
}

static void message_begin(struct tls *tls, enum side from)
{
	struct tls_side *side = &tls->side[from];
	struct walker *w = &side->walker;

	w->step = STEP_DONE;
	if (from == SIDE_CLIENT) {
		if (side->message_type == TLS_CLIENT_HELLO)
			tls_client_begin(&tls->client, w);
		else if (side->message_type == TLS_CERTIFICATE)
			walker_ask(w, STEP_CERTIFICATES, 0, 3);
		return;
	}
	if (side->message_type == TLS_SERVER_HELLO)
		walker_ask(w, STEP_FIXED, 0, 35);
	else if (side->message_type == TLS_CERTIFICATE)
		tls_certificate_begin(&tls->certificate, w, tls->client.named);
	else if (side->message_type == TLS_CERTIFICATE_REQUEST)
		tls->certificate_requested = true;
}

/* A piece of the body of the current handshake message. */
static void message_feed(struct tls *tls, struct facts *facts, enum side from, struct bytes body)
{
	struct tls_side *side = &tls->side[from];
	struct walker *w = &side->walker;

	if (side->message_type == TLS_CERTIFICATE && from == SIDE_SERVER) {
		tls_certificate_feed(&tls->certificate, w, facts, body);
	} else if (side->message_type == TLS_CLIENT_HELLO && from == SIDE_CLIENT) {
		tls_client_feed(&tls->client, w, facts, body);
	} else {
		while (w->step != STEP_DONE && walker_take(w, &body)) {
			if (from == SIDE_CLIENT)
				take_certificates(tls, w);
			else
				take_step(tls, facts);
		}
	}
}

static void message_end(struct tls *tls, struct facts *facts, enum side from)
{
	struct tls_side *side = &tls->side[from];

	side->message_have = 0;
	if (from == SIDE_CLIENT && side->message_type == TLS_CLIENT_HELLO)
		tls_client_end(&tls->client, facts);
	if (from == SIDE_SERVER && side->message_type == TLS_SERVER_HELLO) {
		tls->answered = true;
		/* Up to TLS 1.2 it would have been seen here. */
		tls->told |= strcmp(facts->tls_version, "1.3") != 0;
	}
}

static void handshake_feed(struct tls *tls, struct facts *facts, enum side from, struct bytes data)
{
	struct tls_side *side = &tls->side[from];

	while (data.left != 0) {
		size_t n;

		if (side->message_have < sizeof side->message) {
			struct bytes header;

			side->message[side->message_have++] = bytes_u8(&data);
			if (side->message_have < sizeof side->message)
				continue;
			header = bytes_from(side->message, sizeof side->message);
			side->message_type = bytes_u8(&header);
			side->message_left = bytes_be24(&header);
			message_begin(tls, from);
		}
		n = side->message_left < data.left ? side->message_left : data.left;
		message_feed(tls, facts, from, bytes_sub(&data, n));
		side->message_left -= (uint32_t)n;
		if (side->message_left == 0)
			message_end(tls, facts, from);
	}
}

/*
 * RFC 5246 section 7.2.2: the alerts by which a server turns a client away whose certificate is
 * missing or no good. With 1.3 they are encrypted.
 */
static bool is_about_certificate(uint8_t description)
{
	return (description >= 40 && description <= 49) || description == 116;
}

static void alert_feed(struct tls *tls, struct facts *facts, enum side from, struct bytes data)
{
	struct tls_side *side = &tls->side[from];

	while (data.left != 0 && side->alert_have < sizeof side->alert)
		side->alert[side->alert_have++] = bytes_u8(&data);
	if (side->alert_have < sizeof side->alert)
		return;
	side->alert_have = 0;
	if (from == SIDE_CLIENT || side->alert[0] != 2 || tls->upgraded ||
	    !tls->certificate_requested || !is_about_certificate(side->alert[1]))
		return;
	side->deaf = true;
	if (tls->client_certificate == CERTIFICATE_SENT)
		facts_login(facts, false);
	else
		facts_set_auth(facts, AUTH_REQUIRED);
}

/* Takes the next byte of a record's header; false when the header makes no sense. */
static bool header_feed(struct tls_side *side, uint8_t byte)
{
	struct bytes header;
	uint8_t type;

	side->record[side->record_have++] = byte;
	if (side->record_have < sizeof side->record)
		return true;
	header = bytes_from(side->record, sizeof side->record);
	type = bytes_u8(&header);
	if (type < TLS_CHANGE_CIPHER_SPEC || type > TLS_HEARTBEAT || bytes_u8(&header) != 3)
		return false;
	bytes_skip(&header, 1);
	side->record_left = bytes_be16(&header);
	if (side->record_left > TLS_RECORD_MAX)
		return false;
	if (side->record_left == 0)
		side->record_have = 0;
	return true;
}

static void heartbeat_feed(struct tls *tls, struct facts *facts, enum side from, struct bytes data)
{
	const struct tls_side *side = &tls->side[from];

	tls_heartbeat_feed(&tls->heartbeat, facts, from, data,
			   (uint16_t)(side->record[3] << 8 | side->record[4]), side->record_left);
}

static void record_feed(struct tls *tls, struct facts *facts, enum side from, struct bytes data)
{
	struct tls_side *side = &tls->side[from];

	switch (side->record[0]) {
	case TLS_HANDSHAKE:
		handshake_feed(tls, facts, from, data);
		break;
	case TLS_ALERT:
		alert_feed(tls, facts, from, data);
		break;
	case TLS_HEARTBEAT:
		heartbeat_feed(tls, facts, from, data);
		break;
	default: /* ChangeCipherSpec, application data: from here on all is encrypted */
		side->deaf = true;
		break;
	}
}

/* What had not happened before the encryption may happen within. */
static void hide_log_in(struct facts *facts)
{
	if (facts->auth == AUTH_NA || facts->auth == AUTH_REQUIRED)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (facts->data_read == ANSWER_NO)
		facts_set_data_read(facts, ANSWER_UNKNOWN);
}

static void tls_begin(void *state, struct facts *facts)
{
	struct tls *tls = state;

	tls->upgraded = facts->service != NULL;
	if (tls->upgraded) {
		facts_set_encryption(facts, ENCRYPTION_STARTTLS);
		hide_log_in(facts);
		return;
	}
	facts_set_service(facts, &tls_services[0]);
}

/* A hello without an answer was perhaps sent to a server of plain text. */
static void prove(const struct tls *tls, struct facts *facts, enum side from)
{
	const struct tls_side *side = &tls->side[from];

	if (!tls->upgraded && !side->deaf && side->record_have == sizeof side->record &&
	    (from == SIDE_SERVER || side->record[0] != TLS_HANDSHAKE))
		facts_set_encryption(facts, ENCRYPTION_TLS);
}

/*
 * With TLS 1.3 the server's choice is hidden. What the client alone offered, one thing and nothing
 * else, is what it wants; a server that does not have it ends the handshake (RFC 7301 section 3.2),
 * or has never heard of ALPN. So behind a handshake that both sides finished it is told, as the
 * client's word.
 */
static void judge_offer(struct tls *tls, struct facts *facts)
{
	const struct tls_client *client = &tls->client;

	if (tls->told || !tls->answered || !tls->side[SIDE_CLIENT].finished ||
	    !tls->side[SIDE_SERVER].finished)
		return;
	tls->told = true;
	if (tls->upgraded || client->offered == 0 || client->mixed)
		return;
	facts->offered = true;
	facts_set_service(facts, &tls_services[client->offered]);
}

/* Records whose contents are encrypted are only counted, until that is judged. */
static void pass_record(struct tls *tls, struct facts *facts, enum side from)
{
	struct tls_side *side = &tls->side[from];

	side->finished |=
		side->record[0] == TLS_APPLICATION_DATA && side->record_left >= FINISHED_MIN;
	judge_offer(tls, facts);
}

static bool is_followed(const struct tls *tls, const struct tls_side *side)
{
	return !side->deaf || (!side->lost && !tls->told && tls->client.offered != 0);
}

static void tls_feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct tls *tls = state;
	struct tls_side *side = &tls->side[from];
	struct bytes data = fed->bytes;

	side->spoke |= data.left != 0;
	while (data.left != 0 && is_followed(tls, side)) {
		struct bytes piece;
		size_t n;

		if (side->record_have < sizeof side->record) {
			side->lost = !header_feed(side, bytes_u8(&data));
			side->deaf |= side->lost;
			prove(tls, facts, from);
			if (side->record_have == sizeof side->record)
				pass_record(tls, facts, from);
			continue;
		}
		n = side->record_left < data.left ? side->record_left : data.left;
		piece = bytes_sub(&data, n);
		if (!side->deaf)
			record_feed(tls, facts, from, piece);
		side->record_left = (uint16_t)(side->record_left - n);
		if (side->record_left == 0)
			side->record_have = 0;
	}
}

static void tls_gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct tls *tls = state;

	(void)missing;
	tls->side[from].deaf = tls->side[from].lost = true;
	/* Begun late: the recogniser saw records that are more than a hello. */
	if (!tls->upgraded && facts->encryption == ENCRYPTION_UNKNOWN)
		facts_set_encryption(facts, ENCRYPTION_TLS);
}

/* Of a conversation of which only the client's half was seen, its word is all that there is. */
static void tls_end(void *state, struct facts *facts)
{
	struct tls *tls = state;
	const struct tls_side *server = &tls->side[SIDE_SERVER];

	if (server->spoke || server->lost || !tls->side[SIDE_CLIENT].finished)
		return;
	tls->answered = tls->side[SIDE_SERVER].finished = true;
	judge_offer(tls, facts);
}

const struct dissector tls_dissector = {
	.name = "tls",
	.transports = OVER_TCP,
	.state_size = sizeof(struct tls),
	.service_count = TLS_SERVICE_COUNT,
	.services = tls_services,
	.recognised =
		"the server's or client's first handshake record or alert, whole and consistent",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DATA | READS_ENCRYPTION |
		 READS_HOST | READS_TLS,
	.recognise = tls_recognise,
	.begin = tls_begin,
	.feed = tls_feed,
	.gap = tls_gap,
	.end = tls_end,
};
