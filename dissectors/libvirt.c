/* SPDX-License-Identifier: ISC */
/*
 * libvirt's daemons: who talks to them owns the virtual machines. XDR, each message
 *
 *	length:4 program:4 version:4 procedure:4 type:4 serial:4 status:4 body
 *
 * with type 0 a call, 1 its reply, 2 an event, 3 stream data; status 0 well, 1 an error, 2 more.
 * The list of what a client must show (AUTH_LIST) is asked for first: 0 nothing, 1 SASL, 2 polkit.
 * Numbers: src/remote/remote_protocol.x in libvirt's source.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/frames.h"

#define HEADER	   28
#define LENGTH_MAX 33554432 /* bytes of one message */
#define PROGRAM	   0x20008086u
#define QEMU	   0x20008087u
#define ADMIN	   0x06900690u
#define KEEP_ALIVE 0x6b656570u

enum {
	CALL,
	REPLY,
};

enum {
	OPEN = 1,
	AUTH_LIST = 66,
	SASL_START = 68,
	SASL_STEP = 69,
	POLKIT = 70,
};

static const uint16_t ports[] = {16509, 0};

static const struct service services[] = {
	{
		.name = "libvirt",
		.family = FAMILY_ORCHESTRATION,
		.met = true,
		.about = "libvirt, which commands virtual machines",
		.ports = ports,
	},
};

struct libvirt {
	struct frame frame[2]; /* by enum side */
	struct answers pending;
	bool asks_nothing, spoken;
};

struct libvirt_message {
	uint32_t procedure, type, status;
	struct bytes body;
};

_Static_assert(sizeof(struct libvirt) <= DISSECTOR_STATE_MAX, "state of libvirt");

static const struct procedure {
	uint16_t number;
	uint8_t flags;
	const char *name;
} procedures[] = {
	{OPEN, 0, "CONNECT_OPEN"},
	{9, COMMAND_EXECUTES, "DOMAIN_CREATE"},
	{10, COMMAND_EXECUTES, "DOMAIN_CREATE_XML"},
	{11, COMMAND_EXECUTES, "DOMAIN_DEFINE_XML"},
	{12, COMMAND_DESTRUCTIVE, "DOMAIN_DESTROY"},
	{14, COMMAND_LISTING, "DOMAIN_GET_XML_DESC"},
	{21, COMMAND_LISTING, "CONNECT_LIST_DEFINED_DOMAINS"},
	{27, 0, "DOMAIN_REBOOT"},
	{33, COMMAND_DESTRUCTIVE, "DOMAIN_SHUTDOWN"},
	{35, COMMAND_DESTRUCTIVE, "DOMAIN_UNDEFINE"},
	{37, COMMAND_LISTING, "CONNECT_LIST_DOMAINS"},
	{80, COMMAND_DESTRUCTIVE, "STORAGE_POOL_DESTROY"},
	{81, COMMAND_DESTRUCTIVE, "STORAGE_POOL_DELETE"},
	{94, COMMAND_DESTRUCTIVE, "STORAGE_VOL_DELETE"},
	{165, COMMAND_DESTRUCTIVE, "STORAGE_VOL_WIPE"},
	{196, COMMAND_EXECUTES, "DOMAIN_CREATE_WITH_FLAGS"},
	{208, COMMAND_EXECUTES, "STORAGE_VOL_UPLOAD"},
	{209, COMMAND_LISTING, "STORAGE_VOL_DOWNLOAD"},
	{231, COMMAND_DESTRUCTIVE, "DOMAIN_UNDEFINE_FLAGS"},
	{234, COMMAND_DESTRUCTIVE, "DOMAIN_DESTROY_FLAGS"},
	{273, COMMAND_LISTING, "CONNECT_LIST_ALL_DOMAINS"},
	{350, COMMAND_EXECUTES, "DOMAIN_DEFINE_XML_FLAGS"},
};

static enum recognised recognise_side(struct bytes b, enum side side)
{
	uint32_t length = bytes_be32(&b), program = bytes_be32(&b), version = bytes_be32(&b), type;

	if (b.failed)
		return RECOGNISED_MORE;
	bytes_skip(&b, 4);
	type = bytes_be32(&b);
	if (length < HEADER || length > LENGTH_MAX || version != 1 ||
	    (program != PROGRAM && program != QEMU && program != ADMIN && program != KEEP_ALIVE))
		return RECOGNISED_NO;
	if (b.failed)
		return RECOGNISED_MORE;
	return type == (side == SIDE_CLIENT ? CALL : REPLY) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_side(client, SIDE_CLIENT);
	enum recognised of_server = recognise_side(server, SIDE_SERVER);

