/* SPDX-License-Identifier: ISC */
/* What a desk is made of; private to desk*.c. */
#ifndef TOOLS_NOTIFY_DESK_STATE_H
#define TOOLS_NOTIFY_DESK_STATE_H

#include "tools/notify/desk.h"
#include "tools/notify/plan.h"
#include "tools/notify/post.h"
#include "tools/notify/shapes.h"
#include "tools/notify/telling.h"

#define DESK_KEY     320
#define DESK_ROUND   100 /* commands to Redis at a time */
#define DESK_REFUSED 5	 /* times that one message may be refused, before it is given up */

enum phase { PHASE_IDLE, PHASE_LOOKING, PHASE_MEMBERS, PHASE_READY, PHASE_SENDING };

struct channel {
	struct desk *desk;
	const struct channel_settings *settings;
	const struct shape *shape;
	struct plan plan;
	char key[DESK_KEY], cursor[24];
	bool loaded;
	enum phase phase;
	struct work work;
	struct subject subject, member;
	char members[SUBJECT_MEMBERS][24];
	uint32_t member_count;
	struct telling telling;
	struct body body;
	char url[SETTINGS_SECRET + 64];
	uint64_t after_ms; /* nothing is sent before that */
	unsigned failures; /* without success in between */
	uint64_t told, given_up;
};

enum ask {
	ASK_SCAN,
	ASK_WRITE,
	ASK_DELETE,
	ASK_STATE,
	ASK_OPERATOR,
	ASK_SUBJECT,
	ASK_MEMBERS,
	ASK_MEMBER
};

/* An answer that is due. */
struct expected {
	enum ask ask;
	struct channel *channel;
	struct record *record; /* of WRITE, DELETE, STATE, OPERATOR */
	uint32_t index;	       /* of MEMBER */
};

struct desk {
	struct desk_options options;
	struct place place;
	char prefix[DESK_KEY];
	struct channel *channels;
	uint32_t count;
	struct poster *poster;
	struct expected expected[DESK_ROUND + 8];
	uint32_t expected_first, expected_count;
	struct body scratch;
	uint64_t unrouted;
	bool stopping, mute_known;
	struct loop_watch *alarm;
};

struct moment desk_moment(void);

/* desk_entry.c: one entry of the stream. */
bool desk_entry(void *context, const struct redis_answer *entry);

/* desk_redis.c: what is asked of Redis, and the answers. */
int desk_commands(void *context, const struct commands *commands);
bool desk_answer(void *context, const struct redis_answer *answer);
void desk_lost(void *context);
void desk_anew(void *context);

/* desk_send.c: what is due becomes messages, and what becomes of those. */
void desk_work(struct channel *channel, const struct moment *moment); /* from PHASE_IDLE */
void desk_send(struct channel *channel, const struct moment *moment); /* from PHASE_READY */
bool desk_post(struct channel *channel, const struct telling *telling, post_done *done,
	       void *context);
enum verdict desk_verdict(struct channel *channel, const struct post_result *result, char *ref);

#endif
