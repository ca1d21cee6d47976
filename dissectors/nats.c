/* SPDX-License-Identifier: ISC */
/*
 * NATS: lines. The server speaks first:
 *
 *	INFO {"server_id":"...","version":"2.9.10","auth_required":true,...}	server
 *	CONNECT {"user":"...","pass":"...",...}					client
 *	PUB subject [reply] bytes / MSG subject id [reply] bytes, and then the bytes
 *	SUB subject [queue] id, PING / PONG, +OK, -ERR 'Authorization Violation'
 *
 * +OK comes only if asked for ("verbose"); a PONG or a MSG shows as well that the client is in.
 * Redis knows an INFO, a PING and a PONG of other forms. docs.nats.io: Client Protocol
 */
#include "dissectors/dissector.h"
#include "dissectors/read/flat_json.h"
#include "dissectors/read/lines.h"

#define SERVER_LINE 512 /* bytes of a line that are kept */
#define CLIENT_LINE 320

static const uint16_t ports[] = {4222, 6222, 0};

static const struct service services[] = {
	{
		.name = "nats",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "NATS message broker",
		.ports = ports,
	},
};

/* A line of which much is kept; and the payload behind it. */
struct long_line {
	uint32_t payload; /* bytes to pass over before the next line */
	uint16_t length;
	bool complete, lost;
};

struct nats {
	struct long_line side[2];
	int connect, subscribe;
	bool connects, subscribes;
	bool has_credentials, logged_in, asked, midstream, started;
	char server_text[SERVER_LINE];
	char client_text[CLIENT_LINE];
};

_Static_assert(sizeof(struct nats) <= DISSECTOR_STATE_MAX, "state of nats");

static void let_in(struct nats *nats, struct facts *facts)
{
	if (nats->connects)
		facts_command_result(facts, nats->connect, true);
	if (nats->logged_in || nats->midstream)
		return;
	if (nats->has_credentials && nats->asked) {
		nats->logged_in = true;
		facts_login(facts, true);
	} else {
		facts_set_auth(facts, AUTH_NONE);
	}
}

static void on_info(struct nats *nats, struct facts *facts, struct feed *fed, struct bytes line)
{
	struct bytes version = flat_json_value(line, "version");

	FACTS_WORD(facts, product, "NATS");
	if (version.left != 0)
		FACTS_TEXT(facts, version, version.at, version.left);
	if (flat_json_true(line, "auth_required")) {
		nats->asked = true;
		if (facts->auth == AUTH_NA)
			facts_set_auth(facts, AUTH_REQUIRED);
	}
	if (flat_json_true(line, "tls_required") && !nats->connects)
		fed->next = FEED_TLS; /* as far as it goes: the client may not */
}

static void on_error(struct nats *nats, struct facts *facts, struct bytes line)
{
	if (lines_contain(&line, "authorization violation") ||
	    lines_contain(&line, "authentication expired") ||
	    lines_contain(&line, "user authentication")) {
		if (nats->has_credentials)
			facts_login(facts, false);
		else
			facts_set_auth(facts, AUTH_REQUIRED);
		if (nats->connects)
			facts_command_result(facts, nats->connect, false);
	} else if (lines_contain(&line, "permissions violation for subscription")) {
		let_in(nats, facts);
		if (nats->subscribes)
			facts_command_result(facts, nats->subscribe, false);
	}
}

/* The last word of the line: how many bytes follow, and a line's end. */
static void expect_payload(struct long_line *l, struct bytes line)
{
	struct bytes word = lines_word(&line), last = word;
	uint32_t value = 0;

	while ((word = lines_word(&line)).left != 0)
		last = word;
	for (; last.left != 0 && last.at[0] >= '0' && last.at[0] <= '9' && value < 100000000;)
		value = value * 10 + (uint32_t)(bytes_u8(&last) - '0');
	if (last.left != 0)
		l->lost = true;
	else
		l->payload = value + 2;
}

static void on_server(struct nats *nats, struct facts *facts, struct feed *fed, struct bytes line)
{
	struct bytes rest = line, word = lines_word(&rest);

	if (lines_equal(&word, "INFO")) {
		on_info(nats, facts, fed, rest);
	} else if (lines_equal(&word, "+OK") || lines_equal(&word, "PONG")) {
		let_in(nats, facts);
	} else if (lines_equal(&word, "-ERR")) {
		on_error(nats, facts, rest);
	} else if (lines_equal(&word, "MSG") || lines_equal(&word, "HMSG")) {
		let_in(nats, facts);
		facts_set_data_read(facts, ANSWER_YES);
		if (nats->subscribes)
			facts_command_result(facts, nats->subscribe, true);
		expect_payload(&nats->side[SIDE_SERVER], line);
	} else if (!lines_equal(&word, "PING") && word.left != 0) {
		nats->side[SIDE_SERVER].lost = true;
	}
}

