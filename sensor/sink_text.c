/* SPDX-License-Identifier: ISC */
/* See sink_text.h. Texts of the policy pass printable_copy(); those of packets already did. */
#include "sensor/sink_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/printable.h"
#include "sensor/text_report.h"
#include "sensor/text_words.h"

struct sink_text {
	struct text_report report;
};

#define SAFE_MAX 280

struct safe {
	char text[SAFE_MAX];
};

static struct safe safe(const char *text)
{
	struct safe copy = {""};

	printable_copy(copy.text, sizeof copy.text, text);
	return copy;
}

static bool has(const char *text)
{
	return text != NULL && text[0] != '\0';
}

struct sink_text *sink_text_new(FILE *out, bool terminal, const struct event_context *context)
{
	struct sink_text *sink = calloc(1, sizeof *sink);

	if (sink == NULL)
		return NULL;
	sink->report.out = out;
	sink->report.terminal = terminal;
	sink->report.context = context;
	return sink;
}

void sink_text_free(struct sink_text *sink)
{
	free(sink);
}

/* "2015-02-03 04:05:06.123  CRITICAL  opened       " */
static void headline(const struct text_report *report, const struct event *event)
{
	const char *action = strchr(event_kind_name(event->kind), '.') + 1;
	char time[TEXT_TIME];

	fprintf(report->out, "%s  %s%-8s%s  %-10s ", text_time(event->ts_ns, time),
		text_paint(event->severity, report->terminal), text_severity(event->severity),
		text_paint_end(report->terminal), action);
}

/* "redis on 10.20.0.5:6379/tcp lets in 203.0.113.9 (internet)" */
static void print_what(const struct text_report *report, const struct exposure_view *exposure)
{
	static const char *const verbs[] = {
		[LEVEL_BLOCKED] = "does not answer",	[LEVEL_REFUSED] = "refuses",
		[LEVEL_REACHABLE] = "accepts",		[LEVEL_ANSWERED] = "answers",
		[LEVEL_ACCESSED] = "lets in",		[LEVEL_DATA_OUT] = "gives data to",
		[LEVEL_DESTROYED] = "was destroyed by",
	};
	const char *service = event_service_name(report->context, exposure->service);
	char place[TEXT_PLACE], client[ADDRESS_TEXT_MAX];

	fprintf(report->out, "%s on %s", service[0] != '\0' ? service : "a service",
		text_place(&exposure->server, place));
	if (exposure->state == EXPOSURE_CLOSED)
		fprintf(report->out, " is closed (%s)", close_reason_name(exposure->close_reason));
	else if (event_has_client(exposure))
		fprintf(report->out, " %s %s", verbs[exposure->level],
			address_format(&exposure->client, client));
	else
		fprintf(report->out, " is %s", level_name(exposure->level));
	if (has(exposure->client_zone))
		fprintf(report->out, " (%s)", safe(exposure->client_zone).text);
	fputc('\n', report->out);
}

static void print_auth(FILE *out, const struct facts *facts)
{
	switch (facts->auth) {
	case AUTH_NONE:
		fputs(", served without log-in", out);
		break;
	case AUTH_ANONYMOUS:
		fputs(", anonymous log-in accepted", out);
		break;
	case AUTH_SUCCEEDED:
		fputs(", log-in accepted", out);
		break;
	case AUTH_FAILED:
		fputs(", log-ins refused", out);
		break;
	case AUTH_REQUIRED:
		fputs(", asks for a log-in", out);
		break;
	default:
		break;
	}
}

static void print_seen(FILE *out, const struct exposure_view *exposure)
{
	const struct facts *facts = &exposure->facts;
	const char *by = identified_by_name(exposure->identified_by);

	fprintf(out, "      seen   %s (%s, direction by %s)", outcome_name(exposure->outcome),
		exposure->sight == SIGHT_BOTH ? "both ways" : "one way only",
		direction_name(exposure->direction));
	if (facts->product[0] != '\0' || facts->version[0] != '\0')
		fprintf(out, "; %s%s%s", facts->product, facts->product[0] != '\0' ? " " : "",
			facts->version);
	if (has(by))
		fprintf(out, "; known by %s", by);
	if (facts->encryption != ENCRYPTION_UNKNOWN && facts->encryption != ENCRYPTION_NA)
		fprintf(out, ", %s", encryption_name(facts->encryption));
	print_auth(out, facts);
	fputc('\n', out);
}

static void print_traffic(FILE *out, const struct exposure_view *exposure)
{
	char bytes[TEXT_SIZE];

	fprintf(out, "      traffic %" PRIu64 " conversation%s, %" PRIu32 " client%s, %s sent out",
		exposure->flows, text_plural(exposure->flows), exposure->clients,
		text_plural(exposure->clients), text_size(exposure->bytes_out, bytes));
	if (exposure->logins_failed + exposure->logins_succeeded != 0)
		fprintf(out, ", log-ins: %" PRIu64 " accepted, %" PRIu64 " refused",
			exposure->logins_succeeded, exposure->logins_failed);
	if (exposure->facts.command_count != 0)
		fprintf(out, "; commands:");
	for (size_t i = 0; i < exposure->facts.command_count && i < FACTS_COMMANDS; i++)
		fprintf(out, "%s %s", i != 0 ? "," : "", exposure->facts.commands[i].text);
	fputc('\n', out);
}

