/* SPDX-License-Identifier: ISC */
/*
 * STOMP: a command, headers "name:value", an empty line, a body that ends with a NUL (or after
 * content-length bytes and a NUL).
 *
 *	CONNECT or STOMP	login:, passcode:, accept-version:	client
 *	CONNECTED		version:, server:ActiveMQ/5.17.2	server
 *	ERROR			message:Bad CONNECT			server
 *
 * stomp.github.io/stomp-specification-1.2.html
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

static const uint16_t ports[] = {61613, 61614, 0};

static const struct service services[] = {
	{
		.name = "stomp",
		.family = FAMILY_QUEUE,
		.about = "STOMP message broker (ActiveMQ, RabbitMQ)",
		.ports = ports,
	},
};

enum place {
	AT_COMMAND,
	IN_HEADERS,
	IN_BODY,
};

struct stomp_side {
	struct line line;
	uint64_t body; /* bytes of known length to come, before the NUL */
	uint8_t place; /* enum place */
	bool lost;
	char command[16];
};

struct stomp {
	struct stomp_side side[2];
	int connect;
	bool connects, has_login, midstream, started;
};

_Static_assert(sizeof(struct stomp) <= DISSECTOR_STATE_MAX, "state of stomp");

static const char *const commands[] = {"CONNECT",     "STOMP", "SEND",	"SUBSCRIBE",
				       "UNSUBSCRIBE", "ACK",   "NACK",	"BEGIN",
				       "DISCONNECT",  "ABORT", "COMMIT"};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static bool is_command(const struct stomp_side *s, const char *text)
{
	return strcmp(s->command, text) == 0;
}

static void on_client_command(struct stomp *stomp, struct facts *facts)
{
	struct stomp_side *s = &stomp->side[SIDE_CLIENT];

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		int handle;

		if (!is_command(s, commands[i]))
			continue;
		handle = facts_command(facts, commands[i], strlen(commands[i]), 0);
		if (i >= 2)
			return;
		stomp->connects = true;
		stomp->connect = handle;
		stomp->has_login = false;
		facts_set_auth(facts, AUTH_UNKNOWN); /* until it is answered */
		return;
	}
	s->lost = true;
}

static void on_server_command(struct stomp *stomp, struct facts *facts)
{
	const struct stomp_side *s = &stomp->side[SIDE_SERVER];

	if (is_command(s, "MESSAGE")) {
		facts_set_data_read(facts, ANSWER_YES);
	} else if (is_command(s, "CONNECTED")) {
		if (stomp->connects)
			facts_command_result(facts, stomp->connect, true);
		if (stomp->connects && stomp->has_login)
			facts_login(facts, true);
		else if (stomp->connects && !stomp->midstream)
			facts_set_auth(facts, AUTH_NONE);
	} else if (!is_command(s, "RECEIPT") && !is_command(s, "ERROR")) {
		stomp->side[SIDE_SERVER].lost = true;
	}
}

/* Why the client was refused stands only in the text of the error. */
static void on_error_message(struct stomp *stomp, struct facts *facts, const struct bytes *value)
{
	static const char *const words[] = {"denied",	"refused",   "credential",
					    "password", "security",  "login",
					    "authent",	"user name", "bad connect"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!lines_contain(value, words[i]))
			continue;
		if (stomp->connects)
			facts_command_result(facts, stomp->connect, false);
		if (stomp->has_login)
			facts_login(facts, false);
		else
			facts_set_auth(facts, AUTH_REQUIRED);
		return;
	}
}

/* "RabbitMQ/3.8.9" */
static void on_server_name(struct facts *facts, struct bytes value)
{
	const uint8_t *slash = value.left ? memchr(value.at, '/', value.left) : NULL;
	size_t length = slash ? (size_t)(slash - value.at) : value.left;

	FACTS_TEXT(facts, product, value.at, length);
	if (!bytes_skip(&value, length + 1))
		return;
	value = lines_word(&value);
	FACTS_TEXT(facts, version, value.at, value.left);
}

