/* SPDX-License-Identifier: ISC */
/*
 * SMB 1, [MS-CIFS] and [MS-SMB]. A message may hold a chain of commands (AndX):
 *
 *	ff 'S' 'M' 'B'  command  le32 status  flags  le16 flags2  12 bytes  le16 tree  le16 process
 *	le16 user  le16 multiplex  u8 words  words * 2 bytes  le16 bytes  bytes
 *
 * An AndX command's words begin with: u8 next command, u8 0, le16 its place in the message.
 */
#include "dissectors/smb/smb.h"

#define HEADER		32
#define CHAIN_MAX	4
#define NO_MORE		0xff
#define DELETE_ON_CLOSE 0x1000u
#define NT_STATUS	0x4000u /* of flags2: the status is not a DOS error */

enum {
	READ_ANDX = 0x2e,
	TRANS2 = 0x32,
	TREE_CONNECT_ANDX = 0x75,
	NT_CREATE_ANDX = 0xa2,
};

enum {
	FIND_FIRST2 = 1,
	FIND_NEXT2 = 2,
	SET_PATH_INFORMATION = 6,
	SET_FILE_INFORMATION = 8,
};

struct row {
	const char *name;
	uint8_t command, flags;
	bool chained;
};

static const struct row rows[] = {
	{"DELETE_DIRECTORY", 0x01, COMMAND_DESTRUCTIVE, false},
	{"OPEN", 0x02, 0, false},
	{"CREATE", 0x03, 0, false},
	{"DELETE", 0x06, COMMAND_DESTRUCTIVE, false},
	{"RENAME", 0x07, 0, false},
	{"READ", 0x0a, COMMAND_LISTING, false},
	{"WRITE", 0x0b, 0, false},
	{"TRANS", 0x25, 0, false},
	{"OPEN", 0x2d, 0, true},
	{"READ", READ_ANDX, COMMAND_LISTING, true},
	{"WRITE", 0x2f, 0, true},
	{"TRANS2", TRANS2, 0, false},
	{"TREE_CONNECT", 0x70, 0, false},
	{"NEGOTIATE", 0x72, 0, false},
	{"SESSION_SETUP", SMB1_SESSION_SETUP, 0, true},
	{"TREE_CONNECT", TREE_CONNECT_ANDX, 0, true},
	{"SEARCH", 0x81, COMMAND_LISTING, false},
	{"CREATE", NT_CREATE_ANDX, 0, true},
};

struct smb1_header {
	uint32_t status, id;
	uint16_t flags2, tree;
	uint8_t command;
};

static const struct row *find_row(uint8_t command)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].command == command)
			return &rows[i];
	}
	return NULL;
}

static struct smb1_header read_header(struct bytes *b)
{
	struct smb1_header h;

	bytes_skip(b, 4);
	h.command = bytes_u8(b);
	h.status = bytes_le32(b);
	bytes_skip(b, 1);
	h.flags2 = bytes_le16(b);
	bytes_skip(b, 12);
	h.tree = bytes_le16(b);
	h.id = (uint32_t)bytes_le16(b) << 16;
	bytes_skip(b, 2);
	h.id |= bytes_le16(b);
	return h;
}

/* Does a TRANS2 SET_*_INFORMATION mark its file for deletion? */
static bool sets_deletion(const struct smb_stream *stream, uint16_t sub, uint16_t parameters,
			  uint16_t data)
{
	struct bytes p = bytes_from(stream->body, stream->kept), d = p;
	uint16_t level;

	bytes_skip(&p, parameters + (sub == SET_FILE_INFORMATION ? 2u : 0u));
	level = bytes_le16(&p);
	bytes_skip(&d, data);
	return (level == 0x0102 || level == 1013) && (bytes_u8(&d) & 1) != 0;
}

static void on_trans2(struct smb *smb, struct facts *facts, uint32_t id, struct bytes words)
{
	uint16_t parameters, data, sub;

	bytes_skip(&words, 20);
	parameters = bytes_le16(&words);
	bytes_skip(&words, 2);
	data = bytes_le16(&words);
	bytes_skip(&words, 2);
	sub = bytes_le16(&words);
	if (words.failed)
		return;
	if (sub == FIND_FIRST2 || sub == FIND_NEXT2)
		smb_note(smb, facts, id, "QUERY_DIRECTORY", COMMAND_LISTING);
	if ((sub == SET_FILE_INFORMATION || sub == SET_PATH_INFORMATION) &&
	    sets_deletion(&smb->side[SIDE_CLIENT], sub, parameters, data))
		smb_note(smb, facts, id, "DELETE", COMMAND_DESTRUCTIVE);
}

