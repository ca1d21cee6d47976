/* SPDX-License-Identifier: ISC */
/*
 * SMB, all versions, on its own (445) or over a NetBIOS session (139): file shares of Windows and
 * Samba. Here: frames, and messages within them (SMB 2 may chain several in one frame). Encrypted
 * messages are told and passed over.
 *
 * [MS-SMB2], [MS-CIFS], RFC 1002 section 4.3.
 */
#include "dissectors/smb/smb.h"

#define SIZED	     24 /* bytes of a message after which its length is known */
#define SMB2_HEADER  64
#define SESSION_DATA 0x00

static const uint16_t ports[] = {445, 139, 0};

static const struct service services[] = {
	{
		.name = "smb",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "SMB/CIFS file server (Windows, Samba)",
		.identifier = "open-smb",
		.ports = ports,
	},
};

_Static_assert(sizeof(struct smb) <= DISSECTOR_STATE_MAX, "state of smb");

static void begin(void *state, struct facts *facts)
{
	struct smb *smb = state;

	smb->pipes = UINT32_MAX;
	smb->call = -1;
	facts_begin(facts, &services[0]);
}

/* Between two messages. What was kept may have been a password. */
static void next_message(struct smb_stream *stream)
{
	stream->kept = stream->ntlm_have = 0;
	stream->at = 0;
	stream->length = UINT32_MAX;
	stream->holed = false;
	memset(stream->body, 0, sizeof stream->body);
	memset(stream->ntlm, 0, sizeof stream->ntlm);
	memset(&stream->text, 0, sizeof stream->text);
}

static void on_message(struct smb *smb, struct facts *facts, enum side from)
{
	struct smb_stream *stream = &smb->side[from];

	if (smb_is_smb2(stream))
		smb2_message(smb, facts, from);
	else if (smb_is_smb1(stream))
		smb1_message(smb, facts, from);
	else if (stream->kept >= 4 && memcmp(stream->body, "\xfdSMB", 4) == 0)
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	next_message(stream);
}

static bool is_setup(const struct smb_stream *stream)
{
	const uint8_t *body = stream->body;

	if (stream->kept < SIZED)
		return false;
	return smb_is_smb2(stream) ? body[12] == SMB2_SESSION_SETUP && body[13] == 0
				   : smb_is_smb1(stream) && body[4] == SMB1_SESSION_SETUP;
}

/* The length of this message, in a frame of which `rest` bytes are still to come. */
static void size_message(struct smb_stream *stream, uint32_t rest)
{
	struct bytes b = bytes_from(stream->body, stream->kept);
	uint32_t next;

	bytes_skip(&b, 20);
	next = bytes_le32(&b);
	stream->length = stream->at + rest;
	if (smb_is_smb2(stream) && next >= SMB2_HEADER && next < stream->length)
		stream->length = next;
}

static void keep(struct smb_stream *stream, const struct bytes *piece)
{
	size_t room = stream->holed ? 0 : sizeof stream->body - stream->kept;

	if (room > piece->left)
		room = piece->left;
	if (room != 0 && piece->at)
		memcpy(stream->body + stream->kept, piece->at, room);
	stream->kept = (uint8_t)(stream->kept + room);
}

static void pass_setup(struct smb *smb, struct facts *facts, enum side from, struct bytes piece)
{
	struct smb_stream *stream = &smb->side[from];

	while (piece.left != 0) {
		struct bytes one = bytes_sub(&piece, 1);

		keep(stream, &one);
		stream->at++;
		smb_setup_byte(smb, facts, from, one.at[0]);
	}
}

/* Some bytes of a frame, at most to the message's end. */
static void pass(struct smb *smb, struct facts *facts, enum side from, struct bytes *input)
{
	struct smb_stream *stream = &smb->side[from];
	size_t n = stream->left < input->left ? stream->left : input->left;
	size_t until = stream->at < SIZED ? SIZED - stream->at : stream->length - stream->at;
	struct bytes piece;

	if (n > until)
		n = until;
	piece = bytes_sub(input, n);
	if (n == 0)
		return;
	stream->left -= (uint32_t)n;
	if (is_setup(stream)) {
		pass_setup(smb, facts, from, piece);
	} else {
		keep(stream, &piece);
		stream->at += (uint32_t)n;
	}
	if (stream->at == SIZED)
		size_message(stream, stream->left);
	if (stream->left == 0 || stream->at == stream->length)
		on_message(smb, facts, from);
}

/* Looks for the beginning of a frame: its header and a magic number. */
static void search(struct smb_stream *stream, struct bytes *input)
{
	uint8_t *window = stream->body, magic[4];

	while (input->left != 0) {
		if (stream->kept == 8)
			memmove(window, window + 1, --stream->kept);
		window[stream->kept++] = bytes_u8(input);
		if (stream->kept < 8 || window[0] != SESSION_DATA || window[4] < 0xfd ||
		    memcmp(window + 5, "SMB", 3) != 0)
			continue;
		memcpy(stream->nbss, window, 4);
		memcpy(magic, window + 4, 4);
		next_message(stream);
		stream->left = (uint32_t)stream->nbss[1] << 16 | (uint32_t)stream->nbss[2] << 8 |
			       stream->nbss[3];
		if (stream->left < SMB2_HEADER / 2)
			continue;
		memcpy(stream->body, magic, 4);
		stream->have = 4;
		stream->lost = false;
		stream->kept = 4;
		stream->at = 4;
		stream->left -= 4;
		return;
	}
}

static void lose(struct smb_stream *stream)
{
	next_message(stream);
	stream->lost = true;
	stream->have = 0;
	stream->left = 0;
}

/* A frame's header: data of the session, or one of the few others. */
static void on_header(struct smb_stream *stream)
{
	struct bytes b = bytes_from(stream->nbss, 4);
	uint8_t type = bytes_u8(&b);

	next_message(stream);
	stream->left = bytes_be24(&b);
	if (type == SESSION_DATA || (type >= 0x81 && type <= 0x85))
		return;
	lose(stream);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct smb *smb = state;
	struct smb_stream *stream = &smb->side[from];
	struct bytes input = fed->bytes;

	smb->begun = true;
	while (input.left != 0) {
		if (stream->lost) {
			search(stream, &input);
		} else if (stream->have < 4) {
			stream->nbss[stream->have++] = bytes_u8(&input);
			if (stream->have == 4)
				on_header(stream);
		} else {
			pass(smb, facts, from, &input);
		}
		if (!stream->lost && stream->have == 4 && stream->left == 0)
			stream->have = 0;
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct smb *smb = state;
	struct smb_stream *stream = &smb->side[from];

	if (!smb->begun) { /* a log-in may have gone unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
		lose(stream);
		return;
	}
	if (stream->lost || stream->have < 4 || missing == 0 || stream->at < SIZED ||
	    missing >= stream->length - stream->at || missing >= stream->left) {
		lose(stream);
		return;
	}
	stream->holed = true;
	stream->at += (uint32_t)missing;
	stream->left -= (uint32_t)missing;
}

const struct dissector smb_dissector = {
	.name = "smb",
	.transports = OVER_TCP,
	.state_size = sizeof(struct smb),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the SMB 1, 2 or 3 header with the right direction flag, also within a "
		      "NetBIOS session",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = smb_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
