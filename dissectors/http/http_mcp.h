/* SPDX-License-Identifier: ISC */
/*
 * The Model Context Protocol (modelcontextprotocol.io, "Streamable HTTP" and "HTTP with SSE"): a
 * POST whose body is JSON-RPC 2.0, or a list of such. The answer is JSON, or events (server-sent),
 * or "202 Accepted", and then it comes on another connection.
 *
 *	{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{…}}}
 *
 * Whoever may open a session ("initialize") has not been given anything yet that an account would
 * be needed for. What tools there are is a list of what is behind the server; to call one is to run
 * code. What an argument says is not told: it may be a secret.
 */
#ifndef DISSECTORS_HTTP_MCP_H
#define DISSECTORS_HTTP_MCP_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/json_text.h"

enum http_mcp_kind {
	MCP_UNKNOWN,
	MCP_OPEN,
	MCP_LISTS,
	MCP_RUNS,
};

#define HTTP_MCP_MAX (64U * 1024) /* bytes of a body that are looked at */

/* Of the body of one request: what stands in it, wherever. Zero to begin with. */
struct http_mcp {
	uint32_t looked; /* bytes */
	struct json_word call, list;
};

void http_mcp_look(struct http_mcp *mcp, struct bytes piece);
/*
 * The body has ended, `body` is its beginning. text: "tools/call echo", "tools/list"; "" if there
 * is nothing to tell.
 */
enum http_mcp_kind http_mcp_call(const struct http_mcp *mcp, struct bytes body, char *text,
				 size_t size);
/* Does the beginning of a response say that the call was in vain? */
bool http_mcp_failed(struct bytes body);

#endif
