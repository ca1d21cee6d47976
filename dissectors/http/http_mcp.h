/* SPDX-License-Identifier: ISC */
/*
 * Calls of tools by the Model Context Protocol (modelcontextprotocol.io, "Streamable HTTP" and
 * "HTTP with SSE"): a POST whose body is JSON-RPC 2.0, or a list of such.
 *
 *	{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{…}}}
 */
#ifndef DISSECTORS_HTTP_MCP_H
#define DISSECTORS_HTTP_MCP_H

#include "dissectors/read/bytes.h"

/* "tools/call echo", without arguments; "" if the beginning of this body calls none. */
void http_mcp_tool(struct bytes body, char *text, size_t size);

#endif
