/* SPDX-License-Identifier: ISC */
/* What there is to say about one exposure, in indented lines; for sink_text.c and text_report.c. */
#ifndef SENSOR_TEXT_EXPOSURE_H
#define SENSOR_TEXT_EXPOSURE_H

#include <stdio.h>

#include "sensor/event/event.h"

/* Since when, what was seen, how much, which rule, and what to do. */
void text_exposure_details(FILE *out, const struct exposure_view *exposure);

/* One line: the rule, and whom to ask. Nothing if neither rule nor group is given. */
void text_exposure_rule(FILE *out, const struct exposure_view *view);
void text_incident_rule(FILE *out, const struct incident_view *view);
/* One line: what to do about it. Nothing if it is closed. */
void text_exposure_advice(FILE *out, const struct exposure_view *exposure);

#endif
