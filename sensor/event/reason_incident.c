/* SPDX-License-Identifier: ISC */
/* Sentences about incidents: the group, how many of it, and when the change was made. */
#include <inttypes.h>

#include "sensor/event/reason_text.h"

static void say_change(struct text *text, const struct incident_view *i)
{
	if (!i->one_change) {
		text_say(text, "; not one change: the times do not fit together");
		return;
	}
	if (i->changed_after_ns == 0) {
		text_say(text, "; open since ");
		text_instant(text, i->changed_before_ns);
		text_say(text, " or earlier");
		return;
	}
	text_say(text, "; the wall fell between ");
	text_instant(text, i->changed_after_ns);
	text_say(text, " and ");
	text_instant(text, i->changed_before_ns);
}

static void say_ports(struct text *text, const struct incident_view *i)
{
	if (i->many_ports) {
		text_say(text, " on many ports");
		return;
	}
	for (unsigned at = 0; at < i->port_count; at++)
		text_say(text, "%s%u",
			 at != 0	      ? " "
			 : i->port_count == 1 ? " on port "
					      : " on ports ",
			 i->ports[at]);
}

/* What they have in common. */
static void say_kind(struct text *text, const struct incident_view *i)
{
	if (i->group[0] != '\0')
		text_say(text, "group %s", i->group);
	else if (i->unlisted)
		text_say(text, "what no rule speaks of");
	else
		text_say(text, "rule %s", i->rule);
}

/* Of many that have no group it is told how many, not which. */
static void say_crowd_opened(struct text *text, const struct incident_view *i)
{
	say_kind(text, i);
	text_say(text, ": ");
	text_count(text, i->unannounced_count, "endpoint");
	if (i->stormed)
		text_say(text,
			 i->unannounced_count == 1 ? " more is exposed" : " more are exposed");
	else
		text_say(text, i->unannounced_count == 1 ? " more accepts connections"
							 : " more accept connections");
	say_ports(text, i);
}

static void say_crowd(struct text *text, const struct incident_view *i)
{
	if (i->unannounced_count == 0)
		return;
	text_say(text, "; ");
	if (i->stormed) {
		text_say(text, "%" PRIu32 " of them too many to be announced one by one",
			 i->unannounced_count);
		return;
	}
	if (i->unannounced_count != i->member_count)
		text_say(text, "%" PRIu32 " of them merely ", i->unannounced_count);
	text_say(text, i->unannounced_count == 1 ? "accepts connections" : "accept connections");
	say_ports(text, i);
}

static void say_opened(struct text *text, const struct incident_view *i,
		       const struct exposure_view *latest, const struct reason_context *c)
{
	if (i->group[0] == '\0') {
		say_crowd_opened(text, i);
		return;
	}
	text_say(text, "group %s is exposed", i->group);
	if (latest != NULL) {
		text_say(text, ": ");
		text_endpoint(text, &latest->server);
		text_say(text, latest->server.outgoing		 ? " connected to "
			       : latest->level >= LEVEL_ANSWERED ? " answered "
								 : " let in ");
		text_client(text, latest, c->client_zone);
		if (c->unseen)
			text_say(text, " by its own word, answers are not seen");
	}
	say_crowd(text, i);
	say_change(text, i);
}

static void say_updated(struct text *text, const struct incident_view *i,
			const struct exposure_view *latest)
{
	say_kind(text, i);
	text_say(text, i->untracked_count != 0 ? ": about " : ": ");
	text_count(text, i->member_count, "endpoint");
	text_say(text, " exposed, %" PRIu32 " open, at most \"%s\"", i->open_count,
		 level_name(i->level));
	say_crowd(text, i);
	if (latest != NULL) {
		text_say(text, "; latest ");
		text_endpoint(text, &latest->server);
	}
	say_change(text, i);
}

static void say_closed(struct text *text, const struct incident_view *i,
		       const struct exposure_view *latest)
{
	say_kind(text, i);
	if (i->member_count == 0) {
		text_say(text, " is over: each is announced by itself now, or is part of another");
		return;
	}
	if (latest == NULL) {
		text_say(text, " is no longer tracked: the table of exposures is full");
		return;
	}
	if (latest->close_reason == CLOSE_POLICY) {
		text_say(text, " is no longer exposed: the policy permits what is open");
		return;
	}
	text_say(text, " is %s again: ",
		 latest->close_reason == CLOSE_LIKELY ? "likely closed" : "closed");
	if (i->member_count == 1)
		text_say(text, "its one exposed endpoint");
	else
		text_say(text, "all %" PRIu32 " exposed endpoints",
			 i->member_count - i->untracked_count);
	text_say(text, ", the last at ");
	text_instant(text, i->closed_ns);
	text_say(text, "; it was open for ");
	text_duration(text, i->closed_ns > i->opened_ns ? i->closed_ns - i->opened_ns : 0);
	if (i->untracked_count != 0)
		text_say(text, "; about %" PRIu32 " more were too many to be followed",
			 i->untracked_count);
}

void reason_incident(char *reason, enum event_kind kind, const struct incident_view *incident,
		     const struct exposure_view *latest, const struct reason_context *c)
{
	struct text text = text_in(reason);

	if (kind == EVENT_INCIDENT_OPENED)
		say_opened(&text, incident, latest, c);
	else if (kind == EVENT_INCIDENT_CLOSED)
		say_closed(&text, incident, latest);
	else
		say_updated(&text, incident, latest);
}
