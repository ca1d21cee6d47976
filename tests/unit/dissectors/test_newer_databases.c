/* SPDX-License-Identifier: ISC */
/*
 * RethinkDB, Aerospike, Hazelcast, Ignite, HANA, HBase, ArangoDB, Riak, OrientDB, Informix and
 * Couchbase: bytes written from their documents.
 */
#include "tests/unit/messages.h"

extern const struct dissector rethinkdb_dissector, aerospike_dissector, hazelcast_dissector,
	ignite_dissector, hana_dissector, hbase_dissector, arangodb_dissector, riak_dissector,
	orientdb_dissector, informix_dissector, memcached_dissector;

#define CLIENT SIDE_CLIENT
#define SERVER SIDE_SERVER

static void token(struct script *script, enum side from, uint64_t number, const char *json)
{
	messages_number(script, from, number, 8, false);
	messages_put(script, from, false, 0, json, strlen(json));
}

static void rethink_opens(struct script *script, const char *word)
{
	MESSAGE_BYTES(script, CLIENT, "\xc3\xbd\xc2\x34");
	MESSAGE_BYTES(script, SERVER,
		      "{\"max_protocol_version\":0,\"min_protocol_version\":0,"
		      "\"server_version\":\"2.4.3\",\"success\":true}\0");
	MESSAGE_BYTES(script, CLIENT,
		      "{\"protocol_version\":0,\"authentication_method\":\"SCRAM-SHA-256\","
		      "\"authentication\":\"n,,n=admin,r=abc\"}\0");
	MESSAGE_BYTES(script, SERVER, "{\"success\":true,\"authentication\":\"r=abcd,s=x,i=1\"}\0");
	MESSAGE_BYTES(script, CLIENT, "{\"authentication\":\"c=biws,r=abcd,p=s3cr3t\"}\0");
	script_put(script, SERVER, word, strlen(word) + 1);
}

static void rethinkdb_is_read(void **state)
{
	struct script script = {.count = 0}, refused = {.count = 0};
	struct facts facts;

	(void)state;
	rethink_opens(&script, "{\"success\":true,\"authentication\":\"v=abc\"}");
	token(&script, CLIENT, 1, "[1,[15,[[14,[\"test\"]],\"people [58,\"]],{}]");
	token(&script, SERVER, 1, "{\"t\":2,\"r\":[{\"id\":1}],\"n\":[]}");
	token(&script, CLIENT, 2, "[1,[58,[\"test\"]],{}]");
	token(&script, SERVER, 2, "{\"t\":1,\"r\":[{\"dbs_dropped\":1}]}");
	token(&script, CLIENT, 4, "[1,[64,[[11,[\"1+1\"]],1]],{}]");
	token(&script, SERVER, 4, "{\"t\":1,\"r\":[2]}");
	token(&script, CLIENT, 3, "[1,[61,[\"none\"]],{}]");
	token(&script, SERVER, 3, "{\"t\":18,\"e\":4100000,\"r\":[\"Table does not exist\"]}");
	facts = messages_read(&rethinkdb_dissector, &script, "rethinkdb");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "2.4.3");
	assert_string_equal(facts.user, "admin");
	conversation_has(&facts, "TABLE", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DB_DROP", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "TABLE_DROP", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "JAVASCRIPT", ANSWER_YES, COMMAND_EXECUTES);
	conversation_lacks(&facts, "s3cr3t");
	rethink_opens(&refused,
		      "{\"success\":false,\"error\":\"Wrong password\",\"error_code\":12}");
	facts = messages_read(&rethinkdb_dissector, &refused, "rethinkdb");
	assert_int_equal(facts.auth, AUTH_FAILED);
}

