/* SPDX-License-Identifier: ISC */
/*
 * AJP 1.3, between a web server and Tomcat or JBoss (tomcat.apache.org, "AJPv13"). Packets:
 *
 *	client  12 34  u16 length  2 method  protocol  path  four more texts and numbers  headers
 *	        12 34  u16 length  u16 length - 2  some of a request's body
 *	        12 34  00 01  0a: are you there?
 *	server  'A' 'B'  u16 length  4 u16 status  text  headers; 3 body; 5 end; 6 go on; 9 yes
 *
 * A text is u16 length, bytes, NUL. Names of headers are texts, or numbers from a000 on.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/lines.h"

#define PACKET_MAX    65530
#define AUTHORIZATION 0xa005 /* of a request */
#define HEADERS_MAX   32

enum {
	FORWARD = 2,
	BODY = 3,
	HEADERS = 4,
	END = 5,
	GET_BODY = 6,
	SHUTDOWN = 7,
	PONG = 9,
	PING = 10,
};

static const uint16_t ports[] = {8009, 0};

static const struct service services[] = {
	{
		.name = "ajp",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "Tomcat's back door for web servers (AJP 1.3)",
		.ports = ports,
	},
};

struct ajp {
	struct frame side[2];
	int32_t handle; /* of the request that is answered next */
	uint16_t status;
	bool begun;
	bool proves, complete; /* the request brought credentials; all of its headers were seen */
};

static const char *const methods[] = {NULL,    "OPTIONS", "GET",   "HEAD",     "POST",
				      "PUT",   "DELETE",  "TRACE", "PROPFIND", "PROPPATCH",
				      "MKCOL", "COPY",	  "MOVE",  "LOCK",     "UNLOCK"};

static struct bytes take_text(struct bytes *b)
{
	uint16_t length = bytes_be16(b);
	struct bytes text = {.at = NULL};

	if (length == 0xffff)
		return text;
	text = bytes_sub(b, length);
	bytes_skip(b, 1);
	return text;
}

/* Is it a request, not a piece of a body that looks like one? */
static bool is_forward(struct bytes b)
{
	uint8_t type = bytes_u8(&b), method = bytes_u8(&b);
	uint16_t length = bytes_be16(&b);

	return type == FORWARD && method != 0 && method <= 27 && length >= 6 && length < 16 &&
	       bytes_start_with(&b, "HTTP/");
}

static enum recognised recognise_client(struct bytes b)
{
	uint16_t length;

	if (!bytes_agree_with(&b, "\x12\x34"))
		return RECOGNISED_NO;
	bytes_skip(&b, 2);
	if (b.left < 3)
		return RECOGNISED_MORE;
	length = bytes_be16(&b);
	if (b.at[0] == PING || b.at[0] == SHUTDOWN)
		return length == 1 ? RECOGNISED_YES : RECOGNISED_NO;
	if (b.left < 9)
		return b.at[0] == FORWARD ? RECOGNISED_MORE : RECOGNISED_NO;
	return is_forward(b) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint16_t length, status;
	uint8_t type;

	if (!bytes_agree_with(&b, "AB"))
		return RECOGNISED_NO;
	bytes_skip(&b, 2);
	if (b.left < 3)
		return RECOGNISED_MORE;
	length = bytes_be16(&b);
	type = bytes_u8(&b);
	if (type == PONG)
		return length == 1 ? RECOGNISED_YES : RECOGNISED_NO;
	if (type == GET_BODY)
		return length == 3 ? RECOGNISED_YES : RECOGNISED_NO;
	if (type != HEADERS || length < 8)
		return RECOGNISED_NO;
	if (b.left < 2)
		return RECOGNISED_MORE;
	status = bytes_be16(&b);
	return status >= 100 && status < 600 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);
	enum recognised server = recognise_server(opening->side[SIDE_SERVER]);

	return dissector_by_both(client, server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	struct ajp *ajp = state;

	ajp->handle = -1;
	facts_begin(facts, &services[0]);
}

/* Does a request bring credentials? Their value is not looked at. */
static void read_headers(struct ajp *ajp, struct facts *facts, struct bytes b)
{
	uint16_t count;

	take_text(&b); /* address, name, name of the server */
	take_text(&b);
	take_text(&b);
	bytes_skip(&b, 3);
	count = bytes_be16(&b);
	for (uint16_t i = 0; i < count && i < HEADERS_MAX && !b.failed; i++) {
		struct bytes at = b;
		uint16_t name = bytes_be16(&at);

		if (name < 0xa000)
			take_text(&b);
		else
			bytes_skip(&b, 2);
		take_text(&b);
		ajp->proves |= name == AUTHORIZATION;
	}
	ajp->complete = !b.failed && count <= HEADERS_MAX;
	if (ajp->proves)
		FACTS_WORD(facts, mechanism, "HTTP");
}

