/* SPDX-License-Identifier: ISC */
/*
 * HBase's calls to masters and region servers. The client begins with
 *
 *	"HBas" version:1 (0) method:1	50 simple: any name is believed; 51 Kerberos; 52 digest
 *
 * and length:4 with a ConnectionHeader, which is not answered. Then both sides send length:4 and
 * counted messages of Protocol Buffers: a RequestHeader with number (1) and method (3), answered by
 * a ResponseHeader with number (1) and perhaps an exception (2). What SASL has wrapped is not read.
 *
 * github.com/apache/hbase: hbase-protocol, RPC.proto.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/protobuf.h"

#define PREAMBLE	 6
#define SIMPLE		 0x50
#define DIGEST		 0x52
#define OPENING_MAX_SEEN (1u << 24)
#define LONG_ANSWER	 16 /* bytes behind the header: more than an empty one */

static const uint16_t ports[] = {16000, 16020, 0};

static const struct service services[] = {
	{
		.name = "hbase",
		.family = FAMILY_DATABASE,
		.about = "Apache HBase master or region server",
		.ports = ports,
	},
};

struct hbase {
	struct exchange exchange;
	bool opened, introduced; /* preamble and connection header have passed */
	bool sealed;
};

_Static_assert(sizeof(struct hbase) <= DISSECTOR_STATE_MAX, "state of hbase");

static const struct method {
	const char *name;
	struct exchange_command command;
} methods[] = {
	{"Get", {0, 0, EXCHANGE_READS, "Get"}},
	{"Scan", {0, COMMAND_LISTING, EXCHANGE_READS, "Scan"}},
	{"Multi", {0, 0, 0, "Multi"}},
	{"Mutate", {0, 0, 0, "Mutate"}},
	{"GetTableNames", {0, COMMAND_LISTING, EXCHANGE_READS, "GetTableNames"}},
	{"GetTableDescriptors", {0, COMMAND_LISTING, EXCHANGE_READS, "GetTableDescriptors"}},
	{"ListNamespaceDescriptors",
	 {0, COMMAND_LISTING, EXCHANGE_READS, "ListNamespaceDescriptors"}},
	{"ListTableNamesByNamespace",
	 {0, COMMAND_LISTING, EXCHANGE_READS, "ListTableNamesByNamespace"}},
	{"GetUserPermissions", {0, COMMAND_LISTING, EXCHANGE_READS, "GetUserPermissions"}},
	{"DeleteTable", {0, COMMAND_DESTRUCTIVE, 0, "DeleteTable"}},
	{"TruncateTable", {0, COMMAND_DESTRUCTIVE, 0, "TruncateTable"}},
	{"DeleteColumn", {0, COMMAND_DESTRUCTIVE, 0, "DeleteColumn"}},
	{"DeleteNamespace", {0, COMMAND_DESTRUCTIVE, 0, "DeleteNamespace"}},
	{"DeleteSnapshot", {0, COMMAND_DESTRUCTIVE, 0, "DeleteSnapshot"}},
	{"ExecService", {0, COMMAND_EXECUTES, 0, "ExecService"}},
	{"ExecMasterService", {0, COMMAND_EXECUTES, 0, "ExecMasterService"}},
	{"Shutdown", {0, COMMAND_DESTRUCTIVE, 0, "Shutdown"}},
	{"StopMaster", {0, COMMAND_DESTRUCTIVE, 0, "StopMaster"}},
	{"StopServer", {0, COMMAND_DESTRUCTIVE, 0, "StopServer"}},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Apache HBase");
}

static void on_preamble(struct hbase *hbase, struct facts *facts)
{
	struct frame *frame = &hbase->exchange.side[SIDE_CLIENT];
	struct bytes b = bytes_from(frame->header, PREAMBLE);

	hbase->opened = true;
	if (!bytes_start_with(&b, "HBas")) {
		hbase->introduced = true; /* the capture began later */
		frame->lost = true;
		return;
	}
	hbase->sealed = frame->header[5] != SIMPLE;
	if (!hbase->sealed)
		return;
	facts_set_auth(facts, AUTH_REQUIRED);
	if (frame->header[5] == DIGEST)
		FACTS_WORD(facts, mechanism, "DIGEST-MD5");
	else
		FACTS_WORD(facts, mechanism, "GSSAPI");
}