static void rethinkdb_of_before_is_read(void **state)
{
	struct script open = {.count = 0}, key = {.count = 0}, asked = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&open, CLIENT, "\x20\x2d\x0c\x40\0\0\0\0\xc7\x70\x69\x7e");
	MESSAGE_BYTES(&open, SERVER, "SUCCESS\0");
	token(&open, CLIENT, 1, "[1,[59,[]],{}]");
	token(&open, SERVER, 1, "{\"t\":1,\"r\":[[\"rethinkdb\",\"test\"]]}");
	facts = messages_read(&rethinkdb_dissector, &open, "rethinkdb");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "DB_LIST", ANSWER_YES, COMMAND_LISTING);
	MESSAGE_BYTES(&key, CLIENT, "\x3e\xe8\x75\x5f\6\0\0\0s3cr3t\xc7\x70\x69\x7e");
	MESSAGE_BYTES(&key, SERVER, "SUCCESS\0");
	facts = messages_read(&rethinkdb_dissector, &key, "rethinkdb");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	MESSAGE_BYTES(&asked, CLIENT, "\xe1\x81\x30\x72\0\0\0\0");
	MESSAGE_BYTES(&asked, SERVER, "ERROR: Incorrect authorization key.\n\0");
	facts = messages_read(&rethinkdb_dissector, &asked, "rethinkdb");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(RECOGNISE_TCP(rethinkdb, "\xc3\xbd\xc2\x34", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(rethinkdb, "", "SUCCESS\0", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(rethinkdb, "", "{\"max_protocol_version\":0", true),
			 RECOGNISED_YES);
}

/* Version 2, the type, a length of six bytes. */
static void aero(struct script *script, enum side from, uint8_t type, const void *bytes,
		 size_t length)
{
	uint8_t head[4] = {2, type};

	script_put(script, from, head, sizeof head);
	messages_put(script, from, true, 0, bytes, length);
}
#define AERO(script, from, type, text) aero((script), (from), (type), (text), sizeof(text) - 1)
#define RECORD(info1, info2, result, fields, ops)                                                  \
	"\x16" info1 info2 "\0\0" result "\0\0\0\0\0\0\0\0\0\0\0\0\0" fields "\0" ops

static void aerospike_is_read(void **state)
{
	struct script script = {.count = 0}, asked = {.count = 0};
	struct facts facts;

	(void)state;
	AERO(&script, CLIENT, 1,
	     "build\nnamespaces\ntruncate:namespace=test\nudf-put:filename=x\n");
	AERO(&script, SERVER, 1,
	     "build\t6.4.0.1\nnamespaces\ttest;bar\ntruncate:namespace=test\tok\nudf-put\tok\n");
	AERO(&script, CLIENT, 3,
	     RECORD("\3", "\0", "\0", "\2", "\0") "\0\0\0\5\0test\0\0\0\x09\7"
						  "12345678");
	AERO(&script, SERVER, 3, RECORD("\0", "\0", "\0", "\1", "\1") "\0\0\0\5\0test");
	facts = messages_read(&aerospike_dissector, &script, "aerospike");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "6.4.0.1");
	conversation_has(&facts, "truncate", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "udf-put", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "SCAN", ANSWER_YES, COMMAND_LISTING);
	AERO(&asked, CLIENT, 1, "namespaces\n");
	AERO(&asked, SERVER, 1, "namespaces\tERROR:80:not authenticated\n");
	AERO(&asked, CLIENT, 2, "\0\0\x14\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0app\0\0\0\7\3s3cr3t");
	AERO(&asked, SERVER, 2, "\0\x41\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	facts = messages_read(&aerospike_dissector, &asked, "aerospike");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "app");
	conversation_has(&facts, "namespaces", ANSWER_NO, COMMAND_LISTING);
	conversation_lacks(&facts, "s3cr3t");
	assert_int_equal(RECOGNISE_TCP(aerospike, "\2\1\0\0\0\0\0\0", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(aerospike, "\2\1\0\0\0\0\0\6build\n", "", false),
			 RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(aerospike, "\2\1\0\0\0\0\0\6b\1\1\1\1\1", "", true),
			 RECOGNISED_NO);
}

/* length:4 (with six), flags:2, bytes */
static void hz(struct script *script, enum side from, uint16_t flags, const void *bytes,
	       size_t length)
{
	messages_number(script, from, length + 6, 4, false);
	messages_number(script, from, flags, 2, false);
	script_put(script, from, bytes, length);
}
#define HZ(script, from, flags, text) hz((script), (from), (flags), (text), sizeof(text) - 1)

static void hazelcast_is_read(void **state)
{
	struct script script = {.count = 0}, user = {.count = 0}, member = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, CLIENT, "CP2");
	HZ(&script, CLIENT, 0xc000, "\0\1\0\0\1\0\0\0\0\0\0\0\xff\xff\xff\xff");
	HZ(&script, CLIENT, 0, "dev");
	HZ(&script, CLIENT, 0x0400, "");
	HZ(&script, CLIENT, 0x2400, "");
	HZ(&script, SERVER, 0xc000, "\1\1\0\0\1\0\0\0\0\0\0\0\0\0");
	HZ(&script, SERVER, 0x1000, "");
	HZ(&script, SERVER, 0, "10.1.2.3");
	HZ(&script, SERVER, 0x0800, "");
	HZ(&script, SERVER, 0x2000, "5.3.6");
	HZ(&script, CLIENT, 0xc000, "\0\x25\1\0\2\0\0\0\0\0\0\0\xff\xff\xff\xff");
	HZ(&script, CLIENT, 0x2000, "people");
	HZ(&script, SERVER, 0xc000, "\1\x25\1\0\2\0\0\0\0\0\0\0\0");
	HZ(&script, SERVER, 0x2000, "somebody");
	HZ(&script, CLIENT, 0xc000, "\0\x2d\1\0\3\0\0\0\0\0\0\0\xff\xff\xff\xff");
	HZ(&script, CLIENT, 0x2000, "people");
	HZ(&script, SERVER, 0xe000, "\1\x2d\1\0\3\0\0\0\0\0\0\0\0");
	facts = messages_read(&hazelcast_dissector, &script, "hazelcast");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "5.3.6");
	conversation_has(&facts, "Map.entrySet", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "Map.clear", ANSWER_YES, COMMAND_DESTRUCTIVE);
	MESSAGE_BYTES(&user, CLIENT, "CP2");
	HZ(&user, CLIENT, 0xc000, "\0\1\0\0\1\0\0\0\0\0\0\0\xff\xff\xff\xff");
	HZ(&user, CLIENT, 0, "dev");
	HZ(&user, CLIENT, 0, "admin");
	HZ(&user, CLIENT, 0x2000, "s3cr3t");
	HZ(&user, SERVER, 0xe000, "\1\1\0\0\1\0\0\0\0\0\0\0\0\1");
	facts = messages_read(&hazelcast_dissector, &user, "hazelcast");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "admin");
	conversation_lacks(&facts, "s3cr3t");
	MESSAGE_BYTES(&member, CLIENT, "HZC\4\0\0\0");
	MESSAGE_BYTES(&member, SERVER, "HZC\4\0\0\0");
	messages_read(&hazelcast_dissector, &member, "hazelcast");
	assert_int_equal(
		RECOGNISE_TCP(hazelcast, "", "\x14\0\0\0\0\xc0\1\1\0\0\1\0\0\0\0\0\0\0\0\0", true),
		RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(hazelcast, "CP2 of", "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(hazelcast, "CP2 of this text", "", true), RECOGNISED_NO);
}

static void ignite_is_read(void **state)
{
	struct script script = {.count = 0}, old = {.count = 0}, third = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_LE32(&script, CLIENT, "\1\1\0\7\0\0\0\2\x0c\1\0\0\0\3");
	MESSAGE_LE32(&script, SERVER,
		     "\1\x0c\1\0\0\0\3\x0a"
		     "0123456789abcdef");
	MESSAGE_LE32(&script, CLIENT, "\x1a\4\1\0\0\0\0\0\0\0");
	MESSAGE_LE32(&script, SERVER, "\1\0\0\0\0\0\0\0\0\0\1\0\0\0\x09\6\0\0\0people");
	MESSAGE_LE32(&script, CLIENT, "\x70\x17\3\0\0\0\0\0\0\0");
	MESSAGE_LE32(&script, SERVER, "\3\0\0\0\0\0\0\0\0\0");
	MESSAGE_LE32(&script, CLIENT, "\x20\4\2\0\0\0\0\0\0\0\1\2\3\4");
	MESSAGE_LE32(&script, SERVER, "\2\0\0\0\0\0\0\0\1\0\xe8\3\0\0");
	facts = messages_read(&ignite_dissector, &script, "ignite");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "COMPUTE_TASK_EXECUTE", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "CACHE_GET_NAMES", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "CACHE_DESTROY", ANSWER_NO, COMMAND_DESTRUCTIVE);
	MESSAGE_LE32(&old, CLIENT, "\1\1\0\2\0\0\0\2\x09\6\0\0\0ignite\x09\6\0\0\0s3cr3t");
	MESSAGE_LE32(&old, SERVER,
		     "\0\1\0\2\0\0\0\x09\x18\0\0\0Invalid name or password\xd0\7\0\0");
	facts = messages_read(&ignite_dissector, &old, "ignite");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "ignite");
	conversation_lacks(&facts, "s3cr3t");
	MESSAGE_BYTES(&third, CLIENT, "IGNI\0\0\0\7\3\0\0\2\xc4\1\1");
	MESSAGE_BYTES(&third, SERVER, "IGNI\0\0\0\6\3\0\0\xc0\0\0");
	facts = messages_read(&ignite_dissector, &third, "ignite");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(RECOGNISE_TCP(ignite, "\x08\0\0\0\1\1\0\0\0\0\0\0", "\1\0\0\0\1", false),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(ignite, "", "\1\0\0\0\1", true), RECOGNISED_MORE);
}

