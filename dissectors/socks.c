/* SPDX-License-Identifier: ISC */
/*
 * SOCKS proxies, versions 5 (RFC 1928, 1929) and 4 with 4a.
 *
 *	C 05 n methods			S 05 method (00 none, 02 password, ff none of these)
 *	C 01 n user n password		S 01 status (0: let in)
 *	C 05 command 00 type address port	S 05 reply 00 type address port
 *
 *	C 04 command port:2 address:4 user 00 [host 00]		S 00 5a..5d port:2 address:4
 *
 * What follows is somebody else's conversation, and is not looked at.
 */
#include <stdio.h>

#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"

#define METHODS_MAX 16
#define NO_METHOD   0xff

static const uint16_t ports[] = {1080, 0};

static const struct service services[] = {
	{
		.name = "socks",
		.family = FAMILY_INFRASTRUCTURE,
		.met = true,
		.about = "SOCKS proxy",
		.identifier = "open-socks",
		.ports = ports,
	},
};

enum step {
	HEAD,
	METHODS,
	NEXT,
	USER,
	PASSWORD,
	ADDRESS,
	HOST,
	REQUEST_4,
	USER_4,
	HOST_4,
	DONE,
};

struct socks {
	struct walker client, server;
	int handle;
	uint16_t port;
	uint8_t text_length;
	bool version_4, named, spoken;
	char text[72]; /* a user's or a host's name */
};

_Static_assert(sizeof(struct socks) <= DISSECTOR_STATE_MAX, "state of socks");

static bool is_method(uint8_t method)
{
	return method <= 9 || (method >= 0x80 && method != NO_METHOD);
}

/* "05 n methods", each once; `methods` gets them. */
static enum recognised take_methods(struct bytes *b, struct bytes *methods)
{
	uint8_t n;

	bytes_skip(b, 1);
	n = bytes_u8(b);
	if (b->failed)
		return RECOGNISED_MORE;
	if (n == 0 || n > METHODS_MAX)
		return RECOGNISED_NO;
	for (size_t i = 0; i < n && i < b->left; i++) {
		if (!is_method(b->at[i]) || memchr(b->at, b->at[i], i) != NULL)
			return RECOGNISED_NO;
	}
	*methods = bytes_sub(b, n);
	return b->failed ? RECOGNISED_MORE : RECOGNISED_YES;
}

/* A request, which is all that tells a client alone. */
static enum recognised recognise_request(struct bytes b)
{
	uint8_t type;

