/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with nomachine; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector nomachine_dissector;
extern const struct dissector nomachine_udp_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&nomachine_dissector, data, size);
	fuzz_dissect(&nomachine_udp_dissector, data, size);
	return 0;
}
