/* SPDX-License-Identifier: ISC */
/*
 * SNMP 1, 2c and 3 (RFC 1157, 3416, 3412, 3414) on UDP, a BER message in every datagram:
 *
 *	30 { 02 version, 04 community, a0..a8 { 02 id, 02 error, 02 index, 30 bindings } }
 *	30 { 02 03, 30 { 02 id, 02 size, 04 flags, 02 model }, 04 security, 30 scoped | 04 sealed }
 *
 * The community is the password, so it is never kept; an agent is silent when it does not like it,
 * hence an answer is a log-in. In version 3 the user's name is open, and reports tell what was
 * wrong with him.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/ber.h"

enum {
	GET = 0xa0,
	GET_NEXT,
	RESPONSE,
	SET,
	TRAP_V1,
	GET_BULK,
	INFORM,
	TRAP,
	REPORT,
	SEALED = 0x04, /* an encrypted one */
};

enum {
	FLAG_AUTH = 1,
	FLAG_PRIVACY = 2,
	ERROR_AUTHORIZATION = 16,
	ERROR_LAST = 18, /* of RFC 3416; more are some vendor's */
};

static const uint16_t ports[] = {161, 162, 10161, 0};

static const struct service services[] = {
	{
		.name = "snmp",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "SNMP agent or trap receiver",
		.identifier = "open-snmp",
		.ports = ports,
	},
};

struct snmp_message {
	uint32_t version; /* 0, 1, 3 */
	uint8_t flags;	  /* of version 3 */
	struct bytes user;
	uint8_t type;
	struct bytes body; /* of the PDU */
};

struct snmp {
	struct answers_table pending; /* kind: the type of the PDU */
};

_Static_assert(sizeof(struct snmp) <= DISSECTOR_STATE_MAX, "state of snmp");

/* The next element, which must have this tag; what a cut datagram lacks is not there. */
static struct bytes take(struct bytes *b, uint8_t tag)
{
	uint32_t length = 0;

	if (ber_head(b, &length) != tag || b->failed) {
		b->failed = true;
		b->left = 0;
		return *b;
	}
	if (length > b->left)
		length = (uint32_t)b->left;
	return bytes_sub(b, length);
}

/* Engine, boots, time, user, ... */
static struct bytes read_user(struct bytes security)
{
	struct bytes fields = take(&security, 0x30);

	take(&fields, 0x04);
	take(&fields, 0x02);
	take(&fields, 0x02);
	return take(&fields, 0x04);
}

static bool read_version_3(struct bytes *b, struct snmp_message *message)
{
	struct bytes head = take(b, 0x30), flags, scoped;

	ber_integer(&head, 0x02);
	ber_integer(&head, 0x02);
	flags = take(&head, 0x04);
	if (flags.left != 1)
		return false;
	message->flags = bytes_u8(&flags);
	if (message->flags > 7 || ber_integer(&head, 0x02) > 3 || head.failed)
		return false;
	message->user = read_user(take(b, 0x04));
	if (b->failed || b->left == 0)
		return false;
	if (message->flags & FLAG_PRIVACY) {
		message->type = SEALED;
		return b->at[0] == SEALED;
	}
	scoped = take(b, 0x30);
	take(&scoped, 0x04);
	take(&scoped, 0x04);
	*b = scoped;
	return !b->failed;
}

static bool read_message(struct bytes b, struct snmp_message *message)
{
	uint32_t length = 0;

	*message = (struct snmp_message){.version = 0};
	if (ber_head(&b, &length) != 0x30 || b.failed || length < 10 ||
	    (length != b.left && (length < b.left || b.left < OPENING_MAX - 6)))
		return false;
	message->version = ber_integer(&b, 0x02);
	if (b.failed || message->version > 3 || message->version == 2)
		return false;
	if (message->version == 3) {
		if (!read_version_3(&b, message))
			return false;
	} else {
		take(&b, 0x04);
	}
	if (message->type == SEALED)
		return true;
	if (b.failed || b.left == 0)
		return false;
	message->type = b.at[0];
	if (message->type < GET || message->type > REPORT)
		return false;
	message->body = take(&b, message->type);
	return !b.failed && message->body.left != 0;
}

static bool is_from(uint8_t type, enum side from)
{
	if (type == SEALED)
		return true;
	return (type == RESPONSE || type == REPORT) == (from == SIDE_SERVER);
}

static bool is_trap(uint8_t type)
{
	return type == TRAP_V1 || type == TRAP;
}

static enum recognised recognise(const struct opening *opening)
{
	struct snmp_message message = {.type = 0};

