/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with graphite; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector graphite_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&graphite_dissector, data, size);
	return 0;
}
