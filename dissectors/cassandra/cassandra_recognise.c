/* SPDX-License-Identifier: ISC */
/* Is it Cassandra? A frame header of either side, and what its body begins with: cassandra.c. */
#include "dissectors/cassandra/cassandra.h"

/* A counted string that begins like this; MORE if it may. */
static enum recognised begins_with(struct bytes b, const char *text)
{
	uint16_t length = bytes_be16(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < strlen(text) || length > 256)
		return RECOGNISED_NO;
	if (bytes_start_with(&b, text))
		return RECOGNISED_YES;
	return bytes_agree_with(&b, text) ? RECOGNISED_MORE : RECOGNISED_NO;
}

/* A map of strings: the first key is one that drivers and servers have. */
static enum recognised recognise_map(struct bytes b)
{
	static const char *const keys[] = {"CQL_VERSION",	"COMPRESSION",	     "DRIVER_",
					   "PROTOCOL_VERSIONS", "THROW_ON_OVERLOAD", "APPLICATION_",
					   "CLIENT_ID",		"SCYLLA_",	     "NO_COMPACT",
					   "PAGE_UNIT",		"TABLETS_"};
	uint16_t count = bytes_be16(&b);
	enum recognised result = RECOGNISED_NO;

	if (b.failed)
		return RECOGNISED_MORE;
	for (size_t i = 0; count > 0 && count < 64 && i < sizeof keys / sizeof *keys; i++) {
		enum recognised key = begins_with(b, keys[i]);

		if (key == RECOGNISED_YES)
			return RECOGNISED_YES;
		if (key == RECOGNISED_MORE)
			result = RECOGNISED_MORE;
	}
	return result;
}

/* code:4 message: a printable one */
static enum recognised recognise_error(struct bytes b)
{
	uint32_t code = bytes_be32(&b);
	uint16_t length = bytes_be16(&b);

	if (b.left < 8)
		return b.failed || code <= 0x2500 ? RECOGNISED_MORE : RECOGNISED_NO;
	if (code > 0x2500 || (code & 0xff) > 0x20 || length < 8 || length > 4096)
		return RECOGNISED_NO;
	for (size_t i = 0; i < 8; i++) {
		if (b.at[i] < ' ' || b.at[i] > '~')
			return RECOGNISED_NO;
	}
	return RECOGNISED_YES;
}

/* `surely`: not only the empty bodies that others could have by chance. */
static enum recognised recognise_side(struct bytes b, enum side from, bool *surely)
{
	uint8_t version = bytes_u8(&b), flags = bytes_u8(&b), opcode;
	uint32_t length;

	bytes_skip(&b, 2);
	opcode = bytes_u8(&b);
	length = bytes_be32(&b);
	*surely = true;
	if (b.failed)
		return RECOGNISED_MORE;
	if ((version & 0x7f) < 3 || (version & 0x7f) > 5 ||
	    (version >> 7) != (from == SIDE_SERVER) || flags > 0x1f || length > 65536)
		return RECOGNISED_NO;
	if (from == SIDE_CLIENT) {
		if (opcode == CASSANDRA_OPTIONS && length == 0) {
			*surely = false;
			return RECOGNISED_YES;
		}
		return opcode == CASSANDRA_STARTUP && length > 10 ? recognise_map(b)
								  : RECOGNISED_NO;
	}
	switch (opcode) {
	case CASSANDRA_READY:
		*surely = false;
		return length == 0 ? RECOGNISED_YES : RECOGNISED_NO;
	case CASSANDRA_SUPPORTED:
		return recognise_map(b);
	case CASSANDRA_AUTHENTICATE:
		if (begins_with(b, "org.apache.cassandra") == RECOGNISED_NO)
			return begins_with(b, "com.");
		return begins_with(b, "org.apache.cassandra");
	case CASSANDRA_ERROR:
		return recognise_error(b);
	default:
		return RECOGNISED_NO;
	}
}

enum recognised cassandra_recognise(const struct opening *opening)
{
	bool client_surely = false, server_surely = false;
	enum recognised client =
		recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT, &client_surely);
	enum recognised server =
		recognise_side(opening->side[SIDE_SERVER], SIDE_SERVER, &server_surely);

	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server == RECOGNISED_YES)
		return server_surely || client == RECOGNISED_YES ? RECOGNISED_YES : RECOGNISED_MORE;
	return client == RECOGNISED_YES && client_surely && opening->one_sided ? RECOGNISED_YES
									       : RECOGNISED_MORE;
}
