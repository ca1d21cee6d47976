/* SPDX-License-Identifier: ISC */
/* See http_head.h. */
#include "dissectors/http/http_head.h"

#define COPY(to, from)                                                                             \
	do {                                                                                       \
		if ((from)[0] != '\0')                                                             \
			memcpy((to), (from), sizeof(to));                                          \
	} while (0)

void http_head_begin(struct http_head *head)
{
	*head = (struct http_head){.due = false};
}

/* What was made of empty facts. */
static void note(struct http_head *head, const struct facts *told)
{
	if (told->command_count != 0) {
		COPY(head->command, told->commands[0].text);
		head->flags = told->commands[0].flags;
	}
	COPY(head->path, told->path);
	COPY(head->host, told->host);
	COPY(head->user, told->user);
	COPY(head->mechanism, told->mechanism);
}

static void keep_line(struct http_head *head, struct http_exchange *x, const char *method,
		      struct bytes target, bool cut)
{
	struct facts told = {.service = NULL};

	x->noted = 0;
	http_request_line(x, &told, method, target, cut);
	note(head, &told);
}

static void keep_header(struct http_head *head, struct http_exchange *x, const char *name,
			struct bytes value)
{
	struct facts told = {.service = NULL};

	http_request_header(x, &told, name, value);
	note(head, &told);
}

void http_head_line(struct http_head *head, struct http_exchange *x, struct facts *facts,
		    const char *method, struct bytes target, bool cut)
{
	if (facts->carried)
		keep_line(head, x, method, target, cut);
	else
		http_request_line(x, facts, method, target, cut);
}

void http_head_header(struct http_head *head, struct http_exchange *x, struct facts *facts,
		      const char *name, struct bytes value)
{
	if (facts->carried)
		keep_header(head, x, name, value);
	else
		http_request_header(x, facts, name, value);
}

void http_head_end(struct http_head *head, struct http_exchange *x, struct facts *facts)
{
	head->due = facts->carried;
	if (facts->carried)
		return;
	facts_forwarded(facts, &head->forwarded.list, 0);
	http_request_end(x);
}

/* The request that has just ended is told to the facts of its client. */
static void tell(const struct http_head *head, struct http_exchange *x, struct facts *facts)
{
	http_request_note(x, facts, head->command, head->flags);
	if (facts->path[0] == '\0')
		FACTS_TEXT(facts, path, head->path, strlen(head->path));
	if (facts->host[0] == '\0')
		FACTS_TEXT(facts, host, head->host, strlen(head->host));
	if (head->user[0] != '\0')
		FACTS_TEXT(facts, user, head->user, strlen(head->user));
	if (head->mechanism[0] != '\0')
		FACTS_TEXT(facts, mechanism, head->mechanism, strlen(head->mechanism));
	x->current.party = facts->party;
	http_request_end(x);
}

void http_head_take_turn(struct http_head *head, struct http_exchange *x, struct facts *facts)
{
	struct http_request *owner = http_response_owner(x);

	if (head->asked && owner)
		owner->party = facts->party;
	head->asked = false;
	if (head->due)
		tell(head, x, facts);
	head->due = false;
}

bool http_head_must_wait(struct http_head *head, struct http_exchange *x, struct facts *facts,
			 size_t unread)
{
	const struct http_request *owner = http_response_owner(x);

	if (!facts->carried || !owner || owner->party == facts->party)
		return false;
	facts->turn = TURN_PARTY;
	facts->turn_party = owner->party;
	facts->unread = (uint32_t)unread;
	head->asked = true;
	return true;
}
