/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with xdmcp; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector xdmcp_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&xdmcp_dissector, data, size);
	return 0;
}
