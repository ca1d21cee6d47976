/* SPDX-License-Identifier: ISC */
/*
 * A conversation as a small machine: stages of TCP around the steps of a talk. Sequence numbers
 * count every byte, SYN and FIN; a receiver of bulk data acknowledges every second segment. On UDP
 * there are only the steps, each one datagram.
 */
#include "tools/generate/session.h"

#include <string.h>

#define SEGMENT_IPV4  1460U /* bytes of payload */
#define SEGMENT_IPV6  1440U
#define SEGMENT_NS    12000U /* between two segments of one side */
#define RECORD_HEADER 5U
#define WINDOW	      502
#define RETRY_NS      1000000000U
#define SCAN_GAP_NS   2000000U
#define ACK_EVERY     2U

static uint32_t segment_most(const struct session *session)
{
	return session->ipv6 ? SEGMENT_IPV6 : SEGMENT_IPV4;
}

static const struct step *present(const struct session *session)
{
	return &session->talk->steps[session->step];
}

static void send(struct session *session, enum from from, uint8_t flags, uint32_t length,
		 struct output *output)
{
	struct session_end *sender = &session->end[from];
	const struct session_end *receiver = &session->end[!from];
	const struct frame frame = {
		.ipv6 = session->ipv6,
		.transport = session->talk->transport,
		.flags = flags,
		.window = WINDOW,
		.seq = sender->seq,
		.ack = receiver->seq,
		.from = &sender->host,
		.to = &receiver->host,
		.from_port = sender->port,
		.to_port = receiver->port,
		.ip_id = (uint16_t)(sender->seq >> 4),
		.length = length,
	};
	uint8_t *room = output_room(output);

	output_frame(output, session->next_ns, frame_build(&frame, room));
	sender->seq += length + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
}

/* The next packet is `from` that side; the last one was from `before`. */
static void wait_for(struct session *session, enum from before, enum from from,
		     struct chance *chance)
{
	uint32_t base = before == from ? SEGMENT_NS : session->delay_ns[from];

	session->next_ns += base / 2 + chance_below(chance, base);
}

static uint8_t digit(const struct session *session, uint32_t offset)
{
	return (uint8_t)('0' + ((session->salt >> (offset % 15 * 4)) & 15) % 10);
}

static void copy_text(const struct session *session, const struct step *step, uint8_t *to,
		      uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		const uint32_t at = session->sent + i;

		to[i] = step->bytes[at] == '#' ? digit(session, at) : (uint8_t)step->bytes[at];
	}
}

static void copy_body(const struct session_body *body, struct chance *chance, uint8_t *to,
		      uint32_t length)
{
	const uint32_t most = (uint32_t)sizeof body->bytes - OUTPUT_FRAME_MAX;

	memcpy(to, body->bytes + chance_below(chance, most), length);
}

static void put_record_header(uint8_t *to, uint32_t length)
{
	to[0] = 0x17; /* application data */
	to[1] = to[2] = 3;
	to[3] = (uint8_t)(length >> 8);
	to[4] = (uint8_t)length;
}

/* One segment (or datagram) of the present step; returns its length. */
static uint32_t say(struct session *session, const struct session_body *body, struct chance *chance,
		    struct output *output)
{
	const struct step *step = present(session);
	const bool udp = session->talk->transport == TRANSPORT_UDP;
	const uint32_t most = segment_most(session);
	const uint32_t length = session->left < most ? session->left : most;
	const uint8_t flags = udp ? 0 : TCP_ACK | (length == session->left ? TCP_PSH : 0);
	uint8_t *payload = output_room(output) +
			   frame_payload_offset(session->ipv6, session->talk->transport, flags);

	if (step->kind == STEP_SAY)
		copy_text(session, step, payload, length);
	else
		copy_body(body, chance, payload, length);
	if (step->kind == STEP_RECORD)
		put_record_header(payload, length - RECORD_HEADER);
	send(session, step->from, flags, length, output);
	session->sent += length;
	session->left -= length;
	return length;
}

static void start_step(struct session *session, struct chance *chance)
{
	const struct step *step = present(session);

	session->sent = 0;
	session->left = step->length;
	if (step->kind != STEP_SAY)
		session->left = chance_between(chance, step->least, step->most);
	/* No segment may be too short for a record. */
	if (step->kind == STEP_RECORD && session->left % segment_most(session) <= RECORD_HEADER)
		session->left += RECORD_HEADER + 1;
	session->started_step = true;
}

/* Goes to the next step that says something, or to the end. */
static void advance(struct session *session, struct chance *chance)
{
	const struct step *step;

	session->started_step = false;
	session->step++;
	step = present(session);
	if (step->kind != STEP_AGAIN)
		return;
	if (!session->started_turns) {
		session->started_turns = true;
		session->turns = (uint16_t)chance_below(chance, step->most);
	}
	if (session->turns) {
		session->turns--;
		session->step = (uint16_t)step->least;
	} else {
		session->step++;
	}
}

static bool finish_talk(struct session *session, enum from last, struct chance *chance)
{
	if (session->talk->transport == TRANSPORT_UDP || session->manner == MANNER_LEFT)
		return false;
	session->stage = STAGE_FIN;
	wait_for(session, last, FROM_CLIENT, chance);
	return true;
}

static bool turn_talk(struct session *session, const struct session_body *body,
		      struct chance *chance, struct output *output)
{
	enum from from = present(session)->from;

