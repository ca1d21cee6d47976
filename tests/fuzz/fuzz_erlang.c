/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with erlang; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector erlang_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&erlang_dissector, data, size);
	return 0;
}
