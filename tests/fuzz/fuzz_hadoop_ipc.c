/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with hadoop_ipc; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector hadoop_ipc_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dissect(&hadoop_ipc_dissector, data, size);
	return 0;
}
