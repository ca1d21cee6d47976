/* SPDX-License-Identifier: ISC */
/*
 * Openings of which a part is missing: a capture that began late, or a mirror of one direction.
 * What the other side said before must not make a server of the client, nor a service of chance
 * bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/dissector.h"

extern const struct dissector amqp_dissector, ceph_dissector, citrix_dissector, dcerpc_dissector,
	kafka_dissector, ldap_dissector, memcached_dissector, socks_dissector, ssh_dissector,
	vnc_dissector;

#define TEXT(text) (text), sizeof(text) - 1
#define NOTHING	   "", 0
#define LATE	   true, false
#define HALF	   false, true
#define LATE_HALF  true, true

static const struct {
	const struct dissector *dissector;
	const char *client;
	size_t client_length;
	const char *server;
	size_t server_length;
	bool midstream, one_sided;
	enum recognised result;
} openings[] = {
	/* The banner of the client, taken for a server's, and what the real server goes on with. */
	{&ssh_dissector, TEXT("\0\0\4\x6c\x0b\x14"), TEXT("SSH-2.0-OpenSSH_9.2\r\n"), LATE,
	 RECOGNISED_NO},
	{&ssh_dissector, NOTHING, TEXT("SSH-2.0-OpenSSH_9.2\r\n"), LATE, RECOGNISED_MORE},
	{&ssh_dissector, NOTHING, TEXT("SSH-2.0-OpenSSH_9.2\r\n"), LATE_HALF, RECOGNISED_YES},
	{&ssh_dissector, TEXT("SSH-2.0-x\r\n"), TEXT("SSH-2.0-OpenSSH_9.2\r\n"), LATE,
	 RECOGNISED_YES},
	{&vnc_dissector, TEXT("\2\x1e\x23"), TEXT("RFB 003.008\n"), LATE, RECOGNISED_NO},
	{&vnc_dissector, NOTHING, TEXT("RFB 003.008\n"), LATE, RECOGNISED_MORE},
	{&vnc_dissector, NOTHING, TEXT("RFB 003.008\n"), LATE_HALF, RECOGNISED_YES},
	{&ceph_dissector, TEXT("\x10\0\0\0"), TEXT("ceph v2\n"), LATE, RECOGNISED_NO},
	{&ceph_dissector, TEXT("ceph v2\n"), TEXT("ceph v2\n"), LATE, RECOGNISED_YES},
	{&citrix_dissector, TEXT("\1\2\3\4"), TEXT("\x7f\x7fICA\0"), LATE, RECOGNISED_NO},
	/* Basic.Publish is never the server's, Basic.Deliver never the client's. */
	{&amqp_dissector, TEXT("\1\0\1\0\0\0\5\0\x3c\0\x28x\xce"), NOTHING, LATE, RECOGNISED_YES},
	{&amqp_dissector, NOTHING, TEXT("\1\0\1\0\0\0\5\0\x3c\0\x28x\xce"), LATE, RECOGNISED_NO},
	{&amqp_dissector, TEXT("\1\0\1\0\0\0\5\0\x3c\0\x3cx\xce"), NOTHING, LATE, RECOGNISED_NO},
	/* The rest of a bind, and its whole answer. */
	{&ldap_dissector, TEXT("\xf1\x36\x5c"), NOTHING, LATE, RECOGNISED_MORE},
	{&ldap_dissector, TEXT("\xf1\x36\x5c"), TEXT("\x30\x0c\2\1\3\x61\7\x0a\1\0\4\0\4\0"), LATE,
	 RECOGNISED_YES},
	/* A header, and nothing behind it, that an HTTP server was sent. */
	{&dcerpc_dissector, TEXT("\5\0\0\3\x10\0\0\0\x18\0\0\0\1\0\0\0\0\x0b\0\x09\0\0\0\0"),
	 NOTHING, HALF, RECOGNISED_NO},
	/* ZooKeeper's third request, which could be Kafka's Produce but for its
	 * acknowledgements. */
	{&kafka_dissector, TEXT("\0\0\0\x11\0\0\0\1\0\0\0\x08\0\0\0\4/app\0"),
	 TEXT("\0\0\0\x14\0\0\0\1\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\0"), LATE, RECOGNISED_NO},
	/* A telephone's 128 bytes, which a Get without a key would look like. */
	{&memcached_dissector, TEXT("\x80\0\0\0\0\0\0\0\1\0\0\0NONSECURE_CONF\0\0\0\0\0\0\1\0"),
	 NOTHING, HALF, RECOGNISED_NO},
	/* A request and its answer, not methods and a choice. */
	{&socks_dissector, TEXT("\5\2\0\1\x7f\0\0\1\0\x19"), TEXT("\5\1\0\1\x7f\0\0\1\0\x19"), LATE,
	 RECOGNISED_NO},
	{&memcached_dissector, TEXT("\x80\0\0\3\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0key"),
	 NOTHING, HALF, RECOGNISED_YES},
};

static void parts_of_openings_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
		struct opening opening = {
			.transport = OVER_TCP,
			.midstream = openings[i].midstream,
			.one_sided = openings[i].one_sided,
		};
		enum recognised result;

		opening.side[SIDE_CLIENT] =
			bytes_from(openings[i].client, openings[i].client_length);
		opening.side[SIDE_SERVER] =
			bytes_from(openings[i].server, openings[i].server_length);
		result = openings[i].dissector->recognise(&opening);
		if (result != openings[i].result)
			fail_msg("row %zu, %s: %d", i, openings[i].dissector->name, (int)result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
