/* SPDX-License-Identifier: ISC */
/*
 * NDMP, by which backup programs command filers and tape robots (versions 2 to 4): XDR in records.
 *
 *	80000000 | length:4, sequence:4 time:4 type:4 (0 request, 1 answer) message:4
 *	answers to:4 error:4 body
 *
 * The server speaks first: NOTIFY_CONNECTED (502) with reason, version and a text. Then
 * CONNECT_OPEN (900) and CONNECT_CLIENT_AUTH (901: 0 none, 1 text, 2 md5). Every answer's body
 * begins with an error, 0 if well. NDMP version 4, draft-skardal-ndmp4.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"

#define LAST_FRAGMENT  0x80000000u
#define HEADER	       24
#define LENGTH_MAX     (1u << 20)
#define NOT_AUTHORIZED 4

enum {
	HOST_INFO = 0x100,
	SERVER_INFO = 0x108,
	NOTIFY_CONNECTED = 0x502,
	CONNECT_OPEN = 0x900,
	CLIENT_AUTH = 0x901,
};

static const uint16_t ports[] = {10000, 0};

static const struct service services[] = {
	{
		.name = "ndmp",
		.family = FAMILY_BACKUP,
		.about = "NDMP: backup of filers",
		.ports = ports,
	},
};

struct ndmp_message {
	uint32_t type, number, error;
	struct bytes body;
};

struct ndmp {
	struct frame frame[2]; /* by enum side */
	uint32_t asked;	       /* the request that waits for its answer */
	int handle;
	uint8_t flags;
	bool tried_nothing, spoken;
	bool holed; /* a log-in may have gone unseen */
};

_Static_assert(sizeof(struct ndmp) <= DISSECTOR_STATE_MAX, "state of ndmp");

static const struct command_row {
	uint16_t number;
	uint8_t flags;
	const char *name;
} commands[] = {
	{HOST_INFO, 0, "CONFIG_GET_HOST_INFO"},
	{0x105, COMMAND_LISTING, "CONFIG_GET_FS_INFO"},
	{0x106, COMMAND_LISTING, "CONFIG_GET_TAPE_INFO"},
	{SERVER_INFO, 0, "CONFIG_GET_SERVER_INFO"},
	{0x200, 0, "SCSI_OPEN"},
	{0x206, 0, "SCSI_EXECUTE_CDB"},
	{0x300, 0, "TAPE_OPEN"},
	{0x303, 0, "TAPE_MTIO"},
	{0x304, COMMAND_DESTRUCTIVE, "TAPE_WRITE"},
	{0x305, COMMAND_LISTING, "TAPE_READ"},
	{0x401, COMMAND_LISTING, "DATA_START_BACKUP"},
	{0x402, 0, "DATA_START_RECOVER"},
	{CLIENT_AUTH, 0, "CONNECT_CLIENT_AUTH"},
};

/* Behind the record's length. */
static bool take_header(struct bytes *b, struct ndmp_message *m)
{
	bytes_skip(b, 8); /* sequence, time */
	m->type = bytes_be32(b);
	m->number = bytes_be32(b);
	bytes_skip(b, 4);
	m->error = bytes_be32(b);
	m->body = *b;
	return !b->failed;
}

static enum recognised recognise_server(struct bytes b)
{
	struct ndmp_message m = {.type = 0};
	uint32_t length = bytes_be32(&b), reason, version;

	if (!b.failed && (!(length & LAST_FRAGMENT) || (length & ~LAST_FRAGMENT) < HEADER + 8 ||
			  (length & ~LAST_FRAGMENT) > 1024))
		return RECOGNISED_NO;
	if (!take_header(&b, &m))
		return RECOGNISED_MORE;
	if (m.type != 0 || m.number != NOTIFY_CONNECTED || m.error != 0)
		return RECOGNISED_NO;
	reason = bytes_be32(&b);
	version = bytes_be32(&b);
	if (reason > 2 || version > 4)
		return RECOGNISED_NO;
	return b.failed ? RECOGNISED_MORE : version >= 1 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_client(struct bytes b)
{
	struct ndmp_message m = {.type = 0};
	uint32_t length = bytes_be32(&b);

	if (!b.failed && (!(length & LAST_FRAGMENT) || (length & ~LAST_FRAGMENT) < HEADER ||
			  (length & ~LAST_FRAGMENT) > LENGTH_MAX))
		return RECOGNISED_NO;
	if (!take_header(&b, &m))
		return RECOGNISED_MORE;
	return m.type == 0 && m.error == 0 && m.number == CONNECT_OPEN &&
			       (length & ~LAST_FRAGMENT) == HEADER + 4
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (server.left != 0)
		return recognise_server(server);
	return client.left != 0 && opening->one_sided ? recognise_client(client) : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct ndmp *ndmp = state;

	ndmp->handle = -1;
	facts_begin(facts, &services[0]);
}

static struct bytes take_string(struct bytes *b)
{
	uint32_t length = bytes_be32(b);
	struct bytes text = bytes_sub(b, length);

