/* SPDX-License-Identifier: ISC */
/*
 * Remote procedure calls in named pipes, as far as they run something: services and tasks that a
 * client makes or starts. A call is in a WRITE or an IOCTL, its answer in a READ or that IOCTL's:
 *
 *	05 00 type flags 10 00 00 00 le16 length le16 proof le32 call
 *	bind	le16 le16 le32, 4 bytes, le16 le16, the interface's UUID
 *	request	le32 le16 le16 operation	response le32 le16 …, the last 4 bytes: 0 is success
 *
 * [MS-SCMR] 3.1.4, [MS-TSCH] 3.2.5; [C706] 12.6.
 */
#include "dissectors/smb/smb.h"

#define HEADER	   16
#define TO_NUMBER  12 /* bytes of any before its call's number */
#define TO_UUID	   32 /* bytes of a bind before it */
#define TO_CALL	   22 /* bytes of a request before the operation */
#define TO_RESULTS 24 /* bytes of a response before what it brings */

enum { REQUEST = 0, RESPONSE = 2, FAULT = 3, BIND = 11 };

/* The first bytes of the UUIDs, as they are sent. */
static const char *const interfaces[] = {
	[SMB_RPC_SERVICES] = "\x81\xbb\x7a\x36\x44\x98\xf1\x35",
	[SMB_RPC_JOBS] = "\x82\x06\xf7\x1f\x51\x0a\xe8\x30",
	[SMB_RPC_TASKS] = "\x49\x59\xd3\x86\xc9\x83\x44\x40",
};

static const struct {
	uint8_t interface;
	uint16_t operation;
	const char *name;
} calls[] = {
	{SMB_RPC_SERVICES, 11, "svcctl ChangeServiceConfig"},
	{SMB_RPC_SERVICES, 12, "svcctl CreateService"},
	{SMB_RPC_SERVICES, 19, "svcctl StartService"},
	{SMB_RPC_SERVICES, 23, "svcctl ChangeServiceConfig"},
	{SMB_RPC_SERVICES, 24, "svcctl CreateService"},
	{SMB_RPC_SERVICES, 31, "svcctl StartService"},
	{SMB_RPC_JOBS, 0, "atsvc NetrJobAdd"},
	{SMB_RPC_TASKS, 1, "tsch RegisterTask"},
	{SMB_RPC_TASKS, 12, "tsch Run"},
};

/* A fragment's type; the cursor stays at its beginning. -1: it is none. */
static int type_of(struct bytes b)
{
	uint8_t major = bytes_u8(&b), minor = bytes_u8(&b), type = bytes_u8(&b);

	bytes_skip(&b, 1);
	return !b.failed && b.left >= HEADER - 4 && major == 5 && minor <= 1 && b.at[0] == 0x10
		       ? type
		       : -1;
}

void smb_pipes_asked(struct smb *smb, struct facts *facts, struct bytes b)
{
	int type = type_of(b);
	uint16_t operation;
	uint32_t number;

	if (type == BIND) {
		smb->interface = SMB_RPC_OTHER;
		bytes_skip(&b, TO_UUID);
		for (uint8_t i = SMB_RPC_SERVICES; i <= SMB_RPC_TASKS; i++) {
			if (b.left >= 8 && memcmp(b.at, interfaces[i], 8) == 0)
				smb->interface = i;
		}
		return;
	}
	bytes_skip(&b, TO_NUMBER);
	number = bytes_le32(&b);
	bytes_skip(&b, TO_CALL - TO_NUMBER - 4);
	operation = bytes_le16(&b);
	if (type != REQUEST || b.failed)
		return;
	smb->call = -1;
	smb->call_number = number;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (calls[i].interface == smb->interface && calls[i].operation == operation)
			smb->call = facts_command(facts, calls[i].name, strlen(calls[i].name),
						  COMMAND_EXECUTES);
	}
}

void smb_pipes_told(struct smb *smb, struct facts *facts, struct bytes b)
{
	struct bytes at = b;
	int type = type_of(b);
	uint16_t length, proof;
	uint32_t result = 0;

	if (type != RESPONSE && type != FAULT)
		return;
	bytes_skip(&at, 8);
	length = bytes_le16(&at);
	proof = bytes_le16(&at);
	if (bytes_le32(&at) != smb->call_number)
		return;
	if (type == RESPONSE && proof == 0) {
		if (length < TO_RESULTS + 4 || !bytes_skip(&b, length - 4u))
			return;
		result = bytes_le32(&b);
		if (b.failed)
			return;
	}
	/* Under a proof the result may be sealed: that the call was answered is what is known. */
	facts_command_result(facts, smb->call, type == RESPONSE && result == 0);
	smb->call = -1;
}
