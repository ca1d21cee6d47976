/* SPDX-License-Identifier: ISC */
/* The published names of event.h's enumerations: contracts, never translated. */
#include "sensor/event/event.h"

const char *event_kind_name(enum event_kind kind)
{
	static const char *const names[] = {
		[EVENT_EXPOSURE_OPENED] = "exposure.opened",
		[EVENT_EXPOSURE_ESCALATED] = "exposure.escalated",
		[EVENT_EXPOSURE_SUMMARY] = "exposure.summary",
		[EVENT_EXPOSURE_CLOSED] = "exposure.closed",
		[EVENT_EXPOSURE_REOPENED] = "exposure.reopened",
		[EVENT_INCIDENT_OPENED] = "incident.opened",
		[EVENT_INCIDENT_UPDATED] = "incident.updated",
		[EVENT_INCIDENT_CLOSED] = "incident.closed",
		[EVENT_SENSOR_STARTED] = "sensor.started",
		[EVENT_SENSOR_STOPPED] = "sensor.stopped",
		[EVENT_SENSOR_BLIND] = "sensor.blind",
		[EVENT_SENSOR_SIGHTED] = "sensor.sighted",
		[EVENT_POLICY_LOADED] = "policy.loaded",
		[EVENT_POLICY_REJECTED] = "policy.rejected",
		[EVENT_POLICY_EXCEPTION_EXPIRING] = "policy.exception-expiring",
		[EVENT_POLICY_EXCEPTION_EXPIRED] = "policy.exception-expired",
	};

	return names[kind];
}

const char *level_name(enum level level)
{
	static const char *const names[] = {
		[LEVEL_BLOCKED] = "blocked",	 [LEVEL_REFUSED] = "refused",
		[LEVEL_REACHABLE] = "reachable", [LEVEL_ANSWERED] = "answered",
		[LEVEL_ACCESSED] = "accessed",	 [LEVEL_DATA_OUT] = "data-out",
		[LEVEL_EXECUTED] = "executed",	 [LEVEL_DESTROYED] = "destroyed",
	};

	return names[level];
}

const char *exposure_state_name(enum exposure_state state)
{
	static const char *const names[] = {
		[EXPOSURE_OPEN] = "open",     [EXPOSURE_UNCONFIRMED] = "unconfirmed",
		[EXPOSURE_CLOSED] = "closed", [EXPOSURE_CLOSING] = "closing",
		[EXPOSURE_MERGED] = "merged",
	};

	return names[state];
}

const char *close_reason_name(enum close_reason reason)
{
	static const char *const names[] = {
		[CLOSE_NOT] = "",
		[CLOSE_PROBES] = "probes",
		[CLOSE_COLLAPSED] = "collapsed",
		[CLOSE_POLICY] = "policy",
		[CLOSE_EVICTED] = "evicted",
		[CLOSE_LIKELY] = "closed-likely",
	};

	return names[reason];
}

const char *blind_cause_name(enum blind_cause cause)
{
	static const char *const names[] = {
		[BLIND_SILENCE] = "silence",
		[BLIND_ONE_WAY] = "one-way",
		[BLIND_KERNEL_DROPS] = "kernel-drops",
		[BLIND_INTERFACE_DROPS] = "interface-drops",
		[BLIND_OWN_DROPS] = "own-drops",
		[BLIND_UNSEEN_DATA] = "unseen-data",
		[BLIND_TUNNELS] = "undecoded-tunnels",
		[BLIND_TRUNCATION] = "truncated",
		[BLIND_MALFORMED] = "malformed",
		[BLIND_DUPLICATES] = "duplicates",
		[BLIND_UNTESTED] = "untested",
		[BLIND_UNPROBED] = "unprobed",
		[BLIND_UNREAD] = "unread",
		[BLIND_NOT_OURS] = "not-ours",
		[BLIND_NOTHING] = "no-packets",
		[BLIND_GONE] = "interface-gone",
		[BLIND_STORM] = "storm",
	};

	return names[cause];
}
