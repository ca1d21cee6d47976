/* SPDX-License-Identifier: ISC */
/* Requests and answers in messages of known length; see exchange.h. */
#include "dissectors/read/exchange.h"

#define LENGTH_MAX (1u << 30)
/* An answer in order to a command that nobody knows: no command has this number. */
#define NO_NUMBER  UINT64_MAX

struct frame *exchange_begin(struct exchange *exchange, enum side from)
{
	struct frame *frame = &exchange->side[from];
	bool server_was_last = turns_is_last(&exchange->turns, SIDE_SERVER);

	if (!turns_begin(&exchange->turns, from))
		return frame;
	if (frame->lost)
		*frame = (struct frame){.lost = false};
	if (from == SIDE_CLIENT && server_was_last && exchange->unsure) {
		exchange->unsure = false;
		exchange->answered = exchange->asked;
	}
	return frame;
}

void exchange_gap(struct exchange *exchange, enum side from, uint64_t missing)
{
	struct frame *frame = &exchange->side[from];

	if (!turns_begun(&exchange->turns)) {
		exchange->late = true;
		return;
	}
	if (frames_gap(frame, missing) && frame->kept == FRAME_KEPT)
		return;
	exchange->late = true;
	exchange->unsure = true;
	exchange->pending = (struct answers_table){.next = 0};
}

const struct exchange_command *exchange_find(const struct exchange_command *rows, size_t count,
					     uint32_t code)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && rows[low].code == code ? &rows[low] : NULL;
}

int exchange_ask(struct exchange *exchange, struct facts *facts, uint64_t number,
		 const struct exchange_command *command)
{
	int handle = -1;

	if (command != NULL && command->name != NULL)
		handle = facts_command(facts, command->name, strlen(command->name), command->flags);
	answers_put(&exchange->pending, number, handle, command != NULL ? command->kind : 0);
	return handle;
}

int exchange_answer(struct exchange *exchange, struct facts *facts, uint64_t number, bool good)
{
	struct answers_numbered row;

	if (number == NO_NUMBER || !answers_take(&exchange->pending, number, &row))
		return -1;
	facts_command_result(facts, row.handle, good);
	if (row.kind & EXCHANGE_LOGIN)
		exchange_login(exchange, facts, good);
	else if (good && !(row.kind & EXCHANGE_OPEN))
		exchange_served(exchange, facts);
	if (good && (row.kind & EXCHANGE_READS))
		facts_set_data_read(facts, ANSWER_YES);
	return row.kind;
}

uint64_t exchange_next_asked(struct exchange *exchange)
{
	return exchange->unsure ? NO_NUMBER - 1 : exchange->asked++;
}

uint64_t exchange_next_answered(struct exchange *exchange)
{
	if (exchange->unsure || exchange->answered == exchange->asked)
		return NO_NUMBER;
	return exchange->answered++;
}

void exchange_served(const struct exchange *exchange, struct facts *facts)
{
	if (!exchange->late && !exchange->logged_in)
		facts_set_auth(facts, AUTH_NONE);
}

void exchange_login(struct exchange *exchange, struct facts *facts, bool accepted)
{
	exchange->logged_in |= accepted;
	facts_login(facts, accepted);
}

void exchange_demanded(const struct exchange *exchange, struct facts *facts)
{
	if (!exchange->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
}

bool exchange_measure_be32(struct bytes header, uint32_t *body)
{
	*body = bytes_be32(&header);
	return *body <= LENGTH_MAX;
}

bool exchange_measure_le32(struct bytes header, uint32_t *body)
{
	*body = bytes_le32(&header);
	return *body <= LENGTH_MAX;
}
