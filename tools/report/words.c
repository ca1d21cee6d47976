/* SPDX-License-Identifier: ISC */
#include "tools/report/words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/policy.h"

enum { ANSWERED = 3, ACCESSED, DATA_OUT, EXECUTED, DESTROYED };

const char *words_of(const struct finding *finding, const char *key)
{
	const struct tree *own = tree_find(finding->event, "spanwatch.exposure");

	if (own == NULL)
		own = tree_find(finding->event, "spanwatch.incident");
	return tree_or(own, key, "");
}

static const char *event_of(const struct finding *finding, const char *path)
{
	return tree_or(finding->event, path, "");
}

const char *words_severity(const struct finding *finding)
{
	return policy_severity_name((enum policy_severity)finding->severity);
}

const char *words_service(const struct finding *exposure, char text[WORDS_TEXT])
{
	const char *name = tree_or(exposure->event, "spanwatch.product",
				   tree_or(exposure->event, "service.name",
					   tree_or(exposure->event, "network.protocol", "")));
	const char *version = event_of(exposure, "service.version");

	snprintf(text, WORDS_TEXT, "%s%s%s", *name != '\0' ? name : "an unknown service",
		 *version != '\0' ? " " : "", version);
	return text;
}

const char *words_place(const struct finding *exposure, char text[WORDS_TEXT])
{
	const char *host = event_of(exposure, "server.ip"),
		   *port = event_of(exposure, "server.port");
	bool ipv6 = strchr(host, ':') != NULL;

	if (strcmp(words_of(exposure, "all_ports"), "true") == 0 || *port == '\0')
		snprintf(text, WORDS_TEXT, "all ports of %s", host);
	else
		snprintf(text, WORDS_TEXT, ipv6 ? "[%s]:%s" : "%s:%s", host, port);
	return text;
}

const char *words_time(const char *time, char text[WORDS_TEXT])
{
	if (time == NULL || strlen(time) < 19)
		snprintf(text, WORDS_TEXT, "unknown");
	else
		snprintf(text, WORDS_TEXT, "%.10s %.8sZ", time, time + 11);
	return text;
}

double words_seconds(const char *time)
{
	struct tm tm = {0};
	const char *rest = time == NULL ? NULL : strptime(time, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest == NULL)
		return -1;
	return (double)timegm(&tm) + (*rest == '.' ? strtod(rest, NULL) : 0);
}

const char *words_duration(double seconds, char text[WORDS_TEXT])
{
	unsigned long whole = seconds < 0 ? 0 : (unsigned long)seconds;

	if (whole >= 86400)
		snprintf(text, WORDS_TEXT, "%lu day%s %lu h", whole / 86400,
			 whole / 86400 == 1 ? "" : "s", whole % 86400 / 3600);
	else if (whole >= 3600)
		snprintf(text, WORDS_TEXT, "%lu h %lu min", whole / 3600, whole % 3600 / 60);
	else if (whole >= 60)
		snprintf(text, WORDS_TEXT, "%lu min", whole / 60);
	else
		snprintf(text, WORDS_TEXT, "%lu s", whole);
	return text;
}

static void size_text(const char *bytes, char text[32])
{
	double count = strtod(bytes, NULL);

	if (count < 1000)
		snprintf(text, 32, "%.0f B", count);
	else if (count < 1e6)
		snprintf(text, 32, "%.1f kB", count / 1e3);
	else if (count < 1e9)
		snprintf(text, 32, "%.1f MB", count / 1e6);
	else
		snprintf(text, 32, "%.1f GB", count / 1e9);
}

/* The first commands with that flag, those that were accepted before those that were not. */
static void list_commands(const struct finding *exposure, const char *flag, char text[512])
{
	size_t used = 0, shown = 0;

	*text = '\0';
	for (int accepted = 1; accepted >= 0 && shown == 0; accepted--) {
		TREE_EACH(command, tree_find(exposure->event, "spanwatch.commands"))
		{
			bool taken = strcmp(tree_or(command, "accepted", ""), "true") == 0;

			if (strcmp(tree_or(command, flag, ""), "true") != 0 || taken != accepted ||
			    shown == 4 || used >= 500)
				continue;
			used += (size_t)snprintf(text + used, 512 - used, "%s%.100s",
						 shown == 0 ? "" : ", ",
						 tree_or(command, "text", "?"));
			shown++;
		}
	}
}

static const char *how(const struct finding *exposure)
{
	const char *auth = event_of(exposure, "spanwatch.auth");

	if (strcmp(auth, "none") == 0)
		return " without credentials";
	if (strcmp(auth, "anonymous") == 0)
		return " as an anonymous guest";
	return strcmp(auth, "succeeded") == 0 ? " after a log-in that succeeded" : "";
}

