/* SPDX-License-Identifier: ISC */
/* See report.h. */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lib/sensor.h"
#include "tools/lib/status.h"
#include "tools/report/report.h"

static const struct format {
	const char *name;
	void (*write)(const struct report *report, FILE *to);
} formats[] = {
	{"html", report_html},
	{"markdown", report_markdown},
	{"csv", report_csv},
	{"json", report_json},
};

#define FORMATS (sizeof formats / sizeof *formats)

struct arguments {
	const struct format *format;
	const char *out, *title, *policy;
	bool captures;
};

static _Noreturn void usage(int status)
{
	fputs("usage: spanwatch-report [--format html|markdown|csv|json] [--out FILE] [--title "
	      "TEXT]\n"
	      "                        EVENTS ... | - | -p POLICY -r CAPTURE ...\n"
	      "Makes one document of what was found; events are the lines of spanwatch --json.\n"
	      "See spanwatch-report(1).\n",
	      status == TOOL_GOOD ? stdout : stderr);
	exit(status);
}

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	errx(TOOL_USAGE, "--format: \"%s\" is none of html, markdown, csv, json", name);
}

/* By the ending of the file that is written. */
static const struct format *format_of(const char *out)
{
	const char *dot = out == NULL ? NULL : strrchr(out, '.');

	if (dot != NULL && strcmp(dot, ".md") == 0)
		return &formats[1];
	for (size_t i = 0; dot != NULL && i < FORMATS; i++)
		if (strcmp(formats[i].name, dot + 1) == 0)
			return &formats[i];
	return &formats[0];
}

static struct arguments read_arguments(int argc, char **argv)
{
	static const struct option options[] = {{"format", required_argument, NULL, 'f'},
						{"out", required_argument, NULL, 'o'},
						{"title", required_argument, NULL, 't'},
						{"policy", required_argument, NULL, 'p'},
						{"read", no_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	struct arguments a = {.title = "What spanwatch found"};
	int option;

	while ((option = getopt_long(argc, argv, "o:p:r", options, NULL)) != -1) {
		if (option == 'h' || option == '?')
			usage(option == 'h' ? TOOL_GOOD : TOOL_USAGE);
		if (option == 'f')
			a.format = find_format(optarg);
		if (option == 'o')
			a.out = optarg;
		if (option == 't')
			a.title = optarg;
		if (option == 'p')
			a.policy = optarg;
		a.captures = a.captures || option == 'r';
	}
	if (optind == argc || a.captures != (a.policy != NULL))
		usage(TOOL_USAGE);
	if (a.format == NULL)
		a.format = format_of(a.out);
	return a;
}

static void read_events(struct report *report, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (file == NULL)
		err(TOOL_INPUT, "%s", path);
	if (file == stdin && isatty(STDIN_FILENO))
		fputs("spanwatch-report: reading events from standard input ...\n", stderr);
	while ((length = getline(&line, &room, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		report_line(report, line);
	}
	if (ferror(file))
		err(TOOL_INPUT, "%s", path);
	free(line);
	if (file != stdin)
		fclose(file);
}

/* The sensor twice: what breaks the policy, and what there is at all. */
static void read_captures(struct report *report, const char *policy, int count, char **captures)
{
	char **words = calloc((size_t)count + 8, sizeof *words);
	static char quiet[] = "-q", json[] = "--json", p[] = "-p", r[] = "-r",
		    inventory[] = "--inventory";

	if (words == NULL)
		errx(TOOL_INPUT, "out of memory");
	words[0] = quiet;
	words[1] = json;
	words[2] = p;
	words[3] = (char *)(uintptr_t)policy;
	words[4] = r;
	memcpy(words + 5, captures, (size_t)count * sizeof *captures);
	sensor_run(words, report_line, report);
	words[1] = inventory;
	sensor_run(words, report_line, report);
	free(words);
}

static void write_out(const struct report *report, const struct arguments *a)
{
	FILE *to = a->out == NULL ? stdout : fopen(a->out, "w");

	if (to == NULL)
		err(TOOL_INPUT, "%s", a->out);
	a->format->write(report, to);
	if (fflush(to) != 0 || (to != stdout && fclose(to) != 0))
		err(TOOL_INPUT, "%s", a->out == NULL ? "standard output" : a->out);
}

int main(int argc, char **argv)
{
	struct arguments a = read_arguments(argc, argv);
	struct report report = {.title = a.title};

	if (a.captures)
		read_captures(&report, a.policy, argc - optind, argv + optind);
	else
		for (int i = optind; i < argc; i++)
			read_events(&report, argv[i]);
	if (report.wrong != 0)
		warnx("%llu line%s no event", (unsigned long long)report.wrong,
		      report.wrong == 1 ? " is" : "s are");
	if (report.wrong != 0 && report.events == 0)
		errx(TOOL_INPUT, "there is no event in it: is it the output of spanwatch --json?");
	report_settle(&report);
	write_out(&report, &a);
	report_free(&report);
	return TOOL_GOOD;
}
