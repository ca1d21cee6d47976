/* SPDX-License-Identifier: ISC */
/* See http_graphql.h. */
#include "dissectors/http/http_graphql.h"

#include <strings.h>

#define MOST 65536 /* bytes of a body */

enum form { FORM_UNKNOWN, FORM_PARAMETERS, FORM_JSON, FORM_BARE, FORM_SAID };

static bool begins(struct bytes text, const char *word)
{
	size_t n = strlen(word);

	return text.left >= n && strncasecmp((const char *)text.at, word, n) == 0;
}

/* "/graphql", "/api/graphql/v1", "/gql", "/graph", "/query". */
bool http_graphql_path(struct bytes path)
{
	for (; path.left != 0; bytes_skip(&path, 1)) {
		if (begins(path, "graphql") || begins(path, "gql") ||
		    (path.at[0] == '/' && (begins(path, "/graph") || begins(path, "/query"))))
			return true;
	}
	return false;
}

void http_graphql_begin(struct http_graphql *g)
{
	*g = (struct http_graphql){.left = MOST};
}

void http_graphql_header(struct http_graphql *g, struct bytes type)
{
	if (begins(type, "application/graphql") && !begins(type, "application/graphql-"))
		g->form = FORM_BARE;
	else if (begins(type, "application/x-www-form-urlencoded"))
		g->form = FORM_SAID;
}

/* What a text is, by its first byte: many a client says the wrong thing. */
static void guess(struct http_graphql *g, uint8_t c)
{
	if (c == '{' || c == '[' || c == '-')
		g->form = g->form == FORM_BARE ? FORM_BARE : FORM_JSON;
	else if (g->form == FORM_SAID)
		g->form = FORM_PARAMETERS;
	else
		g->form = FORM_BARE;
}

static void take_document(struct http_graphql *g, uint8_t c)
{
	g->document = true;
	graphql_take(&g->graphql, c);
}

static void take_member(struct http_graphql *g)
{
	if (strcmp(g->json.name, "operationName") == 0)
		g->named |= graphql_name_deletes(g->json.value);
	else if (strcmp(g->json.name, "query") == 0)
		graphql_end(&g->graphql);
}

static void take_json(struct http_graphql *g, struct bytes piece)
{
	enum json_event event;

	while ((event = json_stream_next(&g->json, &piece)) != JSON_MORE) {
		if (event == JSON_BYTE && json_stream_is(&g->json, 1, "query"))
			take_document(g, g->json.byte);
		else if (event == JSON_MEMBER && g->json.depth == 1)
			take_member(g);
	}
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte of a parameter, with its escape undone. The name is kept where JSON's would be. */
static void take_decoded(struct http_graphql *g, uint8_t c)
{
	struct json_stream *json = &g->json;

	if (g->valued) {
		if (strcmp(json->name, "query") == 0)
			take_document(g, c);
		else if (strcmp(json->name, "operationName") != 0)
			return;
		else if (json->length + 1u < sizeof json->value)
			json->value[json->length++] = (char)c;
		json->value[json->length] = '\0';
		return;
	}
	if (json->length + 1u < sizeof json->name)
		json->name[json->length++] = (char)c;
	json->name[json->length] = '\0';
}

static void end_parameter(struct http_graphql *g)
{
	if (g->valued)
		take_member(g);
	g->valued = false;
	g->json = (struct json_stream){.depth = 0};
}

static void take_parameter(struct http_graphql *g, uint8_t c)
{
	int digit = hex_value(c);

	if (g->escaped != 0 && digit >= 0) {
		g->code = (uint8_t)(g->code << 4 | digit);
		if (--g->escaped == 0)
			take_decoded(g, g->code);
	} else if (c == '%') {
		g->escaped = 2;
		g->code = 0;
	} else if (c == '&') {
		end_parameter(g);
	} else if (c == '=' && !g->valued) {
		g->valued = true;
		g->json.length = 0;
	} else {
		g->escaped = 0;
		take_decoded(g, c == '+' ? ' ' : c);
	}
}

void http_graphql_query(struct http_graphql *g, struct bytes query)
{
	while (query.left != 0)
		take_parameter(g, bytes_u8(&query));
	end_parameter(g);
}

void http_graphql_feed(struct http_graphql *g, struct bytes piece)
{
	if (piece.left > g->left)
		piece.left = g->left;
	g->left -= (uint32_t)piece.left;
	while (piece.left != 0 && g->form != FORM_JSON) {
		uint8_t c = bytes_u8(&piece);

		if (c == '\0') /* of UTF-16 */
			continue;
		if (g->form == FORM_PARAMETERS) {
			take_parameter(g, c);
		} else if (g->document && g->form == FORM_BARE) {
			take_document(g, c);
		} else if (c > ' ' && c < 0x7f) {
			guess(g, c);
			piece.at--;
			piece.left++;
			g->document |= g->form == FORM_BARE;
		}
	}
	take_json(g, piece);
}

const char *http_graphql_end(struct http_graphql *g)
{
	if (g->form == FORM_PARAMETERS)
		end_parameter(g);
	graphql_end(&g->graphql);
	g->json = (struct json_stream){.depth = 0};
	if (g->graphql.field[0] != '\0')
		return g->graphql.field;
	return g->named && !g->document ? "" : NULL;
}

/* A value of the first object of "data" that is not null: something was done. */
static bool gives(struct bytes body)
{
	struct json_stream json = {.depth = 0};
	bool within = false;
	enum json_event event;

	while ((event = json_stream_next(&json, &body)) != JSON_MORE) {
		if (event == JSON_NAME && json_stream_is(&json, 1, "data"))
			within = true;
		else if (json.depth == 1 && event == JSON_NAME)
			within = false;
		else if (within && event == JSON_MEMBER && strcmp(json.value, "null") != 0)
			return true;
	}
	return false;
}

static bool fails(struct bytes body)
{
	struct json_stream json = {.depth = 0};
	enum json_event event;

	while ((event = json_stream_next(&json, &body)) != JSON_MORE) {
		if (event == JSON_NAME && json_stream_is(&json, 1, "errors"))
			return true;
	}
	return false;
}

bool http_graphql_denied(struct bytes body)
{
	return fails(body) && !gives(body);
}
