/* SPDX-License-Identifier: ISC */
/*
 * OpenWire, ActiveMQ's own protocol: length:4 type:1 body. Both sides begin with
 *
 *	WIREFORMAT_INFO	1 "ActiveMQ" version:4, properties: name (length:2), type:1, value
 *
 * The server's properties hold ProviderName and ProviderVersion. Then, loosely marshalled,
 *
 *	CONNECTION_INFO	3 command:4 respond:1, id, client, password, user
 *	RESPONSE 30, EXCEPTION_RESPONSE 31	command:4 respond:1 correlation:4
 *
 * where objects and text begin with 1 (there) or 0 (null). Tightly marshalled messages, which the
 * two sides may agree upon, are told apart by their type only.
 * activemq.apache.org/openwire-version-2-specification
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"

#define LENGTH_MAX (1u << 28)
#define MAGIC	   "\1ActiveMQ"

static const uint16_t ports[] = {61616, 61617, 0};

static const struct service services[] = {
	{
		.name = "openwire",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "ActiveMQ message broker (OpenWire)",
		.identifier = "open-activemq",
		.ports = ports,
	},
};

enum type {
	WIREFORMAT_INFO = 1,
	BROKER_INFO = 2,
	CONNECTION_INFO = 3,
	CONSUMER_INFO = 5,
	PRODUCER_INFO = 6,
	DESTINATION_INFO = 8,
	REMOVE_INFO = 12,
	MESSAGE_DISPATCH = 21,
	MESSAGE = 23, /* to 28: by what it holds */
	MESSAGE_LAST = 28,
	RESPONSE = 30,
	EXCEPTION_RESPONSE = 31,
};

/* "ProviderVersion" \t length:2 text */
struct version_reader {
	uint8_t matched; /* bytes of the name and the value's head */
	uint8_t length, have;
	char text[32];
};

struct openwire {
	struct frame side[2];
	struct version_reader version;
	uint32_t connect_number;
	int connect;
	bool connects, has_user, tight, numbered, midstream, started;
};

_Static_assert(sizeof(struct openwire) <= DISSECTOR_STATE_MAX, "state of openwire");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
	FACTS_WORD(facts, product, "ActiveMQ");
}

static void read_version(struct version_reader *v, struct facts *facts, struct bytes b)
{
	static const char name[] = "\017ProviderVersion\011";
	const uint8_t name_length = sizeof name - 1;

	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (v->matched < name_length) {
			if (c == (uint8_t)name[v->matched])
				v->matched++;
			else
				v->matched = c == (uint8_t)name[0];
		} else if (v->matched == name_length) {
			v->matched = c == 0 ? (uint8_t)(name_length + 1) : 0;
		} else if (v->matched == name_length + 1) {
			v->length = c;
			v->matched = c != 0 && c < sizeof v->text ? (uint8_t)(name_length + 2) : 0;
		} else if (v->have < v->length) {
			v->text[v->have++] = (char)c;
			if (v->have == v->length)
				FACTS_TEXT(facts, version, v->text, v->length);
		}
	}
}

/* A text or an object's end: 1 and the text, or 0 for none. False if the bytes end before. */
static bool take_text(struct bytes *b, struct bytes *text)
{
	*text = bytes_from(NULL, 0);
	if (bytes_u8(b) != 0)
		*text = bytes_sub(b, bytes_be16(b));
	return !b->failed;
}

static void on_connection_info(struct openwire *o, struct facts *facts)
{
	const struct frame *frame = &o->side[SIDE_CLIENT];
	struct bytes b = bytes_from(frame->body, frame->kept), text, user;

	o->connects = true;
	o->connect = FACTS_COMMAND(facts, "ConnectionInfo", 0);
	if (o->tight)
		return;
	o->connect_number = bytes_be32(&b);
	bytes_skip(&b, 1);
	if (bytes_u8(&b) != 1 || bytes_u8(&b) != 120) /* a ConnectionId follows */
		return;
	o->numbered = !b.failed;
	if (!take_text(&b, &text) || !take_text(&b, &text) || !take_text(&b, &text) ||
	    !take_text(&b, &user))
		return;
	o->has_user = user.left != 0;
	if (user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

static void on_client(struct openwire *o, struct facts *facts, uint8_t type)
{
	static const struct {
		uint8_t type;
		const char *name;
	} rows[] = {{WIREFORMAT_INFO, "WireFormatInfo"},
		    {CONSUMER_INFO, "ConsumerInfo"},
		    {PRODUCER_INFO, "ProducerInfo"},
		    {DESTINATION_INFO, "DestinationInfo"},
		    {REMOVE_INFO, "RemoveInfo"}};

	if (type == CONNECTION_INFO)
		on_connection_info(o, facts);
	else if (type >= MESSAGE && type <= MESSAGE_LAST)
		FACTS_COMMAND(facts, "Message", 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].type == type)
			facts_command(facts, rows[i].name, strlen(rows[i].name), 0);
	}
}

