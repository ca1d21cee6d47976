/* SPDX-License-Identifier: ISC */
/*
 * RELP, rsyslog's reliable transport. Both sides send frames
 *
 *	number SP command SP length [ SP data ] LF		"1 open 85 relp_version=0\n..."
 *
 * and the server answers each with "number rsp length 200 OK". There is no log-in but TLS: a 200 to
 * "open" says that anybody may write. rsyslog.com/doc/relp.html
 */
#include "dissectors/dissector.h"

#define HEADER_MAX 40  /* bytes of number, command and length */
#define DATA_KEPT  240 /* bytes */
#define DATA_MAX   (16u << 20)

static const uint16_t ports[] = {2514, 20514, 0};

static const struct service services[] = {
	{
		.name = "relp",
		.family = FAMILY_LOGGING,
		.about = "RELP log collector (rsyslog)",
		.ports = ports,
	},
};

enum place {
	IN_NUMBER,
	IN_COMMAND,
	IN_LENGTH,
	IN_DATA,
	AT_END,
	LOST,
};

struct frame_reader {
	uint8_t place; /* enum place */
	uint8_t have;  /* bytes of `command` */
	bool holed;    /* some of the data was not seen */
	uint16_t kept; /* bytes of `data` */
	uint32_t length, left, number;
	char command[16];
	char data[DATA_KEPT];
};

struct relp {
	struct frame_reader side[2];
	uint32_t open_number;
	bool opens;  /* an "open" waits for its answer */
	int opening; /* handle of the command */
};

_Static_assert(sizeof(struct relp) <= DISSECTOR_STATE_MAX, "state of relp");

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static void take_header_byte(struct frame_reader *r, uint8_t c)
{
	switch (r->place) {
	case IN_NUMBER:
		if (is_digit(c) && r->number <= 99999999)
			r->number = r->number * 10 + (uint32_t)(c - '0');
		else
			r->place = c == ' ' ? IN_COMMAND : LOST;
		break;
	case IN_COMMAND:
		if (c >= 'a' && c <= 'z' && r->have < sizeof r->command - 1)
			r->command[r->have++] = (char)c;
		else
			r->place = c == ' ' && r->have != 0 ? IN_LENGTH : LOST;
		break;
	default: /* IN_LENGTH */
		if (is_digit(c) && r->length <= DATA_MAX) {
			r->length = r->length * 10 + (uint32_t)(c - '0');
			break;
		}
		r->left = r->length;
		if (c == ' ' && r->length != 0)
			r->place = IN_DATA;
		else if (r->length == 0 && (c == '\n' || c == ' '))
			r->place = AT_END;
		else
			r->place = LOST;
		break;
	}
}

static void take_data(struct frame_reader *r, struct bytes *in)
{
	size_t n = r->left < in->left ? r->left : in->left;
	size_t room = r->holed ? 0 : DATA_KEPT - (size_t)r->kept;
	struct bytes data = bytes_sub(in, n);

	if (room > n)
		room = n;
	memcpy(r->data + r->kept, data.at, room);
	r->kept = (uint16_t)(r->kept + room);
	r->left -= (uint32_t)n;
	if (r->left == 0)
		r->place = AT_END;
}

/* True when a whole frame has passed; its last LF is left to the next. */
static bool next_frame(struct frame_reader *r, struct bytes *in)
{
	if (r->place == AT_END)
		*r = (struct frame_reader){.place = IN_NUMBER};
	while (in->left != 0 && r->place != AT_END && r->place != LOST) {
		if (r->place == IN_DATA)
			take_data(r, in);
		else if (r->place == IN_NUMBER && r->number == 0 && in->at[0] == '\n')
			bytes_skip(in, 1);
		else
			take_header_byte(r, bytes_u8(in));
	}
	return r->place == AT_END;
}