/* One segment with one part, as one side sends it. */
static void hana_put(struct script *script, enum side from, uint8_t kind, uint8_t type,
		     uint8_t part, const void *bytes, size_t length)
{
	messages_number(script, from, UINT64_MAX, 8, false);
	messages_number(script, from, 0, 4, false);
	messages_number(script, from, 24 + 16 + length, 4, false);
	messages_number(script, from, 24 + 16 + length, 4, false);
	messages_number(script, from, 1, 8, false);
	messages_number(script, from, 0, 4, false);
	messages_number(script, from, 24 + 16 + length, 8, false);
	messages_number(script, from, 1, 4, false);
	messages_number(script, from, (uint64_t)type << 8 | kind, 8, false);
	messages_number(script, from, 0, 4, false);
	messages_number(script, from, part, 8, false);
	messages_number(script, from, length, 8, false);
	script_put(script, from, bytes, length);
}
#define HANA(script, from, kind, type, part, text)                                                 \
	hana_put((script), (from), (kind), (type), (part), (text), sizeof(text) - 1)

static void hana_is_read(void **state)
{
	struct script script = {.count = 0}, refused = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, CLIENT, "\xff\xff\xff\xff\4\x14\0\4\1\0\0\1\1\1");
	MESSAGE_BYTES(&script, SERVER, "\4\x14\0\4\1\0\0\0");
	memcpy(&refused, &script, sizeof script);
	HANA(&script, CLIENT, 1, 65, 33, "\3\0\6SYSTEM\x0bSCRAMSHA256\3abc");
	HANA(&script, SERVER, 2, 0, 33, "\2\0\x0bSCRAMSHA256\3xyz");
	HANA(&script, CLIENT, 1, 66, 33, "\3\0\6SYSTEM\x0bSCRAMSHA256\6s3cr3t");
	HANA(&script, SERVER, 2, 0, 33, "\2\0\x0bSCRAMSHA256\0");
	HANA(&script, CLIENT, 1, 2, 3, "SELECT * FROM people");
	HANA(&script, SERVER, 2, 5, 5, "0123456789abcdef");
	HANA(&script, CLIENT, 1, 2, 3, "DROP TABLE people");
	HANA(&script, SERVER, 5, 0, 6, "insufficient privilege");
	facts = messages_read(&hana_dissector, &script, "hana");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.user, "SYSTEM");
	assert_string_equal(facts.mechanism, "SCRAMSHA256");
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DROP TABLE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_lacks(&facts, "s3cr3t");
	for (size_t i = 0; i < refused.count; i++) /* its own bytes */
		refused.turns[i].bytes =
			refused.bytes + ((const uint8_t *)script.turns[i].bytes - script.bytes);
	HANA(&refused, CLIENT, 1, 65, 33, "\3\0\6SYSTEM\x0bSCRAMSHA256\3abc");
	HANA(&refused, SERVER, 2, 0, 33, "\2\0\x0bSCRAMSHA256\3xyz");
	facts = messages_read(&hana_dissector, &refused, "hana");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	HANA(&refused, CLIENT, 1, 66, 33, "\3\0\6SYSTEM\x0bSCRAMSHA256\6s3cr3t");
	HANA(&refused, SERVER, 5, 0, 6, "authentication failed");
	facts = messages_read(&hana_dissector, &refused, "hana");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(
		RECOGNISE_TCP(hana, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "", true),
		RECOGNISED_NO);
}

