/* SPDX-License-Identifier: ISC */
/*
 * What a log-in to a file server tells beside its outcome. The messages of NTLM ([MS-NLMP] 2.2.1)
 * lie somewhere inside of a token; they begin with "NTLMSSP" and a NUL, then a type:
 *
 *	2  challenge: flags at 20, version of the server at 48
 *	3  proof: length of the NT response at 20, length and place of the user name at 36 and 40,
 *	   flags at 60
 *
 * SMB 1 adds names of the systems behind the token, and in its old form the user name itself.
 */
#include "dissectors/smb/smb.h"

#include <stdio.h>

#define NTLM_UNICODE	 0x00000001u
#define NTLM_VERSION	 0x02000000u
#define FLAGS2_UNICODE	 0x8000u
#define UNTIL_NUL	 UINT16_MAX
#define REPLY_CHECKPOINT 41 /* bytes of an SMB 1 answer before its token's length has passed */
#define OLD_CHECKPOINT	 61 /* bytes of an SMB 1 log-in without a token before the passwords */

static void expect_text(struct smb_stream *stream, enum smb_text_kind kind, uint32_t skip,
			uint16_t left, bool wide)
{
	stream->text =
		(struct smb_text){.kind = (uint8_t)kind, .skip = skip, .left = left, .wide = wide};
}

static void on_text(struct smb_stream *stream, struct facts *facts)
{
	struct smb_text text = stream->text;

	stream->text.kind = SMB_TEXT_NOTHING;
	switch ((enum smb_text_kind)text.kind) {
	case SMB_TEXT_USER:
		FACTS_TEXT(facts, user, text.text, text.length);
		break;
	case SMB_TEXT_SYSTEM:
		if (text.length != 0 && memcmp(text.text, "Win", 3) == 0)
			FACTS_TEXT(facts, product, text.text, text.length);
		expect_text(stream, SMB_TEXT_MANAGER, 0, UNTIL_NUL, text.wide);
		break;
	case SMB_TEXT_MANAGER:
		if (text.length < 5 || memcmp(text.text, "Samba", 5) != 0)
			break;
		FACTS_WORD(facts, product, "Samba");
		if (text.length > 6)
			FACTS_TEXT(facts, version, text.text + 6, text.length - 6u);
		break;
	case SMB_TEXT_NOTHING:
		break;
	}
}

/* One character; true at the text's end. */
static bool add_character(struct smb_text *text, uint8_t low, uint8_t high)
{
	if (text->left == UNTIL_NUL && low == 0 && high == 0)
		return true;
	if (text->length < sizeof text->text)
		text->text[text->length++] = high != 0 ? '?' : (char)low;
	return text->left == 0;
}

static void text_byte(struct smb_stream *stream, struct facts *facts, uint8_t byte)
{
	struct smb_text *text = &stream->text;
	bool over;

	if (text->kind == SMB_TEXT_NOTHING)
		return;
	if (text->skip != 0) {
		text->skip--;
		return;
	}
	if (text->left != UNTIL_NUL)
		text->left--;
	if (text->wide && !text->half) {
		text->low = byte;
		text->half = true;
		return;
	}
	over = text->wide ? add_character(text, text->low, byte) : add_character(text, byte, 0);
	text->half = false;
	if (over)
		on_text(stream, facts);
}

/* No Windows has build 0: it is what Samba and its kin announce. */
static void on_challenge(const struct smb_stream *stream, struct facts *facts)
{
	struct bytes b = bytes_from(stream->ntlm, stream->ntlm_have);
	uint8_t major, minor;
	char version[32];
	uint16_t build;
	uint32_t flags;

	bytes_skip(&b, 20);
	flags = bytes_le32(&b);
	bytes_skip(&b, 24);
	major = bytes_u8(&b);
	minor = bytes_u8(&b);
	build = bytes_le16(&b);
	if (!(flags & NTLM_VERSION) || major == 0 || facts->product[0] != '\0')
		return;
	snprintf(version, sizeof version, "%u.%u.%u%s", major, minor, build,
		 build == 0 ? " (announced)" : "");
	if (build == 0)
		FACTS_WORD(facts, product, "Samba");
	else
		FACTS_WORD(facts, product, "Windows");
	FACTS_TEXT(facts, version, version, strlen(version));
}

