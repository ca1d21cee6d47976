/* SPDX-License-Identifier: ISC */
/*
 * RMCP on UDP (ASF 2.0, 3.2) and IPMI over it (IPMI 2.0, 13): the management controller, which
 * switches the machine off and on.
 *
 *	06 00 sequence class: 6 ASF, 7 IPMI
 *	ASF	00 00 11 be type(80 ping, 40 pong) tag 00 length ...
 *	IPMI	kind sequence:4 session:4 [proof:16, unless kind is 0] length:1 message
 *	IPMI 2	06 payload session:4 sequence:4 length:2 ...
 *	message	address function<<2 sum address number command data... sum
 *
 * All numbers of IPMI are little endian. Proofs are passed over.
 */
#include "dissectors/dissector.h"

#define ASF_IANA	 0x11be
#define NAME_MAX_	 16
#define FUNCTION_APP	 0x06
#define FUNCTION_STORAGE 0x0a

enum {
	CLASS_ASF = 6,
	CLASS_IPMI = 7,
	ASF_PONG = 0x40,
	ASF_PING = 0x80,
	KIND_NONE = 0,
	KIND_RMCP_PLUS = 6,
};

enum payload {
	PAYLOAD_MESSAGE = 0,
	PAYLOAD_OPEN = 0x10,
	PAYLOAD_OPENED = 0x11,
	PAYLOAD_RAKP1 = 0x12,
	PAYLOAD_RAKP2 = 0x13,
	PAYLOAD_RAKP3 = 0x14,
	PAYLOAD_RAKP4 = 0x15,
	PAYLOAD_SEALED = 0x80, /* bit */
};

static const uint16_t ports[] = {623, 664, 0};

enum { RMCP, IPMI };

static const struct service services[] = {
	[RMCP] =
		{
			.name = "rmcp",
			.family = FAMILY_ADMIN,
			.about = "remote management controller (RMCP, ASF)",
			.identifier = "open-ipmi",
			.ports = ports,
		},
	[IPMI] =
		{
			.name = "ipmi",
			.family = FAMILY_ADMIN,
			.met = true,
			.about = "remote management controller (IPMI)",
			.identifier = "open-ipmi",
			.ports = ports,
		},
};

struct ipmi_message {
	uint8_t class, kind;
	uint8_t payload; /* enum payload; of ASF the type */
	struct bytes body;
};

struct ipmi {
	uint8_t kind;  /* of proof, in the session that is asked for */
	bool unproven; /* the session has no proof: cipher suite 0 */
	int handle;    /* of the latest command */
	uint8_t function, command;
};

static bool is_from(const struct ipmi_message *message, enum side from)
{
	if (message->class == CLASS_ASF)
		return (message->payload == ASF_PONG) == (from == SIDE_SERVER);
	if (message->payload >= PAYLOAD_OPEN && message->payload <= PAYLOAD_RAKP4)
		return (message->payload & 1) == (from == SIDE_SERVER);
	if (message->payload == PAYLOAD_MESSAGE && message->body.left >= 2)
		return (message->body.at[1] >> 2 & 1) == (from == SIDE_SERVER);
	return true;
}

static bool read_asf(struct bytes *b, struct ipmi_message *message)
{
	uint32_t iana = bytes_be32(b);

	message->payload = bytes_u8(b);
	bytes_skip(b, 2);
	message->body = bytes_sub(b, bytes_u8(b));
	return !b->failed && iana == ASF_IANA &&
	       (message->payload == ASF_PING || message->payload == ASF_PONG);
}

static bool read_ipmi(struct bytes *b, struct ipmi_message *message)
{
	uint16_t length;

	message->kind = bytes_u8(b);
	if (message->kind > KIND_RMCP_PLUS)
		return false;
	if (message->kind == KIND_RMCP_PLUS) {
		message->payload = bytes_u8(b) & (uint8_t)~0x40u;
		if ((message->payload & 0x3f) == 2) /* of an OEM: its number and id come first */
			bytes_skip(b, 6);
		bytes_skip(b, 8);
		length = bytes_le16(b);
	} else {
		bytes_skip(b, message->kind == KIND_NONE ? 8 : 8 + 16);
		length = bytes_u8(b);
	}
	message->body = bytes_sub(b, length);
	return !b->failed && (message->payload != PAYLOAD_MESSAGE || length >= 7);
}

static bool read_message(struct bytes b, struct ipmi_message *message)
{
	*message = (struct ipmi_message){.kind = 0};
	if (bytes_u8(&b) != 6 || bytes_u8(&b) != 0)
		return false;
	bytes_skip(&b, 1);
	message->class = bytes_u8(&b);
	if (message->class == CLASS_ASF)
		return read_asf(&b, message);
	return message->class == CLASS_IPMI && read_ipmi(&b, message);
}

/* Are the message's two check sums right? Else it is no IPMI. */
static bool sums_up(struct bytes body)
{
	uint8_t head = 0, rest = 0;

	for (size_t i = 0; i < body.left; i++) {
		if (i < 3)
			head = (uint8_t)(head + body.at[i]);
		else
			rest = (uint8_t)(rest + body.at[i]);
	}
	return head == 0 && rest == 0;
}

static enum recognised recognise(const struct opening *opening)
{
	for (int from = 0; from < 2; from++) {
		struct bytes b = opening->side[from];
		struct ipmi_message message;

		if (b.left == 0)
			continue;
		if (!read_message(b, &message) || !is_from(&message, (enum side)from))
			return RECOGNISED_NO;
		if (message.class == CLASS_IPMI && message.payload == PAYLOAD_MESSAGE &&
		    !sums_up(message.body))
			return RECOGNISED_NO;
	}
	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_YES;
	return opening->side[SIDE_CLIENT].left != 0 && opening->one_sided ? RECOGNISED_YES
									  : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct ipmi *ipmi = state;

