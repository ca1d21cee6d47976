/* SPDX-License-Identifier: ISC */
/*
 * explain: what the policy says about a connection, by which line, and why the other lines do not.
 * With "-" for a connection they are read from standard input, one on each line.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"
#include "sensor/base/json_out.h"
#include "tools/policy/question.h"

static const char *const verdicts[] = {
	[POLICY_ALLOWED] = "allowed",
	[POLICY_EXCEPTED] = "excepted",
	[POLICY_FORBIDDEN] = "forbidden",
	[POLICY_UNLISTED] = "unlisted",
};

static const char *const answers[] = {
	[POLICY_ANSWER_COVERS] = "covers it",
	[POLICY_ANSWER_INBOUND] = "is about inbound connections only",
	[POLICY_ANSWER_PORT] = "is about other ports",
	[POLICY_ANSWER_SERVICE] = "is about other services",
	[POLICY_ANSWER_HOST] = "is about other servers, or other ports of theirs",
	[POLICY_ANSWER_ALLOWS] = "allows the client's zone",
	[POLICY_ANSWER_EXCEPTED] = "forbids it, but for an exception",
	[POLICY_ANSWER_FORBIDS] = "forbids it",
};

static const char *const gates[] = {
	[POLICY_GATE_OPEN] = "",
	[POLICY_GATE_NOT_OURS] = "the server is not ours: it is in no group, and not inside",
	[POLICY_GATE_INSIDE] = "the client is inside, in a zone that no rule denies",
	[POLICY_GATE_SAME_GROUP] = "a group holds both the client and the endpoint",
};

struct asker {
	const struct tool *tool;
	const struct policy *policy;
	const char *path;
	uint64_t now_ns;
	bool json, outbound;
};

static const char *service_name(const struct asker *asker, uint16_t service)
{
	const struct service *found = services_get(asker->tool->services, service);

	return found == NULL ? "" : found->name;
}

/* Of a line: the policy, or a file that it includes. */
static const char *file_name(const struct asker *asker, const char *file)
{
	return *file == '\0' ? asker->path : file;
}

static const char *gate_text(const struct asker *asker, const struct policy_question *question)
{
	enum policy_gate gate = policy_gate(asker->policy, question);

	if (question->outbound && gate == POLICY_GATE_INSIDE)
		return "the other side is inside";
	return gates[gate];
}

static void say_answer(const struct asker *asker, const struct policy_question *question,
		       uint16_t rule, const struct policy_decision *decision)
{
	struct policy_rule_view view = policy_rule(asker->policy, rule);
	uint16_t exception;
	enum policy_answer answer = policy_ask_rule(asker->policy, question, rule, &exception);

	printf("  %s:%u: %s: %s", file_name(asker, view.file), view.line, view.name,
	       answers[answer]);
	if (answer == POLICY_ANSWER_SERVICE && question->service == POLICY_NO_SERVICE)
		printf(", and which this is nobody said");
	if (exception != POLICY_NONE)
		printf(" (line %u)", policy_exception(asker->policy, exception).line);
	if (answer == POLICY_ANSWER_FORBIDS || answer == POLICY_ANSWER_EXCEPTED)
		printf(", %s", policy_severity_name(view.severity));
	puts(rule == decision->rule ? "  <- decides" : "");
}