static void on_request(struct smb *smb, struct facts *facts, const struct smb1_header *h,
		       const struct row *row, struct bytes words)
{
	unsigned flags = row->flags;

	if (row->command == SMB1_SESSION_SETUP)
		smb->asked = true;
	if (row->command == SMB1_SESSION_SETUP && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (h->tree == smb->pipes)
		flags &= ~(unsigned)COMMAND_LISTING;
	smb_note(smb, facts, h->id, row->name, flags);
	if (row->command == TRANS2)
		on_trans2(smb, facts, h->id, words);
	if (row->command == NT_CREATE_ANDX && bytes_skip(&words, 39) &&
	    (bytes_le32(&words) & DELETE_ON_CLOSE) != 0)
		smb_note(smb, facts, h->id, "DELETE_ON_CLOSE", COMMAND_DESTRUCTIVE);
}

static void on_setup_answer(struct smb *smb, struct facts *facts, const struct smb1_header *h,
			    struct bytes words)
{
	uint16_t action;

	/* A refusal has no words; with some, it was a later one of the chain that failed. */
	if (h->status != 0 && words.left < 6) {
		facts_login(facts, false);
		return;
	}
	bytes_skip(&words, 4);
	action = bytes_le16(&words);
	if (!words.failed)
		smb_let_in(smb, facts, (action & 1) != 0, false);
}

static void on_answer(struct smb *smb, struct facts *facts, const struct smb1_header *h,
		      uint8_t command, struct bytes words, struct bytes after)
{
	switch (command) {
	case SMB1_SESSION_SETUP:
		on_setup_answer(smb, facts, h, words);
		break;
	case TREE_CONNECT_ANDX:
		bytes_skip(&after, 2);
		if (h->status == 0 && bytes_start_with(&after, "IPC"))
			smb->pipes = h->tree;
		break;
	case READ_ANDX:
		bytes_skip(&words, 10);
		if (h->status >> 30 != 3 && bytes_le16(&words) != 0)
			facts_set_data_read(facts, ANSWER_YES);
		break;
	default:
		break;
	}
}

static bool is_refusal(const struct smb1_header *h)
{
	return h->flags2 & NT_STATUS ? h->status >> 30 == 3 : (h->status & 0xff) != 0;
}

void smb1_message(struct smb *smb, struct facts *facts, enum side from)
{
	const struct smb_stream *stream = &smb->side[from];
	struct bytes b = bytes_from(stream->body, stream->kept);
	struct smb1_header h = read_header(&b);
	uint8_t command = h.command;
	size_t place = HEADER;

	if (from == SIDE_SERVER && h.status == SMB_STATUS_MORE_PROCESSING)
		smb->asked = false;
	if (b.failed || (from == SIDE_SERVER && h.status == SMB_STATUS_MORE_PROCESSING))
		return;
	if (from == SIDE_SERVER && smb_settle(smb, facts, h.id, !is_refusal(&h)) && !is_refusal(&h))
		facts_set_data_read(facts, ANSWER_YES);
	for (int i = 0; i < CHAIN_MAX && command != NO_MORE; i++) {
		const struct row *row = find_row(command);
		struct bytes at = bytes_from(stream->body, stream->kept), words;
		size_t next;

		bytes_skip(&at, place);
		words = bytes_sub(&at, (size_t)bytes_u8(&at) * 2);
		if (!row)
			return;
		if (from == SIDE_CLIENT)
			on_request(smb, facts, &h, row, words);
		else
			on_answer(smb, facts, &h, command, words, at);
		command = row->chained && words.left >= 4 ? bytes_u8(&words) : NO_MORE;
		bytes_skip(&words, 1);
		next = bytes_le16(&words);
		if (next <= place || next >= stream->kept)
			return;
		place = next;
	}
}
