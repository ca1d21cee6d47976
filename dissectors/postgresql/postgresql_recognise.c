/* SPDX-License-Identifier: ISC */
/*
 * Is it PostgreSQL? The opening of a client is a length and a code: 3.0 with parameters, of which
 * the first must be one that exists (Kafka's Metadata request begins with the same eight bytes), or
 * one of three requests with codes of their own. A server begins with an authentication request
 * or an error whose fields are in a fixed order.
 *
 * PostgreSQL manual, chapter 55.7, "Message Formats".
 */
#include "dissectors/postgresql/postgresql_recognise.h"

#define STARTUP_MAX 10000 /* PostgreSQL's own limit */
#define ERROR_MAX   30000

static enum recognised either(bool agrees, bool whole)
{
	return !agrees ? RECOGNISED_NO : whole ? RECOGNISED_YES : RECOGNISED_MORE;
}

/* Do the bytes equal these, as far as they go? */
static enum recognised compare(const struct bytes *b, const char *pattern, size_t length)
{
	size_t n = b->left < length ? b->left : length;

	return either(memcmp(b->at, pattern, n) == 0, n == length);
}
#define COMPARE(b, pattern) compare((b), (pattern), sizeof(pattern) - 1)

/* The first parameter's name, with the NUL that ends it. */
static enum recognised recognise_parameter(const struct bytes *b)
{
	static const char *const names[] = {
		"user",
		"database",
		"options",
		"replication",
		"application_name",
		"client_encoding",
		"DateStyle",
		"datestyle",
		"TimeZone",
		"extra_float_digits",
		"search_path",
		"statement_timeout",
		"geqo",
		"fallback_application_name",
		"client_min_messages",
	};
	enum recognised best = RECOGNISED_NO;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		enum recognised result = compare(b, names[i], strlen(names[i]) + 1);

		if (result == RECOGNISED_YES)
			return RECOGNISED_YES;
		if (result == RECOGNISED_MORE)
			best = RECOGNISED_MORE;
	}
	return b->left >= 5 && memcmp(b->at, "_pq_.", 5) == 0 ? RECOGNISED_YES : best;
}

static enum recognised recognise_startup(struct bytes b)
{
	uint32_t length, version;

	if (b.left < 8)
		return b.at[0] == 0 ? RECOGNISED_MORE : RECOGNISED_NO;
	length = bytes_be32(&b);
	version = bytes_be32(&b);
	if (version == 80877103 || version == 80877104) /* SSLRequest, GSSENCRequest */
		return either(length == 8, true);
	if (version == 80877102) /* CancelRequest */
		return either(length >= 16 && length <= 268, true);
	if (length < 9 || length > STARTUP_MAX || version >> 16 != 3 || (version & 0xffff) > 2)
		return RECOGNISED_NO;
	return recognise_parameter(&b);
}

/* A message of the session: type, length, what must follow. For captures that begin late. */
static enum recognised recognise_query(struct bytes b)
{
	static const char *const verbs[] = {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "BEGIN",
					    "COMMIT",  "SET ",	  "SHOW ",   "CREATE ", "DROP "};
	uint32_t length;

	if (b.left < 13)
		return RECOGNISED_MORE;
	if (bytes_u8(&b) != 'Q')
		return RECOGNISED_NO;
	length = bytes_be32(&b);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (lines_start_with(&b, verbs[i]))
			return either(length > 5 && length < 1u << 24, true);
	}
	return RECOGNISED_NO;
}

/* "R", length, code: authentication */
static enum recognised recognise_authentication(struct bytes b)
{
	uint32_t length, code;

