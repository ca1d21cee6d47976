/* SPDX-License-Identifier: ISC */
/* The catalogue: names once, dissectors first, ids and names and vocabulary in step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/dissector.h"
#include "sensor/base/endpoint.h"
#include "sensor/base/services.h"

static int set_up(void **state)
{
	*state = services_new();
	return *state == NULL;
}

static int tear_down(void **state)
{
	services_free(*state);
	services_free(NULL);
	return 0;
}

static void names_are_words_and_unique(void **state)
{
	const struct services *services = *state;

	assert_true(services_count(services) > 80);
	for (uint16_t id = 0; id < services_count(services); id++) {
		const struct service *service = services_get(services, id);

		assert_int_equal(services_find(services, service->name), id);
		assert_int_equal(services_id(services, service), id);
		assert_int_equal(strspn(service->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(service->name));
		assert_true(strlen(service->name) > 0 && strlen(service->name) < 32);
		assert_non_null(service->about);
		assert_true(service->family < FAMILY_COUNT);
	}
}

static void dissectors_come_first(void **state)
{
	const struct services *services = *state;

	for (size_t i = 0; i < dissector_count; i++) {
		for (size_t j = 0; j < dissectors[i]->service_count; j++) {
			const struct service *row = &dissectors[i]->services[j];
			uint16_t id = services_id(services, row);

			assert_int_not_equal(id, POLICY_NO_SERVICE);
			assert_string_equal(services_get(services, id)->name, row->name);
			/* Whichever row told it, a rule by family means it. */
			if (services_get(services, id)->family != row->family)
				fail_msg("%s is of two families", row->name);
		}
	}
	for (size_t i = 0; i < ndpi_only_service_count; i++)
		assert_int_not_equal(services_find(services, ndpi_only_services[i].name),
				     POLICY_NO_SERVICE);
	assert_ptr_equal(services_get(services, 0), &dissectors[0]->services[0]);
}

static void a_row_of_another_table_goes_by_its_name(void **state)
{
	const struct services *services = *state;
	struct service same = {.name = "redis"}, unknown = {.name = "no-such-service"};

	assert_int_equal(services_id(services, &same), services_find(services, "redis"));
	assert_int_equal(services_id(services, &unknown), POLICY_NO_SERVICE);
	assert_int_equal(services_id(services, NULL), POLICY_NO_SERVICE);
	assert_int_equal(services_find(services, "no-such-service"), POLICY_NO_SERVICE);
	assert_null(services_get(services, POLICY_NO_SERVICE));
	assert_null(services_get(services, services_count(services)));
}

static const char *by_port(const struct services *services, uint8_t transport, uint16_t port)
{
	const struct service *service =
		services_get(services, services_by_port(services, transport, port));

	return service != NULL ? service->name : "";
}

static void ports_are_guesses_by_transport(void **state)
{
	const struct services *services = *state;

	assert_string_equal(by_port(services, TRANSPORT_TCP, 22), "ssh");
	assert_string_equal(by_port(services, TRANSPORT_UDP, 22), "");
	assert_string_equal(by_port(services, TRANSPORT_TCP, 6379), "redis");
	assert_string_equal(by_port(services, TRANSPORT_UDP, 69), "tftp");
	assert_string_equal(by_port(services, TRANSPORT_TCP, 69), "");
	assert_string_equal(by_port(services, TRANSPORT_UDP, 443), "quic");
	assert_string_equal(by_port(services, TRANSPORT_UDP, 53), "dns");
	assert_string_equal(by_port(services, TRANSPORT_TCP, 53), "dns");
	assert_string_equal(by_port(services, TRANSPORT_TCP, 0), "");
	assert_string_equal(by_port(services, TRANSPORT_TCP, 65535), "");
}

static void the_vocabulary_is_the_catalogue(void **state)
{
	const struct services *services = *state;
	struct policy_vocabulary vocabulary = services_vocabulary(services);

	assert_int_equal(vocabulary.count, services_count(services));
	for (uint16_t id = 0; id < vocabulary.count; id++) {
		const struct service *service = services_get(services, id);

		assert_string_equal(vocabulary.services[id].name, service->name);
		assert_string_equal(vocabulary.services[id].family, family_name(service->family));
		assert_ptr_equal(vocabulary.services[id].also, services_also(services, id));
	}
	assert_int_equal(vocabulary.family_count, FAMILY_COUNT);
	for (enum family family = 0; family < FAMILY_COUNT; family++)
		assert_string_equal(vocabulary.families[family], family_name(family));
}

/* Another name is no family, and no service has the same twice. */
static void other_names_are_words(void **state)
{
	unsigned count = 0;

	for (uint16_t id = 0; id < services_count(*state); id++) {
		const struct service *service = services_get(*state, id);
		const char *const *also = services_also(*state, id);

		for (; also != NULL && *also != NULL; also++) {
			assert_int_not_equal(strcmp(*also, service->name), 0);
			for (enum family family = 0; family < FAMILY_COUNT; family++)
				assert_int_not_equal(strcmp(*also, family_name(family)), 0);
			count++;
		}
	}
	assert_true(count > 10);
	/* The row of OTLP over gRPC comes first; the other names stand in that of HTTP/1. */
	assert_string_equal(services_also(*state, services_find(*state, "otlp"))[0],
			    "opentelemetry");
}

/* Both man pages that list the families list all of them. */
static void families_are_documented(void **unused)
{
	static const char *const pages[] = {"policy/spanwatch-policy.5", "sensor/run/spanwatch.8"};
	static char text[1 << 20];
	char word[64];

	(void)unused;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		FILE *file = fopen(pages[i], "r");
		const char *list;

		assert_non_null(file);
		text[fread(text, 1, sizeof text - 1, file)] = '\0';
		fclose(file);
		list = strstr(text, " database , logging ,");
		assert_non_null(list);
		for (enum family family = 0; family < FAMILY_COUNT; family++) {
			const char *at;

			snprintf(word, sizeof word, " %s", family_name(family));
			at = strstr(list, word);
			assert_true(at != NULL && at - list < 200);
		}
	}
}

/* Names that policies of the world rely on, with the family that a rule may name instead. */
static void families_are_a_contract(void **state)
{
	static const struct {
		const char *name, *family;
	} rows[] = {
		{"ssh", "admin"},	   {"rdp", "admin"},	   {"smb", "storage"},
		{"nfs", "storage"},	   {"rsync", "backup"},	   {"smtp", "mail"},
		{"pop3", "mail"},	   {"imap", "mail"},	   {"ldap", "database"},
		{"mongodb", "database"},   {"redis", "database"},  {"elasticsearch", "database"},
		{"memcached", "database"}, {"db2", "database"},	   {"amqp", "queue"},
		{"syslog", "logging"},	   {"snmp", "admin"},	   {"ollama", "ai"},
		{"jupyter", "ai"},	   {"qdrant", "database"}, {"hadoop", "orchestration"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint16_t id = services_find(*state, rows[i].name);

		assert_int_not_equal(id, POLICY_NO_SERVICE);
		assert_string_equal(family_name(services_get(*state, id)->family), rows[i].family);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_words_and_unique),
		cmocka_unit_test(dissectors_come_first),
		cmocka_unit_test(a_row_of_another_table_goes_by_its_name),
		cmocka_unit_test(ports_are_guesses_by_transport),
		cmocka_unit_test(the_vocabulary_is_the_catalogue),
		cmocka_unit_test(other_names_are_words),
		cmocka_unit_test(families_are_documented),
		cmocka_unit_test(families_are_a_contract),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