	for (int from = 0; from < 2; from++) {
		struct bytes b = opening->side[from];

		if (b.left != 0 &&
		    (!read_message(b, &message) || !is_from(message.type, (enum side)from)))
			return RECOGNISED_NO;
	}
	if (opening->side[SIDE_SERVER].left != 0 || is_trap(message.type))
		return RECOGNISED_YES;
	return opening->side[SIDE_CLIENT].left != 0 && opening->one_sided ? RECOGNISED_YES
									  : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void on_request(struct snmp *snmp, struct facts *facts, struct snmp_message *message)
{
	static const struct {
		const char *name;
		unsigned flags;
	} rows[] = {
		[GET - GET] = {"GET", 0},	[GET_NEXT - GET] = {"GETNEXT", COMMAND_LISTING},
		[SET - GET] = {"SET", 0},	[TRAP_V1 - GET] = {"TRAP", 0},
		[INFORM - GET] = {"INFORM", 0}, [GET_BULK - GET] = {"GETBULK", COMMAND_LISTING},
		[TRAP - GET] = {"TRAP", 0},
	};
	const char *name;
	int handle;

	if (message->type == SEALED || !is_from(message->type, SIDE_CLIENT))
		return;
	name = rows[message->type - GET].name;
	handle = facts_command(facts, name, strlen(name), rows[message->type - GET].flags);
	if (!is_trap(message->type))
		answers_put(&snmp->pending, ber_integer(&message->body, 0x02), handle,
			    message->type);
}

/* Which user-based security statistic is it about: 1.3.6.1.6.3.15.1.1.N.0 (RFC 3414, 5) */
static uint8_t read_report(struct bytes body)
{
	static const uint8_t statistics[] = {0x2b, 6, 1, 6, 3, 15, 1, 1};
	struct bytes bindings, name;

	bindings = take(&body, 0x30);
	bindings = take(&bindings, 0x30);
	name = take(&bindings, 0x06);
	if (name.left < sizeof statistics + 1 ||
	    memcmp(name.at, statistics, sizeof statistics) != 0)
		return 0;
	return name.at[sizeof statistics];
}

static void on_report(struct facts *facts, const struct snmp_message *message)
{
	struct bytes body = message->body;

	for (int i = 0; i < 3; i++)
		ber_integer(&body, 0x02);
	switch (read_report(body)) {
	case 1: /* unsupported level */
	case 3: /* unknown user */
	case 5: /* wrong digest */
	case 6: /* cannot be decrypted */
		facts_login(facts, false);
		break;
	default: /* discovery: unknown engine, not in its time window */
		break;
	}
}

/* Is there more than NULL, or "no such object" and the like, behind one of the names? */
static bool has_value(struct bytes body)
{
	struct bytes bindings = take(&body, 0x30);

	while (bindings.left != 0) {
		struct bytes binding = take(&bindings, 0x30);

		take(&binding, 0x06);
		if (binding.left != 0 && binding.at[0] != 0x05 && !(binding.at[0] & 0x80))
			return true;
	}
	return false;
}

static void on_response(struct snmp *snmp, struct facts *facts, struct snmp_message *message)
{
	uint32_t id = ber_integer(&message->body, 0x02);
	uint32_t error = ber_integer(&message->body, 0x02);
	struct answers_numbered row = {.kind = 0};
	bool served;

	ber_integer(&message->body, 0x02); /* index */
	if (message->body.failed)
		return;
	served = error == 0 || (error > ERROR_LAST && has_value(message->body));
	while (answers_take(&snmp->pending, id, &row))
		facts_command_result(facts, row.handle, served);
	if (error == ERROR_AUTHORIZATION) {
		facts_login(facts, false);
		return;
	}
	facts_set_auth(facts, AUTH_SUCCEEDED);
	if (served && row.kind != SET && row.kind != INFORM)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_answer(struct snmp *snmp, struct facts *facts, struct snmp_message *message)
{
	switch (message->type) {
	case SEALED:
		facts_set_auth(facts, AUTH_SUCCEEDED);
		facts_set_data_read(facts, ANSWER_YES);
		break;
	case REPORT:
		on_report(facts, message);
		break;
	case RESPONSE:
		on_response(snmp, facts, message);
		break;
	default:
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct snmp *snmp = state;
	struct snmp_message message;

	if (!read_message(fed->bytes, &message))
		return;
	FACTS_TEXT(facts, mechanism, message.version == 3 ? "USM" : "community",
		   message.version == 3 ? 3u : 9u);
	if (message.user.left != 0)
		FACTS_TEXT(facts, user, message.user.at, message.user.left);
	if (message.type == SEALED)
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	if (fed->from == SIDE_CLIENT)
		on_request(snmp, facts, &message);
	else
		on_answer(snmp, facts, &message);
}

const struct dissector snmp_dissector = {
	.name = "snmp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct snmp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a message in BER with a version, a community or security header, and a PDU",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS | READS_LISTINGS |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
