/* SPDX-License-Identifier: ISC */
/* See dns_message.h. */
#include "dissectors/dns/dns_message.h"

#define LABEL_MAX   63
#define NAME_MAX    255
#define RESULT_MAX  10 /* NOTZONE */
#define RECORDS_MAX 512

#define NETBIOS_LABEL  32
#define NETBIOS_NAME   0x20
#define NETBIOS_STATUS 0x21

/* Types that clients ask for; the rest of the 65536 is unassigned or private. */
static bool is_type(uint16_t type)
{
	return (type >= 1 && type <= 65) || (type >= 99 && type <= 109) ||
	       (type >= 249 && type <= 263) || (type >= 32768 && type <= 32770);
}

static bool is_class(uint16_t class)
{
	return class == DNS_IN || class == DNS_CHAOS || class == 4 || class == DNS_NONE ||
	       class == DNS_ANY;
}

static bool are_printable(struct bytes label)
{
	for (size_t i = 0; i < label.left; i++) {
		if (label.at[i] < 0x20 || label.at[i] == 0x7f)
			return false;
	}
	return true;
}

/* A name without pointers; `name` gets its labels. MORE if the bytes end inside. */
static enum recognised take_name(struct bytes *b, struct bytes *name)
{
	const uint8_t *start = b->at;
	size_t length = 0;

	for (;;) {
		uint8_t label = bytes_u8(b);

		if (b->failed)
			return RECOGNISED_MORE;
		if (label == 0)
			break;
		length += label + 1u;
		if (label > LABEL_MAX || length >= NAME_MAX)
			return RECOGNISED_NO;
		if (!are_printable(bytes_from(b->at, label < b->left ? label : b->left)))
			return RECOGNISED_NO;
		if (!bytes_skip(b, label))
			return RECOGNISED_MORE;
	}
	*name = bytes_from(start, length);
	return RECOGNISED_YES;
}

static bool is_netbios(const struct dns_message *m)
{
	if ((m->type != NETBIOS_NAME && m->type != NETBIOS_STATUS) ||
	    m->name.left < NETBIOS_LABEL + 1 || m->name.at[0] != NETBIOS_LABEL)
		return false;
	for (size_t i = 1; i <= NETBIOS_LABEL; i++) {
		if (m->name.at[i] < 'A' || m->name.at[i] > 'P')
			return false;
	}
	return true;
}

static bool has_sane_header(const struct dns_message *m)
{
	unsigned opcode = dns_opcode(m), limit = m->flags & DNS_RESPONSE ? RECORDS_MAX : 2;

	if ((opcode != DNS_QUERY && opcode != DNS_NOTIFY && opcode != DNS_UPDATE) ||
	    (m->flags & DNS_ZERO) || dns_result(m) > RESULT_MAX || m->questions > 1)
		return false;
	if (opcode == DNS_UPDATE) /* these count what it needs, and what it does */
		return m->answers <= RECORDS_MAX && m->authorities <= RECORDS_MAX;
	if (m->flags & DNS_RESPONSE)
		return m->authorities <= limit && m->additional <= limit;
	return m->questions == 1 && m->answers <= (opcode == DNS_NOTIFY ? 1u : 0u) &&
	       m->authorities <= 1 && m->additional <= limit && dns_result(m) == 0 &&
	       !(m->flags & (DNS_AUTHORITATIVE | DNS_TRUNCATED | DNS_RECURSION_AVAILABLE));
}

enum recognised dns_message_read(struct bytes b, struct dns_message *m)
{
	enum recognised result;

	*m = (struct dns_message){.id = bytes_be16(&b)};
	m->flags = bytes_be16(&b);
	m->questions = bytes_be16(&b);
	m->answers = bytes_be16(&b);
	m->authorities = bytes_be16(&b);
	m->additional = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (dns_opcode(m) == DNS_NOTIFY) /* BIND says that it is authoritative when it tells */
		m->flags &= (uint16_t)~DNS_AUTHORITATIVE;
	if (!has_sane_header(m))
		return RECOGNISED_NO;
	if (m->questions != 0) {
		result = take_name(&b, &m->name);
		if (result != RECOGNISED_YES)
			return result;
		m->type = bytes_be16(&b);
		m->class = bytes_be16(&b);
		if (b.failed)
			return RECOGNISED_MORE;
		if (!is_type(m->type) || !is_class(m->class) || is_netbios(m))
			return RECOGNISED_NO;
	}
	m->records = b;
	return RECOGNISED_YES;
}

