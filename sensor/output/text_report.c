/* SPDX-License-Identifier: ISC */
/* See text_report.h. Order: what must be acted on first. */
#include "sensor/output/text_report.h"

#include <inttypes.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/printable.h"
#include "sensor/output/text_exposure.h"
#include "sensor/output/text_words.h"

#define KEEP(name, member, ...)                                                                    \
	printable_copy(incident->member, sizeof incident->member,                                  \
		       view->member != NULL ? view->member : "");                                  \
	incident->view.member = incident->member;

#define DETAILED 50 /* exposures; the rest has one line each */

static struct report_incident *find(struct text_report *report, const char *id)
{
	for (size_t i = 0; i < report->incident_count; i++)
		if (strcmp(report->incidents[i].view.id, id) == 0)
			return &report->incidents[i];
	if (report->incident_count == REPORT_INCIDENTS)
		return NULL;
	return &report->incidents[report->incident_count++];
}

static void note_blindness(struct text_report *report, const struct blindness_view *view)
{
	struct report_blindness *blindness = &report->blindness[view->cause];

	printable_copy(blindness->interface, sizeof blindness->interface, view->interface);
	blindness->holds = view->until_ns == 0;
	blindness->since_ns = view->since_ns;
	if (blindness->holds)
		blindness->times++;
	else if (view->until_ns > view->since_ns)
		blindness->total_ns += view->until_ns - view->since_ns;
}

bool text_report_note(struct text_report *report, const struct event *event)
{
	const struct incident_view *view = &event->incident;
	struct report_incident *incident;
	bool grew;

	report->events++;
	report->alerts += event->alert;
	if (event->has_blindness)
		note_blindness(report, &event->blindness);
	if (!event->has_incident)
		return false;
	incident = find(report, view->id);
	if (incident == NULL) {
		report->incidents_forgotten++;
		return false;
	}
	grew = view->unannounced_count > incident->view.unannounced_count;
	incident->view = *view;
	POLICY_FIELDS(KEEP)
	return grew;
}

static void print_severity(const struct text_report *report, uint8_t severity)
{
	fprintf(report->out, "  %s%-8s%s  ", text_paint(severity, report->terminal),
		text_severity(severity), text_paint_end(report->terminal));
}

/* "and 65,120 more that accept connections, ports 22 80 443" */
static void print_crowd(FILE *out, const struct incident_view *incident)
{
	if (incident->unannounced_count == 0)
		return;
	fprintf(out, "             and %s%" PRIu32 " more that merely accept%s connections, port%s",
		incident->untracked_count != 0 ? "about " : "", incident->unannounced_count,
		incident->unannounced_count == 1 ? "s" : "",
		incident->port_count == 1 && !incident->many_ports ? "" : "s");
	for (size_t i = 0; i < incident->port_count; i++)
		fprintf(out, " %u", incident->ports[i]);
	fprintf(out, "%s\n", incident->many_ports ? " and others" : "");
	if (incident->untracked_count != 0)
		fprintf(out,
			"             (about %" PRIu32 " of them were too many to be followed)\n",
			incident->untracked_count);
}

static void print_members(const struct text_report *report, const struct incident_view *incident)
{
	char place[TEXT_PLACE];
	uint32_t announced;

	for (size_t i = 0; i < incident->listed && i < INCIDENT_MEMBERS; i++) {
		const struct incident_member *member = &incident->members[i];

		fprintf(report->out, "             %-28s %-16s %-9s %s\n",
			text_place(&member->server, place),
			event_service_name(report->context, member->service),
			level_name(member->level), exposure_state_name(member->state));
	}
	announced = incident->member_count - incident->unannounced_count;
	if (announced > incident->listed)
		fprintf(report->out, "             and %" PRIu32 " more\n",
			announced - incident->listed);
	print_crowd(report->out, incident);
}

static void print_incident(const struct text_report *report, const struct incident_view *incident)
{
	char after[TEXT_TIME], before[TEXT_TIME];

	print_severity(report, incident->severity);
	if (incident->group[0] != '\0')
		fprintf(report->out, "group %s", incident->group);
	else if (incident->unlisted)
		fputs("what no rule speaks of", report->out);
	else
		fprintf(report->out, "rule %s", incident->rule);
	fprintf(report->out, "%s%s%s: %" PRIu32 " reached, %" PRIu32 " open",
		incident->security_group[0] != '\0' ? ", " : "", incident->security_group,
		incident->closed ? " (closed)" : "", incident->member_count, incident->open_count);
	if (incident->one_change && incident->changed_after_ns != 0)
		fprintf(report->out, "; one change, %s to %s",
			text_time(incident->changed_after_ns, after),
			text_time(incident->changed_before_ns, before));
	fprintf(report->out, "; id %s\n", incident->id);
	print_members(report, incident);
}

static void print_notes(const struct text_report *report)
{
	for (size_t i = 0; i < report->note_count; i++)
		fprintf(report->out, "%s%s\n", i == 0 ? "\n" : "", report->notes[i]);
}

