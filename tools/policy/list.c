/* SPDX-License-Identifier: ISC */
/* list: the words that a policy may use, and what stands in one. */
#include <string.h>

#include "tools/policy/tool.h"

static void list_services(const struct tool *tool)
{
	for (uint16_t i = 0; i < tool->vocabulary.count; i++) {
		const struct policy_service *service = &tool->vocabulary.services[i];

		printf("%-26s %-15s", service->name, service->family);
		for (const char *const *also = service->also; also != NULL && *also != NULL; also++)
			printf("%s%s", also == service->also ? " also " : ", ", *also);
		putchar('\n');
	}
}

static void list_families(const struct tool *tool)
{
	for (uint16_t i = 0; i < tool->vocabulary.family_count; i++)
		puts(tool->vocabulary.families[i]);
}

static void list_severities(void)
{
	for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
		puts(policy_severity_name((enum policy_severity)i));
}

static void list_policy(const struct policy *policy)
{
	for (uint16_t i = 0; i < policy_zone_count(policy); i++)
		printf("zone       %s\n", policy_zone(policy, i).name);
	for (uint16_t i = 0; i < policy_group_count(policy); i++) {
		struct policy_group_view group = policy_group(policy, i);

		printf("group      %-24s line %u%s%s\n", group.name, group.line,
		       *group.owner != '\0' ? ", of " : "", group.owner);
	}
	for (uint16_t i = 0; i < policy_rule_count(policy); i++) {
		struct policy_rule_view rule = policy_rule(policy, i);

		printf("rule       %-24s line %u, %s, by %s\n", rule.name, rule.line,
		       policy_severity_name(rule.severity), rule.by_service ? "service" : "group");
	}
	for (uint16_t i = 0; i < policy_exception_count(policy); i++) {
		struct policy_exception_view exception = policy_exception(policy, i);

		printf("exception  %-24s line %u, %s%s%s\n", exception.rule, exception.line,
		       exception.reason, *exception.ticket != '\0' ? ", " : "", exception.ticket);
	}
}

int tool_list(const struct tool *tool, int argc, char **argv)
{
	struct policy *policy;

	if (argc != 2)
		tool_usage(argv[0]);
	if (strcmp(argv[1], "services") == 0) {
		list_services(tool);
	} else if (strcmp(argv[1], "families") == 0) {
		list_families(tool);
	} else if (strcmp(argv[1], "severities") == 0) {
		list_severities();
	} else if (strcmp(argv[1], "schema") == 0) {
		policy_write_schema(&tool->vocabulary, stdout);
	} else {
		policy = tool_load(tool, argv[1]);
		list_policy(policy);
		policy_free(policy);
	}
	return TOOL_GOOD;
}
