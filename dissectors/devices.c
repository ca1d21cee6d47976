/* SPDX-License-Identifier: ISC */
/*
 * Devices that tell what they are, or let themselves be managed, for whoever asks: one message
 * there, one back, and nobody logs in.
 *
 *	cisco-smart-install  TCP, six numbers each way: 1 1 4 8 1 0, and 4 0 3 8 1 0
 *	ubiquiti-discovery   01 00 00 00, answered by 01 00 length:2 and tagged values
 *	slp                  02 function:1 length:3 flags:2 next:3 id:2 length:2 language (RFC 2608)
 *	ard                  00 14 00 01 03, answered by some thousand bytes 00 01 03 ea 00 31 ...
 *	dvr-dhcpdiscover     20 00 00 00 "DHIP" ... and JSON
 *
 * Sources: Talos' notes on Smart Install; the questions of Shadowserver's scans.
 */
#include "dissectors/dissector.h"

#define ARD_MIN	    1000 /* bytes of an answer */
#define DHIP_HEADER 32

enum {
	UBIQUITI_FIRMWARE = 0x03,
	UBIQUITI_PLATFORM = 0x0c,
	UBIQUITI_MODEL = 0x14,
};

struct device {
	int handle;
};

static const uint8_t smart_install_question[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4,
						 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0};
static const uint8_t smart_install_answer[] = {0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3,
					       0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0};

static enum recognised agrees(const struct bytes *b, const void *text, size_t size)
{
	size_t n = b->left < size ? b->left : size;

	if (n != 0 && memcmp(b->at, text, n) != 0)
		return RECOGNISED_NO;
	return b->left >= size ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised is_smart_install(struct bytes b, enum side side)
{
	return side == SIDE_CLIENT
		       ? agrees(&b, smart_install_question, sizeof smart_install_question)
		       : agrees(&b, smart_install_answer, sizeof smart_install_answer);
}

/* The values fill the datagram exactly. */
static enum recognised is_ubiquiti(struct bytes b, enum side side)
{
	uint8_t version = bytes_u8(&b), command = bytes_u8(&b);
	uint16_t length = bytes_be16(&b);
	unsigned values = 0;

	if (version != 1 || command != 0 || b.failed || length != b.left)
		return RECOGNISED_NO;
	if (side == SIDE_CLIENT)
		return length == 0 ? RECOGNISED_YES : RECOGNISED_NO;
	for (; b.left != 0; values++) {
		uint8_t tag = bytes_u8(&b);

		if (!bytes_skip(&b, bytes_be16(&b)) || tag == 0)
			return RECOGNISED_NO;
	}
	return values >= 3 ? RECOGNISED_YES : RECOGNISED_NO;
}

/* The length is the datagram's, the language two letters. */
static enum recognised is_slp(struct bytes b, enum side side)
{
	size_t size = b.left;
	uint8_t version = bytes_u8(&b), function = bytes_u8(&b);
	uint32_t length = bytes_be24(&b);
	bool reply =
		function == 2 || function == 5 || function == 7 || function == 8 || function == 10;

	bytes_skip(&b, 7);
	if (bytes_be16(&b) != 2 || version != 2 || function == 0 || function > 11 || length != size)
		return RECOGNISED_NO;
	for (int i = 0; i < 2; i++) {
		uint8_t c = bytes_u8(&b);

		if (c < 'a' || c > 'z')
			return RECOGNISED_NO;
	}
	return reply == (side == SIDE_SERVER) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised is_ard(struct bytes b, enum side side)
{
	if (side == SIDE_CLIENT)
		return b.left == 5 ? agrees(&b, "\0\x14\0\1\3", 5) : RECOGNISED_NO;
	return b.left >= ARD_MIN ? agrees(&b, "\0\1\3\xea\0\x31", 6) : RECOGNISED_NO;
}

static enum recognised is_dvr(struct bytes b, enum side side)
{
	enum recognised result = agrees(&b, "\x20\0\0\0DHIP", 8);

	(void)side;
	if (result == RECOGNISED_YES)
		bytes_skip(&b, DHIP_HEADER);
	return result == RECOGNISED_YES && b.left != 0 && b.at[0] == '{' ? RECOGNISED_YES
									 : RECOGNISED_NO;
}

typedef enum recognised recognises(struct bytes bytes, enum side side);

/* The answer is proof, even alone; the question alone shows only what a client looked for. */
static enum recognised recognise(const struct opening *opening, recognises *is)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && is(client, SIDE_CLIENT) == RECOGNISED_NO)
		return RECOGNISED_NO;
	return server.left != 0 ? is(server, SIDE_SERVER) : RECOGNISED_MORE;
}