static bool is_encrypted(const struct finding *exposure)
{
	const char *encrypted = event_of(exposure, "spanwatch.encrypted");

	return strcmp(encrypted, "tls") == 0 || strcmp(encrypted, "starttls") == 0 ||
	       strcmp(encrypted, "native") == 0;
}

static const char *verdict_no(const struct finding *exposure, const char *out,
			      char text[WORDS_TEXT])
{
	const char *failed = words_of(exposure, "logins.failed");

	if (is_encrypted(exposure) && exposure->level >= ANSWERED)
		snprintf(text, WORDS_TEXT,
			 "UNKNOWN: it was encrypted, %s went out, nobody can see what", out);
	else if (strcmp(event_of(exposure, "spanwatch.evidence.sight"), "client") == 0)
		snprintf(text, WORDS_TEXT,
			 "UNKNOWN: only the clients' direction was mirrored, what they got was not "
			 "seen");
	else if (*failed != '\0' && strcmp(failed, "0") != 0)
		snprintf(text, WORDS_TEXT,
			 "NO: %s log-in%s failed, none is known to have succeeded", failed,
			 strcmp(failed, "1") == 0 ? "" : "s");
	else if (exposure->level >= ANSWERED)
		snprintf(text, WORDS_TEXT,
			 "NO: it answered (%s), but is not known to have let anybody in", out);
	else
		snprintf(text, WORDS_TEXT, "NO: connections were accepted, but it said nothing");
	return text;
}

const char *words_verdict(const struct finding *exposure, char text[WORDS_TEXT])
{
	char out[32], what[512];

	size_text(words_of(exposure, "bytes.out"), out);
	if (exposure->level >= DESTROYED) {
		list_commands(exposure, "destructive", what);
		snprintf(text, WORDS_TEXT, "YES: they destroyed data (%s); %s went out",
			 *what != '\0' ? what : "see the commands", out);
	} else if (exposure->level >= EXECUTED) {
		list_commands(exposure, "executes", what);
		snprintf(text, WORDS_TEXT, "YES: they ran code or reached files (%s); %s went out",
			 *what != '\0' ? what : "see the commands", out);
	} else if (exposure->level >= DATA_OUT) {
		list_commands(exposure, "listing", what);
		snprintf(text, WORDS_TEXT, "YES: data went out: %s%s%s%s, served%s", out,
			 *what != '\0' ? " (" : "", what, *what != '\0' ? ")" : "",
			 *how(exposure) != '\0' ? how(exposure) : " in the clear");
	} else if (exposure->level >= ACCESSED) {
		snprintf(text, WORDS_TEXT,
			 "YES: they were let in%s; no record is known to have left, %s went out",
			 *how(exposure) != '\0' ? how(exposure) : " without a log-in that was seen",
			 out);
	} else {
		verdict_no(exposure, out, text);
	}
	return text;
}

const char *words_action(const struct finding *exposure, char text[WORDS_TEXT])
{
	const char *group = words_of(exposure, "security_group"),
		   *port = event_of(exposure, "server.port");
	const char *owner = words_of(exposure, "owner"), *runbook = words_of(exposure, "runbook");
	char place[WORDS_TEXT];

	if (exposure->unlisted) {
		snprintf(text, WORDS_TEXT, "no rule speaks of it: write one, or allow it");
		return text;
	}
	if (!exposure->open && exposure->level < ACCESSED) {
		snprintf(text, WORDS_TEXT,
			 "find out who made the change, so that it is not made again");
		return text;
	}
	if (!exposure->open) {
		snprintf(
			text, WORDS_TEXT,
			"it is closed; what was reached is out: change credentials, check what was "
			"taken%s%s",
			exposure->level >= EXECUTED ? ", treat the server as taken over" : "",
			exposure->level >= DESTROYED ? ", restore what was destroyed" : "");
		return text;
	}
	snprintf(text, WORDS_TEXT, "close %s%s%s for %s%s%.200s; owner %.100s%s%.300s",
		 *port != '\0' ? port : "every port", *port != '\0' ? "/" : "",
		 *port != '\0' ? tree_or(exposure->event, "network.transport", "tcp") : "",
		 *words_of(exposure, "client_zone") != '\0' ? words_of(exposure, "client_zone")
							    : "everybody outside",
		 *group != '\0' ? " in " : " in the filter before ",
		 *group != '\0' ? group : words_place(exposure, place),
		 *owner != '\0' ? owner : "unknown", *runbook != '\0' ? "; runbook " : "", runbook);
	return text;
}

/* People copy the command into a shell: of an address and a port there is nothing but these. */
static const char *bare(const char *from, char to[64])
{
	size_t length = 0;

	for (; *from != '\0' && length < 63; from++)
		if (strchr("0123456789abcdefABCDEF:.", *from) != NULL)
			to[length++] = *from;
	to[length] = '\0';
	return to;
}

