/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with devices; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector smart_install_dissector, ubiquiti_dissector, slp_dissector,
	ard_dissector, dvr_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&smart_install_dissector, data, size);
	fuzz_dissect(&ubiquiti_dissector, data, size);
	fuzz_dissect(&slp_dissector, data, size);
	fuzz_dissect(&ard_dissector, data, size);
	fuzz_dissect(&dvr_dissector, data, size);
	return 0;
}
