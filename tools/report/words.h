/* SPDX-License-Identifier: ISC */
/* What is said of a finding, in words that no format changes. */
#ifndef TOOLS_REPORT_WORDS_H
#define TOOLS_REPORT_WORDS_H

#include "tools/report/report.h"

#define WORDS_TEXT 1024

const char *words_severity(const struct finding *finding);
/* "redis 7.0.15", "Elasticsearch 7.17.9", "an unknown service". */
const char *words_service(const struct finding *exposure, char text[WORDS_TEXT]);
/* "10.20.0.12:6379", "all ports of 10.20.0.12". */
const char *words_place(const struct finding *exposure, char text[WORDS_TEXT]);
/* "2026-11-21 09:07:12Z"; "unknown" for NULL. */
const char *words_time(const char *time, char text[WORDS_TEXT]);
/* Seconds since 1970, with fractions; a negative number: it is no time. */
double words_seconds(const char *time);
/* "24 min", "3 h 20 min". */
const char *words_duration(double seconds, char text[WORDS_TEXT]);
/* "Did they get anything?" — begins with YES, NO or UNKNOWN. */
const char *words_verdict(const struct finding *exposure, char text[WORDS_TEXT]);
/* What to do now. */
const char *words_action(const struct finding *exposure, char text[WORDS_TEXT]);
/* A command that shows, from outside, whether it is closed. */
const char *words_check(const struct finding *exposure, char text[WORDS_TEXT]);
/* What proves that it is closed; "" while it is open. */
const char *words_proof(const struct finding *exposure, char text[WORDS_TEXT]);
/* "between … and …", as far as it is known when the filter changed. */
const char *words_change(const struct finding *finding, char text[WORDS_TEXT]);
/* The report in one sentence. */
const char *words_summary(const struct report *report, char text[WORDS_TEXT]);

/* A text below "spanwatch.exposure." or "spanwatch.incident." of the event; "" if there is none. */
const char *words_of(const struct finding *finding, const char *key);

#endif
