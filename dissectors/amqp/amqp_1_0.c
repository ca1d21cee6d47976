/* SPDX-License-Identifier: ISC */
/*
 * AMQP 1.0 (ActiveMQ, Qpid, Azure Service Bus): a protocol header, then frames
 *
 *	length:4 (with itself) offset:1 (in words) type:1 (0, or 1: SASL) channel:2, body
 *	00 53 code, list		SASL: 40 mechanisms 41 init 44 outcome
 *	init: mechanism (symbol), response (binary); outcome: code (ubyte), 0: accepted
 *
 * docs.oasis-open.org/amqp/core/v1.0: transport, security
 */
#include "dissectors/amqp/amqp.h"

#define FRAME_HEAD 8
#define BODY_KEPT  64 /* bytes of a body that are looked at; at most WALKER_SCRATCH */

enum {
	STEP_HEAD,
	STEP_BODY,
};

enum code {
	CODE_OPEN = 0x10,
	CODE_TRANSFER = 0x14,
	CODE_MECHANISMS = 0x40,
	CODE_INIT = 0x41,
	CODE_OUTCOME = 0x44,
};

void amqp_1_0_begin(struct amqp_side *s)
{
	s->left = 0;
	walker_ask(&s->walker, STEP_HEAD, 0, FRAME_HEAD);
}

/* Symbols, text and binary: a constructor, and a length of one or four bytes. */
static struct bytes take_value(struct bytes *b)
{
	uint8_t constructor = bytes_u8(b);

	if (constructor == 0xa0 || constructor == 0xa1 || constructor == 0xa3)
		return bytes_sub(b, bytes_u8(b));
	if (constructor == 0xb0 || constructor == 0xb1 || constructor == 0xb3)
		return bytes_sub(b, bytes_be32(b));
	return bytes_from(NULL, 0);
}

/* Into the list of fields. */
static void enter_list(struct bytes *b)
{
	uint8_t constructor = bytes_u8(b);

	if (constructor == 0xc0)
		bytes_skip(b, 2);
	else if (constructor == 0xd0)
		bytes_skip(b, 8);
	else
		b->left = 0;
}

static void on_init(struct amqp *amqp, struct facts *facts, struct bytes b)
{
	struct bytes mechanism = take_value(&b), response;

	if (mechanism.failed || mechanism.left == 0)
		return;
	FACTS_TEXT(facts, mechanism, mechanism.at, mechanism.left);
	amqp->tried = true;
	facts_set_auth(facts, AUTH_UNKNOWN); /* until it is answered */
	response = take_value(&b);
	if (bytes_start_with(&mechanism, "PLAIN") && !response.failed)
		amqp_note_plain(facts, response);
}

static void on_outcome(struct facts *facts, struct bytes b)
{
	uint8_t constructor = bytes_u8(&b), code = bytes_u8(&b);

	if (b.failed || constructor != 0x50)
		return;
	if (code == 0 && strcmp(facts->mechanism, "ANONYMOUS") == 0)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else
		facts_login(facts, code == 0);
}

static void on_body(struct amqp *amqp, struct facts *facts, enum side from)
{
	struct bytes b = walker_bytes(&amqp->side[from].walker);
	uint8_t described = bytes_u8(&b), constructor = bytes_u8(&b), code = bytes_u8(&b);

	if (described != 0 || constructor != 0x53)
		return;
	enter_list(&b);
	if (code == CODE_MECHANISMS && from == SIDE_SERVER)
		facts_set_auth(facts, AUTH_REQUIRED);
	else if (code == CODE_INIT && from == SIDE_CLIENT)
		on_init(amqp, facts, b);
	else if (code == CODE_OUTCOME && from == SIDE_SERVER)
		on_outcome(facts, b);
	else if (code == CODE_OPEN && from == SIDE_SERVER && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_NONE); /* opened without a log-in */
	else if (code == CODE_TRANSFER && from == SIDE_SERVER)
		facts_set_data_read(facts, ANSWER_YES);
	memset(amqp->side[from].walker.scratch, 0, BODY_KEPT);
}

void amqp_1_0_step(struct amqp *amqp, struct facts *facts, enum side from)
{
	struct amqp_side *s = &amqp->side[from];
	struct bytes b = walker_bytes(&s->walker);
	uint32_t length;
	uint8_t offset;

	if (s->walker.step == STEP_BODY) {
		on_body(amqp, facts, from);
		walker_ask(&s->walker, STEP_HEAD, s->left, FRAME_HEAD);
		return;
	}
	if (bytes_start_with(&b, "AMQP")) { /* the next layer */
		amqp_1_0_begin(s);
		return;
	}
	length = bytes_be32(&b);
	offset = bytes_u8(&b);
	if (length < FRAME_HEAD || offset < 2 || offset * 4u > length || bytes_u8(&b) > 1) {
		s->walker.step = STEP_LOST;
		return;
	}
	length -= offset * 4u;
	s->left = length > BODY_KEPT ? length - BODY_KEPT : 0;
	length -= s->left;
	if (length == 0)
		walker_ask(&s->walker, STEP_HEAD, offset * 4u - FRAME_HEAD, FRAME_HEAD);
	else
		walker_ask(&s->walker, STEP_BODY, offset * 4u - FRAME_HEAD, length);
}
