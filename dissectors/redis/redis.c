/* SPDX-License-Identifier: ISC */
/*
 * Redis and what speaks its protocol (Valkey, KeyDB, Dragonfly, Kvrocks, Sentinel), told apart by
 * what the server says of itself: the answer to HELLO, lines of INFO. Commands are queued, replies
 * are matched to them in order, as the protocol promises. Out-of-band messages (RESP3
 * pushes, RESP2 messages of subscriptions) are told from replies by their type and first element.
 *
 * Before AUTH a server that has a password answers -NOAUTH to everything but AUTH, HELLO, QUIT and
 * RESET; but it says "unknown command" and "wrong number" first. So only a reply that is no error,
 * or an error that comes after that check, proves that it serves without credentials.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/resp.h"
#include "dissectors/read/turns.h"
#include "dissectors/redis/redis_commands.h"
#include "dissectors/redis/redis_recognise.h"

#define QUEUED_MAX 16

static const uint16_t ports[] = {6379, 26379, 16379, 6380, 0};

/* Rules for Redis are for all that speak its protocol. */
static const char *const protocol[] = {"redis", NULL};

enum { REDIS_ITSELF, VALKEY, KEYDB, DRAGONFLY, KVROCKS };

static const struct service services[] = {
	[REDIS_ITSELF] =
		{
			.name = "redis",
			.family = FAMILY_DATABASE,
			.met = true,
			.about = "Redis key-value store",
			.identifier = "open-redis",
			.ports = ports,
		},
	[VALKEY] =
		{
			.name = "valkey",
			.family = FAMILY_DATABASE,
			.about = "Valkey key-value store",
			.also = protocol,
			.identifier = "open-redis",
		},
	[KEYDB] =
		{
			.name = "keydb",
			.family = FAMILY_DATABASE,
			.about = "KeyDB key-value store",
			.also = protocol,
			.identifier = "open-redis",
		},
	[DRAGONFLY] =
		{
			.name = "dragonfly",
			.family = FAMILY_DATABASE,
			.about = "Dragonfly key-value store",
			.also = protocol,
			.identifier = "open-redis",
		},
	[KVROCKS] =
		{
			.name = "kvrocks",
			.family = FAMILY_DATABASE,
			.about = "Apache Kvrocks key-value store",
			.also = protocol,
			.identifier = "open-redis",
		},
};

/* By what INFO's lines, the server's name in HELLO, and its program are called. */
static const struct {
	const char *name, *version_line, *program, *product;
	uint8_t service;
} makers[] = {
	{"valkey", "valkey_version:", "valkey-server", "Valkey", VALKEY},
	{"keydb", "keydb_version:", "keydb-server", "KeyDB", KEYDB},
	{"dragonfly", "dragonfly_version:", "dragonfly", "Dragonfly", DRAGONFLY},
	{"kvrocks", "kvrocks_version:", "kvrocks", "Kvrocks", KVROCKS},
};

#define MAKERS (sizeof makers / sizeof *makers)

enum speech { /* CLIENT REPLY */
	      ANSWERS,
	      ANSWERS_NOT,
	      ANSWERS_NOT_NEXT,
};

struct redis {
	struct resp_command command;
	struct resp_reply reply;
	struct answers pending;
	uint8_t speech; /* enum speech */
	struct turns turns;
	bool midstream; /* a log-in may have gone unseen */
	bool logged_in;
	bool subscribed;
	bool streaming;	      /* replication or MONITOR: neither side is parsed any more */
	bool version_is_next; /* in the map that answers HELLO */
	bool name_is_next;
	bool has_product;
	bool file_set; /* where SAVE goes */
	/* Handles of what was queued since MULTI, and how many that were. */
	int queued[QUEUED_MAX];
	uint8_t queued_count;
};

