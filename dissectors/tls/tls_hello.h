/* SPDX-License-Identifier: ISC */
/* How TLS begins inside of another protocol's stream (RFC 8446 sections 4 and 5.1). */
#ifndef DISSECTORS_TLS_HELLO_H
#define DISSECTORS_TLS_HELLO_H

#include "dissectors/dissector.h"
#include "dissectors/read/bytes.h"

/* Behind an agreement: a record of a handshake or an alert; both sides begin with one. */
static inline bool tls_hello_record(const uint8_t *bytes, size_t length)
{
	return (bytes[0] == 0x16 || bytes[0] == 0x15) && (length < 2 || bytes[1] == 3);
}

/*
 * Without one: a hello whose lengths agree. Where half of a conversation is not seen, this is all
 * that tells of the agreement. 16 03 01 length:2, 01 (server: 02) length:3, 03 03 ...
 */
static inline bool tls_hello_whole(enum side from, const uint8_t *bytes, size_t length)
{
	struct bytes b = bytes_from(bytes, length);
	uint32_t record, message;

	if (length < 16 || bytes[0] != 0x16 || bytes[1] != 3)
		return false;
	bytes_skip(&b, 3);
	record = bytes_be16(&b);
	if (bytes_u8(&b) != (from == SIDE_CLIENT ? 1 : 2))
		return false;
	message = bytes_be24(&b);
	return bytes[9] == 3 && message >= 38 && message + 4 <= record &&
	       (from == SIDE_SERVER || message + 4 == record);
}

#endif
