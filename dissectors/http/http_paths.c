/* SPDX-License-Identifier: ISC */
/*
 * Methods and path segments of the services that are carried by HTTP, and what they ask for:
 * Elasticsearch and OpenSearch (REST reference), CouchDB, etcd's JSON gateway.
 */
#include "dissectors/http/http_paths.h"

#include "dissectors/http/http_products.h"

#define ID_MIN 12 /* digits: the short form of a container's id */

static const struct {
	const char *text;
	uint16_t asks;
} methods[] = {
	{"GET", ASKS_GET},	 {"PUT", ASKS_PUT},	   {"POST", ASKS_POST},
	{"DELETE", ASKS_DELETE}, {"CONNECT", ASKS_TUNNEL}, {"PROPFIND", ASKS_DAV},
	{"PROPPATCH", ASKS_DAV}, {"MKCOL", ASKS_DAV},	   {"COPY", ASKS_DAV},
	{"MOVE", ASKS_DAV},	 {"LOCK", ASKS_DAV},	   {"UNLOCK", ASKS_DAV},
	{"SEARCH", ASKS_DAV},	 {"REPORT", ASKS_DAV},
};

static const struct {
	const char *text;
	uint16_t asks;
} segments[] = {
	{"_search", ASKS_RECORDS},
	{"_msearch", ASKS_RECORDS},
	{"_mget", ASKS_RECORDS},
	{"_doc", ASKS_RECORDS},
	{"_source", ASKS_RECORDS},
	{"_cat", ASKS_RECORDS},
	{"_alias", ASKS_RECORDS},
	{"_aliases", ASKS_RECORDS},
	{"_mapping", ASKS_RECORDS},
	{"_mappings", ASKS_RECORDS},
	{"_stats", ASKS_RECORDS},
	{"_sql", ASKS_RECORDS},
	{"_delete_by_query", ASKS_DELETE_MANY},
	{"scroll", ASKS_DELETE_OWN},
	{"_pit", ASKS_RECORDS | ASKS_DELETE_OWN},
	{"_async_search", ASKS_RECORDS | ASKS_DELETE_OWN},
	{"_cluster", ASKS_SEARCH_ADMIN},
	{"_nodes", ASKS_SEARCH_ADMIN},
	{"_license", ASKS_SEARCH_ADMIN},
	{"_xpack", ASKS_SEARCH_ADMIN},
	{"_security", ASKS_SEARCH_ADMIN},
	{"_bulk", ASKS_SEARCH_ADMIN},
	{"_refresh", ASKS_SEARCH_ADMIN},
	{"delete_series", ASKS_DELETE_MANY}, /* Prometheus */
	{"prune", ASKS_DELETE_MANY},	     /* Docker */
	/* CouchDB */
	{"_purge", ASKS_DELETE_MANY},
	{"_all_docs", ASKS_RECORDS},
	{"_all_dbs", ASKS_RECORDS},
	{"_changes", ASKS_RECORDS},
	{"_find", ASKS_RECORDS},
	{"_view", ASKS_RECORDS},
	{"_bulk_get", ASKS_RECORDS},
	{"_session", ASKS_SEARCH_ADMIN},
	{"_up", ASKS_SEARCH_ADMIN},
	{"_membership", ASKS_SEARCH_ADMIN},
	{"_utils", ASKS_SEARCH_ADMIN},
	/* etcd */
	{"range", ASKS_RECORDS},
	{"keys", ASKS_RECORDS},
	{"deleterange", ASKS_DELETE_MANY},
};

/* Parameters whose presence says what a request does. Of none the value is looked at. */
static const struct {
	const char *text;  /* with "=": has a value; without: has none */
	const char *shown; /* behind the path */
	uint16_t asks;
	uint16_t with; /* counts only with one of these; 0: always */
} parameters[] = {
	{"scroll=", "?scroll", ASKS_RECORDS,
	 ASKS_RECORDS}, /* Elasticsearch: all of an index, page by page */
	{"delete", "?delete", ASKS_DELETE_MANY, ASKS_POST}, /* S3: objects by list */
};

static bool equals(struct bytes text, const char *word)
{
	size_t n = strlen(word);

	return text.left == n && memcmp(text.at, word, n) == 0;
}

/* Takes the next segment and the slash before it; false at the end. */
static bool next_segment(struct bytes *path, struct bytes *segment)
{
	size_t n = 0;

	bytes_skip(path, path->left != 0 && path->at[0] == '/');
	if (path->left == 0)
		return false;
	while (n < path->left && path->at[n] != '/')
		n++;
	*segment = bytes_sub(path, n);
	return true;
}

