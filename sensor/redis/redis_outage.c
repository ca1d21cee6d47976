/* SPDX-License-Identifier: ISC */
/* See redis_outage.h. */
#include "sensor/redis/redis_outage.h"

#include <ctype.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/base/log.h"
#include "sensor/base/printable.h"

void redis_outage_init(struct redis_outage *outage, const char *server, uint32_t first_ms,
		       uint32_t longest_ms)
{
	*outage = (struct redis_outage){
		.server = server,
		.first_ms = first_ms,
		.longest_ms = longest_ms,
		.next_ms = first_ms,
	};
}

/* But for numbers: another port or event is not another cause. */
static uint64_t cause_of(const char *text)
{
	char words[256];
	size_t length = 0;

	for (size_t i = 0; text[i] != '\0' && length < sizeof words; i++) {
		if (!isdigit((unsigned char)text[i]))
			words[length++] = text[i];
	}
	return hash_bytes(words, length, 1);
}

static bool is_news(struct redis_outage *outage, uint64_t cause)
{
	for (unsigned i = 0; i < outage->told; i++) {
		if (outage->causes[i] == cause)
			return false;
	}
	if (outage->told == REDIS_CAUSES)
		return false;
	outage->causes[outage->told++] = cause;
	return true;
}

void redis_outage_begin(struct redis_outage *outage, const char *what)
{
	char safe[256]; /* it may be the server's own words */

	outage->errors++;
	printable_copy(safe, sizeof safe, what);
	if (is_news(outage, cause_of(safe)))
		log_warnx("%s: %s; events wait", outage->server, safe);
}

void redis_outage_end(struct redis_outage *outage)
{
	outage->next_ms = outage->first_ms;
	if (outage->told != 0)
		log_warnx("%s: takes events again", outage->server);
	outage->told = 0;
}

uint32_t redis_outage_pause_ms(struct redis_outage *outage)
{
	uint32_t pause = outage->next_ms;

	outage->next_ms = pause < outage->longest_ms / 2 ? pause * 2 : outage->longest_ms;
	return pause + (uint32_t)(clock_monotonic_ns() % NS_PER_S / NS_PER_US) % (pause / 4 + 1);
}
