/* SPDX-License-Identifier: ISC */
/* See http_mcp.h. */
#include "dissectors/http/http_mcp.h"

#include <stdio.h>

#define CALL "tools/call"
#define LIST "tools/list"

void http_mcp_look(struct http_mcp *mcp, struct bytes piece)
{
	if (mcp->looked >= HTTP_MCP_MAX)
		return;
	mcp->looked += (uint32_t)(piece.left < HTTP_MCP_MAX ? piece.left : HTTP_MCP_MAX);
	json_word_look(&mcp->call, "\"" CALL "\"", piece);
	json_word_look(&mcp->list, "\"" LIST "\"", piece);
}

static bool ends_with(struct bytes text, const char *end)
{
	size_t n = strlen(end);

	return text.left >= n && memcmp(text.at + text.left - n, end, n) == 0;
}

static enum http_mcp_kind kind_of(struct bytes method)
{
	if (json_text_is(method, CALL))
		return MCP_RUNS;
	if (ends_with(method, "/list") || ends_with(method, "/read") || ends_with(method, "/get"))
		return MCP_LISTS;
	if (json_text_is(method, "initialize") || json_text_is(method, "ping") ||
	    bytes_start_with(&method, "notifications/") || bytes_start_with(&method, "logging/"))
		return MCP_OPEN;
	return MCP_UNKNOWN;
}

static void tell(const char *method, struct bytes body, char *text, size_t size)
{
	struct bytes params, name = bytes_from("", 0);

	if (json_text_member(body, "params", &params) && !json_text_member(params, "name", &name))
		name = bytes_from("", 0);
	snprintf(text, size, "%s%s%.*s", method, name.left != 0 ? " " : "", (int)name.left,
		 (const char *)name.at);
}

enum http_mcp_kind http_mcp_call(const struct http_mcp *mcp, struct bytes body, char *text,
				 size_t size)
{
	struct bytes method = bytes_from("", 0);
	enum http_mcp_kind kind;

	text[0] = '\0';
	if (!json_text_member(body, "method", &method))
		method = bytes_from("", 0);
	kind = kind_of(method);
	/* Behind what is kept, or one of a list. */
	if (mcp->call.found && kind != MCP_RUNS) {
		snprintf(text, size, CALL);
		return MCP_RUNS;
	}
	if (kind == MCP_RUNS)
		tell(CALL, body, text, size);
	else if (kind == MCP_LISTS || mcp->list.found)
		snprintf(text, size, "%.*s", (int)(kind == MCP_LISTS ? method.left : strlen(LIST)),
			 kind == MCP_LISTS ? (const char *)method.at : LIST);
	return kind != MCP_RUNS && mcp->list.found ? MCP_LISTS : kind;
}

/* Of events: what stands behind the first "data:" that holds JSON. */
static struct bytes json_of(struct bytes body)
{
	struct bytes text = body;

	while (text.left != 0 && text.at[0] != '{' && text.at[0] != '[')
		bytes_skip(&text, 1);
	return text;
}

bool http_mcp_failed(struct bytes body)
{
	struct bytes error;

	return json_text_member(json_of(body), "error", &error) && error.left != 0 &&
	       error.at[0] == '{';
}
