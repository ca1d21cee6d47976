/* SPDX-License-Identifier: ISC */
/*
 * MQTT 3.1, 3.1.1 and 5: packets of
 *
 *	type:4 bits flags:4 bits, length: 1 to 4 bytes of 7 bits, low ones first, body
 *	CONNECT		text "MQTT" or "MQIsdp", level, flags, keep-alive:2 [properties]
 *			client [will properties, topic, message] [user] [password]; text: length:2
 *	CONNACK		flags, reason: 0 welcome; 4, 5 (before 5) or 86, 87 (5): not let in
 *
 * docs.oasis-open.org/mqtt: mqtt-v3.1.1, mqtt-v5.0
 */
#include "dissectors/dissector.h"
#include "dissectors/mqtt/mqtt_recognise.h"
#include "dissectors/read/frames.h"

#define HEADER_MAX 5 /* bytes: type, and a length of up to four */

static const uint16_t ports[] = {1883, 8883, 0};

static const struct service services[] = {
	{
		.name = "mqtt",
		.family = FAMILY_QUEUE,
		.also = (const char *const[]){"mqtts", NULL},
		.met = true,
		.about = "MQTT message broker",
		.identifier = "open-mqtt",
		.ports = ports,
	},
};

struct mqtt {
	struct frame side[2];
	int connect, subscribe, publish; /* handles of the commands; valid if noted */
	uint8_t level;			 /* of the protocol: 3, 4, 5 */
	bool connects, subscribes, publishes;
	bool has_user; /* or any other credential */
	bool started, midstream;
};

_Static_assert(sizeof(struct mqtt) <= DISSECTOR_STATE_MAX, "state of mqtt");