	bytes_skip(b, (4 - length % 4) % 4);
	return text;
}

static void on_log_in(struct ndmp *ndmp, struct facts *facts, struct bytes b)
{
	static const char *const kinds[] = {"NONE", "TEXT", "MD5"};
	uint32_t kind = bytes_be32(&b);
	struct bytes user = take_string(&b);

	ndmp->tried_nothing = kind == 0;
	if (kind < 3)
		FACTS_TEXT(facts, mechanism, kinds[kind], strlen(kinds[kind]));
	if (kind != 0 && !user.failed)
		FACTS_TEXT(facts, user, user.at, user.left);
}

static void on_request(struct ndmp *ndmp, struct facts *facts, const struct ndmp_message *m)
{
	ndmp->asked = m->number;
	ndmp->handle = -1;
	ndmp->flags = 0;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command_row *row = &commands[i];

		if (row->number != m->number)
			continue;
		ndmp->flags = row->flags;
		ndmp->handle = facts_command(facts, row->name, strlen(row->name), row->flags);
	}
	if (m->number == CLIENT_AUTH)
		on_log_in(ndmp, facts, m->body);
}

/* vendor, product, revision */
static void on_server_info(struct facts *facts, struct bytes b)
{
	struct bytes product, revision;

	take_string(&b);
	product = take_string(&b);
	revision = take_string(&b);
	if (!product.failed && product.left != 0)
		FACTS_TEXT(facts, product, product.at, product.left);
	if (!revision.failed && revision.left != 0)
		FACTS_TEXT(facts, version, revision.at, revision.left);
}

static void on_login_answer(struct ndmp *ndmp, struct facts *facts, bool ok)
{
	if (ok && ndmp->tried_nothing)
		facts_set_auth(facts, ndmp->holed ? AUTH_UNKNOWN : AUTH_NONE);
	else
		facts_login(facts, ok);
}

static void on_answer(struct ndmp *ndmp, struct facts *facts, const struct ndmp_message *m)
{
	struct bytes body = m->body;
	uint32_t error = m->error != 0 ? m->error : bytes_be32(&body);
	bool ok = error == 0;

	if (m->number != ndmp->asked)
		return;
	facts_command_result(facts, ndmp->handle, ok);
	if (m->number == CLIENT_AUTH)
		on_login_answer(ndmp, facts, ok);
	else if (error == NOT_AUTHORIZED)
		facts_set_auth(facts, AUTH_REQUIRED);
	else if (ok && m->number == SERVER_INFO)
		on_server_info(facts, body);
	if (ok && (ndmp->flags & COMMAND_LISTING))
		facts_set_data_read(facts, ANSWER_YES);
	if (ok && ndmp->flags != 0 && facts->logins_succeeded == 0 && !ndmp->holed)
		facts_set_auth(facts, AUTH_NONE);
	ndmp->asked = 0;
	ndmp->handle = -1;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ndmp *ndmp = state;
	struct frame *frame = &ndmp->frame[from];
	struct bytes input = fed->bytes, piece;

	ndmp->spoken = true;
	while (!frame->lost && frames_header(frame, &input, 4)) {
		struct bytes b = bytes_from(frame->header, 4);
		uint32_t size = bytes_be32(&b) & ~LAST_FRAGMENT;
		struct ndmp_message m = {.type = 0};

		frame->lost = size > LENGTH_MAX;
		if (frame->lost)
			break;
		if (!frame->expected)
			frames_expect(frame, size);
		if (!frames_body(frame, &input, &piece))
			break;
		b = bytes_from(frame->body, frame->kept);
		if (take_header(&b, &m) && m.type == 0 && from == SIDE_CLIENT)
			on_request(ndmp, facts, &m);
		else if (!b.failed && m.type == 1 && from == SIDE_SERVER)
			on_answer(ndmp, facts, &m);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ndmp *ndmp = state;

	ndmp->holed = true;
	if (!ndmp->spoken)
		facts_set_auth(facts, AUTH_UNKNOWN);
	else
		frames_gap(&ndmp->frame[from], missing);
}

const struct dissector ndmp_dissector = {
	.name = "ndmp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ndmp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"the server's notice that it is connected, or a call of a known message number",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
