/* SPDX-License-Identifier: ISC */
/*
 * What every session must stand: the same conversation cut anywhere gives the same facts;
 * cut short, with any byte changed, or with pieces missing, it neither reads outside of its bytes
 * nor claims what the whole conversation did not show. On top of dissect.h; for tests only.
 */
#ifndef TESTS_UNIT_CONVERSATION_H
#define TESTS_UNIT_CONVERSATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/dissect.h"

#define CONVERSATION_TURNS 40
#define COUNT(array)	   (sizeof(array) / sizeof *(array))

/* A conversation put together from messages; what one side says in a row is one turn. */
struct script {
	struct turn turns[CONVERSATION_TURNS];
	size_t count, used;
	uint8_t bytes[8192];
};

static inline void script_put(struct script *script, enum side from, const void *bytes,
			      size_t length)
{
	uint8_t *at = script->bytes + script->used;

	assert_true(script->used + length <= sizeof script->bytes);
	memcpy(at, bytes, length);
	script->used += length;
	if (script->count == 0 || script->turns[script->count - 1].from != from) {
		assert_true(script->count < CONVERSATION_TURNS);
		script->turns[script->count++] = (struct turn){.from = from, .bytes = at};
	}
	script->turns[script->count - 1].length += length;
}

/* Facts without what may differ between two ways to the same knowledge. */
static inline struct facts conversation_facts(const struct dissector *d, const struct turn *turns,
					      size_t count, size_t chunk)
{
	struct facts facts = {.service = NULL};

	dissect_session(d, turns, count, chunk, &facts);
	facts.revision = 0;
	return facts;
}

static inline void conversation_same(const struct facts *a, const struct facts *b)
{
	assert_ptr_equal(a->service, b->service);
	assert_int_equal(a->auth, b->auth);
	assert_int_equal(a->encryption, b->encryption);
	assert_int_equal(a->data_read, b->data_read);
	assert_int_equal(a->logins_failed, b->logins_failed);
	assert_int_equal(a->logins_succeeded, b->logins_succeeded);
	assert_int_equal(a->commands_seen, b->commands_seen);
	assert_string_equal(a->product, b->product);
	assert_string_equal(a->version, b->version);
	assert_string_equal(a->user, b->user);
	assert_string_equal(a->mechanism, b->mechanism);
	assert_int_equal(a->command_count, b->command_count);
	for (size_t i = 0; i < a->command_count; i++) {
		assert_string_equal(a->commands[i].text, b->commands[i].text);
		assert_int_equal(a->commands[i].accepted, b->commands[i].accepted);
		assert_int_equal(a->commands[i].flags, b->commands[i].flags);
	}
}

/* Recogniser and session, in pieces of every small size, and with one cut at every place. */
static inline void conversation_splits(const struct dissector *d, const struct turn *turns,
				       size_t count)
{
	struct facts whole = conversation_facts(d, turns, count, 0);
	struct turn cut[CONVERSATION_TURNS + 1];

	assert_true(count <= CONVERSATION_TURNS);
	for (size_t chunk = 1; chunk <= 9; chunk++) {
		struct facts facts = conversation_facts(d, turns, count, chunk);

		conversation_same(&whole, &facts);
		assert_int_equal(dissect_verdict(d, OVER_TCP, turns, count, chunk), RECOGNISED_YES);
	}
	for (size_t t = 0; t < count; t++) {
		for (size_t at = 1; turns[t].bytes != NULL && at < turns[t].length; at++) {
			struct facts facts;

			memcpy(cut, turns, t * sizeof *turns);
			cut[t] = (struct turn){turns[t].from, turns[t].bytes, at};
			cut[t + 1] =
				(struct turn){turns[t].from, (const uint8_t *)turns[t].bytes + at,
					      turns[t].length - at};
			memcpy(cut + t + 2, turns + t + 1, (count - t - 1) * sizeof *turns);
			facts = conversation_facts(d, cut, count + 1, 0);
			conversation_same(&whole, &facts);
		}
	}
}

