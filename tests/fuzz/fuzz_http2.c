/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation in HTTP/2; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector http2_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&http2_dissector, data, size);
	return 0;
}
