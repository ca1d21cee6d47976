/* SPDX-License-Identifier: ISC */
/*
 * loop: the packets of a capture again and again on standard output, each turn later than the one
 * before, stretched to a given length of packet time. A day, or half an hour of work, of a file of
 * some seconds:
 *   build/tools/loop --turns 100 --turn-seconds 864 mix.pcap | build/spanwatch -r - -p policy.yaml
 *
 * With --vary the hosts that are not in 10.0.0.0/8 or fd00::/8 are others in each turn. Reads
 * classic pcap of Ethernet in this machine's byte order and microseconds or nanoseconds.
 */
#include <err.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_HEADER   24
#define RECORD_HEADER 16
#define CAPTURE_MOST  262144
#define MICROSECONDS  0xa1b2c3d4u
#define NANOSECONDS   0xa1b23c4du
#define SECOND	      1000000000ull
#define ETHERNET      14
#define BUFFER	      (1u << 20)
#define GAP_NS	      1000000u /* between two turns that are not stretched */

struct capture {
	uint8_t *bytes;
	size_t length;
	uint64_t tick_ns, first_ns, span_ns;
};

struct request {
	uint64_t turns, turn_ns, run_s, rate;
	bool vary;
};

static uint32_t u32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof value);
	return value;
}

static void put_u32(uint8_t *bytes, uint64_t number)
{
	uint32_t value = (uint32_t)number;

	memcpy(bytes, &value, sizeof value);
}

static uint64_t time_of(const struct capture *capture, const uint8_t *record)
{
	return u32(record) * SECOND + u32(record + 4) * capture->tick_ns;
}

/* All of the file, and between which times its packets are. */
static void load(struct capture *capture, const char *path)
{
	FILE *file = fopen(path, "rb");
	long length = -1;
	uint64_t last_ns = 0;

	if (file && fseek(file, 0, SEEK_END) == 0)
		length = ftell(file);
	if (length < FILE_HEADER + RECORD_HEADER)
		errx(2, "%s: no capture", path);
	capture->bytes = malloc((size_t)length);
	rewind(file);
	if (!capture->bytes || fread(capture->bytes, 1, (size_t)length, file) != (size_t)length)
		err(2, "%s", path);
	fclose(file);
	if (u32(capture->bytes) != MICROSECONDS && u32(capture->bytes) != NANOSECONDS)
		errx(2, "%s: no classic pcap of this machine's byte order", path);
	capture->tick_ns = u32(capture->bytes) == NANOSECONDS ? 1 : 1000;
	capture->first_ns = time_of(capture, capture->bytes + FILE_HEADER);
	capture->length = FILE_HEADER;
	while (capture->length + RECORD_HEADER <= (size_t)length) {
		const uint8_t *record = capture->bytes + capture->length;
		uint32_t captured = u32(record + 8);

		if (captured > CAPTURE_MOST ||
		    capture->length + RECORD_HEADER + captured > (size_t)length)
			errx(2, "%s: broken at byte %zu", path, capture->length);
		if (time_of(capture, record) > last_ns)
			last_ns = time_of(capture, record);
		capture->length += RECORD_HEADER + captured;
	}
	capture->span_ns = last_ns > capture->first_ns ? last_ns - capture->first_ns : 1;
}

static void vary_address(uint8_t *address, bool ipv6, uint64_t turn)
{
	uint8_t *at = ipv6 ? address + 6 : address + 1;

	if (address[0] == (ipv6 ? 0xfd : 10))
		return;
	at[0] ^= (uint8_t)turn;
	at[1] ^= (uint8_t)(turn >> 8);
}

static void vary(uint8_t *frame, uint32_t captured, uint64_t turn)
{
	if (captured < ETHERNET + 40)
		return;
	if (frame[12] == 0x08 && frame[13] == 0x00) {
		vary_address(frame + ETHERNET + 12, false, turn);
		vary_address(frame + ETHERNET + 16, false, turn);
	} else if (frame[12] == 0x86 && frame[13] == 0xdd) {
		vary_address(frame + ETHERNET + 8, true, turn);
		vary_address(frame + ETHERNET + 24, true, turn);
	}
}

