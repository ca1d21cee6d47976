/* SPDX-License-Identifier: ISC */
/*
 * The forms that a message may have, and what the other end's answer means. Text of attackers is
 * only ever letters: in places that know no markup, or made harmless for the markup that there is;
 * addresses in it are no links.
 */
#ifndef TOOLS_NOTIFY_SHAPES_H
#define TOOLS_NOTIFY_SHAPES_H

#include "tools/notify/body.h"
#include "tools/notify/telling.h"

enum verdict {
	VERDICT_TOLD,
	VERDICT_LATER,	 /* trouble that may pass */
	VERDICT_REFUSED, /* this message will not be taken, others may be */
	VERDICT_BLOCKED, /* none will be until somebody changes something */
};

struct shape {
	void (*write)(const struct telling *telling, struct body *body);
	/* After a status of 2xx; NULL: that is enough. May fill `ref`, RECORD_REF bytes. */
	enum verdict (*read)(const char *answer, char *ref);
	const char *content_type;
	const char *path;  /* behind the address; "" */
	bool opens_first;  /* what is over already is opened, and closed by a second message */
	bool keeps_thread; /* `ref` is the first message's `delivery` */
};

const struct shape *shape_of(const struct channel_settings *channel);

/* By the status of an answer to HTTP. */
enum verdict shape_http_status(long status);
/* By the code of a server of SMTP; 0: there was none. */
enum verdict shape_smtp_status(long status);

/* For chats: what their clients would make a link of is none. Returns `to`. */
const char *shape_plain(char *to, size_t size, const char *from);
/* For PagerDuty and Alertmanager: what tells messages about the same apart from others. */
void shape_key(const struct telling *telling, char *to, size_t size);

void shape_webhook(const struct telling *telling, struct body *body);
void shape_slack(const struct telling *telling, struct body *body);
void shape_mattermost(const struct telling *telling, struct body *body);
void shape_teams(const struct telling *telling, struct body *body);
void shape_pagerduty(const struct telling *telling, struct body *body);
void shape_alertmanager(const struct telling *telling, struct body *body);
void shape_mail(const struct telling *telling, struct body *body);

enum verdict shape_read_slack(const char *answer, char *ref);
enum verdict shape_read_mattermost(const char *answer, char *ref);

#endif
