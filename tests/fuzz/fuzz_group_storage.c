/* SPDX-License-Identifier: ISC */
/* Any bytes as a conversation with a file server or a backup daemon; see fuzz_group.h. */
#include "tests/fuzz/fuzz_group.h"

FUZZ_GROUP(1u << FAMILY_STORAGE | 1u << FAMILY_BACKUP)
