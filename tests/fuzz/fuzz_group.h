/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a conversation for a group of dissectors: those whose first service is of one of the
 * group's families. The input:
 *
 *	le16 selector, u8 flags, then turns as in fuzz_dissect.h
 *
 * The selector names the dissector whose name's hash comes next, so that a kept input stays with
 * its dissector when others join. That one is tried alone (fuzz_dissect.h); then the conversation
 * goes through the sensor's own sessions, where every dissector of the table is asked, as packets:
 * whole turns, and pieces. The lowest four bits of the flags are the size of the pieces less one;
 * the others are below.
 */
#ifndef TESTS_FUZZ_FUZZ_GROUP_H
#define TESTS_FUZZ_FUZZ_GROUP_H

#include "sensor/session/session.h"
#include "tests/fuzz/fuzz_dissect.h"
#include "tests/unit/observed.h"

#define FUZZ_GUESSED   0x10 /* the roles are only a guess */
#define FUZZ_MIDSTREAM 0x20
#define FUZZ_DATAGRAMS 0x40 /* of a dissector for both transports */

/* FNV-1a, folded. */
static inline uint16_t fuzz_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (uint8_t)*name++) * 16777619u;
	return (uint16_t)(hash ^ hash >> 16);
}

static inline const struct dissector *fuzz_choose(unsigned families, uint16_t selector)
{
	const struct dissector *chosen = NULL;
	uint16_t nearest = UINT16_MAX;

	for (size_t i = 0; i < dissector_count; i++) {
		uint16_t distance = (uint16_t)(fuzz_hash(dissectors[i]->name) - selector);

		if ((families & 1u << dissectors[i]->services[0].family) && distance <= nearest) {
			nearest = distance;
			chosen = dissectors[i];
		}
	}
	return chosen;
}

/* One conversation on its way through the sessions. */
struct fuzz_talk {
	struct sessions *sessions;
	struct flow flow;
	uint32_t at[2]; /* by side, as it is now */
	bool turned;	/* the sides of the input are the other way round by now */
	bool udp;
};

static inline void fuzz_send(struct fuzz_talk *talk, enum side from, const uint8_t *bytes,
			     size_t length)
{
	enum side side = talk->turned ? (enum side) !from : from;
	uint8_t *copy = dissect_copy(bytes, length);
	struct packet packet = {
		.kind = talk->udp ? PACKET_UDP : PACKET_TCP,
		.payload = copy,
		.payload_length = (uint32_t)length,
		.payload_wire = (uint32_t)length,
		.sequence = talk->at[from],
		.acknowledgement = talk->at[!from],
		.tcp_flags = TCP_ACK,
	};

	sessions_packet(talk->sessions, &talk->flow, side, &packet);
	free(copy);
	talk->at[from] += (uint32_t)length;
	if (sessions_get(talk->sessions, &talk->flow)->swapped) {
		sessions_swap(talk->sessions, &talk->flow);
		talk->flow.direction = DIRECTION_PAYLOAD;
		talk->turned = !talk->turned;
	}
}

static inline void fuzz_talk(struct sessions *sessions, const struct turn *turns, size_t count,
			     bool udp, uint8_t flags, size_t chunk, struct facts *facts)
{
	struct fuzz_talk talk = {
		.sessions = sessions,
		.flow = {.session = FLOW_NO_SESSION,
			 .key = {.transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP},
			 .direction = flags & FUZZ_GUESSED ? DIRECTION_GUESS : DIRECTION_SYN,
			 .midstream = (flags & FUZZ_MIDSTREAM) != 0},
		.udp = udp,
	};
	const struct session *session = sessions_open(sessions, &talk.flow);

	sessions_start(sessions, &talk.flow, SIDE_CLIENT, 0);
	sessions_start(sessions, &talk.flow, SIDE_SERVER, 0);
	for (size_t i = 0; i < count; i++) {
		size_t step = chunk == 0 || udp ? turns[i].length : chunk;
		const uint8_t *bytes = turns[i].bytes;

		if (bytes == NULL) {
			talk.at[turns[i].from] += (uint32_t)turns[i].length;
			continue;
		}
		for (size_t at = 0; at < turns[i].length; at += step) {
			size_t left = turns[i].length - at;

			fuzz_send(&talk, turns[i].from, bytes + at, left < step ? left : step);
		}
	}
	sessions_conclude(sessions, &talk.flow);
	memcpy(facts, &session->findings->facts, sizeof *facts);
	sessions_close(sessions, &talk.flow);
}

/* Made once: nDPI's module, which stays unasked here, takes longer to make than inputs to run. */
struct fuzz_lab {
	struct services *services;
	struct sessions *sessions;
};

static inline void fuzz_group(struct fuzz_lab *lab, unsigned families, const uint8_t *data,
			      size_t size)
{
	struct turn turns[FUZZ_TURNS_MAX];
	const struct dissector *d;
	struct facts whole, pieces;
	size_t count;
	bool udp;

	if (!lab->sessions) {
		lab->services = services_new();
		lab->sessions = sessions_new(1, 16, 0, false, 1, lab->services);
	}
	if (size < 4 || !lab->sessions)
		return;
	d = fuzz_choose(families, (uint16_t)(data[0] | data[1] << 8));
	if (d == NULL)
		return;
	fuzz_dissect(d, data + 2, size - 2);
	count = fuzz_turns(bytes_from(data + 3, size - 3), turns);
	udp = !(d->transports & OVER_TCP) ||
	      ((d->transports & OVER_UDP) && (data[2] & FUZZ_DATAGRAMS));
	fuzz_talk(lab->sessions, turns, count, udp, data[2], 0, &whole);
	fuzz_talk(lab->sessions, turns, count, udp, data[2], 1u + data[2] % 16u, &pieces);
	if (observed_facts_fault(&whole) || observed_facts_fault(&pieces))
		abort();
}

/* One target: a lab of its own, and its families. */
#define FUZZ_GROUP(families)                                                                       \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                               \
	{                                                                                          \
		static struct fuzz_lab lab;                                                        \
                                                                                                   \
		fuzz_group(&lab, (families), data, size);                                          \
		return 0;                                                                          \
	}

#endif