static void on_answer(struct openwire *o, struct facts *facts, bool accepted)
{
	const struct frame *frame = &o->side[SIDE_SERVER];
	struct bytes b = bytes_from(frame->body, frame->kept);

	bytes_skip(&b, 5);
	if (!o->connects || !o->numbered || bytes_be32(&b) != o->connect_number || b.failed)
		return;
	o->connects = false;
	facts_command_result(facts, o->connect, accepted);
	if (o->has_user)
		facts_login(facts, accepted);
	else
		facts_set_auth(facts, accepted ? AUTH_NONE : AUTH_REQUIRED);
}

static void on_server(struct openwire *o, struct facts *facts, uint8_t type)
{
	if (type == RESPONSE || type == EXCEPTION_RESPONSE)
		on_answer(o, facts, type == RESPONSE);
	else if (type == MESSAGE_DISPATCH)
		facts_set_data_read(facts, ANSWER_YES);
	else if (type == WIREFORMAT_INFO && facts->command_count == 0)
		FACTS_COMMAND(facts, "WireFormatInfo", 0);
}

/* Is TightEncodingEnabled true in what a side offers? It counts only if both say so. */
static bool offers_tight(const struct frame *frame)
{
	static const char name[] = "TightEncodingEnabled\1\1";

	return frame->kept >= sizeof name &&
	       memmem(frame->body, frame->kept, name, sizeof name - 1) != NULL;
}

static void on_frame(struct openwire *o, struct facts *facts, enum side from)
{
	const struct frame *frame = &o->side[from];
	uint8_t type = frame->header[4];

	if (from == SIDE_CLIENT) {
		if (type == WIREFORMAT_INFO)
			o->tight = offers_tight(frame);
		on_client(o, facts, type);
	} else {
		on_server(o, facts, type);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct openwire *o = state;
	struct frame *frame = &o->side[from];
	struct bytes input = fed->bytes, piece;
	bool whole;

	o->started = true;
	while (!frame->lost && frames_header(frame, &input, 5)) {
		if (!frame->expected) {
			struct bytes header = bytes_from(frame->header, 4);
			uint32_t size = bytes_be32(&header);

			if (size == 0 || size > LENGTH_MAX) {
				frame->lost = true;
				return;
			}
			frames_expect(frame, size - 1);
		}
		whole = frames_body(frame, &input, &piece);
		if (from == SIDE_SERVER && frame->header[4] == WIREFORMAT_INFO)
			read_version(&o->version, facts, piece);
		if (!whole)
			return;
		on_frame(o, facts, from);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct openwire *o = state;

	(void)facts;
	if (o->started)
		frames_gap(&o->side[from], missing);
	else
		o->midstream = true;
	if (from == SIDE_SERVER)
		o->version = (struct version_reader){.matched = 0};
}

/* length:4 01 "ActiveMQ" */
static enum recognised recognise_info(struct bytes b)
{
	uint32_t length = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 13 || length > 65536)
		return RECOGNISED_NO;
	if (bytes_start_with(&b, MAGIC))
		return RECOGNISED_YES;
	return bytes_agree_with(&b, MAGIC) ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of_client = recognise_info(opening->side[SIDE_CLIENT]);
	enum recognised of_server = recognise_info(opening->side[SIDE_SERVER]);

	return dissector_by_server(of_client, of_server, opening->one_sided);
}

const struct dissector openwire_dissector = {
	.name = "openwire",
	.transports = OVER_TCP,
	.state_size = sizeof(struct openwire),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "WIREFORMAT_INFO with its magic word",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
