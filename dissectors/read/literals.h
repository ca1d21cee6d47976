/* SPDX-License-Identifier: ISC */
/*
 * Lines of one side of a protocol with literals (RFC 3501, RFC 5804): a line may end with {123} or
 * {123+}, then so many bytes follow that belong to it, and the line goes on behind them.
 *
 *	while (input.left != 0) {
 *		switch (literals_next(&literals, &input, &piece)) {
 *		case LITERALS_BYTES: ... piece: next bytes of a literal; literals.left more follow
 *		case LITERALS_PART: ... piece: the next bytes of a line that is not whole yet
 *		case LITERALS_LINE: ... piece: its last bytes; literals.line is whole.
 *				    literals.goes_on: the rest of one that a literal interrupted
 *		}
 *	}
 */
#ifndef DISSECTORS_LITERALS_H
#define DISSECTORS_LITERALS_H

#include "dissectors/read/lines.h"

/* Zeroed before use, like the dissector's state that it is part of. */
struct literals {
	struct line line;
	uint64_t left;	 /* bytes of the literal at hand */
	uint64_t length; /* as far as the braces at hand tell */
	uint8_t place;	 /* enum place of literals.c */
	bool goes_on;	 /* the line at hand goes on behind a literal */
	bool continues;	 /* the next one will */
	bool lost;	 /* until the next line begins; cleared by the dissector */
};

enum literals_event {
	LITERALS_BYTES,
	LITERALS_PART,
	LITERALS_LINE,
};

/* Takes at least one byte, or ends the input (crowd.h); `input` must not be empty. */
enum literals_event literals_next(struct literals *literals, struct bytes *input,
				  struct bytes *piece);
/* `missing` bytes were not seen (0: unknown). True if all were of a literal; else it is lost. */
bool literals_gap(struct literals *literals, uint64_t missing);

#endif
