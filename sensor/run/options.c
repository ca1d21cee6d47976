/* SPDX-License-Identifier: ISC */
/*
 * See options.h. Every option is one row of a table: its name, what it takes, where it goes, its
 * range, its default and its line of --help. Adding one is adding a row and a paragraph in
 * spanwatch.8.
 */
#include "sensor/run/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sensor/base/log.h"
#include "sensor/capture/receiver.h"
#include "sensor/capture/watch.h"
#include "sensor/decode/decode.h"
#include "sensor/decode/encapsulation.h"
#include "sensor/health/counters.h"

enum kind {
	KIND_FILES,
	KIND_INTERFACES,
	KIND_KNOWN_BAD,
	KIND_TEXT,
	KIND_FLAG,
	KIND_NUMBER,
	KIND_HELP,
	KIND_VERSION,
	KIND_COUNTERS,
	KIND_ENCAPSULATIONS,
};

struct row {
	const char *name;
	char letter; /* 0: none */
	enum kind kind;
	size_t offset;
	uint32_t low, high, standard;
	const char *takes, *help;
};

#define FIELD(member) offsetof(struct options, member)
#define TEXT(name, letter, member, takes, help)                                                    \
	{                                                                                          \
		name, letter, KIND_TEXT, FIELD(member), 0, 0, 0, takes, help                       \
	}
#define FLAG(name, letter, member, help)                                                           \
	{                                                                                          \
		name, letter, KIND_FLAG, FIELD(member), 0, 0, 0, NULL, help                        \
	}
#define NUMBER(name, member, low, high, standard, help)                                            \
	{                                                                                          \
		name, 0, KIND_NUMBER, FIELD(member), low, high, standard, "N", help                \
	}

