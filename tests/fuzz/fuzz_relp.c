/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with relp; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector relp_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&relp_dissector, data, size);
	return 0;
}
