/* SPDX-License-Identifier: ISC */
/*
 * Slack, Mattermost, Teams.
 *
 * Slack: https://docs.slack.dev/reference/block-kit: objects of type plain_text know no markup; in
 * `text`, shown where blocks cannot be, "&", "<" and ">" are written as entities
 * (https://docs.slack.dev/messaging/formatting-message-text).
 * Mattermost: Markdown; between backticks it has no meaning, and nobody is mentioned
 * (https://docs.mattermost.com/collaborate/format-messages.html).
 * Teams: an Adaptive Card for a workflow (https://learn.microsoft.com/en-us/power-automate/teams/
 * send-a-message-in-teams); a TextRun knows no Markdown
 * (https://adaptivecards.io/explorer/TextRun.html).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/notify/shapes.h"

#define CHAT_TEXT    2900 /* Slack's block takes 3000 characters */
#define SLACK_HEADER 150

static void append(char *to, size_t size, const char *line)
{
	size_t used = strlen(to);

	if (used + strlen(line) + 2 < size)
		snprintf(to + used, size - used, "%s%s", used != 0 ? "\n" : "", line);
}

/* The facts, one on a line. Links and all that may be markup are dealt with by the caller. */
static void facts_text(const struct telling *telling, char *to, size_t size)
{
	char line[700], safe[800];

	to[0] = '\0';
	for (uint32_t i = 0; i < telling->fact_count; i++) {
		snprintf(line, sizeof line, "%s: %s", telling->facts[i].name,
			 telling->facts[i].value);
		append(to, size, shape_plain(safe, sizeof safe, line));
	}
}

static void lines_text(const struct telling *telling, char *to, size_t size)
{
	char line[64], safe[400];

	to[0] = '\0';
	for (uint32_t i = 0; i < telling->line_count; i++)
		append(to, size, shape_plain(safe, sizeof safe, telling->lines[i]));
	if (telling->lines_left == 0)
		return;
	snprintf(line, sizeof line, "and %" PRIu64 " more", telling->lines_left);
	append(to, size, line);
}

/* Slack's entities. */
static void entities(char *to, size_t size, const char *from)
{
	size_t used = 0;

	for (; *from != '\0' && used + 6 < size; from++)
		used += (size_t)snprintf(to + used, size - used,
					 *from == '&'	? "&amp;"
					 : *from == '<' ? "&lt;"
					 : *from == '>' ? "&gt;"
							: "%c",
					 *from);
	to[used] = '\0';
}

static void slack_block(struct body *body, const char *type, const char *text)
{
	if (text[0] == '\0')
		return;
	body_object(body, NULL);
	body_text(body, "type", type);
	body_object(body, "text");
	body_text(body, "type", "plain_text");
	body_text(body, "text", text);
	body_flag(body, "emoji", false);
	body_end(body);
	body_end(body);
}

static void slack_link(struct body *body, const char *link)
{
	if (link[0] == '\0')
		return;
	body_object(body, NULL);
	body_text(body, "type", "actions");
	body_list(body, "elements");
	body_object(body, NULL);
	body_text(body, "type", "button");
	body_object(body, "text");
	body_text(body, "type", "plain_text");
	body_text(body, "text", "Open the dashboard");
	body_end(body);
	body_text(body, "url", link);
	body_end(body);
	body_end(body);
	body_end(body);
}

void shape_slack(const struct telling *telling, struct body *body)
{
	char text[CHAT_TEXT], safe[700], header[SLACK_HEADER];

	body_object(body, NULL);
	if (telling->channel->token_file != NULL) {
		body_text(body, "channel", telling->channel->room);
		body_if(body, "thread_ts", telling->ref);
		body_flag(body, "mrkdwn", false);
		body_text(body, "parse", "none");
	}
	body_flag(body, "unfurl_links", false);
	body_flag(body, "unfurl_media", false);
	shape_plain(safe, sizeof safe, telling->title);
	entities(text, sizeof text, safe);
	body_text(body, "text", text);
	body_list(body, "blocks");
	shape_plain(header, sizeof header, telling->title);
	slack_block(body, "header", header);
	slack_block(body, "section", shape_plain(safe, sizeof safe, telling->sentence));
	facts_text(telling, text, sizeof text);
	slack_block(body, "section", text);
	lines_text(telling, text, sizeof text);
	slack_block(body, "section", text);
	slack_link(body, telling->link);
	body_end(body);
	body_end(body);
}

