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
	char key[DESK_KEY], at_key[DESK_KEY], cursor[24];
	bool loaded;
	enum phase phase;
	struct work work;
	struct subject subject, member;
	char members[SUBJECT_MEMBERS][24];
	uint32_t member_count;
	struct telling telling;
	struct body body;
	char url[SETTINGS_SECRET + 64];
	uint64_t sent_ms;  /* when what is under way was sent */
	uint64_t after_ms; /* nothing is sent before that */
	unsigned failures; /* without success in between */
	uint64_t told, given_up;
};

enum ask {
	ASK_NOTHING, /* the answer is of no interest, unless it is an error */
	ASK_SCAN,
	ASK_WRITE,
	ASK_DELETE,
	ASK_OWN,
	ASK_STATE,
	ASK_OPERATOR,
	ASK_SUBJECT,
	ASK_MEMBERS,
	ASK_PAGE,
	ASK_OPEN,
	ASK_MEMBER
};

#define OPEN_PAGE 40

/* What is open, page by page. */
struct open_walk {
	bool wanted;
	uint32_t set; /* 0: incidents */
	uint64_t at;
	char ids[OPEN_PAGE][24];
	uint32_t count; /* to be looked at */
};

/* An answer that is due. */
struct expected {
	enum ask ask;
	struct channel *channel;
	struct record *record; /* of WRITE, DELETE, STATE, OPERATOR */
	uint32_t index;	       /* of MEMBER, OPEN */
};

struct desk {
	struct desk_options options;
	struct place place;
	char prefix[DESK_KEY];
	struct channel *channels;
	uint32_t count;
	struct poster *poster;
	struct expected expected[DESK_ROUND + 80];
	uint32_t expected_first, expected_count;
	struct body scratch;
	struct open_walk open;
	uint64_t unrouted;
	bool stopping;
	struct loop_watch *alarm;
};

struct moment desk_moment(void);

/* desk_entry.c: one entry of the stream. */
bool desk_entry(void *context, const struct redis_answer *entry);

/* What a hash has of something that is open. */
void desk_found(struct desk *desk, const struct subject *subject, const char *id);

/* desk_open.c */
void desk_open_begin(struct desk *desk);
void desk_open_page(const struct desk *desk, char key[DESK_KEY], char from[24], char to[24]);
bool desk_open_incidents(const struct desk *desk);
void desk_open_ids(struct desk *desk, const struct redis_answer *answer);

/* desk_redis.c: what is asked of Redis, and the answers. */
#define DESK_STATE_FIELDS  8
#define DESK_MEMBER_FIELDS 10
extern const char *const desk_state_fields[DESK_STATE_FIELDS];
extern const char *const desk_member_fields[DESK_MEMBER_FIELDS];
int desk_commands(void *context, const struct commands *commands);
/* desk_answer.c */
void desk_take(struct desk *desk, const struct expected *expected,
	       const struct redis_answer *answer);
bool desk_answer(void *context, const struct redis_answer *answer);
void desk_lost(void *context);
void desk_anew(void *context);
void desk_missed(void *context);

/* desk_send.c: what is due becomes messages, and what becomes of those. */
void desk_work(struct channel *channel, const struct moment *moment); /* from PHASE_IDLE */
void desk_send(struct channel *channel, const struct moment *moment); /* from PHASE_READY */
bool desk_post(struct channel *channel, const struct telling *telling, post_done *done,
	       void *context);
enum verdict desk_verdict(struct channel *channel, const struct post_result *result, char *ref);

#endif
