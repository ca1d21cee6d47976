/* SPDX-License-Identifier: ISC */
/*
 * Elements of BER and DER (X.690 section 8.1): a tag of one byte, a length, and the contents. The
 * length is one byte below 0x80, or 0x81 to 0x84 and as many bytes; lengths of other forms are
 * refused, as no protocol here uses them.
 */
#ifndef DISSECTORS_BER_H
#define DISSECTORS_BER_H

#include "dissectors/read/bytes.h"

#define BER_HEAD_MAX 6 /* bytes of tag and length */

/* Bytes of tag and length, told by the first `have` of them: more than `have` if that many are
 * needed to go on; 0 if the length is refused. */
size_t ber_head_size(const uint8_t *head, size_t have);
/* Tag and length of an element; fails the cursor if they are not whole or refused. */
uint8_t ber_head(struct bytes *b, uint32_t *length);
/* The whole of an element: its contents; fails the cursor if it is not there. */
struct bytes ber_element(struct bytes *b, uint8_t *tag);
/* An integer of at most four bytes with this tag. */
uint32_t ber_integer(struct bytes *b, uint8_t tag);

#endif