/* clang-format off */
static const struct row rows[] = {
	{"read", 'r', KIND_FILES, 0, 0, 0, 0, "FILE|DIR|-...", "replay captures: pcap or pcapng, also .gz .bz2 .xz .zst .lz4"},
	{"interface", 'i', KIND_INTERFACES, 0, 0, 0, 0, "IFACE|udp://...", "watch a mirror port, or receive a mirror; may be given several times"},
	FLAG("as-given", 0, as_given, "captures in the order of the command line, not in that of time"),
	FLAG("live-clock", 0, live_clock, "with -r -: a stream that is read as it comes, judged by the clock when it is silent"),
	FLAG("per-file", 0, per_file, "then a line for each capture: packets, time, exposures, what was not read"),
	TEXT("policy", 'p', policy, "FILE", "what is internal-only: spanwatch-policy(5)"),
	{"known-bad", 0, KIND_KNOWN_BAD, 0, 0, 0, 0, "FILE", "mark exposures whose version has known vulnerabilities; can be repeated"},
	FLAG("check", 'n', check_only, "check the policy and exit"),
	TEXT("filter", 'f', filter, "BPF", "look only at packets that this filter lets through"),
	FLAG("memory", 0, memory, "print what these options take of memory at most, and exit"),
	FLAG("json", 0, json, "events as JSON lines on standard output"),
	FLAG("text", 0, text, "events as text for people, also when it is not a terminal"),
	FLAG("inventory", 0, inventory, "list every service seen, as JSON lines; needs no policy"),
	FLAG("fail-on-exposure", 0, fail_on_exposure, "exit with status 1 if a rule was broken"),
	TEXT("redis", 0, redis_url, "URL", "events to Redis: redis://host:port/db, rediss:// for TLS, unix:///path"),
	TEXT("redis-password-file", 0, redis_password_file, "FILE", "its first line is the password"),
	TEXT("redis-tls-ca", 0, tls_ca, "FILE|DIR", "who may sign Redis's certificate; default: whom the system trusts"),
	TEXT("redis-tls-cert", 0, tls_cert, "FILE", "our certificate for Redis"),
	TEXT("redis-tls-key", 0, tls_key, "FILE", "and its key"),
	TEXT("redis-tls-name", 0, tls_name, "NAME", "that Redis's certificate must have; default: the host's"),
	TEXT("sentinel-user", 0, sentinel_user, "NAME", "at the sentinels of redis+sentinel://"),
	TEXT("sentinel-password-file", 0, sentinel_password_file, "FILE", "its first line is their password"),
	TEXT("journal", 0, journal, "FILE", "keep events here until Redis has them; default: in memory"),
	TEXT("sensor", 0, sensor, "NAME", "name of this sensor; default: the host's, \"replay\" with -r"),
	TEXT("site", 0, site, "NAME", "in place of the policy's site"),
	TEXT("run", 0, run, "ID", "name of a replay's keys in Redis; default: made from its inputs"),
	TEXT("evidence", 0, evidence, "DIR", "keep the packets of conversations that break a rule, payload and all"),
	NUMBER("evidence-files", evidence_files, 1, 4096, 256, "exposures whose packets are kept; the oldest make room"),
	NUMBER("evidence-file-mib", evidence_file_mib, 1, 65536, 16, "for each exposure; beyond it nothing more is kept"),
	NUMBER("evidence-mib", evidence_mib, 1, 16777216, 1024, "for all of them; the oldest make room"),
	TEXT("metrics", 0, metrics, "[ADDR:]PORT", "numbers for Prometheus over HTTP; without an address this host's only"),
	TEXT("user", 0, user, "NAME", "become this user once the capture is open"),
	TEXT("vxlan-ports", 0, vxlan_ports, "N[,N...]", "UDP ports of VXLAN (4789)"),
	TEXT("geneve-ports", 0, geneve_ports, "N[,N...]", "UDP ports of GENEVE (6081)"),
	TEXT("fou-ports", 0, fou_ports, "N[,N...]", "UDP ports of FOU (5555)"),
	TEXT("no-tunnels", 0, no_tunnels, "KIND[,KIND...]", "kinds of tunnels that are not looked into, or \"all\""),
	FLAG("separate-vni", 0, separate_vni, "equal addresses in tunnels of different ids are different hosts"),
	FLAG("checksums", 0, checksums, "do not look at packets whose checksum is wrong"),
	NUMBER("duplicate-ms", duplicate_ms, 0, 10000, 100, "the same packet again so soon counts once; 0: each counts"),
	NUMBER("workers", workers, 1, 64, 1, "threads that capture; with -r one looks at packets, the others read ahead"),
	NUMBER("snaplen", snap_length, 64, 262144, 262144, "bytes captured of each packet"),
	NUMBER("buffer-mib", buffer_mib, 1, 2047, 64, "the kernel's capture ring, for each worker"),
	NUMBER("capture-timeout-ms", timeout_ms, 10, 1000, 50, "the kernel hands packets over at least this often"),
	FLAG("whole-packets", 0, whole_packets, "copy payload of what no rule cares about as well"),
	FLAG("no-promiscuous", 0, no_promiscuous, "leave the interface as it is"),
	NUMBER("max-flows", max_flows, 16, 100000000, 131072, "conversations at the same time, for each worker"),
	NUMBER("max-sessions", max_sessions, 16, 10000000, 16384, "of them, those whose bytes are read"),
	NUMBER("reassembly-mib", reassembly_mib, 1, 65536, 16, "for segments that came early, for each worker"),
	NUMBER("unpack-mib", unpack_mib, 1, 1024, 8, "for compressed streams that are being read, for each worker"),
	NUMBER("fragments-mib", fragments_mib, 1, 1024, 4, "for fragments of datagrams that are not whole yet"),
	NUMBER("max-probed", max_probed, 16, 10000000, 32768, "endpoints whose unanswered probes are remembered"),
	NUMBER("max-outbound", max_outbound, 1024, 100000000, 262144, "conversations begun by ours that are remembered"),
	NUMBER("max-exposures", max_exposures, 16, 1000000, 16384, "exposures, open and lately closed"),
	NUMBER("max-walls", max_walls, 16, 10000000, 65536, "endpoints seen closed"),
	NUMBER("max-incidents", max_incidents, 16, 1000000, 1024, "incidents, open and lately closed"),
	NUMBER("max-inventory", max_inventory, 16, 10000000, 65536, "lines of --inventory for each input"),
	FLAG("prefault", 0, prefault, "take all that memory at start, so that none is missing later"),
	NUMBER("tcp-idle", tcp_idle_s, 60, 31536000, 14400, "seconds of silence after which an open connection is forgotten"),
	NUMBER("journal-keep", journal_keep, 0, 10000000, 10000, "confirmed events kept in the journal for a Redis that loses some"),
	NUMBER("journal-mib", journal_mib, 1, 1048576, 1024, "size of the journal at which its oldest events are given up"),
	NUMBER("journal-days", journal_days, 0, 36500, 30, "days after which an event that waits is given up; 0: never"),
	NUMBER("stream-maxlen", stream_maxlen, 100, 1000000000, 100000, "events kept in Redis's stream, about"),
	NUMBER("queue-maxlen", queue_maxlen, 0, 1000000000, 0, "events kept in the list for log shippers; 0: no list"),
	NUMBER("heartbeat", heartbeat_s, 1, 3600, 10, "seconds between heartbeats in Redis"),
	NUMBER("silence", silence_s, 0, 86400, 300, "seconds without a packet that are always told as blindness; 0: by how busy it was"),
	NUMBER("untested", untested_h, 0, 8784, 24, "hours after which a rule that nobody tried is told; 0: never"),
	FLAG("quiet", 'q', quiet, "no progress bar and no closing numbers on standard error"),
	FLAG("verbose", 'v', verbose, "say more on standard error"),
	{"help", 'h', KIND_HELP, 0, 0, 0, 0, NULL, "this text"},
	{"encapsulations", 0, KIND_ENCAPSULATIONS, 0, 0, 0, 0, NULL, "every encapsulation that is known, how it is recognised and whether it is read"},
	{"counters", 0, KIND_COUNTERS, 0, 0, 0, 0, NULL, "everything that is counted, where it is told and what it means"},
	{"version", 'V', KIND_VERSION, 0, 0, 0, 0, NULL, "the version"},
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof *rows)

