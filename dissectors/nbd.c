/* SPDX-License-Identifier: ISC */
/*
 * NBD, network block devices (doc/proto.md of the NetworkBlockDevice project). The server speaks
 * first: "NBDMAGIC" "IHAVEOPT" u16 flags; the client answers with u32 flags, then
 *
 *	client  "IHAVEOPT"  u32 option  u32 length  data
 *	server  00 03 e8 89 04 55 65 a9  u32 option  u32 type  u32 length  data
 *
 * until an export is opened; then requests (25 60 95 13  u16 flags  u16 type  u64 cookie  u64 place
 * u32 length), and replies that are found by their magic numbers and cookies.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"

#define OPTION_HEADER 16
#define REPLY_HEADER  20
#define REQUEST	      28
#define ANSWER_WINDOW 16 /* bytes that tell an answer in the transmission */
#define REPLY_MAGIC   0x0003e889045565a9u
#define REQUEST_MAGIC 0x25609513u
#define SIMPLE_MAGIC  0x67446698u
#define CHUNK_MAGIC   0x668e33efu
#define CHUNK_ERROR   0x8000
#define DATA_MAX      (64u << 20)

enum {
	OPTION_EXPORT_NAME = 1,
	OPTION_ABORT = 2,
	OPTION_LIST = 3,
	OPTION_STARTTLS = 5,
	OPTION_GO = 7,
};

enum {
	TYPE_ACK = 1,
	TYPE_SERVER = 2,
	TYPE_TLS_REQUIRED = 5, /* the lowest bits of an error */
	TYPE_DENIED = 2,
};

enum {
	READ = 0,
	WRITE = 1,
	TRIM = 4,
	WRITE_ZEROES = 6,
};

static const uint16_t ports[] = {10809, 0};

static const struct service services[] = {
	{
		.name = "nbd",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "network block device",
		.ports = ports,
	},
};

static const uint8_t fixed[] = "NBDMAGICIHAVEOPT";
static const uint8_t old[] = "NBDMAGIC\0\0\x42\x02\x81\x86\x12\x53";

struct nbd_stream {
	uint8_t head[REQUEST];
	uint8_t have, want; /* of head */
	bool greeted, lost;
	uint32_t left; /* data to pass over */
};

struct nbd {
	struct nbd_stream side[2];
	struct answers_table pending; /* by cookie; kind: the type */
	int32_t handle;		      /* of the last option */
	uint32_t option;
	bool transmits[2];
	bool begun;
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	size_t n = server.left < sizeof fixed - 1 ? server.left : sizeof fixed - 1;

	if (client.left >= 3 && memcmp(client.at, "\0\0\0", 3) != 0)
		return RECOGNISED_NO; /* flags of the client */
	if (n == 0)
		return RECOGNISED_MORE;
	if (memcmp(server.at, fixed, n) != 0 && memcmp(server.at, old, n) != 0)
		return RECOGNISED_NO;
	return n == sizeof fixed - 1 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct nbd *nbd = state;

	nbd->handle = -1;
	facts_begin(facts, &services[0]);
}

static void on_option(struct nbd *nbd, struct facts *facts, uint32_t option)
{
	static const struct {
		const char *name;
		unsigned flags;
	} options[] = {
		[OPTION_EXPORT_NAME] = {"OPT_EXPORT_NAME", 0},
		[OPTION_ABORT] = {NULL, 0},
		[OPTION_LIST] = {"OPT_LIST", COMMAND_LISTING},
		[OPTION_STARTTLS] = {NULL, 0},
		[6] = {"OPT_INFO", 0},
		[OPTION_GO] = {"OPT_GO", 0},
	};

	nbd->handle = -1;
	nbd->option = option;
	if (option < sizeof options / sizeof *options && options[option].name != NULL)
		nbd->handle = facts_command(facts, options[option].name,
					    strlen(options[option].name), options[option].flags);
	if (option == OPTION_EXPORT_NAME)
		nbd->transmits[SIDE_CLIENT] = nbd->transmits[SIDE_SERVER] = true;
	if (option == OPTION_GO)
		nbd->transmits[SIDE_CLIENT] = true; /* unless refused: then options go on */
}

static void on_reply(struct nbd *nbd, struct facts *facts, struct feed *fed, uint32_t option,
		     uint32_t type)
{
	bool error = type >> 31 != 0;

	if (option != nbd->option)
		return; /* the question was not seen */
	facts_command_result(facts, nbd->handle, !error);
	if (error) {
		uint32_t why = type & 0xffff;

		if (why == TYPE_TLS_REQUIRED || why == TYPE_DENIED)
			facts_set_auth(facts, AUTH_REQUIRED);
		if (option == OPTION_GO)
			nbd->transmits[SIDE_CLIENT] = false;
		return;
	}
	if (option == OPTION_STARTTLS && type == TYPE_ACK) {
		facts_agree_tls(facts, fed);
		return;
	}
	if (option == OPTION_LIST || option == OPTION_GO)
		facts_set_auth(facts, AUTH_NONE);
	if (option == OPTION_LIST && type == TYPE_SERVER)
		facts_set_data_read(facts, ANSWER_YES);
	if (option == OPTION_GO && type == TYPE_ACK)
		nbd->transmits[SIDE_SERVER] = true;
}

