/* SPDX-License-Identifier: ISC */
/* See replay_words.h. */
#include "sensor/run/replay_words.h"

#include "sensor/base/log.h"

void replay_say_unsupported(const char *path, const char *link)
{
	log_warnx("%s: link type %s is not supported: its packets are only counted", path, link);
}

void replay_say_broken(const char *path, const char *reason, uint64_t packets)
{
	log_warnx("%s: %s; %llu packets were read before that", path, reason,
		  (unsigned long long)packets);
}

void replay_say_unread(const char *path, const char *reason)
{
	log_warnx("%s: %s; nothing was read", path, reason);
}
