/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with gearman's administration; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector gearman_admin_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&gearman_admin_dissector, data, size);
	return 0;
}
