/* SPDX-License-Identifier: ISC */
/*
 * Services that are only written to: senders never log in and nothing is answered, so knowing what
 * it is, is all there is to know.
 */
#ifndef DISSECTORS_ONE_WAY_H
#define DISSECTORS_ONE_WAY_H

#include "dissectors/dissector.h"

static inline void one_way_begin(struct facts *facts, const struct service *service)
{
	facts_set_service(facts, service);
	facts_set_auth(facts, AUTH_NA);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

#endif