static uint32_t varint(struct bytes *b)
{
	uint32_t value = 0;

	for (unsigned shift = 0; shift < 28; shift += 7) {
		uint8_t c = bytes_u8(b);

		value |= (uint32_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return value;
	}
	b->failed = true;
	b->left = 0;
	return 0;
}

/* Whatever follows its length in two bytes. */
static struct bytes text(struct bytes *b)
{
	return bytes_sub(b, bytes_be16(b));
}

static int note(struct facts *facts, const char *name)
{
	return facts_command(facts, name, strlen(name), 0);
}

/* Properties of version 5: an authentication method may come instead of a user. */
static bool skip_properties(const struct mqtt *mqtt, struct bytes *b)
{
	struct bytes properties;
	bool has_method = false;

	if (mqtt->level < 5)
		return false;
	properties = bytes_sub(b, varint(b));
	for (unsigned i = 0; i < 16 && properties.left != 0; i++) {
		switch (bytes_u8(&properties)) {
		case 0x11: /* session expiry */
		case 0x27: /* maximum packet size */
			bytes_skip(&properties, 4);
			break;
		case 0x21: /* receive maximum */
		case 0x22: /* topic aliases */
			bytes_skip(&properties, 2);
			break;
		case 0x17: /* request problem information */
		case 0x19: /* request response information */
			bytes_skip(&properties, 1);
			break;
		case 0x26: /* user property */
			text(&properties);
			text(&properties);
			break;
		case 0x15: /* authentication method */
			has_method = true;
			text(&properties);
			break;
		case 0x16: /* authentication data */
			text(&properties);
			break;
		default:
			return has_method;
		}
	}
	return has_method;
}

static void on_connect(struct mqtt *mqtt, struct facts *facts)
{
	struct frame *frame = &mqtt->side[SIDE_CLIENT];
	struct bytes b = bytes_from(frame->body, frame->kept), user;
	uint8_t flags;

	mqtt->connects = true;
	mqtt->connect = note(facts, "CONNECT");
	facts_set_auth(facts, AUTH_UNKNOWN); /* until it is answered */
	text(&b);
	mqtt->level = bytes_u8(&b) & 0x7f; /* the highest bit is set by bridges */
	flags = bytes_u8(&b);
	bytes_skip(&b, 2);
	mqtt->has_user = flags & 0xc0;
	mqtt->has_user |= skip_properties(mqtt, &b);
	text(&b); /* client identifier */
	if (flags & 0x04) {
		if (mqtt->level >= 5)
			bytes_sub(&b, varint(&b));
		text(&b);
		text(&b);
	}
	if (!(flags & 0x80))
		return;
	user = text(&b);
	if (!user.failed)
		FACTS_TEXT(facts, user, user.at, user.left);
}

static void on_connack(struct mqtt *mqtt, struct facts *facts)
{
	const struct frame *frame = &mqtt->side[SIDE_SERVER];
	uint8_t reason = frame->body[1];
	bool not_let_in =
		reason == 4 || reason == 5 || reason == 0x86 || reason == 0x87 || reason == 0x8c;

	if (frame->kept < 2)
		return;
	if (mqtt->connects)
		facts_command_result(facts, mqtt->connect, reason == 0);
	if (!mqtt->connects) /* what the client said was not seen */
		facts_set_auth(facts, not_let_in ? AUTH_REQUIRED : AUTH_UNKNOWN);
	else if (reason == 0 && mqtt->has_user)
		facts_login(facts, true);
	else if (reason == 0)
		facts_set_auth(facts, AUTH_NONE);
	else if (not_let_in && mqtt->has_user)
		facts_login(facts, false);
	else if (not_let_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	else
		facts_set_auth(facts, AUTH_NA);
}

static void on_client(struct mqtt *mqtt, struct facts *facts)
{
	switch (mqtt->side[SIDE_CLIENT].header[0] >> 4) {
	case MQTT_CONNECT:
		on_connect(mqtt, facts);
		break;
	case MQTT_PUBLISH:
		mqtt->publish = note(facts, "PUBLISH");
		mqtt->publishes = true;
		break;
	case MQTT_SUBSCRIBE:
		mqtt->subscribe = note(facts, "SUBSCRIBE");
		mqtt->subscribes = true;
		break;
	case MQTT_UNSUBSCRIBE:
		note(facts, "UNSUBSCRIBE");
		break;
	case MQTT_PINGREQ:
		note(facts, "PINGREQ");
		break;
	case MQTT_DISCONNECT:
		note(facts, "DISCONNECT");
		break;
	default:
		break;
	}
}

/* Reasons: one byte each behind the packet's number (and properties, in version 5). */
static void on_suback(struct mqtt *mqtt, struct facts *facts)
{
	const struct frame *frame = &mqtt->side[SIDE_SERVER];
	struct bytes b = bytes_from(frame->body, frame->kept);
	uint8_t reason;

	bytes_skip(&b, 2);
	if (mqtt->level >= 5)
		bytes_sub(&b, varint(&b));
	reason = bytes_u8(&b);
	if (mqtt->subscribes && !b.failed)
		facts_command_result(facts, mqtt->subscribe, reason < 0x80);
}

static void on_server(struct mqtt *mqtt, struct facts *facts)
{
	const struct frame *frame = &mqtt->side[SIDE_SERVER];

	switch (frame->header[0] >> 4) {
	case MQTT_CONNACK:
		on_connack(mqtt, facts);
		break;
	case MQTT_PUBLISH:
		facts_set_data_read(facts, ANSWER_YES);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
		if (mqtt->publishes && !frame->holed)
			facts_command_result(facts, mqtt->publish,
					     frame->kept < 3 || frame->body[2] < 0x80);
		break;
	case MQTT_SUBACK:
		on_suback(mqtt, facts);
		break;
	default:
		break;
	}
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

/* True when the fixed header is whole and the body's length known. */
static bool take_header(struct frame *frame, struct bytes *input)
{
	struct bytes length;

	for (uint8_t size = 2;; size++) {
		if (!frames_header(frame, input, size))
			return false;
		if (!(frame->header[size - 1] & 0x80))
			break;
		if (size == HEADER_MAX) {
			frame->lost = true;
			return false;
		}
	}
	if (frame->expected)
		return true;
	length = bytes_from(frame->header + 1, HEADER_MAX - 1);
	frames_expect(frame, varint(&length));
	return true;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct mqtt *mqtt = state;
	struct frame *frame = &mqtt->side[from];
	struct bytes input = fed->bytes, piece;

	mqtt->started = true;
	while (!frame->lost && take_header(frame, &input)) {
		if (!frames_body(frame, &input, &piece))
			return;
		if (from == SIDE_CLIENT)
			on_client(mqtt, facts);
		else
			on_server(mqtt, facts);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct mqtt *mqtt = state;
	struct frame *frame = &mqtt->side[from];

	if (!mqtt->started) {
		mqtt->midstream = true; /* a log-in may have gone unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
	} else {
		frames_gap(frame, missing);
	}
}

const struct dissector mqtt_dissector = {
	.name = "mqtt",
	.transports = OVER_TCP,
	.state_size = sizeof(struct mqtt),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "CONNECT with its name and level, and the CONNACK",
	.reads = READS_AUTH | READS_USER | READS_COMMANDS | READS_DATA | READS_ENCRYPTION,
	.recognise = mqtt_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