	if (b.left < 9)
		return COMPARE(&b, "R\0\0\0") == RECOGNISED_NO ? RECOGNISED_NO : RECOGNISED_MORE;
	bytes_skip(&b, 1);
	length = bytes_be32(&b);
	code = bytes_be32(&b);
	switch (code) {
	case 0: /* let in */
	case 2: /* Kerberos 5 */
	case 3: /* password in clear */
	case 7: /* GSSAPI */
	case 9: /* SSPI */
		return either(length == 8, true);
	case 5: /* MD5 */
		return either(length == 12, true);
	case 10: /* SASL: names of mechanisms follow */
		if (length < 12 || length > 1000)
			return RECOGNISED_NO;
		return COMPARE(&b, "SCRAM-SHA-") != RECOGNISED_NO ? COMPARE(&b, "SCRAM-SHA-")
								  : COMPARE(&b, "OAUTH");
	default:
		return RECOGNISED_NO;
	}
}

/* "E", length, "S" severity NUL, then "V" severity or "C" code. Or the form of protocol 2. */
static enum recognised recognise_error(struct bytes b)
{
	const uint8_t *end;
	uint32_t length;

	bytes_skip(&b, 1);
	if (b.left < 8)
		return b.left != 0 && b.at[0] != 0 && COMPARE(&b, "FATAL:  ") == RECOGNISED_NO
			       ? RECOGNISED_NO
			       : RECOGNISED_MORE;
	if (COMPARE(&b, "FATAL:  ") == RECOGNISED_YES)
		return RECOGNISED_YES;
	length = bytes_be32(&b);
	if (length < 12 || length > ERROR_MAX || bytes_u8(&b) != 'S')
		return RECOGNISED_NO;
	end = memchr(b.at, '\0', b.left < 32 ? b.left : 32);
	if (!end)
		return b.left < 32 ? RECOGNISED_MORE : RECOGNISED_NO;
	bytes_skip(&b, (size_t)(end - b.at) + 1);
	if (b.left == 0)
		return RECOGNISED_MORE;
	return either(b.at[0] == 'V' || b.at[0] == 'C' || b.at[0] == 'M', true);
}

/* ReadyForQuery at the end of a segment whose messages all fit: midstream only. */
static enum recognised recognise_results(struct bytes b)
{
	size_t messages = 0;

	while (b.left != 0) {
		uint8_t type = bytes_u8(&b);
		uint32_t length = bytes_be32(&b);

		if (!strchr("TDCZSNEI123nts", type) || type == 0)
			return RECOGNISED_NO;
		if (b.failed)
			return RECOGNISED_MORE;
		if (length < 4)
			return RECOGNISED_NO;
		if (type == 'Z')
			return either(length == 5 && messages != 0, b.left != 0);
		if (!bytes_skip(&b, length - 4))
			return RECOGNISED_MORE;
		messages++;
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise_server(struct bytes b, bool midstream)
{
	enum recognised result = RECOGNISED_NO;

	/* One byte answers SSLRequest and GSSENCRequest; no message has such a second byte. */
	if ((b.at[0] == 'N' || b.at[0] == 'S' || b.at[0] == 'G') && (b.left == 1 || b.at[1] != 0))
		bytes_skip(&b, 1);
	if (b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] == 'R')
		result = recognise_authentication(b);
	else if (b.at[0] == 'E')
		result = recognise_error(b);
	if (result == RECOGNISED_NO && midstream)
		result = recognise_results(b);
	return result;
}

enum recognised postgresql_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = RECOGNISED_MORE, of_server = RECOGNISED_MORE;

	if (client.left != 0) {
		of_client = recognise_startup(client);
		if (of_client == RECOGNISED_NO && opening->midstream)
			of_client = recognise_query(client);
	}
	if (server.left == 0)
		return opening->one_sided ? of_client : RECOGNISED_MORE;
	of_server = recognise_server(server, opening->midstream);
	if (of_server == RECOGNISED_YES)
		return RECOGNISED_YES;
	/* After the one byte that answers SSLRequest comes TLS, which is not looked into. */
	if (of_client == RECOGNISED_YES && client.left >= 8 && client.at[4] == 0x04 &&
	    strchr("SNG", server.at[0]) && server.at[0] != 0)
		return RECOGNISED_YES;
	if (of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	return RECOGNISED_MORE;
}