static void on_proof(struct smb *smb, struct smb_stream *stream, struct facts *facts)
{
	struct bytes b = bytes_from(stream->ntlm, SMB_NTLM);
	uint16_t response, length;
	uint32_t place, flags;

	bytes_skip(&b, 20);
	response = bytes_le16(&b);
	bytes_skip(&b, 14);
	length = bytes_le16(&b);
	bytes_skip(&b, 2);
	place = bytes_le32(&b);
	bytes_skip(&b, 16);
	flags = bytes_le32(&b);
	smb->null_user = length == 0 && response == 0;
	FACTS_WORD(facts, mechanism, "NTLMSSP");
	if (length != 0 && length != UNTIL_NUL && place >= SMB_NTLM)
		expect_text(stream, SMB_TEXT_USER, place - SMB_NTLM, length,
			    (flags & NTLM_UNICODE) != 0);
}

static void ntlm_byte(struct smb *smb, struct facts *facts, enum side from, uint8_t byte)
{
	static const char signature[8] = "NTLMSSP";
	struct smb_stream *stream = &smb->side[from];
	uint8_t have = stream->ntlm_have;

	if (have == SMB_NTLM)
		return;
	if (have < sizeof signature && byte != (uint8_t)signature[have]) {
		stream->ntlm_have = byte == (uint8_t)signature[0];
		return;
	}
	stream->ntlm[have] = byte;
	stream->ntlm_have = ++have;
	if (have == 56 && from == SIDE_SERVER && stream->ntlm[8] == 2)
		on_challenge(stream, facts);
	if (have == SMB_NTLM && from == SIDE_CLIENT && stream->ntlm[8] == 3)
		on_proof(smb, stream, facts);
}

static bool is_unicode(const struct smb_stream *stream)
{
	struct bytes b = bytes_from(stream->body, stream->kept);

	bytes_skip(&b, 10);
	return (bytes_le16(&b) & FLAGS2_UNICODE) != 0;
}

/* The names of the systems follow the token; 16-bit characters lie at even places. */
static void find_system(struct smb_stream *stream)
{
	struct bytes b = bytes_from(stream->body, stream->kept);
	bool wide = is_unicode(stream);
	uint32_t token = 0, before = 0;
	uint8_t words;

	bytes_skip(&b, 32);
	words = bytes_u8(&b);
	bytes_skip(&b, 6);
	if (words == 4) {
		token = bytes_le16(&b);
		before = 2;
	}
	if ((words == 3 || words == 4) && !b.failed)
		expect_text(stream, SMB_TEXT_SYSTEM,
			    before + token + (wide && (REPLY_CHECKPOINT + before + token) % 2 != 0),
			    UNTIL_NUL, wide);
}

/* The old form: two passwords, then the user. */
static void find_old_user(struct smb *smb, struct smb_stream *stream)
{
	struct bytes b = bytes_from(stream->body, stream->kept);
	bool wide = is_unicode(stream);
	uint32_t passwords;

	bytes_skip(&b, 32);
	if (bytes_u8(&b) != 13)
		return;
	bytes_skip(&b, 14);
	passwords = bytes_le16(&b);
	passwords += bytes_le16(&b);
	if (b.failed)
		return;
	smb->null_user = passwords <= 2;
	expect_text(stream, SMB_TEXT_USER,
		    passwords + (wide && (OLD_CHECKPOINT + passwords) % 2 != 0), UNTIL_NUL, wide);
}

void smb_setup_byte(struct smb *smb, struct facts *facts, enum side from, uint8_t byte)
{
	struct smb_stream *stream = &smb->side[from];

	if (stream->holed)
		return;
	text_byte(stream, facts, byte);
	ntlm_byte(smb, facts, from, byte);
	if (smb_is_smb1(stream) && from == SIDE_SERVER && stream->at == REPLY_CHECKPOINT)
		find_system(stream);
	if (smb_is_smb1(stream) && from == SIDE_CLIENT && stream->at == OLD_CHECKPOINT)
		find_old_user(smb, stream);
}
