/* SPDX-License-Identifier: ISC */
/*
 * See mongodb_session.h. The first element of a request's document is its command; an answer is
 * told from the elements of its own, and belongs to the request that it names.
 */
#include "dissectors/mongodb/mongodb_session.h"

#include "dissectors/mongodb/mongodb_commands.h"
#include "dissectors/read/lines.h"

#define CODE_UNAUTHORIZED 13
#define CODE_AUTH_FAILED  18
#define CODE_INVALID_BSON 22
#define FLAG_MORE_TO_COME (1u << 1) /* and so the server does not answer yet */

static bool is_readable(const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name < '!' || *name > '~')
			return false;
	}
	return true;
}

/* Filters and pipelines may hold JavaScript for the server; documents to be stored may not. */
static bool may_run(const char *name)
{
	static const char *const names[] = {"find",   "aggregate", "count",	   "distinct",
					    "delete", "update",	   "findAndModify"};
	struct bytes word = bytes_from(name, strlen(name));

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (lines_equal(&word, names[i]))
			return true;
	}
	return false;
}

static void on_command_name(struct mongodb *mongo, struct facts *facts, const char *name)
{
	const struct mongodb_command *row = mongodb_commands_find(name);

	mongo->kind = row->kind;
	mongo->handle = -1;
	mongo->empty_filter = false;
	mongo->deletes = strcmp(name, "delete") == 0;
	mongo->may_run = may_run(name);
	if (name[0] != '\0' && !row->silent && is_readable(name))
		mongo->handle = facts_command(facts, name, strlen(name), row->flags);
}

/* {delete: ..., deletes: [{q: {}, limit: 0}]}: everything. True: what is in it comes next. */
static bool on_delete_element(struct mongodb *mongo, struct bson *bson, struct facts *facts)
{
	if (bson_named(bson, "deletes") || (bson->depth == 2 && bson->type == BSON_DOCUMENT)) {
		bson_enter(bson);
		return true;
	}
	if (bson_named(bson, "q"))
		mongo->empty_filter = bson->type == BSON_DOCUMENT && bson->length == 5;
	else if (bson_named(bson, "limit") && mongo->empty_filter && bson_number(bson) == 0)
		mongo->handle = FACTS_COMMAND(facts, "delete", COMMAND_DESTRUCTIVE);
	return false;
}

/* {find: ..., filter: {$where: "..."}}, and the same at any depth. */
static void on_expression(struct mongodb *mongo, struct bson *bson, struct facts *facts)
{
	static const char *const names[] = {"$where", "$function", "$accumulator"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (bson_named(bson, names[i])) {
			mongo->handle = facts_command(facts, names[i], strlen(names[i]),
						      COMMAND_LISTING | COMMAND_EXECUTES);
			return;
		}
	}
	if (bson->length > 5 && !bson_named(bson, "lsid") && !bson_named(bson, "$clusterTime"))
		bson_enter(bson);
}

void mongodb_session_asked(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts)
{
	struct bson *bson = &s->bson;

	if (bson->depth == 1 && bson->type == BSON_DOCUMENT && s->header.opcode == MONGODB_QUERY &&
	    !s->noted && (bson_named(bson, "$query") || bson_named(bson, "query"))) {
		bson_enter(bson);
		return;
	}
	if (!s->noted && s->command && !s->sequence) {
		s->noted = true;
		on_command_name(mongo, facts, bson->name);
		return;
	}
	if (mongo->kind == MONGODB_ASKS_LOGIN || mongo->kind == MONGODB_ASKS_LOGIN_WHOLE ||
	    (mongo->kind == MONGODB_ASKS_GREETING && bson->depth == 2))
		mongodb_commands_login(bson, facts);
	if (mongo->kind == MONGODB_ASKS_GREETING && bson_named(bson, "speculativeAuthenticate"))
		bson_enter(bson);
	if (mongo->deletes && on_delete_element(mongo, bson, facts))
		return;
	if (mongo->may_run)
		on_expression(mongo, bson, facts);
}

