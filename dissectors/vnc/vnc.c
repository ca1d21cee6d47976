/* SPDX-License-Identifier: ISC */
/*
 * VNC, the remote framebuffer protocol (RFC 6143):
 *
 *	server	RFB 003.008\n		client	RFB 003.008\n
 *	server	u8 n, n types of security; none at all: u32 length, reason
 *	client	u8 type			(3.3: the server says a u32 type, nobody chooses)
 *	type 1	nothing; type 2: 16 bytes of challenge and answer; type 30: Apple's key exchange
 *	server	u32 result (not before 3.8 with type 1); then both initialise
 *
 * A server that offers type 1 lets anybody in. Types that are not known here end the reading, as
 * do those that encrypt: TLS begins behind type 18, and behind the second choice of type 19.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"
#include "dissectors/vnc/vnc_names.h"

#define VERSION_BYTES 12
#define TYPES_MAX     WALKER_SCRATCH
#define NAME_MAX_TOLD 65536 /* bytes of a desktop's name that are believed */

static const uint16_t ports[] = {5900, 5901, 5902, 5903, 0};

static const struct service services[] = {
	{
		.name = "vnc",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "VNC remote desktop",
		.identifier = "open-vnc",
		.ports = ports,
	},
};

enum step {
	VERSION,
	COUNT,	   /* of types */
	TYPES,	   /* offered by the server, chosen by the client */
	OLD_TYPE,  /* 3.3 */
	CHALLENGE, /* and the client's answer to it */
	APPLE_KEY, /* and the client's credentials */
	RESULT,
	INITIAL,
	MESSAGES,
	VENCRYPT_VERSION,
	VENCRYPT_ACK,
	VENCRYPT_TYPES,
	VENCRYPT_START,
	LOST, /* nothing more is read */
};

struct vnc {
	struct walker client, server;
	uint8_t client_minor; /* 0: not yet said */
	uint8_t minor;	      /* of the version that both speak: 3, 7 or 8 */
	uint8_t security;     /* type that was chosen */
	bool offered;	      /* the server has said which types there are */
	bool tried;	      /* credentials were sent */
};

_Static_assert(sizeof(struct vnc) <= DISSECTOR_STATE_MAX, "state of vnc");

/* "RFB 003.008\n" */
static enum recognised recognise_version(struct bytes b)
{
	static const char pattern[] = "RFB 999.999\n";

