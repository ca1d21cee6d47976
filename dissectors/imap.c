/* SPDX-License-Identifier: ISC */
/*
 * The session half of imap: for now it only names the service.
 */
#include "dissectors/imap_probe.h"

static const uint16_t ports[] = {143, 0};

static const struct service services[] = {
	{
		.name = "imap",
		.family = FAMILY_MAIL,
		.about = "IMAP mailbox access",
		.identifier = "accessible-imap",
		.ports = ports,
	},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	(void)state;
	(void)facts;
	(void)from;
	(void)bytes;
	(void)length;
}

const struct dissector imap_dissector = {
	.name = "imap",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.probe = imap_probe,
	.begin = begin,
	.feed = feed,
};
