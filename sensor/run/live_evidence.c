/* SPDX-License-Identifier: ISC */
/*
 * --evidence in a live sensor: workers pass packets to the main thread through rings of bytes of
 * their own, and never wait for a disk. What finds its ring full is counted.
 */
#include <stdlib.h>
#include <string.h>

#include "sensor/run/live_state.h"

#define RING_BYTES     (8u << 20)
#define RECORD_MOST    (sizeof(struct kept_frame) + (256u << 10))
#define RECORDS_A_TURN 4096

/* Worker thread. */
static bool on_kept(void *context, const struct kept_frame *kept)
{
	struct thread *thread = context;
	bool filling = false;

	if (!byte_ring_push(thread->kept, kept, sizeof *kept, kept->frame.bytes,
			    kept->frame.captured, &filling))
		return false;
	if (filling)
		live_wake(thread);
	return true;
}

bool live_evidence_begin(struct thread *thread)
{
	struct live *live = thread->live;

	if (!live->app->evidence)
		return true;
	if (!live->record)
		live->record = malloc(RECORD_MOST);
	thread->kept = byte_ring_new(RING_BYTES);
	return live->record && thread->kept && worker_keep_evidence(thread->worker, on_kept);
}

uint64_t live_evidence_bytes(uint32_t workers)
{
	return RECORD_MOST + (uint64_t)workers * byte_ring_bytes(RING_BYTES);
}

/* Main thread. */
bool live_evidence_take(struct live *live, struct thread *thread)
{
	struct kept_frame kept;
	uint32_t size;

	if (!thread->kept)
		return false;
	for (int i = 0; i < RECORDS_A_TURN; i++) {
		size = byte_ring_pop(thread->kept, live->record, RECORD_MOST);
		if (size == 0)
			return false;
		memcpy(&kept, live->record, sizeof kept);
		kept.frame.bytes = live->record + sizeof kept;
		if (kept.frame.captured > size - sizeof kept)
			kept.frame.captured = (uint32_t)(size - sizeof kept);
		evidence_add(live->app->evidence, &kept);
	}
	return true;
}

void live_evidence_end(struct live *live)
{
	for (uint32_t i = 0; i < live->thread_count; i++)
		byte_ring_free(live->threads[i].kept);
	free(live->record);
}
