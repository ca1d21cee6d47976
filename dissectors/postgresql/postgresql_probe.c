/* SPDX-License-Identifier: ISC */
/*
 * Is it PostgreSQL? The opening of a client is a length and a code: 3.0 with parameters, of which
 * the first must be one that exists (Kafka's Metadata request begins with the same eight bytes), or
 * one of three requests with codes of their own. A server begins with an authentication request
 * or an error whose fields are in a fixed order.
 *
 * PostgreSQL manual, chapter 55.7, "Message Formats".
 */
#include "dissectors/postgresql/postgresql_probe.h"

#define STARTUP_MAX 10000 /* PostgreSQL's own limit */
#define ERROR_MAX   30000

static enum probe_result either(bool agrees, bool whole)
{
	return !agrees ? PROBE_NO : whole ? PROBE_YES : PROBE_MORE;
}

/* Do the bytes equal these, as far as they go? */
static enum probe_result compare(const struct bytes *b, const char *pattern, size_t length)
{
	size_t n = b->left < length ? b->left : length;

	return either(memcmp(b->at, pattern, n) == 0, n == length);
}
#define COMPARE(b, pattern) compare((b), (pattern), sizeof(pattern) - 1)

/* The first parameter's name, with the NUL that ends it. */
static enum probe_result probe_parameter(const struct bytes *b)
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
	enum probe_result best = PROBE_NO;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		enum probe_result result = compare(b, names[i], strlen(names[i]) + 1);

		if (result == PROBE_YES)
			return PROBE_YES;
		if (result == PROBE_MORE)
			best = PROBE_MORE;
	}
	return b->left >= 5 && memcmp(b->at, "_pq_.", 5) == 0 ? PROBE_YES : best;
}

static enum probe_result probe_startup(struct bytes b)
{
	uint32_t length, version;

	if (b.left < 8)
		return b.at[0] == 0 ? PROBE_MORE : PROBE_NO;
	length = bytes_be32(&b);
	version = bytes_be32(&b);
	if (version == 80877103 || version == 80877104) /* SSLRequest, GSSENCRequest */
		return either(length == 8, true);
	if (version == 80877102) /* CancelRequest */
		return either(length >= 16 && length <= 268, true);
	if (length < 9 || length > STARTUP_MAX || version >> 16 != 3 || (version & 0xffff) > 2)
		return PROBE_NO;
	return probe_parameter(&b);
}

/* A message of the session: type, length, what must follow. For captures that begin late. */
static enum probe_result probe_query(struct bytes b)
{
	static const char *const verbs[] = {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "BEGIN",
					    "COMMIT",  "SET ",	  "SHOW ",   "CREATE ", "DROP "};
	uint32_t length;

	if (b.left < 13)
		return PROBE_MORE;
	if (bytes_u8(&b) != 'Q')
		return PROBE_NO;
	length = bytes_be32(&b);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (lines_start_with(&b, verbs[i]))
			return either(length > 5 && length < 1u << 24, true);
	}
	return PROBE_NO;
}

/* "R", length, code: authentication */
static enum probe_result probe_authentication(struct bytes b)
{
	uint32_t length, code;

	if (b.left < 9)
		return COMPARE(&b, "R\0\0\0") == PROBE_NO ? PROBE_NO : PROBE_MORE;
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
			return PROBE_NO;
		return COMPARE(&b, "SCRAM-SHA-") != PROBE_NO ? COMPARE(&b, "SCRAM-SHA-")
							     : COMPARE(&b, "OAUTH");
	default:
		return PROBE_NO;
	}
}

/* "E", length, "S" severity NUL, then "V" severity or "C" code. Or the form of protocol 2. */
static enum probe_result probe_error(struct bytes b)
{
	const uint8_t *end;
	uint32_t length;

	bytes_skip(&b, 1);
	if (b.left < 8)
		return b.left != 0 && b.at[0] != 0 && COMPARE(&b, "FATAL:  ") == PROBE_NO
			       ? PROBE_NO
			       : PROBE_MORE;
	if (COMPARE(&b, "FATAL:  ") == PROBE_YES)
		return PROBE_YES;
	length = bytes_be32(&b);
	if (length < 12 || length > ERROR_MAX || bytes_u8(&b) != 'S')
		return PROBE_NO;
	end = memchr(b.at, '\0', b.left < 32 ? b.left : 32);
	if (!end)
		return b.left < 32 ? PROBE_MORE : PROBE_NO;
	bytes_skip(&b, (size_t)(end - b.at) + 1);
	if (b.left == 0)
		return PROBE_MORE;
	return either(b.at[0] == 'V' || b.at[0] == 'C' || b.at[0] == 'M', true);
}

/* ReadyForQuery at the end of a segment whose messages all fit: midstream only. */
static enum probe_result probe_results(struct bytes b)
{
	size_t messages = 0;

	while (b.left != 0) {
		uint8_t type = bytes_u8(&b);
		uint32_t length = bytes_be32(&b);

		if (b.failed || length < 4 || !strchr("TDCZSNEI123nts", type) || type == 0)
			return PROBE_NO;
		if (type == 'Z')
			return either(length == 5 && messages != 0, b.left != 0);
		if (!bytes_skip(&b, length - 4))
			return PROBE_MORE;
		messages++;
	}
	return PROBE_MORE;
}

static enum probe_result probe_server(struct bytes b, bool midstream)
{
	enum probe_result result = PROBE_NO;

	/* One byte answers SSLRequest and GSSENCRequest; no message has such a second byte. */
	if ((b.at[0] == 'N' || b.at[0] == 'S' || b.at[0] == 'G') && (b.left == 1 || b.at[1] != 0))
		bytes_skip(&b, 1);
	if (b.left == 0)
		return PROBE_MORE;
	if (b.at[0] == 'R')
		result = probe_authentication(b);
	else if (b.at[0] == 'E')
		result = probe_error(b);
	if (result == PROBE_NO && midstream)
		result = probe_results(b);
	return result;
}

enum probe_result postgresql_probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum probe_result of_client = PROBE_MORE, of_server = PROBE_MORE;

	if (client.left != 0) {
		of_client = probe_startup(client);
		if (of_client == PROBE_NO && opening->midstream)
			of_client = probe_query(client);
	}
	if (server.left == 0)
		return opening->one_sided ? of_client : PROBE_MORE;
	of_server = probe_server(server, opening->midstream);
	if (of_server == PROBE_YES)
		return PROBE_YES;
	/* After the one byte that answers SSLRequest comes TLS, which is not looked into. */
	if (of_client == PROBE_YES && client.left >= 8 && client.at[4] == 0x04 &&
	    strchr("SNG", server.at[0]) && server.at[0] != 0)
		return PROBE_YES;
	if (of_server == PROBE_NO)
		return PROBE_NO;
	return PROBE_MORE;
}
