/* SPDX-License-Identifier: ISC */
/* Lines that literals interrupt; see literals.h. */
#include "dissectors/read/literals.h"

#define LITERAL_MAX (UINT64_C(1) << 40) /* bytes; more than that is no length */

enum place {
	IN_TEXT,
	IN_DIGITS, /* after the brace */
	AT_PLUS,
	BEHIND, /* the closing brace: only the line's end may follow */
};

static uint8_t next_place(struct literals *literals, uint8_t c)
{
	bool digit = c >= '0' && c <= '9';

	if (c == '{') {
		literals->length = 0;
		return IN_DIGITS;
	}
	if (literals->place == IN_DIGITS && digit && literals->length < LITERAL_MAX) {
		literals->length = literals->length * 10 + (uint64_t)(c - '0');
		return IN_DIGITS;
	}
	if (literals->place == IN_DIGITS && (c == '+' || c == '-'))
		return AT_PLUS;
	if (c == '}' && (literals->place == IN_DIGITS || literals->place == AT_PLUS))
		return BEHIND;
	if ((c == '\r' || c == '\n') && literals->place == BEHIND)
		return BEHIND;
	return IN_TEXT;
}

/* A line of any length, of which only the beginning is kept, is watched for what ends it. */
static void watch(struct literals *literals, struct bytes piece)
{
	while (piece.left != 0)
		literals->place = next_place(literals, bytes_u8(&piece));
}

enum literals_event literals_next(struct literals *literals, struct bytes *input,
				  struct bytes *piece)
{
	bool whole;

	if (literals->left != 0) {
		*piece = bytes_sub(input, literals->left < input->left ? (size_t)literals->left
								       : input->left);
		literals->left -= piece->left;
		return LITERALS_BYTES;
	}
	*piece = *input;
	whole = literals->continues ? lines_next(&literals->line, input)
				    : lines_next_command(&literals->line, input);
	if (input->crowd && input->crowd->from) /* no command may begin here: crowd.h */
		*piece = bytes_from(piece->at, 0);
	piece->left -= input->left;
	watch(literals, *piece);
	if (!whole)
		return LITERALS_PART;
	literals->goes_on = literals->continues;
	literals->continues = literals->place == BEHIND;
	literals->left = literals->continues ? literals->length : 0;
	literals->place = IN_TEXT;
	return LITERALS_LINE;
}

bool literals_gap(struct literals *literals, uint64_t missing)
{
	if (missing != 0 && missing <= literals->left) {
		literals->left -= missing;
		return true;
	}
	*literals = (struct literals){.lost = true};
	return false;
}
