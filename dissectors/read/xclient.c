/* SPDX-License-Identifier: ISC */
/* See xclient.h. An unknown address ("[UNAVAILABLE]") is a hop without a known address. */
#include "dissectors/read/xclient.h"

#include "dissectors/read/lines.h"

/* "NAME=value": the value if that is the name. */
static bool take_value(struct bytes word, const char *name, struct bytes *value)
{
	if (!lines_start_with(&word, name))
		return false;
	bytes_skip(&word, strlen(name));
	*value = word;
	return true;
}

bool xclient_read(struct bytes attributes, struct forwarded *told)
{
	struct bytes word, value;
	uint16_t port = 0;
	bool found = false;

	while (attributes.left != 0) {
		word = lines_word(&attributes);
		if (take_value(word, "ADDR=", &value)) {
			forwarded_one(told, FORWARDED_XCLIENT, value.at, value.left);
			found = true;
		} else if (take_value(word, "PORT=", &value)) {
			port = forwarded_port_read(value.at, value.left);
		}
	}
	if (found && told->hop[0].known)
		told->port = port;
	return found;
}

/* The next string in quotes; empty, and nothing left, where there is none. */
static struct bytes take_string(struct bytes *list)
{
	const uint8_t *start, *end;
	size_t length;

	start = list->left != 0 ? memchr(list->at, '"', list->left) : NULL;
	if (!start)
		return *list = bytes_from(NULL, 0);
	bytes_skip(list, (size_t)(start - list->at) + 1);
	end = list->left != 0 ? memchr(list->at, '"', list->left) : NULL;
	if (!end)
		return *list = bytes_from(NULL, 0);
	length = (size_t)(end - list->at);
	start = bytes_take(list, length);
	bytes_skip(list, 1);
	return bytes_from(start, length);
}

bool xclient_read_id(struct bytes list, struct forwarded *told)
{
	uint16_t port = 0;
	bool found = false;

	while (list.left != 0) {
		struct bytes name = take_string(&list), value = take_string(&list);

		if (value.left == 0)
			continue;
		if (lines_equal(&name, "x-originating-ip")) {
			forwarded_one(told, FORWARDED_ID, value.at, value.left);
			found = true;
		} else if (lines_equal(&name, "x-originating-port")) {
			port = forwarded_port_read(value.at, value.left);
		}
	}
	if (found && told->hop[0].known)
		told->port = port;
	return found;
}
