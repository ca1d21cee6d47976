/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with an RPC server, over TCP and UDP; see fuzz_dissect.h. */
#include "tests/fuzz/fuzz_dissect.h"

extern const struct dissector rpc_dissector, rpc_udp_dissector;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct turn turns[FUZZ_TURNS_MAX];
	struct facts facts;
	size_t count;

	fuzz_dissect(&rpc_dissector, data, size);
	if (size < 2)
		return 0;
	count = fuzz_turns(bytes_from(data + 1, size - 1), turns);
	memset(&facts, 0, sizeof facts);
	dissect_session(&rpc_udp_dissector, turns, count, 0, &facts);
	fuzz_check(&facts);
	(void)dissect_verdict(&rpc_udp_dissector, OVER_UDP, turns, count, 0);
	return 0;
}
