/* SPDX-License-Identifier: ISC */
/*
 * import: the files of one provider become a policy; or two states of it are compared, before a
 * packet flows.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/import.h"

static void read_terraform(struct import *import, const struct tree *root)
{
	import_terraform(import, root, false);
}

static void read_prior(struct import *import, const struct tree *root)
{
	import_terraform(import, root, true);
}

static const struct format {
	const char *name;
	void (*read)(struct import *import, const struct tree *root); /* NULL: CSV */
} formats[] = {
	{"aws", import_aws},
	{"azure", import_azure},
	{"gcp", import_gcp},
	{"terraform", read_terraform},
	{"nftables", import_nftables},
	{"csv", NULL},
	{"netbox", NULL},
};

#define FORMATS (sizeof formats / sizeof *formats)

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	fprintf(stderr, "spanwatch-policy: \"%s\" is no format; there are:", name);
	for (size_t i = 0; i < FORMATS; i++)
		fprintf(stderr, " %s", formats[i].name);
	fputc('\n', stderr);
	exit(TOOL_USAGE);
}

static void read_file(struct import *import, const struct format *format, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	struct tree *tree;

	if (file == NULL)
		err(TOOL_INPUT, "%s", path);
	if (format->read == NULL) {
		import_csv(import, file, path);
	} else {
		tree = tree_read(file, path);
		format->read(import, tree);
		tree_free(tree);
	}
	if (ferror(file))
		err(TOOL_INPUT, "%s", path);
	if (file != stdin)
		fclose(file);
}

/* Something must have come of it: another format's file reads without an error. */
static void need_something(const struct import *import, const struct format *format)
{
	if (import->group_count == 0)
		errx(TOOL_INPUT, "nothing of format \"%s\" is in these files: no group, no server",
		     format->name);
}

struct options {
	const char *policy, **before;
	size_t before_count;
};

static struct options read_options(int argc, char **argv)
{
	static const struct option known[] = {{"before", required_argument, NULL, 'b'},
					      {"policy", required_argument, NULL, 'p'},
					      {0}};
	struct options options = {.before = calloc((size_t)argc, sizeof *options.before)};
	int option;

	if (options.before == NULL)
		errx(TOOL_INPUT, "out of memory");
	while ((option = getopt_long(argc, argv, "p:", known, NULL)) != -1) {
		if (option == '?')
			tool_usage(argv[0]);
		if (option == 'b')
			options.before[options.before_count++] = optarg;
		if (option == 'p')
			options.policy = optarg;
	}
	return options;
}

/* A plan of Terraform knows both states; of others both have to be given. */
static int compare(const struct tool *tool, const struct options *options,
		   const struct format *format, const struct import *after)
{
	static const struct format prior = {"terraform", read_prior};
	struct policy *policy = options->policy == NULL ? NULL : tool_load(tool, options->policy);
	struct import before = {0};
	size_t outside;

	for (size_t i = 0; i < options->before_count; i++)
		read_file(&before, format->read == read_terraform ? &prior : format,
			  options->before[i]);
	import_settle(&before);
	outside = import_compare(&before, after, policy);
	import_free(&before);
	policy_free(policy);
	return outside != 0 ? TOOL_FOUND : TOOL_GOOD;
}

int tool_import(const struct tool *tool, int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	const struct format *format;
	struct import import = {0};
	int status = TOOL_GOOD;

	if (argc - optind < 2)
		tool_usage(argv[0]);
	format = find_format(argv[optind]);
	for (int i = optind + 1; i < argc; i++)
		read_file(&import, format, argv[i]);
	need_something(&import, format);
	import_settle(&import);
	if (options.before_count != 0)
		status = compare(tool, &options, format, &import);
	else
		import_write(&import);
	import_free(&import);
	free(options.before);
	return status;
}