static void begin(struct device *device, struct facts *facts, const struct service *service)
{
	device->handle = -1;
	facts_begin(facts, service);
}

static void feed_device(void *state, struct facts *facts, struct feed *fed)
{
	struct device *device = state;

	if (fed->bytes.left == 0)
		return;
	if (device->handle < 0)
		device->handle = FACTS_COMMAND(facts, "DISCOVER", COMMAND_LISTING);
	if (fed->from == SIDE_CLIENT)
		return;
	facts_command_result(facts, device->handle, true);
	facts_set_auth(facts, AUTH_NONE);
	facts_set_data_read(facts, ANSWER_YES);
}

/* Only a hello so far: what can be done with it is not tried. */
static void feed_smart_install(void *state, struct facts *facts, struct feed *fed)
{
	(void)state;
	if (fed->from == SIDE_SERVER && fed->bytes.left != 0)
		facts_set_auth(facts, AUTH_NONE);
}

static void feed_ubiquiti(void *state, struct facts *facts, struct feed *fed)
{
	struct bytes b = fed->bytes;

	feed_device(state, facts, fed);
	bytes_skip(&b, 4);
	while (fed->from == SIDE_SERVER && b.left != 0) {
		uint8_t tag = bytes_u8(&b);
		struct bytes value = bytes_sub(&b, bytes_be16(&b));

		if (value.left == 0)
			continue;
		if (tag == UBIQUITI_PLATFORM || tag == UBIQUITI_MODEL)
			FACTS_TEXT(facts, product, value.at, value.left);
		else if (tag == UBIQUITI_FIRMWARE)
			FACTS_TEXT(facts, version, value.at, value.left);
	}
}

#define DEVICE(id, its_name, its_family, its_about, its_identifier, port, over, is, its_feed, how, \
	       what)                                                                               \
	static const uint16_t id##_ports[] = {port, 0};                                            \
	static const struct service id##_services[] = {                                            \
		{                                                                                  \
			.name = (its_name),                                                        \
			.family = (its_family),                                                    \
			.about = (its_about),                                                      \
			.identifier = (its_identifier),                                            \
			.ports = id##_ports,                                                       \
		},                                                                                 \
	};                                                                                         \
	static enum recognised id##_recognise(const struct opening *opening)                       \
	{                                                                                          \
		return recognise(opening, is);                                                     \
	}                                                                                          \
	static void id##_begin(void *state, struct facts *facts)                                   \
	{                                                                                          \
		begin(state, facts, &id##_services[0]);                                            \
	}                                                                                          \
	const struct dissector id##_dissector = {                                                  \
		.name = (its_name),                                                                \
		.transports = (over),                                                              \
		.state_size = sizeof(struct device),                                               \
		.service_count = 1,                                                                \
		.services = id##_services,                                                         \
		.recognised = (how),                                                               \
		.reads = (what),                                                                   \
		.recognise = id##_recognise,                                                       \
		.begin = id##_begin,                                                               \
		.feed = (its_feed),                                                                \
	}

#define READS_DISCOVERY                                                                            \
	(READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DATA | READS_ENCRYPTION)

DEVICE(smart_install, "cisco-smart-install", FAMILY_ADMIN, "set-up of Cisco's switches by anybody",
       "accessible-cisco-smart-install", 4786, OVER_TCP, is_smart_install, feed_smart_install,
       "the six numbers of the hello, and of its answer", READS_AUTH | READS_ENCRYPTION);
DEVICE(ubiquiti, "ubiquiti-discovery", FAMILY_ADMIN, "Ubiquiti discovery",
       "accessible-ubiquiti-discovery-service", 10001, OVER_UDP, is_ubiquiti, feed_ubiquiti,
       "the device's values, which fill its answer",
       READS_DISCOVERY | READS_PRODUCT | READS_VERSION);
DEVICE(slp, "slp", FAMILY_INFRASTRUCTURE, "service location (SLP), as of hypervisors and printers",
       "open-slp", 427, OVER_UDP, is_slp, feed_device,
       "a message whose length is the datagram's, in a language of two letters", READS_DISCOVERY);
DEVICE(ard, "ard", FAMILY_ADMIN, "Apple Remote Desktop", "accessible-ard", 3283, OVER_UDP, is_ard,
       feed_device, "the beginning and the size of the answer", READS_DISCOVERY);
DEVICE(dvr, "dvr-dhcpdiscover", FAMILY_ADMIN, "video recorders that describe themselves",
       "open-dvr-dhcpdiscover", 37810, OVER_UDP, is_dvr, feed_device,
       "the mark \"DHIP\" and JSON behind its header", READS_DISCOVERY);