	if (b.left < 5)
		return RECOGNISED_MORE;
	type = b.at[3];
	if (b.at[0] != 5 || b.at[1] == 0 || b.at[1] > 3 || b.at[2] != 0)
		return RECOGNISED_NO;
	return (type == 1 && b.left == 10) || (type == 3 && b.left == b.at[4] + 7u) ||
			       (type == 4 && b.left == 22)
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static bool may_follow(struct bytes b)
{
	return b.left == 0 || b.at[0] == 5 || b.at[0] == 1;
}

static enum recognised recognise_5(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	struct bytes methods = {.left = 0};
	enum recognised result = take_methods(&client, &methods);
	uint8_t chosen;

	if (result != RECOGNISED_YES)
		return server.left != 0 && result == RECOGNISED_MORE ? RECOGNISED_NO : result;
	if (server.left == 0)
		return opening->one_sided ? recognise_request(client) : RECOGNISED_MORE;
	if (bytes_u8(&server) != 5)
		return RECOGNISED_NO;
	chosen = bytes_u8(&server);
	if (server.failed)
		return RECOGNISED_MORE;
	/* What follows has a version of its own: of a request, or of a log-in. */
	if (!may_follow(client) || !may_follow(server))
		return RECOGNISED_NO;
	return chosen == NO_METHOD || memchr(methods.at, chosen, methods.left) != NULL
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_4(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool named;
	size_t at = 8;

	if (client.left < 9)
		return server.left != 0 ? RECOGNISED_NO : RECOGNISED_MORE;
	if (client.at[1] != 1 && client.at[1] != 2)
		return RECOGNISED_NO;
	named = client.at[4] == 0 && client.at[5] == 0 && client.at[6] == 0 && client.at[7] != 0;
	for (int names = named ? 2 : 1; names > 0 && at < client.left; at++) {
		if (client.at[at] == 0)
			names--;
		else if (client.at[at] < 0x21 || client.at[at] > 0x7e)
			return RECOGNISED_NO;
	}
	if (client.at[at - 1] != 0 || server.left == 0)
		return RECOGNISED_MORE;
	if (server.at[0] != 0 || (server.left > 1 && (server.at[1] < 0x5a || server.at[1] > 0x5d)))
		return RECOGNISED_NO;
	return server.left >= 8 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	const struct bytes *client = &opening->side[SIDE_CLIENT];

	if (client->left == 0) /* the proxy never speaks first, and what it says is too little */
		return opening->side[SIDE_SERVER].left != 0 && !opening->one_sided
			       ? RECOGNISED_NO
			       : RECOGNISED_MORE;
	return client->at[0] == 5   ? recognise_5(opening)
	       : client->at[0] == 4 ? recognise_4(opening)
				    : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	struct socks *socks = state;

	socks->handle = -1;
	walker_ask(&socks->client, HEAD, 0, 2);
	walker_ask(&socks->server, HEAD, 0, 2);
	facts_begin(facts, &services[0]);
}

static void on_request(struct socks *socks, struct facts *facts, uint8_t number)
{
	static const char *const names[] = {"", "CONNECT", "BIND", "UDP ASSOCIATE"};
	const char *name = number < 4 ? names[number] : "";

	if (*name != '\0')
		socks->handle = facts_command(facts, name, strlen(name), 0);
}

static void on_target(struct socks *socks, struct facts *facts, uint16_t port)
{
	char target[sizeof facts->host];
	int length = snprintf(target, sizeof target, "%.*s:%u", (int)socks->text_length,
			      socks->text, port);

	FACTS_TEXT(facts, host, target,
		   (size_t)length < sizeof target ? (size_t)length : sizeof target - 1);
}

static void set_address_4(struct socks *socks, const uint8_t *p)
{
	int length =
		snprintf(socks->text, sizeof socks->text, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);

	socks->text_length = (uint8_t)length;
}

static void set_text(struct socks *socks, const struct bytes *b)
{
	socks->text_length = (uint8_t)(b->left < sizeof socks->text ? b->left : sizeof socks->text);
	if (socks->text_length != 0)
		memcpy(socks->text, b->at, socks->text_length);
}

/* A name of version 4, byte by byte up to its end. */
static void take_name_4(struct socks *socks, struct facts *facts, uint8_t c, enum step step)
{
	if (c != 0) {
		if (socks->text_length < sizeof socks->text)
			socks->text[socks->text_length++] = (char)c;
		walker_ask(&socks->client, (uint8_t)step, 0, 1);
		return;
	}
	if (step == HOST_4) {
		on_target(socks, facts, socks->port);
	} else if (socks->text_length != 0) {
		FACTS_TEXT(facts, user, socks->text, socks->text_length);
	}
	socks->text_length = 0;
	walker_ask(&socks->client, step == USER_4 && socks->named ? HOST_4 : DONE, 0, 1);
}

static void on_request_4(struct socks *socks, struct facts *facts, struct bytes b)
{
	socks->port = bytes_be16(&b);
	socks->named = b.at[0] == 0 && b.at[1] == 0 && b.at[2] == 0 && b.at[3] != 0;
	if (!socks->named) {
		set_address_4(socks, b.at);
		on_target(socks, facts, socks->port);
	}
	socks->text_length = 0;
	walker_ask(&socks->client, USER_4, 0, 1);
}

/* "05 command 00 type", and the first byte of the address */
static void on_address(struct socks *socks, uint8_t type, uint8_t first)
{
	struct walker *w = &socks->client;

	if (type == 3)
		walker_ask(w, HOST, 0, first + 2u < WALKER_SCRATCH ? first + 2u : 1);
	else
		walker_ask(w, type == 1 ? ADDRESS : DONE, 0, 5);
	socks->text[0] = (char)first; /* of an address */
}

static void on_next(struct socks *socks, struct facts *facts, const uint8_t *p)
{
	struct walker *w = &socks->client;

	if (p[0] == 1) {
		walker_ask(w, USER, 0, p[1] + 1u);
	} else if (p[0] == 5) {
		on_request(socks, facts, p[1]);
		walker_ask(w, REQUEST_4, 0, 3); /* the rest of it: reserved, type, a byte */
	} else {
		walker_ask(w, DONE, 0, 1);
	}
}

static void on_client(struct socks *socks, struct facts *facts)
{
	struct walker *w = &socks->client;
	struct bytes b = walker_bytes(w);
	uint8_t address[4];

	switch ((enum step)w->step) {
	case HEAD:
		socks->version_4 = b.at[0] == 4;
		if (socks->version_4) {
			on_request(socks, facts, b.at[1]);
			walker_ask(w, METHODS, 0, 6);
		} else {
			walker_ask(w, NEXT, b.at[1], 2);
		}
		break;
	case METHODS: /* version 4 has none: its port and address */
		on_request_4(socks, facts, b);
		break;
	case NEXT:
		on_next(socks, facts, b.at);
		break;
	case USER: /* and the length of the password, which is passed over */
		FACTS_TEXT(facts, user, b.at, b.left - 1);
		FACTS_WORD(facts, mechanism, "PASSWORD");
		walker_ask(w, NEXT, b.at[b.left - 1], 2);
		break;
	case REQUEST_4:
		on_address(socks, b.at[1], b.at[2]);
		break;
	case ADDRESS:
		address[0] = (uint8_t)socks->text[0];
		memcpy(address + 1, b.at, 3);
		set_address_4(socks, address);
		bytes_skip(&b, 3);
		on_target(socks, facts, bytes_be16(&b));
		walker_ask(w, DONE, 0, 1);
		break;
	case HOST:
		if (b.left > 2) {
			struct bytes name = bytes_sub(&b, b.left - 2);

			set_text(socks, &name);
			on_target(socks, facts, bytes_be16(&b));
		}
		walker_ask(w, DONE, 0, 1);
		break;
	case USER_4:
	case HOST_4:
		take_name_4(socks, facts, b.at[0], (enum step)w->step);
		break;
	case PASSWORD:
	case DONE:
		walker_ask(w, DONE, 0, 1);
		break;
	}
}

static void on_choice(struct facts *facts, uint8_t method)
{
	if (method == 0)
		facts_set_auth(facts, AUTH_NONE);
	else
		facts_set_auth(facts, AUTH_REQUIRED);
}

static void on_server(struct socks *socks, struct facts *facts)
{
	struct walker *w = &socks->server;
	const uint8_t *p = w->scratch;
	enum step next = DONE;

	if (w->step == HEAD && socks->version_4) {
		facts_command_result(facts, socks->handle, p[1] == 0x5a);
		if (p[1] == 0x5a)
			facts_set_auth(facts, AUTH_NONE);
		else if (p[1] == 0x5d) /* not the user that it asked for */
			facts_login(facts, false);
	} else if (w->step == HEAD) {
		on_choice(facts, p[1]);
		next = NEXT;
	} else if (w->step == NEXT && p[0] == 1) {
		facts_login(facts, p[1] == 0);
		next = NEXT;
	} else if (w->step == NEXT && p[0] == 5) {
		facts_command_result(facts, socks->handle, p[1] == 0);
	}
	walker_ask(w, (uint8_t)next, 0, 2);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct socks *socks = state;
	struct walker *w = from == SIDE_CLIENT ? &socks->client : &socks->server;
	struct bytes input = fed->bytes;

	socks->spoken = true;
	while (w->step != DONE && walker_take(w, &input)) {
		if (from == SIDE_CLIENT)
			on_client(socks, facts);
		else
			on_server(socks, facts);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct socks *socks = state;

	(void)facts;
	(void)from;
	(void)missing;
	if (socks->spoken)
		socks->client.step = socks->server.step = DONE;
}

const struct dissector socks_dissector = {
	.name = "socks",
	.transports = OVER_TCP,
	.state_size = sizeof(struct socks),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the methods of version 5 and the server's choice, or a request of version 4 "
		      "and its reply",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS | READS_DATA |
		 READS_ENCRYPTION | READS_HOST,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
