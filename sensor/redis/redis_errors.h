/* SPDX-License-Identifier: ISC */
/* What an error answer of Redis means for the event it is about. */
#ifndef SENSOR_REDIS_ERRORS_H
#define SENSOR_REDIS_ERRORS_H

#include <stdbool.h>

enum redis_remedy {
	REDIS_RETRY,	 /* the same again after a pause: LOADING, OOM, BUSY, … and all unknown */
	REDIS_LOAD,	 /* the script is not there (any more) */
	REDIS_REDIRECT,	 /* the answer names the server that has the keys: MOVED, ASK */
	REDIS_WHOLE,	 /* it wants what seldom changes too */
	REDIS_COMPARE,	 /* it has another last event than we know */
	REDIS_RECONNECT, /* another server, or another log-in: READONLY, CLUSTERDOWN, NOAUTH, … */
	REDIS_HOPELESS,	 /* this event will fail for ever: WRONGTYPE, or a fault of the script */
};

enum redis_remedy redis_error_remedy(const char *text);
/* Another sensor has our name. */
bool redis_error_is_twin(const char *text);

#endif
