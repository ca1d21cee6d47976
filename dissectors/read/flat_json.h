/* SPDX-License-Identifier: ISC */
/*
 * Values of a JSON text by their keys, for short texts of protocols that write them flat. It is no
 * parser: the first place where the key stands in quotes counts.
 */
#ifndef DISSECTORS_FLAT_JSON_H
#define DISSECTORS_FLAT_JSON_H

#include "dissectors/read/bytes.h"

/* Without quotes if it is text; as far as it is there. Empty if there is none. */
struct bytes flat_json_value(struct bytes json, const char *key);
bool flat_json_true(struct bytes json, const char *key);

#endif
