/* SPDX-License-Identifier: ISC */
/* Does a dissector set only what it declares to read? For unit tests and fuzz targets. */
#ifndef TESTS_UNIT_READS_H
#define TESTS_UNIT_READS_H

#include <stdio.h>
#include <stdlib.h>

#include "dissectors/dissector.h"

/* The READS_… flags of what is set in the facts; READS_STARTTLS is an answer of feed(). */
static inline uint32_t reads_shown(const struct facts *facts)
{
	bool tls = facts->tls_version[0] || facts->tls_subject[0] || facts->tls_issuer[0] ||
		   facts->tls_not_after_s != 0;
	uint32_t shown = 0;

	shown |= facts->product[0] ? READS_PRODUCT : 0;
	shown |= facts->version[0] ? READS_VERSION : 0;
	shown |= facts->auth > AUTH_NA ? READS_AUTH : 0;
	shown |= facts->user[0] ? READS_USER : 0;
	shown |= facts->mechanism[0] ? READS_MECHANISM : 0;
	shown |= facts->data_read == ANSWER_YES ? READS_DATA : 0;
	shown |= facts->encryption != ENCRYPTION_UNKNOWN ? READS_ENCRYPTION : 0;
	shown |= facts->host[0] ? READS_HOST : 0;
	shown |= facts->path[0] ? READS_PATH : 0;
	shown |= facts->operation[0] ? READS_OPERATION : 0;
	shown |= tls ? READS_TLS : 0;
	for (int i = 0; i < facts->command_count; i++) {
		shown |= READS_COMMANDS;
		shown |= facts->commands[i].flags & COMMAND_LISTING ? READS_LISTINGS : 0;
		shown |= facts->commands[i].flags & COMMAND_DESTRUCTIVE ? READS_DESTRUCTION : 0;
		shown |= facts->commands[i].flags & COMMAND_EXECUTES ? READS_EXECUTION : 0;
	}
	return shown;
}

/* The same, and what the facts deny: no log-in took place, no data were read. */
static inline uint32_t reads_told(const struct facts *facts)
{
	uint32_t told = reads_shown(facts);

	told |= facts->auth != AUTH_UNKNOWN ? READS_AUTH : 0;
	told |= facts->data_read != ANSWER_UNKNOWN ? READS_DATA : 0;
	return told;
}

/*
 * For tests/manual/test_reads.py: adds to the file that SPANWATCH_READS_LOG names what a session
 * has shown and told at any time, a line "name declared shown told" with the flags in hexadecimal.
 */
static inline void reads_log(const struct dissector *d, uint32_t shown, uint32_t told)
{
	static const struct dissector *last;
	static uint32_t known;
	const char *path = getenv("SPANWATCH_READS_LOG");
	FILE *file;

	if (d == last && (told & ~known) == 0)
		return;
	known = d == last ? known | told : told;
	last = d;
	file = path ? fopen(path, "a") : NULL;
	if (file == NULL)
		return;
	fprintf(file, "%s %x %x %x\n", d->name, d->reads, shown, told);
	fclose(file);
}

#endif