_Static_assert(sizeof(struct redis) <= DISSECTOR_STATE_MAX, "state of redis");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* Who logs in; the password that comes with it is not looked at. */
static void note_user(const struct redis *redis, struct facts *facts, uint16_t kind)
{
	const struct resp_command *command = &redis->command;
	const char *user = NULL;

	if (kind == REDIS_AUTH && command->arguments > 2)
		user = command->words[1];
	else if (kind == REDIS_HELLO && command->arguments > 4 &&
		 redis_commands_word_is(command, 2, "AUTH"))
		user = command->words[3];
	if (user)
		FACTS_TEXT(facts, user, user, strlen(user));
}

static void on_command(struct redis *redis, struct facts *facts)
{
	const struct resp_command *command = &redis->command;
	struct bytes word = bytes_from(command->words[0], strlen(command->words[0]));
	const struct redis_command *known;
	char name[RESP_WORD_SIZE];
	uint8_t kind;
	int handle;

	lines_upper(name, sizeof name, &word);
	known = redis_commands_find(name);
	kind = known->kind;
	note_user(redis, facts, kind);
	if (kind == REDIS_HELLO && command->arguments > 2 &&
	    redis_commands_word_is(command, 2, "AUTH"))
		kind = REDIS_AUTH;
	handle = redis_commands_note(command, facts, known, redis->file_set);
	redis->file_set |= redis_commands_sets_file(command, known);
	redis->subscribed |= kind == REDIS_SUBSCRIBE;
	if (redis_commands_word_is(command, 0, "CLIENT") &&
	    redis_commands_word_is(command, 1, "REPLY")) {
		redis->speech = redis_commands_word_is(command, 2, "OFF")    ? ANSWERS_NOT
				: redis_commands_word_is(command, 2, "SKIP") ? ANSWERS_NOT_NEXT
									     : ANSWERS;
		if (redis->speech != ANSWERS)
			return;
	}
	if (redis->speech == ANSWERS)
		answers_add(&redis->pending, handle, kind);
	else if (redis->speech == ANSWERS_NOT_NEXT)
		redis->speech = ANSWERS;
}

static bool reply_starts(const struct resp_reply *reply, const char *text)
{
	return strncmp(reply->first, text, strlen(text)) == 0;
}

static void let_in(struct redis *redis, struct facts *facts)
{
	if (!redis->logged_in && !redis->midstream)
		facts_set_auth(facts, AUTH_NONE);
}

/* reply->first is the whole line but for its type: "NOAUTH Authentication required." */
static void on_error(struct redis *redis, struct facts *facts, uint16_t kind)
{
	static const char *const after_login[] = {"WRONGTYPE", "MOVED ",  "ASK ",      "READONLY",
						  "OOM ",      "MISCONF", "CROSSSLOT", "BUSYKEY"};
	const struct resp_reply *reply = &redis->reply;

	if (reply_starts(reply, "NOAUTH") || reply_starts(reply, "ERR operation not perm")) {
		if (!redis->logged_in)
			facts_set_auth(facts, AUTH_REQUIRED);
	} else if (reply_starts(reply, "DENIED")) {
		facts_set_auth(facts, AUTH_NA); /* protected mode: all are refused, none is asked */
	} else if (kind == REDIS_AUTH && (reply_starts(reply, "ERR Client sent AUTH") ||
					  reply_starts(reply, "ERR AUTH <password>"))) {
		let_in(redis, facts); /* there is no password to be asked for */
	} else if (kind == REDIS_AUTH && (reply_starts(reply, "WRONGPASS") ||
					  reply_starts(reply, "ERR invalid password"))) {
		facts_login(facts, false);
	}
	for (size_t i = 0; i < sizeof after_login / sizeof *after_login; i++) {
		if (reply_starts(reply, after_login[i]))
			let_in(redis, facts);
	}
}

static void on_success(struct redis *redis, struct facts *facts, uint16_t kind)
{
	bool holds_data = false;

	if (kind == REDIS_AUTH) {
		redis->logged_in = true;
		facts_login(facts, true);
	} else if (kind != REDIS_QUIET) {
		let_in(redis, facts);
	}
	if (kind == REDIS_DATA || kind == REDIS_CONFIG || kind == REDIS_DELETE ||
	    kind == REDIS_EXEC)
		holds_data = strchr("$*%~=", redis->reply.type) && !redis->reply.is_empty;
	else if (kind == REDIS_SCAN)
		holds_data = redis->reply.elements > 1;
	else if (kind == REDIS_STREAM)
		redis->streaming = true;
	if (holds_data || redis->streaming)
		facts_set_data_read(facts, ANSWER_YES);
}

