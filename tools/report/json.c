/* SPDX-License-Identifier: ISC */
/* The same facts and words for programs, one object. */
#include <err.h>
#include <stdlib.h>

#include "sensor/base/json_out.h"
#include "tools/lib/status.h"
#include "tools/report/words.h"

static void put_story(struct json_out *out, const struct steps *steps)
{
	json_out_list(out, "story");
	for (size_t i = 0; i < steps->count; i++) {
		json_out_object(out, NULL);
		json_out_text(out, "time", steps->list[i].time);
		json_out_text(out, "action", steps->list[i].action);
		json_out_text(out, "reason", steps->list[i].reason);
		json_out_end(out);
	}
	json_out_end(out);
}

static void put_exposure(struct json_out *out, const struct finding *x)
{
	char text[WORDS_TEXT];

	json_out_object(out, NULL);
	json_out_text(out, "id", x->id);
	json_out_flag(out, "open", x->open);
	json_out_flag(out, "unlisted", x->unlisted);
	json_out_text(out, "severity", words_severity(x));
	json_out_text(out, "level_name", words_of(x, "level_name"));
	json_out_text(out, "service", words_service(x, text));
	json_out_text(out, "place", words_place(x, text));
	json_out_text(out, "group", words_of(x, "group"));
	json_out_text(out, "owner", words_of(x, "owner"));
	json_out_text(out, "rule", words_of(x, "rule"));
	json_out_text(out, "opened", words_of(x, "opened"));
	json_out_text(out, "closed", words_of(x, "closed"));
	json_out_text(out, "changed", words_change(x, text));
	json_out_text(out, "did_they_get_anything", words_verdict(x, text));
	json_out_text(out, "do", words_action(x, text));
	json_out_text(out, "verify", words_check(x, text));
	json_out_text(out, "proof", words_proof(x, text));
	json_out_text(out, "capture", words_of(x, "input.file"));
	json_out_number(out, "packet", strtoull(words_of(x, "input.packet"), NULL, 10));
	put_story(out, &x->story);
	json_out_end(out);
}

static void put_incident(struct json_out *out, const struct finding *x)
{
	json_out_object(out, NULL);
	json_out_text(out, "id", x->id);
	json_out_flag(out, "open", x->open);
	json_out_text(out, "severity", words_severity(x));
	json_out_text(out, "group", words_of(x, "group"));
	json_out_text(out, "owner", words_of(x, "owner"));
	json_out_text(out, "opened", words_of(x, "opened"));
	json_out_text(out, "closed", words_of(x, "closed"));
	put_story(out, &x->story);
	json_out_end(out);
}

void report_json(const struct report *report, FILE *to)
{
	struct json_out *out = json_out_new();
	char text[WORDS_TEXT];
	const char *done;
	size_t length;

	if (out == NULL)
		errx(TOOL_INPUT, "out of memory");
	json_out_text(out, "summary", words_summary(report, text));
	json_out_text(out, "from", report->first);
	json_out_text(out, "until", report->last);
	json_out_number(out, "events", report->events);
	json_out_list(out, "exposures");
	for (size_t i = 0; i < report->exposures.count; i++)
		put_exposure(out, &report->exposures.list[i]);
	json_out_end(out);
	json_out_list(out, "incidents");
	for (size_t i = 0; i < report->incidents.count; i++)
		put_incident(out, &report->incidents.list[i]);
	json_out_end(out);
	json_out_object(out, "not_seen");
	put_story(out, &report->blind);
	json_out_end(out);
	done = json_out_done(out, &length);
	if (done == NULL)
		errx(TOOL_INPUT, "out of memory");
	fwrite(done, 1, length, to);
	fputc('\n', to);
	json_out_free(out);
}
