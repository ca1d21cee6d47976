/* SPDX-License-Identifier: ISC */
/*
 * Time servers that answer more than the time: control messages (mode 6, RFC 9327), which tell
 * version and peers, and ntpd's private ones (mode 7), whose list of the last clients amplifies.
 *
 *	mode 6: vn:5 bits, 110 | response more error:3 bits, operation:5 bits | sequence:2 status:2
 *		association:2 offset:2 count:2 text
 *	mode 7: response more vn 111 | sequence:1 implementation:1 request:1 error, count:2
 *		size:2 ...
 *
 * What only asks the time is not looked at.
 */
#include "dissectors/dissector.h"

#define MODE_6_HEADER 12
#define MODE_7_HEADER 8
#define RESPONSE      0x80
#define OPERATION_MAX 12
#define MONLIST_0     20
#define MONLIST	      42

enum {
	READ_VARIABLES = 2,
	WRITE_VARIABLES = 3,
	CONFIGURE = 8,
	READ_RECENT = 10,
};

static const uint16_t ports[] = {123, 0};

enum {
	CONTROL,
	MONITOR,
};

static const struct service services[] = {
	[CONTROL] =
		{
			.name = "ntp-control",
			.family = FAMILY_INFRASTRUCTURE,
			.about = "time server that tells about itself",
			.identifier = "ntp-version",
			.ports = ports,
		},
	[MONITOR] =
		{
			.name = "ntp-monitor",
			.family = FAMILY_INFRASTRUCTURE,
			.about = "time server that lists its clients",
			.identifier = "ntp-monitor",
		},
};

struct ntp {
	int handle;
};

static unsigned mode(const struct bytes *b)
{
	return b->left != 0 ? b->at[0] & 7u : 0;
}

static bool is_mode_6(struct bytes b, bool response)
{
	uint8_t first = bytes_u8(&b), second = bytes_u8(&b);
	unsigned version = first >> 3 & 7u, operation = second & 31u;
	uint16_t count;

	bytes_skip(&b, 8);
	count = bytes_be16(&b);
	return !b.failed && (first & 0xc0) == 0 && version >= 2 && version <= 4 && operation >= 1 &&
	       operation <= OPERATION_MAX && ((second & RESPONSE) != 0) == response &&
	       count <= 468 && count <= b.left &&
	       b.left - count < 28; /* padding, and what signs it */
}

static bool is_mode_7(struct bytes b, bool response)
{
	uint8_t first = bytes_u8(&b), implementation, request;
	unsigned version = first >> 3 & 7u, items, size;

	bytes_skip(&b, 1);
	implementation = bytes_u8(&b);
	request = bytes_u8(&b);
	items = bytes_be16(&b) & 0xfffu;
	size = bytes_be16(&b) & 0xfffu;
	if (b.failed || version != 2 || (implementation != 2 && implementation != 3) ||
	    request > 45 || ((first & RESPONSE) != 0) != response)
		return false;
	return response ? items * size == b.left && items * size <= 500
			: b.left == 0 || b.left >= 40;
}

static enum recognised recognise_side(struct bytes b, bool response)
{
	if (mode(&b) == 6)
		return is_mode_6(b, response) ? RECOGNISED_YES : RECOGNISED_NO;
	return mode(&b) == 7 && is_mode_7(b, response) ? RECOGNISED_YES : RECOGNISED_NO;
}

/* The answer alone will do when it has text, or records. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && recognise_side(client, false) == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left == 0)
		return RECOGNISED_MORE;
	if (recognise_side(server, true) == RECOGNISED_NO)
		return RECOGNISED_NO;
	return client.left != 0 || server.left > MODE_6_HEADER + 8 ? RECOGNISED_YES
								   : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct ntp *ntp = state;

	ntp->handle = -1;
	facts_begin(facts, &services[CONTROL]);
}

static void note(struct ntp *ntp, struct facts *facts, const char *name, unsigned flags)
{
	ntp->handle = facts_command(facts, name, strlen(name), flags);
}

static void on_operation(struct ntp *ntp, struct facts *facts, const struct bytes *b)
{
	unsigned operation;

	if (mode(b) == 7) {
		facts_set_service(facts, &services[MONITOR]);
		if (b->at[3] == MONLIST || b->at[3] == MONLIST_0)
			note(ntp, facts, "MONLIST", COMMAND_LISTING);
		return;
	}
	operation = b->at[1] & 31u;
	if (operation == READ_VARIABLES)
		note(ntp, facts, "READVAR", 0);
	else if (operation == WRITE_VARIABLES || operation == CONFIGURE)
		note(ntp, facts, operation == CONFIGURE ? "CONFIGURE" : "WRITEVAR", 0);
	else if (operation == READ_RECENT)
		note(ntp, facts, "MRULIST", COMMAND_LISTING);
}

/* version="ntpd ntpsec-1.2.2" or version="ntpd 4.2.8p15@1.3728-o ..." */
static void on_variables(struct facts *facts, struct bytes text)
{
	static const char mark[] = "version=\"ntpd ";
	size_t length = 0;
	bool ntpsec;

	while (text.left != 0 && !bytes_start_with(&text, mark))
		bytes_skip(&text, 1);
	if (!bytes_skip(&text, sizeof mark - 1))
		return;
	ntpsec = bytes_start_with(&text, "ntpsec-");
	bytes_skip(&text, ntpsec ? 7 : 0);
	FACTS_TEXT(facts, product, ntpsec ? "NTPsec" : "ntpd", ntpsec ? 6 : 4);
	while (length < text.left && strchr("@ \"+", text.at[length]) == NULL)
		length++;
	FACTS_TEXT(facts, version, text.at, length);
}

static void on_answer(struct ntp *ntp, struct facts *facts, struct bytes b)
{
	bool failed = mode(&b) == 6 ? (b.at[1] & 0x40) != 0 : b.at[4] >> 4 != 0;

	facts_command_result(facts, ntp->handle, !failed);
	if (failed)
		return;
	facts_set_auth(facts, AUTH_NONE);
	if (mode(&b) == 7 && b.left > MODE_7_HEADER)
		facts_set_data_read(facts, ANSWER_YES);
	if (mode(&b) == 6 && bytes_skip(&b, MODE_6_HEADER))
		on_variables(facts, b);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ntp *ntp = state;
	struct bytes b = fed->bytes;

	if (recognise_side(b, from == SIDE_SERVER) != RECOGNISED_YES)
		return;
	on_operation(ntp, facts, &b);
	if (from == SIDE_SERVER)
		on_answer(ntp, facts, b);
}

const struct dissector ntp_control_dissector = {
	.name = "ntp-control",
	.transports = OVER_UDP,
	.state_size = sizeof(struct ntp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a control or private message whose counts are its size's",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_LISTINGS |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
