/* SPDX-License-Identifier: ISC */
/*
 * Reads a JSON document of any size from a file, in constant memory: each value is told as it
 * passes. It is for files of many thousand entries, of which a library would make a tree first.
 */
#ifndef SENSOR_JSON_SCAN_H
#define SENSOR_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_SCAN_TEXT	512 /* longer keys and values are cut */
#define JSON_SCAN_ERROR 96

enum json_scan_kind {
	JSON_SCAN_BEGIN, /* of an object or a list */
	JSON_SCAN_END,
	JSON_SCAN_VALUE, /* a text, a number, true, false or null */
};

/* `key` is "" in lists and outside of everything; both texts are valid during the call. */
typedef void json_scan_handler(void *context, enum json_scan_kind kind, const char *key,
			       const char *value);

/*
 * From where the file stands to the document's end. False: it is no JSON; `error` says why, in
 * words, and `line` where, counted from 1.
 */
bool json_scan(FILE *file, json_scan_handler *handler, void *context, uint64_t *line,
	       char error[JSON_SCAN_ERROR]);

#endif
