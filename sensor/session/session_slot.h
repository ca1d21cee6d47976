/* SPDX-License-Identifier: ISC */
/*
 * What the session's files share: the slot of one conversation, the table of all, and how bytes go
 * from one file to the next: session.c puts them in order, session_header.c takes off a PROXY
 * header, session_feed.c finds who reads them, session_dissect.c gives them to that dissector,
 * session_crowd.c bounds how many commands of a packet that reads, session_unpack.c unpacks for it.
 */
#ifndef SENSOR_SESSION_SLOT_H
#define SENSOR_SESSION_SLOT_H

#include "dissectors/read/alarm_words.h"
#include "dissectors/read/proxy_header.h"
#include "sensor/session/opening.h"
#include "sensor/session/session.h"
#include "sensor/session/stream.h"

/*
 * What of the opening the recognisers have seen. They are asked again when it has grown:
 * session_feed.c.
 */
struct asked {
	uint64_t refused[DISSECTORS_MAX / 64]; /* with the sides swapped; as identity.refused */
	uint16_t length[2];		       /* index: enum side */
	uint8_t turns;
	uint8_t early; /* how often without that much growth */
	bool starved;  /* counted in sessions->starved */
};

/* What each packet needs comes first, and the facts that it looks at right behind. */
struct slot {
	struct flow *flow;
	uint64_t placed_ns; /* when it got its place in the order of last use */
	const struct dissector *dissector;
	struct stream stream[2];
	uint32_t older, newer;
	bool decided, concluded;
	bool fed[2];			  /* index: enum side; the dissector has had bytes of it */
	bool tls_agreed;		  /* FEED_TLS, and not a byte of it yet */
	uint8_t hint;			  /* for the dissector: feed.h */
	uint8_t auth_before, data_before; /* what the facts said before that agreement */
	uint32_t names_lost;
	bool begun;	     /* there is no PROXY header any more, or none */
	bool may_be_refused; /* the header, by a server that knows nothing of it */
	bool has_origin, server_spoke, client_turn;
	uint32_t origin;     /* if has_origin: where the client's bytes begin */
	uint32_t turn_start; /* where those begin that the server has not spoken after */
	uint32_t versions;   /* other versions of its bytes: session_versions.c; 0 ends the list */
	uint32_t revision_taken;     /* of a version: its facts as they were taken over */
	unpackers_hold unpacking[2]; /* index: enum side */
	int32_t unpack_credit;	     /* session_unpack.c */
	struct session session;
	struct proxy_header header;
	struct identity identity;
	struct asked asked;
	/* What follows is not cleared for another conversation: session_slot_clear(). */
	struct stream_tail tail; /* of the client */
	union {
		struct opening_record opening;			 /* while undecided */
		_Alignas(16) uint8_t state[DISSECTOR_STATE_MAX]; /* afterwards */
	};
};

/* Work that may still be done in this second of packet time: identify.h. */
struct budget {
	uint64_t filled_ns;
	uint64_t left;
};

struct sessions {
	struct slot *slots;
	uint32_t free_list, oldest, newest, in_use; /* index 0 ends lists */
	uint32_t fresh, max;			    /* fresh: the first slot never used yet */
	struct stream_pool *pool;
	struct identify *identify;
	struct unpackers *unpackers;
	const struct services *services;
	uint32_t versions_in_use;
	uint64_t evicted, gaps, gap_bytes, names_lost, claims;
	uint64_t versions_made, versions_refused;
	uint64_t now_ns;
	struct budget budget[2]; /* index: has the other side been seen? */
	struct budget unpack_budget;
	uint64_t starved;
	uint64_t crowded, passed_bytes; /* session_crowd.c */
	struct alarm_words alarm_words;
	bool limited;
	sessions_turn *turn;
	void *turn_context;
};

/* What a stream's handler needs to know. */
struct feeding {
	struct sessions *sessions;
	struct slot *slot;
	enum side from;
	uint8_t transport;
};

/* The side that these bytes are from, when the roles were turned round since the packet came. */
static inline enum side feeding_side(const struct feeding *feeding)
{
	return feeding->slot->session.swapped ? (enum side) !feeding->from : feeding->from;
}

/* session.c */
/* A slot that is free, or 0; and back. */
uint32_t session_slot_take(struct sessions *sessions);
void session_slot_give(struct sessions *sessions, uint32_t index);
/*
 * As for a new conversation. Of what lies behind lengths and counts only these are cleared: the
 * bytes are many, and those of most conversations few.
 */