/* A published message, or a push: not the reply to anything. */
static bool is_out_of_band(const struct redis *redis)
{
	static const char *const kinds[] = {"message",	   "pmessage",	   "smessage",
					    "subscribe",   "psubscribe",   "ssubscribe",
					    "unsubscribe", "punsubscribe", "sunsubscribe"};

	if (redis->reply.type == '>')
		return true;
	if (!redis->subscribed || redis->reply.type != '*')
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(redis->reply.first, kinds[i]) == 0)
			return true;
	}
	return false;
}

static bool is_message(const struct redis *redis)
{
	return reply_starts(&redis->reply, "message") || reply_starts(&redis->reply, "pmessage") ||
	       reply_starts(&redis->reply, "smessage");
}

static void queue(struct redis *redis, int handle)
{
	if (redis->queued_count < QUEUED_MAX)
		redis->queued[redis->queued_count++] = handle;
}

/* EXEC answers with the replies of all that was queued, or with nil; DISCARD, and errors: none. */
static void end_transaction(struct redis *redis, struct facts *facts, bool carried_out)
{
	for (unsigned i = 0; i < redis->queued_count; i++) {
		bool good = carried_out && !redis->reply.is_empty &&
			    (redis->reply.failed >> i & 1) == 0;

		facts_command_result(facts, redis->queued[i], good);
	}
	redis->queued_count = 0;
}

static void on_reply(struct redis *redis, struct facts *facts)
{
	const struct answers_row *next = answers_first(&redis->pending);
	struct answers_row row = {.handle = -1, .kind = REDIS_QUIET};
	uint8_t type = redis->reply.type;
	bool is_error = type == '-' || type == '!';

	if (!redis->has_product && !facts->product[0])
		FACTS_WORD(facts, product, "Redis");
	facts_set_data_read(facts, ANSWER_NO);
	if ((!next || next->kind != REDIS_SUBSCRIBE) && is_out_of_band(redis)) {
		if (is_message(redis))
			facts_set_data_read(facts, ANSWER_YES);
		return;
	}
	answers_next(&redis->pending, &row);
	if (is_error)
		on_error(redis, facts, row.kind);
	else
		on_success(redis, facts, row.kind);
	if (reply_starts(&redis->reply, "QUEUED"))
		queue(redis, row.handle);
	else
		facts_command_result(facts, row.handle, !is_error);
	if (row.kind == REDIS_EXEC || row.kind == REDIS_DISCARD)
		end_transaction(redis, facts, row.kind == REDIS_EXEC && !is_error);
}

static void note_maker(struct redis *redis, struct facts *facts, size_t maker)
{
	redis->has_product = true;
	facts_set_service(facts, &services[makers[maker].service]);
	FACTS_TEXT(facts, product, makers[maker].product, strlen(makers[maker].product));
}

/* "valkey_version:8.0.1", and Dragonfly's "df-v1.15.1"; false: the line is none of these. */
static bool on_maker_line(struct redis *redis, struct facts *facts, struct bytes text)
{
	for (size_t i = 0; i < MAKERS; i++) {
		bool names = bytes_start_with(&text, "server_name:") &&
			     lines_contain(&text, makers[i].name);
		bool runs = bytes_start_with(&text, "executable:") &&
			    lines_contain(&text, makers[i].program);

		if (names || runs) {
			note_maker(redis, facts, i);
			return true;
		}
		if (!bytes_start_with(&text, makers[i].version_line))
			continue;
		note_maker(redis, facts, i);
		bytes_skip(&text, strlen(makers[i].version_line));
		bytes_skip(&text, bytes_start_with(&text, "df-v") ? 4 : 0);
		FACTS_TEXT(facts, version, text.at, text.left);
		return true;
	}
	return false;
}

