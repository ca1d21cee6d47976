/* SPDX-License-Identifier: ISC */
/*
 * How fast could it be? The least that must be done for each packet by anything that knows what
 * spanwatch must know: headers, two zones, the conversation in a table. The capture lies in memory,
 * there are no tunnels, fragments or checksums, zones are a bit for each /16, and a full line of
 * the table forgets its oldest. tools/bench prints the distance of spanwatch's own stages to it.
 *
 *   build/tools/bench-limit FILE.pcap
 *
 * One line of JSON: packets, and the nanoseconds of CPU for each of them up to each stage, the
 * least of ROUNDS.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	   5
#define FILE_HEAD  24
#define FRAME_HEAD 16
#define LINES	   (1u << 18)
#define IN_LINE	   7
#define AHEAD	   16 /* packets that the table's lines are asked for before they are needed */

enum stage { STAGE_READ, STAGE_HEADERS, STAGE_ZONES, STAGE_FLOWS, STAGES };

static const char *const names[STAGES] = {"read", "headers", "zones", "flows"};

struct line {
	uint32_t tags[IN_LINE];
	uint32_t next;
	uint32_t packets[IN_LINE], unused;
};

struct packet {
	uint32_t ends[2];
	uint16_t ports[2];
	uint8_t protocol;
};

struct limit {
	const uint8_t *bytes;
	size_t size;
	struct line *lines;
	uint8_t inside[65536]; /* by the first two bytes of an address */
	uint64_t sum;	       /* so that nothing is optimised away */
};

static uint32_t load32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof value);
	return value;
}

static uint16_t load16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof value);
	return value;
}

/* Ethernet, then IPv4 or IPv6, whose addresses are folded, then ports. False: something else. */
static bool read_headers(const uint8_t *frame, size_t length, struct packet *packet)
{
	const uint8_t *ip = frame + 14, *l4;
	uint16_t type;

	if (length < 14 + 40 + 4)
		return false;
	type = load16(frame + 12);
	if (type == htons(0x0800)) {
		packet->protocol = ip[9];
		packet->ends[0] = load32(ip + 12);
		packet->ends[1] = load32(ip + 16);
		l4 = ip + (ip[0] & 0xf) * 4;
		if (l4 + 4 > frame + length)
			return false;
	} else if (type == htons(0x86dd)) {
		packet->protocol = ip[6];
		for (int i = 0; i < 2; i++)
			packet->ends[i] = load32(ip + 8 + i * 16) ^ load32(ip + 20 + i * 16);
		l4 = ip + 40;
	} else {
		return false;
	}
	packet->ports[0] = load16(l4);
	packet->ports[1] = load16(l4 + 2);
	return packet->protocol == 6 || packet->protocol == 17;
}

static uint64_t hash_of(const struct packet *packet)
{
	uint64_t a = (uint64_t)packet->ends[0] << 16 | packet->ports[0];
	uint64_t b = (uint64_t)packet->ends[1] << 16 | packet->ports[1];
	uint64_t hash = (a ^ b) * 0x9e3779b97f4a7c15u + (a + b) * 0xbf58476d1ce4e5b9u;

	return (hash ^ hash >> 29) * 0x94d049bb133111ebu;
}

static uint32_t count_in(struct line *line, uint32_t tag)
{
	for (int i = 0; i < IN_LINE; i++) {
		if (line->tags[i] == tag)
			return ++line->packets[i];
	}
	line->next = (line->next + 1) % IN_LINE;
	line->tags[line->next] = tag;
	return line->packets[line->next] = 1;
}

struct waiting {
	uint64_t hashes[AHEAD];
	unsigned at;
};

/* Its line is asked for now, and looked at when AHEAD more have come. */
static void look_up(struct limit *limit, struct waiting *waiting, uint64_t hash)
{
	uint64_t *place = &waiting->hashes[waiting->at++ % AHEAD], before = *place;

	*place = hash;
	__builtin_prefetch(&limit->lines[hash % LINES], 1);
	limit->sum += count_in(&limit->lines[before % LINES], (uint32_t)(before >> 32) | 1);
}

static void take(struct limit *limit, struct waiting *waiting, const uint8_t *frame, size_t length,
		 enum stage stage)
{
	struct packet packet;
	bool inside[2];

	limit->sum += frame[12];
	if (stage < STAGE_HEADERS || !read_headers(frame, length, &packet))
		return;
	limit->sum += packet.ports[0];
	if (stage < STAGE_ZONES)
		return;
	for (int i = 0; i < 2; i++)
		inside[i] = limit->inside[packet.ends[i] & 0xffff];
	limit->sum += (unsigned)inside[0] + inside[1];
	if (stage >= STAGE_FLOWS)
		look_up(limit, waiting, hash_of(&packet));
}

static uint64_t walk(struct limit *limit, enum stage stage)
{
	struct waiting waiting = {.at = 0};
	uint64_t packets = 0;
	size_t at = FILE_HEAD;

	while (at + FRAME_HEAD < limit->size) {
		size_t length = load32(limit->bytes + at + 8);

		at += FRAME_HEAD;
		if (length > limit->size - at)
			break;
		__builtin_prefetch(limit->bytes + at + 4 * length);
		if (length > 14)
			take(limit, &waiting, limit->bytes + at, length, stage);
		at += length;
		packets++;
	}
	return packets;
}

static void *pages(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

static bool load(struct limit *limit, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	uint8_t *bytes;
	size_t done = 0;
	ssize_t n = 1;

	if (file < 0 || fstat(file, &about) != 0)
		return false;
	limit->size = (size_t)about.st_size;
	bytes = pages(limit->size);
	while (bytes && done < limit->size && n > 0) {
		n = read(file, bytes + done, limit->size - done);
		done += n > 0 ? (size_t)n : 0;
	}
	close(file);
	limit->bytes = bytes;
	return bytes && done == limit->size && done > FILE_HEAD &&
	       (load32(bytes) == 0xa1b2c3d4 || load32(bytes) == 0xa1b23c4d);
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	static struct limit limit;
	uint64_t packets = 0;

	limit.lines = pages(LINES * sizeof *limit.lines);
	if (argc != 2 || !limit.lines || !load(&limit, argv[1])) {
		fprintf(stderr, "usage: bench-limit FILE.pcap (this machine's byte order)\n");
		return 2;
	}
	memset(limit.lines, 0, LINES * sizeof *limit.lines);
	for (unsigned i = 0; i < 256; i++) /* 10.0.0.0/8, as the policies of the bench have it */
		limit.inside[htons((uint16_t)(10u << 8 | i))] = 1;
	printf("{");
	for (enum stage stage = 0; stage < STAGES; stage++) {
		double least = 0;

		for (int round = 0; round < ROUNDS; round++) {
			double start = cpu_ns(), taken;

			packets = walk(&limit, stage);
			taken = cpu_ns() - start;
			least = round == 0 || taken < least ? taken : least;
		}
		printf("\"%s\": %.1f, ", names[stage], packets ? least / (double)packets : 0.0);
	}
	printf("\"packets\": %" PRIu64 ", \"sum\": %" PRIu64 "}\n", packets, limit.sum);
	return 0;
}