static void on_connect(struct nats *nats, struct facts *facts, struct bytes json)
{
	static const char *const keys[] = {"pass", "auth_token", "jwt", "sig", "nkey"};
	struct bytes user = flat_json_value(json, "user");

	nats->connects = true;
	nats->has_credentials = user.left != 0;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		nats->has_credentials |= flat_json_value(json, keys[i]).left != 0;
	if (user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* Publishing to these subjects is how a stream of records is deleted. */
static unsigned flags_of(struct bytes subject)
{
	return lines_start_with(&subject, "$JS.API.STREAM.DELETE.") ||
			       lines_start_with(&subject, "$JS.API.STREAM.PURGE.")
		       ? COMMAND_DESTRUCTIVE
		       : 0;
}

static void on_client(struct nats *nats, struct facts *facts, struct bytes line)
{
	static const char *const known[] = {"CONNECT", "SUB", "PUB", "HPUB", "UNSUB", "PING"};
	struct bytes rest = line, word = lines_word(&rest), subject;
	char text[FACTS_COMMAND_TEXT];
	int handle = -1;
	size_t length, i;

	for (i = 0; i < sizeof known / sizeof *known && !lines_equal(&word, known[i]); i++)
		;
	if (i == sizeof known / sizeof *known) {
		nats->side[SIDE_CLIENT].lost =
			word.left != 0 && !lines_equal(&word, "PONG") && !lines_equal(&word, "+OK");
		return;
	}
	subject = lines_word(&(struct bytes){rest.at, rest.left, rest.failed, NULL});
	length = lines_upper(text, sizeof text, &word);
	if (i >= 2 && i <= 3 && flags_of(subject)) {
		length = subject.left < sizeof text ? subject.left : sizeof text - 1;
		memcpy(text, subject.at, length);
		facts_command(facts, text, length, COMMAND_DESTRUCTIVE);
	} else {
		handle = facts_command(facts, text, length, 0);
	}
	if (i == 0) {
		nats->connect = handle;
		on_connect(nats, facts, rest);
	} else if (i == 1) {
		nats->subscribe = handle;
		nats->subscribes = true;
	} else if (i <= 3) {
		expect_payload(&nats->side[SIDE_CLIENT], line);
	}
}

/* True when there is a whole line in `text`. */
static bool take_line(struct long_line *l, char *text, size_t size, struct bytes *input)
{
	size_t n = l->payload < input->left ? l->payload : input->left;

	bytes_skip(input, n);
	l->payload -= (uint32_t)n;
	if (l->complete) {
		l->complete = false;
		l->length = 0;
	}
	if (l->length == 0 && !crowd_begin(input, 1))
		return false;
	while (input->left != 0) {
		uint8_t c = bytes_u8(input);

		if (c == '\n') {
			l->complete = true;
			if (l->length != 0 && text[l->length - 1] == '\r')
				l->length--;
			return true;
		}
		if (l->length < size)
			text[l->length++] = (char)c;
	}
	return false;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct nats *nats = state;
	struct long_line *l = &nats->side[from];
	char *text = from == SIDE_SERVER ? nats->server_text : nats->client_text;
	size_t size = from == SIDE_SERVER ? SERVER_LINE : CLIENT_LINE;
	struct bytes input = fed->bytes;

	nats->started = true;
	while (!l->lost && fed->next == FEED_ON && take_line(l, text, size, &input)) {
		if (from == SIDE_SERVER)
			on_server(nats, facts, fed, bytes_from(text, l->length));
		else
			on_client(nats, facts, bytes_from(text, l->length));
		memset(text, 0, l->length); /* it may have been a password */
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nats *nats = state;
	struct long_line *l = &nats->side[from];

	if (!nats->started) {
		nats->midstream = true; /* a log-in may have gone unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
	} else if (missing != 0 && missing <= l->payload) {
		l->payload -= (uint32_t)missing;
	} else {
		l->lost = true;
		nats->midstream |= !nats->logged_in;
	}
}

/* "PUB subject 5": words, and a number at the end of the line. */
static bool is_counted(struct bytes b, const char *command)
{
	struct line line = {.length = 0};
	struct bytes rest, word, last;

	if (!lines_next(&line, &b))
		return false;
	rest = bytes_from(line.text, line.length);
	word = last = lines_word(&rest);
	if (!lines_equal(&word, command) || rest.left < 3)
		return false;
	while ((word = lines_word(&rest)).left != 0)
		last = word;
	for (; last.left != 0 && last.at[0] >= '0' && last.at[0] <= '9'; bytes_skip(&last, 1))
		;
	return last.left == 0;
}

static enum recognised recognise_later(struct bytes client, struct bytes server)
{
	if (is_counted(server, "MSG") || is_counted(server, "HMSG"))
		return RECOGNISED_YES;
	if (is_counted(client, "PUB") && (server.left == 0 || server.at[0] == '+'))
		return RECOGNISED_YES;
	if (bytes_start_with(&server, "PING\r\n") && bytes_start_with(&client, "PONG\r\n"))
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}

/* What a CONNECT may be answered with, as far as the bytes go. */
static enum recognised recognise_answer(struct bytes server)
{
	static const char *const answers[] = {"+OK\r\n", "PONG\r\n", "-ERR '"};
	enum recognised result = RECOGNISED_NO;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		if (bytes_start_with(&server, answers[i]))
			return RECOGNISED_YES;
		if (bytes_agree_with(&server, answers[i]))
			result = RECOGNISED_MORE;
	}
	return result;
}

static enum recognised recognise(const struct opening *opening)
{
	static const char greeting[] = "INFO {\"", request[] = "CONNECT {";
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (bytes_start_with(&server, greeting))
		return RECOGNISED_YES;
	if (server.left != 0 && bytes_agree_with(&server, greeting))
		return RECOGNISED_MORE;
	if (opening->midstream && recognise_later(client, server) == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (bytes_start_with(&client, request)) /* its greeting was not seen */
		return server.left != 0	    ? recognise_answer(server)
		       : opening->one_sided ? RECOGNISED_YES
					    : RECOGNISED_MORE;
	return server.left == 0 || opening->midstream ? RECOGNISED_MORE : RECOGNISED_NO;
}

const struct dissector nats_dissector = {
	.name = "nats",
	.transports = OVER_TCP,
	.state_size = sizeof(struct nats),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "INFO with JSON from the server, or CONNECT and PING with their answers",
	.crowded = CROWDED_LINES,
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
