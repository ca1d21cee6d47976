/* SPDX-License-Identifier: ISC */
/*
 * See ring.h. Head and tail only ever grow; each is written by one side and read by the other with
 * acquire and release, and they lie in different cache lines.
 */
#include "sensor/base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct ring {
	_Alignas(64) _Atomic uint64_t head; /* next to be written, by the producer */
	_Alignas(64) _Atomic uint64_t tail; /* next to be read, by the consumer */
	_Alignas(64) uint64_t mask;
	size_t stride, size;
	uint8_t *slots;
};

static uint64_t slots_for(uint32_t capacity)
{
	uint64_t slots = 2;

	while (slots < capacity)
		slots *= 2;
	return slots;
}

static size_t stride_for(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

uint64_t ring_bytes(uint32_t capacity, size_t size)
{
	return sizeof(struct ring) + slots_for(capacity) * stride_for(size);
}

struct ring *ring_new(uint32_t capacity, size_t size)
{
	struct ring *ring = aligned_alloc(64, sizeof *ring);
	uint64_t slots = slots_for(capacity);

	if (!ring)
		return NULL;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	ring->mask = slots - 1;
	ring->size = size;
	ring->stride = stride_for(size);
	ring->slots = calloc(slots, ring->stride);
	if (!ring->slots) {
		free(ring);
		return NULL;
	}
	return ring;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->slots);
	free(ring);
}

bool ring_push(struct ring *ring, const void *message)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (head - tail > ring->mask)
		return false;
	memcpy(ring->slots + (head & ring->mask) * ring->stride, message, ring->size);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

bool ring_waits(struct ring *ring)
{
	return atomic_load_explicit(&ring->tail, memory_order_acquire) !=
	       atomic_load_explicit(&ring->head, memory_order_relaxed);
}

const void *ring_peek(struct ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
		return NULL;
	return ring->slots + (tail & ring->mask) * ring->stride;
}

void ring_pop(struct ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}
