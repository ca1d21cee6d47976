/* SPDX-License-Identifier: ISC */
/* The message brokers and work queues, and what stands beside them: epmd, Thrift, Splunk. */
#include "tests/unit/conversation.h"

extern const struct dissector mqtt_dissector, kafka_dissector, amqp_dissector, nats_dissector;
extern const struct dissector stomp_dissector, openwire_dissector, zmtp_dissector, epmd_dissector;
extern const struct dissector beanstalkd_dissector, gearman_dissector, thrift_dissector;
extern const struct dissector gearman_admin_dissector;
extern const struct dissector splunk_dissector, rocketmq_dissector, msmq_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	return conversation_read(d, turns, count, d->name);
}

#define MQTT_CONNECT  "\x10\x0c\0\4MQTT\4\2\0\x3c\0\0"
#define MQTT_LOG_IN   "\x10\x16\0\4MQTT\4\xc2\0\x3c\0\0\0\3app\0\3s3c"
#define MQTT_LOG_IN_5 "\x10\x1c\0\4MQTT\5\xc2\0\x3c\5\x11\0\0\0\1\0\0\0\3app\0\3s3c"

static void mqtt_is_read(void **state)
{
	static const struct turn open[] = {
		TURN_CLIENT(MQTT_CONNECT "\x82\6\0\1\0\1#\0\x32\7\0\3a/b\0\2x"),
		TURN_SERVER("\x20\2\0\0\x90\3\0\1\0\x40\2\0\2\x30\6\0\3a/bx"),
		TURN_CLIENT("\xc0\0\xe0\0"),
	};
	static const struct turn wrong[] = {TURN_CLIENT(MQTT_LOG_IN), TURN_SERVER("\x20\2\0\4")};
	static const struct turn right[] = {TURN_CLIENT(MQTT_LOG_IN_5),
					    TURN_SERVER("\x20\3\0\0\0")};
	static const struct turn asked[] = {TURN_CLIENT(MQTT_CONNECT), TURN_SERVER("\x20\2\0\5")};
	static const struct turn late[] = {TURN_GAP(SIDE_CLIENT, 0), TURN_CLIENT("\x30\6\0\3a/bx")};
	struct facts facts = facts_of(&mqtt_dissector, open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "CONNECT", ANSWER_YES, 0);
	conversation_has(&facts, "SUBSCRIBE", ANSWER_YES, 0);
	conversation_has(&facts, "PUBLISH", ANSWER_YES, 0);
	facts = facts_of(&mqtt_dissector, wrong, COUNT(wrong));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "app");
	conversation_lacks(&facts, "s3c");
	facts = facts_of(&mqtt_dissector, right, COUNT(right));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "app");
	facts = facts_of(&mqtt_dissector, asked, COUNT(asked));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = conversation_facts(&mqtt_dissector, late, COUNT(late), 0);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(RECOGNISE_TCP(mqtt, MQTT_CONNECT, "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(mqtt, MQTT_CONNECT, "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(mqtt, MQTT_CONNECT, "HTTP/1.1 400", false), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(mqtt, "", "\x20\2\0\0", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(mqtt, "", "\x20\2\0\0\x90\3\0\1\0", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(mqtt, "\x30\x25\2\1\1\x63\x20\4\0", "", true),
			 RECOGNISED_NO); /* LDAP */
}

#define RDKAFKA "\0\7rdkafka"

static void kafka_is_read(void **state)
{
	static const struct turn open[] = {
		TURN_CLIENT("\0\0\0\x24\0\x12\0\3\0\0\0\1" RDKAFKA "\0\x0b"
			    "librdkafka\6"
			    "2.0.2\0"),
		TURN_SERVER("\0\0\0\x11\0\0\0\1\0\x23\1\0\x12\0\0\0\2\0\0\0\0"),
		TURN_CLIENT("\0\0\0\x15\0\3\0\2\0\0\0\2" RDKAFKA "\xff\xff\xff\xff"
			    "\0\0\0\x17\0\x14\0\1\0\0\0\3" RDKAFKA "\0\0\0\0\0\0"),
		TURN_SERVER("\0\0\0\x0c\0\0\0\2\0\0\0\0\0\0\0\0"
			    "\0\0\0\x11\0\0\0\3\0\0\0\0\0\0\0\1\0\1t\0\0"),
	};
	static const struct turn plain[] = {
		TURN_CLIENT("\0\0\0\x18\0\x11\0\1\0\0\0\1" RDKAFKA "\0\5PLAIN"),
		TURN_SERVER("\0\0\0\x11\0\0\0\1\0\0\0\0\0\1\0\5PLAIN"),
		TURN_CLIENT("\0\0\0\x1f\0\x24\0\0\0\0\0\2" RDKAFKA "\0\0\0\x0a\0alice\0s3c"),
		TURN_SERVER("\0\0\0\x0c\0\0\0\2\0\x3a\0\1x\0\0\0"),
	};
	static const struct turn raw[] = {
		TURN_CLIENT("\0\0\0\x18\0\x11\0\0\0\0\0\1" RDKAFKA "\0\5PLAIN"),
		TURN_SERVER("\0\0\0\x11\0\0\0\1\0\0\0\0\0\1\0\5PLAIN"),
		TURN_CLIENT("\0\0\0\x0a\0alice\0s3c"),
		TURN_SERVER("\0\0\0\0"),
	};
	static const struct turn fetch[] = {
		TURN_CLIENT("\0\0\0\x15\0\1\0\4\0\0\0\2" RDKAFKA "\xff\xff\xff\xff"),
		TURN_SERVER("\0\0\0\x53\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\x41\0\0\0\0\2"
			    "0123456789012345678901234567890123456789012345678901234567890123"),
	};
	struct facts facts = facts_of(&kafka_dissector, open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "ApiVersions", ANSWER_NO, 0); /* 35: version not supported */
	conversation_has(&facts, "Metadata", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DeleteTopics", ANSWER_YES, COMMAND_DESTRUCTIVE);
	facts = facts_of(&kafka_dissector, plain, COUNT(plain));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "PLAIN");
	conversation_lacks(&facts, "s3c");
	facts = facts_of(&kafka_dissector, raw, COUNT(raw));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "alice");
	facts = facts_of(&kafka_dissector, fetch, COUNT(fetch));
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(&kafka_dissector, plain, 2);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(
		RECOGNISE_TCP(kafka, "", "\0\0\0\x10\0\0\0\1\0\x23\0\0\0\1\0\x12\0\0\0\3", true),
		RECOGNISED_YES);
	/* PostgreSQL's start, with and without its answer */
	assert_int_equal(RECOGNISE_TCP(kafka, "\0\0\0\x14\0\3\0\0user\0alice\0\0", "", true),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(kafka,
				       "\0\0\0\x16\0\3\0\0\0\0\0\1\0\x0c"
				       "consumer-123",
				       "", true),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(kafka,
				       "\0\0\0\x16\0\3\0\0\0\0\0\1\0\x0c"
				       "consumer-123",
				       "\0\0\0\x20\0\0\0\2", false),
			 RECOGNISED_NO);
	assert_int_equal(
		RECOGNISE_TCP(kafka, "",
			      "\0\0\0\x40\0\0\0\1\0\0\0\0\0\2\0\0\0\0\0\7\0\1\0\0\0\x0b\0\2\0\0\0\5"
			      "\0\3",
			      true),
		RECOGNISED_YES);
}

#define AMQP_START                                                                                 \
	"\1\0\0\0\0\0\x50\0\x0a\0\x0a\0\x09\0\0\0\x34"                                             \
	"\x0c"                                                                                     \
	"capabilitiesF\0\0\0\0"                                                                    \
	"\7productS\0\0\0\x08"                                                                     \
	"RabbitMQ"                                                                                 \
	"\7versionS\0\0\0\0"                                                                       \
	"\0\0\0\5PLAIN\0\0\0\5en_US\xce"
#define AMQP_OK                                                                                    \
	"\1\0\0\0\0\0\x2b\0\x0a\0\x0b\0\0\0\6\3keyt\1\5PLAIN\0\0\0\x0d\0guest\0s3cret\5en_US\xce"

static void amqp_is_read(void **state)
{
	static const struct turn in[] = {
		TURN_CLIENT("AMQP\0\0\x09\1"),
		TURN_SERVER(AMQP_START),
		TURN_CLIENT(AMQP_OK),
		TURN_SERVER("\1\0\0\0\0\0\x0c\0\x0a\0\x1e\x07\xff\0\2\0\0\0\x3c\xce"),
		TURN_CLIENT(
			"\1\0\1\0\0\0\7\0\x32\0\x28\0\0\0\xce\1\0\1\0\0\0\7\0\x32\0\x1e\0\0\0\xce"),
		TURN_SERVER("\1\0\1\0\0\0\x08\0\x32\0\x29\0\0\0\0\xce"
			    "\1\0\1\0\0\0\x0e\0\x14\0\x28\1\x94\3no!\0\x32\0\x1e\xce"
			    "\1\0\1\0\0\0\5\0\x3c\0\x3c\0\xce"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("AMQP\0\0\x09\1"),
		TURN_SERVER(AMQP_START),
		TURN_CLIENT(AMQP_OK),
		TURN_SERVER("\1\0\0\0\0\0\x0e\0\x0a\0\x32\1\x93\3no!\0\x0a\0\x0b\xce"),
	};
	static const struct turn one[] = {
		TURN_CLIENT("AMQP\3\1\0\0"),
		TURN_SERVER("AMQP\3\1\0\0\0\0\0\x17\2\1\0\0\0S@\xc0\x0a\1\xe0\7\1\xb3\0\0\0\1X"),
		TURN_CLIENT("\0\0\0\x22\2\1\0\0\0SA\xc0\x16\2\xa3\5PLAIN\xa0\x0b\0guest\0s3cr"),
		TURN_SERVER("\0\0\0\x10\2\1\0\0\0SD\xc0\3\1\x50\0"),
	};
	struct facts facts = facts_of(&amqp_dissector, in, COUNT(in));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "guest");
	assert_string_equal(facts.mechanism, "PLAIN");
	assert_string_equal(facts.product, "RabbitMQ");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "Queue.Delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "Queue.Purge", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_lacks(&facts, "s3cret");
	facts = facts_of(&amqp_dissector, refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_FAILED);
	facts = facts_of(&amqp_dissector, refused, 2);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(&amqp_dissector, one, COUNT(one));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "guest");
	conversation_lacks(&facts, "s3cr");
	assert_int_equal(RECOGNISE_TCP(amqp, "AMQP\0\0\x09\1", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(amqp, "AMQP\0\0\x09\1", "SSH-2.0-x\r\n", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(amqp, "", AMQP_START, true), RECOGNISED_YES);
}

#define NATS_INFO(more)                                                                            \
	"INFO {\"server_id\":\"NB2XZ\",\"version\":\"2.9.10\",\"port\":4222" more "} \r\n"

static void nats_is_read(void **state)
{
	static const struct turn open[] = {
		TURN_SERVER(NATS_INFO("")),
		TURN_CLIENT("CONNECT {\"verbose\":true}\r\nSUB > 1\r\nPUB a 5\r\nhello\r\n"
			    "PUB $JS.API.STREAM.DELETE.x 0\r\n\r\nPING\r\n"),
		TURN_SERVER("+OK\r\n+OK\r\nMSG a 1 5\r\nhello\r\nPONG\r\nPING\r\n"),
	};
	static const struct turn refused[] = {
		TURN_SERVER(NATS_INFO(",\"auth_required\":true")),
		TURN_CLIENT("CONNECT {\"user\":\"bob\",\"pass\":\"s3cret\"}\r\nPING\r\n"),
		TURN_SERVER("-ERR 'Authorization Violation'\r\n"),
	};
	static const struct turn in[] = {
		TURN_SERVER(NATS_INFO(",\"auth_required\":true")),
		TURN_CLIENT("CONNECT {\"user\":\"bob\",\"pass\":\"s3cret\"}\r\nPING\r\n"),
		TURN_SERVER("PONG\r\n"),
	};
	static const struct turn tls[] = {
		TURN_SERVER(NATS_INFO(",\"tls_required\":true")),
	};
	struct facts facts = facts_of(&nats_dissector, open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.version, "2.9.10");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SUB", ANSWER_YES, 0);
	conversation_has(&facts, "$JS.API.STREAM.DELETE.x", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
	facts = facts_of(&nats_dissector, refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "bob");
	conversation_lacks(&facts, "s3cret");
	facts = facts_of(&nats_dissector, in, COUNT(in));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	facts = facts_of(&nats_dissector, in, 1);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(&nats_dissector, tls, 1);
	assert_true(dissect_starts_tls(&nats_dissector, tls, 1));
	assert_int_equal(RECOGNISE_TCP(nats, "PING\r\n", "+PONG\r\n", false),
			 RECOGNISED_NO); /* Redis */
	assert_int_equal(RECOGNISE_TCP(nats, "INFO\r\n", "$12\r\n", false), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(nats, "PING\r\n", "", true), RECOGNISED_MORE);
}

static void stomp_is_read(void **state)
{
	static const struct turn in[] = {
		TURN_CLIENT("CONNECT\naccept-version:1.2\nlogin:bob\npasscode:s3cret\n\n\0"),
		TURN_SERVER("CONNECTED\nversion:1.2\nserver:RabbitMQ/3.8.9\n\n\0\n"),
		TURN_CLIENT("SEND\ndestination:/queue/a\ncontent-length:3\n\n\0\0\0\0\n"
			    "SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\0"),
		TURN_SERVER("MESSAGE\nsubscription:1\n\nhello\0"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("STOMP\nlogin:bob\npasscode:s3cret\n\n\0"),
		TURN_SERVER("ERROR\nmessage:Bad CONNECT\n\nAccess refused for user 'bob'\n\0"),
	};
	struct facts facts = facts_of(&stomp_dissector, in, COUNT(in));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "bob");
	assert_string_equal(facts.product, "RabbitMQ");
	assert_string_equal(facts.version, "3.8.9");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SUBSCRIBE", ANSWER_UNKNOWN, 0);
	conversation_lacks(&facts, "s3cret");
	facts = facts_of(&stomp_dissector, refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(RECOGNISE_TCP(stomp, "CONNECT a:80 HTTP/1.1\r\n", "HTTP/1.1 200", false),
			 RECOGNISED_NO);
}

static void openwire_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("\0\0\0\x30\1"
			    "ActiveMQ\0\0\0\x0c\1\0\0\0\x22\0\0\0\1\0\x0f"
			    "ProviderVersion\x09\0\6"
			    "5.17.2"),
		TURN_CLIENT("\0\0\0\x0e\1"
			    "ActiveMQ\0\0\0\x0c\0"
			    "\0\0\0\x1e\3\0\0\0\1\1\1\x78\1\0\1a\1\0\1b\1\0\3s3c\1\0\5"
			    "alice"),
		TURN_SERVER("\0\0\0\x0a\x1e\0\0\0\0\0\0\0\0\1"
			    "\0\0\0\3\x15\0\0"),
	};
	struct facts facts = facts_of(&openwire_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.version, "5.17.2");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "s3c");
	facts = facts_of(&openwire_dissector, turns, 1);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	conversation_has(&facts, "WireFormatInfo", ANSWER_UNKNOWN, 0);
}

#define ZMTP(mechanism)                                                                            \
	"\xff\0\0\0\0\0\0\0\1\x7f\3\0" mechanism                                                   \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void zmtp_is_read(void **state)
{
	static const struct turn open[] = {
		TURN_CLIENT(ZMTP("NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") "\4\6\5READY"),
		TURN_SERVER(ZMTP("NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") "\4\6\5READY\0\5hello"),
	};
	static const struct turn plain[] = {
		TURN_CLIENT(ZMTP("PLAIN\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") "\4\x0e\5HELLO\3bob\3s3c"),
		TURN_SERVER(ZMTP("PLAIN\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") "\4\6\5ERROR"),
	};
	struct facts facts = facts_of(&zmtp_dissector, open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(&zmtp_dissector, plain, COUNT(plain));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "bob");
	conversation_lacks(&facts, "s3c");
}

static void epmd_is_read(void **state)
{
	static const struct turn names[] = {
		TURN_CLIENT("\0\1n"),
		TURN_SERVER("\0\0\x11\x11name rabbit at port 25672\n"),
	};
	struct facts facts = facts_of(&epmd_dissector, names, COUNT(names));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "NAMES_REQ", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(RECOGNISE_TCP(epmd, "\0\1n", "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(epmd, "\0\7zrabbit", "w\0", false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(epmd, "\0\1n", "HTTP", false), RECOGNISED_NO);
}

static void beanstalkd_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("stats\r\nput 1 0 10 5\r\nstats\r\ndelete 1\r\n"),
		TURN_SERVER(
			"OK 27\r\n---\npid: 1\nversion: \"1.12\"\n\r\nINSERTED 1\r\nNOT_FOUND\r\n"),
		TURN_CLIENT("reserve\r\nquit\r\n"),
		TURN_SERVER("RESERVED 1 5\r\nstats\r\n"),
	};
	struct facts facts = facts_of(&beanstalkd_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "1.12");
	conversation_has(&facts, "put", ANSWER_YES, 0);
	conversation_has(&facts, "delete", ANSWER_NO, 0);
	assert_int_equal(RECOGNISE_TCP(beanstalkd, "stats\r\n", "STAT pid 1\r\n", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(beanstalkd, "stats\r\n", "OK 10\r\nabc", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(beanstalkd, "stats\r\n", "", true), RECOGNISED_MORE);
}

static void administration_of_gearman_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("version\nstatus\nworkers\ndrop function a\n"),
		TURN_SERVER("OK 1.1.20+ds\nresize\t2\t0\t1\n.\n37 192.0.2.7 - : resize\n.\n"
			    "ERR function is active\n"),
	};
	static const struct turn empty[] = {
		TURN_CLIENT("status\nversion\n"),
		TURN_SERVER(".\nOK 1.1.20\n"),
	};
	static const struct turn workers[] = {TURN_SERVER("37 192.0.2.7 - : resize\n.\n")};
	struct facts facts;

	(void)state;
	assert_true(dissect(&gearman_admin_dissector, turns, COUNT(turns), 0, &facts));
	conversation_stands(&gearman_admin_dissector, turns, COUNT(turns));
	assert_string_equal(facts.service->name, "gearman");
	assert_string_equal(facts.version, "1.1.20");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "status", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "workers", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "drop", ANSWER_NO, COMMAND_DESTRUCTIVE);
	assert_true(dissect(&gearman_admin_dissector, empty, COUNT(empty), 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_true(dissect(&gearman_admin_dissector, workers, 1, 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(RECOGNISE_TCP(gearman_admin, "status\n", ".\n", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(gearman_admin, "status\n", "a\t1\t2\n", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(gearman_admin, "version\n", "OK\n", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(gearman_admin, "version\r\n", "VERSION 1.6.18\r\n", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(gearman_admin, "status\n", "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(gearman_admin, "quit\n", "", false), RECOGNISED_NO);
}

static void gearman_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0REQ\0\0\0\x12\0\0\0\x0e"
			    "resize\0u\0hello"),
		TURN_SERVER("\0RES\0\0\0\x08\0\0\0\3H:1"),
	};
	struct facts facts = facts_of(&gearman_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "SUBMIT_JOB_BG", ANSWER_YES, 0);
	assert_int_equal(RECOGNISE_TCP(gearman, "\0REQ\0\0\0\x12\0\0\0\x0e", "", true),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(gearman, "\0RES\0\0\0\x08\0\0\0\3", "", true),
			 RECOGNISED_NO);
}

static void thrift_is_read(void **state)
{
	static const struct turn call[] = {
		TURN_CLIENT("\x80\1\0\1\0\0\0\4ping\0\0\0\1\0"),
		TURN_SERVER("\x80\1\0\2\0\0\0\4ping\0\0\0\1\0"),
	};
	static const struct turn log[] = {
		TURN_CLIENT("\0\0\0\x10\x80\1\0\1\0\0\0\3Log\0\0\0\1\0"),
		TURN_SERVER("\0\0\0\x10\x80\1\0\2\0\0\0\3Log\0\0\0\1\0"),
	};
	struct facts facts = facts_of(&thrift_dissector, call, COUNT(call));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_true(dissect(&thrift_dissector, log, COUNT(log), 1, &facts));
	assert_string_equal(facts.service->name, "scribe");
	conversation_stands(&thrift_dissector, log, COUNT(log));
	assert_int_equal(RECOGNISE_TCP(thrift, "\x80\1\0\2\0\0\0\4ping\0\0\0\1\0", "", true),
			 RECOGNISED_NO);
}

static void splunk_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("--splunk-cooked-mode-v3--\0\0\0\0"),
		TURN_SERVER("\0\0\0\x20"
			    "cap_response=success"),
	};
	struct facts facts = facts_of(&splunk_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(RECOGNISE_TCP(splunk, "--splunk-cooked-mode-v3--", "", true),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(splunk, "--splunk-cooked-mode-v3--", "HTTP/1.1", false),
			 RECOGNISED_NO);
}

static void rocketmq_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0\0\x42\0\0\0\x3e{\"code\":216,\"flag\":0,\"language\":\"JAVA\","
			    "\"opaque\":7,\"version\":1}"),
		TURN_SERVER("\0\0\0\x40\0\0\0\x3c{\"code\":0,\"flag\":1,\"language\":\"JAVA\","
			    "\"opaque\":7,\"version\":1}"),
		TURN_CLIENT("\0\0\0\x41\0\0\0\x3d{\"code\":25,\"flag\":0,\"language\":\"JAVA\","
			    "\"opaque\":8,\"version\":1}"),
		TURN_SERVER("\0\0\0\x40\0\0\0\x3c{\"code\":0,\"flag\":1,\"language\":\"JAVA\","
			    "\"opaque\":8,\"version\":1}"),
	};
	struct facts facts = facts_of(&rocketmq_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "DELETE_TOPIC_IN_NAMESRV", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "UPDATE_BROKER_CONFIG", ANSWER_YES, COMMAND_EXECUTES);
	assert_int_equal(RECOGNISE_TCP(rocketmq, "\0\0\0\x40\0\0\0\x3c{\"a\"", "", true),
			 RECOGNISED_NO);
}

static void msmq_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x10\0\x0b\0LIOR\x3c\2\0\0\xff\xff\xff\xff"),
		TURN_SERVER("\x10\0\x0b\0LIOR\x3c\2\0\0\xff\xff\xff\xff"),
	};

	(void)state;
	facts_of(&msmq_dissector, turns, COUNT(turns));
	assert_int_equal(RECOGNISE_TCP(msmq, "\x10\0\x0b\0LIOR\x3c\2\0\0", "HTTP/1.1", false),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mqtt_is_read),
		cmocka_unit_test(kafka_is_read),
		cmocka_unit_test(amqp_is_read),
		cmocka_unit_test(nats_is_read),
		cmocka_unit_test(stomp_is_read),
		cmocka_unit_test(openwire_is_read),
		cmocka_unit_test(zmtp_is_read),
		cmocka_unit_test(epmd_is_read),
		cmocka_unit_test(beanstalkd_is_read),
		cmocka_unit_test(gearman_is_read),
		cmocka_unit_test(administration_of_gearman_is_read),
		cmocka_unit_test(thrift_is_read),
		cmocka_unit_test(splunk_is_read),
		cmocka_unit_test(rocketmq_is_read),
		cmocka_unit_test(msmq_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
