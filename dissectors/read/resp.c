/* SPDX-License-Identifier: ISC */
/* RESP framing; see resp.h. */
#include "dissectors/read/resp.h"

#define ARGUMENTS_MAX (1024 * 1024)	  /* Redis' own limit */
#define BULK_MAX      (512 * 1024 * 1024) /* likewise */
#define INLINE_MAX    (64 * 1024)

enum phase {
	AT_LINE, /* a header, or an inline command */
	IN_BULK,
};

bool resp_number(const char *text, size_t length, int64_t *number)
{
	bool minus = length != 0 && text[0] == '-';
	int64_t value = 0;

	if (length <= minus || length > 12)
		return false;
	for (size_t i = minus; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*number = minus ? -value : value;
	return true;
}

void resp_forget(struct resp_command *command)
{
	bool lost = command->lost;

	*command = (struct resp_command){.lost = lost};
}

void resp_spoil_word(struct resp_command *command)
{
	if (command->index < RESP_WORDS)
		command->words[command->index][0] = '\0';
	command->kept = RESP_WORD_SIZE;
}

static void begin_argument(struct resp_command *command)
{
	command->kept = 0;
	if (command->index < RESP_WORDS)
		command->words[command->index][0] = '\0';
	command->late[0] = '\0';
}

static void keep_argument(struct resp_command *command, const uint8_t *from, size_t length)
{
	char *word;
	size_t room;

	word = command->index < RESP_WORDS ? command->words[command->index] : command->late;
	room = command->index < RESP_WORDS ? RESP_WORD_SIZE : sizeof command->late;
	if (command->kept >= room)
		return;
	for (size_t i = 0; i < length && command->kept < room - 1; i++)
		word[command->kept++] = (char)from[i];
	word[command->kept] = '\0';
}

/* The argument is whole. Pairs of CONFIG SET may be many, and any may be the one of note. */
static void end_argument(struct resp_command *command)
{
	const char *text =
		command->index < RESP_WORDS ? command->words[command->index] : command->late;
	struct bytes word = bytes_from(text, strlen(text));

	if (command->index >= 2 && command->index % 2 == 0 &&
	    (lines_equal(&word, "dir") || lines_equal(&word, "dbfilename")))
		command->sets_file = true;
	command->index++;
}

static bool take_inline(struct resp_command *command)
{
	struct bytes text = bytes_from(command->line.text, command->line.length);

	for (;;) {
		struct bytes word = lines_word(&text);

		if (word.left == 0)
			break;
		begin_argument(command);
		keep_argument(command, word.at, word.left);
		end_argument(command);
	}
	command->arguments = command->index;
	return command->arguments != 0;
}

/* True if the line is a whole command by itself. */
static bool take_header(struct resp_command *command)
{
	const struct line *line = &command->line;
	int64_t number;

	if (command->arguments == 0 && (line->length == 0 || line->text[0] != '*'))
		return take_inline(command);
	if (line->length < 2 || !resp_number(line->text + 1, line->length - 1u, &number)) {
		command->lost = true;
	} else if (command->arguments == 0) {
		command->lost = number > ARGUMENTS_MAX;
		command->arguments = number > 0 ? (uint32_t)number : 0;
	} else if (line->text[0] != '$' || number < 0 || number > BULK_MAX) {
		command->lost = true;
	} else {
		command->phase = IN_BULK;
		command->bulk_left = (uint64_t)number + 2;
		begin_argument(command);
	}
	return false;
}

/* Takes what there is of an argument; true if it was the command's last one. */
static bool take_argument(struct resp_command *command, struct bytes *input)
{
	uint64_t left = command->bulk_left;
	size_t length = left < input->left ? (size_t)left : input->left;
	size_t content = left > 2 ? (size_t)(left - 2) : 0;
	const uint8_t *from = bytes_take(input, length);

	if (from)
		keep_argument(command, from, content < length ? content : length);
	command->bulk_left -= length;
	if (command->bulk_left != 0)
		return false;
	command->phase = AT_LINE;
	end_argument(command);
	return command->index == command->arguments;
}

/* Does the next byte begin a command? */
static bool is_fresh(const struct resp_command *command)
{
	return command->phase == AT_LINE && command->arguments == 0 && lines_fresh(&command->line);
}

bool resp_next_command(struct resp_command *command, struct bytes *input)
{
	if (command->index != 0 && command->index == command->arguments)
		resp_forget(command);
	while (input->left != 0 && !command->lost) {
		if (is_fresh(command) && !crowd_begin(input, 1))
			return false;
		if (command->phase == IN_BULK) {
			if (take_argument(command, input))
				return true;
		} else if (lines_next(&command->line, input)) {
			if (take_header(command))
				return true;
		}
	}
	return false;
}

static bool is_aggregate(char type)
{
	return type == '*' || type == '%' || type == '~' || type == '>' || type == '|';
}

static bool is_bulk(char type)
{
	return type == '$' || type == '=' || type == '!';
}

static void note_first(struct resp_reply *reply, const char *text, size_t length)
{
	if (reply->elements++ != 0)
		return;
	if (length > sizeof reply->first - 1)
		length = sizeof reply->first - 1;
	memcpy(reply->first, text, length);
	reply->first[length] = '\0';
}

/* An element is over: so are the aggregates that it was the last of. */
static void end_element(struct resp_reply *reply)
{
	bool counts = true;

	while (counts && reply->depth != 0) {
		unsigned level = reply->depth - 1u;

		if (--reply->pending[level] != 0)
			return;
		reply->depth--;
		counts = !(reply->attributes >> level & 1);
		reply->attributes &= (uint16_t) ~(1u << level);
	}
	reply->done = counts;
}

static bool open_aggregate(struct resp_reply *reply, char type, int64_t count)
{
	if (count < -1 || count > ARGUMENTS_MAX * 16 || reply->depth == RESP_DEPTH)
		return false;
	if (count <= 0 && type != '|') {
		end_element(reply);
		return true;
	}
	if (count <= 0)
		return true;
	reply->is_empty = false;
	if (reply->depth == 0)
		reply->size = (uint32_t)count;
	reply->pending[reply->depth] = (uint32_t)count * (type == '%' || type == '|' ? 2 : 1);
	if (type == '|')
		reply->attributes |= (uint16_t)(1u << reply->depth);
	reply->depth++;
	return true;
}

static enum resp_event take_simple(struct resp_reply *reply)
{
	reply->is_empty = reply->is_empty && reply->line.text[0] == '_';
	memmove(reply->line.text, reply->line.text + 1, --reply->line.length);
	note_first(reply, reply->line.text, reply->line.length);
	end_element(reply);
	return RESP_ELEMENT;
}

static enum resp_event take_reply_header(struct resp_reply *reply)
{
	const struct line *line = &reply->line;
	char type = line->length != 0 ? line->text[0] : '\0';
	int64_t number;

	if (reply->type == 0 || (reply->depth == 0 && reply->type == '|')) {
		reply->type = (uint8_t)type;
		reply->is_empty = true;
	}
	if (reply->depth == 1 && (type == '-' || type == '!') &&
	    reply->size - reply->pending[0] < 64)
		reply->failed |= UINT64_C(1) << (reply->size - reply->pending[0]);
	if (type != '\0' && strchr("+-:,#_(", type))
		return take_simple(reply);
	if (!is_bulk(type) && !is_aggregate(type))
		return RESP_BROKEN;
	if (!resp_number(line->text + 1, line->length - 1u, &number))
		return RESP_BROKEN;
	if (is_aggregate(type))
		return open_aggregate(reply, type, number) ? RESP_MORE : RESP_BROKEN;
	if (number < -1 || number > BULK_MAX)
		return RESP_BROKEN;
	if (number < 0) {
		end_element(reply);
		return RESP_MORE;
	}
	reply->is_empty = reply->is_empty && number == 0;
	reply->phase = IN_BULK;
	reply->bulk_left = (uint64_t)number + 2;
	lines_reset(&reply->line);
	return RESP_MORE;
}

static enum resp_event end_bulk(struct resp_reply *reply)
{
	reply->phase = AT_LINE;
	reply->bulks++;
	note_first(reply, reply->line.text, reply->line.length);
	reply->line.complete = true;
	end_element(reply);
	return RESP_ELEMENT;
}

static enum resp_event take_bulk(struct resp_reply *reply, struct bytes *input)
{
	size_t length = reply->bulk_left < input->left ? (size_t)reply->bulk_left : input->left;
	struct bytes piece = bytes_from(input->at, length);
	size_t before = piece.left, room, taken;

	if (reply->by_line && lines_next(&reply->line, &piece)) {
		taken = before - piece.left;
		bytes_skip(input, taken);
		reply->bulk_left -= taken;
		return reply->bulk_left == 0 ? end_bulk(reply) : RESP_TEXT;
	}
	bytes_skip(input, length);
	if (!reply->by_line) {
		uint64_t content = reply->bulk_left > 2 ? reply->bulk_left - 2 : 0;

		room = LINE_KEPT - (size_t)reply->line.length;
		taken = content < length ? (size_t)content : length;
		taken = taken < room ? taken : room;
		memcpy(reply->line.text + reply->line.length, piece.at, taken);
		reply->line.length = (uint8_t)(reply->line.length + taken);
	}
	reply->bulk_left -= length;
	return reply->bulk_left == 0 ? end_bulk(reply) : RESP_MORE;
}

enum resp_event resp_next_event(struct resp_reply *reply, struct bytes *input)
{
	enum resp_event event = RESP_MORE;

	if (reply->told)
		*reply = (struct resp_reply){.by_line = reply->by_line};
	while (input->left != 0 && event == RESP_MORE && !reply->lost && !reply->done) {
		if (reply->phase == IN_BULK)
			event = take_bulk(reply, input);
		else if (lines_next(&reply->line, input))
			event = take_reply_header(reply);
	}
	if (event == RESP_BROKEN)
		reply->lost = true;
	if (event != RESP_MORE || !reply->done)
		return event;
	reply->told = true;
	return RESP_REPLY;
}
