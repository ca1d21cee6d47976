/* SPDX-License-Identifier: ISC */
/*
 * AMQP 0-9-1 (RabbitMQ): the client says "AMQP" 0 0 9 1, then both send frames
 *
 *	type:1 channel:2 length:4 payload ce		type 1: a method, class:2 method:2 arguments
 *	10.10 Start	major minor, table of properties, mechanisms, locales	server
 *	10.11 Start-Ok	table, mechanism (short text), response (long text), locale
 *	10.30 Tune	the log-in was accepted
 *	10.50 Close	code:2 (403: refused) text class:2 method:2
 *
 * AMQP 1.0 begins with "AMQP" 0 1 0 0, or 3 1 0 0 for its log-in, and goes on in amqp_1_0.c.
 * rabbitmq.com/amqp-0-9-1-reference.html
 */
#include "dissectors/amqp/amqp.h"

static const uint16_t ports[] = {5672, 5671, 0};

static const struct service services[] = {
	{
		.name = "amqp",
		.family = FAMILY_QUEUE,
		.about = "AMQP message broker (RabbitMQ)",
		.identifier = "accessible-amqp",
		.ports = ports,
	},
};

_Static_assert(sizeof(struct amqp) <= DISSECTOR_STATE_MAX, "state of amqp");

#define METHOD(class, method) ((class) << 8 | (method))

/* Methods of note; an answer follows where `answer` is not 0. */
static const struct amqp_method {
	uint16_t id, answer;
	uint8_t flags;
	const char *name;
} methods[AMQP_METHODS] = {
	{METHOD(10, 11), METHOD(10, 30), 0, "Connection.StartOk"},
	{METHOD(10, 40), METHOD(10, 41), 0, "Connection.Open"},
	{METHOD(20, 10), METHOD(20, 11), 0, "Channel.Open"},
	{METHOD(40, 10), METHOD(40, 11), 0, "Exchange.Declare"},
	{METHOD(40, 20), METHOD(40, 21), COMMAND_DESTRUCTIVE, "Exchange.Delete"},
	{METHOD(50, 10), METHOD(50, 11), 0, "Queue.Declare"},
	{METHOD(50, 20), METHOD(50, 21), 0, "Queue.Bind"},
	{METHOD(50, 30), METHOD(50, 31), COMMAND_DESTRUCTIVE, "Queue.Purge"},
	{METHOD(50, 40), METHOD(50, 41), COMMAND_DESTRUCTIVE, "Queue.Delete"},
	{METHOD(60, 20), METHOD(60, 21), 0, "Basic.Consume"},
	{METHOD(60, 40), METHOD(60, 80), 0, "Basic.Publish"},
	{METHOD(60, 70), METHOD(60, 71), 0, "Basic.Get"},
};

static void begin(void *state, struct facts *facts)
{
	struct amqp *amqp = state;

	facts_begin(facts, &services[0]);
	for (int side = 0; side < 2; side++)
		walker_ask(&amqp->side[side].walker, STEP_HEADER, 0, 1);
}

static void on_protocol(struct amqp_side *s)
{
	struct bytes b = walker_bytes(&s->walker);

	if (memcmp(b.at, "MQP", 3) != 0) {
		s->walker.step = STEP_LOST;
	} else if (b.at[3] != 0 && b.at[4] == 1) { /* 1.0 behind SASL or TLS */
		s->is_1_0 = true;
		amqp_1_0_begin(s);
	} else if (b.at[3] == 0 && b.at[4] == 1 && b.at[5] == 0 && b.at[6] == 0) {
		s->is_1_0 = true;
		amqp_1_0_begin(s);
	} else {
		walker_ask(&s->walker, STEP_HEADER, 0, 1);
	}
}

static void on_frame(struct amqp_side *s)
{
	struct bytes b = walker_bytes(&s->walker);

	s->channel = bytes_be16(&b);
	s->left = bytes_be32(&b);
	if (s->type == 1 && s->left >= 4)
		amqp_ask(s, STEP_METHOD, 4);
	else
		amqp_next_frame(s);
}

/* The latest method of ours of this kind got an answer. */
static void on_result(struct amqp *amqp, struct facts *facts, uint16_t id, bool accepted)
{
	for (size_t i = 0; i < AMQP_METHODS; i++) {
		if (amqp->noted[i] && (accepted ? methods[i].answer : methods[i].id) == id)
			facts_command_result(facts, amqp->handles[i], accepted);
	}
}

static void on_client_method(struct amqp *amqp, struct facts *facts, uint16_t id)
{
	struct amqp_side *s = &amqp->side[SIDE_CLIENT];

	for (size_t i = 0; i < AMQP_METHODS; i++) {
		if (methods[i].id != id)
			continue;
		amqp->handles[i] = facts_command(facts, methods[i].name, strlen(methods[i].name),
						 methods[i].flags);
		amqp->noted[i] = true;
	}
	if (id == METHOD(10, 11)) {
		amqp->tried = true;
		facts_set_auth(facts, AUTH_UNKNOWN); /* until it is answered */
		amqp_ask(s, STEP_TABLE, 4);
	} else {
		amqp_next_frame(s);
	}
}

