# SPDX-License-Identifier: ISC
"""Compares what was sent over the wire, what the sensors said, and what Redis has.

Three accounts, made independently:
  the ledger     what the generator's traffic must have led to (traffic.py);
  standard out   every event of every run of a sensor, with its id and sequence;
  Redis          the stream, the hashes of exposures, the sets of what is open.

What is said is in the journal or in Redis, so a run that was killed has said nothing that is not in
Redis in the end. It may have written events that it could not say any more: these are there with
numbers behind its last one. The next run goes on far behind them, and no number is used twice.
Only while the disk was slow or full is that not so; then the ledger still is (`settle_early`).
"""

import collections
import json

from sensor import SITE
from traffic import Ledger

PAGE = 500
SHOWN = 5


class Account:
    """The verdict over one scenario."""

    def __init__(self):
        self.events = self.lost = self.doubled = self.given_up = self.cut_off = 0
        self.complaints = []

    def complain(self, name, what, found):
        found = list(found)
        if found:
            self.complaints.append(f"{name}: {len(found)} {what}: {found[:SHOWN]}")
        return len(found)


def stream_of(redis):
    """Flat fields of each entry, without the JSON; in order."""
    after, entries = "-", []
    while True:
        page = redis("XRANGE", SITE + "events", after, "+", "COUNT", PAGE)
        for name, flat in page:
            fields = dict(zip(flat[::2], flat[1::2]))
            del fields["json"]
            entries.append(fields)
            after = "(" + name
        if len(page) < PAGE:
            return entries


def tails(sensor):
    """Ranges of numbers that a killed run may have given to events that it did not say."""
    sensor.said()
    ends = []
    for run, following in zip(sensor.runs, sensor.runs[1:]):
        if run.killed and following.sequences:
            ends.append(range(run.sequences[-1] + 1 if run.sequences else 1,
                              following.sequences[0]))
    return ends


def check_sequences(account, name, mine, ends, given_up):
    """In order, each once; holes only where something was given up on purpose."""
    numbers = [int(e["sequence"]) for e in mine]
    counts = collections.Counter(numbers)
    account.doubled += account.complain(name, "sequences twice",
                                        sorted(n for n, c in counts.items() if c > 1))
    account.complain(name, "sequences out of order",
                     [n for n, following in zip(numbers, numbers[1:]) if following < n])
    if given_up:
        return
    following = 1
    for end in ends + [range(max(numbers, default=0) + 1, 0)]:
        account.complain(name, "sequences missing",
                         [n for n in range(following, end.start) if n not in counts])
        tail = [n for n in counts if n in end]
        account.complain(name, "sequences missing in a tail",
                         [n for n in range(end.start, max(tail, default=0)) if n not in counts])
        following = end.stop


def check_said(account, name, runs):
    """On standard output no number and no event stands twice, whatever was killed."""
    for what in ("sequences", "ids"):
        said = collections.Counter(n for run in runs for n in getattr(run, what))
        account.doubled += account.complain(name, f"{what} said twice",
                                            [n for n, c in said.items() if c > 1])


def check_ids(account, sensor, mine, given_up):
    kept = [i for run in sensor.runs for i in run.ids]
    counts = collections.Counter(e["id"] for e in mine)
    account.events += len(kept)
    account.doubled += account.complain(sensor.name, "ids twice",
                                        [i for i, n in counts.items() if n > 1])
    missing = [i for i in kept if i not in counts]
    account.given_up += given_up
    if given_up != len(missing):
        account.lost += abs(len(missing) - given_up)
        account.complaints.append(f"{sensor.name}: {len(missing)} events are not in Redis, "
                                  f"{given_up} were said to be given up")
    ends = tails(sensor)
    unsaid = {e["id"] for e in mine if any(int(e["sequence"]) in end for end in ends)}
    account.complain(sensor.name, "ids that were never said",
                     sorted(set(counts) - set(kept) - unsaid))