/* One record with its new time; the capture itself stays as it was. */
static void write_record(const struct capture *capture, const uint8_t *from, uint64_t turn,
			 const struct request *request)
{
	uint64_t since_ns = time_of(capture, from) - capture->first_ns, ts_ns;
	uint8_t record[RECORD_HEADER + CAPTURE_MOST];
	uint32_t captured = u32(from + 8);

	if (time_of(capture, from) < capture->first_ns)
		since_ns = 0;
	if (request->turn_ns != 0)
		since_ns = (uint64_t)((double)since_ns / (double)capture->span_ns *
				      (double)request->turn_ns);
	ts_ns = capture->first_ns + since_ns +
		turn * (request->turn_ns != 0 ? request->turn_ns : capture->span_ns + GAP_NS);
	memcpy(record, from, RECORD_HEADER + captured);
	put_u32(record, ts_ns / SECOND);
	put_u32(record + 4, ts_ns % SECOND / capture->tick_ns);
	if (request->vary)
		vary(record + RECORD_HEADER, captured, turn);
	if (fwrite(record, 1, RECORD_HEADER + captured, stdout) != RECORD_HEADER + captured)
		exit(0); /* whoever read it has had enough */
}

/* The number of packets written. */
static uint64_t write_turn(const struct capture *capture, uint64_t turn,
			   const struct request *request)
{
	size_t at = FILE_HEADER;
	uint64_t packets = 0;

	while (at < capture->length) {
		write_record(capture, capture->bytes + at, turn, request);
		at += RECORD_HEADER + u32(capture->bytes + at + 8);
		packets++;
	}
	return packets;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* So that no more than `rate` packets a second leave, on average. */
static void pace(uint64_t begun_ns, uint64_t packets, uint64_t rate)
{
	uint64_t due_ns, passed_ns = now_ns() - begun_ns;

	if (rate == 0)
		return;
	due_ns = packets / rate * SECOND + packets % rate * SECOND / rate;
	if (due_ns > passed_ns)
		usleep((useconds_t)((due_ns - passed_ns) / 1000));
}

static void write_all(const struct capture *capture, const struct request *request)
{
	uint64_t begun_ns = now_ns(), packets = 0;

	for (uint64_t turn = 0; request->turns == 0 || turn < request->turns; turn++) {
		if (request->run_s != 0 && now_ns() - begun_ns >= request->run_s * SECOND)
			return;
		packets += write_turn(capture, turn, request);
		pace(begun_ns, packets, request->rate);
	}
}

static void usage(void)
{
	errx(2, "usage: loop [--turns N] [--turn-seconds S] [--run-seconds S] [--rate N]\n"
		"            [--vary] FILE >OUT\n"
		"  --turns         how often; 0: for ever\n"
		"  --turn-seconds  packet time of one turn; default: the capture's own\n"
		"  --run-seconds   no turn begins later than that, by the clock\n"
		"  --rate          packets a second by the clock, on average");
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end || *text == '-')
		errx(2, "'%s' is no number", text);
	return value;
}

static const struct option options[] = {
	{"turns", required_argument, NULL, 't'},
	{"turn-seconds", required_argument, NULL, 's'},
	{"run-seconds", required_argument, NULL, 'r'},
	{"rate", required_argument, NULL, 'p'},
	{"vary", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
	struct request request = {.turns = 1};
	struct capture capture = {0};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			request.turns = number(optarg);
		else if (option == 's')
			request.turn_ns = number(optarg) * SECOND;
		else if (option == 'r')
			request.run_s = number(optarg);
		else if (option == 'p')
			request.rate = number(optarg);
		else if (option == 'v')
			request.vary = true;
		else
			usage();
	}
	if (optind + 1 != argc)
		usage();
	load(&capture, argv[optind]);
	setvbuf(stdout, NULL, _IOFBF, BUFFER);
	fwrite(capture.bytes, 1, FILE_HEADER, stdout);
	write_all(&capture, &request);
	free(capture.bytes);
	return fflush(stdout) == 0 ? 0 : 1;
}