static void on_server_method(struct amqp *amqp, struct facts *facts, uint16_t id)
{
	struct amqp_side *s = &amqp->side[SIDE_SERVER];

	on_result(amqp, facts, id, true);
	switch (id) {
	case METHOD(10, 10):
		facts_set_auth(facts, AUTH_REQUIRED);
		amqp_ask(s, STEP_TABLE, 6);
		return;
	case METHOD(10, 30):
		amqp->tuned = true;
		if (amqp->tried && strcmp(facts->mechanism, "ANONYMOUS") == 0)
			facts_set_auth(facts, AUTH_ANONYMOUS);
		else if (amqp->tried || !amqp->midstream)
			facts_login(facts, true);
		break;
	case METHOD(10, 50):
	case METHOD(20, 40):
		s->closes_connection = id == METHOD(10, 50);
		amqp_ask(s, STEP_ARGUMENTS, s->left < WALKER_SCRATCH ? s->left : WALKER_SCRATCH);
		return;
	case METHOD(60, 60):
	case METHOD(60, 71):
		facts_set_data_read(facts, ANSWER_YES);
		break;
	default:
		break;
	}
	amqp_next_frame(s);
}

/* Close: why, and because of which method. */
static void on_close(struct amqp *amqp, struct facts *facts)
{
	struct amqp_side *s = &amqp->side[SIDE_SERVER];
	struct bytes b = walker_bytes(&s->walker);
	uint16_t code = bytes_be16(&b), class, method;

	bytes_skip(&b, bytes_u8(&b));
	class = bytes_be16(&b);
	method = bytes_be16(&b);
	if (s->closes_connection && code == 403 && amqp->tried && !amqp->tuned)
		facts_login(facts, false);
	if (!b.failed && class < 256 && method < 256)
		on_result(amqp, facts, (uint16_t)METHOD(class, method), false);
	amqp_next_frame(s);
}

static void on_response(struct amqp_side *s, struct facts *facts)
{
	struct bytes b = walker_bytes(&s->walker);

	if (strcmp(facts->mechanism, "AMQPLAIN") == 0) { /* a table: "LOGIN" S length text */
		while (b.left > 11 && !bytes_start_with(&b, "\5LOGINS"))
			bytes_skip(&b, 1);
		bytes_skip(&b, 7);
		b = bytes_sub(&b, bytes_be32(&b));
		if (!b.failed)
			FACTS_TEXT(facts, user, b.at, b.left);
	} else if (strcmp(facts->mechanism, "PLAIN") == 0) {
		amqp_note_plain(facts, b);
	}
	memset(s->walker.scratch, 0, sizeof s->walker.scratch);
	amqp_next_frame(s);
}

static void on_step(struct amqp *amqp, struct facts *facts, enum side from)
{
	struct amqp_side *s = &amqp->side[from];
	struct bytes b = walker_bytes(&s->walker);
	uint16_t class, method;
	uint32_t response;

	switch (s->walker.step) {
	case STEP_HEADER:
		s->type = b.at[0];
		if (s->type == 'A')
			walker_ask(&s->walker, STEP_PROTOCOL, 0, 7);
		else if (s->type >= 1 && s->type <= 8)
			walker_ask(&s->walker, STEP_FRAME, 0, 6);
		else
			s->walker.step = STEP_LOST;
		break;
	case STEP_PROTOCOL:
		on_protocol(s);
		break;
	case STEP_FRAME:
		on_frame(s);
		break;
	case STEP_METHOD:
		class = bytes_be16(&b);
		method = bytes_be16(&b);
		if (class > 255 || method > 255)
			amqp_next_frame(s);
		else if (from == SIDE_CLIENT)
			on_client_method(amqp, facts, (uint16_t)METHOD(class, method));
		else
			on_server_method(amqp, facts, (uint16_t)METHOD(class, method));
		break;
	case STEP_TABLE:
	case STEP_KEY:
	case STEP_LENGTH:
	case STEP_VALUE:
		amqp_properties_step(amqp, facts, from);
		break;
	case STEP_MECHANISM_LENGTH:
		amqp_ask(s, STEP_MECHANISM, b.at[0] + (size_t)4);
		break;
	case STEP_MECHANISM:
		FACTS_TEXT(facts, mechanism, b.at, b.left - 4);
		bytes_skip(&b, b.left - 4);
		response = bytes_be32(&b);
		amqp_ask(s, STEP_RESPONSE, response < WALKER_SCRATCH ? response : WALKER_SCRATCH);
		break;
	case STEP_RESPONSE:
		on_response(s, facts);
		break;
	default: /* STEP_ARGUMENTS */
		on_close(amqp, facts);
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct amqp *amqp = state;
	struct amqp_side *s = &amqp->side[from];
	struct bytes input = fed->bytes;

	amqp->started = true;
	while (s->walker.step != STEP_LOST && walker_take(&s->walker, &input)) {
		if (s->is_1_0)
			amqp_1_0_step(amqp, facts, from);
		else
			on_step(amqp, facts, from);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct amqp *amqp = state;
	struct walker *walker = &amqp->side[from].walker;

	if (!amqp->started) {
		amqp->midstream = true; /* a log-in may have gone unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
	} else if (missing != 0 && missing <= walker->skip) {
		walker->skip -= missing;
	} else {
		walker->step = STEP_LOST;
	}
}

const struct dissector amqp_dissector = {
	.name = "amqp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct amqp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"the protocol header, or Connection.Start; frames in the middle of a connection",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = amqp_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
