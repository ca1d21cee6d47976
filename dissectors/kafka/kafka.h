/* SPDX-License-Identifier: ISC */
/* What Kafka's recogniser and session share: the kinds of request. */
#ifndef DISSECTORS_KAFKA_H
#define DISSECTORS_KAFKA_H

#include "dissectors/dissector.h"

enum {
	KAFKA_PRODUCE = 0,
	KAFKA_FETCH = 1,
	KAFKA_METADATA = 3,
	KAFKA_SASL_HANDSHAKE = 17,
	KAFKA_API_VERSIONS = 18,
	KAFKA_DELETE_TOPICS = 20,
	KAFKA_SASL_AUTHENTICATE = 36,
};

struct kafka_request {
	const char *name;      /* NULL: there is none of this number */
	uint8_t versions;      /* newest that is plausible */
	uint8_t flexible_from; /* first version with tagged fields; 255: none */
	uint8_t flags;	       /* of the command */
};

/* Never NULL; its name may be. */
const struct kafka_request *kafka_request(uint16_t key);
enum recognised kafka_recognise(const struct opening *opening);

#endif
