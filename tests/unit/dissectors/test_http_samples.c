/* SPDX-License-Identifier: ISC */
/*
 * What the products of the table answer, in files that can be read: http_samples/ *.txt. A sample:
 *
 *	= SERVICE, PRODUCT, VERSION, alone	what must be known in the end;
 *						"alone": by the server's half, too
 *	> GET /path HTTP/1.1			lines of the request's head
 *	>> …					and its body
 *	< 200 OK				status, lines of the response's head
 *	…					its body, up to "> " or an empty line
 *
 * A further "> " after an answer begins the next request of the same connection. What must not get
 * any product's name is called "http".
 */
#include <dirent.h>
#include <stdio.h>

#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define FOLDER	   "tests/unit/dissectors/http_samples"
#define LINE_ROOM  4096
#define FIELD_ROOM 64

struct sample {
	char where[FIELD_ROOM * 2]; /* file and line, for people */
	char service[FIELD_ROOM], product[FIELD_ROOM], version[FIELD_ROOM];
	bool alone;
	struct script script;
};

struct message {
	char head[2048], body[LINE_ROOM];
	bool begun;
};

static void add(char *to, size_t room, const char *text, const char *end)
{
	assert_true(strlen(to) + strlen(text) + strlen(end) < room);
	strcat(to, text);
	strcat(to, end);
}

static void finish(struct sample *sample, enum side side, struct message *message)
{
	char length[64];

	if (!message->begun)
		return;
	snprintf(length, sizeof length, "Content-Length: %zu\r\n\r\n", strlen(message->body));
	add(message->head, sizeof message->head, length, "");
	script_put(&sample->script, side, message->head, strlen(message->head));
	script_put(&sample->script, side, message->body, strlen(message->body));
	*message = (struct message){.begun = false};
}

static void take_field(char to[FIELD_ROOM], const char **from)
{
	size_t length = strcspn(*from, ",");

	assert_true(length < FIELD_ROOM);
	memcpy(to, *from, length);
	to[length] = '\0';
	*from += length;
	*from += strncmp(*from, ", ", 2) == 0 ? 2 : 0;
}

static void begin(struct sample *sample, const char *file, unsigned number, const char *line)
{
	char rest[FIELD_ROOM] = "";
	const char *at = line + 2;

	assert_int_equal(strncmp(line, "= ", 2), 0);
	memset(sample, 0, sizeof *sample);
	snprintf(sample->where, sizeof sample->where, "%s:%u", file, number);
	take_field(sample->service, &at);
	take_field(sample->product, &at);
	take_field(sample->version, &at);
	take_field(rest, &at);
	sample->alone = strcmp(rest, "alone") == 0;
	assert_true(rest[0] == '\0' || sample->alone);
}

static void read_line(struct sample *sample, struct message messages[2], const char *line)
{
	struct message *client = &messages[SIDE_CLIENT], *server = &messages[SIDE_SERVER];

	if (strncmp(line, ">> ", 3) == 0) {
		add(client->body, sizeof client->body, line + 3, "");
	} else if (strncmp(line, "> ", 2) == 0) {
		finish(sample, SIDE_SERVER, server);
		client->begun = true;
		add(client->head, sizeof client->head, line + 2, "\r\n");
	} else if (strncmp(line, "< ", 2) == 0) {
		finish(sample, SIDE_CLIENT, client);
		add(server->head, sizeof server->head, server->begun ? "" : "HTTP/1.1 ", "");
		server->begun = true;
		add(server->head, sizeof server->head, line + 2, "\r\n");
	} else {
		assert_true(server->begun);
		add(server->body, sizeof server->body, server->body[0] == '\0' ? "" : "\n", line);
	}
}

/* The next sample of the file; false at its end. */
static bool next_sample(FILE *file, const char *name, unsigned *number, struct sample *sample)
{
	struct message messages[2] = {{.begun = false}, {.begun = false}};
	static char line[LINE_ROOM];
	bool any = false;

	while (fgets(line, sizeof line, file) != NULL) {
		(*number)++;
		line[strcspn(line, "\n")] = '\0';
		if (!any && (line[0] == '#' || line[0] == '\0'))
			continue;
		if (line[0] == '\0')
			break;
		if (!any)
			begin(sample, name, *number, line);
		else
			read_line(sample, messages, line);
		any = true;
	}
	finish(sample, SIDE_CLIENT, &messages[SIDE_CLIENT]);
	finish(sample, SIDE_SERVER, &messages[SIDE_SERVER]);
	return any;
}

