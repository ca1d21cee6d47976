# SPDX-License-Identifier: ISC
"""A live sensor that may be killed and started again, and what it said in all its runs."""

import json
import os
import re
import signal
import subprocess
import threading

from harness import PATIENCE, PROGRAM, wait_until
from world import SPAN

SITE = "spanwatch:{faults}:"
STOP_LIMIT = 20  # seconds from SIGTERM to the end: 5 of them are for Redis


class Run:
    """One life of the sensor's process; its standard output is read as it grows."""

    def __init__(self, path):
        self.path, self.offset = path, 0
        self.sequences, self.ids, self.kinds = [], [], {}
        self.killed = False

    def read(self):
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            data = file.read()
        whole = data.rfind(b"\n") + 1
        self.offset += whole
        for line in data[:whole].splitlines():
            event = json.loads(line)["event"]
            self.sequences.append(event["sequence"])
            self.ids.append(event["id"])
            self.kinds[event["action"]] = self.kinds.get(event["action"], 0) + 1


class Sensor:
    def __init__(self, folder, name, url, policy, *options, journal=True):
        self.folder, self.name, self.runs = folder, name, []
        self.log_path = os.path.join(folder, f"{name}.log")
        self.policy = os.path.join(folder, "policy.yaml")
        with open(self.policy, "w", encoding="utf-8") as file:
            file.write(policy)
        self.words = [PROGRAM, "-i", SPAN, "-p", self.policy, "--json", "--sensor", name,
                      "--heartbeat", "1", "--stream-maxlen", "1000000", "-v", "--redis", url]
        if journal:
            self.words += ["--journal", os.path.join(folder, f"{name}.db")]
        self.words += options
        self.process, self.environment = None, {}
        self.reading = None  # an Event: standard output is a pipe, read while it is set

    def by_pipe(self):
        self.reading = threading.Event()
        self.reading.set()

    def carry(self, pipe, path):
        with open(path, "wb", buffering=0) as out:
            while True:
                self.reading.wait()
                data = os.read(pipe, 4096)
                if not data:
                    break
                out.write(data)
        os.close(pipe)

    def output(self, path):
        """A descriptor for the sensor's standard output; what comes out is in the file `path`."""
        if not self.reading:
            return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        with open(path, "wb"):
            pass
        pipe, mine = os.pipe()
        threading.Thread(target=self.carry, args=(pipe, path), daemon=True).start()
        return mine

    def start(self):
        path = os.path.join(self.folder, f"{self.name}.{len(self.runs)}.jsonl")
        started = self.log().count("watching ")
        out = self.output(path)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=log, start_new_session=True,
                                            env={**os.environ, **self.environment})
        os.close(out)
        self.runs.append(Run(path))
        wait_until(lambda: self.alive() and self.log().count("watching ") > started,
                   what="the sensor's start")
        return self

    def alive(self):
        assert self.process.poll() is None, \
            f"{self.name} ended with status {self.process.poll()}: {self.log()[-800:]}"
        return True

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.runs[-1].killed = True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} is still there {STOP_LIMIT} s after SIGTERM") \
                from None
        assert status == 0, f"{self.name} ended with status {status}: {self.log()[-800:]}"

    def end(self):
        """Whatever state it is in."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def told(self, kind):
        """How often this kind was said in all runs."""
        for run in self.runs:
            run.read()
        return sum(run.kinds.get(kind, 0) for run in self.runs)

    def said(self):
        """How many events were said in all runs."""
        for run in self.runs:
            run.read()
        return sum(len(run.ids) for run in self.runs)

    def wait_told(self, kind, count):
        wait_until(lambda: self.alive() and self.told(kind) >= count, 3 * PATIENCE,
                   f"{self.name}: {count} {kind} (now {self.told(kind)})")

    def heartbeat(self, redis):
        return redis.mapping(f"{SITE}sensor:{self.name}")

    def left_some(self):
        """It has just stopped, and Redis had not confirmed everything."""
        return "has not confirmed" in self.log()[self.log().rfind("watching "):]

    def all_out(self, redis, of=None):
        """Its heartbeat knows of everything that this run said (or `of` so many), and nothing
        waits."""
        self.runs[-1].read()
        said, held = of or len(self.runs[-1].ids), self.heartbeat(redis)
        return int(held.get("events", -1)) >= said and (of or held["events_waiting"] == "0")

    def wait_heartbeat(self, redis):
        """It ends after three seconds, and is there again with the connection."""
        return wait_until(lambda: self.heartbeat(redis), what=f"{self.name}: a heartbeat")

    def drops_since(self, redis, before):
        held = self.wait_heartbeat(redis)
        return sum(int(held[n]) - int(before[n]) for n in
                   ("dropped_kernel", "dropped_interface", "observations_lost"))

    def counted_since(self, redis, before, packets):
        """Seen or dropped: nothing may be unaccounted for."""
        held = self.wait_heartbeat(redis)
        return int(held["packets"]) - int(before["packets"]) + \
            self.drops_since(redis, before) >= packets

    def has_said(self, pattern):
        return re.search(pattern, self.log()) is not None

    def wait_log(self, pattern, seconds=PATIENCE):
        wait_until(lambda: self.has_said(pattern), seconds, f"{self.name}: \"{pattern}\"")
