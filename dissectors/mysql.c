/* SPDX-License-Identifier: ISC */
/*
 * The session half of mysql: for now it only names the service.
 */
#include "dissectors/mysql_probe.h"

static const uint16_t ports[] = {3306, 0};

static const struct service services[] = {
	{
		.name = "mysql",
		.family = FAMILY_DATABASE,
		.about = "MySQL or MariaDB database",
		.identifier = "open-mysql",
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

const struct dissector mysql_dissector = {
	.name = "mysql",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.probe = mysql_probe,
	.begin = begin,
	.feed = feed,
};