void session_slot_clear(struct slot *slot);
struct stream_handler session_handler(struct feeding *feeding);
/* Acknowledgement and payload of a segment, to the slot's streams. */
void session_feed_tcp(struct feeding *feeding, const struct packet *packet);
void session_conclude_slot(struct sessions *sessions, struct slot *slot, uint8_t transport);

/* session_versions.c */
/* These bytes of the client's are others than were read, or are held. Before they are fed. */
void session_versions_fork(struct sessions *sessions, struct slot *slot,
			   const struct feeding *feeding, const struct segment *segment);
/* The byte of this number is marked as urgent. Some servers read it nevertheless: a version. */
void session_versions_urgent(struct sessions *sessions, struct slot *slot,
			     const struct feeding *feeding, uint32_t sequence);
/* What the conversation is fed, its versions are. */
void session_versions_feed(struct sessions *sessions, struct slot *slot,
			   const struct feeding *feeding, const struct packet *packet);
void session_versions_conclude(struct sessions *sessions, struct slot *slot, uint8_t transport);
void session_versions_close(struct sessions *sessions, struct slot *slot);

/*
 * At the beginning of a conversation: how many of these bytes are a PROXY header's, or a server's
 * answer to one that it does not understand. What turns out to be no header is fed.
 */
size_t session_header_strip(const struct feeding *feeding, const uint8_t *bytes, size_t length);
/* No more will come of it. */
void session_header_give_up(const struct feeding *feeding);

/* To the recognisers while nobody has recognised the conversation, else to its dissector. */
void session_feed(const struct feeding *feeding, const uint8_t *bytes, size_t length);
/* nDPI's turn, while our own recognisers do not know. */
void session_feed_ndpi(struct sessions *sessions, struct slot *slot, const struct packet *packet);
/* session_ndpi.c */
/* A packet with payload, of a conversation that is not decided. True: nDPI is done with it. */
bool session_ndpi_packet(struct sessions *sessions, struct slot *slot, const struct packet *packet);
/* Our own recognisers do not know, and no packet will come that they could. */
void session_ndpi_last(struct sessions *sessions, struct slot *slot);
/* A side has ended: what has come since the recognisers were asked may be all that will come. */
void session_feed_pause(struct sessions *sessions, struct slot *slot, uint8_t transport);
/* Nothing more will come: the recognisers' last word. */
void session_feed_end(struct sessions *sessions, struct slot *slot, uint8_t transport);

/* The dissector takes over: its state takes the place of the opening, which is played to it. */
void session_dissect_begin(struct sessions *sessions, struct slot *slot,
			   const struct dissector *dissector, bool without_last_turn);
/* The same for who reads from somewhere within on. */
void session_dissect_begin_within(struct sessions *sessions, struct slot *slot,
				  const struct dissector *dissector);
void session_dissect(struct sessions *sessions, struct slot *slot, enum side from,
		     const uint8_t *bytes, size_t length);
void session_dissect_gap(struct sessions *sessions, struct slot *slot, enum side from,
			 uint64_t missing);
void session_dissect_end(struct slot *slot);
/* The dissector's feed(), as often as another client's turn is asked for. */
void session_dissect_turns(struct sessions *sessions, struct slot *slot, struct feed *fed);

/* session_crowd.c */
/* How many commands of these bytes may be read in full; 0: they are not counted. */
uint32_t session_crowd_room(const struct slot *slot, enum side from, size_t length);
/* These are behind them: read as far as there is something in them. */
void session_crowd_feed(struct sessions *sessions, struct slot *slot, struct feed *fed,
			struct bytes rest);

/* session_unpack.c */
/* Whom the dissectors of this slot may ask; `context` must live as long. */
struct unpack_context {
	struct sessions *sessions;
	struct slot *slot;
};
struct unpacker session_unpacker(struct unpack_context *context);
/* So many bytes came, which earn it some. */
void session_unpack_earn(struct slot *slot, size_t length);
/* Nothing of it is unpacked any more. */
void session_unpack_end(struct sessions *sessions, struct slot *slot);

/* Whose facts these are changes: what was read so far is told. */
void session_dissect_turn(struct sessions *sessions, struct slot *slot, const struct feed *fed);

#endif
