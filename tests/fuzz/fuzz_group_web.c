/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a conversation with HTTP, and so with every product of its table; see fuzz_group.h.
 */
#include "tests/fuzz/fuzz_group.h"

FUZZ_GROUP(1u << FAMILY_WEB | 1u << FAMILY_AI)