static void print_incidents(const struct text_report *report)
{
	if (report->incident_count == 0)
		return;
	fputs("\nIncidents\n", report->out);
	for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--)
		for (size_t i = 0; i < report->incident_count; i++)
			if (report->incidents[i].view.severity == severity)
				print_incident(report, &report->incidents[i].view);
	if (report->incidents_forgotten != 0)
		fprintf(report->out, "  (%zu more event%s of incidents beyond the first %d)\n",
			report->incidents_forgotten, text_plural(report->incidents_forgotten),
			REPORT_INCIDENTS);
}

struct tally {
	const struct text_report *report;
	uint64_t exposures, open, merged, unlisted, printed;
};

static void print_product(FILE *out, const struct facts *facts)
{
	if (facts->product[0] != '\0' || facts->version[0] != '\0')
		fprintf(out, "%s%s%s, ", facts->product,
			facts->product[0] != '\0' && facts->version[0] != '\0' ? " " : "",
			facts->version);
}

static void print_exposure(void *context, const struct exposure_view *view)
{
	struct tally *tally = context;
	FILE *out = tally->report->out;
	const char *service = event_service_name(tally->report->context, view->service);
	char place[TEXT_PLACE];

	tally->exposures++;
	tally->open += exposure_is_open(view->state);
	tally->unlisted += view->unlisted;
	tally->merged += view->state == EXPOSURE_MERGED;
	if (view->quiet || view->state == EXPOSURE_MERGED)
		return;
	if (tally->printed++ == 0)
		fputs("\nExposures\n", out);
	print_severity(tally->report, view->severity);
	fprintf(out, "%s, %s: ", text_place(&view->server, place),
		service[0] != '\0' ? service : "unknown service");
	print_product(out, &view->facts);
	fprintf(out, "%s, %s\n", level_name(view->level), exposure_state_name(view->state));
	if (tally->printed <= DETAILED)
		text_exposure_details(out, view);
}

struct walls {
	const struct text_report *report;
	const struct policy *policy;
	uint64_t probes, silent;
	bool titled;
};

static void print_wall(void *context, const struct coverage *coverage)
{
	struct walls *walls = context;
	FILE *out = walls->report->out;
	char name[POLICY_NAME_MAX], time[TEXT_TIME];

	if (!coverage->is_rule)
		return;
	walls->probes += coverage->probes;
	if (coverage->probes == 0 && coverage->answers == 0) {
		walls->silent++;
		return;
	}
	if (!walls->titled)
		fputs("\nWalls\n", out);
	walls->titled = true;
	printable_copy(name, sizeof name, policy_rule(walls->policy, coverage->index).name);
	fprintf(out, "  %-28s %" PRIu64 " probe%s stopped, last %s; %" PRIu64 " answered\n", name,
		coverage->probes, text_plural(coverage->probes),
		text_time(coverage->last_probe_ns, time), coverage->answers);
}

static void print_blindness(const struct text_report *report)
{
	bool titled = false;
	char time[TEXT_TIME];

	for (int i = 0; i < BLIND_CAUSES; i++) {
		const struct report_blindness *blindness = &report->blindness[i];

		if (blindness->times == 0)
			continue;
		if (!titled)
			fputs("\nBlind spots: the absence of alarms means nothing there\n",
			      report->out);
		titled = true;
		fprintf(report->out, "  %-18s %s, %" PRIu64 " time%s, %" PRIu64 " s",
			blind_cause_name((enum blind_cause)i), blindness->interface,
			blindness->times, text_plural(blindness->times),
			blindness->total_ns / NS_PER_S);
		if (blindness->holds)
			fprintf(report->out, "; from %s to the end",
				text_time(blindness->since_ns, time));
		fputc('\n', report->out);
	}
}

void text_report_print(const struct text_report *report, const struct engine *engine,
		       const struct policy *policy, const struct text_unseen *unseen)
{
	struct tally tally = {.report = report};
	struct walls walls = {.report = report, .policy = policy};
	char merged[32] = "";

	if (unseen->all[0] != '\0')
		fprintf(report->out, "\nNo all-clear: %s\n", unseen->all);
	if (unseen->some[0] != '\0')
		fprintf(report->out, "\nNot read: %s\n", unseen->some);
	print_notes(report);
	print_incidents(report);
	engine_each_exposure(engine, true, print_exposure, &tally);
	if (tally.merged != 0) {
		snprintf(merged, sizeof merged, "%" PRIu64 " merged, ", tally.merged);
		fprintf(report->out,
			"  and %" PRIu64 " port%s that %s part of \"many ports\" above\n",
			tally.merged, text_plural(tally.merged), tally.merged == 1 ? "is" : "are");
	}
	engine_coverage(engine, print_wall, &walls);
	print_blindness(report);
	fprintf(report->out,
		"\n%" PRIu64 " exposure%s (%" PRIu64 " open, %s%" PRIu64 " without a rule), %zu "
		"incident%s, %" PRIu64 " probe%s stopped; %" PRIu64 " rule%s never tested; %" PRIu64
		" event%s, %" PRIu64 " alert%s\n",
		tally.exposures, text_plural(tally.exposures), tally.open, merged, tally.unlisted,
		report->incident_count, text_plural(report->incident_count), walls.probes,
		text_plural(walls.probes), walls.silent, text_plural(walls.silent), report->events,
		text_plural(report->events), report->alerts, text_plural(report->alerts));
}
