/* SPDX-License-Identifier: ISC */
/*
 * The files of --known-bad; see known_bad.h. JSON passes by value for value (json_scan.h), so that
 * a feed of 100 MB costs no more memory than the ranges in it.
 *
 *	catalogue	{"vulnerabilities":[{"cveID":…,"vendorProject":…,"product":…},…]}
 *	feed		… "id":"CVE-…" (1.1: "ID") … "cpeMatch":[{"vulnerable":true,
 *			"criteria":"cpe:2.3:…" (1.1: "cpe23Uri"),"versionStartIncluding":…,
 *			"versionEndExcluding":…},…]
 *
 * www.cisa.gov/known-exploited-vulnerabilities-catalog; nvd.nist.gov/vuln/data-feeds; NISTIR 7695
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/json_scan.h"
#include "sensor/base/log.h"
#include "sensor/event/known_bad.h"

#define ERRORS_TOLD 10
#define CPE_FIELDS  6 /* cpe, 2.3, part, vendor, product, version */
#define VALUE	    96
#define LINE	    1024

/* Whatever was found last of each of these, until the object ends that it stands in. */
struct entry {
	char id[KNOWN_BAD_ID];
	char vendor[VALUE], product[VALUE]; /* of the catalogue */
	char cpe[JSON_SCAN_TEXT], from[VALUE], to[VALUE];
	bool vulnerable, from_excluded, to_included;
};

struct load {
	struct known_bad *known;
	const char *path;
	struct entry entry;
	uint64_t ranges;
	uint64_t errors;
	bool full;
};

static void complain(struct load *load, uint64_t line, const char *text)
{
	if (load->errors++ < ERRORS_TOLD)
		log_warnx("%s:%llu: error: %s", load->path, (unsigned long long)line, text);
}

static bool is_id(const char *id)
{
	size_t length = strlen(id);

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)id[i]) && strchr("-._:", id[i]) == NULL)
			return false;
	}
	return length != 0 && length < KNOWN_BAD_ID;
}

static void add(struct load *load, const struct known_range *range)
{
	if (!load->full && known_bad_add(load->known, range))
		load->ranges++;
	else
		load->full = true;
}

/* Up to a colon without a backslash before it; `cpe` moves behind it. Backslashes go. */
static void take_field(const char **cpe, char field[VALUE])
{
	size_t length = 0;

	for (; **cpe != '\0' && **cpe != ':'; (*cpe)++) {
		if (**cpe == '\\' && (*cpe)[1] != '\0')
			(*cpe)++;
		if (length < VALUE - 1)
			field[length++] = **cpe;
	}
	field[length] = '\0';
	*cpe += **cpe == ':';
}

/* A name with ranges, or with one version; "-" means none, "*" any. */
static void add_match(struct load *load)
{
	struct entry *entry = &load->entry;
	char fields[CPE_FIELDS][VALUE];
	const char *cpe = entry->cpe;
	struct known_range range = {.vendor = fields[3],
				    .product = fields[4],
				    .id = entry->id,
				    .from = entry->from,
				    .to = entry->to,
				    .from_excluded = entry->from_excluded,
				    .to_included = entry->to_included};

	for (size_t i = 0; i < CPE_FIELDS; i++)
		take_field(&cpe, fields[i]);
	if (!entry->vulnerable || !is_id(entry->id) || strcmp(fields[0], "cpe") != 0 ||
	    strcmp(fields[2], "a") != 0 || strcmp(fields[5], "-") == 0)
		return;
	if (strcmp(fields[5], "*") != 0) {
		range.from = range.to = fields[5];
		range.from_excluded = false;
		range.to_included = true;
	}
	add(load, &range);
}

