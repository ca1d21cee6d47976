/* SPDX-License-Identifier: ISC */
/*
 * Populations of sessions. A heap holds all that are under way, ordered by when their next packet
 * is due; a session that ends makes room for a new one of the kind that is furthest behind its
 * share of packets.
 */
#include "tools/generate/mixes.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate/growth.h"
#include "tools/generate/hosts.h"

#define START_NS      1795262400000000000U /* 2026-11-21 12:00:00 UTC */
#define SERVERS	      512U /* inside; server i speaks talk i modulo their number, and only that */
#define START_GAP_NS  200000000U
#define FLOOD_GAP_NS  2000U
#define SCANNERS      4U
#define SWEEP_PARTS   256U /* each one session */
#define SWEEP_TARGETS 65536U
#define SCAN_DELAY_NS 1000000U
#define HELD_NS	      1000000U
#define HELD_LEAST    10000U /* bytes to go that make a transfer long */
#define HELD_SLACK    1000U  /* packets */

enum kind {
	KIND_INBOUND, /* from outside to an inside server that answers */
	KIND_SCAN,    /* from outside, unanswered or refused */
	KIND_OUTBOUND,
	KIND_INTERNAL,
	KIND_COUNT,
};

static uint32_t weight(const struct talk *talk, uint32_t kind)
{
	return kind == KIND_INBOUND    ? talk->inbound
	       : kind == KIND_OUTBOUND ? talk->outbound
				       : talk->internal;
}

static uint32_t choose_talk(struct chance *chance, uint32_t kind)
{
	uint32_t total = 0, at, i = 0;

	for (size_t t = 0; t < talk_count; t++)
		total += weight(&talks[t], kind);
	at = chance_below(chance, total);
	while (at >= weight(&talks[i], kind))
		at -= weight(&talks[i++], kind);
	return i;
}

/* Delays as a mirror near the inside servers sees them: the far side answers after a round trip. */
static void set_delays(struct session *session, struct chance *chance, uint32_t kind)
{
	const uint32_t far = chance_between(chance, 5000000, 120000000);
	const uint32_t near = chance_between(chance, 60000, 2000000);

	session->delay_ns[FROM_CLIENT] = kind == KIND_INBOUND ? far : near;
	session->delay_ns[FROM_SERVER] = kind == KIND_OUTBOUND ? far : near;
}

static void place(struct plan *plan, struct session *session, uint32_t kind, uint32_t talk)
{
	struct chance *chance = &plan->chance;
	const bool ipv6 = chance_below(chance, 100) < plan->ipv6_percent;
	const uint32_t rounds = SERVERS / (uint32_t)talk_count;
	const uint32_t server = chance_below(chance, rounds) * (uint32_t)talk_count + talk;
	const uint64_t start = session->next_ns;

	*session = (struct session){
		.talk = &talks[talk],
		.next_ns = start + chance_below(chance, START_GAP_NS),
		.salt = chance_next(chance),
		.ipv6 = ipv6,
		.kind = (uint8_t)kind,
		.stage = talks[talk].transport == TRANSPORT_UDP ? STAGE_TALK : STAGE_SYN,
	};
	set_delays(session, chance, kind);
	session->end[FROM_CLIENT] = (struct session_end){
		.host = kind == KIND_INBOUND || kind == KIND_SCAN ? hosts_outside(chance, ipv6)
								  : hosts_client(chance, ipv6),
		.port = (uint16_t)chance_between(chance, 32768, 60999),
		.seq = (uint32_t)chance_next(chance),
	};
	session->end[FROM_SERVER] = (struct session_end){
		.host = kind == KIND_OUTBOUND ? hosts_outside_server(chance, ipv6)
					      : hosts_server(ipv6, server),
		.port = talks[talk].port,
		.seq = (uint32_t)chance_next(chance),
	};
}

/* One that gets nowhere: most are scans of many addresses, some knock at one. */
static void begin_scan(struct plan *plan, struct session *session)
{
	static const uint8_t manners[] = {MANNER_SCAN, MANNER_SCAN, MANNER_SILENCE, MANNER_REFUSED};
	struct session_end *target = &session->end[FROM_SERVER];

	place(plan, session, KIND_SCAN, 0);
	session->stage = STAGE_SYN;
	session->manner = manners[chance_below(&plan->chance, sizeof manners)];
	session->left = session->manner == MANNER_SCAN ? chance_between(&plan->chance, 20, 250) : 2;
	/* Addresses and ports where nothing listens. */
	target->host.bytes[session->ipv6 ? 14 : 2] =
		(uint8_t)chance_between(&plan->chance, 100, 110);
	target->port = (uint16_t)chance_between(&plan->chance, 1, 10000);
}

