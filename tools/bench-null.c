/* SPDX-License-Identifier: ISC */
/*
 * The least that any reader of a capture must do: a libpcap loop that touches the first bytes of
 * each packet. tools/bench measures everything else against it. Prints packets, bytes and a sum.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

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

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct tally tally = {0};
	pcap_t *pcap;

	if (argc != 2) {
		fprintf(stderr, "usage: bench-null FILE\n");
		return 2;
	}
	pcap = pcap_open_offline(argv[1], error);
	if (!pcap) {
		fprintf(stderr, "bench-null: %s\n", error);
		return 1;
	}
	if (pcap_loop(pcap, -1, count, (u_char *)&tally) == PCAP_ERROR) {
		fprintf(stderr, "bench-null: %s\n", pcap_geterr(pcap));
		return 1;
	}
	pcap_close(pcap);
	printf("%" PRIu64 " packets %" PRIu64 " bytes %" PRIu64 "\n", tally.packets, tally.bytes,
	       tally.sum);
	return 0;
}