static void hbase_is_read(void **state)
{
	struct script script = {.count = 0}, kerberos = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, CLIENT, "HBas\0\x50");
	MESSAGE_BE32(&script, CLIENT, "\x0a\6\x0a\4root\x12\x0dMasterService");
	MESSAGE_BE32(&script, CLIENT, "\x13\x08\1\x1a\x0dGetTableNames\x20\1\0");
	MESSAGE_BE32(&script, SERVER,
		     "\2\x08\1\x14\x0a\x12\x0a\7"
		     "default\x12\7people_");
	MESSAGE_BE32(&script, CLIENT,
		     "\x11\x08\2\x1a\x0b"
		     "DeleteTable\x20\1\0");
	MESSAGE_BE32(&script, SERVER, "\x15\x08\2\x12\x11\x0a\x0fx.AccessDenied!");
	MESSAGE_BE32(&script, CLIENT,
		     "\x11\x08\4\x1a\x0b"
		     "ExecService\x20\1\0");
	MESSAGE_BE32(&script, SERVER, "\2\x08\4\0");
	MESSAGE_BE32(&script, CLIENT, "\x13\x08\3\x1a\x0dTruncateTable\x20\1\0");
	MESSAGE_BE32(&script, SERVER, "\2\x08\3\0");
	facts = messages_read(&hbase_dissector, &script, "hbase");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.user, "root");
	conversation_has(&facts, "GetTableNames", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DeleteTable", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "TruncateTable", ANSWER_YES, COMMAND_DESTRUCTIVE);
	MESSAGE_BYTES(&kerberos, CLIENT, "HBas\0\x51\0\0\0\4abcd");
	MESSAGE_BYTES(&kerberos, SERVER, "\0\0\0\0\0\0\0\4abcd");
	facts = messages_read(&hbase_dissector, &kerberos, "hbase");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_string_equal(facts.mechanism, "GSSAPI");
	assert_int_equal(RECOGNISE_TCP(hbase, "HBas\0\x50", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(hbase, "HBase is", "", true), RECOGNISED_NO);
}

static void vst(struct script *script, enum side from, uint8_t number, const void *bytes,
		size_t length)
{
	messages_number(script, from, 24 + length, 4, false);
	messages_number(script, from, 3, 4, false);
	messages_number(script, from, number, 8, false);
	messages_number(script, from, length, 8, false);
	script_put(script, from, bytes, length);
}
#define VST(script, from, number, text) vst((script), (from), (number), (text), sizeof(text) - 1)

static void arangodb_is_read(void **state)
{
	struct script script = {.count = 0}, asked = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, CLIENT, "VST/1.1\r\n\r\n");
	VST(&script, CLIENT, 1, "\x06\x1e\5\x31\x31\x47_system\x31\x4c/_api/versio\x0a\x0a");
	VST(&script, SERVER, 1,
	    "\x06\x07\4\x31\x32\x28\xc8\x0a\x0b\x10\1\x47version\x46"
	    "3.11.4");
	VST(&script, CLIENT, 2, "\x02\x22\x31\x31\x47_system\x30\x57/_api/collection/people");
	VST(&script, SERVER, 2, "\x02\x06\x31\x32\x28\xc8");
	VST(&script, CLIENT, 3, "\x02\x22\x31\x31\x47_system\x32\x4c/_api/cursor");
	VST(&script, SERVER, 3, "\x02\x07\x31\x32\x29\x93\1");
	facts = messages_read(&arangodb_dissector, &script, "arangodb");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.version, "3.11.4");
	conversation_has(&facts, "DELETE /_api/collection/people", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "POST /_api/cursor", ANSWER_NO, COMMAND_LISTING);
	assert_int_equal(RECOGNISE_TCP(arangodb, "",
				       "\x1e\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0"
				       "\2\6\x31\x32\x28\xc8",
				       true),
			 RECOGNISED_YES);
	MESSAGE_BYTES(&asked, CLIENT, "VST/1.0\r\n\r\n");
	messages_number(&asked, CLIENT, 16 + 24, 4, false);
	messages_number(&asked, CLIENT, 3, 4, false);
	messages_number(&asked, CLIENT, 1, 8, false);
	MESSAGE_BYTES(&asked, CLIENT, "\x02\x19\x31\x29\xe8\3\x45plain\x44root\x46s3cr3t");
	messages_number(&asked, SERVER, 16 + 7, 4, false);
	messages_number(&asked, SERVER, 3, 4, false);
	messages_number(&asked, SERVER, 1, 8, false);
	MESSAGE_BYTES(&asked, SERVER, "\x02\x07\x31\x32\x29\x91\1");
	facts = messages_read(&arangodb_dissector, &asked, "arangodb");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "root");
	conversation_lacks(&facts, "s3cr3t");
}