static void print_help(void)
{
	printf("usage: spanwatch -r FILE|DIR|-... -p POLICY [option...]\n"
	       "       spanwatch -i IFACE -p POLICY [option...]\n"
	       "       spanwatch -r FILE|DIR|-... --inventory [option...]\n"
	       "       spanwatch -n -p POLICY\n\n"
	       "Tells which internal-only services answer somebody they must not answer.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		char left[48];

		snprintf(left, sizeof left, "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
			 row->takes ? " " : "", row->takes ? row->takes : "");
		printf("  %-30s %s", left, row->help);
		if (row->kind == KIND_NUMBER)
			printf(" (%u)", row->standard);
		putchar('\n');
	}
	printf("\nExit status: 0 done, 1 exposures found (with --fail-on-exposure), 2 bad usage "
	       "or\n"
	       "policy, 3 an input broke. Manual: spanwatch(8), spanwatch-policy(5).\n");
}

static uint32_t read_number(const struct row *row, const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < row->low ||
	    value > row->high)
		fatalx(EXIT_USAGE, "--%s must be a number between %u and %u, not \"%s\"", row->name,
		       row->low, row->high, text);
	return (uint32_t)value;
}

static void add_word(char ***list, size_t *count, char *word)
{
	char **longer = realloc(*list, (*count + 1) * sizeof *longer);

	if (!longer)
		fatal(EXIT_INPUT, "command line");
	*list = longer;
	longer[(*count)++] = word;
}

static void add_interface(struct options *options, char *name)
{
	char *all;

	for (size_t i = 0; i < options->interface_count; i++) {
		if (strcmp(options->interfaces[i], name) == 0)
			fatalx(EXIT_USAGE, "-i %s is given twice", name);
	}
	if (options->interface_count == WATCH_MOST)
		fatalx(EXIT_USAGE, "more than %d interfaces", WATCH_MOST);
	add_word(&options->interfaces, &options->interface_count, name);
	if (asprintf(&all, "%s%s%s", options->interface ? options->interface : "",
		     options->interface ? "," : "", name) < 0)
		fatal(EXIT_INPUT, "command line");
	free(options->interface);
	options->interface = all;
}

