/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with the smallest services; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector natpmp_dissector, chargen_dissector, cassandra_internode_dissector,
	netis_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&natpmp_dissector, data, size);
	fuzz_dissect(&chargen_dissector, data, size);
	fuzz_dissect(&cassandra_internode_dissector, data, size);
	fuzz_dissect(&netis_dissector, data, size);
	return 0;
}
