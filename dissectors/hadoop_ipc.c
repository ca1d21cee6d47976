/* SPDX-License-Identifier: ISC */
/*
 * Hadoop's own calls (HDFS name nodes, YARN): the client begins with
 *
 *	"hrpc" version:1 (9) class:1 method:1 (0: simple, any name is believed; df: SASL)
 *
 * and goes on with length:4 and Protocol Buffers, which is also how the server answers. A call
 * names its method in clear. RpcHeader.proto, ipc/Server.java of Hadoop.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/frames.h"

#define LENGTH_MAX (128u << 20)
#define SIMPLE	   0
#define SASL	   0xdf

static const uint16_t ports[] = {8020, 9000, 8032, 0};

static const struct service services[] = {
	{
		.name = "hadoop-ipc",
		.family = FAMILY_DATABASE,
		.about = "Hadoop's own calls: HDFS, YARN",
		.identifier = "accessible-hadoop",
		.ports = ports,
	},
};

struct hadoop {
	struct frame client, server;
	struct answers pending;
	uint8_t have, method;
	bool spoken;
};

_Static_assert(sizeof(struct hadoop) <= DISSECTOR_STATE_MAX, "state of hadoop_ipc");

/* The methods of ClientProtocol and its like that tell or destroy. */
static const struct method {
	const char *name;
	uint8_t flags;
} methods[] = {
	{"getListing", COMMAND_LISTING},
	{"getBlockLocations", COMMAND_LISTING},
	{"getFileInfo", 0},
	{"getApplications", COMMAND_LISTING},
	{"getDatanodeReport", COMMAND_LISTING},
	{"delete", COMMAND_DESTRUCTIVE},
	{"truncate", COMMAND_DESTRUCTIVE},
	{"submitApplication", COMMAND_EXECUTES},
	{"setSafeMode", 0},
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint32_t length = bytes_be32(&server);

	if (client.left == 0)
		return opening->one_sided || opening->side[SIDE_SERVER].left != 0 ? RECOGNISED_NO
										  : RECOGNISED_MORE;
	if (!bytes_agree_with(&client, "hrpc"))
		return RECOGNISED_NO;
	bytes_skip(&client, 4);
	if (!client.failed && client.left >= 3 &&
	    (client.at[0] < 7 || client.at[0] > 9 ||
	     (client.at[2] != SIMPLE && client.at[2] != SASL && client.at[2] != 0x50)))
		return RECOGNISED_NO;
	if (client.failed || client.left < 3)
		return RECOGNISED_MORE;
	if (opening->side[SIDE_SERVER].left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	if (server.failed)
		return RECOGNISED_MORE;
	return length != 0 && length < LENGTH_MAX ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Hadoop");
}

/* A call carries its method's name behind a length, and its protocol's "org.apache.hadoop...". */
static void on_call(struct hadoop *hadoop, struct facts *facts, struct bytes body)
{
	static const char protocol[] = "org.apache.hadoop.";
	struct bytes rest = body;

	while (rest.left != 0 && !bytes_start_with(&rest, protocol))
		bytes_skip(&rest, 1);
	body.left -= rest.left;
	for (size_t i = 0; rest.left != 0 && i < sizeof methods / sizeof *methods; i++) {
		size_t length = strlen(methods[i].name);
		struct bytes at = body;

		while (at.left > length &&
		       (at.at[0] != length || memcmp(at.at + 1, methods[i].name, length) != 0))
			bytes_skip(&at, 1);
		if (at.left <= length)
			continue;
		answers_add(&hadoop->pending,
			    facts_command(facts, methods[i].name, length, methods[i].flags),
			    methods[i].flags);
		return;
	}
	if (rest.left != 0)
		answers_add(&hadoop->pending, -1, 0);
}

/* Of the answer's header, the field 2: its status, 0 is well. False if it is not there. */
static bool read_status(struct bytes body, bool *ok)
{
	bytes_skip(&body, 1); /* the header's length */
	if (bytes_u8(&body) != 0x08)
		return false;
	while (bytes_u8(&body) & 0x80)
		; /* the call's number, zig-zag */
	if (bytes_u8(&body) != 0x10 || body.left == 0)
		return false;
	*ok = body.at[0] == 0;
	return true;
}

/* One that cannot be read is one all the same: the next belongs to the next call. */
static void on_answer(struct hadoop *hadoop, struct facts *facts, struct bytes body)
{
	struct answers_row *row = answers_first(&hadoop->pending);
	bool ok, known = read_status(body, &ok);

	if (known && ok && hadoop->method == SIMPLE)
		facts_set_auth(facts, AUTH_NONE);
	else if (known && hadoop->method == SASL)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!row || hadoop->method != SIMPLE)
		return;
	if (known)
		facts_command_result(facts, row->handle, ok);
	if (known && ok && (row->kind & COMMAND_LISTING))
		facts_set_data_read(facts, ANSWER_YES);
	answers_drop(&hadoop->pending);
}

static void on_frame(struct hadoop *hadoop, struct facts *facts, enum side from, struct bytes body)
{
	if (from == SIDE_CLIENT)
		on_call(hadoop, facts, body);
	else
		on_answer(hadoop, facts, body);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct hadoop *hadoop = state;
	struct frame *frame = from == SIDE_CLIENT ? &hadoop->client : &hadoop->server;
	struct bytes input = fed->bytes, piece;

	hadoop->spoken = true;
	for (; from == SIDE_CLIENT && hadoop->have < 7 && input.left != 0; hadoop->have++)
		hadoop->method = bytes_u8(&input);
	while (!frame->lost && frames_header(frame, &input, 4)) {
		struct bytes header = bytes_from(frame->header, 4);
		uint32_t size = bytes_be32(&header);

		frame->lost = size > LENGTH_MAX;
		if (frame->lost)
			break;
		if (!frame->expected)
			frames_expect(frame, size);
		if (!frames_body(frame, &input, &piece))
			break;
		on_frame(hadoop, facts, from, bytes_from(frame->body, frame->kept));
		/* Was it a call? Then answers belong to others than it seems. */
		hadoop->server.lost |= from == SIDE_CLIENT && frame->holed;
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct hadoop *hadoop = state;

	(void)facts;
	if (!hadoop->spoken)
		return;
	frames_gap(from == SIDE_CLIENT ? &hadoop->client : &hadoop->server, missing);
	if (hadoop->client.lost)
		hadoop->server.lost = true;
}

const struct dissector hadoop_ipc_dissector = {
	.name = "hadoop-ipc",
	.transports = OVER_TCP,
	.state_size = sizeof(struct hadoop),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the mark \"hrpc\" of the client with a known version and method",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_EXECUTION | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
