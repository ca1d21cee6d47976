#!/bin/sh
# SPDX-License-Identifier: ISC
# Every kind of event, as test_event_json --print makes them, is valid; and the schema is strict:
# an event with an unknown, a missing or an ill-formed field is not.
python=${SPANWATCH_SCHEMA_PYTHON:-/usr/bin/python3}
build=${SPANWATCH_BUILD:-build}
events=$(mktemp) || exit 1
trap 'rm -f "$events" "$events.wrong"' EXIT

if ! "$python" -c 'import jsonschema' 2>/dev/null; then
	echo "skip events-schema no jsonschema module"
	exit 0
fi
if ! "$build/tests/unit/sensor/test_event_json" --print >"$events"; then
	echo "not ok events-schema-print"
	exit 1
fi

if "$python" tests/events/validate.py --many "$events"; then
	echo "ok events-schema-valid"
else
	echo "not ok events-schema-valid"
fi

# refused NAME SED-EXPRESSION: after it, no line may be valid any more.
refused() {
	sed "$2" "$events" >"$events.wrong"
	if cmp -s "$events" "$events.wrong"; then
		echo "not ok events-schema-$1 (the expression changed nothing)"
	elif "$python" tests/events/validate.py --many "$events.wrong" | tail -n 1 |
		grep -q '^0 good'; then
		echo "ok events-schema-$1"
	else
		echo "not ok events-schema-$1"
	fi
}
refused unknown-field 's/^{/{"surprise":1,/'
refused unknown-inner-field 's/"module":/"colour":"red","module":/'
refused missing-time 's/"@timestamp":"[^"]*",//'
refused time-format 's/\.[0-9]\{6\}Z","ecs"/Z","ecs"/'
refused unknown-kind 's/"action":"[a-z]*\./"action":"x./'
refused unknown-severity 's/"severity":[0-9]*/"severity":11/'
refused control-character 's/"name":"span-a"/"name":"span\\u001b"/'
refused double-key 's/^{/{"rule":{"name":"a"},"rule":{"name":"a"},/'
refused other-version 's/"schema":2/"schema":1/'