static void print_since(FILE *out, const struct exposure_view *exposure)
{
	char time[TEXT_TIME];

	fprintf(out, "      since  %s UTC", text_time(exposure->first_answer_ns, time));
	if (exposure->changed_after_ns != 0)
		fprintf(out, "; still %s at %s: changed in between", level_name(exposure->wall_was),
			text_time(exposure->changed_after_ns, time));
	if (exposure->reopened != 0)
		fprintf(out, "; reopened %" PRIu32 " time%s", exposure->reopened,
			text_plural(exposure->reopened));
	fputc('\n', out);
}

static void print_rule(FILE *out, const char *rule, const char *group, const char *owner,
		       const char *security_group)
{
	if (!has(rule) && !has(group))
		return;
	fputs("      rule  ", out);
	if (has(rule))
		fprintf(out, " %s", safe(rule).text);
	if (has(group))
		fprintf(out, ", group %s", safe(group).text);
	if (has(security_group))
		fprintf(out, ", %s", safe(security_group).text);
	if (has(owner))
		fprintf(out, ", owner %s", safe(owner).text);
	fputc('\n', out);
}

static void print_advice(FILE *out, const struct exposure_view *exposure)
{
	const char *from = has(exposure->client_zone) ? exposure->client_zone : "there";
	struct safe where = safe(exposure->security_group);

	if (exposure->state == EXPOSURE_CLOSED)
		return;
	if (exposure->unlisted) {
		fputs("      do     no rule speaks of it: write one, or allow it\n", out);
		return;
	}
	fputs("      do     close it", out);
	if (exposure->server.port != 0)
		fprintf(out, ": %u/%s", exposure->server.port,
			transport_name(exposure->server.transport));
	fprintf(out, " from %s in %s", safe(from).text,
		has(where.text) ? where.text : "the filter before it");
	if (exposure->level == LEVEL_DESTROYED)
		fputs("; data was destroyed: isolate the host, keep its disk, restore", out);
	else if (exposure->level >= LEVEL_DATA_OUT)
		fputs("; data has left: find out what, and who has to be told", out);
	else if (exposure->level == LEVEL_ACCESSED)
		fputs("; somebody was let in: treat its data as read", out);
	fputc('\n', out);
}

static void print_exposure(const struct text_report *report, const struct event *event)
{
	const struct exposure_view *exposure = &event->exposure;

	print_what(report, exposure);
	if (event->kind == EVENT_EXPOSURE_SUMMARY) {
		print_traffic(report->out, exposure);
		return;
	}
	if (has(event->reason))
		fprintf(report->out, "      why    %s\n", safe(event->reason).text);
	print_seen(report->out, exposure);
	print_traffic(report->out, exposure);
	print_since(report->out, exposure);
	print_rule(report->out, exposure->rule, exposure->group, exposure->owner,
		   exposure->security_group);
	print_advice(report->out, exposure);
}

static void print_incident(const struct text_report *report, const struct event *event)
{
	const struct incident_view *incident = &event->incident;
	char after[TEXT_TIME], before[TEXT_TIME];

	fprintf(report->out, "incident: %" PRIu32 " of group %s reached, %" PRIu32 " still open\n",
		incident->member_count, has(incident->group) ? safe(incident->group).text : "?",
		incident->open_count);
	if (has(event->reason))
		fprintf(report->out, "      why    %s\n", safe(event->reason).text);
	if (incident->one_change && incident->changed_before_ns != 0)
		fprintf(report->out, "      since  one change, between %s and %s UTC\n",
			incident->changed_after_ns != 0
				? text_time(incident->changed_after_ns, after)
				: "an unknown time",
			text_time(incident->changed_before_ns, before));
	print_rule(report->out, incident->rule, incident->group, incident->owner,
		   incident->security_group);
	text_report_members(report, incident);
}

bool sink_text_event(struct sink_text *sink, const struct event *event)
{
	const struct text_report *report = &sink->report;

	text_report_note(&sink->report, event);
	headline(report, event);
	if (event->has_incident && !event->has_exposure)
		print_incident(report, event);
	else if (event->has_exposure)
		print_exposure(report, event);
	else
		fprintf(report->out, "%s\n", safe(event->reason).text);
	return fflush(report->out) == 0 && !ferror(report->out);
}

bool sink_text_report(struct sink_text *sink, const struct engine *engine,
		      const struct policy *policy)
{
	text_report_print(&sink->report, engine, policy);
	return fflush(sink->report.out) == 0 && !ferror(sink->report.out);
}
