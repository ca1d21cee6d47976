/* SPDX-License-Identifier: ISC */
/*
 * Apple's file service over TCP: AFP in DSI messages.
 *
 *	flags:1 (0 request, 1 answer) command:1 id:2 error or offset:4 length:4 reserved:4 body
 *
 * DSI's own commands: 1 close, 2 command, 3 get status, 4 open session, 5 tickle, 6 write, 8
 * attention. The body of 2 and 6 begins with AFP's: 18 and 63 log in, 24 opens a volume, 27 and 60
 * read, 9, 66 and 68 list, 8 deletes. Apple Filing Protocol Programming Guide.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/banner.h"
#include "dissectors/read/walker.h"

#define HEADER	   16
#define LENGTH_MAX (1u << 26)
#define CONTINUES  (-5001) /* a log-in that takes more than one step */

enum {
	CLOSE = 1,
	COMMAND,
	STATUS,
	OPEN,
	TICKLE,
	WRITE,
	ATTENTION = 8,
};

enum {
	DELETE = 8,
	LOG_IN = 18,
	LOG_IN_MORE = 19,
	LOG_IN_LONG = 63,
};

static const uint16_t ports[] = {548, 0};

static const struct service services[] = {
	{
		.name = "afp",
		.family = FAMILY_STORAGE,
		.about = "Apple file sharing",
		.identifier = "accessible-afp",
		.ports = ports,
	},
};

struct afp_side {
	struct walker walker;
	uint32_t length, error; /* of the message at hand */
	uint16_t id;
	uint8_t flags, command;
};

struct afp {
	struct afp_side side[2];      /* by enum side */
	struct answers_table pending; /* kind: the command of AFP */
	bool guest, spoken, lost;
};

_Static_assert(sizeof(struct afp) <= DISSECTOR_STATE_MAX, "state of afp");

static const struct command_row {
	uint8_t number, flags;
	const char *name;
} commands[] = {
	{DELETE, COMMAND_DESTRUCTIVE, "FPDelete"},
	{9, COMMAND_LISTING, "FPEnumerate"},
	{66, COMMAND_LISTING, "FPEnumerateExt"},
	{68, COMMAND_LISTING, "FPEnumerateExt2"},
	{27, COMMAND_LISTING, "FPRead"},
	{60, COMMAND_LISTING, "FPReadExt"},
	{16, COMMAND_LISTING, "FPGetSrvrParms"},
	{24, 0, "FPOpenVol"},
	{33, 0, "FPWrite"},
	{61, 0, "FPWriteExt"},
	{LOG_IN, 0, "FPLogin"},
	{LOG_IN_LONG, 0, "FPLoginExt"},
};

static const struct banner_product products[] = {
	{"Netatalk", "Netatalk"}, {"TimeCapsule", "Time Capsule"}, {"AirPort", "AirPort"},
	{"Macmini", "macOS"},	  {"Macintosh", "Mac OS"},
};

static enum recognised recognise_side(struct bytes b, enum side side)
{
	uint8_t flags = bytes_u8(&b), command = bytes_u8(&b);
	uint16_t id = bytes_be16(&b);
	uint32_t error = bytes_be32(&b), length = bytes_be32(&b), reserved = bytes_be32(&b);

	if (flags > 1 || (command == 0 && b.left != 0) || command == 7 || command > ATTENTION)
		return RECOGNISED_NO;
	if (b.failed)
		return RECOGNISED_MORE;
	if (reserved != 0 || length > LENGTH_MAX)
		return RECOGNISED_NO;
	if (side == SIDE_SERVER && flags == 0) /* it only asks for attention, or is alive */
		return (command == TICKLE && length == 0) || (command == ATTENTION && length == 2)
			       ? RECOGNISED_MORE
			       : RECOGNISED_NO;
	if ((side == SIDE_SERVER) != (flags == 1))
		return RECOGNISED_NO;
	if (side == SIDE_SERVER) /* errors are -5000 and thereabouts */
		return error == 0 || error > UINT32_MAX - 6000 ? RECOGNISED_YES : RECOGNISED_NO;
	if (command == STATUS || command == OPEN)
		return error == 0 && length <= 64 && id < 16 ? RECOGNISED_YES : RECOGNISED_NO;
	return (command == COMMAND || command == WRITE) && length >= 2 ? RECOGNISED_YES
								       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client =
		client.left ? recognise_side(client, SIDE_CLIENT) : RECOGNISED_MORE;
	enum recognised of_server =
		server.left ? recognise_side(server, SIDE_SERVER) : RECOGNISED_MORE;

	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (of_client != RECOGNISED_YES || of_server != RECOGNISED_YES)
		return RECOGNISED_MORE;
	/* The answer repeats the number of the request, and what was asked. */
	return memcmp(client.at + 1, server.at + 1, 3) == 0 || opening->midstream ? RECOGNISED_YES
										  : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	struct afp *afp = state;

