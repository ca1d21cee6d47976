/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with distcc; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector distcc_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&distcc_dissector, data, size);
	return 0;
}
