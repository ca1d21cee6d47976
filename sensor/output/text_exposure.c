/* SPDX-License-Identifier: ISC */
/* See text_exposure.h. Texts of the policy pass printable_copy(); those of packets already did. */
#include "sensor/output/text_exposure.h"

#include <inttypes.h>
#include <string.h>

#include "sensor/output/text_words.h"

static bool has(const char *text)
{
	return text != NULL && text[0] != '\0';
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
	if (exposure->users_tried > 1)
		fprintf(out, " for %" PRIu32 " users", exposure->users_tried);
	if (exposure->objects_read != 0)
		fprintf(out, ", %" PRIu32 " object%s read", exposure->objects_read,
			text_plural(exposure->objects_read));
	if (exposure->messages != 0)
		fprintf(out, ", %" PRIu64 " message%s taken in", exposure->messages,
			text_plural(exposure->messages));
	if (exposure->facts.command_count != 0)
		fprintf(out, "; commands:");
	for (size_t i = 0; i < exposure->facts.command_count && i < FACTS_COMMANDS; i++)
		fprintf(out, "%s %s", i != 0 ? "," : "", exposure->facts.commands[i].text);
	fputc('\n', out);
}

/* Nothing of it was seen: somebody sent packets in which it says so. */
static void print_claim(FILE *out, const struct exposure_view *exposure)
{
	const struct tunnel *layer = tunnel_path_claimed(&exposure->tunnels);
	char address[ADDRESS_TEXT_MAX];

	if (exposure->claims == 0)
		return;
	fprintf(out, "      claim  only inside a %stunnel", tunnel_words(layer));
	if (layer)
		fprintf(out, " from %s", address_format(&layer->source, address));
	fputs(", which the policy does not list", out);
	if (exposure->claims > 1)
		fprintf(out, "; %s%" PRIu32 " other endpoint%s likewise",
			exposure->claims > SKETCH_EXACT ? "about " : "", exposure->claims - 1,
			text_plural(exposure->claims - 1));
	fputc('\n', out);
}

static void print_since(FILE *out, const struct exposure_view *exposure)
{
	char time[TEXT_TIME];

	fprintf(out, "      open   since %s", text_time(exposure->first_answer_ns, time));
	if (exposure->changed_after_ns != 0)
		fprintf(out, " (still %s at %s)", level_name(exposure->wall_was),
			text_time(exposure->changed_after_ns, time));
	if (exposure->state == EXPOSURE_CLOSED && exposure->closed_ns != 0)
		fprintf(out, ", until %s at the latest", text_time(exposure->closed_ns, time));
	if (exposure->reopened != 0)
		fprintf(out, "; reopened %" PRIu32 " time%s", exposure->reopened,
			text_plural(exposure->reopened));
	fputc('\n', out);
}

/* What somebody did so that others do not see what the server saw. */
static void print_evasion(FILE *out, const struct exposure_view *exposure)
{
	char time[TEXT_TIME];

	if (exposure->contradicted_ns != 0)
		fprintf(out,
			"      hidden two versions of the same bytes were sent, last at %s: both "
			"are judged\n",
			text_time(exposure->contradicted_ns, time));
	if (exposure->urgent_ns != 0)
		fprintf(out, "      hidden urgent data was sent, last at %s\n",
			text_time(exposure->urgent_ns, time));
	if (exposure->limited_ns != 0)
		fprintf(out, "      limited not all was read, last at %s\n",
			text_time(exposure->limited_ns, time));
	if (exposure->lying_length_ns != 0)
		fprintf(out, "      lying  a frame's stated size cannot be true, last at %s\n",
			text_time(exposure->lying_length_ns, time));
}

static void print_known(FILE *out, const struct exposure_view *exposure)
{
	if (has(exposure->known))
		fprintf(out, "      known  %s\n", exposure->known);
}

struct policy_texts {
	POLICY_FIELDS(FIELD_VIEW)
};

