/* SPDX-License-Identifier: ISC */
/* Any bytes as an HTTP conversation; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector http_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&http_dissector, data, size);
	return 0;
}
