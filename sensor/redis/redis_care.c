/* SPDX-License-Identifier: ISC */
/* See redis_care.h. */
#include "sensor/redis/redis_care.h"

#include <stdio.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/base/printable.h"

#define RETELL_MS 60000 /* a server that loses without end does not get everything without end */

void redis_care_policy(struct redis_care *care, const struct redis_answer *answer)
{
	static const char name[] = "\nmaxmemory_policy:";
	const char *at = answer->type == REDIS_TEXT ? strstr(answer->text, name) : NULL;
	char policy[sizeof care->evicts] = "", before[sizeof care->evicts];

	if (at == NULL)
		return;
	at += sizeof name - 1;
	snprintf(policy, sizeof policy, "%.*s", (int)strspn(at, "abcdefghijklmnopqrstuvwxyz-"), at);
	if (strcmp(policy, "noeviction") == 0)
		policy[0] = '\0';
	memcpy(before, care->evicts, sizeof before);
	memcpy(care->evicts, policy, sizeof policy);
	if (care->evicts[0] != '\0' && strcmp(before, care->evicts) != 0)
		log_warnx("%s: throws keys away when it is full (maxmemory-policy %s): exposures "
			  "can vanish from it; set it to noeviction",
			  care->server, care->evicts);
}

/* Until something else is to be said, or nothing more. */
static void tell(struct redis_care *care, const char *words)
{
	char safe[sizeof care->told];

	printable_copy(safe, sizeof safe, words);
	if (strcmp(safe, care->told) != 0)
		log_warnx("%s: %s", care->server, safe);
	memcpy(care->told, safe, sizeof safe);
}

void redis_care_mended(struct redis_care *care, int64_t mended, const char *words)
{
	if (mended <= 0)
		return;
	care->mended += (uint64_t)mended;
	tell(care, words);
}

static void note_twin(struct redis_care *care, bool twin)
{
	care->twins += twin;
	if (twin && !care->twin)
		log_warnx("%s: another sensor has the name of this one; it was started earlier and "
			  "is "
			  "refused",
			  care->server);
	care->twin = twin;
}

void redis_care_state(struct redis_care *care, int64_t lost, int64_t mended, bool twin,
		      const char *words)
{
	uint64_t now_ms = clock_monotonic_ms();

	note_twin(care, twin);
	redis_care_mended(care, mended, words);
	if (lost > 0) {
		tell(care, words);
		if (care->retold_ms == 0 || now_ms - care->retold_ms > RETELL_MS) {
			care->losses++;
			care->retold_ms = now_ms;
		}
	} else if (mended <= 0) {
		if (words[0] != '\0')
			tell(care, words);
		else
			care->told[0] = '\0';
	}
}
