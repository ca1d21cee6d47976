/* SPDX-License-Identifier: ISC */
/*
 * The shipped captures through a worker, damaged in every place: each segment split at each byte,
 * each frame cut off at each length, each conversation ended at each byte, each byte flipped.
 * Splitting must not change what is found; the rest must neither crash nor tell nonsense. Frames
 * lie in heap blocks of their exact size. nDPI is left out: it judges single packets.
 *
 * make test tries a sample of the places, always the same. All of them, in these or other captures:
 *   SPANWATCH_WIRE_BUDGET=0 SPANWATCH_WIRE_CAPTURES=DIRECTORY build/tests/unit/test_wire
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/worker/worker.h"
#include "tests/unit/observed.h"
#include "tools/recast/file.c"
#include "tools/recast/recording.c"
#include "tools/recast/segment.c"

#define BUDGET	 2500 /* packets fed for one capture and kind of damage */
#define CAPTURES "tests/golden/captures"

struct lab {
	struct services *services;
	struct worker *worker;
	uint64_t digest; /* of what was found in the conversations so far */
	unsigned found;
	const char *fault;
	uint64_t fed, replays, identified;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 1099511628211u;
	return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	return mix(hash, text, strlen(text) + 1);
}

static uint64_t digest_of(const struct observation *observation)
{
	const struct flow_report *flow = &observation->flow;
	const struct facts *facts = &flow->facts;
	const uint32_t numbers[] = {
		flow->outcome,	      flow->service,	       facts->auth,
		facts->encryption,    facts->data_read,	       facts->directory_listing,
		facts->logins_failed, facts->logins_succeeded, facts->commands_seen,
		flow->client_port,    observation->server.port};
	uint64_t hash = mix(14695981039346656037u, numbers, sizeof numbers);

	hash = mix(hash, &flow->client, sizeof flow->client);
	hash = mix_text(mix_text(hash, facts->product), facts->version);
	hash = mix_text(mix_text(hash, facts->user), facts->mechanism);
	hash = mix_text(mix_text(hash, facts->host), facts->path);
	hash = mix_text(mix_text(hash, facts->operation), facts->tls_version);
	hash = mix_text(mix_text(hash, facts->tls_subject), facts->tls_issuer);
	for (int i = 0; i < facts->command_count; i++) {
		hash = mix_text(hash, facts->commands[i].text);
		hash = mix(hash, &facts->commands[i].accepted, 1);
		hash = mix(hash, &facts->commands[i].flags, 1);
	}
	return hash;
}

static bool on_observation(void *context, const struct observation *observation)
{
	struct lab *lab = context;
	const char *fault = observed_fault(observation, NULL);

	if (fault)
		lab->fault = fault;
	if (observation->kind == OBSERVATION_FLOW && observation->flow.last) {
		lab->digest += digest_of(observation); /* whatever their order */
		lab->found += observation->flow.service != POLICY_NO_SERVICE;
	}
	return true;
}

static int set_up(void **state)
{
	static const struct worker_options options = {
		.max_flows = 256,
		.max_sessions = 64,
		.reassembly_blocks = 512,
		.fragment_pages = 16,
		.max_probed = 256,
		.outbound_entries = 256,
		.tcp_idle_ns = 3600000000000,
		.everything = true,
	};
	struct lab *lab = calloc(1, sizeof *lab);

	lab->services = services_new();
	lab->worker = worker_new(&options, NULL, lab->services, on_observation, lab);
	*state = lab;
	return lab->worker ? 0 : -1;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	worker_free(lab->worker);
	services_free(lab->services);
	free(lab);
	return 0;
}

static enum link_type link_of(int link)
{
	switch (link) {
	case 0:
		return LINK_NULL;
	case 1:
		return LINK_ETHERNET;
	case 113:
		return LINK_SLL;
	case 276:
		return LINK_SLL2;
	default:
		return LINK_RAW;
	}
}

static void feed(struct lab *lab, const struct recording *recording, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		const struct frame_record *frame = &recording->frames[i];

		worker_packet(lab->worker, link_of(recording->link), frame->bytes, frame->captured,
			      frame->wire, frame->ts_ns);
		lab->fed++;
	}
}

static void begin(struct lab *lab)
{
	lab->digest = lab->found = 0;
	lab->replays++;
}

/*
 * Replays with the frames of `instead` in the place of frame `at`; nothing after it if it is the
 * last.
 */
static uint64_t replay(struct lab *lab, const struct recording *recording, size_t at,
		       const struct recording *instead, bool last)
{
	begin(lab);
	feed(lab, recording, 0, at);
	if (instead)
		feed(lab, instead, 0, instead->count);
	if (!last)
		feed(lab, recording, at + 1, recording->count);
	worker_finish(lab->worker);
	if (lab->fault)
		fail_msg("%s", lab->fault);
	return lab->digest;
}

/* One way to damage a frame in its `place`-th place. False: there is none. */
typedef bool damage_there(struct lab *lab, const struct recording *recording, size_t at,
			  const struct segment_place *found, size_t place, uint64_t whole);

static void write_piece(struct recording *to, const struct frame_record *frame,
			const struct segment_place *found, uint32_t from, uint32_t end)
{
	uint8_t flags = found->flags;

	if (end != found->payload_length)
		flags &= (uint8_t) ~(SEGMENT_FIN | SEGMENT_PSH);
	segment_write(to, frame, found, found->sequence + from, flags,
		      frame->bytes + found->payload_at + from, end - from);
}