def check_ledger(account, sensor, generator, mine):
    ledger = Ledger(generator)
    for event in mine:
        ledger.add(event)
    account.lost += account.complain(sensor.name, "announcements missing", ledger.missing())
    account.doubled += account.complain(sensor.name, "announcements too many", ledger.too_many())


def check_state(account, redis, generator, entries):
    """The hashes are what the events add up to: each was applied once."""
    closed = {".".join(map(str, a)) for a in generator.closed}
    flows, address = collections.defaultdict(dict), {}
    for event in entries:
        if "exposure" in event:
            address[event["exposure"]] = event["server_ip"]
            flows[event["exposure"]][event["sensor"]] = int(event["flows"])
    wrong = []
    for exposure, parts in flows.items():
        held = redis("HMGET", f"{SITE}exposure:{exposure}", "flows", "state", "sensors")
        state = "closed" if address[exposure] in closed else "open"
        if held != [str(sum(parts.values())), state, ",".join(sorted(parts))]:
            wrong.append((address[exposure], held, parts, state))
    account.complain("Redis", "exposures wrong", wrong)
    held = set(redis("ZRANGE", SITE + "open", 0, -1))
    account.complain("Redis", "wrong in the set of what is open",
                     held ^ {e for e, a in address.items() if a not in closed})


def settle(redis, sensors, generator, given_up=None, ledger=True):
    """All sensors are stopped. `given_up`: by name of a sensor."""
    account, entries = Account(), stream_of(redis)
    for sensor in sensors:
        mine = [e for e in entries if e["sensor"] == sensor.name]
        mine_given_up = (given_up or {}).get(sensor.name, 0)
        check_sequences(account, sensor.name, mine, tails(sensor), mine_given_up)
        check_said(account, sensor.name, sensor.runs)
        check_ids(account, sensor, mine, mine_given_up)
        if ledger and not mine_given_up:
            check_ledger(account, sensor, generator, mine)
    if ledger and not given_up:
        check_state(account, redis, generator, entries)
    return account


def settle_ids(redis, sensors):
    """For what nobody can foresee, but where all was quiet at each kill: every event that was said,
    once; by its id."""
    account, entries = Account(), stream_of(redis)
    for sensor in sensors:
        sensor.said()
        mine = [e for e in entries if e["sensor"] == sensor.name]
        check_said(account, sensor.name, sensor.runs)
        check_ids(account, sensor, mine, 0)
    return account


def settle_early(redis, sensors, generator, early):
    """Of a sensor that was killed while its disk hung: nothing is missing, no number stands for two
    events; of what had gone out unwritten, so many events, some may have been announced again."""
    account, entries = Account(), stream_of(redis)
    for sensor in sensors:
        sensor.said()
        mine = [e for e in entries if e["sensor"] == sensor.name]
        check_said(account, sensor.name, sensor.runs)
        numbers = collections.Counter(int(e["sequence"]) for e in mine)
        account.doubled += account.complain(sensor.name, "sequences twice",
                                            [n for n, c in numbers.items() if c > 1])
        ledger = Ledger(generator)
        for event in mine:
            ledger.add(event)
        account.events += len(mine)
        account.lost += account.complain(sensor.name, "announcements missing", ledger.missing())
        if len(ledger.too_many()) > early:
            account.complain(sensor.name, "announcements too many", ledger.too_many())
    check_state(account, redis, generator, entries)
    return account


def settle_told(sensor, generator):
    """What one run said on standard output, whatever Redis has of it yet."""
    account, ledger = Account(), Ledger(generator)
    with open(sensor.runs[-1].path, "rb") as file:
        whole = file.read().rpartition(b"\n")[0]
    for line in whole.splitlines():
        event = json.loads(line)
        if "exposure" in event["spanwatch"]:
            account.events += 1
            ledger.add({"kind": event["event"]["action"],
                        "server_ip": event["destination"]["ip"],
                        "level_name": event["spanwatch"]["exposure"]["level_name"]})
    account.lost += account.complain(sensor.name, "announcements missing", ledger.missing())
    account.doubled += account.complain(sensor.name, "announcements too many", ledger.too_many())
    return account
