/* SPDX-License-Identifier: ISC */
/*
 * See http_denial.h: Elasticsearch "Bulk API", CouchDB "_bulk_docs", Milvus "RESTful API", InfluxDB
 * "/query", GraphQL's "Response Format", Spark's submission server.
 */
#include "dissectors/http/http_denial.h"

#define KEPT 512

/* The body without blanks, in lower case. */
struct squeezed {
	char text[KEPT + 1];
	size_t length;
};

static void squeeze(struct squeezed *to, struct bytes body)
{
	to->length = 0;
	while (body.left != 0 && to->length < KEPT) {
		uint8_t c = bytes_u8(&body);

		if (c > ' ')
			to->text[to->length++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	to->text[to->length] = '\0';
}

static bool has(const struct squeezed *body, const char *text)
{
	return strstr(body->text, text) != NULL;
}

static bool begins(const struct squeezed *body, const char *text)
{
	return strncmp(body->text, text, strlen(text)) == 0;
}

/* {"code":1100,"message":…}: Milvus; 0 and 200 are success. */
static bool has_code(const struct squeezed *body)
{
	static const char start[] = "{\"code\":";
	const char *number = body->text + sizeof start - 1;

	if (!begins(body, start) || *number < '1' || *number > '9')
		return false;
	return strncmp(number, "200,", 4) != 0 && strncmp(number, "200}", 4) != 0;
}

bool http_denial(struct bytes body)
{
	struct squeezed b;

	squeeze(&b, body);
	if (has(&b, "\"errors\":true")) /* a bulk: was nothing of it done? */
		return !has(&b, "\"result\":\"deleted\"") && !has(&b, "\"status\":20");
	if (begins(&b, "[{") && has(&b, "\"error\":"))
		return !has(&b, "\"ok\":true") && !has(&b, "\"rev\":");
	if (begins(&b, "{\"errors\":["))
		return !has(&b, "\"data\":{");
	return has_code(&b) || begins(&b, "{\"results\":[{\"error\":") ||
	       begins(&b, "{\"status\":\"error\"") || has(&b, "\"success\":false") ||
	       has(&b, "\"acknowledged\":false");
}
