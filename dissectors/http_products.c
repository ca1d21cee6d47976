/* SPDX-License-Identifier: ISC */
/*
 * The table of products that speak HTTP, and how its patterns are read. Where the rows are from:
 * nginx 1.22 (its three autoindex formats), Python 3 http.server and Elasticsearch 7.17 as they
 * answered; Apache and lighttpd, whose listings have the same title as nginx's; for OpenSearch its
 * own issue 6583 and pull request 8084, which show the greeting and the header.
 */
#include "dissectors/http_products.h"

#include <strings.h>

static const uint16_t web_ports[] = {80, 8080, 8000, 8888, 0};
static const uint16_t search_ports[] = {9200, 0};

enum {
	SERVICE_HTTP,
	SERVICE_DIRLIST,
	SERVICE_ELASTICSEARCH,
	SERVICE_OPENSEARCH,
};

const struct service http_services[HTTP_SERVICE_COUNT] = {
	[SERVICE_HTTP] =
		{
			.name = "http",
			.family = FAMILY_WEB,
			.about = "a web service that nothing more is known about",
			.ports = web_ports,
		},
	[SERVICE_DIRLIST] =
		{
			.name = "http-dirlist",
			.family = FAMILY_STORAGE,
			.about = "a web server that lists its directories",
		},
	[SERVICE_ELASTICSEARCH] =
		{
			.name = "elasticsearch",
			.family = FAMILY_DATABASE,
			.about = "Elasticsearch over HTTP",
			.identifier = "open-elasticsearch",
			.ports = search_ports,
		},
	[SERVICE_OPENSEARCH] =
		{
			.name = "opensearch",
			.family = FAMILY_DATABASE,
			.about = "OpenSearch over HTTP",
			.identifier = "open-elasticsearch",
		},
};

#define DIRLIST	      (&http_services[SERVICE_DIRLIST])
#define ELASTICSEARCH (&http_services[SERVICE_ELASTICSEARCH])
#define OPENSEARCH    (&http_services[SERVICE_OPENSEARCH])

/*
 * Ranks: 1 a kind of page, 2 a product by what several have in common, 3 a product by its own
 * word. OpenSearch answers much like the Elasticsearch that it came from, hence 2 and 3.
 */
static const struct http_product products[] = {
	{.service = OPENSEARCH,
	 .product = "OpenSearch",
	 .pattern = "\"distribution\":\"opensearch\"",
	 .version_after = "\"number\"",
	 .status = 200,
	 .rank = 3},
	{.service = OPENSEARCH,
	 .product = "OpenSearch",
	 .header = "x-opensearch-version",
	 .pattern = "OpenSearch/",
	 .version_after = "OpenSearch/",
	 .rank = 3},
	{.service = ELASTICSEARCH,
	 .product = "Elasticsearch",
	 .header = "x-elastic-product",
	 .pattern = "Elasticsearch",
	 .rank = 3},
	{.service = ELASTICSEARCH,
	 .product = "Elasticsearch",
	 .pattern = "\"lucene_version\"",
	 .version_after = "\"number\"",
	 .asks = ASKS_BANNER,
	 .status = 200,
	 .rank = 2},
	{.service = ELASTICSEARCH,
	 .product = "Elasticsearch",
	 .pattern = "\"type\":\"security_exception\"",
	 .status = 401,
	 .rank = 2,
	 .auth = AUTH_REQUIRED},
	{.service = ELASTICSEARCH,
	 .pattern = "\"timed_out\":false,\"_shards\":{",
	 .asks = ASKS_RECORDS,
	 .status = 200,
	 .rank = 2},
	{.service = DIRLIST,
	 .pattern = "<title>Index of /",
	 .status = 200,
	 .rank = 1,
	 .flags = PRODUCT_LISTING},
	{.service = DIRLIST,
	 .pattern = "<title>Directory listing for /",
	 .status = 200,
	 .rank = 1,
	 .flags = PRODUCT_LISTING},
	/* nginx, autoindex_format json and xml. */
	{.service = DIRLIST,
	 .pattern = "\"type\":\"file\",\"mtime\":\"",
	 .asks = ASKS_DIRECTORY,
	 .status = 200,
	 .rank = 1,
	 .flags = PRODUCT_LISTING},
	{.service = DIRLIST,
	 .pattern = "\"type\":\"directory\",\"mtime\":\"",
	 .asks = ASKS_DIRECTORY,
	 .status = 200,
	 .rank = 1,
	 .flags = PRODUCT_LISTING},
	{.service = DIRLIST,
	 .pattern = "<list><file mtime=\"",
	 .asks = ASKS_DIRECTORY,
	 .status = 200,
	 .rank = 1,
	 .flags = PRODUCT_LISTING},
	{.service = DIRLIST,
	 .pattern = "<list><directory mtime=\"",
	 .asks = ASKS_DIRECTORY,
	 .status = 200,
	 .rank = 1,
	 .flags = PRODUCT_LISTING},
};

