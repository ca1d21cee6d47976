/* SPDX-License-Identifier: ISC */
/*
 * Looks for bytes that cost more than others: patterns x openings x stages x sizes of segments,
 * each played as packets to a worker with a policy. What is counted is work, not time, so that a
 * busy machine says the same as an idle one: the basic blocks of our own code that were run (the
 * compiler has put a call in front of each, see the Makefile), and the bytes that the C library was
 * asked to look at. What nDPI does is not counted; it sees IDENTIFY_PACKETS of a conversation.
 *
 * usage: cpu-search [--short] [--top N] [--most RATIO] [--stage NAME] [--only TEXT]
 *                   [--time [--repeat N]] [CORPUS]
 *
 * CORPUS is tests/fuzz/corpus: the kept conversation of each dissector is an opening, and an
 * ordinary conversation. A case's cost is its work for each packet; the ratio is to the median of
 * the ordinary ones. Ends with 1 if the worst ratio is more than --most. With --time it is
 * nanoseconds that count, of the quickest of some repetitions, in a build that counts nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

#include "sensor/worker/worker.h"
#include "tests/cpu/patterns.h"
#include "tests/fuzz/fuzz_dissect.h"
#include "tests/unit/packets.h"

#define SECOND	   1000000000ull
#define MICRO	   1000ull
#define CORPUS_MAX 65536u /* bytes of a kept conversation */
#define SEGMENT	   1400u
#define TOP_MAX	   100
#define REPEATS	   3 /* of a case, with --time: the quickest counts */
#define CLIENT	   "198.51.100.1"
#define SERVER	   "10.20.0.12"

/* --- The measure ------------------------------------------------------------------------------ */

static uint64_t work;

void __sanitizer_cov_trace_pc(void);
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void)
{
	work++;
}

#define BYTES_A_BLOCK 16 /* that the C library looks at in the time of a block of ours */

void *__real_memchr(const void *at, int byte, size_t length);
void *__wrap_memchr(const void *at, int byte, size_t length);
void *__wrap_memchr(const void *at, int byte, size_t length)
{
	const void *found = __real_memchr(at, byte, length);

	work += 2 +
		(found ? (size_t)((const char *)found - (const char *)at) : length) / BYTES_A_BLOCK;
	return (void *)(uintptr_t)found;
}

void *__real_memmem(const void *at, size_t length, const void *what, size_t size);
void *__wrap_memmem(const void *at, size_t length, const void *what, size_t size);
void *__wrap_memmem(const void *at, size_t length, const void *what, size_t size)
{
	work += 4 + length / 4;
	return __real_memmem(at, length, what, size);
}

int __real_memcmp(const void *one, const void *other, size_t length);
int __wrap_memcmp(const void *one, const void *other, size_t length);
int __wrap_memcmp(const void *one, const void *other, size_t length)
{
	work += 2 + length / BYTES_A_BLOCK;
	return __real_memcmp(one, other, length);
}

void *__real_memcpy(void *to, const void *from, size_t length);
void *__wrap_memcpy(void *to, const void *from, size_t length);
void *__wrap_memcpy(void *to, const void *from, size_t length)
{
	work += 2 + length / BYTES_A_BLOCK;
	return __real_memcpy(to, from, length);
}

void *__real_memset(void *at, int byte, size_t length);
void *__wrap_memset(void *at, int byte, size_t length);
void *__wrap_memset(void *at, int byte, size_t length)
{
	work += 2 + length / BYTES_A_BLOCK;
	return __real_memset(at, byte, length);
}

/* zlib's own work: for each byte that goes in, of which a few make a table, and that comes out. */
int __real_inflate(z_stream *stream, int flush);
int __wrap_inflate(z_stream *stream, int flush);
int __wrap_inflate(z_stream *stream, int flush)
{
	uInt in = stream->avail_in, out = stream->avail_out;
	int result = __real_inflate(stream, flush);

	work += 20 + (in - stream->avail_in) * 16 + (out - stream->avail_out) / 2;
	return result;
}

/* --- The sensor, and conversations with it ---------------------------------------------------- */

static const char policy_text[] =
	"version: 1\nsite: test\n"
	"zones:\n  inside: [10.0.0.0/8]\n"
	"groups:\n  all: { hosts: [10.20.0.0/16] }\n"
	"rules:\n  - { name: internal, groups: [all], internal-only: true, severity: high }\n";

struct opening_kept {
	char row[32];
	uint8_t bytes[CORPUS_MAX];
	size_t size;
	uint64_t ordinary; /* work for each packet of the kept conversation, in hundredths */
};

struct result {
	double ratio;
	char name[160];
};

