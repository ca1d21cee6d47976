/* SPDX-License-Identifier: ISC */
/* The inventory: which conversations share a line, what a line says, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/run/inventory.h"

struct scene {
	struct services *services;
	struct inventory *inventory;
	char *text; /* what was written last */
	size_t length;
};

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	scene->services = services_new();
	scene->inventory = inventory_new(4, 1, scene->services);
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	inventory_free(scene->inventory);
	services_free(scene->services);
	free(scene->text);
	free(scene);
	return 0;
}

static struct observation conversation(const char *client, const char *server, uint16_t port)
{
	struct observation observation = {
		.kind = OBSERVATION_FLOW,
		.server = {.port = port, .transport = TRANSPORT_TCP},
		.flow = {.outcome = OUTCOME_ESTABLISHED,
			 .service = POLICY_NO_SERVICE,
			 .ndpi_service = POLICY_NO_SERVICE,
			 .last = true,
			 .new_bytes_c2s = 10,
			 .new_bytes_s2c = 20},
	};

	assert_true(address_parse(client, &observation.flow.client));
	assert_true(address_parse(server, &observation.server.address));
	return observation;
}

static void add(struct scene *scene, const struct observation *observation)
{
	inventory_add(scene->inventory, observation);
}

/* Writes; returns the number of lines. */
static size_t write_all(struct scene *scene)
{
	FILE *out;
	size_t lines = 0;

	free(scene->text);
	scene->text = NULL;
	out = open_memstream(&scene->text, &scene->length);
	assert_true(inventory_write(scene->inventory, "a.pcap", out));
	fclose(out);
	for (size_t i = 0; i < scene->length; i++)
		lines += scene->text[i] == '\n';
	return lines;
}

static void expect_text(const struct scene *scene, const char *text)
{
	if (!strstr(scene->text, text))
		fail_msg("%s is not in %s", text, scene->text);
}

static void conversations_that_went_alike_share_a_line(void **state)
{
	struct scene *scene = *state;
	struct observation one = conversation("203.0.113.7", "10.0.0.1", 6379), other = one;

	facts_command(&one.flow.facts, "PING", 4, 0);
	facts_command(&other.flow.facts, "FLUSHALL", 8, COMMAND_DESTRUCTIVE);
	add(scene, &one);
	add(scene, &other);
	other.flow.outcome = OUTCOME_REFUSED; /* went differently */
	add(scene, &other);
	assert_int_equal(write_all(scene), 2);
	expect_text(scene, "\"file\":\"a.pcap\"");
	expect_text(scene, "\"server_ip\":\"10.0.0.1\"");
	expect_text(scene, "\"protocol\":\"redis\"");
	expect_text(scene, "\"protocol_source\":\"port\"");
	expect_text(scene, "\"flows\":2,\"bytes_c2s\":20,\"bytes_s2c\":40");
	expect_text(scene, "\"commands\":[\"PING\",\"FLUSHALL\"]");
	expect_text(scene, "\"destructive\":[{\"cmd\":\"FLUSHALL\",\"ok\":null}]");
	assert_int_equal(write_all(scene), 0); /* forgotten */
}

static void what_a_silent_conversation_cannot_show(void **state)
{
	struct scene *scene = *state;
	struct observation silent = conversation("203.0.113.7", "10.0.0.1", 45678);

	silent.flow.new_bytes_c2s = silent.flow.new_bytes_s2c = 0;
	silent.flow.outcome = OUTCOME_SYN_ONLY;
	add(scene, &silent);
	assert_int_equal(write_all(scene), 1);
	expect_text(scene, "\"protocol\":null");
	expect_text(scene, "\"outcome\":\"syn_only\"");
	expect_text(scene, "\"auth\":\"na\"");
	expect_text(scene, "\"encrypted\":\"na\"");
	expect_text(scene, "\"data_read\":null");
	silent.flow.new_bytes_c2s = 10; /* asked, and nothing came back */
	add(scene, &silent);
	assert_int_equal(write_all(scene), 1);
	expect_text(scene, "\"data_read\":false");
}

static void lines_are_sorted_and_bounded(void **state)
{
	static const char *const servers[] = {"10.0.0.9", "fd00::1", "10.0.0.10", "9.9.9.9"};
	struct scene *scene = *state;
	const char *at;

	for (int i = 0; i < 4; i++) {
		struct observation one = conversation("203.0.113.7", servers[i], 80);

		add(scene, &one);
		add(scene, &one);
	}
	for (int i = 0; i < 3; i++) {
		struct observation more = conversation("203.0.113.8", servers[i], 81);

		add(scene, &more);
	}
	assert_int_equal(inventory_left_out(scene->inventory), 3);
	assert_int_equal(write_all(scene), 4);
	at = strstr(scene->text, "\"9.9.9.9\"");
	assert_non_null(at);
	at = strstr(at, "\"10.0.0.9\"");
	assert_non_null(at);
	at = strstr(at, "\"10.0.0.10\"");
	assert_non_null(at);
	assert_non_null(strstr(at, "\"fd00::1\""));
	/* The next input has all the room again. */
	for (int i = 0; i < 4; i++) {
		struct observation one = conversation("203.0.113.9", servers[i], 82);

		add(scene, &one);
	}
	assert_int_equal(write_all(scene), 4);
	assert_int_equal(inventory_left_out(scene->inventory), 3);
}

static void an_output_that_takes_nothing(void **state)
{
	struct scene *scene = *state;
	struct observation one = conversation("203.0.113.7", "10.0.0.1", 6379);
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	add(scene, &one);
	assert_false(inventory_write(scene->inventory, "a.pcap", full));
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_that_went_alike_share_a_line, begin,
						end),
		cmocka_unit_test_setup_teardown(what_a_silent_conversation_cannot_show, begin, end),
		cmocka_unit_test_setup_teardown(lines_are_sorted_and_bounded, begin, end),
		cmocka_unit_test_setup_teardown(an_output_that_takes_nothing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