static void riak_is_read(void **state)
{
	static const char info[] = "\0\0\0\x18\x08\x0a\x0eriak@127.0.0.1\x12\5"
				   "2.2.3";
	struct script script = {.count = 0}, asked = {.count = 0}, user = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, CLIENT, "\0\0\0\1\7");
	MESSAGE_BYTES(&script, SERVER,
		      "\0\0\0\x18\x08\x0a\x0eriak@127.0.0.1\x12\5"
		      "2.2.3");
	MESSAGE_BYTES(&script, CLIENT, "\0\0\0\5\x17\x0a\2{}");
	MESSAGE_BYTES(&script, SERVER, "\0\0\0\1\x18");
	MESSAGE_BYTES(&script, CLIENT, "\0\0\0\1\x0f");
	MESSAGE_BYTES(&script, SERVER, "\0\0\0\x09\x10\x0a\6people");
	facts = messages_read(&riak_dissector, &script, "riak");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.version, "2.2.3");
	conversation_has(&facts, "LIST_BUCKETS", ANSWER_YES, COMMAND_LISTING);
	MESSAGE_BYTES(&asked, CLIENT, "\0\0\0\1\7");
	MESSAGE_BE32(&asked, SERVER, "\0\x0a\x13Security is enabled");
	facts = messages_read(&riak_dissector, &asked, "riak");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	MESSAGE_BYTES(&asked, CLIENT, "\0\0\0\1\xff");
	MESSAGE_BYTES(&asked, SERVER, "\0\0\0\1\xff");
	assert_true(dissect_starts_tls(&riak_dissector, asked.turns, asked.count));
	MESSAGE_BYTES(&user, CLIENT, "\0\0\0\x0e\xfd\x0a\3app\x12\6s3cr3t");
	MESSAGE_BYTES(&user, SERVER, "\0\0\0\1\xfe");
	facts = messages_read(&riak_dissector, &user, "riak");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "app");
	conversation_lacks(&facts, "s3cr3t");
	assert_int_equal(RECOGNISE_TCP(riak, "\0\0\0\1\1", "\0\0\0\1\2", false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(riak, "\0\0\0\1\1", "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(riak, "", info, true), RECOGNISED_YES);
}

#define ORIENT_OPEN                                                                                \
	"\2\xff\xff\xff\xff\0\0\0\x0fOrientDB Client\0\0\0\3"                                      \
	"3.2\0\x25\xff\xff\xff\xff\0\0\0\1x\0\1\1\0\0\0\4root\0\0\0\6s3cr3t"

static void orientdb_is_read(void **state)
{
	struct script script = {.count = 0}, refused = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, SERVER, "\0\x25");
	MESSAGE_BYTES(&script, CLIENT, ORIENT_OPEN);
	MESSAGE_BYTES(&script, SERVER, "\0\xff\xff\xff\xff\0\0\0\7\0\0\0\0");
	MESSAGE_BYTES(&script, CLIENT, "\7\0\0\0\7\0\0\0\0\0\0\0\4test\0\0\0\5plocal");
	MESSAGE_BYTES(&script, SERVER, "\0\0\0\0\7");
	MESSAGE_BYTES(&script, CLIENT, "\x4a\0\0\0\7\0\0\0\0");
	MESSAGE_BYTES(&script, SERVER, "\0\0\0\0\7\0\0\0\0\0\0\0\1x");
	facts = messages_read(&orientdb_dissector, &script, "orientdb");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "root");
	conversation_has(&facts, "DB_DROP", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "DB_LIST", ANSWER_YES, COMMAND_LISTING);
	conversation_lacks(&facts, "s3cr3t");
	MESSAGE_BYTES(&refused, SERVER, "\0\x25");
	MESSAGE_BYTES(&refused, CLIENT, ORIENT_OPEN);
	MESSAGE_BYTES(&refused, SERVER, "\1\xff\xff\xff\xff\1\0\0\0\4Oops");
	facts = messages_read(&orientdb_dissector, &refused, "orientdb");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(RECOGNISE_TCP(orientdb, "", "\0\x25", true), RECOGNISED_MORE);
}

