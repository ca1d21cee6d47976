/* SPDX-License-Identifier: ISC */
/*
 * The server's properties in AMQP 0-9-1's Connection.Start, entry by entry: name (length:1),
 * type:1, value. The client's, in Start-Ok, are passed over.
 */
#include "dissectors/amqp/amqp.h"

/* Start's table: text of "product" and "version" is of interest, of the others the length. */
static void on_table(struct amqp *amqp, enum side from)
{
	struct amqp_side *s = &amqp->side[from];
	struct bytes b = walker_bytes(&s->walker);

	if (from == SIDE_SERVER)
		bytes_skip(&b, 2); /* major, minor */
	s->table = bytes_be32(&b);
	if (s->table > s->left) {
		amqp_next_frame(s);
	} else if (from == SIDE_CLIENT) { /* not of interest: pass over it */
		s->left -= s->table;
		if (s->left == 0) {
			amqp_next_frame(s);
			return;
		}
		s->left--;
		walker_ask(&s->walker, STEP_MECHANISM_LENGTH, s->table, 1);
	} else {
		amqp_ask(s, STEP_KEY, s->table != 0);
	}
}

/* Bytes of the table that were asked for count against it. */
static void ask_in_table(struct amqp_side *s, uint8_t step, size_t n)
{
	if (n > s->table) {
		amqp_next_frame(s);
		return;
	}
	s->table -= (uint32_t)n;
	amqp_ask(s, step, n);
}

/* One byte: the key's length; then it and the type of its value. */
static void on_key(struct amqp_side *s)
{
	struct bytes b = walker_bytes(&s->walker);
	size_t length = b.at[0];

	if (b.left == 1 && !s->in_key) {
		s->in_key = true;
		s->table -= s->table != 0;
		ask_in_table(s, STEP_KEY, length + 1);
		return;
	}
	s->in_key = false;
	length = b.left - 1;
	s->key = length == 7 && memcmp(b.at, "product", 7) == 0	  ? 'p'
		 : length == 7 && memcmp(b.at, "version", 7) == 0 ? 'v'
								  : 0;
	if (b.at[length] == 'S' || b.at[length] == 'F' || b.at[length] == 'A' ||
	    b.at[length] == 'x')
		ask_in_table(s, STEP_LENGTH, 4);
	else if (b.at[length] == 't' || b.at[length] == 'b' || b.at[length] == 'B')
		ask_in_table(s, STEP_VALUE, 1);
	else if (b.at[length] == 'I' || b.at[length] == 'i')
		ask_in_table(s, STEP_VALUE, 4);
	else
		amqp_next_frame(s);
	if (b.at[length] != 'S')
		s->key = 0;
}

static void ask_next_key(struct amqp_side *s, uint32_t skipped)
{
	if (skipped >= s->left || skipped >= s->table) {
		amqp_next_frame(s);
		return;
	}
	s->left -= skipped + 1;
	s->table -= skipped;
	walker_ask(&s->walker, STEP_KEY, skipped, 1);
}

static void on_length(struct amqp_side *s)
{
	struct bytes b = walker_bytes(&s->walker);
	uint32_t length = bytes_be32(&b);

	if (s->key != 0 && length != 0 && length <= WALKER_SCRATCH)
		ask_in_table(s, STEP_VALUE, length);
	else
		ask_next_key(s, length);
}

static void on_value(struct amqp_side *s, struct facts *facts)
{
	struct bytes b = walker_bytes(&s->walker);

	if (s->key == 'p')
		FACTS_TEXT(facts, product, b.at, b.left);
	else if (s->key == 'v')
		FACTS_TEXT(facts, version, b.at, b.left);
	ask_next_key(s, 0);
}

void amqp_properties_step(struct amqp *amqp, struct facts *facts, enum side from)
{
	struct amqp_side *s = &amqp->side[from];

	switch (s->walker.step) {
	case STEP_TABLE:
		on_table(amqp, from);
		break;
	case STEP_KEY:
		on_key(s);
		break;
	case STEP_LENGTH:
		on_length(s);
		break;
	default: /* STEP_VALUE */
		on_value(s, facts);
		break;
	}
}
