/* SPDX-License-Identifier: ISC */
/*
 * The decoder's 802.11: data frames in clear, and what captures put before them.
 *
 * References: IEEE 802.11 section 9 (numbers are little-endian), radiotap.org, CACE's PPI, the
 * headers of Prism and AVS as tcpdump.org describes them.
 */
#include "sensor/decode/decode_walk.h"
#include "sensor/decode/encapsulation.h"

#define TYPE_MASK      0x0c
#define TYPE_DATA      0x08
#define SUBTYPE_EMPTY  0x40 /* of data: there is none */
#define SUBTYPE_QOS    0x80
#define BOTH_SIDES     0x03 /* to and from the distribution system: a fourth address */
#define MORE_FRAGMENTS 0x04
#define PROTECTED      0x40
#define ORDER	       0x80 /* with QoS: 4 bytes of HT control */
#define AGGREGATE      0x80 /* in QoS control */

#define RADIOTAP_MORE	0x80000000u
#define RADIOTAP_TIME	0x01
#define RADIOTAP_FLAGS	0x02
#define RADIOTAP_PADDED 0x20
#define RADIOTAP_BAD	0x40
#define RADIOTAP_WORDS	8
#define PRISM_LENGTH	144
#define AVS		0x80211001u
#define PPI_WLAN	105
#define PPI_ETHERNET	1

/* What the header tells of its end. */
struct wlan {
	uint8_t frame, flags;
	bool fragment, aggregate;
};

static struct wlan take_header(struct bytes *rest)
{
	struct wlan wlan = {.frame = bytes_u8(rest), .flags = bytes_u8(rest)};

	bytes_skip(rest, 20); /* duration, three addresses */
	wlan.fragment = (wlan.flags & MORE_FRAGMENTS) || (bytes_le16(rest) & 0x0f) != 0;
	if ((wlan.flags & BOTH_SIDES) == BOTH_SIDES)
		bytes_skip(rest, 6);
	if (wlan.frame & SUBTYPE_QOS) {
		wlan.aggregate = (bytes_u8(rest) & AGGREGATE) != 0;
		bytes_skip(rest, 1);
		if (wlan.flags & ORDER)
			bytes_skip(rest, 4);
	}
	return wlan;
}

static enum decode_result decode_data(struct walk *walk, bool padded)
{
	const uint8_t *start = walk->rest.at;
	struct wlan wlan = take_header(&walk->rest);

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (padded)
		bytes_skip(&walk->rest, (4 - (size_t)(walk->rest.at - start) % 4) % 4);
	if (wlan.frame & SUBTYPE_EMPTY)
		return DECODE_NOT_IP;
	if (wlan.flags & PROTECTED)
		return decode_unread(walk, BY_WLAN, WLAN_ENCRYPTED);
	if (wlan.fragment)
		return decode_unread(walk, BY_WLAN, WLAN_FRAGMENT);
	if (wlan.aggregate)
		return decode_unread(walk, BY_WLAN, WLAN_AGGREGATE);
	return decode_llc(walk);
}

static enum decode_result decode_frame(struct walk *walk, bool padded)
{
	if (walk->rest.left == 0)
		return DECODE_TRUNCATED;
	if ((walk->rest.at[0] & (TYPE_MASK | 3)) != TYPE_DATA)
		return DECODE_NOT_IP; /* management and control of the air */
	return decode_data(walk, padded);
}

enum decode_result decode_wlan(struct walk *walk)
{
	return decode_frame(walk, false);
}

/* Its flags, which stand behind the words of what is present, and the time. */
static uint8_t radiotap_flags(struct bytes header)
{
	const uint8_t *start = header.at;
	uint32_t present, word;

	bytes_skip(&header, 4);
	present = word = bytes_le32(&header);
	for (int i = 0; i < RADIOTAP_WORDS && (word & RADIOTAP_MORE); i++)
		word = bytes_le32(&header);
	if (!(present & RADIOTAP_FLAGS) || header.failed)
		return 0;
	if (present & RADIOTAP_TIME)
		bytes_skip(&header, 8 + (8 - (size_t)(header.at - start) % 8) % 8);
	return bytes_u8(&header);
}

/* |Version 0|Pad|  Length  |  Present (32) … |, fields, then 802.11 */
enum decode_result decode_radiotap(struct walk *walk)
{
	struct bytes header = walk->rest;
	uint8_t version = bytes_u8(&header), flags;
	uint16_t length;

	bytes_skip(&header, 1);
	length = bytes_le16(&header);
	header = bytes_sub(&walk->rest, length);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (version != 0 || length < 8)
		return DECODE_MALFORMED;
	flags = radiotap_flags(header);
	if (flags & RADIOTAP_BAD)
		return DECODE_MALFORMED; /* who it was for has not taken it either */
	return decode_frame(walk, (flags & RADIOTAP_PADDED) != 0);
}

/* |Version 0|Flags|  Length  |  Link type (32)  |, fields */
enum decode_result decode_ppi(struct walk *walk)
{
	struct bytes header = walk->rest;
	uint16_t length;
	uint32_t link;

	bytes_skip(&header, 2);
	length = bytes_le16(&header);
	link = bytes_le32(&header);
	bytes_skip(&walk->rest, length);
	if (header.failed || walk->rest.failed)
		return DECODE_TRUNCATED;
	if (length < 8)
		return DECODE_MALFORMED;
	if (link == PPI_ETHERNET)
		return decode_ethernet(walk);
	return link == PPI_WLAN ? decode_wlan(walk) : decode_unread(walk, BY_LINK, (uint16_t)link);
}

/* Prism's header has one length, AVS's tells it: |  Magic (32)  |  Length (32)  | */
enum decode_result decode_prism(struct walk *walk)
{
	struct bytes header = walk->rest;
	uint32_t magic = bytes_be32(&header), length = PRISM_LENGTH;

	if (magic == AVS)
		length = bytes_be32(&header);
	if (header.failed || !bytes_skip(&walk->rest, length))
		return DECODE_TRUNCATED;
	return decode_wlan(walk);
}
