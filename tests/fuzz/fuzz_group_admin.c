/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with what administers, or is of no other group; see fuzz_group.h. */
#include "tests/fuzz/fuzz_group.h"

FUZZ_GROUP(1u << FAMILY_ADMIN | 1u << FAMILY_ORCHESTRATION | 1u << FAMILY_INFRASTRUCTURE |
	   1u << FAMILY_OTHER)
