/* SPDX-License-Identifier: ISC */
/* Any bytes as a TLS conversation; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&tls_dissector, data, size);
	return 0;
}
