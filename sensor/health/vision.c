/* SPDX-License-Identifier: ISC */
/* See vision.h. */
#include "sensor/health/vision.h"

#include <stdio.h>

#include "sensor/engine/engine.h"

static void add_capture(const struct capture_stats *capture, struct vision_figures *figures)
{
	/* libpcap's ps_recv counts what the kernel had to drop as well (packet(7), tp_packets). */
	figures->counter[SIGHT_OFFERED] = capture->received;
	figures->counter[SIGHT_KERNEL_DROPS] = capture->dropped_kernel;
	figures->counter[SIGHT_ARRIVED] = capture->received + capture->dropped_interface;
	figures->counter[SIGHT_INTERFACE_DROPS] = capture->dropped_interface;
}

void vision_figures(const struct worker_stats *worker, const struct capture_stats *capture,
		    struct vision_figures *figures)
{
	uint64_t unread = worker->decoded[DECODE_TUNNEL] + worker->decoded[DECODE_TOO_DEEP];

	*figures = (struct vision_figures){
		.counter =
			{
				[SIGHT_PACKETS] = worker->packets,
				[SIGHT_OWN_DROPS] = worker->observations_lost,
				[SIGHT_PAIRS] = worker->pairs.both + worker->pairs.one_way,
				[SIGHT_PAIRS_ONE_WAY] = worker->pairs.one_way,
				[SIGHT_BYTES] = worker->pairs.bytes,
				[SIGHT_BYTES_UNSEEN] = worker->pairs.unseen_bytes,
				[SIGHT_TUNNELED] = worker->tunnelled + unread,
				[SIGHT_TUNNELED_UNREAD] = unread,
				[SIGHT_TRUNCATED] = worker->cut_frames + worker->mirror_cut,
				[SIGHT_COMPARED] = worker->compared,
				[SIGHT_DUPLICATES] = worker->duplicates,
				[SIGHT_UNREAD] = worker->decoded[DECODE_UNSUPPORTED_LINK] +
						 worker->decoded[DECODE_UNREAD] + worker->shaped,
				[SIGHT_MALFORMED] = worker->decoded[DECODE_MALFORMED],
			},
	};
	if (capture != NULL)
		add_capture(capture, figures);
}

void vision_part(const struct capture_stats *capture, struct vision_figures *figures)
{
	*figures = (struct vision_figures){
		.counter = {[SIGHT_PACKETS] = capture->received},
	};
	add_capture(capture, figures);
}

/* Whatever could be made of a frame but that it is nothing that is read. */
static uint64_t read_packets(const struct worker_stats *worker)
{
	return worker->decoded[DECODE_OK] + worker->decoded[DECODE_FRAGMENT];
}

enum vision_looked vision_looked(const struct worker_stats *worker)
{
	if (worker->packets == 0)
		return LOOKED_NOTHING;
	if (read_packets(worker) == 0)
		return LOOKED_UNREAD;
	return worker->ours == 0 ? LOOKED_NOT_OURS : LOOKED;
}

void vision_looked_text(const struct worker_stats *worker, const char *filter,
			char text[VISION_SENTENCE])
{
	unsigned long long packets = worker->packets, read = read_packets(worker);

	text[0] = '\0';
	switch (vision_looked(worker)) {
	case LOOKED:
		break;
	case LOOKED_NOTHING:
		if (filter)
			snprintf(text, VISION_SENTENCE,
				 "the filter \"%.200s\" lets no packet pass: nothing was looked at",
				 filter);
		else
			snprintf(text, VISION_SENTENCE,
				 "there is not one packet: nothing was looked at");
		break;
	case LOOKED_UNREAD:
		snprintf(text, VISION_SENTENCE,
			 "not one of %llu frames could be read: nothing was looked at%s", packets,
			 worker->decoded[DECODE_UNSUPPORTED_LINK] != 0
				 ? "; their link type is not supported"
				 : "");
		break;
	case LOOKED_NOT_OURS:
		if (worker->tunnels_claimed != 0) {
			snprintf(text, VISION_SENTENCE,
				 "of the %llu packets %llu came in tunnels that are not believed, "
				 "and "
				 "no other has an address of the policy's: nothing was judged; if "
				 "they "
				 "are a mirror's, name its ends under `tunnels`",
				 read, (unsigned long long)worker->tunnels_claimed);
			break;
		}
		snprintf(text, VISION_SENTENCE,
			 "none of the %llu packets has an address of the policy's: the zones "
			 "(`inside`) and groups do not fit this traffic, so nothing was judged",
			 read);
		break;
	}
}

void vision_judge_looked(struct blindness *blindness, const struct worker_stats *worker,
			 uint64_t now_ns)
{
	enum vision_looked looked = vision_looked(worker);
	uint64_t read = read_packets(worker);

	blindness_set(blindness, BLIND_NOTHING, looked == LOOKED_NOTHING, 0, 0, now_ns);
	blindness_set(blindness, BLIND_NOT_OURS, looked == LOOKED_NOT_OURS, read, read, now_ns);
	if (looked == LOOKED_UNREAD)
		blindness_set(blindness, BLIND_UNREAD, true, worker->packets, worker->packets,
			      now_ns);
}

static bool holds_for_any(struct blindness *const *list, size_t count, enum blind_cause cause)
{
	for (size_t i = 0; i < count; i++) {
		if (blindness_get(list[i], cause, 0, NULL))
			return true;
	}
	return false;
}

bool vision_text(struct blindness *const *list, size_t count, char text[VISION_TEXT])
{
	bool serious = false;
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < BLIND_CAUSES; i++) {
		enum blind_cause cause = (enum blind_cause)i;

		if (!holds_for_any(list, count, cause))
			continue;
		serious |= blindness_severity(cause) >= SEVERITY_MEDIUM;
		used += (size_t)snprintf(text + used, VISION_TEXT - used, "%s%s",
					 used != 0 ? "," : "", blind_cause_name(cause));
		if (used >= VISION_TEXT)
			break;
	}
	return serious;
}

struct tried {
	uint64_t before_ns; /* a line last tried before this is untested */
	uint64_t lines, untested;
};

static void count_line(void *context, const struct coverage *line)
{
	struct tried *tried = context;

	if (!line->is_rule)
		return;
	tried->lines++;
	tried->untested +=
		line->last_probe_ns < tried->before_ns && line->last_answer_ns < tried->before_ns;
}

void vision_untested(struct blindness *blindness, const struct engine *engine, uint64_t since_ns,
		     uint64_t within_ns, uint64_t now_ns)
{
	struct tried tried = {.before_ns = now_ns - within_ns};
	uint64_t closed, unprobed;

	if (within_ns == 0 || now_ns < since_ns || now_ns - since_ns < within_ns)
		return;
	engine_coverage(engine, count_line, &tried);
	blindness_set(blindness, BLIND_UNTESTED, tried.untested != 0, tried.untested, tried.lines,
		      now_ns);
	engine_count_closed(engine, tried.before_ns, &closed, &unprobed);
	blindness_set(blindness, BLIND_UNPROBED, unprobed != 0, unprobed, closed, now_ns);
}

void vision_storm(struct blindness *blindness, const struct engine *engine, uint64_t now_ns)
{
	struct engine_stats stats;

	engine_stats(engine, &stats);
	blindness_set(blindness, BLIND_STORM, stats.exposures_waiting != 0, stats.exposures_waiting,
		      stats.exposures_open, now_ns);
}