/* Path segments, and what they ask for. */
static const struct {
	const char *segment;
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
};

uint16_t http_asks(const char *path, size_t length)
{
	uint16_t asks = 0;
	size_t start = 0;

	if (length == 1 && path[0] == '/')
		return ASKS_BANNER | ASKS_DIRECTORY;
	if (length != 0 && path[length - 1] == '/')
		asks |= ASKS_DIRECTORY;
	for (size_t at = 0; at <= length; at++) {
		if (at != length && path[at] != '/')
			continue;
		for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
			if (strlen(segments[i].segment) == at - start &&
			    memcmp(segments[i].segment, path + start, at - start) == 0)
				asks |= segments[i].asks;
		}
		start = at + 1;
	}
	return asks;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/*
 * Does the pattern stand at the beginning of `text`? Upper and lower case are the same, and blanks
 * in the text do not matter, but a blank in the pattern wants at least one. The cursor ends behind it.
 */
static bool match_here(struct bytes *text, const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++) {
		bool blank = false;

		while (p != pattern && text->left != 0 && is_blank(text->at[0])) {
			bytes_skip(text, 1);
			blank = true;
		}
		if (*p == ' ') {
			if (!blank)
				return false;
			continue;
		}
		if (text->left == 0 || lower(bytes_u8(text)) != lower((uint8_t)*p))
			return false;
	}
	return true;
}

/* The first occurrence in `*text`, which is left behind it; false, and nothing done, if none. */
static bool find(struct bytes *text, const char *pattern)
{
	for (struct bytes from = *text; from.left != 0; bytes_skip(&from, 1)) {
		struct bytes at = from;

		if (match_here(&at, pattern)) {
			*text = at;
			return true;
		}
	}
	return false;
}

static bool is_version(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
	       (c != '\0' && strchr(".+_-", c) != NULL);
}

/* Text like ` : "7.17.9"` or `/1.22.1 (Debian)`; a version begins with a digit. */
static void take_version(struct facts *facts, struct bytes text)
{
	size_t n = 0;

	while (text.left != 0 && (is_blank(text.at[0]) || strchr(":\"/=", text.at[0]) != NULL))
		bytes_skip(&text, 1);
	if (text.left == 0 || text.at[0] < '0' || text.at[0] > '9')
		return;
	while (n < text.left && is_version(text.at[n]))
		n++;
	FACTS_TEXT(facts, version, text.at, n);
}

/* "nginx/1.22.1": the name up to the version, as the server calls itself. */
static void take_server(struct facts *facts, uint8_t rank, struct bytes text)
{
	size_t n = 0;

	if (rank > 1 || facts->product[0] != '\0')
		return; /* something is known better, or is behind the same front end */
	while (n < text.left && text.at[n] != '/' && text.at[n] != ' ')
		n++;
	FACTS_TEXT(facts, product, text.at, n);
	bytes_skip(&text, n);
	if (text.left != 0 && text.at[0] == '/')
		take_version(facts, text);
}

static bool applies(const struct http_product *row, const struct http_answer *answer,
		    const char *name)
{
	if ((name == NULL) != (row->header == NULL) ||
	    (name != NULL && strcmp(name, row->header) != 0))
		return false;
	if (row->asks != 0 && !(row->asks & answer->asks))
		return false;
	if (row->status == 200)
		return answer->status >= 200 && answer->status <= 299;
	return row->status == 0 || row->status == answer->status;
}

static void apply(const struct http_product *row, struct facts *facts, uint8_t *rank,
		  const struct http_answer *answer, struct bytes text)
{
	bool known = row->product != NULL && strcasecmp(row->product, facts->product) == 0;

	if (row->service != NULL && row->rank > *rank)
		facts_set_service(facts, row->service);
	if (row->product != NULL && row->rank > *rank && !known) {
		FACTS_TEXT(facts, product, row->product, strlen(row->product));
		FACTS_TEXT(facts, version, "", 0);
		known = true;
	}
	if (row->version_after != NULL && known && find(&text, row->version_after))
		take_version(facts, text);
	if (row->rank > *rank)
		*rank = row->rank;
	if (row->auth != AUTH_UNKNOWN && answer->without_credentials)
		facts_set_auth(facts, row->auth);
	if ((row->flags & PRODUCT_LISTING) && !facts->directory_listing) {
		facts->directory_listing = true;
		facts->revision++;
	}
}

void http_products_match(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			 const char *name, struct bytes text)
{
	if (name != NULL && strcmp(name, "server") == 0)
		take_server(facts, *rank, text);
	for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
		struct bytes rest = text;

		if (applies(&products[i], answer, name) &&
		    (products[i].pattern == NULL || find(&rest, products[i].pattern)))
			apply(&products[i], facts, rank, answer, text);
	}
}
