/* SPDX-License-Identifier: ISC */
/* See http_mcp.h. */
#include "dissectors/http/http_mcp.h"

#include <stdio.h>

#include "dissectors/read/json_text.h"

void http_mcp_tool(struct bytes body, char *text, size_t size)
{
	struct bytes method, params, name = bytes_from("", 0);

	text[0] = '\0';
	if (!json_text_member(body, "method", &method) || !json_text_is(method, "tools/call"))
		return;
	if (json_text_member(body, "params", &params) && !json_text_member(params, "name", &name))
		name = bytes_from("", 0);
	snprintf(text, size, "tools/call%s%.*s", name.left != 0 ? " " : "", (int)name.left,
		 (const char *)name.at);
}