/* "relp_software=librelp,1.10.0,http://..." */
static void note_software(const struct frame_reader *r, struct facts *facts)
{
	static const char key[] = "relp_software=";
	struct bytes text = bytes_from(r->data, r->kept), name;
	size_t length = 0;

	while (text.left != 0 && !bytes_start_with(&text, key))
		bytes_skip(&text, 1);
	if (!bytes_skip(&text, sizeof key - 1))
		return;
	name = text;
	while (length < text.left && text.at[length] != ',' && text.at[length] != '\n')
		length++;
	name.left = length;
	FACTS_TEXT(facts, product, name.at, name.left);
	if (!bytes_skip(&text, length + 1) || text.at[-1] != ',')
		return;
	for (length = 0; length < text.left && text.at[length] > ' ' && text.at[length] != ',';)
		length++;
	FACTS_TEXT(facts, version, text.at, length);
}

static void on_client(struct relp *relp, struct facts *facts)
{
	const struct frame_reader *r = &relp->side[SIDE_CLIENT];
	int handle = facts_command(facts, r->command, strlen(r->command), 0);

	if (strcmp(r->command, "open") != 0)
		return;
	relp->opens = true;
	relp->opening = handle;
	relp->open_number = r->number;
}

static void on_server(struct relp *relp, struct facts *facts)
{
	const struct frame_reader *r = &relp->side[SIDE_SERVER];
	struct bytes data = bytes_from(r->data, r->kept);
	bool accepted = bytes_start_with(&data, "200");

	if (strcmp(r->command, "rsp") != 0 || data.left < 3)
		return;
	if (accepted)
		facts_set_auth(facts, AUTH_NONE);
	if (relp->opens && r->number == relp->open_number) {
		facts_command_result(facts, relp->opening, accepted);
		relp->opens = false;
	}
	note_software(r, facts);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct relp *relp = state;
	struct bytes input = fed->bytes;

	while (next_frame(&relp->side[from], &input)) {
		if (from == SIDE_CLIENT)
			on_client(relp, facts);
		else
			on_server(relp, facts);
		if (input.left == 0)
			break;
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct relp *relp = state;
	struct frame_reader *r = &relp->side[from];

	(void)facts;
	if (r->place == AT_END || (r->place == IN_NUMBER && r->number == 0))
		return; /* between frames: what follows shows whether it still is */
	if (r->place == IN_DATA && missing != 0 && missing < r->left) {
		r->left -= (uint32_t)missing;
		r->holed = true;
		return;
	}
	r->place = LOST;
}

/* "12 syslog 60 ": YES when whole, with one of these commands. */
static enum recognised recognise_frame(struct bytes b, const char *const *commands)
{
	struct frame_reader r = {.place = IN_NUMBER};

	if (b.left != 0 && !is_digit(b.at[0]))
		return RECOGNISED_NO;
	for (size_t i = 0; b.left != 0 && r.place <= IN_LENGTH; i++) {
		if (i == HEADER_MAX)
			return RECOGNISED_NO;
		take_header_byte(&r, bytes_u8(&b));
	}
	if (r.place == LOST)
		return RECOGNISED_NO;
	if (r.place <= IN_LENGTH && r.place != IN_LENGTH)
		return RECOGNISED_MORE;
	for (; *commands; commands++) {
		if (strcmp(r.command, *commands) == 0)
			return r.place == IN_LENGTH ? RECOGNISED_MORE : RECOGNISED_YES;
	}
	return RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	static const char *const opens[] = {"open", NULL};
	static const char *const asks[] = {"open", "syslog", "close", NULL};
	static const char *const answers[] = {"rsp", "serverclose", NULL};
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client, of_server;

	of_client = recognise_frame(client, opening->midstream ? asks : opens);
	of_server = recognise_frame(server, answers);
	if (of_server == RECOGNISED_YES)
		return of_client != RECOGNISED_NO ? RECOGNISED_YES : RECOGNISED_NO;
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	return of_client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

const struct dissector relp_dissector = {
	.name = "relp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct relp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the open command with its offers, and the rsp to it",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
