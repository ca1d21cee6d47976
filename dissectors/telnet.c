/* SPDX-License-Identifier: ISC */
/*
 * Telnet (RFC 854): text, with negotiations in between that begin with 255:
 *
 *	255 251..254 option		WILL, WONT, DO, DONT
 *	255 250 option ... 255 240	their parameters
 *	255 anything else		a command of one byte
 *
 * The log-in is a talk between people: the server prompts for a name and a password, and then says
 * that it was incorrect, or shows a shell's prompt. What was typed at the password's prompt is
 * never looked at.
 */
#include "dissectors/dissector.h"

#include "dissectors/read/lines.h"

#define IAC	    255
#define SB	    250
#define SE	    240
#define WILL	    251
#define DONT	    254
#define OPTION_MAX  49 /* assigned by IANA, and 255 */
#define NEGOTIATED  2  /* options that make an opening */
#define SHELL_LINES 2  /* of the server behind one of the client: its echo, and something else */

static const uint16_t ports[] = {23, 2323, 0};

static const struct service services[] = {
	{
		.name = "telnet",
		.family = FAMILY_ADMIN,
		.about = "Telnet terminal",
		.identifier = "open-telnet",
		.ports = ports,
	},
};

/* Where the log-in stands. */
enum stage {
	NOTHING, /* neither prompt nor shell */
	ASKED_NAME,
	NAMED, /* and no password was asked for, so far */
	ASKED_PASSWORD,
	ANSWERED, /* a password was sent */
	IN,
	OUT_OF_SIGHT,
};

/* One direction: where in a negotiation it is. */
struct telnet_side {
	uint8_t command;	  /* the byte behind IAC; 0: none yet */
	bool escaped, parameters; /* behind IAC; between SB and SE */
	uint8_t length;		  /* of text */
	char text[LINE_KEPT];	  /* of the line at hand */
};

struct telnet {
	struct telnet_side client, server;
	uint8_t stage;
	uint8_t shell_lines;
	bool midstream, after_cr;
	bool typed; /* the client has said something in the shell */
};

_Static_assert(sizeof(struct telnet) <= DISSECTOR_STATE_MAX, "state of telnet");

/* Negotiated options in front of any text; RECOGNISED_NO if there are others than Telnet's. */
static enum recognised recognise_options(struct bytes b, size_t enough)
{
	size_t options = 0;

	while (b.left != 0 && b.at[0] == IAC && options < enough) {
		uint8_t command, option;

		bytes_skip(&b, 1);
		command = bytes_u8(&b);
		if (b.failed)
			break;
		if (command == SB) {
			while (b.left != 0 && !(b.at[0] == IAC && b.left > 1 && b.at[1] == SE))
				bytes_skip(&b, 1);
			bytes_skip(&b, 2);
			continue;
		}
		if (command < WILL || command > DONT)
			return RECOGNISED_NO;
		option = bytes_u8(&b);
		if (b.failed)
			break;
		if (option > OPTION_MAX && option != 255)
			return RECOGNISED_NO;
		options++;
	}
	if (options >= enough)
		return RECOGNISED_YES;
	return options == 0 && b.left != 0 && b.at[0] != IAC ? RECOGNISED_NO : RECOGNISED_MORE;
}