static void informix_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("sqAYABPQAAsqlexec app -p9.280 RDS#N000000 -dsysmaster -fIEEEI "),
		TURN_SERVER("\0\x40\2\0IEEEI\0IBM Informix Dynamic Server Version 12.10.FC8 \0"),
		TURN_CLIENT("\0\2\0\0\0\x14SELECT * FROM people\0\x0c"),
		TURN_SERVER("\0\x08\0\0"),
		TURN_CLIENT("\0\1\0\0\0\0\0\x11"
			    "DROP TABLE people\0\x0c"),
		TURN_SERVER("\0\x0d\xff\x10"),
	};
	struct facts facts =
		conversation_read(&informix_dissector, turns, COUNT(turns), "informix");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "app");
	assert_string_equal(facts.version, "12.10.FC8");
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DROP TABLE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	assert_int_equal(RECOGNISE_TCP(informix, "sqlexec is a program that", "", true),
			 RECOGNISED_NO);
}

/* magic, opcode, key's length, extras' length, status, body's length; then the body */
static void binary(struct script *script, enum side from, uint8_t opcode, uint8_t key,
		   uint16_t status, const char *body)
{
	uint8_t head[24] = {from == CLIENT ? 0x80 : 0x81, opcode, 0, key};

	head[6] = (uint8_t)(status >> 8);
	head[7] = (uint8_t)status;
	head[11] = (uint8_t)strlen(body);
	script_put(script, from, head, sizeof head);
	script_put(script, from, body, strlen(body));
}

