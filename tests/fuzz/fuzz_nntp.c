/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with nntp; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector nntp_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&nntp_dissector, data, size);
	return 0;
}
