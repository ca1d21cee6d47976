/* SPDX-License-Identifier: ISC */
/*
 * generate: writes a pcap file of made-up traffic. The same options give the same bytes.
 *   build/generate --mix realistic --size 1G --seed 7 -o mix.pcap
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/generate/mixes.h"

#define MATTER_DEFAULT	33
#define IPV6_DEFAULT	20
#define REFUSED_DEFAULT 25

static void usage(FILE *to)
{
	fprintf(to, "usage: generate -o FILE (--size BYTES[k|M|G] | --packets N) [--seed N]\n"
		    "       [--mix NAME] [--matter PERCENT] [--ipv6 PERCENT] [--refused PERCENT]\n"
		    "       [--sessions N] [--vxlan] [--nanosecond]\n"
		    "  --matter   packets of answered flows from outside to inside servers (33)\n"
		    "  --ipv6     sessions over IPv6 (20)\n"
		    "  --refused  answered-scan: endpoints that answer with RST, not SYN-ACK (25)\n"
		    "  --sessions under way at the same time\n"
		    "  --vxlan    each frame in a tunnel, as from a cloud's mirror\n"
		    "mixes:\n");
	for (size_t i = 0; i < mix_count; i++)
		fprintf(to, "  %-14s %s\n", mixes[i].name, mixes[i].about);
}

static uint64_t number(const char *text, const char *name, uint64_t most)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	switch (*end) {
	case 'k':
		value *= 1000;
		end++;
		break;
	case 'M':
		value *= 1000000;
		end++;
		break;
	case 'G':
		value *= 1000000000;
		end++;
		break;
	default:
		break;
	}
	if (end == text || *end || *text == '-' || value > most)
		errx(2, "--%s: '%s' is not a number up to %llu", name, text,
		     (unsigned long long)most);
	return value;
}

static const struct mix *find_mix(const char *name)
{
	for (size_t i = 0; i < mix_count; i++) {
		if (strcmp(mixes[i].name, name) == 0)
			return &mixes[i];
	}
	errx(2, "no mix '%s'; see --help", name);
}

static const struct option options[] = {
	{"mix", required_argument, NULL, 'm'},	    {"seed", required_argument, NULL, 's'},
	{"size", required_argument, NULL, 'b'},	    {"packets", required_argument, NULL, 'p'},
	{"sessions", required_argument, NULL, 'n'}, {"matter", required_argument, NULL, 'a'},
	{"ipv6", required_argument, NULL, '6'},	    {"refused", required_argument, NULL, 'r'},
	{"vxlan", no_argument, NULL, 'v'},	    {"nanosecond", no_argument, NULL, 'N'},
	{"help", no_argument, NULL, 'h'},	    {NULL, 0, NULL, 0},
};

struct request {
	const struct mix *mix;
	const char *path;
	bool nanoseconds, vxlan;
};

static void set_option(int option, struct plan *plan, struct request *request)
{
	switch (option) {
	case 'm':
		request->mix = find_mix(optarg);
		break;
	case 's':
		plan->chance.state = number(optarg, "seed", UINT64_MAX);
		break;
	case 'b':
		plan->bytes = number(optarg, "size", UINT64_MAX);
		break;
	case 'p':
		plan->packets = number(optarg, "packets", UINT64_MAX);
		break;
	case 'n':
		plan->sessions = (uint32_t)number(optarg, "sessions", 20000000);
		break;
	case 'a':
		plan->matter_percent = (uint32_t)number(optarg, "matter", 100);
		break;
	case '6':
		plan->ipv6_percent = (uint32_t)number(optarg, "ipv6", 100);
		break;
	case 'r':
		plan->refused_percent = (uint32_t)number(optarg, "refused", 100);
		break;
	case 'N':
		request->nanoseconds = true;
		break;
	case 'v':
		request->vxlan = true;
		break;
	case 'o':
		request->path = optarg;
		break;
	case 'h':
		usage(stdout);
		exit(0);
	default:
		usage(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = {.matter_percent = MATTER_DEFAULT,
			    .ipv6_percent = IPV6_DEFAULT,
			    .refused_percent = REFUSED_DEFAULT};
	struct request request = {.mix = &mixes[0]};
	int option;

	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
		set_option(option, &plan, &request);
	if (!request.path || (!plan.bytes && !plan.packets) || optind != argc) {
		usage(stderr);
		return 2;
	}
	output_open(&plan.output, request.path, request.nanoseconds, request.vxlan);
	request.mix->run(&plan, request.mix);
	output_close(&plan.output);
	return 0;
}
