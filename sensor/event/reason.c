/* SPDX-License-Identifier: ISC */
/* Sentences about exposures. Each begins with what is exposed, so that lists can be skimmed. */
#include "sensor/event/reason.h"

#include <inttypes.h>

#include "sensor/event/event_words.h"
#include "sensor/event/reason_text.h"

static void say_client(struct text *text, const struct exposure_view *x,
		       const struct reason_context *c)
{
	text_client(text, x, c->client_zone);
}

/* What a host of ours did that may not begin connections. */
static void say_outgoing(struct text *text, const struct exposure_view *x,
			 const struct reason_context *c)
{
	const struct service *service = services_get(c->services, x->service);

	if (x->level >= LEVEL_DATA_OUT) {
		text_say(text, " has sent ");
		text_bytes(text, x->bytes_out);
		text_say(text, " to ");
	} else {
		text_say(text, " connected to ");
	}
	if (service != NULL && x->identified_by > IDENTIFIED_PORT)
		text_say(text, "%s on ", service->name);
	if (x->server.port != 0)
		text_say(text, "port %u of ", x->server.port);
	say_client(text, x, c);
}

static void say_reachable(struct text *text, const struct exposure_view *x,
			  const struct reason_context *c)
{
	if (c->one_way)
		text_say(text, " takes datagrams from ");
	else if (transport_is_datagram(x->server.transport))
		text_say(text, " answered ");
	else
		text_say(text, " accepted a connection from ");
	say_client(text, x, c);
}

static void say_answered(struct text *text, const struct exposure_view *x,
			 const struct reason_context *c)
{
	text_say(text, " answered ");
	say_client(text, x, c);
	if (x->facts.auth == AUTH_REQUIRED) {
		text_say(text, " and asked for credentials");
	} else if (x->facts.auth == AUTH_FAILED) {
		text_say(text, ", ");
		text_count(text, x->logins_failed != 0 ? x->logins_failed : 1, "log-in");
		text_say(text, " failed");
	}
}

static void say_accessed(struct text *text, const struct exposure_view *x,
			 const struct reason_context *c)
{
	if (x->facts.auth == AUTH_NONE) {
		text_say(text, " served ");
		say_client(text, x, c);
		text_say(text, " without credentials");
		return;
	}
	if (x->facts.auth == AUTH_ANONYMOUS) {
		text_say(text, " let ");
		say_client(text, x, c);
		text_say(text, " in anonymously");
		return;
	}
	text_say(text, " accepted a log-in from ");
	say_client(text, x, c);
	if (x->facts.user[0] != '\0')
		text_say(text, " as %.32s", x->facts.user);
	if (c->campaign)
		text_say(text, " after %" PRIu64 " failed ones", x->logins_failed);
}

static void say_data_out(struct text *text, const struct exposure_view *x,
			 const struct reason_context *c)
{
	if (c->command != NULL || x->facts.directory_listing) {
		text_say(text, " gave ");
		say_client(text, x, c);
		if (c->command != NULL)
			text_say(text, " records: %s", c->command->text);
		else
			text_say(text, " a directory listing%s%.40s",
				 x->facts.path[0] != '\0' ? " of " : "", x->facts.path);
		return;
	}
	text_say(text, " has sent ");
	text_bytes(text, x->bytes_out);
	text_say(text, " to ");
	text_count(text, x->clients, "client");
	text_say(text, ", most recently ");
	say_client(text, x, c);
}

/* Of LEVEL_EXECUTED and LEVEL_DESTROYED. */
static void say_carried_out(struct text *text, const struct exposure_view *x,
			    const struct reason_context *c)
{
	const char *what = c->command != NULL		 ? c->command->text
			   : x->level == LEVEL_DESTROYED ? "a destructive command"
							 : "a command that runs code";

	if (c->command != NULL && c->command->accepted != ANSWER_YES)
		text_say(text, " was sent %s by ", what);
	else
		text_say(text, " carried out %s for ", what);
	say_client(text, x, c);
	if (c->command != NULL && c->command->accepted != ANSWER_YES)
		text_say(text, "; its answer was not seen");
}