/* One option is not much; text behind it that asks for a name is. */
static bool asks_behind_option(struct bytes b)
{
	return recognise_options(b, 1) == RECOGNISED_YES &&
	       (lines_contain(&b, "login:") || lines_contain(&b, "username:") ||
		lines_contain(&b, "password:"));
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised result;

	if (server.left == 0) {
		if (!opening->one_sided || client.left == 0)
			return RECOGNISED_MORE;
		return recognise_options(client, NEGOTIATED);
	}
	result = recognise_options(server, NEGOTIATED);
	if (result == RECOGNISED_MORE &&
	    (asks_behind_option(server) || recognise_options(client, 1) == RECOGNISED_YES))
		return recognise_options(server, 1);
	return result;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

/* True if this byte is part of a negotiation. */
static bool take_negotiation(struct telnet_side *side, uint8_t c)
{
	if (!side->escaped) {
		side->escaped = c == IAC && side->command == 0;
		if (side->command != 0) { /* the option of WILL, WONT, DO, DONT */
			side->command = 0;
			return true;
		}
		return side->escaped || side->parameters;
	}
	side->escaped = false;
	if (c == SB)
		side->parameters = true;
	else if (c == SE)
		side->parameters = false;
	else if (c >= WILL && c <= DONT && !side->parameters)
		side->command = c;
	return true;
}

/* The text without the blanks around it. */
static struct bytes trimmed(const struct telnet_side *side)
{
	struct bytes text = bytes_from(side->text, side->length);

	while (text.left != 0 && text.at[0] <= ' ')
		bytes_skip(&text, 1);
	while (text.left != 0 && text.at[text.left - 1] <= ' ')
		text.left--;
	return text;
}

static bool ends_with(const struct bytes *text, const char *end)
{
	size_t length = strlen(end);
	struct bytes tail;

	if (text->left < length)
		return false;
	tail = bytes_from(text->at + text->left - length, length);
	return lines_equal(&tail, end);
}

static bool says_no(const struct bytes *text)
{
	static const char *const words[] = {
		"incorrect", "failed",	 "denied",	"invalid", "failure",
		"wrong",     "bad pass", "not correct", "illegal", "% authentication"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (lines_contain(text, words[i]))
			return true;
	}
	return false;
}

static void refuse(struct telnet *telnet, struct facts *facts)
{
	if (telnet->stage == ANSWERED)
		facts_login(facts, false);
	telnet->stage = NOTHING;
}

static void let_in(struct telnet *telnet, struct facts *facts)
{
	if (telnet->stage == ANSWERED)
		facts_login(facts, true);
	else if ((telnet->stage == NOTHING || telnet->stage == NAMED) && !telnet->midstream &&
		 facts->logins_failed == 0)
		facts_set_auth(facts, AUTH_NONE);
	else
		return;
	telnet->stage = IN;
}

/* What the line looks like so far: prompts end with no line feed. */
static void on_prompt(struct telnet *telnet, struct facts *facts)
{
	struct bytes text = trimmed(&telnet->server);

	if (telnet->stage == IN || text.left == 0)
		return;
	if (ends_with(&text, "login:") || ends_with(&text, "username:") ||
	    ends_with(&text, "user name:") || ends_with(&text, "user:")) {
		if (lines_contain(&text, "last login:"))
			return;
		refuse(telnet, facts);
		telnet->stage = ASKED_NAME;
	} else if (ends_with(&text, "password:") || ends_with(&text, "passcode:")) {
		refuse(telnet, facts);
		telnet->stage = ASKED_PASSWORD;
	} else {
		return;
	}
	if (facts->auth == AUTH_UNKNOWN || facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_REQUIRED);
}

/* A shell's prompt: "$", "#", ">" or "%" at the end of a line that goes no further. */
static bool is_shell_prompt(const struct telnet_side *side)
{
	struct bytes text = bytes_from(side->text, side->length);

	while (text.left != 0 && text.at[text.left - 1] == ' ')
		text.left--;
	return text.left != 0 && strchr("$#>%", text.at[text.left - 1]) != NULL &&
	       text.at[text.left - 1] != 0;
}

/* A prompt that is left standing while the client begins to type, or goes away. */
static void look_for_shell(struct telnet *telnet, struct facts *facts)
{
	bool waits =
		telnet->stage == ANSWERED || telnet->stage == NOTHING || telnet->stage == NAMED;

	if (waits && is_shell_prompt(&telnet->server))
		let_in(telnet, facts);
}

static void on_server_line(struct telnet *telnet, struct facts *facts)
{
	struct bytes text = trimmed(&telnet->server);

	telnet->server.length = 0;
	if (text.left == 0)
		return;
	if (telnet->stage == ANSWERED && says_no(&text))
		refuse(telnet, facts);
	else if (telnet->stage == ANSWERED && lines_start_with(&text, "last login"))
		let_in(telnet, facts);
	if (telnet->stage == IN && telnet->typed && telnet->shell_lines < SHELL_LINES &&
	    ++telnet->shell_lines == SHELL_LINES)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_client_line(struct telnet *telnet, struct facts *facts)
{
	struct bytes text;

	look_for_shell(telnet, facts);
	text = trimmed(&telnet->client);
	switch ((enum stage)telnet->stage) {
	case ASKED_NAME:
		if (text.left == 0)
			break;
		FACTS_TEXT(facts, user, text.at, text.left);
		telnet->stage = NAMED;
		break;
	case ASKED_PASSWORD:
		telnet->stage = ANSWERED;
		if (facts->auth == AUTH_REQUIRED)
			facts_set_auth(facts, AUTH_UNKNOWN);
		break;
	case IN:
		telnet->typed = true;
		telnet->shell_lines = 0;
		break;
	case NOTHING:
	case NAMED:
	case ANSWERED:
	case OUT_OF_SIGHT:
		break;
	}
	telnet->client.length = 0;
}

static void keep(struct telnet_side *side, uint8_t c)
{
	if (c == '\b' || c == 0x7f)
		side->length = (uint8_t)(side->length - (side->length != 0));
	else if (c >= ' ' && side->length < LINE_KEPT)
		side->text[side->length++] = (char)c;
}

/* A colon, or the blank behind one: more blanks tell nothing more. */
static bool ends_prompt(const struct telnet_side *side)
{
	size_t length = side->length;

	return length != 0 &&
	       (side->text[length - 1] == ':' ||
		(side->text[length - 1] == ' ' && length > 1 && side->text[length - 2] == ':'));
}

static void on_server_byte(struct telnet *telnet, struct facts *facts, uint8_t c)
{
	uint8_t before = telnet->server.length;

	if (c == '\n') {
		on_server_line(telnet, facts);
		return;
	}
	keep(&telnet->server, c);
	if (telnet->server.length != before && ends_prompt(&telnet->server))
		on_prompt(telnet, facts);
}

/* CR LF, CR NUL, CR or LF end a line. A password is not even kept. */
static void on_client_byte(struct telnet *telnet, struct facts *facts, uint8_t c)
{
	bool rest = telnet->after_cr && (c == '\n' || c == '\0');

	telnet->after_cr = c == '\r';
	if (rest)
		return;
	if (c == '\r' || c == '\n') {
		on_client_line(telnet, facts);
		return;
	}
	if (telnet->client.length == 0)
		look_for_shell(telnet, facts);
	if (telnet->stage != ASKED_PASSWORD)
		keep(&telnet->client, c);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	const uint8_t *bytes = fed->bytes.at;
	size_t length = fed->bytes.left;
	struct telnet *telnet = state;
	struct telnet_side *side = from == SIDE_CLIENT ? &telnet->client : &telnet->server;

	for (size_t i = 0; i < length; i++) {
		if (take_negotiation(side, bytes[i]))
			continue;
		if (from == SIDE_CLIENT)
			on_client_byte(telnet, facts, bytes[i]);
		else
			on_server_byte(telnet, facts, bytes[i]);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct telnet *telnet = state;

	(void)from;
	(void)missing;
	telnet->midstream = true;
	if (facts->auth == AUTH_REQUIRED)
		facts_set_auth(facts, AUTH_UNKNOWN);
	telnet->client = telnet->server = (struct telnet_side){.length = 0};
	telnet->stage = telnet->stage == IN ? IN : OUT_OF_SIGHT;
}

/* The last thing was a shell's prompt, and the client has gone. */
static void end(void *state, struct facts *facts)
{
	look_for_shell(state, facts);
}

const struct dissector telnet_dissector = {
	.name = "telnet",
	.transports = OVER_TCP,
	.state_size = sizeof(struct telnet),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "negotiation of options, or a log-in prompt after it",
	.reads = READS_AUTH | READS_USER | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
	.end = end,
};
