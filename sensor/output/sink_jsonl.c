/* SPDX-License-Identifier: ISC */
/* See sink_jsonl.h. */
#include "sensor/output/sink_jsonl.h"

bool sink_jsonl_write(FILE *out, const char *json, size_t length, bool flush)
{
	bool written = fwrite(json, 1, length, out) == length && putc('\n', out) != EOF;

	return written && (!flush || fflush(out) == 0);
}
