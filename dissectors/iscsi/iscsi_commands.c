/* SPDX-License-Identifier: ISC */
/* SCSI commands that read, write or wipe a disk, or ask what it is: SPC-5 and SBC-4. */
#include "dissectors/iscsi/iscsi_commands.h"

static const struct iscsi_command commands[] = {
	{0x00, 0, "TEST UNIT READY"},
	{0x04, COMMAND_DESTRUCTIVE, "FORMAT UNIT"},
	{0x08, COMMAND_LISTING, "READ"},
	{0x0a, 0, "WRITE"},
	{0x12, 0, "INQUIRY"},
	{0x1a, 0, "MODE SENSE"},
	{0x25, 0, "READ CAPACITY"},
	{0x28, COMMAND_LISTING, "READ"},
	{0x2a, 0, "WRITE"},
	{0x41, COMMAND_DESTRUCTIVE, "WRITE SAME"},
	{0x42, COMMAND_DESTRUCTIVE, "UNMAP"},
	{0x48, COMMAND_DESTRUCTIVE, "SANITIZE"},
	{0x5a, 0, "MODE SENSE"},
	{0x88, COMMAND_LISTING, "READ"},
	{0x8a, 0, "WRITE"},
	{0x93, COMMAND_DESTRUCTIVE, "WRITE SAME"},
	{0xa0, 0, "REPORT LUNS"},
	{0xa8, COMMAND_LISTING, "READ"},
	{0xaa, 0, "WRITE"},
};

const struct iscsi_command *iscsi_command_find(uint8_t code)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (commands[i].code == code)
			return &commands[i];
	}
	return NULL;
}