static void begin_realistic(struct plan *plan, struct session *session, uint32_t kind)
{
	if (kind == KIND_SCAN)
		begin_scan(plan, session);
	else
		place(plan, session, kind, choose_talk(&plan->chance, kind));
}

static uint32_t talk_named(const char *name)
{
	uint32_t talk = 0;

	while (strcmp(talks[talk].name, name) != 0)
		talk++;
	return talk;
}

/* Only the longest transfers. */
static void begin_elephant(struct plan *plan, struct session *session, uint32_t kind)
{
	static const char *const names[] = {"http-download", "tls-download", "backup"};

	place(plan, session, kind, talk_named(names[chance_below(&plan->chance, 3)]));
}

/* From outside, eight packets each, opened and closed in order. */
static void begin_short(struct plan *plan, struct session *session, uint32_t kind)
{
	(void)kind;
	place(plan, session, KIND_INBOUND, talk_named("http-short"));
}

/* Sessions that are opened, say what they have to say, and are never closed. */
static void begin_left(struct plan *plan, struct session *session, uint32_t kind)
{
	begin_realistic(plan, session, kind);
	if (session->manner == MANNER_TALK)
		session->manner = MANNER_LEFT;
}

/*
 * A sweep of the /16 on one port, in parts that are under way at the same time, by a few scanners;
 * the next sweep is by others, on another port.
 */
static void begin_answered_scan(struct plan *plan, struct session *session, uint32_t kind)
{
	static const uint16_t ports[] = {80, 443, 22, 6379, 3389, 9200, 445, 27017, 8080, 5432};
	const uint32_t part = plan->begun++;
	const uint32_t sweep = part / SWEEP_PARTS;
	struct chance fixed = {sweep * SCANNERS + part % SCANNERS};

	place(plan, session, kind, 0);
	session->manner = MANNER_SCAN_ANSWERED;
	session->stage = STAGE_SYN;
	session->ipv6 = false;
	session->end[FROM_CLIENT].host = hosts_outside(&fixed, false);
	session->end[FROM_SERVER].host = hosts_server(false, 0);
	session->end[FROM_SERVER].port = ports[sweep % (sizeof ports / sizeof *ports)];
	/* All alike, or else the quick ones would be sweeps ahead of the slow ones. */
	session->delay_ns[FROM_CLIENT] = session->delay_ns[FROM_SERVER] = SCAN_DELAY_NS;
	session->refused = (uint8_t)plan->refused_percent;
	session->left = SWEEP_TARGETS / SWEEP_PARTS - 1;
	session->scan_from = (uint16_t)(part % SWEEP_PARTS * (SWEEP_TARGETS / SWEEP_PARTS));
}

/* --- The loop ------------------------------------------------------------------------------- */

struct crowd {
	struct session *sessions;
	uint32_t *heap; /* indices into sessions, the earliest first */
	uint32_t count;
	uint64_t packets[KIND_COUNT], total;
	uint32_t permille[KIND_COUNT];
	uint32_t held; /* sessions held back since the last packet */
};

static bool earlier(const struct crowd *crowd, uint32_t a, uint32_t b)
{
	const uint64_t at = crowd->sessions[a].next_ns, bt = crowd->sessions[b].next_ns;

	return at != bt ? at < bt : a < b;
}

static void sift_down(struct crowd *crowd, uint32_t at)
{
	const uint32_t moved = crowd->heap[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= crowd->count)
			break;
		if (child + 1 < crowd->count &&
		    earlier(crowd, crowd->heap[child + 1], crowd->heap[child]))
			child++;
		if (!earlier(crowd, crowd->heap[child], moved))
			break;
		crowd->heap[at] = crowd->heap[child];
		at = child;
	}
	crowd->heap[at] = moved;
}

static uint32_t furthest_behind(const struct crowd *crowd)
{
	uint32_t best = KIND_OUTBOUND;
	int64_t most = INT64_MIN;

	for (uint32_t kind = 0; kind < KIND_COUNT; kind++) {
		const int64_t behind = (int64_t)(crowd->total * crowd->permille[kind]) -
				       (int64_t)(crowd->packets[kind] * 1000);

		if (crowd->permille[kind] && behind > most) {
			most = behind;
			best = kind;
		}
	}
	return best;
}

/*
 * Long transfers of a kind that is ahead of its share wait, as behind a full queue: else a few of
 * them would decide the shares of a short capture. Never all of them: somebody must go on.
 */
static bool hold_back(struct crowd *crowd, struct session *session)
{
	const uint64_t share = crowd->total * crowd->permille[session->kind] / 1000;

	if (session->left < HELD_LEAST || crowd->packets[session->kind] <= share + HELD_SLACK ||
	    crowd->held >= crowd->count)
		return false;
	crowd->held++;
	session->next_ns += HELD_NS;
	return true;
}