static void take(struct options *options, const struct row *row, char *value)
{
	char *field = (char *)options + row->offset;

	switch (row->kind) {
	case KIND_FILES:
		add_word(&options->files, &options->file_count, value);
		break;
	case KIND_KNOWN_BAD:
		add_word(&options->known_bad, &options->known_bad_count, value);
		break;
	case KIND_INTERFACES:
		add_interface(options, value);
		break;
	case KIND_TEXT:
		memcpy(field, &value, sizeof value);
		break;
	case KIND_FLAG:
		*(bool *)field = true;
		break;
	case KIND_NUMBER: {
		uint32_t number = read_number(row, value);

		memcpy(field, &number, sizeof number);
		break;
	}
	case KIND_HELP:
		print_help();
		exit(EXIT_DONE);
	case KIND_VERSION:
		printf("spanwatch %s\n", SPANWATCH_VERSION);
		exit(EXIT_DONE);
	case KIND_ENCAPSULATIONS:
		encapsulation_print(stdout);
		exit(EXIT_DONE);
	case KIND_COUNTERS:
		counters_print(stdout);
		exit(EXIT_DONE);
	}
}

/* The options that getopt needs are made from the rows. */
static void make_getopt(struct option longs[ROWS + 1], char shorts[3 * ROWS + 2])
{
	size_t at = 0;

	shorts[at++] = ':';
	for (size_t i = 0; i < ROWS; i++) {
		longs[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].takes ? required_argument : no_argument,
			.val = 256 + (int)i,
		};
		if (!rows[i].letter)
			continue;
		shorts[at++] = rows[i].letter;
		if (rows[i].takes)
			shorts[at++] = ':';
	}
	shorts[at] = '\0';
	longs[ROWS] = (struct option){0};
}

static const struct row *row_of(int value)
{
	if (value >= 256)
		return &rows[value - 256];
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].letter == value)
			return &rows[i];
	}
	return NULL;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){0};
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].kind == KIND_NUMBER)
			memcpy((char *)options + rows[i].offset, &rows[i].standard,
			       sizeof rows[i].standard);
	}
}

/* A list of UDP ports with commas between. */
static void check_ports(const char *name, const char *text)
{
	unsigned count = 0;

	while (text) {
		char *end;
		unsigned long port = strtoul(text, &end, 10);

		if (*text < '0' || *text > '9' || (*end != '\0' && *end != ',') || port == 0 ||
		    port > 65535 || ++count > DECODE_PORTS)
			fatalx(EXIT_USAGE,
			       "--%s must be up to %d ports with commas between, not "
			       "\"%s\"",
			       name, DECODE_PORTS, text);
		text = *end ? end + 1 : NULL;
	}
}

/* One name of the list; its bit, or 0. */
static uint32_t tunnel_bit(const char *name, size_t length)
{
	static const char gre_in_udp[] = "gre-in-udp", all[] = "all";

	if (length == sizeof all - 1 && memcmp(name, all, length) == 0)
		return UINT32_MAX;
	if (length == sizeof gre_in_udp - 1 && memcmp(name, gre_in_udp, length) == 0)
		return 1u << DECODE_GRE_IN_UDP;
	for (unsigned kind = TUNNEL_NONE + 1; kind < TUNNEL_KIND_COUNT; kind++) {
		const char *known = tunnel_name((enum tunnel_kind)kind);

		if (strlen(known) == length && memcmp(name, known, length) == 0)
			return 1u << kind;
	}
	return 0;
}

bool options_tunnels_off(const struct options *options, uint32_t *off)
{
	const char *name = options->no_tunnels;

	*off = 0;
	while (name) {
		size_t length = strcspn(name, ",");
		uint32_t bit = tunnel_bit(name, length);

		if (bit == 0)
			return false;
		*off |= bit;
		name = name[length] ? name + length + 1 : NULL;
	}
	return true;
}