	if (session->started_step && session->unacked >= ACK_EVERY && session->left) {
		send(session, !from, TCP_ACK, 0, output);
		session->unacked = 0;
		wait_for(session, from, from, chance);
		return true;
	}
	if (!session->started_step)
		start_step(session, chance);
	say(session, body, chance, output);
	if (session->talk->transport == TRANSPORT_TCP)
		session->unacked++;
	if (session->left) {
		wait_for(session, from, from, chance);
		return true;
	}
	advance(session, chance);
	if (present(session)->kind == STEP_END)
		return finish_talk(session, from, chance);
	if (present(session)->from != from)
		session->unacked = 0;
	wait_for(session, from, present(session)->from, chance);
	return true;
}

/* The next probe of a scan: another address, another of the usual ports. */
static void aim(struct session *session, struct chance *chance)
{
	static const uint16_t ports[] = {22,   23,   80,   443,	 445,  1433, 3306,
					 3389, 5432, 6379, 8080, 9200, 27017};
	struct session_end *target = &session->end[FROM_SERVER];
	uint8_t *tail = target->host.bytes + (session->ipv6 ? 14 : 2);

	if (session->manner == MANNER_SCAN_ANSWERED) {
		/* In no order, as fast scanners do; an odd factor reaches every address once. */
		const uint32_t number = (session->scan_from + session->left) * 40503U;

		tail[0] = (uint8_t)(number >> 8);
		tail[1] = (uint8_t)number;
	} else {
		tail[1] = (uint8_t)(tail[1] + 1);
		target->port = ports[chance_below(chance, sizeof ports / sizeof *ports)];
	}
	session->end[FROM_CLIENT].port = (uint16_t)chance_between(chance, 32768, 60999);
	session->end[FROM_CLIENT].seq = (uint32_t)chance_next(chance);
	target->seq = (uint32_t)chance_next(chance);
}

static bool turn_syn(struct session *session, struct chance *chance, struct output *output)
{
	if (session->manner == MANNER_SCAN || session->manner == MANNER_SCAN_ANSWERED)
		aim(session, chance);
	send(session, FROM_CLIENT, TCP_SYN, 0, output);
	switch (session->manner) {
	case MANNER_SILENCE:
		session->end[FROM_CLIENT].seq--;
		session->next_ns += RETRY_NS << (2 - session->left);
		return session->left-- > 0;
	case MANNER_SCAN:
		session->next_ns += SCAN_GAP_NS / 2 + chance_below(chance, SCAN_GAP_NS);
		return session->left-- > 0;
	default:
		session->stage = STAGE_SYNACK;
		wait_for(session, FROM_CLIENT, FROM_SERVER, chance);
		return true;
	}
}

/* The same endpoint always answers alike. */
static bool refuses(const struct session *session)
{
	const struct session_end *server = &session->end[FROM_SERVER];
	struct chance fixed = {(uint64_t)server->host.bytes[2] << 24 |
			       (uint64_t)server->host.bytes[3] << 16 | server->port};

	if (session->manner == MANNER_SCAN_ANSWERED)
		return chance_below(&fixed, 100) < session->refused;
	return session->manner == MANNER_REFUSED;
}

/* A scanner goes on with its next target. */
static bool scan_on(struct session *session)
{
	session->stage = STAGE_SYN;
	session->next_ns += SEGMENT_NS;
	return session->left-- > 0;
}

static bool turn_answer(struct session *session, struct chance *chance, struct output *output)
{
	if (refuses(session)) {
		session->end[FROM_SERVER].seq = 0;
		send(session, FROM_SERVER, TCP_RST | TCP_ACK, 0, output);
		return session->manner == MANNER_SCAN_ANSWERED && scan_on(session);
	}
	send(session, FROM_SERVER, TCP_SYN | TCP_ACK, 0, output);
	session->stage = STAGE_ACK;
	wait_for(session, FROM_SERVER, FROM_CLIENT, chance);
	return true;
}

static bool turn_accept(struct session *session, struct chance *chance, struct output *output)
{
	if (session->manner == MANNER_SCAN_ANSWERED) {
		send(session, FROM_CLIENT, TCP_RST, 0, output);
		return scan_on(session);
	}
	send(session, FROM_CLIENT, TCP_ACK, 0, output);
	session->stage = STAGE_TALK;
	wait_for(session, FROM_CLIENT, present(session)->from, chance);
	return true;
}

static bool turn_close(struct session *session, struct chance *chance, struct output *output)
{
	static const struct {
		enum from from;
		uint8_t flags;
	} closing[] = {
		{FROM_CLIENT, TCP_FIN | TCP_ACK},
		{FROM_SERVER, TCP_FIN | TCP_ACK},
		{FROM_CLIENT, TCP_ACK},
	};
	const enum from from = closing[session->stage - STAGE_FIN].from;

	send(session, from, closing[session->stage - STAGE_FIN].flags, 0, output);
	session->stage++;
	if (session->stage == STAGE_DONE)
		return false;
	wait_for(session, from, !from, chance);
	return true;
}

bool session_turn(struct session *session, const struct session_body *body, struct chance *chance,
		  struct output *output)
{
	switch (session->stage) {
	case STAGE_SYN:
		return turn_syn(session, chance, output);
	case STAGE_SYNACK:
		return turn_answer(session, chance, output);
	case STAGE_ACK:
		return turn_accept(session, chance, output);
	case STAGE_TALK:
		return turn_talk(session, body, chance, output);
	default:
		return turn_close(session, chance, output);
	}
}

/* Lines of words: neither compressible like zeros nor mistaken for a protocol's first bytes. */
void session_body_fill(struct session_body *body, struct chance *chance)
{
	for (size_t i = 0; i < sizeof body->bytes; i++) {
		const uint32_t which = chance_below(chance, 40);

		body->bytes[i] = which < 26   ? (uint8_t)('a' + which)
				 : which < 36 ? (uint8_t)('0' + which - 26)
				 : which < 39 ? ' '
					      : '\n';
	}
}