static bool is_parameter(struct bytes parameter, const char *text)
{
	size_t n = strlen(text);

	return bytes_start_with(&parameter, text) && (text[n - 1] == '=' || parameter.left == n);
}

/* The row of parameters[] that the query has, or their number. */
static size_t find_parameter(struct bytes query, unsigned asks)
{
	const size_t count = sizeof parameters / sizeof *parameters;
	size_t row = count;

	bytes_skip(&query, query.left != 0 && query.at[0] == '?');
	while (query.left != 0 && row == count) {
		struct bytes parameter = query;

		while (query.left != 0 && query.at[0] != '&')
			bytes_skip(&query, 1);
		parameter.left -= query.left;
		bytes_skip(&query, query.left != 0);
		for (row = 0; row < count; row++) {
			if ((parameters[row].with == 0 || (parameters[row].with & asks)) &&
			    is_parameter(parameter, parameters[row].text))
				break;
		}
	}
	return row;
}

const char *http_query_show(struct bytes query, uint16_t asks)
{
	size_t row = find_parameter(query, asks);

	return row < sizeof parameters / sizeof *parameters ? parameters[row].shown : "";
}

uint16_t http_asks(const char *method, struct bytes path, struct bytes query)
{
	struct bytes rest = path, segment;
	unsigned asks = query.left != 0 ? ASKS_QUERY : 0;
	size_t count = 0, row;

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		asks |= strcmp(methods[i].text, method) == 0 ? methods[i].asks : 0;
	if (path.left == 1 && path.at[0] == '/')
		asks |= ASKS_BANNER | ASKS_DIRECTORY;
	else if (path.left != 0 && path.at[path.left - 1] == '/')
		asks |= ASKS_DIRECTORY;
	while (next_segment(&rest, &segment)) {
		count += segment.left != 0;
		for (size_t i = 0; i < sizeof segments / sizeof *segments; i++)
			asks |= equals(segment, segments[i].text) ? segments[i].asks : 0;
	}
	row = find_parameter(query, asks);
	if (row < sizeof parameters / sizeof *parameters)
		asks |= parameters[row].asks;
	if (count != 0)
		asks |= count == 1 ? ASKS_ONE : ASKS_DEEP;
	return (uint16_t)asks;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "v1.41" */
static bool is_exact_version(struct bytes text)
{
	bool dot = false;

	if (text.left < 4 || text.at[0] != 'v')
		return false;
	for (size_t i = 1; i < text.left; i++) {
		if (text.at[i] == '.' && !dot && i > 1 && i + 1 < text.left)
			dot = true;
		else if (!is_digit(text.at[i]))
			return false;
	}
	return dot;
}

static bool is_id(struct bytes text)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];

		if (is_digit(c))
			digits++;
		else if (c >= 'a' && c <= 'f')
			letters++;
		else if (c != '-')
			return false;
	}
	return text.left >= ID_MIN && digits != 0 && letters != 0;
}

size_t http_path_show(char *to, size_t size, struct bytes path)
{
	struct bytes rest = path, segment;
	bool first = true, slash = path.left > 1 && path.at[path.left - 1] == '/';
	size_t n = 0;

	if (path.left == 0 || path.at[0] != '/') { /* "*", or a host and port */
		n = path.left < size ? path.left : size - 1;
		memcpy(to, path.at, n);
		return n;
	}
	while (n + 1 < size && next_segment(&rest, &segment)) {
		bool skip = first && rest.left != 0 && is_exact_version(segment);
		bool id = is_id(segment);

		first = false;
		if (skip)
			continue;
		to[n++] = '/';
		if (id)
			segment = bytes_from("{id}", 4);
		if (segment.left > size - 1 - n)
			segment.left = size - 1 - n;
		memcpy(to + n, segment.at, segment.left);
		n += segment.left;
	}
	if ((n == 0 || slash) && n + 1 < size)
		to[n++] = '/';
	return n;
}

bool http_ipp_reads(struct bytes body)
{
	uint16_t operation;

	bytes_skip(&body, 2); /* the version */
	operation = bytes_be16(&body);
	/* RFC 8011 section 5.4.15: Get-Job-Attributes, -Jobs, -Printer-Attributes, -Subscription…;
	 * from 0x4000 on they are a vendor's: CUPS' printers, classes, devices, documents. */
	return !body.failed && ((operation >= 0x09 && operation <= 0x0b) || operation == 0x18 ||
				operation == 0x19 || operation == 0x1c || operation == 0x4001 ||
				operation == 0x4002 || operation == 0x4005 || operation == 0x400b ||
				operation == 0x4027);
}
