/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with ntp_control; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector ntp_control_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&ntp_control_dissector, data, size);
	return 0;
}
