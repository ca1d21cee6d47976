/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with bacula; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector bacula_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&bacula_dissector, data, size);
	return 0;
}
