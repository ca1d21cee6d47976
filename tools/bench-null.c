/* SPDX-License-Identifier: ISC */
/*
 * The least that any reader of a capture must do: a libpcap loop that touches the first bytes of
 * each packet. tools/bench measures everything else against it, tools/bench-live with an interface
 * in a file's place. Prints packets, bytes and a sum.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tally {
	uint64_t packets, bytes, sum;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct tally *tally = (struct tally *)(void *)user;

	tally->packets++;
	tally->bytes += header->len;
	if (header->caplen > 12)
		tally->sum += bytes[12];
}

/* Live: the same ring and time as the sensor has by default. Until SIGINT. */
static pcap_t *open_interface(const char *name, char error[PCAP_ERRBUF_SIZE])
{
	pcap_t *pcap = pcap_create(name, error);

	if (!pcap)
		return NULL;
	if (pcap_set_snaplen(pcap, 262144) == 0 && pcap_set_promisc(pcap, 1) == 0 &&
	    pcap_set_timeout(pcap, 50) == 0 && pcap_set_buffer_size(pcap, 64 << 20) == 0 &&
	    pcap_activate(pcap) >= 0)
		return pcap;
	snprintf(error, PCAP_ERRBUF_SIZE, "%s: %s", name, pcap_geterr(pcap));
	pcap_close(pcap);
	return NULL;
}

static void print_lost(pcap_t *pcap)
{
	struct pcap_stat stat;

	if (pcap_stats(pcap, &stat) == 0)
		fprintf(stderr, "%u packets received by filter\n%u packets dropped by kernel\n",
			stat.ps_recv, stat.ps_drop);
}

static pcap_t *running; /* for the signal alone */

static void on_signal(int number)
{
	(void)number;
	pcap_breakloop(running); /* NOLINT: its man page allows it here */
}

static int usage(void)
{
	fprintf(stderr, "usage: bench-null FILE | -i INTERFACE\n");
	return 2;
}

int main(int argc, char **argv)
{
	bool live = argc == 3 && strcmp(argv[1], "-i") == 0;
	char error[PCAP_ERRBUF_SIZE];
	struct tally tally = {0};
	pcap_t *pcap;

	if (!live && argc != 2)
		return usage();
	pcap = live ? open_interface(argv[2], error) : pcap_open_offline(argv[1], error);
	if (!pcap) {
		fprintf(stderr, "bench-null: %s\n", error);
		return 1;
	}
	running = pcap;
	signal(SIGINT, on_signal);
	if (pcap_loop(pcap, -1, count, (u_char *)&tally) == PCAP_ERROR) {
		fprintf(stderr, "bench-null: %s\n", pcap_geterr(pcap));
		return 1;
	}
	if (live)
		print_lost(pcap);
	pcap_close(pcap);
	printf("%" PRIu64 " packets %" PRIu64 " bytes %" PRIu64 "\n", tally.packets, tally.bytes,
	       tally.sum);
	return 0;
}
