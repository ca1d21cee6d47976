/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with dns; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector dns_dissector;
extern const struct dissector dns_udp_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&dns_dissector, data, size);
	fuzz_dissect(&dns_udp_dissector, data, size);
	return 0;
}