	ipmi->handle = -1;
	facts_begin(facts, &services[RMCP]);
}

static void note_user(struct facts *facts, struct bytes name)
{
	size_t length = name.left != 0 ? strnlen((const char *)name.at, name.left) : 0;

	if (length != 0)
		FACTS_TEXT(facts, user, name.at, length);
}

static const char *command_name(uint8_t function, uint8_t command)
{
	static const struct {
		uint8_t function, command;
		const char *name;
	} rows[] = {
		{0x00, 0x02, "Chassis Control"},   {0x00, 0x08, "Set System Boot Options"},
		{0x06, 0x02, "Cold Reset"},	   {0x06, 0x38, "Get Channel Auth Cap"},
		{0x06, 0x3a, "Activate Session"},  {0x06, 0x45, "Set User Name"},
		{0x06, 0x47, "Set User Password"}, {0x06, 0x48, "Activate Payload"},
		{0x0a, 0x11, "Read FRU Data"},	   {0x0a, 0x12, "Write FRU Data"},
		{0x0a, 0x43, "Get SEL Entry"},	   {0x0a, 0x47, "Clear SEL"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].function == function && rows[i].command == command)
			return rows[i].name;
	}
	return NULL;
}

static void on_request(struct ipmi *ipmi, struct facts *facts, struct bytes body)
{
	const char *name;

	bytes_skip(&body, 1);
	ipmi->function = bytes_u8(&body) >> 2;
	bytes_skip(&body, 3);
	ipmi->command = bytes_u8(&body);
	ipmi->handle = -1;
	if (body.failed)
		return;
	name = command_name(ipmi->function, ipmi->command);
	if (name != NULL)
		ipmi->handle = facts_command(facts, name, strlen(name), 0);
	if (ipmi->function == FUNCTION_APP && ipmi->command == 0x39 && body.left > 1) {
		ipmi->kind = bytes_u8(&body);
		note_user(facts,
			  bytes_sub(&body, body.left - 1 < NAME_MAX_ ? body.left - 1 : NAME_MAX_));
	}
}

static void on_activated(const struct ipmi *ipmi, struct facts *facts, bool accepted)
{
	static const char *const kinds[] = {"none", "MD2", "MD5", NULL, "password"};

	if (ipmi->kind < sizeof kinds / sizeof *kinds && kinds[ipmi->kind] != NULL)
		FACTS_TEXT(facts, mechanism, kinds[ipmi->kind], strlen(kinds[ipmi->kind]));
	if (accepted && ipmi->kind == KIND_NONE)
		facts_set_auth(facts, AUTH_NONE);
	else
		facts_login(facts, accepted);
}

static void on_answer(struct ipmi *ipmi, struct facts *facts, struct bytes body)
{
	uint8_t function, command, completion;

	bytes_skip(&body, 1);
	function = (uint8_t)((bytes_u8(&body) >> 2) - 1);
	bytes_skip(&body, 3);
	command = bytes_u8(&body);
	completion = bytes_u8(&body);
	if (body.failed || function != ipmi->function || command != ipmi->command)
		return;
	facts_command_result(facts, ipmi->handle, completion == 0);
	ipmi->handle = -1;
	if (function == FUNCTION_APP && command == 0x3a)
		on_activated(ipmi, facts, completion == 0);
	if (function == FUNCTION_APP && command == 0x39 && completion != 0)
		facts_login(facts, false); /* no such user */
	if (function == FUNCTION_STORAGE && completion == 0)
		facts_set_data_read(facts, ANSWER_YES);
}

/* How RMCP+ opens a session: Open Session, then the four RAKP messages (IPMI 2.0, 13.17 ff.) */
static void on_setup(struct ipmi *ipmi, struct facts *facts, const struct ipmi_message *message)
{
	struct bytes b = message->body;
	uint8_t status;

	bytes_skip(&b, 1);
	status = bytes_u8(&b);
	if (b.failed)
		return;
	switch ((enum payload)message->payload) {
	case PAYLOAD_OPENED:
		ipmi->unproven = bytes_skip(&b, 14) && status == 0 && b.left != 0 && b.at[0] == 0;
		break;
	case PAYLOAD_RAKP1:
		FACTS_WORD(facts, mechanism, "RAKP");
		bytes_skip(&b, 2 + 4 + 16 + 1 + 2);
		note_user(facts, bytes_sub(&b, bytes_u8(&b)));
		break;
	case PAYLOAD_RAKP2:
	case PAYLOAD_RAKP3:
		if (status != 0)
			facts_login(facts, false);
		break;
	case PAYLOAD_RAKP4:
		if (status == 0 && ipmi->unproven)
			facts_set_auth(facts, AUTH_NONE);
		else
			facts_login(facts, status == 0);
		break;
	default:
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ipmi *ipmi = state;
	struct ipmi_message message;

	if (!read_message(fed->bytes, &message) || !is_from(&message, from) ||
	    message.class != CLASS_IPMI)
		return;
	facts_set_service(facts, &services[IPMI]);
	if (message.payload & PAYLOAD_SEALED)
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	else if (message.payload != PAYLOAD_MESSAGE)
		on_setup(ipmi, facts, &message);
	else if (from == SIDE_CLIENT)
		on_request(ipmi, facts, message.body);
	else
		on_answer(ipmi, facts, message.body);
}

const struct dissector ipmi_dissector = {
	.name = "ipmi",
	.transports = OVER_UDP,
	.state_size = sizeof(struct ipmi),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "an RMCP header, and the ping or IPMI session within",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
