/* SPDX-License-Identifier: ISC */
/*
 * See headers_only.h. The data begin at the Ethernet header, a VLAN tag is not among them (a second
 * one is, and then the packet is whole). Jumps reach 255 instructions: RANGES_MAX keeps to that.
 */
#include "sensor/capture/headers_only.h"

#include <linux/filter.h>
#include <string.h>

#define RANGES_MAX 32 /* those beyond are whole */
#define LEAST	   34 /* bytes, or a load would be behind the end, which drops the packet */
#define FIXED	   16 /* instructions besides the ranges and the user's filter */

struct program {
	struct sock_filter *code;
	uint16_t length;
	uint16_t whole[6 + 2 * RANGES_MAX]; /* jumps to the end that keeps all of a packet */
	uint16_t whole_count;
};

static void emit(struct program *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	p->code[p->length++] = (struct sock_filter){code, jt, jf, k};
}

/* Otherwise the packet is whole. `sense`: the comparison must hold, or must not. */
static void require(struct program *p, uint16_t comparison, uint32_t k, bool sense)
{
	p->whole[p->whole_count++] = p->length;
	emit(p, (uint16_t)(BPF_JMP | comparison | BPF_K), sense ? 0 : UINT8_MAX,
	     sense ? UINT8_MAX : 0, k);
}

/* The address at this offset is in one of the ranges, which rise. */
static void require_within(struct program *p, uint32_t offset, const struct policy_range *ranges,
			   size_t count)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
	for (size_t i = 0; i < count; i++) {
		uint8_t behind = (uint8_t)(2 * (count - i) - 2);

		/* Beyond this one: on to the next, of which the last has none. */
		if (i + 1 < count)
			emit(p, BPF_JMP | BPF_JGT | BPF_K, 1, 0, ranges[i].last);
		else
			require(p, BPF_JGT, ranges[i].last, false);
		p->whole[p->whole_count++] = p->length;
		emit(p, BPF_JMP | BPF_JGE | BPF_K, behind, UINT8_MAX, ranges[i].first);
	}
}

/* What the user's filter lets pass goes on behind it. */
static void put_first(struct program *p, const struct sock_filter *first, uint16_t length)
{
	for (uint16_t i = 0; i < length; i++) {
		p->code[p->length] = first[i];
		if (first[i].code == (BPF_RET | BPF_K) && first[i].k != 0)
			p->code[p->length] = (struct sock_filter){.code = BPF_JMP | BPF_JA,
								  .k = (uint32_t)(length - i - 1)};
		p->length++;
	}
}

static void put_end(struct program *p, uint32_t snap_length)
{
	emit(p, BPF_RET | BPF_K, 0, 0, HEADERS_ONLY_BYTES);
	for (uint16_t i = 0; i < p->whole_count; i++) {
		struct sock_filter *jump = &p->code[p->whole[i]];
		uint8_t far = (uint8_t)(p->length - p->whole[i] - 1);

		if (jump->jt == UINT8_MAX)
			jump->jt = far;
		else
			jump->jf = far;
	}
	emit(p, BPF_RET | BPF_K, 0, 0, snap_length);
}

uint16_t headers_only_program(const struct policy *policy, const struct sock_filter *first,
			      uint16_t first_length, uint32_t snap_length,
			      struct sock_filter *program)
{
	struct policy_range ranges[RANGES_MAX];
	struct program p = {.code = program};
	size_t count = policy_quiet_ranges(policy, ranges, RANGES_MAX);

	if (count == 0 || snap_length <= HEADERS_ONLY_BYTES ||
	    first_length + FIXED + 4 * RANGES_MAX > HEADERS_ONLY_PROGRAM)
		return 0;
	put_first(&p, first, first ? first_length : 0);
	emit(&p, BPF_LD | BPF_W | BPF_LEN, 0, 0, 0);
	require(&p, BPF_JGE, LEAST, true);
	emit(&p, BPF_LD | BPF_H | BPF_ABS, 0, 0, 12);
	require(&p, BPF_JEQ, 0x0800, true);
	emit(&p, BPF_LD | BPF_B | BPF_ABS, 0, 0, 23);
	require(&p, BPF_JEQ, 6, true);
	emit(&p, BPF_LD | BPF_H | BPF_ABS, 0, 0, 20);
	require(&p, BPF_JSET, 0x3fff, false);
	require_within(&p, 26, ranges, count);
	require_within(&p, 30, ranges, count);
	put_end(&p, snap_length);
	return p.length;
}