static void set_shares(struct crowd *crowd, const struct plan *plan, const struct mix *mix)
{
	const uint32_t matter = plan->matter_percent * 10;
	const uint32_t rest = 1000 - matter;
	const uint32_t scan = mix->scan_permille < rest ? mix->scan_permille : rest;

	crowd->permille[KIND_INBOUND] = matter;
	crowd->permille[KIND_SCAN] = scan;
	crowd->permille[KIND_OUTBOUND] = (rest - scan) / 2;
	crowd->permille[KIND_INTERNAL] = rest - scan - (rest - scan) / 2;
}

/* At first each kind gets its share of sessions. */
static uint32_t first_kind(const struct crowd *crowd, struct chance *chance)
{
	uint32_t at = chance_below(chance, 1000), kind = 0;

	while (at >= crowd->permille[kind])
		at -= crowd->permille[kind++];
	return kind;
}

static bool enough(const struct plan *plan)
{
	return (plan->packets && plan->output.packets >= plan->packets) ||
	       (plan->bytes && plan->output.bytes >= plan->bytes);
}

static void run_sessions(struct plan *plan, const struct mix *mix)
{
	struct crowd crowd = {.count = plan->sessions ? plan->sessions : mix->sessions};
	struct session_body *body = malloc(sizeof *body);

	crowd.sessions = calloc(crowd.count, sizeof *crowd.sessions);
	crowd.heap = calloc(crowd.count, sizeof *crowd.heap);
	if (!body || !crowd.sessions || !crowd.heap)
		err(1, "memory for %u sessions", crowd.count);
	session_body_fill(body, &plan->chance);
	set_shares(&crowd, plan, mix);
	for (uint32_t i = 0; i < crowd.count; i++) {
		crowd.heap[i] = i;
		crowd.sessions[i].next_ns = START_NS;
		mix->begin(plan, &crowd.sessions[i], first_kind(&crowd, &plan->chance));
	}
	for (uint32_t i = crowd.count / 2; i-- > 0;)
		sift_down(&crowd, i);
	while (!enough(plan)) {
		struct session *session = &crowd.sessions[crowd.heap[0]];

		if (hold_back(&crowd, session)) {
			sift_down(&crowd, 0);
			continue;
		}
		crowd.held = 0;
		crowd.packets[session->kind]++;
		crowd.total++;
		if (!session_turn(session, body, &plan->chance, &plan->output))
			mix->begin(plan, session, furthest_behind(&crowd));
		sift_down(&crowd, 0);
	}
	free(crowd.heap);
	free(crowd.sessions);
	free(body);
}

/* SYNs from random sources to closed ports of one inside network; nothing answers. */
static void run_flood(struct plan *plan, const struct mix *mix)
{
	uint64_t ts_ns = START_NS;
	struct frame frame = {
		.transport = TRANSPORT_TCP,
		.flags = TCP_SYN,
		.window = 1024,
	};

	(void)mix;
	while (!enough(plan)) {
		const struct host from = hosts_outside(&plan->chance, false);
		const struct host to = hosts_server(false, chance_below(&plan->chance, 200));
		const uint64_t random = chance_next(&plan->chance);

		frame.from = &from;
		frame.to = &to;
		frame.from_port = (uint16_t)(random | 1024);
		frame.to_port = (uint16_t)(random >> 16 & 1023);
		frame.seq = (uint32_t)(random >> 32);
		frame.ip_id = (uint16_t)(random >> 24);
		output_frame(&plan->output, ts_ns, frame_build(&frame, output_room(&plan->output)));
		ts_ns += FLOOD_GAP_NS / 2 + chance_below(&plan->chance, FLOOD_GAP_NS);
	}
}

const struct mix mixes[] = {
	{"realistic", "inbound, outbound, internal flows; scans; long transfers", 8000,
	 run_sessions, begin_realistic, 30},
	{"syn-flood", "SYNs from random sources, no answers", 0, run_flood, NULL, 0},
	{"elephants", "long transfers only", 64, run_sessions, begin_elephant, 0},
	{"sessions", "as realistic, but very many sessions that are never closed", 200000,
	 run_sessions, begin_left, 0},
	{"short-sessions", "questions from outside, eight packets each", 4000, run_sessions,
	 begin_short, 0},
	{"answered-scan", "sweeps of a /16 from outside; every address answers", 256, run_sessions,
	 begin_answered_scan, 0},
	{"growing-flows", "--sessions conversations, then packets of any of them", 1000,
	 growth_flows, NULL, 0},
	{"growing-exposures", "--sessions servers, then connections to any of them", 1000,
	 growth_exposures, NULL, 0},
};

const size_t mix_count = sizeof mixes / sizeof *mixes;
