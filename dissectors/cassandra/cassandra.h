/* SPDX-License-Identifier: ISC */
/* What the files of Cassandra's dissector share. */
#ifndef DISSECTORS_CASSANDRA_H
#define DISSECTORS_CASSANDRA_H

#include "dissectors/dissector.h"

enum cassandra_opcode {
	CASSANDRA_ERROR = 0x00,
	CASSANDRA_STARTUP = 0x01,
	CASSANDRA_READY = 0x02,
	CASSANDRA_AUTHENTICATE = 0x03,
	CASSANDRA_OPTIONS = 0x05,
	CASSANDRA_SUPPORTED = 0x06,
	CASSANDRA_QUERY = 0x07,
	CASSANDRA_RESULT = 0x08,
	CASSANDRA_PREPARE = 0x09,
	CASSANDRA_BATCH = 0x0d,
	CASSANDRA_AUTH_RESPONSE = 0x0f,
	CASSANDRA_AUTH_SUCCESS = 0x10,
};

/* cassandra_recognise.c */
enum recognised cassandra_recognise(const struct opening *opening);

#endif
