/* SPDX-License-Identifier: ISC */
/* Does a dissector set only what it declares to read? For unit tests and fuzz targets. */
#ifndef TESTS_UNIT_READS_H
#define TESTS_UNIT_READS_H

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
	}
	return shown;
}

#endif
