/* SPDX-License-Identifier: ISC */
/*
 * Where in the table of products to look. The table is long, and of its rows nearly none has to do
 * with what a response shows: so its signs, requests and routes are found by keys, made of what
 * they begin with or cannot do without. The index is data that the build writes from the table
 * (tools/http-index), with the functions below: what the writer and the reader take for a key.
 *
 * A key says which entries may hold, and never which do. Entries of one key stand in the order of
 * the table.
 */
#ifndef DISSECTORS_HTTP_INDEX_H
#define DISSECTORS_HTTP_INDEX_H

#include "dissectors/http/http_products.h"

#define HTTP_KEYS      256
#define HTTP_SIGNS_MAX 2048

/* A sign, a request or a route: which one of which row. */
struct http_entry {
	uint8_t row, at;
};

/* Those of key k: entries[starts[k]] to entries[starts[k + 1] - 1]. */
struct http_list {
	uint16_t starts[HTTP_KEYS + 1];
	const struct http_entry *entries;
};

struct http_index {
	struct http_list headers;  /* signs of headers: http_key_name() */
	struct http_list starts;   /* signs of a body's beginning: its first byte, in lower case */
	struct http_list pairs;	   /* of other places: http_key_pair() */
	uint8_t firsts[32];	   /* bits: the first bytes of those */
	struct http_list requests; /* paths: http_key_segments() of two, or of all that it has */
	struct http_list fields;   /* requests by header: http_key_name() */
	struct http_list routes; /* http_key_segment() of one segment, or of ".type" of the last */
	const struct http_entry *always, *wild; /* signs and routes without a key */
	size_t always_count, wild_count;
	const struct http_entry *signs;		/* all, by number */
	uint16_t bases[HTTP_SERVICE_COUNT + 1]; /* the number of a row's first sign */
	/* Routes of several rows that read the same are one text; by number, as signs are. */
	uint16_t route_bases[HTTP_SERVICE_COUNT + 1];
	const uint16_t *texts;	     /* of each route: which text it has */
	const uint16_t *text_starts; /* of text t: text_routes[text_starts[t]] and on */
	const struct http_entry *text_routes;
};

/* Written by the build. */
extern const struct http_index http_index;

static inline uint8_t http_key_lower(char c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static inline size_t http_key_of(uint32_t hash)
{
	return (hash ^ hash >> 8 ^ hash >> 16) % HTTP_KEYS;
}

static inline size_t http_key_name(const char *name, size_t length)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < length; i++)
		hash = hash * 31 + http_key_lower(name[i]);
	return http_key_of(hash);
}

/* A segment of a path, without slashes. */
static inline size_t http_key_segment(const char *segment, size_t length)
{
	return http_key_name(segment, length);
}

static inline size_t http_key_pair(uint8_t first, uint8_t second)
{
	return http_key_of((uint32_t)first * 37 + second);
}

/* The first `count` segments of a path that begins with a slash, or fewer if it has no more. */
static inline size_t http_key_segments(const char *path, size_t length, size_t count)
{
	size_t n = 0;

	while (n < length && (path[n] != '/' || count-- != 0))
		n++;
	return http_key_name(path, n);
}

#endif