static void on_request(struct nbd *nbd, struct facts *facts, struct bytes b)
{
	static const struct {
		const char *name;
		unsigned flags;
	} types[] = {
		[READ] = {"READ", COMMAND_LISTING},
		[WRITE] = {"WRITE", 0},
		[TRIM] = {"TRIM", COMMAND_DESTRUCTIVE},
		[WRITE_ZEROES] = {"WRITE_ZEROES", COMMAND_DESTRUCTIVE},
	};
	uint16_t type;
	uint64_t cookie;

	bytes_skip(&b, 6);
	type = bytes_be16(&b);
	cookie = bytes_be64(&b);
	bytes_skip(&b, 8);
	nbd->side[SIDE_CLIENT].left = type == WRITE ? bytes_be32(&b) : 0;
	if (type < sizeof types / sizeof *types && types[type].name != NULL)
		answers_put(&nbd->pending, cookie,
			    facts_command(facts, types[type].name, strlen(types[type].name),
					  types[type].flags),
			    type);
}

/* Is this window the beginning of an answer to something that was asked? */
static void on_window(struct nbd *nbd, struct facts *facts, struct bytes b)
{
	uint32_t magic = bytes_be32(&b), error = bytes_be32(&b);
	uint64_t cookie = bytes_be64(&b);
	struct answers_numbered row;

	if (magic != SIMPLE_MAGIC && magic != CHUNK_MAGIC)
		return;
	if (magic == CHUNK_MAGIC)
		error &= CHUNK_ERROR;
	while (answers_take(&nbd->pending, cookie, &row)) {
		facts_command_result(facts, row.handle, error == 0);
		if (error == 0)
			facts_set_auth(facts, AUTH_NONE);
		if (error == 0 && row.kind == READ)
			facts_set_data_read(facts, ANSWER_YES);
	}
}

static void slide(struct nbd *nbd, struct facts *facts, struct bytes *input)
{
	struct nbd_stream *stream = &nbd->side[SIDE_SERVER];

	while (input->left != 0) {
		if (stream->have >= ANSWER_WINDOW) {
			memmove(stream->head, stream->head + 1, ANSWER_WINDOW - 1);
			stream->have = ANSWER_WINDOW - 1;
		}
		stream->head[stream->have++] = bytes_u8(input);
		if (stream->have == ANSWER_WINDOW)
			on_window(nbd, facts, bytes_from(stream->head, ANSWER_WINDOW));
	}
}

/* How many bytes make the next header of this side; the greetings come first. */
static uint8_t header_size(const struct nbd *nbd, enum side from)
{
	if (!nbd->side[from].greeted)
		return from == SIDE_SERVER ? 18 : 4;
	if (from == SIDE_SERVER)
		return REPLY_HEADER;
	return nbd->transmits[SIDE_CLIENT] ? REQUEST : OPTION_HEADER;
}

static void on_header(struct nbd *nbd, struct facts *facts, struct feed *fed, enum side from)
{
	struct nbd_stream *stream = &nbd->side[from];
	struct bytes b = bytes_from(stream->head, stream->have);
	uint32_t option;

	stream->have = 0;
	if (!stream->greeted) {
		stream->greeted = true;
		if (from == SIDE_SERVER && memcmp(b.at, old, sizeof old - 1) == 0) {
			nbd->transmits[SIDE_CLIENT] = nbd->transmits[SIDE_SERVER] = true;
			nbd->side[SIDE_CLIENT].greeted = true;
		}
	} else if (from == SIDE_SERVER) {
		stream->lost = bytes_be64(&b) != REPLY_MAGIC;
		option = bytes_be32(&b);
		if (!stream->lost)
			on_reply(nbd, facts, fed, option, bytes_be32(&b));
		stream->left = bytes_be32(&b);
	} else if (nbd->transmits[SIDE_CLIENT]) {
		struct bytes magic = b;

		stream->lost = bytes_be32(&magic) != REQUEST_MAGIC;
		if (!stream->lost)
			on_request(nbd, facts, b);
	} else {
		stream->lost = !bytes_start_with(&b, "IHAVEOPT");
		bytes_skip(&b, 8);
		option = bytes_be32(&b);
		stream->left = bytes_be32(&b);
		if (!stream->lost)
			on_option(nbd, facts, option);
	}
	stream->lost |= stream->left > DATA_MAX;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct nbd *nbd = state;
	struct nbd_stream *stream = &nbd->side[from];
	struct bytes input = fed->bytes;

	nbd->begun = true;
	while (input.left != 0 && !stream->lost && fed->next == FEED_ON) {
		size_t n = stream->left < input.left ? stream->left : input.left;

		if (n != 0) {
			bytes_skip(&input, n);
			stream->left -= (uint32_t)n;
		} else if (from == SIDE_SERVER && stream->greeted && nbd->transmits[from]) {
			slide(nbd, facts, &input);
		} else {
			if (stream->have == 0)
				stream->want = header_size(nbd, from);
			stream->head[stream->have++] = bytes_u8(&input);
			if (stream->have == stream->want)
				on_header(nbd, facts, fed, from);
		}
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nbd *nbd = state;
	struct nbd_stream *stream = &nbd->side[from];

	(void)facts;
	if (nbd->begun && missing != 0 && missing <= stream->left)
		stream->left -= (uint32_t)missing;
	else if (from == SIDE_SERVER && nbd->transmits[from])
		stream->have = 0;
	else
		stream->lost = true;
}

const struct dissector nbd_dissector = {
	.name = "nbd",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct nbd),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "NBDMAGIC and the magic number that follows it",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
