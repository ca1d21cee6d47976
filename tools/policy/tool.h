/* SPDX-License-Identifier: ISC */
/*
 * spanwatch-policy: what a policy says, asked without traffic. Everything that decides is the
 * sensor's own code (policy/), so that the two cannot disagree. Manual: spanwatch-policy(1).
 *
 * Each sub-command is a function of its own file: it takes its arguments, argv[0] being its name,
 * and returns the exit status.
 */
#ifndef TOOLS_POLICY_TOOL_H
#define TOOLS_POLICY_TOOL_H

#include <stdio.h>

#include "policy/policy.h"
#include "sensor/base/services.h"
#include "tools/lib/status.h"

struct tool {
	const struct services *services;
	struct policy_vocabulary vocabulary;
};

/* Loads a policy. If it has errors they are said on standard error, and the program ends. */
struct policy *tool_load(const struct tool *tool, const char *path);

/* What a person should have written; ends the program with TOOL_USAGE. */
_Noreturn void tool_usage(const char *command);

int tool_check(const struct tool *tool, int argc, char **argv);
int tool_explain(const struct tool *tool, int argc, char **argv);
int tool_list(const struct tool *tool, int argc, char **argv);
int tool_export(const struct tool *tool, int argc, char **argv);
int tool_diff(const struct tool *tool, int argc, char **argv);
int tool_import(const struct tool *tool, int argc, char **argv);
int tool_draft(const struct tool *tool, int argc, char **argv);

#endif
