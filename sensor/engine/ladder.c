/* SPDX-License-Identifier: ISC */
/*
 * From the facts of a flow to the rung of the ladder (spanwatch-events(7)). A refused command
 * raises nothing; one whose answer was never seen counts when the conversation is over, or when
 * the server's side is invisible.
 */
#include "sensor/engine/ladder.h"

/* Data from a client that began with a SYN: its stack has seen the SYN-ACK that we have not. */
static bool client_shows_handshake(const struct observation *o)
{
	return !transport_is_datagram(o->server.transport) && o->flow.direction >= DIRECTION_SYN;
}

static bool proves(const struct observation *o, bool inside)
{
	switch ((enum outcome)o->flow.outcome) {
	case OUTCOME_SYNACK_ONLY:
	case OUTCOME_ESTABLISHED:
	case OUTCOME_SERVER_ONLY:
	case OUTCOME_UDP_ANSWERED:
	case OUTCOME_UDP_RESPONSE_ONLY:
		return true;
	case OUTCOME_MIDSTREAM:
		return o->flow.server_payload || (o->flow.sight & SIGHT_SERVER) != 0 ||
		       client_shows_handshake(o);
	case OUTCOME_CLIENT_ONLY:
		return client_shows_handshake(o) || o->flow.acknowledged ||
		       (o->flow.one_way_service && inside);
	case OUTCOME_UDP_REQUEST_ONLY:
		return o->flow.one_way_service && inside;
	case OUTCOME_UNKNOWN:
	case OUTCOME_SYN_ONLY:
	case OUTCOME_REFUSED:
	case OUTCOME_RST_ONLY:
		break;
	}
	return false;
}

static bool counts(const struct flow_report *flow, const struct command *command)
{
	if (command->accepted == ANSWER_UNKNOWN && facts_command_weight(command->flags) != 0)
		return flow->last || flow->sight == SIGHT_CLIENT;
	return command->accepted == ANSWER_YES;
}

/* The first command with this flag that counts; an accepted one before one without an answer. */
static const struct command *find_command(const struct flow_report *flow, unsigned flag)
{
	const struct command *found = NULL;

	for (unsigned i = 0; i < flow->facts.command_count; i++) {
		const struct command *command = &flow->facts.commands[i];

		if (!(command->flags & flag) || !counts(flow, command))
			continue;
		if (found == NULL ||
		    (found->accepted == ANSWER_UNKNOWN && command->accepted == ANSWER_YES))
			found = command;
	}
	return found;
}

static enum level level_of(const struct flow_report *flow, const struct command **command)
{
	*command = find_command(flow, COMMAND_DESTRUCTIVE);
	if (*command != NULL)
		return LEVEL_DESTROYED;
	*command = find_command(flow, COMMAND_EXECUTES);
	if (*command != NULL)
		return LEVEL_EXECUTED;
	*command = find_command(flow, COMMAND_LISTING);
	if (*command != NULL || flow->facts.directory_listing)
		return LEVEL_DATA_OUT;
	if (flow->facts.auth >= AUTH_NONE)
		return LEVEL_ACCESSED;
	return flow->server_payload ? LEVEL_ANSWERED : LEVEL_REACHABLE;
}

/*
 * A conversation that was old when the capture met it may be older than the wall: only one whose
 * beginning was seen shows that new ones are let in.
 */
static bool is_fresh(const struct observation *o)
{
	return o->flow.first &&
	       (transport_is_datagram(o->server.transport) || o->flow.direction >= DIRECTION_SYN) &&
	       o->flow.outcome != OUTCOME_MIDSTREAM;
}

struct rung ladder_rung(const struct observation *o, bool inside)
{
	const struct flow_report *flow = &o->flow;
	struct rung e = {.level = LEVEL_BLOCKED, .answer_ns = o->ts_ns};

	if (flow->outcome == OUTCOME_REFUSED || flow->outcome == OUTCOME_RST_ONLY)
		e.level = LEVEL_REFUSED;
	e.proves = proves(o, inside);
	if (!e.proves)
		return e;
	e.level = level_of(flow, &e.command);
	e.fresh = is_fresh(o);
	e.answered = flow->first || flow->new_bytes_s2c != 0 ||
		     (flow->one_way_service && flow->new_bytes_c2s != 0);
	if (!flow->first && flow->start_ns != 0 && flow->start_ns < o->ts_ns)
		e.answer_ns = flow->start_ns;
	return e;
}
