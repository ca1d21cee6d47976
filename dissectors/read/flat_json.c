/* SPDX-License-Identifier: ISC */
/* Values of a flat JSON text; see flat_json.h. */
#include "dissectors/read/flat_json.h"

#include "dissectors/read/lines.h"

struct bytes flat_json_value(struct bytes json, const char *key)
{
	size_t size = strlen(key), length = 0;
	bool is_text;

	for (; json.left > size + 3; bytes_skip(&json, 1)) {
		if (json.at[0] == '"' && json.at[size + 1] == '"' &&
		    memcmp(json.at + 1, key, size) == 0)
			break;
	}
	if (json.left <= size + 3)
		return bytes_from(NULL, 0);
	bytes_skip(&json, size + 2);
	while (json.left != 0 && (json.at[0] == ' ' || json.at[0] == ':'))
		bytes_skip(&json, 1);
	is_text = json.left != 0 && json.at[0] == '"';
	if (is_text)
		bytes_skip(&json, 1);
	while (length < json.left && json.at[length] != '"' &&
	       (is_text || (json.at[length] != ',' && json.at[length] != '}')))
		length++;
	return bytes_from(json.at, length);
}

bool flat_json_true(struct bytes json, const char *key)
{
	struct bytes value = flat_json_value(json, key);

	return lines_equal(&value, "true");
}
