/* SPDX-License-Identifier: ISC */
/* check: all errors, warnings and advice of each file; for people, or as JSON for a pipeline. */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <time.h>

#include "sensor/base/json_out.h"
#include "tools/policy/tool.h"

struct count {
	size_t errors, warnings;
};

static void put_json(struct json_out *out, const struct policy_messages *messages)
{
	for (size_t i = 0; i < messages->count; i++) {
		const struct policy_message *message = &messages->list[i];

		json_out_object(out, NULL);
		json_out_number(out, "line", message->line);
		json_out_number(out, "column", message->column);
		json_out_text(out, "severity", message->warning ? "warning" : "error");
		json_out_text(out, "text", message->text);
		json_out_end(out);
	}
}

static void take(const struct policy_messages *messages, const char *path, struct json_out *out,
		 struct count *count)
{
	count->errors += messages->errors;
	count->warnings += messages->count - messages->errors;
	if (out != NULL)
		put_json(out, messages);
	else
		policy_messages_print(messages, path, stdout);
}

static void check_file(const struct tool *tool, const char *path, struct json_out *out,
		       struct count *count)
{
	struct policy_messages messages;
	struct policy *policy = policy_load(path, &tool->vocabulary, &messages);

	if (out != NULL) {
		json_out_object(out, NULL);
		json_out_text(out, "file", path);
		json_out_list(out, "messages");
	}
	take(&messages, path, out, count);
	policy_messages_free(&messages);
	if (policy != NULL) {
		policy_advise(policy, (uint64_t)time(NULL) * UINT64_C(1000000000), &messages);
		take(&messages, path, out, count);
		policy_messages_free(&messages);
	}
	if (out != NULL) {
		json_out_end(out);
		json_out_flag(out, "good", policy != NULL);
		json_out_end(out);
	}
	policy_free(policy);
}

static void finish_json(struct json_out *out, const struct count *count)
{
	const char *text;
	size_t length;

	json_out_end(out);
	json_out_number(out, "errors", count->errors);
	json_out_number(out, "warnings", count->warnings);
	text = json_out_done(out, &length);
	if (text == NULL)
		errx(TOOL_INPUT, "out of memory");
	puts(text);
	json_out_free(out);
}

int tool_check(const struct tool *tool, int argc, char **argv)
{
	static const struct option options[] = {
		{"strict", no_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'}, {0}};
	struct json_out *out = NULL;
	struct count count = {0};
	bool strict = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			tool_usage(argv[0]);
		strict = strict || option == 's';
		if (option == 'j' && out == NULL) {
			out = json_out_new();
			if (out == NULL)
				errx(TOOL_INPUT, "out of memory");
			json_out_list(out, "files");
		}
	}
	if (optind == argc)
		tool_usage(argv[0]);
	for (int i = optind; i < argc; i++)
		check_file(tool, argv[i], out, &count);
	if (out != NULL)
		finish_json(out, &count);
	else
		printf("%zu error%s, %zu warning%s\n", count.errors, count.errors == 1 ? "" : "s",
		       count.warnings, count.warnings == 1 ? "" : "s");
	if (count.errors != 0)
		return TOOL_USAGE;
	return strict && count.warnings != 0 ? TOOL_FOUND : TOOL_GOOD;
}