/* An entry of the catalogue, as soon as it is whole. */
static void add_exploited(struct load *load)
{
	struct entry *entry = &load->entry;

	if (entry->vendor[0] == '\0' || entry->product[0] == '\0' || !is_id(entry->id))
		return;
	add(load, &(struct known_range){.vendor = entry->vendor,
					.product = entry->product,
					.id = entry->id,
					.from = "",
					.to = "",
					.exploited = true});
	entry->vendor[0] = entry->product[0] = '\0';
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void on_value(struct entry *entry, const char *key, const char *value)
{
	if (strcmp(key, "cveID") == 0 || ((strcmp(key, "id") == 0 || strcmp(key, "ID") == 0) &&
					  strncmp(value, "CVE-", 4) == 0)) {
		copy(entry->id, sizeof entry->id, value);
	} else if (strcmp(key, "vendorProject") == 0) {
		copy(entry->vendor, sizeof entry->vendor, value);
	} else if (strcmp(key, "product") == 0) {
		copy(entry->product, sizeof entry->product, value);
	} else if (strcmp(key, "criteria") == 0 || strcmp(key, "cpe23Uri") == 0) {
		copy(entry->cpe, sizeof entry->cpe, value);
	} else if (strcmp(key, "vulnerable") == 0) {
		entry->vulnerable = strcmp(value, "false") != 0;
	} else if (strncmp(key, "versionStart", 12) == 0) {
		copy(entry->from, sizeof entry->from, value);
		entry->from_excluded = strcmp(key, "versionStartExcluding") == 0;
	} else if (strncmp(key, "versionEnd", 10) == 0) {
		copy(entry->to, sizeof entry->to, value);
		entry->to_included = strcmp(key, "versionEndIncluding") == 0;
	}
}

static void forget_match(struct entry *entry)
{
	entry->cpe[0] = entry->from[0] = entry->to[0] = '\0';
	entry->from_excluded = entry->to_included = false;
	entry->vulnerable = true;
}

static void on_json(void *context, enum json_scan_kind kind, const char *key, const char *value)
{
	struct load *load = context;
	struct entry *entry = &load->entry;

	if (kind == JSON_SCAN_VALUE) {
		on_value(entry, key, value);
		return;
	}
	if (kind == JSON_SCAN_END && entry->cpe[0] != '\0')
		add_match(load);
	add_exploited(load);
	if (kind == JSON_SCAN_END)
		entry->vendor[0] = entry->product[0] = '\0';
	forget_match(entry);
}

static void load_json(struct load *load, FILE *file)
{
	char why[JSON_SCAN_ERROR];
	uint64_t line;

	forget_match(&load->entry);
	if (!json_scan(file, on_json, load, &line, why))
		complain(load, line, why);
	else if (load->ranges == 0 && !load->full)
		complain(load, line,
			 "no vulnerability in it: it must be CISA's catalogue of known exploited "
			 "vulnerabilities or a feed of NVD's, version 1.1 or 2.0");
}

/* Blanks at both ends go. */
static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length != 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

static void load_line(struct load *load, uint64_t line, char *text)
{
	char *fields[4], *rest = text;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		char *field = strsep(&rest, ",");

		if (field == NULL) {
			complain(load, line,
				 "a line is product,version-from,version-before,id,note");
			return;
		}
		fields[i] = trim(field);
	}
	if (fields[0][0] == '\0')
		complain(load, line, "the product is missing");
	else if (!is_id(fields[3]))
		complain(load, line,
			 "the id must be letters, digits, \"-\", \".\", \"_\" or \":\", up to 39");
	else
		add(load, &(struct known_range){.vendor = "",
						.product = fields[0],
						.id = fields[3],
						.from = fields[1],
						.to = fields[2]});
}

static void load_lines(struct load *load, FILE *file)
{
	char text[LINE];
	uint64_t line = 0;

	while (fgets(text, sizeof text, file) != NULL) {
		size_t length = strlen(text);

		line++;
		if (length == sizeof text - 1 && text[length - 1] != '\n') {
			complain(load, line, "the line is too long");
			return;
		}
		if (text[0] != '#' && *trim(text) != '\0' &&
		    !(line == 1 && strncmp(text, "product,", 8) == 0))
			load_line(load, line, text);
	}
	if (ferror(file))
		complain(load, line + 1, strerror(errno));
}

/* The first byte that is no blank tells the format; it is left where it is. */
static bool is_json(FILE *file)
{
	int c;

	do
		c = getc(file);
	while (c != EOF && isspace(c));
	rewind(file);
	return c == '{' || c == '[';
}

bool known_bad_load(struct known_bad *known, const char *path)
{
	struct load load = {.known = known, .path = path};
	FILE *file = fopen(path, "re");

	if (file == NULL) {
		log_warn("--known-bad: %s", path);
		return false;
	}
	if (is_json(file))
		load_json(&load, file);
	else
		load_lines(&load, file);
	fclose(file);
	if (load.full) {
		log_warnx("%s: more than fits: %d ranges of versions in all; give feeds of fewer "
			  "years, or lines of the products that there are",
			  path, KNOWN_BAD_RANGES);
		return false;
	}
	if (load.errors > ERRORS_TOLD)
		log_warnx("%s: %llu further errors", path,
			  (unsigned long long)(load.errors - ERRORS_TOLD));
	return load.errors == 0;
}