/* "redis_version:7.0.15", one line of INFO: others tell it, too, before their own. */
static void on_info_line(struct redis *redis, struct facts *facts)
{
	static const char key[] = "redis_version:";
	const struct line *line = &redis->reply.line;
	struct bytes text = bytes_from(line->text, line->length);

	if (on_maker_line(redis, facts, text) || redis->has_product ||
	    !bytes_start_with(&text, key))
		return;
	bytes_skip(&text, sizeof key - 1);
	FACTS_WORD(facts, product, "Redis");
	FACTS_TEXT(facts, version, text.at, text.left);
}

/* An element of the map that answers HELLO: "server" "valkey" "version" "8.0.1" ... */
static void on_hello_element(struct redis *redis, struct facts *facts)
{
	const struct line *line = &redis->reply.line;
	struct bytes text = bytes_from(line->text, line->length);

	for (size_t i = 0; redis->name_is_next && i < MAKERS; i++) {
		if (lines_equal(&text, makers[i].name))
			note_maker(redis, facts, i);
	}
	if (redis->version_is_next)
		FACTS_TEXT(facts, version, text.at, text.left);
	redis->name_is_next = lines_equal(&text, "server");
	redis->version_is_next = lines_equal(&text, "version");
}

static void on_server(struct redis *redis, struct facts *facts, struct bytes *input)
{
	while (!redis->streaming) {
		const struct answers_row *next = answers_first(&redis->pending);
		enum resp_event event;

		redis->reply.by_line = !next || next->kind == REDIS_INFO;
		event = resp_next_event(&redis->reply, input);
		if (event == RESP_MORE || event == RESP_BROKEN)
			return;
		if (event == RESP_REPLY)
			on_reply(redis, facts);
		else if (redis->reply.by_line)
			on_info_line(redis, facts);
		else if (next && (next->kind == REDIS_HELLO || next->kind == REDIS_AUTH))
			on_hello_element(redis, facts);
	}
}

/*
 * After a gap: when the client speaks again after the server, both are taken to be at the start
 * of a message. What does not parse then is lost until the next turn.
 */
static void resynchronise(struct redis *redis, const struct bytes *input)
{
	if (!redis->command.lost && !redis->reply.lost)
		return;
	if (redis->command.lost && input->at[0] != '*')
		return;
	if (redis->command.lost)
		redis->command = (struct resp_command){.phase = 0};
	redis->reply = (struct resp_reply){.type = 0};
	answers_clear(&redis->pending);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct redis *redis = state;
	struct bytes input = fed->bytes;

	if (fed->bytes.left == 0 || redis->streaming)
		return;
	if (turns_begin_round(&redis->turns, from))
		resynchronise(redis, &input);
	if (from == SIDE_SERVER) {
		on_server(redis, facts, &input);
		return;
	}
	while (resp_next_command(&redis->command, &input))
		on_command(redis, facts);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct redis *redis = state;
	uint64_t *left = from == SIDE_CLIENT ? &redis->command.bulk_left : &redis->reply.bulk_left;

	(void)facts;
	if (!turns_begun(&redis->turns))
		redis->midstream = redis->subscribed = true;
	if (!turns_begun(&redis->turns))
		return;
	redis->midstream |= !redis->logged_in;
	if (missing != 0 && missing < *left) {
		*left -= missing;
		if (from == SIDE_CLIENT)
			resp_spoil_word(&redis->command);
		return;
	}
	redis->subscribed |= from == SIDE_CLIENT; /* for all that is known */
	redis->command.lost |= from == SIDE_CLIENT;
	redis->reply.lost |= from == SIDE_SERVER;
}

const struct dissector redis_dissector = {
	.name = "redis",
	.transports = OVER_TCP,
	.state_size = sizeof(struct redis),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a command of RESP or a line, and the reply; replies alone where they are "
		      "unmistakable",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct redis, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = redis_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
