/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with pop3; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector pop3_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&pop3_dissector, data, size);
	return 0;
}
