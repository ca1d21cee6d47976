/* SPDX-License-Identifier: ISC */
/*
 * TFTP (RFC 1350): a request to read (1) or write (2) goes to port 69, everything else goes between
 * the client's port and another one of the server's. Name and mode end with a NUL each, options
 * (RFC 2347) follow in pairs. Who asked to read gets options (6) or block 1 (3), and acknowledges
 * it (4); who asked to write gets options or block 0 acknowledged, and sends block 1.
 *
 * Where the request was seen, the transfer comes here with it; otherwise it is a conversation of
 * its own, tftp-data.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define READ	  1
#define WRITE	  2
#define DATA	  3
#define ACK	  4
#define OPTIONS	  6
#define NAME_MAX_ 255

static const uint16_t ports[] = {69, 0};

static const struct service services[] = {
	{
		.name = "tftp",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "TFTP file server",
		.identifier = "open-tftp",
		.ports = ports,
		.one_way = true,
	},
};

static const struct service data_services[] = {
	{
		.name = "tftp-data",
		.family = FAMILY_STORAGE,
		.about = "transfer of a file by TFTP",
	},
};

/* The transfer of the newest request. */
struct state {
	int command; /* handle of facts_command() */
};

struct request {
	uint16_t type;
	struct bytes name;
};

/* Printable text up to a NUL, which is taken as well; failed if there is none. */
static struct bytes take_text(struct bytes *b, size_t max)
{
	struct bytes text = *b;
	size_t n = 0;

	while (n < b->left && n <= max && b->at[n] != 0) {
		if (b->at[n] < 0x20 || b->at[n] == 0x7f)
			b->failed = true;
		n++;
	}
	if (n == b->left || n == 0 || n > max || b->failed) {
		*b = (struct bytes){.failed = true};
		return *b;
	}
	text.left = n;
	bytes_skip(b, n + 1);
	return text;
}

static bool read_request(struct bytes b, struct request *request)
{
	static const char *const modes[] = {"netascii", "octet", "mail"};
	struct bytes mode;
	bool known = false;

	request->type = bytes_be16(&b);
	if (request->type != READ && request->type != WRITE)
		return false;
	request->name = take_text(&b, NAME_MAX_);
	mode = take_text(&b, 8);
	if (b.failed)
		return false;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		known |= lines_equal(&mode, modes[i]);
	while (known && b.left != 0) {
		if (b.at[0] == 0)
			return true; /* padded, as some clients do */
		take_text(&b, NAME_MAX_);
		take_text(&b, NAME_MAX_);
		if (b.failed)
			return false;
	}
	return known;
}

static enum recognised recognise(const struct opening *opening)
{
	struct request request;

	if (opening->side[SIDE_CLIENT].left == 0)
		return RECOGNISED_MORE;
	return read_request(opening->side[SIDE_CLIENT], &request) ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	*(struct state *)state = (struct state){.command = -1};
	facts_begin(facts, &services[0]);
}

/*
 * A write that is agreed to: servers take what overwrites a file, and must be told to take a new
 * one (tftpd(8)). Not before: most requests of this kind are probes that meet nobody.
 */
static void on_overwrite(const struct state *state, struct facts *facts)
{
	int index = facts_command_index(facts, state->command);
	char text[FACTS_COMMAND_TEXT];

	if (index < 0 || facts->commands[index].text[0] != 'W')
		return;
	memcpy(text, facts->commands[index].text, sizeof text);
	facts_command(facts, text, strlen(text), COMMAND_DESTRUCTIVE);
}

/* There is no log-in: a request that is not refused is served. */
static void feed_answer(const struct state *state, struct facts *facts, struct bytes b)
{
	uint16_t type = bytes_be16(&b);
	bool served = !b.failed && (type == DATA || type == ACK || type == OPTIONS);

	if (served)
		facts_set_auth(facts, AUTH_NONE);
	if (served && type != OPTIONS)
		facts_command_result(facts, state->command, true);
	if (served && type == ACK)
		on_overwrite(state, facts);
	if (served && type == DATA && b.left > 2)
		facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	char text[FACTS_COMMAND_TEXT] = "RRQ ";
	struct state *transfer = state;
	struct request request;
	size_t n;

	if (from == SIDE_SERVER)
		feed_answer(transfer, facts, fed->bytes);
	if (from != SIDE_CLIENT || !read_request(fed->bytes, &request))
		return;
	if (request.type == WRITE)
		text[0] = 'W';
	n = request.name.left < sizeof text - 4 ? request.name.left : sizeof text - 4;
	if (n != 0 && request.name.at)
		memcpy(text + 4, request.name.at, n);
	transfer->command =
		facts_command(facts, text, n + 4, request.type == READ ? COMMAND_LISTING : 0);
	FACTS_TEXT(facts, path, request.name.at, request.name.left);
}

const struct dissector tftp_dissector = {
	.name = "tftp",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a read or write request with a file's name and a mode",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_PATH,
	.state_size = sizeof(struct state),
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};

static bool is_block(struct bytes b, uint16_t type, uint16_t number)
{
	bool sized = type == DATA || b.left == 4;

	return sized && bytes_be16(&b) == type && bytes_be16(&b) == number && !b.failed;
}

static enum recognised recognise_data(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left == 0 || server.left == 0)
		return RECOGNISED_MORE;
	if (is_block(server, DATA, 1) && is_block(client, ACK, 1))
		return RECOGNISED_YES;
	return is_block(server, ACK, 0) && is_block(client, DATA, 1) ? RECOGNISED_YES
								     : RECOGNISED_NO;
}

static void begin_data(void *state, struct facts *facts)
{
	begin(state, facts);
	facts_set_service(facts, &data_services[0]);
	facts_set_auth(facts, AUTH_NONE);
}

static void feed_data(void *state, struct facts *facts, struct feed *fed)
{
	struct bytes b = fed->bytes;

	(void)state;
	if (fed->from == SIDE_SERVER && bytes_be16(&b) == DATA && fed->bytes.left > 4)
		facts_set_data_read(facts, ANSWER_YES);
}

const struct dissector tftp_data_dissector = {
	.name = "tftp-data",
	.transports = OVER_UDP,
	.service_count = sizeof data_services / sizeof *data_services,
	.services = data_services,
	.recognised = "numbered data or acknowledgements, or options, from a port of their own",
	.reads = READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.state_size = sizeof(struct state),
	.recognise = recognise_data,
	.begin = begin_data,
	.feed = feed_data,
};