typedef void sample_use(struct sample *sample, void *context);

static int is_text(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".txt") == 0;
}

static void each_sample(sample_use *use, void *context)
{
	static struct sample sample;
	struct dirent **entries = NULL;
	int count = scandir(FOLDER, &entries, is_text, alphasort);
	char path[512];

	assert_in_range(count, 1, 100);
	for (int i = 0; i < count; i++) {
		unsigned number = 0;
		FILE *file;

		snprintf(path, sizeof path, FOLDER "/%s", entries[i]->d_name);
		file = fopen(path, "r");
		assert_non_null(file);
		while (next_sample(file, entries[i]->d_name, &number, &sample))
			use(&sample, context);
		fclose(file);
		free(entries[i]);
	}
	free(entries);
}

static void is_named(struct sample *sample, void *failed)
{
	struct facts facts;

	assert_true(
		dissect(&http_dissector, sample->script.turns, sample->script.count, 0, &facts));
	if (strcmp(facts.service->name, sample->service) != 0 ||
	    strcmp(facts.product, sample->product) != 0 ||
	    strcmp(facts.version, sample->version) != 0) {
		print_error("%s: %s, %s, %s is told as %s, %s, %s\n", sample->where,
			    sample->service, sample->product, sample->version, facts.service->name,
			    facts.product, facts.version);
		++*(int *)failed;
	}
	conversation_lacks(&facts, "hush");
}

static void samples_name_their_products(void **unused)
{
	int failed = 0;

	(void)unused;
	each_sample(is_named, &failed);
	assert_int_equal(failed, 0);
}

/* The server's turns alone, where that is enough: a mirror may show one direction. */
static void is_named_by_half(struct sample *sample, void *failed)
{
	struct turn half[CONVERSATION_TURNS];
	size_t count = 0;
	struct facts facts;
	bool named;

	for (size_t i = 0; i < sample->script.count; i++) {
		if (sample->script.turns[i].from == SIDE_SERVER)
			half[count++] = sample->script.turns[i];
	}
	dissect_session(&http_dissector, half, count, 0, &facts);
	named = strcmp(facts.service->name, sample->service) == 0;
	if (named != sample->alone && strcmp(sample->service, "http") != 0) {
		print_error("%s: %s, the server alone is told as %s\n", sample->where,
			    sample->service, facts.service->name);
		++*(int *)failed;
	}
}

static void a_half_is_enough_where_it_is_said_so(void **unused)
{
	int failed = 0;

	(void)unused;
	each_sample(is_named_by_half, &failed);
	assert_int_equal(failed, 0);
}

/* The client's turns alone: a request that only one product has. */
static void a_request_alone_may_be_enough(void **unused)
{
	static const struct {
		const char *request, *service;
	} rows[] = {
		{"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.Scan\r\n\r\n", "dynamodb"},
		{"POST /v1/statement HTTP/1.1\r\nX-Trino-User: a\r\n\r\n", "trino"},
		{"GET /api/2.0/mlflow/experiments/search HTTP/1.1\r\n\r\n", "mlflow"},
		{"POST /select/logsql/query HTTP/1.1\r\n\r\n", "victorialogs"},
		{"GET /nacos/v1/cs/configs HTTP/1.1\r\n\r\n", "nacos"},
		{"GET /api/tags HTTP/1.1\r\n\r\n", "http"},
		{"GET /collections HTTP/1.1\r\n\r\n", "http"},
	};
	static const char nothing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct turn turns[] = {{SIDE_CLIENT, rows[i].request, strlen(rows[i].request)},
				       {SIDE_SERVER, nothing, sizeof nothing - 1}};
		struct facts facts = {.service = NULL};

		dissect_session(&http_dissector, turns, 1, 0, &facts);
		assert_string_equal(facts.service->name, rows[i].service);
		/* A server that answers anything else is not what was asked for. */
		assert_true(dissect(&http_dissector, turns, 2, 0, &facts));
		assert_string_equal(facts.service->name, "http");
	}
}

static void is_survived(struct sample *sample, void *unused)
{
	(void)unused;
	conversation_splits(&http_dissector, sample->script.turns, sample->script.count);
}

static void every_cut_is_survived(void **unused)
{
	(void)unused;
	each_sample(is_survived, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_name_their_products),
		cmocka_unit_test(a_half_is_enough_where_it_is_said_so),
		cmocka_unit_test(a_request_alone_may_be_enough),
		cmocka_unit_test(every_cut_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
