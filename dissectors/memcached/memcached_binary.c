/* SPDX-License-Identifier: ISC */
/*
 * memcached's binary protocol: a header of 24 bytes and a body each way.
 *
 *	magic:1 (80 request, 81 reply) opcode:1 key length:2 extras' length:1 type:1
 *	status:2 (of a reply) body length:4 number:4 CAS:8
 *
 * github.com/memcached/memcached: doc/protocol-binary.xml.
 */
#include "dissectors/memcached/memcached.h"

#define STATUS_AUTH 0x20

enum {
	OP_GET = 0,
	OP_FLUSH = 8,
	OP_VERSION = 0x0b,
	OP_GETK = 0x0c,
	OP_STAT = 0x10,
	OP_FLUSHQ = 0x18,
	OP_SASL_LIST = 0x20,
	OP_SASL_AUTH = 0x21,
	OP_SASL_STEP = 0x22
};

static const char *opcode_name(uint8_t opcode, unsigned *flags)
{
	static const struct {
		uint8_t opcode, flags;
		const char *name;
	} rows[] = {
		{OP_GET, COMMAND_LISTING, "get"},
		{OP_GETK, COMMAND_LISTING, "get"},
		{1, 0, "set"},
		{2, 0, "add"},
		{3, 0, "replace"},
		{4, 0, "delete"},
		{OP_FLUSH, COMMAND_DESTRUCTIVE, "flush_all"},
		{OP_FLUSHQ, COMMAND_DESTRUCTIVE, "flush_all"},
		{OP_VERSION, 0, "version"},
		{OP_STAT, 0, "stats"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].opcode == opcode) {
			*flags = rows[i].flags;
			return rows[i].name;
		}
	}
	return NULL;
}

/* key: the mechanism; value, of PLAIN: NUL user NUL password */
static void note_login(struct facts *facts, struct bytes body, uint16_t key_length)
{
	struct bytes key = bytes_sub(&body, key_length);
	size_t length;

	if (key.failed)
		return;
	FACTS_TEXT(facts, mechanism, key.at, key.left);
	if (!lines_equal(&key, "PLAIN") || body.left == 0)
		return;
	length = strnlen((const char *)body.at, body.left);
	if (!bytes_skip(&body, length + 1) || body.left == 0)
		return;
	length = strnlen((const char *)body.at, body.left);
	if (length < body.left)
		FACTS_TEXT(facts, user, body.at, length);
}

static void on_binary_command(struct memcached *mc, struct facts *facts, struct memcached_stream *s)
{
	uint8_t opcode = s->header[1];
	struct bytes body = bytes_from(s->body, s->kept);
	unsigned flags = 0;
	const char *name = opcode_name(opcode, &flags);

	if (name && opcode < MEMCACHED_OPCODES)
		mc->handles[opcode] = 1 + facts_command(facts, name, strlen(name), flags);
	if (opcode == OP_SASL_AUTH && s->header[4] == 0)
		note_login(facts, body, (uint16_t)(s->header[2] << 8 | s->header[3]));
	memset(s->body, 0, sizeof s->body);
}

static void on_binary_reply(struct memcached *mc, struct facts *facts, struct memcached_stream *s)
{
	uint8_t opcode = s->header[1];
	uint16_t status = (uint16_t)(s->header[6] << 8 | s->header[7]);
	bool good = status == 0;

	if (facts->data_read == ANSWER_UNKNOWN)
		facts_set_data_read(facts, ANSWER_NO);
	if (opcode == OP_SASL_AUTH || opcode == OP_SASL_STEP) {
		if (status == 0 || status == STATUS_AUTH)
			facts_login(facts, status == 0);
		mc->logged_in |= status == 0;
		return;
	}
	if (opcode < MEMCACHED_OPCODES)
		facts_command_result(facts, mc->handles[opcode] - 1, good);
	if (status == STATUS_AUTH && !mc->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!good)
		return;
	if (opcode == OP_VERSION) {
		FACTS_TEXT(facts, version, s->body, s->kept);
		return; /* answered without a log-in */
	}
	if (opcode != OP_SASL_LIST)
		memcached_served(mc, facts);
	if (opcode == OP_GET || opcode == OP_GETK || opcode == OP_STAT)
		facts_set_data_read(facts, ANSWER_YES);
	if (opcode == OP_STAT && s->kept > 7 && memcmp(s->body, "version", 7) == 0)
		FACTS_TEXT(facts, version, s->body + 7, (size_t)s->kept - 7);
}

static void begin_body(struct memcached_stream *s, enum side from)
{
	struct bytes b = bytes_from(s->header, sizeof s->header);

	if (bytes_u8(&b) != (from == SIDE_CLIENT ? 0x80 : 0x81))
		s->lost = true;
	bytes_skip(&b, 7);
	s->left = bytes_be32(&b);
	s->kept = 0;
}

void memcached_binary_feed(struct memcached *mc, struct facts *facts, enum side from,
			   struct bytes in)
{
	struct memcached_stream *s = &mc->side[from];

	while (!s->lost) {
		size_t n;

		while (s->have < MEMCACHED_HEADER && in.left != 0) {
			s->header[s->have++] = bytes_u8(&in);
			if (s->have == MEMCACHED_HEADER)
				begin_body(s, from);
		}
		if (s->have < MEMCACHED_HEADER || s->lost)
			return;
		n = s->left < in.left ? s->left : in.left;
		for (size_t i = 0; i < n && s->kept < MEMCACHED_BODY; i++)
			s->body[s->kept++] = in.at[i];
		bytes_skip(&in, n);
		s->left -= (uint32_t)n;
		if (s->left != 0)
			return;
		s->have = 0;
		if (from == SIDE_CLIENT)
			on_binary_command(mc, facts, s);
		else
			on_binary_reply(mc, facts, s);
	}
}