/* The conversation ends at every byte; every byte is changed. Nothing but the sanitizer looks. */
static inline void conversation_damage(const struct dissector *d, const struct turn *turns,
				       size_t count)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
	struct turn changed[CONVERSATION_TURNS];

	for (size_t t = 0; t < count; t++) {
		memcpy(changed, turns, count * sizeof *turns);
		for (size_t at = 0; turns[t].bytes != NULL && at < turns[t].length; at++) {
			uint8_t *copy = dissect_copy(turns[t].bytes, turns[t].length);

			changed[t] = (struct turn){turns[t].from, copy, at};
			conversation_facts(d, changed, t + 1, 0);
			dissect_verdict(d, OVER_TCP, changed, t + 1, 0);
			changed[t].length = turns[t].length;
			for (size_t m = 0; m < COUNT(masks); m++) {
				copy[at] ^= masks[m];
				conversation_facts(d, changed, count, m % 2);
				dissect_verdict(d, OVER_TCP, changed, count, 0);
				copy[at] ^= masks[m];
			}
			free(copy);
		}
	}
}

/* Is every command that was accepted here accepted in the whole conversation as well? */
static inline void conversation_claims_no_more(const struct facts *facts, const struct facts *whole)
{
	assert_true(facts->logins_succeeded <= whole->logins_succeeded);
	/* That nobody had to log in is not said where a log-in may lie in the hole. */
	if (whole->auth == AUTH_SUCCEEDED || whole->auth == AUTH_FAILED)
		assert_int_not_equal(facts->auth, AUTH_NONE);
	for (size_t i = 0; i < facts->command_count; i++) {
		bool known = facts->commands[i].accepted != ANSWER_YES;

		for (size_t k = 0; k < whole->command_count && !known; k++)
			known = strcmp(facts->commands[i].text, whole->commands[k].text) == 0 &&
				whole->commands[k].accepted == ANSWER_YES;
		assert_true(known);
	}
}

/* A turn, or its second half, was not seen; how much that was is known, or it is not. */
static inline void conversation_gaps(const struct dissector *d, const struct turn *turns,
				     size_t count)
{
	struct facts whole = conversation_facts(d, turns, count, 0);
	struct turn holed[CONVERSATION_TURNS + 1];

	for (size_t t = 0; t < count; t++) {
		for (size_t kept = 0; kept < turns[t].length; kept++) {
			size_t missing = turns[t].length - kept;
			struct facts facts;

			memcpy(holed, turns, t * sizeof *turns);
			holed[t] = (struct turn){turns[t].from, turns[t].bytes, kept};
			holed[t + 1] = (struct turn){turns[t].from, NULL, missing};
			memcpy(holed + t + 2, turns + t + 1, (count - t - 1) * sizeof *turns);
			facts = conversation_facts(d, holed, count + 1, 0);
			conversation_claims_no_more(&facts, &whole);
			holed[t + 1].length = 0;
			facts = conversation_facts(d, holed, count + 1, 0);
			conversation_claims_no_more(&facts, &whole);
		}
	}
}

static inline void conversation_stands(const struct dissector *d, const struct turn *turns,
				       size_t count)
{
	conversation_splits(d, turns, count);
	conversation_damage(d, turns, count);
	conversation_gaps(d, turns, count);
}

/* A whole conversation: it is recognised as `service`, and stands. */
static inline struct facts conversation_read(const struct dissector *d, const struct turn *turns,
					     size_t count, const char *service)
{
	struct facts facts;

	assert_true(dissect(d, turns, count, 0, &facts));
	assert_string_equal(facts.service->name, service);
	conversation_stands(d, turns, count);
	return facts;
}

/* The one command of this text; fails if there is none. */
static inline const struct command *conversation_command(const struct facts *facts,
							 const char *text)
{
	for (size_t i = 0; i < facts->command_count; i++) {
		if (strcmp(facts->commands[i].text, text) == 0)
			return &facts->commands[i];
	}
	fail_msg("no command %s", text);
	return NULL;
}

static inline void conversation_has(const struct facts *facts, const char *text,
				    enum answer accepted, unsigned flags)
{
	const struct command *command = conversation_command(facts, text);

	assert_int_equal(command->accepted, accepted);
	assert_int_equal(command->flags, flags);
}

/* A secret is nowhere in the facts. */
static inline void conversation_lacks(const struct facts *facts, const char *secret)
{
	assert_null(memmem(facts, sizeof *facts, secret, strlen(secret)));
}

#endif