struct search {
	struct worker *worker;
	struct opening_kept *openings;
	unsigned opening_count;
	uint64_t now_ns, packets, total;
	uint32_t sequence[2];
	uint16_t port;
	uint8_t transport;
	uint64_t ordinary, idle_tick;
	struct result top[TOP_MAX];
	unsigned top_count, wanted;
	uint64_t cases;
	bool timed;
	int repeats;
	const char *stage; /* NULL, or how the names of the cases to play begin */
	const char *only;  /* NULL, or a part of the names of the cases to play */
};

static bool on_observation(void *context, const struct observation *observation)
{
	(void)context;
	(void)observation;
	return true;
}

static void make_worker(struct search *search)
{
	struct worker_options options = {
		.max_flows = 256,
		.max_sessions = 128,
		.reassembly_blocks = 512,
		.ndpi_flows = 128,
		.max_probed = 4096,
		.outbound_entries = 1024,
		.fragment_pages = 16,
		.tcp_idle_ns = 3600 * SECOND,
	};
	struct services *services = services_new();
	struct policy_vocabulary vocabulary = services_vocabulary(services);
	struct policy_messages messages;
	struct policy *policy =
		policy_parse(policy_text, sizeof policy_text - 1, &vocabulary, &messages);

	policy_messages_free(&messages);
	search->worker =
		policy ? worker_new(&options, policy, services, on_observation, NULL) : NULL;
	if (!search->worker)
		exit(2);
	search->now_ns = 1700000000 * SECOND;
	search->port = 20000;
}