/* Each line between backticks. */
static void code(char *to, size_t size, const char *text)
{
	size_t used = 0;

	to[0] = '\0';
	while (*text != '\0' && used + 4 < size) {
		to[used++] = '`';
		for (; *text != '\0' && *text != '\n' && used + 3 < size; text++)
			to[used++] = *text == '`' ? '\'' : *text;
		to[used++] = '`';
		if (*text == '\n') {
			to[used++] = '\n';
			text++;
		} else {
			break;
		}
	}
	to[used] = '\0';
}

static void mattermost_part(char *all, size_t size, const char *text)
{
	char marked[2 * CHAT_TEXT];

	code(marked, sizeof marked, text);
	append(all, size, marked);
}

void shape_mattermost(const struct telling *telling, struct body *body)
{
	bool api = telling->channel->token_file != NULL;
	char all[4 * CHAT_TEXT] = "", text[CHAT_TEXT], safe[700];

	mattermost_part(all, sizeof all, shape_plain(safe, sizeof safe, telling->title));
	mattermost_part(all, sizeof all, shape_plain(safe, sizeof safe, telling->sentence));
	facts_text(telling, text, sizeof text);
	mattermost_part(all, sizeof all, text);
	lines_text(telling, text, sizeof text);
	mattermost_part(all, sizeof all, text);
	append(all, sizeof all, telling->link); /* the operator's own */
	body_object(body, NULL);
	if (api) {
		body_text(body, "channel_id", telling->channel->room);
		body_if(body, "root_id", telling->ref);
	}
	body_text(body, api ? "message" : "text", all);
	body_end(body);
}

static void teams_text(struct body *body, const char *text, bool title, const char *color)
{
	if (text[0] == '\0')
		return;
	body_object(body, NULL);
	body_text(body, "type", "RichTextBlock");
	body_list(body, "inlines");
	body_object(body, NULL);
	body_text(body, "type", "TextRun");
	body_text(body, "text", text);
	if (title) {
		body_text(body, "weight", "Bolder");
		body_text(body, "size", "Large");
		body_text(body, "color", color);
	}
	body_end(body);
	body_end(body);
	body_end(body);
}

/* Line by line: a TextRun does not promise to break them. */
static void teams_lines(struct body *body, char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		teams_text(body, line, false, "");
}

static void teams_card(const struct telling *telling, struct body *body)
{
	static const char *const colors[] = {"Default", "Default", "Warning", "Attention",
					     "Attention"};
	char text[CHAT_TEXT], safe[700];

	body_text(body, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
	body_text(body, "type", "AdaptiveCard");
	body_text(body, "version", "1.4");
	body_list(body, "body");
	teams_text(body, shape_plain(safe, sizeof safe, telling->title), true,
		   telling->over ? "Good" : colors[telling->severity]);
	teams_text(body, shape_plain(safe, sizeof safe, telling->sentence), false, "");
	facts_text(telling, text, sizeof text);
	teams_lines(body, text);
	lines_text(telling, text, sizeof text);
	teams_lines(body, text);
	body_end(body);
	if (telling->link[0] == '\0')
		return;
	body_list(body, "actions");
	body_object(body, NULL);
	body_text(body, "type", "Action.OpenUrl");
	body_text(body, "title", "Open the dashboard");
	body_text(body, "url", telling->link);
	body_end(body);
	body_end(body);
}

void shape_teams(const struct telling *telling, struct body *body)
{
	body_object(body, NULL);
	body_text(body, "type", "message");
	body_list(body, "attachments");
	body_object(body, NULL);
	body_text(body, "contentType", "application/vnd.microsoft.card.adaptive");
	body_null(body, "contentUrl");
	body_object(body, "content");
	teams_card(telling, body);
	body_end(body);
	body_end(body);
	body_end(body);
	body_end(body);
}
