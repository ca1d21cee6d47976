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
	*head = (struct http_head){.carries = head->carries, .client = head->client};
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

	x->current.command =
		facts_command(&told, head->command, strlen(head->command), head->flags);
	http_request_header(x, &told, name, value);
	if (told.command_count > 1) /* the header says that it is another */
		told.commands[0] = told.commands[1];
	note(head, &told);
}

void http_head_line(struct http_head *head, struct http_exchange *x, struct facts *facts,
		    const char *method, struct bytes target, bool cut)
{
	if (head->carries)
		keep_line(head, x, method, target, cut);
	else
		http_request_line(x, facts, method, target, cut);
}

void http_head_header(struct http_head *head, struct http_exchange *x, struct facts *facts,
		      const char *name, struct bytes value)
{
	if (head->carries)
		keep_header(head, x, name, value);
	else
		http_request_header(x, facts, name, value);
}

void http_head_end(struct http_head *head, struct http_exchange *x, struct facts *facts)
{
	head->due = head->carries;
	if (head->carries)
		return;
	forwarded_claim(&head->forwarded.list, facts);
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
	x->current.client = head->client;
	http_request_end(x);
}

void http_head_take_turn(struct http_head *head, struct http_exchange *x, struct facts *facts,
			 const struct feed *fed)
{
	struct http_request *owner = http_response_owner(x);

	head->carries = fed->forwarded != NULL;
	head->client = fed->client;
	if (head->asked && owner)
		owner->client = head->client;
	head->asked = false;
	if (head->due)
		tell(head, x, facts);
	head->due = false;
}

bool http_head_must_wait(struct http_head *head, struct http_exchange *x, struct feed *fed)
{
	const struct http_request *owner = http_response_owner(x);

	if (!head->carries || !owner || owner->client == head->client)
		return false;
	fed->next = FEED_CLIENT;
	fed->wanted = owner->client;
	head->asked = true;
	return true;
}