static void say_reached(struct text *text, const struct exposure_view *x,
			const struct reason_context *c)
{
	if (x->server.outgoing) {
		say_outgoing(text, x, c);
		return;
	}
	switch ((enum level)x->level) {
	case LEVEL_DESTROYED:
	case LEVEL_EXECUTED:
		say_carried_out(text, x, c);
		return;
	case LEVEL_DATA_OUT:
		say_data_out(text, x, c);
		return;
	case LEVEL_ACCESSED:
		say_accessed(text, x, c);
		return;
	case LEVEL_ANSWERED:
		say_answered(text, x, c);
		return;
	case LEVEL_BLOCKED:
	case LEVEL_REFUSED:
	case LEVEL_REACHABLE:
		break;
	}
	say_reachable(text, x, c);
}

/* What was known of the wall before: a time, or nothing. */
static void say_wall(struct text *text, const struct exposure_view *x)
{
	if (x->changed_after_ns == 0)
		return;
	text_say(text, x->wall_was == LEVEL_REFUSED ? "; it still refused at "
						    : "; it was still filtered at ");
	text_instant(text, x->changed_after_ns);
}

/* Headers of one request that contradict each other: one of them the client wrote. */
static void say_contradiction(struct text *text, const struct exposure_view *x)
{
	struct address claimed = event_claimed(&x->facts);

	if (x->carrier.by == FORWARDED_NOT || x->facts.claims == 0)
		return;
	text_say(text, "; %s claims ", forwarded_by_name(x->facts.claimed_by));
	text_address(text, &claimed);
}

void reason_reached(char *reason, const struct exposure_view *x, const struct reason_context *c,
		    bool opened)
{
	struct text text = text_in(reason);

	text_subject(&text, x, c->services);
	if (x->server.port == 0 && opened)
		text_say(&text, ": so many are open that they are one exposure; the host");
	say_reached(&text, x, c);
	say_contradiction(&text, x);
	if (opened)
		say_wall(&text, x);
	if (opened && x->unlisted)
		text_say(&text, "; no rule covers it");
	if (x->contradicted_ns != 0)
		text_say(&text, "; two versions of the same bytes were sent to it");
	if (x->lying_length_ns != 0)
		text_say(&text, "; a frame whose stated size cannot be true was sent to it");
	if (c->unseen)
		text_say(&text,
			 "; by what the client alone acknowledges: answers of it are not seen");
	if (c->guess)
		text_say(&text, "; which side is the server is a guess");
}

void reason_reopened(char *reason, const struct exposure_view *x, const struct reason_context *c,
		     uint64_t was_closed_ns)
{
	struct text text = text_in(reason);

	text_subject(&text, x, c->services);
	text_say(&text, was_closed_ns != 0 ? " is open again: it" : " is an exposure again: it");
	say_reached(&text, x, c);
	if (was_closed_ns != 0) {
		text_say(&text, "; closed since ");
		text_instant(&text, was_closed_ns);
	}
}

void reason_known(char *reason, const struct exposure_view *x, const struct reason_context *c,
		  bool rule_applies)
{
	const struct service *service = services_get(c->services, x->service);
	struct text text = text_in(reason);

	if (rule_applies) {
		text_subject(&text, x, c->services);
		text_say(&text, " breaks rule %s, severity %s; level %s, latest client ", x->rule,
			 policy_severity_name(x->severity), level_name(x->level));
		say_client(&text, x, c);
		return;
	}
	if (x->server.outgoing) {
		text_subject(&text, x, c->services);
		say_outgoing(&text, x, c);
		return;
	}
	text_say(&text, "what answers ");
	say_client(&text, x, c);
	text_say(&text, " is ");
	text_subject(&text, x, c->services);
	if (service != NULL && x->identified_by > IDENTIFIED_NDPI_GUESS)
		text_say(&text, ": %s", service->about);
}

