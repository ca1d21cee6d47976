/* SPDX-License-Identifier: ISC */
/*
 * The services that the policies of the tests may name: small, fixed, one or two of each family but
 * orchestration, of which there is none.
 */
#ifndef TESTS_POLICY_VOCABULARY_H
#define TESTS_POLICY_VOCABULARY_H

#include "policy/policy.h"

enum {
	SERVICE_REDIS,
	SERVICE_ELASTICSEARCH,
	SERVICE_MYSQL,
	SERVICE_SYSLOG,
	SERVICE_IMAP,
	SERVICE_HTTP,
	SERVICE_COUNT = 20
};

static const struct policy_service test_services[SERVICE_COUNT] = {
	[SERVICE_REDIS] = {"redis", "database"},
	[SERVICE_ELASTICSEARCH] = {"elasticsearch", "database"},
	[SERVICE_MYSQL] = {"mysql", "database"},
	[SERVICE_SYSLOG] = {"syslog", "logging"},
	[SERVICE_IMAP] = {"imap", "mail"},
	[SERVICE_HTTP] = {"http", "web"},
	{"http-dirlist", "storage"},
	{"opensearch", "database"},
	{"postgresql", "database"},
	{"tls", "other"},
	{"s3", "storage"},
	{"rsync", "backup"},
	{"amqp", "queue"},
	{"ssh", "admin"},
	{"dns", "infrastructure"},
	{"smtp", "mail"},
	{"fluentd", "logging"},
	{"nfs", "storage"},
	{"managesieve", "mail", (const char *const[]){"sieve", NULL}},
	{"rpc", "storage", (const char *const[]){"nfs", "sunrpc", NULL}},
};

static const char *const test_families[] = {
	"admin",	 "backup", "database", "infrastructure", "logging", "mail",
	"orchestration", "other",  "queue",    "storage",	 "web",
};

static const struct policy_vocabulary test_vocabulary = {
	.services = test_services,
	.count = SERVICE_COUNT,
	.family_count = sizeof test_families / sizeof *test_families,
	.families = test_families,
};

#endif
