/* SPDX-License-Identifier: ISC */
/*
 * SMB 2 and 3, [MS-SMB2]. A message:
 *
 *	fe 'S' 'M' 'B'  le16 64  le16 charge  le32 status  le16 command  le16 credits  le32 flags
 *	le32 next  le64 number  le32 process  le32 tree  le64 session  16 bytes signature  body
 */
#include "dissectors/smb/smb.h"

#define HEADER		    64
#define FLAG_ANSWER	    1u
#define FLAG_SIGNED	    8u
#define SESSION_GUEST	    1
#define SESSION_NULL	    2
#define SESSION_ENCRYPTED   4
#define DELETE_ON_CLOSE	    0x1000u
#define INFO_FILE	    1
#define DISPOSITION_INFO    13
#define DISPOSITION_INFO_EX 64
#define SHARE_PIPES	    2
#define SHARE_PATH_MAX	    48 /* characters */

enum {
	TREE_CONNECT = 3,
	CREATE = 5,
	READ = 8,
	QUERY_DIRECTORY = 14,
	WRITE = 9,
	IOCTL = 11,
	SET_INFO = 17,
};

static const char *const names[] = {
	[0] = "NEGOTIATE",
	[SMB2_SESSION_SETUP] = "SESSION_SETUP",
	[TREE_CONNECT] = "TREE_CONNECT",
	[CREATE] = "CREATE",
	[READ] = "READ",
	[9] = "WRITE",
	[11] = "IOCTL",
	[QUERY_DIRECTORY] = "QUERY_DIRECTORY",
	[SET_INFO] = "SET_INFO",
};

struct smb2_header {
	uint32_t status, flags, number, tree;
	uint16_t command;
};

static struct smb2_header read_header(struct bytes *b)
{
	struct smb2_header h;

	bytes_skip(b, 8);
	h.status = bytes_le32(b);
	h.command = bytes_le16(b);
	bytes_skip(b, 2);
	h.flags = bytes_le32(b);
	bytes_skip(b, 4);
	h.number = bytes_le32(b);
	bytes_skip(b, 8);
	h.tree = bytes_le32(b);
	bytes_skip(b, 24);
	return h;
}

static void on_tree_connect(const struct smb_stream *stream, struct facts *facts, struct bytes body)
{
	struct bytes path = bytes_from(stream->body, stream->kept);
	char text[SHARE_PATH_MAX];
	uint16_t place, length;
	size_t n = 0;

	bytes_skip(&body, 4);
	place = bytes_le16(&body);
	length = bytes_le16(&body);
	if (body.failed || !bytes_skip(&path, place) || facts->path[0] != '\0')
		return;
	while (n < sizeof text && n < length / 2u && path.left >= 2) {
		uint8_t low = bytes_u8(&path), high = bytes_u8(&path);

		text[n++] = high != 0 ? '?' : (char)low;
	}
	FACTS_TEXT(facts, path, text, n);
}

static bool deletes_on_close(struct bytes body)
{
	bytes_skip(&body, 40);
	return (bytes_le32(&body) & DELETE_ON_CLOSE) != 0;
}

/* Marks an open file for deletion. */
static bool sets_deletion(const struct smb_stream *stream, struct bytes body)
{
	struct bytes value = bytes_from(stream->body, stream->kept);
	uint8_t type, class;
	uint16_t place;

	bytes_skip(&body, 2);
	type = bytes_u8(&body);
	class = bytes_u8(&body);
	bytes_skip(&body, 4);
	place = bytes_le16(&body);
	if (type != INFO_FILE || (class != DISPOSITION_INFO && class != DISPOSITION_INFO_EX))
		return false;
	bytes_skip(&value, place);
	return (bytes_u8(&value) & 1) != 0;
}

/*
 * What a WRITE or an IOCTL carries, or the answer to a READ or an IOCTL: its place in the message
 * is told `skip` bytes into the body, in one byte of a READ, in more of the others.
 */
static struct bytes payload(const struct smb_stream *stream, struct bytes body, size_t skip,
			    bool byte)
{
	struct bytes message = bytes_from(stream->body, stream->kept);
	size_t place;

	bytes_skip(&body, skip);
	place = byte ? bytes_u8(&body) : bytes_le16(&body);
	if (body.failed || !bytes_skip(&message, place))
		message = bytes_from(NULL, 0);
	return message;
}