static void say_traffic(struct text *text, const struct exposure_view *x)
{
	text_count(text, x->flows, "conversation");
	text_say(text, " of ");
	text_count(text, x->clients, "client");
	text_say(text, ", ");
	text_bytes(text, x->bytes_out);
	text_say(text, " out");
	if (x->logins_failed != 0) {
		text_say(text, ", ");
		text_count(text, x->logins_failed, "failed log-in");
	}
}

static void say_probes(struct text *text, const struct exposure_view *x, uint64_t probes,
		       uint32_t sources)
{
	text_count(text, probes, "probe");
	text_say(text, " from ");
	text_count(text, sources, "source");
	text_say(text, x->probes_unanswered != 0 ? " met no answer" : " were refused");
}

static void say_closing(struct text *text, const struct exposure_view *x,
			const struct reason_context *c)
{
	text_say(text, " is closing: no new connection was accepted since ");
	text_instant(text, x->last_accept_ns);
	text_say(text, " (");
	say_probes(text, x, c->probes, c->probe_sources);
	text_say(text, "); ");
	text_count(text, x->live_flows, "conversation");
	text_say(text, " still talk%s", x->live_flows == 1 ? "s" : "");
}

void reason_summary(char *reason, const struct exposure_view *x, const struct reason_context *c)
{
	struct text text = text_in(reason);

	text_subject(&text, x, c->services);
	if (x->state == EXPOSURE_UNCONFIRMED) {
		text_say(&text, " has not answered since ");
		text_instant(&text, x->last_answer_ns);
		text_say(&text, ", but nothing proves it closed; ");
		say_traffic(&text, x);
		return;
	}
	if (x->state == EXPOSURE_CLOSING) {
		say_closing(&text, x, c);
		return;
	}
	if (x->state == EXPOSURE_MERGED) {
		text_say(&text, " is now part of the exposure of all ports of ");
		text_address(&text, &x->server.address);
		return;
	}
	if (x->state == EXPOSURE_CLOSED)
		text_say(&text, " is closed, and old conversations end: ");
	else
		text_say(&text, x->server.outgoing ? " still connects out: " : " is still open: ");
	say_traffic(&text, x);
	text_say(&text, " since ");
	text_instant(&text, x->opened_ns);
}

static void say_proof(struct text *text, const struct exposure_view *x, uint64_t probes,
		      uint32_t sources)
{
	text_say(text, " closed between ");
	text_instant(text, x->last_accept_ns);
	text_say(text, " and ");
	text_instant(text, x->closed_ns);
	text_say(text, ": ");
	say_probes(text, x, probes, sources);
	if (x->live_flows != 0)
		text_say(text, "; %" PRIu32 " old one%s not ended, and %s silent", x->live_flows,
			 x->live_flows == 1 ? " has" : "s have", x->live_flows == 1 ? "is" : "are");
}

static void say_silence(struct text *text, const struct exposure_view *x)
{
	text_say(text, " is likely closed: nobody was let in since ");
	text_instant(text, x->last_accept_ns);
	text_say(text,
		 "; by what came before, chance gives so long a silence once in %" PRIu64
		 " times, and blocked attempts cannot be seen from here",
		 x->close_odds);
}

void reason_closed(char *reason, const struct exposure_view *x, const struct reason_context *c,
		   uint64_t probes, uint32_t sources)
{
	struct text text = text_in(reason);

	text_subject(&text, x, c->services);
	switch ((enum close_reason)x->close_reason) {
	case CLOSE_PROBES:
		say_proof(&text, x, probes, sources);
		return;
	case CLOSE_COLLAPSED:
		text_say(&text, " is now part of the exposure of all ports of ");
		text_address(&text, &x->server.address);
		return;
	case CLOSE_POLICY:
		text_say(&text, " is no longer forbidden by the policy");
		return;
	case CLOSE_EVICTED:
		text_say(&text, " is no longer tracked: the table of exposures is full");
		return;
	case CLOSE_LIKELY:
		say_silence(&text, x);
		return;
	case CLOSE_NOT:
		break;
	}
}
