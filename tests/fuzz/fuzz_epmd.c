/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with epmd; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector epmd_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&epmd_dissector, data, size);
	return 0;
}
