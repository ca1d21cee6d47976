/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with elasticsearch-transport; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector elasticsearch_transport_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&elasticsearch_transport_dissector, data, size);
	return 0;
}