	if (client.left != 0 && of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return of_server;
	return opening->one_sided ? of_client : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "libvirt");
}

/* "test:///default" */
static void on_uri(struct facts *facts, struct bytes body)
{
	uint32_t there = bytes_be32(&body), length = bytes_be32(&body);

	if (there == 1 && length != 0 && body.left != 0)
		FACTS_TEXT(facts, path, body.at, length < body.left ? length : body.left);
}

/* Every call is answered, in order. */
static void on_call(struct libvirt *libvirt, struct facts *facts, const struct libvirt_message *m)
{
	int handle = -1;
	uint8_t flags = 0;

	for (size_t i = 0; i < sizeof procedures / sizeof *procedures; i++) {
		const struct procedure *row = &procedures[i];

		if (row->number != m->procedure)
			continue;
		flags = row->flags;
		handle = facts_command(facts, row->name, strlen(row->name), flags);
	}
	answers_add(&libvirt->pending, handle, flags);
	if (m->procedure == OPEN)
		on_uri(facts, m->body);
}

static void on_auth_list(struct libvirt *libvirt, struct facts *facts, struct bytes b)
{
	uint32_t count = bytes_be32(&b);

	libvirt->asks_nothing = count == 0;
	for (uint32_t i = 0; i < count && i < 8 && b.left != 0; i++)
		libvirt->asks_nothing |= bytes_be32(&b) == 0;
	if (!libvirt->asks_nothing)
		facts_set_auth(facts, AUTH_REQUIRED);
}

static void on_reply(struct libvirt *libvirt, struct facts *facts, const struct libvirt_message *m)
{
	struct answers_row *row = answers_first(&libvirt->pending);
	struct bytes body = m->body;
	bool ok = m->status == 0;

	switch (m->procedure) {
	case AUTH_LIST:
		if (ok)
			on_auth_list(libvirt, facts, body);
		break;
	case SASL_START:
	case SASL_STEP:
		if (!ok || bytes_be32(&body) == 1) /* complete */
			facts_login(facts, ok);
		break;
	case POLKIT:
		facts_login(facts, ok);
		break;
	case OPEN:
		if (ok && libvirt->asks_nothing)
			facts_set_auth(facts, AUTH_NONE);
		break;
	default:
		break;
	}
	if (row) {
		facts_command_result(facts, row->handle, ok);
		if (ok && (row->kind & COMMAND_LISTING))
			facts_set_data_read(facts, ANSWER_YES);
	}
	answers_drop(&libvirt->pending);
}

/* What was kept of a message, behind its length. */
static void on_message(struct libvirt *libvirt, struct facts *facts, enum side from, struct bytes b)
{
	uint32_t program = bytes_be32(&b);
	struct libvirt_message m = {.procedure = 0};

	bytes_skip(&b, 4);
	m.procedure = bytes_be32(&b);
	m.type = bytes_be32(&b);
	bytes_skip(&b, 4);
	m.status = bytes_be32(&b);
	m.body = b;
	if (b.failed || program == KEEP_ALIVE)
		return;
	if (program != PROGRAM) /* the others number their procedures anew */
		m.procedure = UINT32_MAX;
	if (m.type == CALL && from == SIDE_CLIENT)
		on_call(libvirt, facts, &m);
	else if (m.type == REPLY && from == SIDE_SERVER)
		on_reply(libvirt, facts, &m);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct libvirt *libvirt = state;
	struct frame *frame = &libvirt->frame[from];
	struct bytes input = fed->bytes, piece;

	libvirt->spoken = true;
	while (!frame->lost && frames_header(frame, &input, 4)) {
		struct bytes header = bytes_from(frame->header, 4);
		uint32_t size = bytes_be32(&header);

		frame->lost = size < HEADER || size > LENGTH_MAX;
		if (frame->lost)
			break;
		if (!frame->expected)
			frames_expect(frame, size - 4);
		if (!frames_body(frame, &input, &piece))
			break;
		on_message(libvirt, facts, from, bytes_from(frame->body, frame->kept));
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct libvirt *libvirt = state;

	if (!libvirt->spoken)
		facts_set_auth(facts, AUTH_UNKNOWN);
	else if (!frames_gap(&libvirt->frame[from], missing))
		libvirt->frame[!from].lost = true;
}

const struct dissector libvirt_dissector = {
	.name = "libvirt",
	.transports = OVER_TCP,
	.state_size = sizeof(struct libvirt),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a packet of the remote program with its number, version and a procedure of "
		      "that side",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_EXECUTION | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
