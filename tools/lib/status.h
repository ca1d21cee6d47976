/* SPDX-License-Identifier: ISC */
/* How the tools end; the manual pages say what each of them means by it. */
#ifndef TOOLS_LIB_STATUS_H
#define TOOLS_LIB_STATUS_H

enum tool_status {
	TOOL_GOOD = 0,
	TOOL_FOUND = 1, /* what was asked for was found: a warning, a prohibition, a difference */
	TOOL_USAGE = 2, /* bad arguments, or a policy with errors */
	TOOL_INPUT = 3, /* another file could not be read, or another program failed */
};

#endif
