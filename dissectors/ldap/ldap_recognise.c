/* SPDX-License-Identifier: ISC */
/*
 * Is it LDAP (RFC 4511)? A message is a sequence of an integer and one operation, whose tag tells
 * requests from responses; SNMP and Kerberos begin alike, but go on with other tags.
 *
 *	30 length, 02 length id, operation length ...
 */
#include "dissectors/ldap/ldap_recognise.h"

#include "dissectors/read/ber.h"

/* Do the bytes at hand begin with this element? MORE if they end in its head. */
static enum recognised begins_with(struct bytes *b, uint8_t tag, uint32_t *length)
{
	struct bytes at = *b;

	if (at.left == 0)
		return RECOGNISED_MORE;
	if (at.at[0] != tag)
		return RECOGNISED_NO;
	if (at.left >= 2) {
		if (ber_head_size(at.at, at.left) == 0)
			return RECOGNISED_NO;
		if (ber_head(&at, length) == tag && !at.failed) {
			*b = at;
			return *length <= LDAP_LENGTH_MAX ? RECOGNISED_YES : RECOGNISED_NO;
		}
	}
	return RECOGNISED_MORE;
}

static enum recognised take(struct bytes *b, uint8_t tag, uint32_t least, uint32_t most, bool skip)
{
	uint32_t length = 0;
	enum recognised result = begins_with(b, tag, &length);

	if (result != RECOGNISED_YES)
		return result;
	if (length < least || length > most)
		return RECOGNISED_NO;
	return skip && !bytes_skip(b, length) ? RECOGNISED_MORE : RECOGNISED_YES;
}

/* A row of elements, one after the other; `most` as allowed for each. */
struct shape {
	uint8_t tag;
	uint32_t least, most;
};

static enum recognised matches(struct bytes b, const struct shape *shapes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count;
		enum recognised result =
			take(&b, shapes[i].tag, shapes[i].least, shapes[i].most, !last);

		if (result != RECOGNISED_YES)
			return result;
	}
	return RECOGNISED_YES;
}

#define MATCHES(b, shapes) matches((b), (shapes), sizeof(shapes) / sizeof *(shapes))

static enum recognised recognise_bind(struct bytes b)
{
	static const struct shape shape[] = {{0x02, 1, 1}, {0x04, 0, 4096}};
	struct bytes rest = b;
	uint32_t length = 0;
	uint8_t tag;

	if (b.left >= 3 && (b.at[2] < 2 || b.at[2] > 3))
		return RECOGNISED_NO;
	if (MATCHES(b, shape) != RECOGNISED_YES)
		return MATCHES(b, shape);
	bytes_skip(&rest, 3);
	ber_head(&rest, &length);
	bytes_skip(&rest, length);
	tag = bytes_u8(&rest);
	if (rest.failed)
		return RECOGNISED_MORE;
	return tag == 0x80 || tag == 0xa3 || (tag >= 0x89 && tag <= 0x8b) ? RECOGNISED_YES
									  : RECOGNISED_NO;
}

static enum recognised recognise_request(uint8_t tag, struct bytes b, uint32_t length)
{
	static const struct shape search[] = {
		{0x04, 0, 8192}, {0x0a, 1, 1}, {0x0a, 1, 1}, {0x02, 1, 4}, {0x02, 1, 4}};
	static const struct shape change[] = {{0x04, 0, 8192}, {0x30, 0, LDAP_LENGTH_MAX}};
	static const struct shape rename[] = {{0x04, 0, 8192}, {0x04, 1, 8192}, {0x01, 1, 1}};
	static const struct shape extended[] = {{0x80, 3, 64}};

	switch (tag) {
	case LDAP_BIND:
		return recognise_bind(b);
	case LDAP_SEARCH:
		return MATCHES(b, search);
	case LDAP_MODIFY:
	case LDAP_ADD:
	case LDAP_COMPARE:
		return MATCHES(b, change);
	case LDAP_RENAME:
		return MATCHES(b, rename);
	case LDAP_EXTENDED:
		if (b.left > 2 && (b.at[2] < '0' || b.at[2] > '2'))
			return RECOGNISED_NO;
		return MATCHES(b, extended);
	case LDAP_UNBIND:
		return length == 0 ? RECOGNISED_YES : RECOGNISED_NO;
	case LDAP_ABANDON:
		return length >= 1 && length <= 4 ? RECOGNISED_YES : RECOGNISED_NO;
	case LDAP_DELETE:
		for (size_t i = 0; i < length && i < b.left; i++) {
			if (b.at[i] < ' ')
				return RECOGNISED_NO;
		}
		return length >= 3 && length < 4096 && b.left >= 3 ? RECOGNISED_YES
								   : RECOGNISED_MORE;
	default:
		return RECOGNISED_NO;
	}
}

static enum recognised recognise_response(uint8_t tag, struct bytes b)
{
	static const struct shape result[] = {{0x0a, 1, 2}, {0x04, 0, 65536}, {0x04, 0, 65536}};
	static const struct shape entry[] = {{0x04, 0, 8192}, {0x30, 0, LDAP_LENGTH_MAX}};
	static const struct shape reference[] = {{0x04, 7, 8192}};

	switch (tag) {
	case LDAP_BIND_RESPONSE:
	case LDAP_DONE:
	case LDAP_MODIFY_RESPONSE:
	case LDAP_ADD_RESPONSE:
	case LDAP_DELETE_RESPONSE:
	case LDAP_RENAME_RESPONSE:
	case LDAP_COMPARE_RESPONSE:
	case LDAP_EXTENDED_RESPONSE:
		return MATCHES(b, result);
	case LDAP_ENTRY:
		return MATCHES(b, entry);
	case LDAP_REFERENCE:
		return MATCHES(b, reference);
	default:
		return RECOGNISED_NO;
	}
}

static enum recognised recognise_side(struct bytes b, enum side from)
{
	uint32_t whole = 0, inner = 0;
	enum recognised result = begins_with(&b, 0x30, &whole);
	size_t head;
	uint8_t tag;

	if (result != RECOGNISED_YES)
		return result;
	head = b.left;
	result = take(&b, 0x02, 1, 4, true);
	if (result != RECOGNISED_YES)
		return result;
	if (b.left == 0)
		return RECOGNISED_MORE;
	tag = b.at[0];
	result = begins_with(&b, tag, &inner);
	if (result != RECOGNISED_YES)
		return result;
	head -= b.left; /* of the operation, and what is before it */
	if (head + inner > whole || (tag == LDAP_UNBIND && head + inner != whole))
		return RECOGNISED_NO;
	return from == SIDE_CLIENT ? recognise_request(tag, b, inner) : recognise_response(tag, b);
}

enum recognised ldap_recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT);

	if (server.left != 0)
		return recognise_side(server, SIDE_SERVER);
	if (opening->one_sided)
		return client;
	/* Begun late, the client may be in the middle of a message; the server is asked then. */
	return client == RECOGNISED_YES || (opening->midstream && client == RECOGNISED_NO)
		       ? RECOGNISED_MORE
		       : client;
}
