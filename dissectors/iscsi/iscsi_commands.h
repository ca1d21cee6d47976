/* SPDX-License-Identifier: ISC */
/* The SCSI commands of note, by their operation code. */
#ifndef DISSECTORS_ISCSI_COMMANDS_H
#define DISSECTORS_ISCSI_COMMANDS_H

#include "dissectors/read/facts.h"

struct iscsi_command {
	uint8_t code, flags; /* COMMAND_* */
	const char *name;
};

/* NULL: nothing of note. */
const struct iscsi_command *iscsi_command_find(uint8_t code);

#endif