	for (size_t i = 0; i < VERSION_BYTES && i < b.left; i++) {
		bool digit = b.at[i] >= '0' && b.at[i] <= '9';

		if (pattern[i] == '9' ? !digit : b.at[i] != (uint8_t)pattern[i])
			return RECOGNISED_NO;
	}
	return b.left >= VERSION_BYTES ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	/* Late: what looks like the server's version may be that of the client, who spoke then. */
	if (opening->midstream && client.left != 0 && recognise_version(client) == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (opening->midstream && client.left == 0 && server.left != 0 && !opening->one_sided)
		return recognise_version(server) == RECOGNISED_NO ? RECOGNISED_NO : RECOGNISED_MORE;
	if (server.left != 0)
		return recognise_version(server);
	if (!opening->one_sided || client.left == 0)
		return RECOGNISED_MORE;
	return recognise_version(client);
}

static void begin(void *state, struct facts *facts)
{
	struct vnc *vnc = state;

	walker_ask(&vnc->client, VERSION, 0, VERSION_BYTES);
	walker_ask(&vnc->server, VERSION, 0, VERSION_BYTES);
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static void lose(struct vnc *vnc)
{
	vnc->client.step = vnc->server.step = LOST;
}

static uint8_t minor_of(struct bytes b)
{
	const uint8_t *p = b.at;
	unsigned major = (unsigned)(p[4] - '0') * 100 + (unsigned)(p[5] - '0') * 10 + p[6] - '0';
	unsigned minor = (unsigned)(p[8] - '0') * 100 + (unsigned)(p[9] - '0') * 10 + p[10] - '0';

	if (major > 3 || minor >= 8)
		return 8;
	return minor == 7 ? 7 : 3;
}

static void on_in(struct vnc *vnc, struct facts *facts)
{
	if (vnc->tried)
		facts_login(facts, true);
	else if (vnc->security == VNC_NONE)
		facts_set_auth(facts, AUTH_NONE);
	walker_ask(&vnc->client, INITIAL, 0, 1);
	walker_ask(&vnc->server, INITIAL, 0, 24);
}

/* A type is settled, by whomever. */
static void on_security(struct vnc *vnc, struct facts *facts, struct feed *fed, uint32_t type)
{
	vnc->security = (uint8_t)(type < 256 ? type : 0);
	vnc_names_mechanism(type, facts);
	switch (type) {
	case VNC_NONE:
		if (vnc->minor == 8)
			walker_ask(&vnc->server, RESULT, 0, 4);
		else
			on_in(vnc, facts);
		return;
	case VNC_PASSWORD:
		walker_ask(&vnc->server, CHALLENGE, 0, 16);
		walker_ask(&vnc->client, CHALLENGE, 0, 16);
		return;
	case VNC_APPLE:
		walker_ask(&vnc->server, APPLE_KEY, 0, 4);
		walker_ask(&vnc->client, APPLE_KEY, 0, 128);
		return;
	case VNC_VENCRYPT:
		walker_ask(&vnc->server, VENCRYPT_VERSION, 0, 2);
		walker_ask(&vnc->client, VENCRYPT_VERSION, 0, 2);
		return;
	case VNC_TLS:
		facts_agree_tls(facts, fed);
		break;
	case VNC_RSA_AES:
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		break;
	default:
		break;
	}
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
	lose(vnc);
}

/* What may be chosen: with "none" among it, every client is served. */
static void on_offer(struct facts *facts, struct bytes types)
{
	enum auth auth = AUTH_REQUIRED;

	while (types.left != 0) {
		if (bytes_u8(&types) == VNC_NONE)
			auth = AUTH_NONE;
	}
	facts_set_auth(facts, auth);
}

static void on_result(struct vnc *vnc, struct facts *facts, uint32_t result)
{
	if (result == 0) {
		on_in(vnc, facts);
		return;
	}
	if (vnc->tried)
		facts_login(facts, false);
	lose(vnc);
}

/* Type 19 has a negotiation of its own: version, its acknowledgement, types, go. */
static void on_vencrypt(struct vnc *vnc, struct facts *facts, struct feed *fed)
{
	struct walker *w = &vnc->server;
	struct bytes b = walker_bytes(w);

	switch ((enum step)w->step) {
	case VENCRYPT_VERSION:
		walker_ask(w, VENCRYPT_ACK, 0, 2);
		break;
	case VENCRYPT_ACK:
		if (b.at[0] != 0 || b.at[1] == 0 || b.at[1] * 4 > TYPES_MAX) {
			w->step = LOST;
			break;
		}
		walker_ask(w, VENCRYPT_TYPES, 0, b.at[1] * 4u);
		break;
	case VENCRYPT_START:
		if (b.at[0] == 1)
			facts_agree_tls(facts, fed);
		w->step = LOST;
		break;
	default:
		w->step = LOST;
		break;
	}
}

/* The lower of both sides' versions counts. */
static void on_server_version(struct vnc *vnc, struct facts *facts, struct bytes b)
{
	facts_set_auth(facts, AUTH_NA);
	vnc_names_product(b, facts);
	vnc->minor = minor_of(b);
	if (vnc->client_minor != 0 && vnc->client_minor < vnc->minor)
		vnc->minor = vnc->client_minor;
	if (vnc->minor == 3)
		walker_ask(&vnc->server, OLD_TYPE, 0, 4);
	else
		walker_ask(&vnc->server, COUNT, 0, 1);
}

/* Generator, length, prime, key. */
static void on_apple_key(struct vnc *vnc, struct bytes b)
{
	uint16_t length;

	bytes_skip(&b, 2);
	length = bytes_be16(&b);
	walker_ask(&vnc->server, RESULT, 2 * (uint64_t)length, 4);
	walker_ask(&vnc->client, APPLE_KEY, length, 128);
}

/* Size and pixels of the screen, then its name. */
static void on_initial(struct walker *w, struct bytes b)
{
	uint32_t length;

	bytes_skip(&b, 20);
	length = bytes_be32(&b);
	if (length > NAME_MAX_TOLD)
		w->step = LOST;
	else
		walker_ask(w, MESSAGES, length, 1);
}

/* One step of what the server says. */
static void on_server(struct vnc *vnc, struct facts *facts, struct feed *fed)
{
	struct walker *w = &vnc->server;
	struct bytes b = walker_bytes(w);

	switch ((enum step)w->step) {
	case VERSION:
		on_server_version(vnc, facts, b);
		break;
	case COUNT:
		if (b.at[0] == 0 || b.at[0] > TYPES_MAX) {
			w->step = LOST;
			break;
		}
		walker_ask(w, TYPES, 0, b.at[0]);
		break;
	case TYPES:
		on_offer(facts, b);
		vnc->offered = true;
		w->step = LOST; /* up to the client's choice */
		break;
	case OLD_TYPE:
		bytes_skip(&b, 3);
		on_offer(facts, b);
		on_security(vnc, facts, fed, b.at[0]);
		break;
	case CHALLENGE:
		walker_ask(w, RESULT, 0, 4);
		break;
	case APPLE_KEY:
		on_apple_key(vnc, b);
		break;
	case RESULT:
		on_result(vnc, facts, bytes_be32(&b));
		break;
	case INITIAL:
		on_initial(w, b);
		break;
	case MESSAGES:
		/* FramebufferUpdate: the screen itself */
		if (b.at[0] == 0)
			facts_set_data_read(facts, ANSWER_YES);
		w->step = LOST;
		break;
	default:
		on_vencrypt(vnc, facts, fed);
		break;
	}
}

/* One step of what the client says. */
static void on_client(struct vnc *vnc, struct facts *facts, struct feed *fed)
{
	struct walker *w = &vnc->client;
	struct bytes b = walker_bytes(w);

	switch ((enum step)w->step) {
	case VERSION:
		vnc->client_minor = minor_of(b);
		walker_ask(w, TYPES, 0, 1);
		if (vnc->minor == 0) /* it does not wait for the server's */
			break;
		if (vnc->client_minor < vnc->minor)
			vnc->minor = vnc->client_minor;
		if (vnc->minor == 3 && vnc->server.step == COUNT)
			walker_ask(&vnc->server, OLD_TYPE, 0, 4);
		break;
	case TYPES:
		w->step = LOST;
		if (vnc->offered && vnc->minor != 3)
			on_security(vnc, facts, fed, b.at[0]);
		break;
	case CHALLENGE:
	case APPLE_KEY:
		vnc->tried = true;
		if (facts->auth == AUTH_REQUIRED || facts->auth == AUTH_NA)
			facts_set_auth(facts, AUTH_UNKNOWN);
		w->step = LOST;
		break;
	case VENCRYPT_VERSION:
		walker_ask(w, VENCRYPT_TYPES, 0, 4);
		break;
	case VENCRYPT_TYPES: /* 256: a name and a password in clear; from 257 on, over TLS */
		facts_set_auth(facts, AUTH_UNKNOWN);
		facts_set_data_read(facts, ANSWER_UNKNOWN);
		if (bytes_be32(&b) > 256)
			walker_ask(&vnc->server, VENCRYPT_START, 0, 1);
		w->step = LOST;
		break;
	default:
		w->step = LOST;
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct vnc *vnc = state;
	struct walker *w = from == SIDE_CLIENT ? &vnc->client : &vnc->server;
	struct bytes input = fed->bytes;

	while (w->step != LOST && fed->next == FEED_ON && walker_take(w, &input)) {
		if (from == SIDE_CLIENT)
			on_client(vnc, facts, fed);
		else
			on_server(vnc, facts, fed);
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct vnc *vnc = state;

	(void)from;
	(void)missing;
	lose(vnc);
	if (facts->logins_failed == 0)
		facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
}

const struct dissector vnc_dissector = {
	.name = "vnc",
	.transports = OVER_TCP,
	.state_size = sizeof(struct vnc),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the version line that begins with RFB",
	.reads = READS_PRODUCT | READS_AUTH | READS_MECHANISM | READS_DATA | READS_ENCRYPTION |
		 READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