#define COPY(name, member, ...) .member = view->member,
#define MORE(name, member, ...)                                                                    \
	if (!has_own_place(#name) && has(texts->member))                                           \
		fprintf(out, ", %s %s", #name, text_safe(texts->member).text);

/* They are told first, and in other words. */
static bool has_own_place(const char *name)
{
	return strcmp(name, "rule") == 0 || strcmp(name, "group") == 0 ||
	       strcmp(name, "security_group") == 0;
}

static void print_policy(FILE *out, const struct policy_texts *texts)
{
	if (!has(texts->rule) && !has(texts->group))
		return;
	fputs("      rule  ", out);
	if (has(texts->rule))
		fprintf(out, " %s", text_safe(texts->rule).text);
	if (has(texts->group))
		fprintf(out, ", group %s", text_safe(texts->group).text);
	if (has(texts->security_group))
		fprintf(out, ", %s", text_safe(texts->security_group).text);
	POLICY_FIELDS(MORE)
	fputc('\n', out);
}

void text_exposure_rule(FILE *out, const struct exposure_view *view)
{
	print_policy(out, &(struct policy_texts){POLICY_FIELDS(COPY)});
}

void text_incident_rule(FILE *out, const struct incident_view *view)
{
	print_policy(out, &(struct policy_texts){POLICY_FIELDS(COPY)});
}

/* To the end of the line. Where no rule speaks, that somebody was let in may be meant to be. */
static void advise_by_level(FILE *out, const struct exposure_view *exposure)
{
	static const char *const advice[] = {
		[LEVEL_ACCESSED] = "somebody was let in: treat its data as read",
		[LEVEL_DATA_OUT] = "data has left: find out what, and who has to be told",
		[LEVEL_EXECUTED] =
			"code was run or files were reached: treat the host as taken over",
		[LEVEL_DESTROYED] = "data was destroyed: isolate the host, keep its disk, restore",
	};
	unsigned least = exposure->unlisted ? LEVEL_EXECUTED : LEVEL_ACCESSED;

	if (exposure->level >= least)
		fprintf(out, "; %s", advice[exposure->level]);
	fputc('\n', out);
}

void text_exposure_advice(FILE *out, const struct exposure_view *exposure)
{
	const char *from = has(exposure->client_zone) ? exposure->client_zone : "there";
	struct text_safe where = text_safe(exposure->security_group);

	if (!exposure_is_open(exposure->state))
		return;
	if (exposure->claims != 0) {
		fputs("      do     a mirror of ours: list its ends under tunnels in the policy;"
		      " else drop it at the border\n",
		      out);
		return;
	}
	if (exposure->unlisted) {
		fputs("      do     no rule speaks of it: write one, or allow it", out);
		advise_by_level(out, exposure);
		return;
	}
	fputs(exposure->server.outgoing ? "      do     stop it" : "      do     close it", out);
	if (exposure->server.port != 0)
		fprintf(out, ": %u/%s", exposure->server.port,
			transport_name(exposure->server.transport));
	fprintf(out, " %s %s in %s", exposure->server.outgoing ? "to" : "from",
		text_safe(from).text, has(where.text) ? where.text : "the filter before it");
	advise_by_level(out, exposure);
}

/* Where it began in what was captured. */
static void print_input(FILE *out, const struct exposure_view *exposure)
{
	const struct ingress *ingress = &exposure->ingress;
	const char *name = has(ingress->name) ? ingress->name : ingress->alias;

	if (!has(exposure->input_file) && !has(name))
		return;
	fputs("      input  ", out);
	if (has(exposure->input_file))
		fprintf(out, "%s, packet %" PRIu64, text_safe(exposure->input_file).text,
			exposure->input_packet);
	if (has(name))
		fprintf(out, "%sinterface %s", has(exposure->input_file) ? ", " : "",
			text_safe(name).text);
	fputc('\n', out);
}

void text_exposure_details(FILE *out, const struct exposure_view *exposure)
{
	fprintf(out, "      id     %s\n", exposure->id);
	print_claim(out, exposure);
	print_since(out, exposure);
	print_seen(out, exposure);
	print_traffic(out, exposure);
	print_known(out, exposure);
	print_evasion(out, exposure);
	print_input(out, exposure);
	text_exposure_rule(out, exposure);
	text_exposure_advice(out, exposure);
}
