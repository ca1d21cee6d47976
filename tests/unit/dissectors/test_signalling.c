/* SPDX-License-Identifier: ISC */
/* Diameter, and what else SCTP carries. */
#include "tests/unit/conversation.h"

extern const struct dissector diameter_dissector, diameter_sctp_dissector, sctp_users_dissector;

#define PPID_DIAMETER "\0\0\0\x2e"
#define CER                                                                                        \
	"\1\0\0\x38\x80\0\1\1\0\0\0\0\0\0\0\1\0\0\0\2"                                             \
	"\0\0\1\x08\x40\0\0\x0e"                                                                   \
	"peer.a\0\0"                                                                               \
	"\0\0\1\x28\x40\0\0\x11"                                                                   \
	"example.n\0\0\0"
#define CEA(result)                                                                                \
	"\1\0\0\x40\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\2"                                               \
	"\0\0\1\x0c\x40\0\0\x0c\0\0" result "\0\0\1\x08\x40\0\0\x0f"                               \
	"hss.two\0"                                                                                \
	"\0\0\1\x0d\x40\0\0\x0d"                                                                   \
	"Hssd3\0\0\0"
#define SUCCESS	     "\x07\xd1"
#define UNKNOWN_PEER "\x0b\xc2"

static void capabilities_let_a_peer_in(void **state)
{
	static const struct turn over_tcp[] = {TURN_CLIENT(CER), TURN_SERVER(CEA(SUCCESS))};
	static const struct turn over_sctp[] = {TURN_CLIENT(PPID_DIAMETER CER),
						TURN_SERVER(PPID_DIAMETER CEA(SUCCESS))};
	struct facts facts;

	(void)state;
	for (size_t chunk = 0; chunk < 9; chunk++) {
		assert_true(dissect(&diameter_dissector, over_tcp, 2, chunk, &facts));
		assert_string_equal(facts.service->name, "diameter");
		assert_string_equal(facts.product, "Hssd3");
		assert_string_equal(facts.host, "hss.two");
		assert_int_equal(facts.auth, AUTH_NONE);
	}
	assert_true(dissect_over(&diameter_sctp_dissector, OVER_SCTP, over_sctp, 2, 0, &facts));
	assert_string_equal(facts.product, "Hssd3");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_damage(&diameter_dissector, over_tcp, 2);
}

static void a_peer_that_is_not_known_is_not_let_in(void **state)
{
	static const struct turn turns[] = {TURN_CLIENT(CER), TURN_SERVER(CEA(UNKNOWN_PEER))};
	struct facts facts;

	(void)state;
	assert_true(dissect(&diameter_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static enum recognised sctp(const struct dissector *d, const char *client, size_t client_length,
			    const char *server, size_t server_length, bool one_sided)
{
	return dissect_recognise(d, OVER_SCTP, client, client_length, server, server_length,
				 one_sided);
}
#define SCTP(name, client, server, one_sided)                                                      \
	sctp(&name##_dissector, client, sizeof(client) - 1, server, sizeof(server) - 1, one_sided)

static void messages_are_told_by_their_identifier(void **state)
{
	static const struct turn ngap[] = {TURN_CLIENT("\0\0\0\x3c\0\x15\0\x33"),
					   TURN_SERVER("\0\0\0\x3c\x20\x15\0\x2f")};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&sctp_users_dissector, OVER_SCTP, ngap, 2, 0, &facts));
	assert_string_equal(facts.service->name, "ngap");
	assert_int_equal(SCTP(sctp_users, "\0\0\0\3m", "", false), RECOGNISED_MORE);
	assert_int_equal(SCTP(sctp_users, "\0\0\0\3m", "", true), RECOGNISED_YES);
	assert_int_equal(SCTP(sctp_users, "\0\0\0\3m", "\0\0\0\3m", false), RECOGNISED_YES);
	assert_int_equal(SCTP(sctp_users, "\0\0\0\0m", "", true), RECOGNISED_NO);
	assert_int_equal(SCTP(sctp_users, "\0\0\3", "", true), RECOGNISED_NO);
	/* Without a number of its own, by the header; another protocol's is not Diameter. */
	assert_int_equal(SCTP(diameter_sctp, "\0\0\0\0" CER, "", true), RECOGNISED_YES);
	assert_int_equal(SCTP(diameter_sctp, "\0\0\0\x3c" CER, "", true), RECOGNISED_NO);
	assert_int_equal(SCTP(diameter_sctp, "\0\0\0\x2f\x16\xfe\xff", "", true), RECOGNISED_YES);
}

static void only_the_first_exchange_is_diameter_over_tcp(void **state)
{
	(void)state;
	assert_int_equal(RECOGNISE_TCP(diameter, "", CEA(SUCCESS), true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(diameter, CEA(SUCCESS), "", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(diameter, "\1\0\0\x39\x80\0\1\1", "", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(diameter, "\1\0\0\x38\x80\0\1\x18", "", true),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(diameter, "\2\0", "", true), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_let_a_peer_in),
		cmocka_unit_test(a_peer_that_is_not_known_is_not_let_in),
		cmocka_unit_test(messages_are_told_by_their_identifier),
		cmocka_unit_test(only_the_first_exchange_is_diameter_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