/* ConnectionHeader: user information (1) with the user (1). */
static void on_introduction(struct hbase *hbase, struct facts *facts, struct bytes b)
{
	struct bytes user = protobuf_bytes(protobuf_bytes(b, 1), 1);

	hbase->introduced = true;
	if (user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* Unknown methods are named as they come, if they are letters. */
static void on_call(struct hbase *hbase, struct facts *facts, struct bytes header)
{
	uint64_t number = protobuf_number(header, 1);
	struct bytes name = protobuf_bytes(header, 3);
	int handle = -1;

	if (name.left == 0)
		return;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (name.left == strlen(methods[i].name) &&
		    memcmp(name.at, methods[i].name, name.left) == 0) {
			exchange_ask(&hbase->exchange, facts, number, &methods[i].command);
			return;
		}
	}
	handle = facts_command(facts, name.at, name.left, 0);
	answers_put(&hbase->exchange.pending, number, handle, 0);
}

static void on_answer(struct hbase *hbase, struct facts *facts, struct bytes header, size_t rest)
{
	struct bytes exception = protobuf_bytes(protobuf_bytes(header, 2), 1);
	uint64_t number = protobuf_number(header, 1);
	struct answers_numbered *row = answers_find(&hbase->exchange.pending, number);

	if (row != NULL && rest < LONG_ANSWER)
		row->kind = 0; /* it reads nothing */
	if (lines_contain(&exception, "AccessDenied"))
		exchange_demanded(&hbase->exchange, facts);
	exchange_answer(&hbase->exchange, facts, number, exception.left == 0);
}

static void on_message(struct hbase *hbase, struct facts *facts, enum side from, struct bytes b,
		       uint32_t whole)
{
	struct bytes start = b, header;
	uint64_t length;

	if (from == SIDE_CLIENT && !hbase->introduced) {
		on_introduction(hbase, facts, b);
		return;
	}
	length = protobuf_varint(&b);
	if (b.failed || length + (start.left - b.left) > whole)
		return;
	header = bytes_sub(&b, length < b.left ? (size_t)length : b.left);
	if (header.left == 0)
		return;
	if (from == SIDE_CLIENT)
		on_call(hbase, facts, header);
	else
		on_answer(hbase, facts, header,
			  whole - (size_t)length - (start.left - b.left - header.left));
}

static bool measure_preamble(struct bytes header, uint32_t *body)
{
	(void)header;
	*body = 0;
	return true;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct hbase *hbase = state;
	struct frame *frame = exchange_begin(&hbase->exchange, from);
	struct bytes input = fed->bytes;

	if (from == SIDE_CLIENT && !hbase->opened) {
		if (!frames_next(frame, &input, PREAMBLE, measure_preamble))
			return;
		on_preamble(hbase, facts);
		frames_done(frame);
	}
	while (!hbase->sealed && frames_next(frame, &input, 4, exchange_measure_be32)) {
		on_message(hbase, facts, from, bytes_from(frame->body, frame->kept), frame->length);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct hbase *hbase = state;

	(void)facts;
	exchange_gap(&hbase->exchange, from, missing);
	if (from == SIDE_CLIENT && hbase->exchange.side[from].lost)
		hbase->opened = hbase->introduced = true;
}

static enum recognised recognise_client(struct bytes b)
{
	uint8_t version, method;

	if (!bytes_agree_with(&b, "HBas"))
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	version = bytes_u8(&b);
	method = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return version == 0 && method >= SIMPLE && method <= 0x5f ? RECOGNISED_YES : RECOGNISED_NO;
}

/* A length, or SASL's 0 for success and 1 for failure. */
static enum recognised recognise_server(struct bytes b)
{
	uint32_t length = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return length <= OPENING_MAX_SEEN ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_client(recognise_client(opening->side[SIDE_CLIENT]),
				   recognise_server(opening->side[SIDE_SERVER]),
				   opening->one_sided);
}

const struct dissector hbase_dissector = {
	.name = "hbase",
	.transports = OVER_TCP,
	.state_size = sizeof(struct hbase),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the letters HBas with which a client begins",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
