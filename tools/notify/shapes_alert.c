/* SPDX-License-Identifier: ISC */
/*
 * A webhook of one's own (spanwatch-notify(8), WEBHOOK), PagerDuty's Events API v2
 * (https://developer.pagerduty.com/docs/send-alert-event: summary of at most 1024 characters,
 * dedup_key of at most 255) and Alertmanager's API v2
 * (https://github.com/prometheus/alertmanager, api/v2/openapi.yaml, postableAlerts).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/timestamp.h"
#include "tools/notify/shapes.h"

#define ALERT_LASTS_NS (7 * NS_PER_DAY) /* without another word; renewed each day */

static const char *severity_of(const struct telling *telling)
{
	return policy_severity_name((enum policy_severity)telling->severity);
}

static void time_text(struct body *body, const char *key, uint64_t ns)
{
	char text[TIMESTAMP_TEXT];

	body_text(body, key, timestamp_format(ns, text));
}

static void facts_object(const struct telling *telling, struct body *body, const char *key)
{
	body_object(body, key);
	for (uint32_t i = 0; i < telling->fact_count; i++)
		body_text(body, telling->facts[i].key, telling->facts[i].value);
	body_end(body);
}

static void webhook_endpoints(const struct subject *subject, struct body *body)
{
	body_list(body, "endpoints");
	for (uint32_t i = 0; i < subject->shown; i++) {
		body_object(body, NULL);
		body_text(body, "id", subject->members[i].id);
		body_text(body, "endpoint", subject->members[i].endpoint);
		body_if(body, "service", subject->members[i].what);
		body_text(body, "level", subject->members[i].level_name);
		body_text(body, "state", subject->members[i].state);
		body_if(body, "close_reason", subject->members[i].close_reason);
		body_end(body);
	}
	body_end(body);
}

static void webhook_digest(const struct work *work, struct body *body)
{
	body_list(body, "digest");
	for (uint32_t i = 0; i < work->count; i++) {
		const struct record *record = work->records[i];

		body_object(body, NULL);
		body_text(body, "id", record->id);
		body_text(body, "state", record->now.state);
		body_number(body, "level", record->now.level);
		body_text(body, "severity",
			  policy_severity_name((enum policy_severity)record->now.severity));
		body_text(body, "line", record->line);
		body_end(body);
	}
	body_end(body);
}

void shape_webhook(const struct telling *telling, struct body *body)
{
	static const char *const kinds[] = {"opened", "updated", "closed", "note", "digest"};

	body_object(body, NULL);
	body_number(body, "version", 1);
	body_text(body, "kind", telling->test ? "test" : kinds[telling->kind]);
	body_text(body, "id", telling->id);
	body_text(body, "delivery", telling->delivery);
	body_if(body, "first_delivery", telling->ref);
	body_number(body, "number", telling->number);
	time_text(body, "at", telling->unix_ms * NS_PER_MS);
	body_text(body, "site", telling->site);
	body_text(body, "severity", severity_of(telling));
	body_text(body, "title", telling->title);
	body_text(body, "sentence", telling->sentence);
	body_if(body, "opened", telling->opened);
	body_if(body, "closed", telling->closed);
	body_if(body, "link", telling->link);
	facts_object(telling, body, "facts");
	if (telling->subject != NULL && telling->subject->shown != 0)
		webhook_endpoints(telling->subject, body);
	if (telling->digest != NULL)
		webhook_digest(telling->digest, body);
	body_end(body);
}

static const char *pagerduty_severity(uint8_t severity)
{
	static const char *const names[] = {"info", "info", "warning", "error", "critical"};

	return names[severity];
}

static void pagerduty_payload(const struct telling *telling, struct body *body)
{
	const struct subject *subject = telling->subject;
	uint64_t opened = timestamp_parse(telling->opened);

	body_text(body, "summary", telling->title);
	body_text(body, "source",
		  subject != NULL && subject->server_ip[0] != '\0' ? subject->server_ip
								   : telling->site);
	body_text(body, "severity", pagerduty_severity(telling->severity));
	time_text(body, "timestamp", opened != 0 ? opened : telling->unix_ms * NS_PER_MS);
	if (subject != NULL) {
		body_if(body, "component", subject->service);
		body_if(body, "group", subject->group);
		body_if(body, "class", subject->level_name);
	}
	body_object(body, "custom_details");
	body_if(body, "sentence", telling->sentence);
	facts_object(telling, body, "facts");
	body_list(body, "endpoints");
	for (uint32_t i = 0; i < telling->line_count; i++)
		body_text(body, NULL, telling->lines[i]);
	body_end(body);
	body_end(body);
}

void shape_pagerduty(const struct telling *telling, struct body *body)
{
	bool ends = telling->over && telling->number > 1;
	char key[256];

	shape_key(telling, key, sizeof key);
	body_object(body, NULL);
	body_text(body, "routing_key", telling->channel->secret);
	body_text(body, "event_action", ends ? "resolve" : "trigger");
	body_text(body, "dedup_key", key);
	body_text(body, "client", "spanwatch");
	body_if(body, "client_url", telling->link);
	body_object(body, "payload");
	pagerduty_payload(telling, body);
	body_end(body);
	body_end(body);
}

/* Labels are what an alert is: they do not change while it lasts, but for the severity, and then
 * the one before is ended. */
static void alert(const struct telling *telling, struct body *body, uint8_t severity, bool ends)
{
	const struct subject *subject = telling->subject;
	uint64_t now = telling->unix_ms * NS_PER_MS, opened = timestamp_parse(telling->opened);
	uint64_t closed = timestamp_parse(telling->closed);

	body_object(body, NULL);
	body_object(body, "labels");
	body_text(body, "alertname",
		  telling->test	      ? "SpanwatchTest"
		  : subject == NULL   ? "SpanwatchSensor"
		  : subject->incident ? "SpanwatchIncident"
				      : "SpanwatchExposure");
	body_text(body, "id", telling->id);
	body_text(body, "site", telling->site);
	body_text(body, "severity", policy_severity_name((enum policy_severity)severity));
	if (subject != NULL) {
		body_if(body, "group", subject->group);
		body_if(body, "owner", subject->owner);
		body_if(body, "rule", subject->rule);
	}
	body_end(body);
	body_object(body, "annotations");
	body_text(body, "summary", telling->title);
	body_if(body, "description", telling->sentence);
	body_end(body);
	if (opened != 0)
		time_text(body, "startsAt", opened);
	if (ends)
		time_text(body, "endsAt", closed > opened && telling->over ? closed : now);
	else
		time_text(body, "endsAt", now + ALERT_LASTS_NS);
	body_if(body, "generatorURL", telling->link);
	body_end(body);
}

void shape_alertmanager(const struct telling *telling, struct body *body)
{
	body_list(body, NULL);
	if (telling->severity_before != telling->severity && telling->number > 1)
		alert(telling, body, telling->severity_before, true);
	alert(telling, body, telling->severity, telling->over && telling->number > 1);
	body_end(body);
}