static void on_request(struct ajp *ajp, struct facts *facts)
{
	struct bytes b = bytes_from(ajp->side[SIDE_CLIENT].body, ajp->side[SIDE_CLIENT].kept), path;
	char text[FACTS_COMMAND_TEXT];
	const char *method;
	size_t length, n = 0;

	if (!is_forward(b))
		return;
	ajp->proves = ajp->complete = false;
	ajp->handle = -1;
	bytes_skip(&b, 1);
	n = bytes_u8(&b);
	method = n < sizeof methods / sizeof *methods ? methods[n] : "OTHER";
	take_text(&b);
	path = take_text(&b);
	if (b.failed)
		return;
	length = strlen(method);
	memcpy(text, method, length);
	text[length++] = ' ';
	for (n = 0; n < path.left && path.at[n] != '?' && length < sizeof text; n++)
		text[length++] = (char)path.at[n];
	ajp->handle = facts_command(facts, text, length,
				    strcmp(method, "DELETE") == 0 ? COMMAND_DESTRUCTIVE : 0);
	if (facts->path[0] == '\0')
		FACTS_TEXT(facts, path, path.at, n < path.left ? n : path.left);
	read_headers(ajp, facts, b);
}

/* "X-Powered-By: Servlet 2.5; JBoss-5.0/JBossWeb-2.1" */
static void find_product(struct facts *facts, struct bytes b)
{
	static const char name[] = "JBossWeb-";
	size_t n = 0;

	while (b.left != 0 && !bytes_start_with(&b, name))
		bytes_skip(&b, 1);
	if (!bytes_skip(&b, sizeof name - 1))
		return;
	while (n < b.left && ((b.at[n] >= '0' && b.at[n] <= '9') || b.at[n] == '.'))
		n++;
	FACTS_WORD(facts, product, "JBossWeb");
	FACTS_TEXT(facts, version, b.at, n);
}

static void on_status(struct ajp *ajp, struct facts *facts, uint16_t status)
{
	ajp->status = status;
	facts_command_result(facts, ajp->handle, status < 400);
	if (status == 401 && !ajp->proves)
		facts_set_auth(facts, ajp->complete ? AUTH_REQUIRED : AUTH_UNKNOWN);
	else if (status == 401)
		facts_login(facts, false);
	else if (status < 400 && ajp->proves)
		facts_login(facts, true);
	else if (status < 400)
		facts_set_auth(facts, ajp->complete ? AUTH_NONE : AUTH_UNKNOWN);
}

static void on_answer(struct ajp *ajp, struct facts *facts)
{
	const struct frame *frame = &ajp->side[SIDE_SERVER];
	struct bytes b = bytes_from(frame->body, frame->kept);
	uint16_t status;

	switch (bytes_u8(&b)) {
	case HEADERS:
		status = bytes_be16(&b);
		if (!b.failed)
			on_status(ajp, facts, status);
		find_product(facts, b);
		break;
	case BODY:
		if (bytes_be16(&b) != 0 && ajp->status >= 200 && ajp->status < 300)
			facts_set_data_read(facts, ANSWER_YES);
		break;
	case END:
		ajp->handle = -1;
		ajp->status = 0;
		break;
	default:
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ajp *ajp = state;
	struct frame *frame = &ajp->side[from];
	struct bytes input = fed->bytes, piece;

	ajp->begun = true;
	while (!frame->lost && frames_header(frame, &input, 4)) {
		const char *magic = from == SIDE_CLIENT ? "\x12\x34" : "AB";
		struct bytes header = bytes_from(frame->header, 4);

		if (!frame->expected && memcmp(bytes_take(&header, 2), magic, 2) != 0) {
			frame->lost = true;
			return;
		}
		if (!frame->expected)
			frames_expect(frame, bytes_be16(&header));
		if (!frames_body(frame, &input, &piece))
			return;
		if (from == SIDE_CLIENT)
			on_request(ajp, facts);
		else
			on_answer(ajp, facts);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ajp *ajp = state;

	(void)facts;
	ajp->handle = -1; /* whose answer comes next is not known */
	ajp->status = 0;
	ajp->complete = false;
	if (ajp->begun)
		frames_gap(&ajp->side[from], missing);
}

const struct dissector ajp_dissector = {
	.name = "ajp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ajp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"a packet 12 34 of the web server, or AB of the container, with a length that fits",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_MECHANISM | READS_COMMANDS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