void mongodb_session_told(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts)
{
	struct bson *bson = &s->bson;
	struct bytes value = bson_value(bson);
	bool filled = bson->type == BSON_ARRAY && bson->length > 5;

	if (bson->depth == 2) {
		mongo->data |=
			filled && (bson_named(bson, "firstBatch") || bson_named(bson, "nextBatch"));
		return;
	}
	if (bson_named(bson, "ok")) {
		mongo->has_ok = true;
		mongo->ok = bson_number(bson) == 1;
	} else if (bson_named(bson, "code")) {
		mongo->code = (int32_t)bson_number(bson);
	} else if (bson_named(bson, "errmsg") && mongo->answer_kind == MONGODB_ASKS_LIE) {
		mongo->leaks |= memmem(value.at, value.left, "name '", 6) != NULL;
	} else if (bson_named(bson, "done")) {
		mongo->done = bson_number(bson) != 0;
	} else if (bson_named(bson, "cursor")) {
		bson_enter(bson);
	} else if (bson_named(bson, "databases") || bson_named(bson, "values") ||
		   bson_named(bson, "users")) {
		mongo->data |= filled;
	} else if (bson_named(bson, "version") && mongo->answer_kind == MONGODB_ASKS_BUILD &&
		   bson->type == BSON_STRING) {
		FACTS_TEXT(facts, version, value.at, value.left);
	} else if (bson_named(bson, "$err") && bson->type == BSON_STRING) {
		mongo->has_ok = true;
		mongo->ok = false;
	}
}

static void on_login_answer(struct mongodb *mongo, struct facts *facts)
{
	if (!mongo->ok) {
		facts_login(facts, false);
	} else if (mongo->done || mongo->answer_kind == MONGODB_ASKS_LOGIN_WHOLE) {
		facts_login(facts, true);
		mongo->logged_in = true;
	}
}

void mongodb_session_end_answer(struct mongodb *mongo, struct facts *facts)
{
	bool records = mongo->answer_kind == MONGODB_ASKS_QUERY;
	bool good = mongo->has_ok ? mongo->ok : records;

	facts_set_data_read(facts, ANSWER_NO);
	if (!mongo->has_ok && !records)
		return;
	if (mongo->data && good)
		facts_set_data_read(facts, ANSWER_YES);
	facts_command_result(facts, mongo->answer_handle, good);
	switch ((enum mongodb_kind)mongo->answer_kind) {
	case MONGODB_ASKS_GREETING:
		if (facts->auth == AUTH_UNKNOWN && !mongo->midstream)
			facts_set_auth(facts, AUTH_NA);
		break;
	case MONGODB_ASKS_LOGIN:
	case MONGODB_ASKS_LOGIN_WHOLE:
		on_login_answer(mongo, facts);
		return;
	case MONGODB_ASKS_QUERY:
	case MONGODB_ASKS_GUARDED:
		if (good && !mongo->logged_in && !mongo->midstream)
			facts_set_auth(facts, AUTH_NONE);
		break;
	case MONGODB_ASKS_LIE: /* the error quotes what it took for a name */
		if (!good && (mongo->leaks || mongo->code == CODE_INVALID_BSON))
			facts_leak(facts, "OP_COMPRESSED over-read");
		break;
	default:
		break;
	}
	if (!good && mongo->code == CODE_UNAUTHORIZED && !mongo->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!good && mongo->code == CODE_AUTH_FAILED)
		facts_login(facts, false);
}

void mongodb_session_begin_answer(struct mongodb *mongo, uint32_t response_to)
{
	struct answers_numbered row = {.handle = -1, .kind = MONGODB_ASKS_NONE};

	answers_take(&mongo->pending, response_to, &row);
	mongo->answer_kind = (uint8_t)row.kind;
	mongo->answer_handle = row.handle;
	mongo->has_ok = mongo->ok = mongo->done = mongo->data = mongo->leaks = false;
	mongo->code = 0;
}

void mongodb_session_end_request(struct mongodb *mongo, const struct mongodb_stream *s)
{
	bool answered = s->header.opcode == MONGODB_QUERY || s->header.opcode == MONGODB_GET_MORE ||
			(s->header.opcode == MONGODB_MESSAGE && !(s->flags & FLAG_MORE_TO_COME));

	if (answered && mongo->kind != MONGODB_ASKS_NONE)
		answers_put(&mongo->pending, s->header.request, mongo->handle, mongo->kind);
}