static void check_interfaces(const struct options *options)
{
	struct receiver_place place;
	char error[RECEIVER_ERROR];

	for (size_t i = 0; i < options->interface_count; i++) {
		const char *name = options->interfaces[i];

		if (name[0] == '\0')
			fatalx(EXIT_USAGE, "-i needs the name of an interface");
		if (receiver_is_url(name) && !receiver_parse(name, &place, error))
			fatalx(EXIT_USAGE, "%s", error);
	}
}

static void check_live_clock(const struct options *options)
{
	struct stat status;

	if (!options->live_clock)
		return;
	if (options->interface || options->inventory || options->file_count != 1)
		fatalx(EXIT_USAGE, "--live-clock is for one stream and a policy: -r - -p FILE");
	if (strcmp(options->files[0], "-") != 0 &&
	    (stat(options->files[0], &status) != 0 || !S_ISFIFO(status.st_mode)))
		fatalx(EXIT_USAGE, "--live-clock needs a stream, -r - or a FIFO: %s is none",
		       options->files[0]);
}

static void check(const struct options *options)
{
	check_live_clock(options);
	check_interfaces(options);
	check_ports("vxlan-ports", options->vxlan_ports);
	check_ports("geneve-ports", options->geneve_ports);
	check_ports("fou-ports", options->fou_ports);
	if (!options_tunnels_off(options, &(uint32_t){0}))
		fatalx(EXIT_USAGE,
		       "--no-tunnels must be names of tunnels with commas between (vxlan, geneve, "
		       "gre, "
		       "gre-in-udp, …: spanwatch(8)), not \"%s\"",
		       options->no_tunnels);
	if (options->check_only) {
		if (!options->policy)
			fatalx(EXIT_USAGE, "-n needs a policy: -p FILE");
		return;
	}
	if (!options->interface && options->file_count == 0 && !options->memory)
		fatalx(EXIT_USAGE, "nothing to look at: give -r FILE or -i IFACE (--help)");
	if (options->per_file && options->interface)
		fatalx(EXIT_USAGE, "--per-file is for -r");
	if (options->interface && options->file_count != 0)
		fatalx(EXIT_USAGE, "-r and -i do not go together");
	if (options->inventory && options->interface)
		fatalx(EXIT_USAGE, "--inventory needs captures: -r FILE");
	if (!options->policy && !options->inventory)
		fatalx(EXIT_USAGE, "no policy: -p FILE says what is internal-only (an example is "
				   "policy/example.yaml; --inventory needs none)");
	if (options->json && options->text)
		fatalx(EXIT_USAGE, "--json and --text do not go together");
	if (options->evidence && options->inventory)
		fatalx(EXIT_USAGE, "--evidence needs a policy, not --inventory");
	if (options->metrics && !options->interface)
		fatalx(EXIT_USAGE, "--metrics is for -i");
}

void options_read(int argc, char **argv, struct options *options)
{
	struct option longs[ROWS + 1];
	char shorts[3 * ROWS + 2];
	const struct row *row;
	int value;

	set_defaults(options);
	make_getopt(longs, shorts);
	opterr = 0;
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == ':')
			fatalx(EXIT_USAGE, "%s needs a value (--help)", argv[optind - 1]);
		if (value == '?')
			fatalx(EXIT_USAGE, "unknown option %s (--help)", argv[optind - 1]);
		row = row_of(value);
		if (row)
			take(options, row, optarg);
	}
	/* -r takes every word that follows: spanwatch -r *.pcap -p policy.yaml */
	for (; optind < argc; optind++) {
		if (options->file_count == 0)
			fatalx(EXIT_USAGE, "what is \"%s\"? (--help)", argv[optind]);
		add_word(&options->files, &options->file_count, argv[optind]);
	}
	check(options);
}

void options_free(struct options *options)
{
	free(options->files);
	free(options->interfaces);
	free(options->interface);
	free(options->known_bad);
}