static void on_header(struct stomp *stomp, struct facts *facts, enum side from)
{
	struct stomp_side *s = &stomp->side[from];
	struct bytes value = bytes_from(s->line.text, s->line.length), name = value;
	const uint8_t *colon = value.left ? memchr(value.at, ':', value.left) : NULL;

	if (!colon)
		return;
	name.left = (size_t)(colon - value.at);
	bytes_skip(&value, name.left + 1);
	if (lines_equal(&name, "content-length")) {
		for (s->body = 0; value.left != 0 && s->body < 1u << 30;)
			s->body = s->body * 10 + (uint64_t)(bytes_u8(&value) & 0xf);
	} else if (from == SIDE_CLIENT && lines_equal(&name, "login") && value.left != 0 &&
		   (is_command(s, "CONNECT") || is_command(s, "STOMP"))) {
		stomp->has_login = true;
		FACTS_TEXT(facts, user, value.at, value.left);
	} else if (from == SIDE_SERVER && lines_equal(&name, "server")) {
		on_server_name(facts, value);
	} else if (from == SIDE_SERVER && lines_equal(&name, "message") && is_command(s, "ERROR") &&
		   facts->auth < AUTH_NONE) {
		on_error_message(stomp, facts, &value);
	}
}

static void on_line(struct stomp *stomp, struct facts *facts, enum side from)
{
	struct stomp_side *s = &stomp->side[from];

	if (s->place == IN_HEADERS && s->line.length != 0) {
		on_header(stomp, facts, from);
	} else if (s->place == IN_HEADERS) {
		s->place = IN_BODY;
	} else if (s->line.length != 0 && s->line.length < sizeof s->command) {
		memcpy(s->command, s->line.text, s->line.length);
		s->command[s->line.length] = '\0';
		s->place = IN_HEADERS;
		s->body = 0;
		if (from == SIDE_CLIENT)
			on_client_command(stomp, facts);
		else
			on_server_command(stomp, facts);
	} else if (s->line.length != 0) {
		s->lost = true;
	}
}

/* Up to and with the NUL at the body's end. */
static void skip_body(struct stomp_side *s, struct bytes *input)
{
	size_t n = s->body < input->left ? (size_t)s->body : input->left;
	const uint8_t *end;

	bytes_skip(input, n);
	s->body -= n;
	if (s->body != 0 || input->left == 0)
		return;
	end = memchr(input->at, 0, input->left);
	bytes_skip(input, end ? (size_t)(end - input->at) + 1 : input->left);
	if (end)
		s->place = AT_COMMAND;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct stomp *stomp = state;
	struct stomp_side *s = &stomp->side[from];
	struct bytes input = fed->bytes;

	stomp->started = true;
	while (!s->lost && input.left != 0) {
		if (s->place == IN_BODY)
			skip_body(s, &input);
		else if (lines_next(&s->line, &input))
			on_line(stomp, facts, from);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct stomp *stomp = state;
	struct stomp_side *s = &stomp->side[from];

	if (!stomp->started) {
		stomp->midstream = true;
		facts_set_auth(facts, AUTH_UNKNOWN);
	} else if (s->place == IN_BODY && missing != 0 && missing <= s->body) {
		s->body -= missing;
	} else {
		s->lost = stomp->midstream = true;
	}
}

static enum recognised recognise_words(struct bytes b, const char *const *words)
{
	enum recognised result = RECOGNISED_NO;

	while (b.left != 0 && (b.at[0] == '\n' || b.at[0] == '\r')) /* heartbeats */
		bytes_skip(&b, 1);
	for (; *words; words++) {
		if (bytes_start_with(&b, *words))
			return RECOGNISED_YES;
		if (bytes_agree_with(&b, *words))
			result = RECOGNISED_MORE;
	}
	return result;
}

static enum recognised recognise(const struct opening *opening)
{
	static const char *const opens[] = {"CONNECT\n", "CONNECT\r\n", "STOMP\n", "STOMP\r\n",
					    NULL};
	static const char *const answers[] = {"CONNECTED\n", "CONNECTED\r\n", NULL};
	static const char *const errors[] = {"ERROR\n", "ERROR\r\n", NULL};
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_words(client, opens);
	enum recognised of_server = recognise_words(server, answers);

	if (of_server == RECOGNISED_NO)
		of_server = recognise_words(server, errors) == RECOGNISED_YES &&
					    of_client == RECOGNISED_YES
				    ? RECOGNISED_YES
			    : recognise_words(server, errors) == RECOGNISED_NO ? RECOGNISED_NO
									       : RECOGNISED_MORE;
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (of_server == RECOGNISED_YES)
		return client.left == 0 && !opening->one_sided ? RECOGNISED_MORE : RECOGNISED_YES;
	return of_client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

const struct dissector stomp_dissector = {
	.name = "stomp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct stomp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a CONNECT or STOMP frame, and CONNECTED or ERROR",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