bool dns_message_record(struct bytes *b, struct dns_record *record)
{
	const uint8_t *start = b->at;
	uint8_t label;

	do {
		label = bytes_u8(b);
		if (label > LABEL_MAX)
			bytes_skip(b, 1); /* a pointer ends the name */
		else
			bytes_skip(b, label);
	} while (!b->failed && label != 0 && label <= LABEL_MAX);
	if (b->failed || (label > LABEL_MAX && label < 0xc0))
		return false;
	record->name = bytes_from(start, (size_t)(b->at - start));
	record->type = bytes_be16(b);
	record->class = bytes_be16(b);
	bytes_skip(b, 4);
	record->data = bytes_sub(b, bytes_be16(b));
	return !b->failed;
}

size_t dns_message_name(struct bytes labels, char *to, size_t size)
{
	size_t used = 0;
	uint8_t label;

	while ((label = bytes_u8(&labels)) != 0 && label <= LABEL_MAX) {
		struct bytes text = bytes_sub(&labels, label);

		if (text.failed || used + label + 2 > size)
			break;
		if (used != 0)
			to[used++] = '.';
		while (text.left != 0) {
			char c = (char)bytes_u8(&text);

			to[used++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		}
	}
	to[used] = '\0';
	return used;
}

/* Do the records fill the message exactly? */
static bool fills(const struct dns_message *m)
{
	unsigned count = (unsigned)m->answers + m->authorities + m->additional;
	struct bytes records = m->records;
	struct dns_record record;

	for (unsigned i = 0; i < count; i++) {
		if (!dns_message_record(&records, &record))
			return false;
	}
	return records.left == 0;
}

/* One side over UDP, or over TCP without the length. `cut`: the opening may end before it does. */
static enum recognised recognise_message(struct bytes b, bool response, bool cut,
					 struct dns_message *m)
{
	enum recognised result = dns_message_read(b, m);

	if (result != RECOGNISED_YES)
		return result == RECOGNISED_MORE && !cut ? RECOGNISED_NO : result;
	if (((m->flags & DNS_RESPONSE) != 0) != response)
		return RECOGNISED_NO;
	/* Multicast DNS has the id 0 and asks for no recursion. */
	if (!(m->flags & DNS_RECURSION_DESIRED) && m->id == 0)
		return RECOGNISED_NO;
	if (response && m->answers != 0 && m->questions != 0 &&
	    !(m->flags & (DNS_AUTHORITATIVE | DNS_RECURSION_AVAILABLE | DNS_RECURSION_DESIRED)))
		return RECOGNISED_NO; /* LLMNR */
	return cut || fills(m) ? RECOGNISED_YES : RECOGNISED_NO;
}

/* Takes the length that is before the first message over TCP. */
static enum recognised recognise_side(const struct opening *opening, enum side side,
				      struct dns_message *m)
{
	struct bytes b = opening->side[side];
	bool response = side == SIDE_SERVER, cut = b.left >= OPENING_MAX;
	size_t length;

	if (opening->transport == OVER_UDP)
		return recognise_message(b, response, cut, m);
	length = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (length <= DNS_HEADER || (!response && length > 1024))
		return RECOGNISED_NO;
	cut = length > b.left;
	if (!cut)
		b.left = length;
	return recognise_message(b, response, cut, m);
}

enum recognised dns_message_recognise(const struct opening *opening)
{
	struct dns_message query = {.id = 0}, answer = {.id = 0};
	bool asked = opening->side[SIDE_CLIENT].left != 0;
	bool answered = opening->side[SIDE_SERVER].left != 0;
	enum recognised of_client = RECOGNISED_MORE, of_server = RECOGNISED_MORE;

	if (asked)
		of_client = recognise_side(opening, SIDE_CLIENT, &query);
	if (answered)
		of_server = recognise_side(opening, SIDE_SERVER, &answer);
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (asked && answered) {
		if (of_client != RECOGNISED_YES || of_server != RECOGNISED_YES)
			return RECOGNISED_MORE;
		return dns_opcode(&query) == dns_opcode(&answer) ? RECOGNISED_YES : RECOGNISED_NO;
	}
	/* An answer alone must be one that no other protocol has. Of an exchange over UDP, the
	 * sensor may have nothing but the answer. */
	if (answered && (opening->one_sided || opening->transport == OVER_UDP))
		return of_server == RECOGNISED_YES && answer.questions == 1 ? RECOGNISED_YES
									    : RECOGNISED_MORE;
	return asked && opening->one_sided && of_client == RECOGNISED_YES &&
			       (query.flags & DNS_RECURSION_DESIRED)
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}
