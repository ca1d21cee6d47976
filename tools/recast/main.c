/* SPDX-License-Identifier: ISC */
/*
 * recast: the same conversations as another wire would have shown them. Deterministic.
 *   build/recast --ports 7 --split 1 scan.pcap moved-and-split.pcap
 */
#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/recast/roles.h"
#include "tools/recast/transform.h"

#define STEPS_MAX 16

static const struct {
	const char *name, *argument, *about;
	transform *transform;
} transforms[] = {
	{"ports", "SEED", "every server moves to a port from 10000 on", transform_ports},
	{"client", NULL, "only what clients send", transform_client},
	{"server", NULL, "only what servers send", transform_server},
	{"split", "N", "TCP segments in pieces of N bytes", transform_split},
	{"cut", "N", "TCP segments in two, the first of N bytes", transform_cut},
	{"merge", "N", "neighbouring TCP segments become one of at most N bytes", transform_merge},
	{"reorder", NULL, "of two TCP segments in a row, the second comes first",
	 transform_reorder},
	{"retransmit", NULL, "every TCP segment comes again, with other bytes in it",
	 transform_retransmit},
	{"drop", "N", "each Nth TCP segment is missing", transform_drop},
	{"late", "N", "the first N packets of each conversation are missing", transform_late},
};

#define TRANSFORMS (sizeof transforms / sizeof *transforms)

static void usage(FILE *to)
{
	fprintf(to, "usage: recast [--show-ports] TRANSFORM... INPUT OUTPUT\n"
		    "Transforms apply one after the other; --show-ports tells where --ports moves "
		    "each\n"
		    "server of INPUT. What cannot be changed (fragments, cut frames) passes as it "
		    "is.\n");
	for (size_t i = 0; i < TRANSFORMS; i++)
		fprintf(to, "  --%-10s %-4s  %s\n", transforms[i].name,
			transforms[i].argument ? transforms[i].argument : "", transforms[i].about);
}

struct plan {
	transform *steps[STEPS_MAX];
	uint64_t numbers[STEPS_MAX];
	size_t count;
	bool show_ports;
};

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end || *text == '-')
		errx(2, "'%s' is not a number", text);
	return value;
}

static void add_step(struct plan *plan, size_t which)
{
	if (plan->count == STEPS_MAX)
		errx(2, "more than %d transforms", STEPS_MAX);
	plan->numbers[plan->count] = transforms[which].argument ? number_of(optarg) : 0;
	plan->steps[plan->count++] = transforms[which].transform;
}

static void read_options(int argc, char **argv, struct plan *plan)
{
	struct option options[TRANSFORMS + 3] = {{0}};
	int option;

	for (size_t i = 0; i < TRANSFORMS; i++)
		options[i] = (struct option){.name = transforms[i].name,
					     .has_arg = transforms[i].argument != NULL,
					     .val = (int)i + 256};
	options[TRANSFORMS] = (struct option){.name = "show-ports", .val = 'p'};
	options[TRANSFORMS + 1] = (struct option){.name = "help", .val = 'h'};
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option >= 256) {
			add_step(plan, (size_t)option - 256);
		} else if (option == 'p') {
			plan->show_ports = true;
		} else {
			usage(option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (argc - optind != 2) {
		usage(stderr);
		exit(2);
	}
}

/* "ADDRESS PORT tcp|udp NEW-PORT" for each server. */
static void show_ports(const struct recording *recording, uint64_t seed)
{
	struct roles roles = roles_of(recording);
	char address[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < roles.room; i++) {
		const struct segment_end *server = talk_server(&roles.talks[i]);

		if (!roles.taken[i])
			continue;
		inet_ntop(server->version == 4 ? AF_INET : AF_INET6, server->address, address,
			  sizeof address);
		printf("%s %u %s %u\n", address, server->port,
		       server->transport == SEGMENT_TCP ? "tcp" : "udp",
		       transform_port(server, seed));
	}
	roles_free(&roles);
}

int main(int argc, char **argv)
{
	struct plan plan = {.count = 0};
	struct recording recording;

	read_options(argc, argv, &plan);
	recording = recording_load(argv[optind]);
	for (size_t i = 0; i < plan.count; i++) {
		struct recording next;

		if (plan.show_ports && plan.steps[i] == transform_ports)
			show_ports(&recording, plan.numbers[i]);
		next = plan.steps[i](&recording, plan.numbers[i]);
		recording_free(&recording);
		recording = next;
	}
	recording_save(&recording, argv[optind + 1]);
	recording_free(&recording);
	return 0;
}
