/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with a message broker; see fuzz_group.h. */
#include "tests/fuzz/fuzz_group.h"

FUZZ_GROUP(1u << FAMILY_QUEUE)
