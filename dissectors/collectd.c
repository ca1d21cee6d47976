/* SPDX-License-Identifier: ISC */
/*
 * collectd's network plug-in: measurements in datagrams of parts, one way.
 *
 *	type:2 length:2 (with these four bytes) data
 *	0000 host  0001 time  0002 plug-in ... 0006 values  0008, 0009 time and interval
 *	0200 signature: hash:32 user	0210 encrypted: length:2 user, initial vector:16 ...
 *
 * collectd.org/wiki/index.php/Binary_protocol
 */
#include "dissectors/dissector.h"

#define TEXT_MAX    128 /* bytes of a text part */
#define PARTS_SEEN  2	/* parts that make it certain */
#define HASH_SIZE   32
#define SIGNED_PART 0x200
#define SECRET_PART 0x210

static const uint16_t ports[] = {25826, 0};

static const struct service services[] = {
	{
		.name = "collectd",
		.family = FAMILY_LOGGING,
		.about = "collectd metrics sink",
		.one_way = true,
		.ports = ports,
	},
};

static bool is_text(struct bytes b)
{
	for (; b.left > 1; bytes_skip(&b, 1)) {
		if (b.at[0] < 0x20 || b.at[0] > 0x7e)
			return false;
	}
	return b.left == 1 && b.at[0] == 0;
}

/* Is this a possible part? */
static bool is_part(uint16_t type, uint16_t length, struct bytes data)
{
	switch (type) {
	case 0x000:
	case 0x002:
	case 0x003:
	case 0x004:
	case 0x005:
	case 0x100:
		return length >= 5 && length <= TEXT_MAX + 4 && is_text(data);
	case 0x001:
	case 0x007:
	case 0x008:
	case 0x009:
	case 0x101:
		return length == 12;
	case 0x006:
		return length >= 15 && (length - 6) % 9 == 0;
	case SIGNED_PART:
		return length > 4 + HASH_SIZE && length <= 4 + HASH_SIZE + TEXT_MAX;
	default:
		return false;
	}
}

static bool is_encrypted(struct bytes b, bool whole)
{
	struct bytes rest = b, user;
	uint16_t type = bytes_be16(&rest), length = bytes_be16(&rest);
	uint16_t user_length = bytes_be16(&rest);

	if (type != SECRET_PART || (whole && length != b.left) || length < user_length + 42u ||
	    user_length == 0 || user_length > TEXT_MAX)
		return false;
	user = bytes_sub(&rest, user_length);
	for (; user.left != 0; bytes_skip(&user, 1)) {
		if (user.at[0] < 0x20 || user.at[0] > 0x7e)
			return false;
	}
	return !user.failed;
}

static bool is_plain(struct bytes b, bool whole)
{
	unsigned parts = 0;

	if (bytes_start_with(&b, "\2") ? b.left < 2 || b.at[1] != 0 : b.left < 2 || b.at[0] != 0)
		return false;
	while (b.left != 0) {
		uint16_t type = bytes_be16(&b), length = bytes_be16(&b);
		bool cut = b.failed || length < 4 || length - 4u > b.left;
		struct bytes data = bytes_sub(&b, cut ? 0 : length - 4u);

		if (cut && whole)
			return false;
		if (cut)
			break;
		if (parts == 0 && type != 0x000 && type != SIGNED_PART)
			return false;
		if (!is_part(type, length, data))
			return false;
		parts++;
	}
	return parts >= PARTS_SEEN;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT];
	bool whole = client.left < OPENING_MAX;

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	if (client.left == 0)
		return RECOGNISED_MORE;
	return is_plain(client, whole) || is_encrypted(client, whole) ? RECOGNISED_YES
								      : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "collectd");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct bytes b = fed->bytes, user;
	uint16_t type = bytes_be16(&b), size = bytes_be16(&b);

	(void)state;
	if (fed->from != SIDE_CLIENT || (type != SIGNED_PART && type != SECRET_PART))
		return;
	if (type == SIGNED_PART && size > 4 + HASH_SIZE) {
		bytes_skip(&b, HASH_SIZE);
		user = bytes_sub(&b, size - 4u - HASH_SIZE);
	} else {
		size = bytes_be16(&b);
		user = bytes_sub(&b, size);
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	}
	if (!user.failed)
		FACTS_TEXT(facts, user, user.at, user.left);
}

const struct dissector collectd_dissector = {
	.name = "collectd",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "parts whose types and lengths add up, the first of them a host or time",
	.reads = READS_PRODUCT | READS_USER | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
