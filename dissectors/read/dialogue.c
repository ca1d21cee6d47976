/* SPDX-License-Identifier: ISC */
/* Lines of both sides, and losses among them; see dialogue.h. */
#include "dissectors/read/dialogue.h"

bool dialogue_resumes(struct dialogue *dialogue, enum side from)
{
	if (!turns_begin_round(&dialogue->turns, from) || !dialogue->unsure)
		return false;
	dialogue->unsure = dialogue->client_lost = false;
	answers_clear(&dialogue->pending);
	lines_reset(&dialogue->client);
	return true;
}

static bool client_line(struct dialogue *dialogue, const struct feed *fed, struct bytes *input)
{
	while (fed->next == FEED_ON &&
	       (dialogue->text ? lines_next(&dialogue->client, input)
			       : lines_next_command(&dialogue->client, input))) {
		if (!dialogue->client_lost)
			return true;
	}
	return false;
}

static bool server_line(struct dialogue *dialogue, const struct feed *fed, struct bytes *input)
{
	while (fed->next == FEED_ON && lines_next(&dialogue->server, input)) {
		if (!dialogue->server_lost)
			return true;
		dialogue->unsure = true; /* it may have been an answer */
		dialogue->server_lost = false;
	}
	return false;
}

bool dialogue_line(struct dialogue *dialogue, struct feed *fed, struct bytes *input,
		   struct bytes *line)
{
	bool client = fed->from == SIDE_CLIENT;
	const struct line *of = client ? &dialogue->client : &dialogue->server;

	if (client ? client_line(dialogue, fed, input) : server_line(dialogue, fed, input)) {
		*line = bytes_from(of->text, of->length);
		return true;
	}
	fed->rest = input->left;
	return false;
}

void dialogue_gap(struct dialogue *dialogue, enum side from)
{
	if (!turns_begun(&dialogue->turns)) {
		dialogue->midstream = dialogue->greeted = true;
		return;
	}
	dialogue->unsure = dialogue->greeted = true;
	dialogue->midstream |= !dialogue->logged_in;
	if (from == SIDE_CLIENT) {
		dialogue->client_lost = true;
		return;
	}
	dialogue->server_lost = true;
	lines_reset(&dialogue->server);
}
