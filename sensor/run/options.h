/* SPDX-License-Identifier: ISC */
/* The command line: a contract, documented in spanwatch(8). */
#ifndef SENSOR_OPTIONS_H
#define SENSOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status: a contract. */
enum {
	EXIT_DONE = 0,
	EXIT_EXPOSED = 1, /* only with --fail-on-exposure */
	EXIT_USAGE = 2,	  /* bad usage or policy */
	EXIT_INPUT = 3,	  /* an input broke; what was read before counts */
	EXIT_UNSEEN = 4,  /* nothing of the policy's was looked at: only with --fail-on-exposure */
	EXIT_EXPOSED_INPUT = 5, /* a rule was broken, and an input: only with --fail-on-exposure */
};

struct options {
	char **files; /* -r, in the order given; strings of argv */
	size_t file_count;
	char **interfaces; /* -i, in the order given; strings of argv */
	size_t interface_count;
	char *interface; /* all of them, with commas between; NULL: none */
	const char *policy;
	char **known_bad; /* files, in the order given; strings of argv */
	size_t known_bad_count;
	const char *filter;
	const char *redis_url, *redis_password_file;
	const char *sentinel_user, *sentinel_password_file;
	const char *tls_ca, *tls_cert, *tls_key, *tls_name; /* to Redis */
	const char *journal;
	const char *sensor;
	const char *site; /* NULL: the policy's */
	const char *run;
	const char *evidence; /* directory for packets of violating conversations; NULL: none */
	const char *metrics;  /* where to answer over HTTP; NULL: nowhere */
	const char *user;     /* to become after the capture is open; NULL: stay */
	bool check_only, memory, prefault, json, text, inventory, fail_on_exposure, verbose, quiet,
		as_given, per_file, live_clock, no_promiscuous, whole_packets;
	uint32_t workers;
	uint32_t snap_length, buffer_mib, timeout_ms;
	uint32_t max_flows, max_sessions, reassembly_mib, unpack_mib, max_probed, max_outbound;
	uint32_t max_exposures, max_walls, max_incidents, max_inventory;
	uint32_t tcp_idle_s;
	uint32_t evidence_files, evidence_file_mib, evidence_mib;
	uint32_t silence_s, untested_h; /* 0: never told */
	uint32_t fragments_mib, duplicate_ms;
	/* Lists with commas; NULL: the usual one. */
	const char *vxlan_ports, *geneve_ports, *fou_ports;
	const char *no_tunnels; /* names with commas; NULL: all kinds are looked into */
	bool separate_vni, checksums;
	uint32_t journal_keep, journal_mib, journal_days;
	uint32_t stream_maxlen, queue_maxlen, heartbeat_s;
};

/*
 * Reads the command line. Says what is wrong and exits with EXIT_USAGE, or prints --help,
 * --counters or --version and exits with EXIT_DONE; returns otherwise. `options` holds pointers
 * into argv; free with options_free().
 */
void options_read(int argc, char **argv, struct options *options);
void options_free(struct options *options);
/* --no-tunnels as struct decode_options has it. False: one of the names is none. */
bool options_tunnels_off(const struct options *options, uint32_t *off);

#endif
