/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with java_rmi; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector java_rmi_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&java_rmi_dissector, data, size);
	return 0;
}
