/* SPDX-License-Identifier: ISC */
/*
 * Zabbix (its manual, "header" in the appendix on protocols): one request, one answer.
 *
 *	"ZBXD" flags(1, 2 compressed, 4 large) length:4 or 8, reserved: 4 or 8 (size unpacked)
 *
 * An agent also takes a bare key and a line's end. Nobody logs in; agents and servers tell each
 * other by address, or by TLS.
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define START	     "ZBXD"
#define HEADER	     13
#define KEY_MAX	     47
#define FLAG_PACKED  2
#define FLAG_LARGE   4
#define ANSWER_SHORT 128 /* bytes: success or failure, and how many values were taken */

static const uint16_t ports[] = {10050, 10051, 0};

static const struct service services[] = {
	{
		.name = "zabbix",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "Zabbix server or agent (monitoring)",
		.ports = ports,
	},
};

struct zabbix {
	struct head head[2];
	int handle; /* of the key that an agent was asked for */
	bool agent; /* a key was asked for; reported once */
	bool tells_version;
};

static enum recognised recognise_header(struct bytes b)
{
	if (!bytes_agree_with(&b, START))
		return RECOGNISED_NO;
	if (b.left <= 4)
		return RECOGNISED_MORE;
	return (b.at[4] & 1) != 0 && b.at[4] <= 7 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (server.left != 0)
		return recognise_header(server);
	if (recognise_header(client) != RECOGNISED_YES)
		return recognise_header(client) == RECOGNISED_NO && client.left != 0 &&
				       opening->one_sided
			       ? RECOGNISED_NO
			       : RECOGNISED_MORE;
	return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static bool contains(struct bytes b, const char *text)
{
	for (; b.left != 0; bytes_skip(&b, 1)) {
		if (bytes_start_with(&b, text))
			return true;
	}
	return false;
}

/* "system.run[id]": the item's name, as much of it as is one. */
static struct bytes key_name(struct bytes body)
{
	size_t n = 0;

	while (n < body.left && n < KEY_MAX &&
	       ((body.at[n] >= 'a' && body.at[n] <= 'z') || body.at[n] == '.' ||
		body.at[n] == '_' || (body.at[n] >= '0' && body.at[n] <= '9')))
		n++;
	if (n < 3 || !memchr(body.at, '.', n) || (n < body.left && !strchr("[\r\n", body.at[n])))
		n = 0;
	return bytes_from(body.at, n);
}

/* The header is whole, and so is what it announces, or all of it that is kept. */
static struct bytes whole_body(struct bytes b)
{
	struct bytes none = {.failed = true};
	uint32_t size;

	bytes_skip(&b, 4);
	if (bytes_u8(&b) != 1)
		return none;
	size = bytes_le32(&b);
	bytes_skip(&b, 4);
	return bytes_sub(&b, size);
}

/* Items that run a command, or read the host's files. */
static unsigned flags_of(const struct bytes *key)
{
	static const char *const keys[] = {"system.run", "vfs.file.contents", "vfs.file.regexp",
					   "vfs.dir.get"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (lines_equal(key, keys[i]))
			return COMMAND_EXECUTES;
	}
	return 0;
}

static void on_key(struct zabbix *zabbix, struct facts *facts, struct bytes body)
{
	struct bytes key = key_name(body);

	if (key.left == 0 || zabbix->agent)
		return;
	zabbix->agent = true;
	zabbix->handle = facts_command(facts, key.at, key.left, COMMAND_LISTING | flags_of(&key));
	zabbix->tells_version = lines_equal(&key, "agent.version");
	FACTS_WORD(facts, product, "Zabbix agent");
}

static void on_value(const struct zabbix *zabbix, struct facts *facts, struct bytes value)
{
	bool refused = bytes_start_with(&value, "ZBX_NOTSUPPORTED");

	facts_command_result(facts, zabbix->handle, !refused);
	if (zabbix->tells_version && !refused)
		FACTS_TEXT(facts, version, value.at, value.left);
	else if (!refused)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_client(struct zabbix *zabbix, struct facts *facts, struct bytes b)
{
	bool server = b.left > 4 && (b.at[4] & FLAG_PACKED);
	struct bytes body = whole_body(b);

	if (!body.failed)
		on_key(zabbix, facts, body);
	else if (b.left > 4 && !bytes_start_with(&b, START) && b.at[b.left - 1] == '\n')
		on_key(zabbix, facts, b); /* the old way: a bare line */
	if (!bytes_start_with(&b, START) || b.left < HEADER)
		return;
	server |= contains(b, "active checks") || contains(b, "agent data") ||
		  contains(b, "sender data") || contains(b, "proxy ");
	if (server)
		FACTS_WORD(facts, product, "Zabbix server");
}

static void on_server(const struct zabbix *zabbix, struct facts *facts, struct bytes b)
{
	struct bytes value = whole_body(b);
	uint8_t flags;
	uint32_t size, reserved;

	if (zabbix->agent && !value.failed && value.left != 0)
		on_value(zabbix, facts, value);
	bytes_skip(&b, 4);
	flags = bytes_u8(&b);
	size = bytes_le32(&b);
	if (flags & FLAG_LARGE)
		bytes_skip(&b, 4);
	reserved = bytes_le32(&b);
	if (b.failed)
		return;
	if (flags & FLAG_PACKED)
		size = reserved;
	facts_set_auth(facts, AUTH_NONE);
	if (size > ANSWER_SHORT)
		facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct zabbix *zabbix = state;
	struct bytes b = head_add(&zabbix->head[from], fed->bytes.at, fed->bytes.left);

	if (from == SIDE_SERVER)
		on_server(zabbix, facts, b);
	else
		on_client(zabbix, facts, b);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct zabbix *zabbix = state;

	(void)facts;
	(void)missing;
	zabbix->head[from].closed = true;
}

const struct dissector zabbix_dissector = {
	.name = "zabbix",
	.transports = OVER_TCP,
	.state_size = sizeof(struct zabbix),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the ZBXD header with its length, or an item's name and the answer",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_EXECUTION |
		 READS_LISTINGS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