static uint64_t stamp(const struct search *search)
{
	struct timespec now;

	if (!search->timed)
		return work;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void send_packet(struct search *search, enum side from, uint8_t flags, const void *payload,
			size_t length)
{
	static struct frame frame; /* large, and used again and again */
	struct packet_spec spec = {
		.source = from == SIDE_CLIENT ? CLIENT : SERVER,
		.destination = from == SIDE_CLIENT ? SERVER : CLIENT,
		.source_port = from == SIDE_CLIENT ? search->port : 7777,
		.destination_port = from == SIDE_CLIENT ? 7777 : search->port,
		.transport = search->transport,
		.flags = flags,
		.sequence = search->sequence[from],
		.acknowledgement = search->sequence[!from],
		.payload = length ? payload : NULL,
		.payload_length = length,
	};
	uint64_t before;

	packet_build(&frame, &spec);
	search->sequence[from] += (uint32_t)length + ((flags & (TCP_SYN | TCP_FIN)) != 0);
	search->now_ns += 200 * MICRO;
	before = stamp(search);
	worker_packet(search->worker, frame.link, frame.bytes, (uint32_t)frame.length,
		      (uint32_t)frame.length, search->now_ns);
	search->total += stamp(search) - before;
	search->packets++;
}

static void begin(struct search *search, uint8_t transport, bool handshake)
{
	search->total = search->packets = 0;
	search->transport = transport;
	search->sequence[SIDE_CLIENT] = 1000;
	search->sequence[SIDE_SERVER] = 5000;
	if (++search->port == 30000)
		search->port = 20000;
	if (transport != IP_TCP || !handshake)
		return;
	send_packet(search, SIDE_CLIENT, TCP_SYN, NULL, 0);
	send_packet(search, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL, 0);
	send_packet(search, SIDE_CLIENT, TCP_ACK, NULL, 0);
}

/* What is left to do when the conversation is forgotten belongs to it. */
static uint64_t finish(struct search *search)
{
	uint64_t before = stamp(search);

	search->now_ns += 5 * 3600 * SECOND;
	worker_tick(search->worker, search->now_ns);
	return search->total + stamp(search) - before;
}

/* Work for each packet, in hundredths. */
static uint64_t end(struct search *search)
{
	uint64_t sum = finish(search);

	sum -= sum < search->idle_tick ? sum : search->idle_tick;
	return search->packets ? sum * 100 / search->packets : 0;
}

static void send_bytes(struct search *search, enum side from, const uint8_t *bytes, size_t length)
{
	while (length != 0) {
		size_t part = length < SEGMENT ? length : SEGMENT;

		send_packet(search, from, TCP_ACK | TCP_PSH, bytes, part);
		bytes += part;
		length -= part;
	}
}

static uint8_t transport_of(const char *row)
{
	for (size_t i = 0; i < dissector_count; i++) {
		if (strcmp(dissectors[i]->name, row) == 0)
			return dissectors[i]->transports & OVER_TCP ? IP_TCP : IP_UDP;
	}
	return IP_TCP;
}

static void play_opening(struct search *search, const struct opening_kept *opening)
{
	struct turn turns[FUZZ_TURNS_MAX];
	size_t count = fuzz_turns(bytes_from(opening->bytes + 1, opening->size - 1), turns);

	for (size_t i = 0; i < count; i++) {
		if (turns[i].bytes)
			send_bytes(search, turns[i].from, turns[i].bytes, turns[i].length);
		else
			search->sequence[turns[i].from] += (uint32_t)turns[i].length;
	}
}

static int by_work(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

static void measure_ordinary(struct search *search)
{
	uint64_t list[DISSECTORS_MAX];

	search->idle_tick = 0;
	search->total = 0;
	search->idle_tick = finish(search);
	for (unsigned i = 0; i < search->opening_count; i++) {
		struct opening_kept *opening = &search->openings[i];

		begin(search, transport_of(opening->row), true);
		play_opening(search, opening);
		if (search->transport == IP_TCP) {
			send_packet(search, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL, 0);
			send_packet(search, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL, 0);
			send_packet(search, SIDE_CLIENT, TCP_ACK, NULL, 0);
		}
		list[i] = opening->ordinary = end(search);
	}
	qsort(list, search->opening_count, sizeof *list, by_work);
	search->ordinary = list[search->opening_count / 2];
	printf("ordinary: %u conversations, work for each packet: median %.0f, most %.0f\n",
	       search->opening_count, (double)search->ordinary / 100,
	       (double)list[search->opening_count - 1] / 100);
}

/* --- The cases -------------------------------------------------------------------------------- */

/* How the bytes come: `first` at once, then `count` segments of `size`. */
static const struct shape {
	const char *name;
	size_t first, size;
	unsigned count;
} shapes[] = {
	{"1400", 0, 1400, 3}, {"60", 0, 60, 24},	 {"900 and drip", 900, 1, 100},
	{"drip", 0, 1, 100},  {"1400 once", 0, 1400, 1}, {"60 once", 0, 60, 1},
};
#define SHAPES	    (sizeof shapes / sizeof *shapes)
#define SHAPES_LONG (SHAPES - 2) /* of more than one segment */

enum who { BY_CLIENT, BY_SERVER, BY_BOTH, WHO_COUNT };
static const char *const who_names[] = {"client", "server", "both"};

static enum side speaker(enum who who, unsigned turn)
{
	if (who == BY_BOTH)
		return turn % 2 ? SIDE_SERVER : SIDE_CLIENT;
	return who == BY_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
}

static void send_pattern(struct search *search, const struct pattern *pattern,
			 const struct shape *shape, enum who who)
{
	uint8_t bytes[2 * SEGMENT]; /* from any place in the pattern */
	size_t at = 0, filled = pattern->length;

	memcpy(bytes, pattern->bytes, filled);
	for (; filled < sizeof bytes; filled *= 2)
		memcpy(bytes + filled, bytes,
		       filled < sizeof bytes - filled ? filled : sizeof bytes - filled);
	if (shape->first) {
		send_packet(search, speaker(who, 0), TCP_ACK | TCP_PSH, bytes, shape->first);
		at = shape->first;
	}
	for (unsigned i = 0; i < shape->count; i++) {
		send_packet(search, speaker(who, i), TCP_ACK | TCP_PSH,
			    bytes + at % pattern->length, shape->size);
		at += shape->size;
	}
}

static void note(struct search *search, double ratio, const char *name)
{
	unsigned at = search->top_count;

	search->cases++;
	if (at == search->wanted && search->top[at - 1].ratio >= ratio)
		return;
	if (at < search->wanted)
		search->top_count++;
	else
		at--;
	for (; at > 0 && search->top[at - 1].ratio < ratio; at--)
		search->top[at] = search->top[at - 1];
	search->top[at].ratio = ratio;
	snprintf(search->top[at].name, sizeof search->top[at].name, "%s", name);
}

/* Where in a conversation the pattern comes. */
struct stage {
	const char *name;
	uint8_t transport;
	bool handshake;
	const struct opening_kept *opening; /* NULL: the pattern is all there is */
};

static void run_case(struct search *search, const struct stage *stage,
		     const struct pattern *pattern, const struct shape *shape, enum who who)
{
	char name[160];
	uint64_t cost = UINT64_MAX;

	snprintf(name, sizeof name, "%s%s%s: %s by %s, %s", stage->name, stage->opening ? " " : "",
		 stage->opening ? stage->opening->row : "", pattern->name, who_names[who],
		 shape->name);
	if ((search->only && !strstr(name, search->only)) ||
	    (search->stage && strncmp(name, search->stage, strlen(search->stage)) != 0))
		return;
	for (int i = 0; i < (search->timed ? search->repeats : 1); i++) {
		uint64_t one;

		begin(search, stage->transport, stage->handshake);
		if (stage->opening) {
			play_opening(search, stage->opening);
			search->total = search->packets = 0;
		}
		send_pattern(search, pattern, shape, who);
		one = end(search);
		cost = one < cost ? one : cost;
	}
	note(search, (double)cost / (double)search->ordinary, name);
}

static void run_pattern(struct search *search, size_t number, bool brief)
{
	static const struct stage stages[] = {
		{"stray", IP_TCP, false, NULL},
		{"open", IP_TCP, true, NULL},
		{"udp", IP_UDP, false, NULL},
	};
	const struct pattern *pattern = &patterns[number];

	for (size_t i = 0; i < SHAPES * WHO_COUNT * 3; i++)
		run_case(search, &stages[i % 3], pattern, &shapes[i / 3 % SHAPES],
			 (enum who)(i / 3 / SHAPES));
	for (unsigned i = 0; i < search->opening_count; i++) {
		const struct opening_kept *opening = &search->openings[i];
		struct stage known = {"known", transport_of(opening->row), true, opening};

		for (size_t s = 0; s < SHAPES_LONG * WHO_COUNT; s++) {
			/* A part of the combinations, a different one for each opening. */
			if (!brief || (number + i + s) % 4 == 0)
				run_case(search, &known, pattern, &shapes[s % SHAPES_LONG],
					 (enum who)(s / SHAPES_LONG));
		}
	}
}

/* --- The corpus ------------------------------------------------------------------------------- */

static void load_file(struct search *search, const char *folder, const char *row, const char *name)
{
	struct opening_kept *opening = &search->openings[search->opening_count];
	char path[1024];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s/%s", folder, row, name);
	file = fopen(path, "rb");
	if (!file)
		return;
	opening->size = fread(opening->bytes, 1, sizeof opening->bytes, file);
	fclose(file);
	snprintf(opening->row, sizeof opening->row, "%s", row);
	search->opening_count += opening->size > 1;
}

/* The first kept conversation of each row, by name. */
static void load_row(struct search *search, const char *folder, const char *row)
{
	char path[1024];
	struct dirent **names;
	int count;

	snprintf(path, sizeof path, "%s/%s", folder, row);
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0, taken = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.' && !taken++)
			load_file(search, folder, row, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

struct option_values {
	bool brief;
	double most; /* 0: any */
	const char *corpus;
};

static bool take_option(struct search *search, struct option_values *values, const char *option,
			const char *value)
{
	if (strcmp(option, "--top") == 0)
		search->wanted = (unsigned)atoi(value) % TOP_MAX + 1;
	else if (strcmp(option, "--most") == 0)
		values->most = atof(value);
	else if (strcmp(option, "--repeat") == 0)
		search->repeats = atoi(value);
	else if (strcmp(option, "--stage") == 0)
		search->stage = value;
	else if (strcmp(option, "--only") == 0)
		search->only = value;
	else
		return false;
	return true;
}

static void take_options(struct search *search, struct option_values *values, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--short") == 0)
			values->brief = true;
		else if (strcmp(argv[i], "--time") == 0)
			search->timed = true;
		else if (i + 1 < argc && take_option(search, values, argv[i], argv[i + 1]))
			i++;
		else
			values->corpus = argv[i];
	}
}

int main(int argc, char **argv)
{
	static struct search search = {.wanted = 20, .repeats = REPEATS};
	struct option_values values = {.corpus = "tests/fuzz/corpus"};

	take_options(&search, &values, argc, argv);
	make_worker(&search);
	search.openings = calloc(dissector_count, sizeof *search.openings);
	if (!search.openings)
		return 2;
	for (size_t i = 0; i < dissector_count; i++)
		load_row(&search, values.corpus, dissectors[i]->name);
	if (search.opening_count == 0) {
		fprintf(stderr, "%s: nothing kept there\n", values.corpus);
		return 2;
	}
	measure_ordinary(&search);
	for (size_t i = 0; i < PATTERNS; i++)
		run_pattern(&search, i, values.brief);
	printf("%llu cases; the worst, as times an ordinary conversation's %s for each packet:\n",
	       (unsigned long long)search.cases, search.timed ? "time" : "work");
	for (unsigned i = 0; i < search.top_count; i++)
		printf("%7.1f  %s\n", search.top[i].ratio, search.top[i].name);
	free(search.openings);
	worker_free(search.worker);
	return search.top_count == 0 || (values.most != 0 && search.top[0].ratio > values.most);
}