static void say_exception(const struct asker *asker, uint16_t index)
{
	struct policy_exception_view view = policy_exception(asker->policy, index);
	time_t end = (time_t)(view.until_ns / NS_PER_S);
	struct tm tm;
	char text[32] = "?";

	if (gmtime_r(&end, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("  exception  %s:%u, until %s: %s (%s%s%s)\n", file_name(asker, view.file),
	       view.line, text, view.reason, view.owner, *view.ticket != '\0' ? ", " : "",
	       view.ticket);
}

static void say_decision(const struct asker *asker, const struct policy_decision *decision)
{
	const struct policy *policy = asker->policy;

	if (decision->rule != POLICY_NONE) {
		struct policy_rule_view rule = policy_rule(policy, decision->rule);

		printf("  rule       %s, %s:%u, severity %s\n", rule.name,
		       file_name(asker, rule.file), rule.line,
		       policy_severity_name(decision->severity));
	}
	if (decision->group != POLICY_NONE) {
		struct policy_group_view group = policy_group(policy, decision->group);

		printf("  group      %s, line %u%s%s%s%s\n", group.name, group.line,
		       *group.owner != '\0' ? ", owner " : "", group.owner,
		       *group.security_group != '\0' ? ", " : "", group.security_group);
		if (*group.runbook != '\0')
			printf("  runbook    %s\n", group.runbook);
	}
	if (decision->exception != POLICY_NONE)
		say_exception(asker, decision->exception);
}

static void say_text(const struct asker *asker, const struct policy_question *question,
		     const struct policy_decision *decision)
{
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
	const char *gate = gate_text(asker, question);
	const char *service = service_name(asker, question->service);

	printf("%s: %s (%s) %s %s (%s) port %u/%s%s%s\n", verdicts[decision->verdict],
	       address_format(&question->client, client),
	       policy_zone(asker->policy, decision->client_zone).name,
	       question->outbound ? "is reached by" : "reaches",
	       address_format(&question->server, server),
	       policy_zone(asker->policy, decision->server_zone).name, (unsigned)question->port,
	       question_transport(question->transport), *service != '\0' ? ", " : "", service);
	say_decision(asker, decision);
	if (*gate != '\0') {
		printf("  no rule is asked: %s\n", gate);
		return;
	}
	if (decision->verdict == POLICY_UNLISTED)
		puts("  no rule covers it: it is told once as \"unlisted\", severity info");
	for (uint16_t i = 0; i < policy_rule_count(asker->policy); i++)
		say_answer(asker, question, i, decision);
}

static void put_answers(const struct asker *asker, const struct policy_question *question,
			struct json_out *out)
{
	json_out_list(out, "rules");
	for (uint16_t i = 0; i < policy_rule_count(asker->policy); i++) {
		struct policy_rule_view view = policy_rule(asker->policy, i);
		uint16_t exception;

		json_out_object(out, NULL);
		json_out_text(out, "name", view.name);
		json_out_number(out, "line", view.line);
		json_out_text(out, "answer",
			      answers[policy_ask_rule(asker->policy, question, i, &exception)]);
		if (exception != POLICY_NONE)
			json_out_number(out, "exception_line",
					policy_exception(asker->policy, exception).line);
		json_out_end(out);
	}
	json_out_end(out);
}

static void say_json(const struct asker *asker, const struct policy_question *question,
		     const struct policy_decision *decision)
{
	const struct policy *policy = asker->policy;
	const char *gate = gate_text(asker, question);
	struct json_out *out = json_out_new();
	size_t length;
	const char *text;

	if (out == NULL)
		errx(TOOL_INPUT, "out of memory");
	json_out_text(out, "verdict", verdicts[decision->verdict]);
	json_out_text(out, "severity", policy_severity_name(decision->severity));
	json_out_address(out, "client", &question->client);
	json_out_text(out, "client_zone", policy_zone(policy, decision->client_zone).name);
	json_out_address(out, "server", &question->server);
	json_out_text(out, "server_zone", policy_zone(policy, decision->server_zone).name);
	json_out_number(out, "port", question->port);
	json_out_text(out, "transport", question_transport(question->transport));
	json_out_text(out, "service", service_name(asker, question->service));
	if (decision->rule != POLICY_NONE)
		json_out_text(out, "rule", policy_rule(policy, decision->rule).name);
	if (decision->group != POLICY_NONE)
		json_out_text(out, "group", policy_group(policy, decision->group).name);
	if (decision->exception != POLICY_NONE)
		json_out_number(out, "exception_line",
				policy_exception(policy, decision->exception).line);
	json_out_text(out, "why", gate);
	if (*gate == '\0')
		put_answers(asker, question, out);
	text = json_out_done(out, &length);
	if (text == NULL)
		errx(TOOL_INPUT, "out of memory");
	puts(text);
	json_out_free(out);
}

/* The words of one connection; false and `error` if they are none. */
static bool read_question(const struct asker *asker, char *const words[3],
			  struct policy_question *question, char error[QUESTION_ERROR])
{
	*question = (struct policy_question){
		.outbound = asker->outbound,
		.transport = 6,
		.service = POLICY_NO_SERVICE,
		.ts_ns = asker->now_ns,
	};
	return question_client(words[0], question, error) &&
	       question_endpoint(words[1], question, error) &&
	       (words[2] == NULL || question_service(asker->tool, words[2], question, error));
}

static int answer(const struct asker *asker, const struct policy_question *question)
{
	struct policy_decision decision;

	policy_decide(asker->policy, question, &decision);
	if (asker->json)
		say_json(asker, question, &decision);
	else
		say_text(asker, question, &decision);
	return decision.verdict == POLICY_FORBIDDEN ? TOOL_FOUND : TOOL_GOOD;
}

static int answer_lines(const struct asker *asker)
{
	struct policy_question question;
	char line[512], error[QUESTION_ERROR];
	unsigned long number = 0;
	int status = TOOL_GOOD;

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest = NULL, *words[3];

		number++;
		words[0] = strtok_r(line, " \t\n", &rest);
		if (words[0] == NULL || *words[0] == '#')
			continue;
		words[1] = strtok_r(NULL, " \t\n", &rest);
		words[2] = strtok_r(NULL, " \t\n", &rest);
		if (words[1] == NULL)
			errx(TOOL_USAGE, "standard input, line %lu: CLIENT SERVER:PORT is needed",
			     number);
		if (!read_question(asker, words, &question, error))
			errx(TOOL_USAGE, "standard input, line %lu: %s", number, error);
		status |= answer(asker, &question);
	}
	if (ferror(stdin))
		err(TOOL_INPUT, "standard input");
	return status;
}

static uint64_t read_time(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (end == NULL || *end != '\0')
		errx(TOOL_USAGE, "--at: \"%s\" is no time in UTC (2026-12-31T18:00:00Z)", text);
	return (uint64_t)timegm(&tm) * NS_PER_S;
}

int tool_explain(const struct tool *tool, int argc, char **argv)
{
	static const struct option options[] = {{"policy", required_argument, NULL, 'p'},
						{"json", no_argument, NULL, 'j'},
						{"at", required_argument, NULL, 'a'},
						{"outbound", no_argument, NULL, 'o'},
						{0}};
	struct asker asker = {.tool = tool, .now_ns = clock_unix_ns()};
	struct policy_question question;
	char error[QUESTION_ERROR], *words[3] = {0};
	struct policy *policy;
	int option, status, count;

	while ((option = getopt_long(argc, argv, "p:", options, NULL)) != -1) {
		if (option == '?')
			tool_usage(argv[0]);
		if (option == 'p')
			asker.path = optarg;
		if (option == 'a')
			asker.now_ns = read_time(optarg);
		asker.json = asker.json || option == 'j';
		asker.outbound = asker.outbound || option == 'o';
	}
	count = argc - optind;
	if (asker.path == NULL || count < 1 || count > 3 ||
	    (count == 1) != (strcmp(argv[optind], "-") == 0))
		tool_usage(argv[0]);
	for (int i = 0; i < count; i++)
		words[i] = argv[optind + i];
	if (count > 1 && !read_question(&asker, words, &question, error))
		errx(TOOL_USAGE, "%s", error);
	asker.policy = policy = tool_load(tool, asker.path);
	status = count == 1 ? answer_lines(&asker) : answer(&asker, &question);
	policy_free(policy);
	return status;
}
