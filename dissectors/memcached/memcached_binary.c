/* SPDX-License-Identifier: ISC */
/*
 * memcached's binary protocol: a header of 24 bytes and a body each way.
 *
 *	magic:1 (80 request, 81 reply) opcode:1 key length:2 extras' length:1 type:1
 *	status:2 (of a reply) body length:4 number:4 CAS:8
 *
 * Couchbase's data service speaks it as well, with opcodes of its own: HELLO opens, SELECT_BUCKET
 * follows the log-in. Its headers may begin with 08 and 18 (then a byte each for the length of
 * further extras and of the key), and the server may ask, too (82, answered by 83).
 *
 * github.com/memcached/memcached: doc/protocol-binary.xml; github.com/couchbase/kv_engine:
 * docs/BinaryProtocol.md.
 */
#include "dissectors/memcached/memcached.h"

#define STATUS_AUTH    0x20
#define STATUS_ACCESS  0x24
#define STATUS_UNKNOWN 0x81 /* command */
#define SERVER_ASKS    0x82 /* and is answered with the next */
#define SERVER_ASKED   0x83

enum {
	OP_GET = 0,
	OP_FLUSH = 8,
	OP_VERSION = 0x0b,
	OP_GETK = 0x0c,
	OP_STAT = 0x10,
	OP_FLUSHQ = 0x18,
	OP_HELLO = 0x1f,
	OP_SASL_LIST = 0x20,
	OP_SASL_AUTH = 0x21,
	OP_SASL_STEP = 0x22,
	OP_COUCHBASE = 0x3d, /* and above */
	OP_SELECT_BUCKET = 0x89,
	OP_ERROR_MAP = 0xfe
};

static const struct opcode {
	uint8_t opcode, flags;
	const char *name;
} opcodes[] = {
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
	{0x50, 0, "DCP_OPEN"},
	{0x53, COMMAND_LISTING, "DCP_STREAM_REQ"},
	{0x85, 0, "CREATE_BUCKET"},
	{0x86, COMMAND_DESTRUCTIVE, "DELETE_BUCKET"},
	{0x87, COMMAND_LISTING, "LIST_BUCKETS"},
	{OP_SELECT_BUCKET, 0, "SELECT_BUCKET"},
	{0xb5, 0, "GET_CLUSTER_CONFIG"},
	{0xba, 0, "GET_COLLECTIONS_MANIFEST"},
};

_Static_assert(sizeof opcodes / sizeof *opcodes <= MEMCACHED_OPCODES, "opcodes of memcached");

/* The place of its handle; -1: it is none of note. */
static int place_of(uint8_t opcode)
{
	for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++) {
		if (opcodes[i].opcode == opcode)
			return (int)i;
	}
	return -1;
}

/* memcached itself ends at 0x24; what it reserves above was never built. */
static bool is_couchbase(uint8_t opcode)
{
	return opcode == OP_HELLO || opcode >= OP_COUCHBASE;
}

/* The client's word counts until the server says that it knows no such command. */
static void refine(struct facts *facts, uint8_t opcode, bool known)
{
	const struct service *service =
		&memcached_services[known ? MEMCACHED_COUCHBASE : MEMCACHED_ITSELF];

	if (!is_couchbase(opcode) || facts->service == service)
		return;
	facts_set_service(facts, service);
	if (known)
		FACTS_WORD(facts, product, "Couchbase Server");
	else
		FACTS_WORD(facts, product, "memcached");
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
	int place = place_of(opcode);

	if (s->header[0] == SERVER_ASKED)
		return;
	refine(facts, opcode, true);
	if (place >= 0)
		mc->handles[place] =
			1 + facts_command(facts, opcodes[place].name, strlen(opcodes[place].name),
					  opcodes[place].flags);
	if (s->header[0] == 0x80 && opcode == OP_SASL_AUTH && s->header[4] == 0)
		note_login(facts, body, (uint16_t)(s->header[2] << 8 | s->header[3]));
	memset(s->body, 0, sizeof s->body);
}

static void on_binary_reply(struct memcached *mc, struct facts *facts, struct memcached_stream *s)
{
	uint8_t opcode = s->header[1];
	uint16_t status = (uint16_t)(s->header[6] << 8 | s->header[7]);
	bool good = status == 0;
	int place = place_of(opcode);

	if (s->header[0] == SERVER_ASKS)
		return;
	refine(facts, opcode, status != STATUS_UNKNOWN);
	if (facts->data_read == ANSWER_UNKNOWN)
		facts_set_data_read(facts, ANSWER_NO);
	if (opcode == OP_SASL_AUTH || opcode == OP_SASL_STEP) {
		if (status == 0 || status == STATUS_AUTH)
			facts_login(facts, status == 0);
		mc->logged_in |= status == 0;
		return;
	}
	if (place >= 0)
		facts_command_result(facts, mc->handles[place] - 1, good);
	if ((status == STATUS_AUTH || status == STATUS_ACCESS) && !mc->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!good)
		return;
	if (opcode == OP_VERSION) {
		FACTS_TEXT(facts, version, s->body, s->kept);
		return; /* answered without a log-in */
	}
	if (opcode != OP_SASL_LIST && opcode != OP_HELLO && opcode != OP_ERROR_MAP)
		memcached_served(mc, facts);
	if (opcode == OP_GET || opcode == OP_GETK || opcode == OP_STAT)
		facts_set_data_read(facts, ANSWER_YES);
	if (opcode == OP_STAT && s->kept > 7 && memcmp(s->body, "version", 7) == 0)
		FACTS_TEXT(facts, version, s->body + 7, (size_t)s->kept - 7);
}

static void begin_body(struct memcached_stream *s, enum side from)
{
	static const uint8_t magics[2][3] = {[SIDE_CLIENT] = {0x80, 0x08, SERVER_ASKED},
					     [SIDE_SERVER] = {0x81, 0x18, SERVER_ASKS}};
	struct bytes b = bytes_from(s->header, sizeof s->header);

	if (!memchr(magics[from], bytes_u8(&b), sizeof magics[from]))
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
