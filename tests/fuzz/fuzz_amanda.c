/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with amanda; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector amanda_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&amanda_dissector, data, size);
	return 0;
}
