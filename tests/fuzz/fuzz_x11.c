/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with x11; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector x11_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&x11_dissector, data, size);
	return 0;
}