const char *words_check(const struct finding *exposure, char text[WORDS_TEXT])
{
	const char *transport = tree_or(exposure->event, "network.transport", "tcp");
	char host[64], port[64];

	bare(event_of(exposure, "server.ip"), host);
	bare(event_of(exposure, "server.port"), port);
	if (*port == '\0')
		snprintf(text, WORDS_TEXT, "nmap -Pn -p- %s", host);
	else
		snprintf(text, WORDS_TEXT, "nc -vz%s -w 3 %s %s",
			 strcmp(transport, "udp") == 0 ? "u" : "", host, port);
	return text;
}

const char *words_proof(const struct finding *exposure, char text[WORDS_TEXT])
{
	static const struct {
		const char *reason, *words;
	} reasons[] = {
		{"policy", "the policy permits it now"},
		{"collapsed", "it is part of the exposure of all ports of its host"},
		{"evicted", "none: the sensor had no room left for it"},
		{"closed-likely", "no proof: a silence that chance hardly gives"},
	};
	const char *reason = words_of(exposure, "close_reason");
	long probes = atol(words_of(exposure, "probes.unanswered")) +
		      atol(words_of(exposure, "probes.refused"));

	*text = '\0';
	if (exposure->open)
		return text;
	snprintf(text, WORDS_TEXT, "%s", reason);
	if (strcmp(reason, "probes") == 0)
		snprintf(text, WORDS_TEXT, "%ld attempt%s in vain since the last answer", probes,
			 probes == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			snprintf(text, WORDS_TEXT, "%s", reasons[i].words);
	return text;
}

const char *words_change(const struct finding *finding, char text[WORDS_TEXT])
{
	const char *after = words_of(finding, "changed_after"),
		   *before = words_of(finding, "changed_before");
	char first[WORDS_TEXT], last[WORDS_TEXT];

	if (*after != '\0' && *before != '\0')
		snprintf(text, WORDS_TEXT, "between %.24s and %.24s", words_time(after, first),
			 words_time(before, last));
	else if (*before != '\0')
		snprintf(text, WORDS_TEXT, "before %.24s: since when is not known",
			 words_time(before, last));
	else
		snprintf(text, WORDS_TEXT, "not known");
	return text;
}

static void say_worst(const struct report *report, const struct finding *worst,
		      char text[WORDS_TEXT], size_t used)
{
	static const char *const did[] = {"was tried",		 "was tried",
					  "accepts connections", "answers",
					  "lets them in",	 "has given out records",
					  "has run their code",	 "was destroyed"};
	double since = words_seconds(words_of(worst, "opened"));
	char service[WORDS_TEXT], age[WORDS_TEXT], place[WORDS_TEXT];
	int level = worst->level < 0 || worst->level > DESTROYED ? 0 : worst->level;

	snprintf(text + used, WORDS_TEXT - used, ", the worst for %s: %.100s on %.100s %s%s%.100s",
		 words_duration(words_seconds(report->last) - since, age),
		 words_service(worst, service), words_place(worst, place), did[level],
		 *words_of(worst, "owner") != '\0' ? "; owner " : "", words_of(worst, "owner"));
}

const char *words_summary(const struct report *report, char text[WORDS_TEXT])
{
	size_t open = 0, closed = 0, got = 0, used;
	const struct finding *worst = NULL;

	for (size_t i = 0; i < report->exposures.count; i++) {
		const struct finding *x = &report->exposures.list[i];

		open += !x->unlisted && x->open;
		closed += !x->unlisted && !x->open;
		got += !x->unlisted && x->level >= ACCESSED;
		if (worst == NULL && !x->unlisted && x->open)
			worst = x;
	}
	if (open + closed == 0) {
		snprintf(text, WORDS_TEXT,
			 report->events == 0
				 ? "No event was given: this says nothing about what is open"
			 : report->blind.count != 0 ? "Nothing that a rule forbids was seen, but "
						      "the sensor could not see "
						      "everything: read what, below"
						    : "Nothing that a rule forbids was seen");
		return text;
	}
	used = (size_t)snprintf(text, WORDS_TEXT, "%zu door%s open", open,
				open == 1 ? " is" : "s are");
	if (worst != NULL)
		say_worst(report, worst, text, used);
	used = strlen(text);
	if (closed != 0)
		used += (size_t)snprintf(text + used, WORDS_TEXT - used,
					 "; %zu more %s open and %s closed", closed,
					 closed == 1 ? "was" : "were", closed == 1 ? "is" : "are");
	if (used < WORDS_TEXT && got != 0)
		snprintf(text + used, WORDS_TEXT - used, "; in %zu somebody got in", got);
	return text;
}