static void couchbase_is_told_from_memcached(void **state)
{
	struct script script = {.count = 0}, feigned = {.count = 0};
	struct facts facts;

	(void)state;
	binary(&script, CLIENT, 0x1f, 11, 0, "gocbcore/v10\1\1");
	binary(&script, SERVER, 0x1f, 0, 0, "\1\1");
	binary(&script, CLIENT, 0x21, 5, 0, "PLAIN");
	binary(&script, SERVER, 0x21, 0, 0, "");
	binary(&script, CLIENT, 0x89, 6, 0, "travel");
	binary(&script, SERVER, 0x89, 0, 0, "");
	binary(&script, CLIENT, 0, 3, 0, "key");
	binary(&script, SERVER, 0, 0, 0, "value");
	facts = messages_read(&memcached_dissector, &script, "couchbase");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.product, "Couchbase Server");
	conversation_has(&facts, "SELECT_BUCKET", ANSWER_YES, 0);
	binary(&feigned, CLIENT, 0x1f, 1, 0, "x");
	binary(&feigned, SERVER, 0x1f, 0, 0x81, "Unknown command");
	binary(&feigned, CLIENT, 0, 3, 0, "key");
	binary(&feigned, SERVER, 0, 0, 0, "value");
	facts = messages_read(&memcached_dissector, &feigned, "memcached");
	assert_string_equal(facts.product, "memcached");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rethinkdb_is_read),
		cmocka_unit_test(rethinkdb_of_before_is_read),
		cmocka_unit_test(aerospike_is_read),
		cmocka_unit_test(hazelcast_is_read),
		cmocka_unit_test(ignite_is_read),
		cmocka_unit_test(hana_is_read),
		cmocka_unit_test(hbase_is_read),
		cmocka_unit_test(arangodb_is_read),
		cmocka_unit_test(riak_is_read),
		cmocka_unit_test(orientdb_is_read),
		cmocka_unit_test(informix_is_read),
		cmocka_unit_test(couchbase_is_told_from_memcached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
