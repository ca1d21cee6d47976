/* SPDX-License-Identifier: ISC */
/*
 * See byte_ring.h. `written` and `read` only grow; their difference is what is in the ring. A
 * record is its size (4 bytes) and its bytes, which may go round the end.
 */
#include "sensor/base/byte_ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct byte_ring {
	uint8_t *bytes;
	uint32_t size;
	_Alignas(64) _Atomic(uint64_t) written; /* by the producer */
	_Alignas(64) _Atomic(uint64_t) read;	/* by the consumer */
};

struct byte_ring *byte_ring_new(uint32_t bytes)
{
	struct byte_ring *ring = aligned_alloc(64, sizeof *ring);

	if (!ring)
		return NULL;
	ring->bytes = malloc(bytes);
	ring->size = bytes;
	atomic_init(&ring->written, 0);
	atomic_init(&ring->read, 0);
	if (ring->bytes)
		return ring;
	free(ring);
	return NULL;
}

uint64_t byte_ring_bytes(uint32_t bytes)
{
	return sizeof(struct byte_ring) + (uint64_t)bytes;
}

void byte_ring_free(struct byte_ring *ring)
{
	if (!ring)
		return;
	free(ring->bytes);
	free(ring);
}

static uint64_t put(struct byte_ring *ring, uint64_t at, const void *from, uint32_t length)
{
	uint32_t offset = (uint32_t)(at & (ring->size - 1));
	uint32_t first = ring->size - offset < length ? ring->size - offset : length;

	if (length != 0) {
		memcpy(ring->bytes + offset, from, first);
		memcpy(ring->bytes, (const uint8_t *)from + first, length - first);
	}
	return at + length;
}

static uint64_t get(const struct byte_ring *ring, uint64_t at, void *to, uint32_t length)
{
	uint32_t offset = (uint32_t)(at & (ring->size - 1));
	uint32_t first = ring->size - offset < length ? ring->size - offset : length;

	memcpy(to, ring->bytes + offset, first);
	memcpy((uint8_t *)to + first, ring->bytes, length - first);
	return at + length;
}

bool byte_ring_push(struct byte_ring *ring, const void *head, uint32_t head_size, const void *tail,
		    uint32_t tail_size, bool *filling)
{
	uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	uint64_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
	uint32_t size = head_size + tail_size, half = ring->size / 2;
	uint64_t used = written - read, need = (uint64_t)head_size + tail_size + sizeof size;

	if (need > ring->size - used)
		return false;
	written = put(ring, written, &size, sizeof size);
	written = put(ring, written, head, head_size);
	written = put(ring, written, tail, tail_size);
	atomic_store_explicit(&ring->written, written, memory_order_release);
	*filling = used < half && used + need >= half;
	return true;
}

bool byte_ring_waits(struct byte_ring *ring)
{
	return atomic_load_explicit(&ring->read, memory_order_acquire) !=
	       atomic_load_explicit(&ring->written, memory_order_relaxed);
}

uint32_t byte_ring_pop(struct byte_ring *ring, void *record, uint32_t size)
{
	uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
	uint32_t length, taken;

	if (read == atomic_load_explicit(&ring->written, memory_order_acquire))
		return 0;
	read = get(ring, read, &length, sizeof length);
	taken = length < size ? length : size;
	get(ring, read, record, taken);
	atomic_store_explicit(&ring->read, read + length, memory_order_release);
	return taken;
}
