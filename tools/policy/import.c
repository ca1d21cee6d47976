#include "tools/policy/tool.h"
int tool_import(const struct tool *tool, int argc, char **argv)
{
	(void)tool;
	(void)argc;
	tool_usage(argv[0]);
}
int tool_draft(const struct tool *tool, int argc, char **argv)
{
	(void)tool;
	(void)argc;
	tool_usage(argv[0]);
}