static void on_request(struct smb *smb, struct facts *facts, const struct smb2_header *h,
		       struct bytes body)
{
	const struct smb_stream *stream = &smb->side[SIDE_CLIENT];
	unsigned flags = 0;

	if (h->command >= sizeof names / sizeof *names || !names[h->command])
		return;
	if (h->command == SMB2_SESSION_SETUP)
		smb->asked = true;
	if (h->command == SMB2_SESSION_SETUP && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (h->command == QUERY_DIRECTORY || (h->command == READ && h->tree != smb->pipes))
		flags = COMMAND_LISTING;
	smb_note(smb, facts, h->number, names[h->command], flags);
	if (h->command == WRITE && h->tree == smb->pipes)
		smb_pipes_asked(smb, facts, payload(stream, body, 2, false));
	if (h->command == IOCTL && h->tree == smb->pipes)
		smb_pipes_asked(smb, facts, payload(stream, body, 24, false));
	if (h->command == TREE_CONNECT)
		on_tree_connect(stream, facts, body);
	if (h->command == CREATE && deletes_on_close(body))
		smb_note(smb, facts, h->number, "DELETE_ON_CLOSE", COMMAND_DESTRUCTIVE);
	if (h->command == SET_INFO && sets_deletion(stream, body))
		smb_note(smb, facts, h->number, "DELETE", COMMAND_DESTRUCTIVE);
}

static void on_session(struct smb *smb, struct facts *facts, const struct smb2_header *h,
		       struct bytes body)
{
	uint16_t flags;

	if (h->status != 0) {
		facts_login(facts, false);
		return;
	}
	bytes_skip(&body, 2);
	flags = bytes_le16(&body);
	if (body.failed)
		return;
	smb_let_in(smb, facts, (flags & (SESSION_GUEST | SESSION_NULL)) != 0,
		   (h->flags & FLAG_SIGNED) != 0);
	if (flags & SESSION_ENCRYPTED)
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
}

static void on_answer(struct smb *smb, struct facts *facts, const struct smb2_header *h,
		      struct bytes body)
{
	bool has_data = h->status == 0 || h->status == SMB_STATUS_BUFFER_OVERFLOW;

	if (h->status == SMB_STATUS_PENDING)
		return;
	if (h->command == SMB2_SESSION_SETUP && h->status == SMB_STATUS_MORE_PROCESSING) {
		smb->asked = false;
		return;
	}
	smb_settle(smb, facts, h->number, h->status >> 30 != 3);
	switch (h->command) {
	case SMB2_SESSION_SETUP:
		on_session(smb, facts, h, body);
		break;
	case TREE_CONNECT:
		bytes_skip(&body, 2);
		if (h->status == 0 && bytes_u8(&body) == SHARE_PIPES)
			smb->pipes = h->tree;
		break;
	case IOCTL:
		if (has_data && h->tree == smb->pipes)
			smb_pipes_told(smb, facts,
				       payload(&smb->side[SIDE_SERVER], body, 32, false));
		break;
	case READ:
		if (has_data && h->tree == smb->pipes)
			smb_pipes_told(smb, facts, payload(&smb->side[SIDE_SERVER], body, 2, true));
		bytes_skip(&body, 4);
		if (has_data && bytes_le32(&body) != 0)
			facts_set_data_read(facts, ANSWER_YES);
		break;
	case QUERY_DIRECTORY:
		if (has_data)
			facts_set_data_read(facts, ANSWER_YES);
		break;
	default:
		break;
	}
}

void smb2_message(struct smb *smb, struct facts *facts, enum side from)
{
	struct bytes b = bytes_from(smb->side[from].body, smb->side[from].kept);
	struct smb2_header h = read_header(&b);

	if (b.failed)
		return;
	if (from == SIDE_CLIENT && !(h.flags & FLAG_ANSWER))
		on_request(smb, facts, &h, b);
	else if (from == SIDE_SERVER && (h.flags & FLAG_ANSWER))
		on_answer(smb, facts, &h, b);
}
