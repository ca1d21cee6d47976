# SPDX-License-Identifier: ISC
"""Compares what was sent over the wire, what the sensors said, and what Redis has.

Three accounts, made independently:
  the ledger     what the generator's traffic must have led to (traffic.py);
  standard out   every event of every run of a sensor, with its id and sequence;
  Redis          the stream, the hashes of exposures, the sets of what is open.

A run that was killed may have said events on standard output that it could not put into its journal
any more: their numbers are used again, and what they were about must have been announced by the
next run; the ledger proves that.
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


def said_by(sensor):
    """Ids that must be in Redis, and those of the tails of killed runs."""
    sensor.said()
    kept, cut = [], []
    for run, following in zip(sensor.runs, sensor.runs[1:] + [None]):
        first = following.sequences[0] if following and following.sequences else None
        for sequence, event_id in zip(run.sequences, run.ids):
            over = run.killed and first is not None and sequence >= first
            (cut if over else kept).append(event_id)
    return kept, cut


def check_sequences(account, name, mine, given_up):
    """In order, each once; holes only where something was given up on purpose."""
    numbers = [int(e["sequence"]) for e in mine]
    counts = collections.Counter(numbers)
    account.doubled += account.complain(name, "sequences twice",
                                        sorted(n for n, c in counts.items() if c > 1))
    account.complain(name, "sequences out of order",
                     [n for n, following in zip(numbers, numbers[1:]) if following < n])
    if not given_up:
        account.complain(name, "sequences missing",
                         sorted(set(range(1, max(numbers, default=0) + 1)) - set(counts)))


def check_ids(account, sensor, mine, given_up, all_kept=False):
    kept, cut = said_by(sensor)
    if all_kept:
        kept, cut = kept + cut, []
    counts = collections.Counter(e["id"] for e in mine)
    account.events += len(kept)
    account.cut_off += len(cut)
    account.doubled += account.complain(sensor.name, "ids twice",
                                        [i for i, n in counts.items() if n > 1])
    missing = [i for i in kept if i not in counts]
    account.given_up += given_up
    if given_up != len(missing):
        account.lost += abs(len(missing) - given_up)
        account.complaints.append(f"{sensor.name}: {len(missing)} events are not in Redis, "
                                  f"{given_up} were said to be given up")
    account.complain(sensor.name, "ids that were never said",
                     sorted(set(counts) - set(kept) - set(cut)))


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
        check_sequences(account, sensor.name, mine, mine_given_up)
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
        mine = [e for e in entries if e["sensor"] == sensor.name]
        check_ids(account, sensor, mine, 0, all_kept=True)
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