	for (int side = 0; side < 2; side++)
		walker_ask(&afp->side[side].walker, 0, 0, HEADER);
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "AFP");
}

/* A string with its length before it. */
static struct bytes take_string(struct bytes *b)
{
	return bytes_sub(b, bytes_u8(b));
}

/* FPLogin: version, method, and for most of them the user's name. */
static void on_log_in(struct afp *afp, struct facts *facts, struct bytes b, bool is_long)
{
	struct bytes method, user;

	bytes_skip(&b, is_long ? 4 : 1);
	take_string(&b);
	method = take_string(&b);
	if (b.failed)
		return;
	afp->guest = method.left == 15 && memcmp(method.at, "No User Authent", 15) == 0;
	FACTS_TEXT(facts, mechanism, method.at, method.left);
	user = take_string(&b);
	if (!is_long && !afp->guest && !user.failed && user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* The answer repeats the number and the command of DSI. */
static uint64_t number_of(const struct afp_side *side)
{
	return (uint64_t)side->command << 16 | side->id;
}

static void on_request(struct afp *afp, struct facts *facts, const struct afp_side *side,
		       struct bytes body)
{
	struct answers_numbered *pending = answers_put(&afp->pending, number_of(side), -1, 0);
	struct bytes b = body;

	if (side->command == STATUS)
		pending->handle = FACTS_COMMAND(facts, "DSIGetStatus", 0);
	if (side->command != COMMAND && side->command != WRITE)
		return;
	pending->kind = bytes_u8(&b);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct command_row *row = &commands[i];

		if (row->number == pending->kind)
			pending->handle =
				facts_command(facts, row->name, strlen(row->name), row->flags);
	}
	if (pending->kind == LOG_IN || pending->kind == LOG_IN_LONG)
		on_log_in(afp, facts, body, pending->kind == LOG_IN_LONG);
}

/* The server's description of itself: where its machine type is comes first. */
static void on_status(struct facts *facts, struct bytes body)
{
	struct bytes b = body;
	uint16_t offset = bytes_be16(&b);

	if (!bytes_skip(&body, offset))
		return;
	banner_product(take_string(&body), products, sizeof products / sizeof *products, facts);
}

static void on_log_in_answer(struct afp *afp, struct facts *facts, int32_t error)
{
	if (error == CONTINUES)
		return;
	if (afp->guest && error == 0)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else
		facts_login(facts, error == 0);
}

static void on_answer(struct afp *afp, struct facts *facts, const struct afp_side *side,
		      struct bytes body)
{
	int32_t error = (int32_t)side->error;
	struct answers_numbered row;

	if (!answers_take(&afp->pending, number_of(side), &row))
		return;
	facts_command_result(facts, row.handle, error == 0 || error == CONTINUES);
	if (side->command == STATUS && error == 0)
		on_status(facts, body);
	else if (row.kind == LOG_IN || row.kind == LOG_IN_LONG || row.kind == LOG_IN_MORE)
		on_log_in_answer(afp, facts, error);
	else if (side->command == COMMAND && error == 0 && side->length != 0)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_part(struct afp *afp, struct facts *facts, enum side from)
{
	struct afp_side *side = &afp->side[from];
	struct walker *w = &side->walker;
	struct bytes b = walker_bytes(w);

	if (w->step == 0) {
		side->flags = bytes_u8(&b);
		side->command = bytes_u8(&b);
		side->id = bytes_be16(&b);
		side->error = bytes_be32(&b);
		side->length = bytes_be32(&b);
		afp->lost |=
			side->flags > 1 || side->command > ATTENTION || side->length > LENGTH_MAX;
		walker_ask(w, 1, 0, side->length < WALKER_SCRATCH ? side->length : WALKER_SCRATCH);
		return;
	}
	if (from == SIDE_CLIENT && side->flags == 0)
		on_request(afp, facts, side, b);
	else if (from == SIDE_SERVER && side->flags == 1)
		on_answer(afp, facts, side, b);
	memset(w->scratch, 0, sizeof w->scratch); /* it may have been a password */
	walker_ask(w, 0, side->length - w->need, HEADER);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct afp *afp = state;
	struct bytes input = fed->bytes;

	afp->spoken = true;
	while (!afp->lost && walker_take(&afp->side[from].walker, &input))
		on_part(afp, facts, from);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct afp *afp = state;
	struct walker *w = &afp->side[from].walker;

	if (!afp->spoken)
		facts_set_auth(facts, AUTH_UNKNOWN);
	else if (missing != 0 && missing <= w->skip)
		w->skip -= missing;
	else
		afp->lost = true;
}

const struct dissector afp_dissector = {
	.name = "afp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct afp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a DSI header with a command, and the reply with its number",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
