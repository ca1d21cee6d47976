/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with libvirt; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector libvirt_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&libvirt_dissector, data, size);
	return 0;
}