static bool has_bytes(const struct segment_place *found)
{
	return found->whole && found->source.transport == SEGMENT_TCP &&
	       !(found->flags & SEGMENT_SYN) && found->payload_length != 0;
}

static bool split_there(struct lab *lab, const struct recording *recording, size_t at,
			const struct segment_place *found, size_t place, uint64_t whole)
{
	struct recording two = recording_like(recording);
	uint32_t cut = (uint32_t)place + 1;
	uint64_t digest;

	if (!has_bytes(found) || cut >= found->payload_length)
		return false;
	write_piece(&two, &recording->frames[at], found, 0, cut);
	write_piece(&two, &recording->frames[at], found, cut, found->payload_length);
	digest = replay(lab, recording, at, &two, false);
	recording_free(&two);
	if (digest != whole)
		fail_msg("frame %zu split after %u bytes: another verdict", at + 1, cut);
	return true;
}

static bool end_there(struct lab *lab, const struct recording *recording, size_t at,
		      const struct segment_place *found, size_t place, uint64_t whole)
{
	struct recording one = recording_like(recording);

	(void)whole;
	if (!has_bytes(found) || place >= found->payload_length)
		return false;
	write_piece(&one, &recording->frames[at], found, 0, (uint32_t)place);
	replay(lab, recording, at, &one, true);
	recording_free(&one);
	return true;
}

static bool cut_off_there(struct lab *lab, const struct recording *recording, size_t at,
			  const struct segment_place *found, size_t place, uint64_t whole)
{
	const struct frame_record *frame = &recording->frames[at];
	struct recording one = recording_like(recording);

	(void)found;
	(void)whole;
	if (place >= frame->captured)
		return false;
	recording_add(&one, frame->ts_ns, frame->bytes, (uint32_t)place, frame->wire);
	replay(lab, recording, at, &one, false);
	recording_free(&one);
	return true;
}

static bool flip_there(struct lab *lab, const struct recording *recording, size_t at,
		       const struct segment_place *found, size_t place, uint64_t whole)
{
	const struct frame_record *frame = &recording->frames[at];
	struct recording one = recording_like(recording);
	uint8_t *copy;

	(void)found;
	(void)whole;
	if (place >= 2 * (size_t)frame->captured)
		return false;
	copy = recording_add(&one, frame->ts_ns, frame->bytes, frame->captured, frame->wire);
	copy[place / 2] ^= place % 2 ? 0xff : (uint8_t)(1u << place / 2 % 8);
	replay(lab, recording, at, &one, false);
	recording_free(&one);
	return true;
}

static uint64_t budget(void)
{
	const char *text = getenv("SPANWATCH_WIRE_BUDGET");

	return text ? strtoull(text, NULL, 10) : BUDGET;
}

/* Every stride-th place of the capture, so that the budget is kept. */
static size_t stride_of(const struct recording *recording)
{
	uint64_t bytes = 0, most = budget();

	for (size_t i = 0; i < recording->count; i++)
		bytes += recording->frames[i].captured;
	return most == 0 ? 1 : (size_t)(bytes * recording->count / most + 1);
}

static void damage_capture(struct lab *lab, const struct recording *recording, damage_there *damage)
{
	size_t stride = stride_of(recording), skip = stride / 2;
	struct segment_place found;
	uint64_t whole;

	begin(lab);
	feed(lab, recording, 0, recording->count);
	worker_finish(lab->worker);
	whole = lab->digest;
	lab->identified += lab->found;
	for (size_t at = 0; at < recording->count; at++) {
		if (!segment_find(recording->link, &recording->frames[at], &found))
			found = (struct segment_place){.whole = false};
		while (damage(lab, recording, at, &found, skip, whole))
			skip += stride;
		if (skip > recording->frames[at].captured && stride != 1)
			skip -= recording->frames[at].captured;
		else
			skip = 0;
	}
}

/* Compressed ones are too many packets to be played again and again. */
static bool is_plain(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && strcmp(name + length - 5, ".pcap") == 0;
}

static void damage_all(void **state, damage_there *damage)
{
	const char *folder = getenv("SPANWATCH_WIRE_CAPTURES");
	struct lab *lab = *state;
	struct dirent **names;
	char path[512];
	int count = scandir(folder ? folder : CAPTURES, &names, NULL, alphasort);

	assert_true(count > 2);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder ? folder : CAPTURES, names[i]->d_name);
		if (is_plain(names[i]->d_name)) {
			struct recording recording = recording_load(path);

			print_message("%s\n", path);
			damage_capture(lab, &recording, damage);
			recording_free(&recording);
		}
		free(names[i]);
	}
	free(names);
	print_message("%llu replays, %llu packets, %llu conversations identified\n",
		      (unsigned long long)lab->replays, (unsigned long long)lab->fed,
		      (unsigned long long)lab->identified);
	assert_true(lab->replays > 500 && lab->identified > 40);
}

static void test_split(void **state)
{
	damage_all(state, split_there);
}

static void test_end(void **state)
{
	damage_all(state, end_there);
}

static void test_cut_off(void **state)
{
	damage_all(state, cut_off_there);
}

static void test_flip(void **state)
{
	damage_all(state, flip_there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_split, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flip, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
