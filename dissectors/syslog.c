/* SPDX-License-Identifier: ISC */
/*
 * syslog: one way, client to server, and nothing to log in to.
 *
 *	<34>Oct 11 22:14:15 mymachine su: 'su root' failed	RFC 3164
 *	<34>1 2003-10-11T22:14:15.003Z mymachine su - ID47 - ...	RFC 5424
 *
 * UDP: a message per datagram. TCP: messages end with LF, or each begins with its length in
 * decimal and a blank (RFC 6587). The priority is facility * 8 + severity, 0 to 191, without
 * leading zeros; no mark-up language has a tag that begins with a digit.
 */
#include "dissectors/dissector.h"

#define PRIORITY_MAX	191
#define OCTET_COUNT_MAX 999999
#define TEXT_ENOUGH	8 /* printable bytes after the priority that make a message */

static const uint16_t ports[] = {514, 601, 6514, 0};

static const struct service services[] = {
	{
		.name = "syslog",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "system log collector",
		.one_way = true,
		.ports = ports,
	},
};

/* A decimal number; RECOGNISED_MORE if the bytes end inside. No leading zeros but for 0 itself. */
static enum recognised take_number(struct bytes *b, uint32_t max, uint32_t *number)
{
	uint32_t value = 0;
	size_t digits = 0;

	while (b->left != 0 && b->at[0] >= '0' && b->at[0] <= '9') {
		if (digits != 0 && value == 0)
			return RECOGNISED_NO;
		value = value * 10 + (uint32_t)(bytes_u8(b) - '0');
		digits++;
		if (value > max)
			return RECOGNISED_NO;
	}
	if (b->left == 0)
		return RECOGNISED_MORE;
	*number = value;
	return digits != 0 ? RECOGNISED_YES : RECOGNISED_NO;
}

static bool is_text_byte(uint8_t c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* Text up to a line's end: YES if there is enough, or the message ends here. */
static enum recognised recognise_text(struct bytes b, bool whole)
{
	size_t length = 0;

	while (b.left != 0 && length < TEXT_ENOUGH) {
		uint8_t c = bytes_u8(&b);

		if (c == '\n' || c == '\0')
			return length != 0 ? RECOGNISED_YES : RECOGNISED_NO;
		if (!is_text_byte(c) && c != '\r')
			return RECOGNISED_NO;
		length++;
	}
	if (length == TEXT_ENOUGH || (whole && length != 0))
		return RECOGNISED_YES;
	return whole ? RECOGNISED_NO : RECOGNISED_MORE;
}

/* "<PRI>text" */
static enum recognised recognise_message(struct bytes b, bool whole)
{
	enum recognised result;
	uint32_t priority;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (bytes_u8(&b) != '<')
		return RECOGNISED_NO;
	result = take_number(&b, PRIORITY_MAX, &priority);
	if (result != RECOGNISED_YES)
		return whole ? RECOGNISED_NO : result;
	if (bytes_u8(&b) != '>')
		return RECOGNISED_NO;
	return recognise_text(b, whole);
}

/* "Oct 11 22:14:15 ": what a message without a priority begins with (RFC 3164, 4.3.2) */
static bool starts_with_timestamp(struct bytes b)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char pattern[] = " _9 99:99:99 ";
	const uint8_t *p = bytes_take(&b, 16);
	bool is_month = false;

	if (!p)
		return false;
	for (size_t i = 0; i < sizeof months - 1; i += 3)
		is_month |= memcmp(p, months + i, 3) == 0;
	for (size_t i = 0; is_month && i < sizeof pattern - 1; i++) {
		uint8_t c = p[3 + i];
		bool digit = c >= '0' && c <= '9';

		if (pattern[i] == '9'	? !digit
		    : pattern[i] == '_' ? !digit && c != ' '
					: c != (uint8_t)pattern[i])
			return false;
	}
	return is_month && recognise_text(b, true) == RECOGNISED_YES;
}

/* "NNN <PRI>1 ": RFC 6587 has it carry RFC 5424, senders carry RFC 3164 as well */
static enum recognised recognise_counted(struct bytes b)
{
	enum recognised result;
	uint32_t count;

	result = take_number(&b, OCTET_COUNT_MAX, &count);
	if (result != RECOGNISED_YES)
		return result;
	if (count < 4 || bytes_u8(&b) != ' ')
		return RECOGNISED_NO;
	return recognise_message(b, false);
}

/* A capture that began late may begin inside a message: the next one tells. */
static enum recognised recognise_later(struct bytes b)
{
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c == '\n' && b.left != 0)
			return recognise_message(b, false);
		if (c != '\n' && c != '\r' && !is_text_byte(c))
			return RECOGNISED_NO;
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT];
	enum recognised result;

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO; /* a collector never answers */
	if (client.left == 0)
		return RECOGNISED_MORE;
	if (opening->transport == OVER_UDP) {
		if (starts_with_timestamp(client))
			return RECOGNISED_YES;
		return recognise_message(client, true);
	}
	result = recognise_message(client, false);
	if (result == RECOGNISED_NO)
		result = recognise_counted(client);
	if (result == RECOGNISED_NO && opening->midstream)
		result = recognise_later(client);
	return result;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

const struct dissector syslog_dissector = {
	.name = "syslog",
	.transports = OVER_TCP | OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a priority from 0 to 191 in angle brackets and what must follow it, framed "
		      "or in lines",
	.reads = READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
