#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
# test: alone
"""Nothing is lost on the way to the dashboard: the whole program, while everything around it fails.

usage: tests/faults/test_faults.py [--full] [PART-OF-A-NAME ...]

Each fault is tried on a live sensor that watches traffic whose events are known beforehand
(traffic.py), over and over while events are being made; then what the sensor said, what Redis has,
and what the traffic must have led to are compared (reconcile.py). Ends with a table. --full is what
`make faults` runs: more rounds, longer outages.
"""

import concurrent.futures
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reconcile  # noqa: E402
import world  # noqa: E402
from harness import PATIENCE, Report, Skip, wait_until  # noqa: E402
from sensor import SITE, Sensor  # noqa: E402
from servers import DURABLE, Cluster, Proxy, Sentinels, Server, need_redis  # noqa: E402
from traffic import POLICY, Generator  # noqa: E402

RATE = 60  # endpoints opened in a second, and as many closed: six events each
FLEET = ("north", "south", "west")
WORLDS = 3  # faults at the same time, each in a world of its own: they mostly wait
ALONE = ("outage_under_load",)
BY_THE_CLOCK = ("latency", "burst_on_a_slow_disk")  # likewise, in the full form
ONLY_FULL = ("latency",)
FAULT_LIMIT = 400  # seconds
WITHHELD_MOST = 5  # seconds, in the full form


class Scene:
    """Servers, sensors and traffic of one fault; `settle` ends it and gives the account."""

    def __init__(self, folder, full):
        self.folder, self.full = folder, full
        self.sensors, self.ends = [], []
        self.generator = None
        self.rounds = 0

    def add(self, thing):
        self.ends.append(thing)
        return thing

    def server(self, *options, name="redis"):
        return self.add(Server(self.folder, *(DURABLE + options), name=name))

    def sensor(self, url, *options, name="north", **more):
        made = Sensor(self.folder, name, url, POLICY, *options, **more)
        self.sensors.append(self.add(made))
        return made.start()

    def traffic(self, rate=RATE, closing=True):
        self.generator = Generator(world.WIRE, rate)
        self.generator.closing = closing
        self.generator.start()
        self.generator.wait_more(10)
        return self.generator

    def times(self, short, full):
        return range(full if self.full else short)

    def seconds(self, short, full):
        """Events go on being made meanwhile."""
        time.sleep(full if self.full else short)

    def mark(self, count=15):
        """Some more endpoints, and one round more in the table."""
        self.generator.wait_more(count)
        self.rounds += 1

    def wait_decided(self):
        """Until the sensors have announced all that was sent."""
        for sensor in self.sensors:
            sensor.wait_told("exposure.opened", len(self.generator.opened))
            sensor.wait_told("exposure.escalated", len(self.generator.opened))
            sensor.wait_told("exposure.closed", len(self.generator.closed))

    def wait_delivered(self, redis, missing=0):
        """Until Redis has as many events as the sensors said."""
        def there():
            said = sum(s.said() for s in self.sensors if s.alive())
            return redis("XLEN", SITE + "events") >= said - missing
        wait_until(there, 4 * PATIENCE, "the delivery of all events", every=0.1)

    @staticmethod
    def announced(redis):
        return sum(e["kind"] == "exposure.opened" for e in reconcile.stream_of(redis))

    def in_redis(self, redis):
        """How many endpoints Redis has, open or closed; a cheap question."""
        return redis("ZCARD", SITE + "open") + len(self.generator.closed)

    def quiet(self, server):
        """No traffic, nothing that waits."""
        self.generator.pause.set()
        redis, said = server.redis(), -1
        while said != sum(s.said() for s in self.sensors):
            said = sum(s.said() for s in self.sensors)
            wait_until(lambda n=said: redis("XLEN", SITE + "events") >= n, what="delivery")
            time.sleep(0.5)

    def settle(self, redis, close=True, given_up=None, missing=0):
        generator = self.generator
        generator.stop()
        if close:
            generator.close_rest()
        self.wait_decided()
        self.wait_delivered(redis, missing)
        self.stop_all(redis)
        return reconcile.settle(redis, self.sensors, generator, given_up)

    def stop_all(self, redis):
        """A sensor that stops tells the last of everything. On a busy machine Redis may not take it
        within the five seconds that it waits: then it is in the journal, for the next run."""
        for sensor in self.sensors:
            sensor.stop()
            while sensor.left_some():
                sensor.start()
                wait_until(lambda s=sensor: s.all_out(redis), 4 * PATIENCE, "the rest")
                sensor.stop()

    def end(self):
        if self.generator:
            self.generator.stop()
        for thing in reversed(self.ends):
            thing.end()


# --- Redis dies, hangs, forgets, is full, is read-only ---

def fault_redis_killed(scene):
    server = scene.server()
    scene.sensor(server.url())
    scene.traffic()
    for _ in scene.times(3, 8):
        server.kill()
        scene.seconds(0.3, 2)
        server.start()
        scene.mark(30)
    return scene.settle(server.redis())


def fault_redis_stopped(scene):
    """SIGSTOP; in the full form longer than the sensor waits for an answer."""
    server = scene.server()
    scene.sensor(server.url())
    scene.traffic()
    for _ in scene.times(2, 2):
        server.freeze()
        scene.seconds(1, 13)
        server.thaw()
        scene.mark()
    return scene.settle(server.redis())


def fault_redis_restarted_empty(scene):
    server = scene.server()
    scene.sensor(server.url())
    scene.traffic()
    for _ in scene.times(2, 5):
        scene.seconds(1, 5)
        server.kill()
        server.forget()
        server.start()
        scene.mark(30)
    return scene.settle(server.redis())


def fault_redis_forgets_long_ago(scene):
    """It comes back empty after many more events than are in flight; open exposures older than
    what the journal keeps are told again as summaries."""
    server = scene.server()
    sensor = scene.sensor(server.url())
    scene.traffic(rate=250)
    for _ in scene.times(1, 3):
        wait_until(lambda: sensor.said() > 3000 * (scene.rounds + 1), 4 * PATIENCE, "3000 events")
        server.kill()
        server.forget()
        server.start()
        scene.mark(30)
    return scene.settle(server.redis())


def fault_redis_full(scene):
    server = scene.server("--maxmemory-policy", "noeviction")
    sensor = scene.sensor(server.url())
    scene.traffic()
    for number in scene.times(2, 5):
        server.ask("CONFIG", "SET", "maxmemory", "1mb")
        scene.seconds(0.7, 4)
        server.ask("CONFIG", "SET", "maxmemory", "0")
        scene.mark()
        wait_until(lambda n=number: sensor.log().count("takes events again") > n, what="an end")
    assert sensor.has_said("OOM .*; events wait"), sensor.log()
    return scene.settle(server.redis())


def fault_redis_read_only(scene):
    """It becomes the replica of somebody who is not there, and a master again."""
    server = scene.server()
    sensor = scene.sensor(server.url())
    scene.traffic()
    for number in scene.times(2, 5):
        server.ask("REPLICAOF", "127.0.0.1", "1")
        scene.seconds(0.7, 4)
        server.ask("REPLICAOF", "NO", "ONE")
        scene.mark()
        wait_until(lambda n=number: sensor.log().count("takes events again") > n, what="an end")
    assert sensor.has_said("READONLY .*; events wait"), sensor.log()
    return scene.settle(server.redis())


# --- failover and resharding ---

def fault_sentinel_failover(scene):
    """The master is killed, its replica takes over, and it comes back as the other's replica."""
    sentinels = scene.add(Sentinels(scene.folder))
    sensor, master = scene.sensor(sentinels.url()), None
    scene.traffic()
    for number in scene.times(1, 4):
        if number:
            master.start()
        master = sentinels.wait_agreed()
        # What the master confirms from here on its replica never hears of.
        master.lose_replicas(sentinels.servers)
        scene.mark()
        master.kill()
        wait_until(lambda m=master: sentinels.agreed(0) not in (None, m), 3 * PATIENCE,
                   "a failover", every=0.1)
        scene.mark()
    sensor.wait_log("takes events again")
    return scene.settle(sentinels.agreed(0).redis())


def fault_cluster_resharded(scene):
    """The slot is moved to another master and back, key by key, while events come."""
    cluster = scene.add(Cluster(scene.folder))
    scene.sensor(cluster.url())
    scene.traffic()
    for _ in scene.times(2, 6):
        source = cluster.wait_owner()
        target = next(n for n in cluster.nodes[:3] if n is not source)
        cluster.move(source, target, lambda moved: time.sleep(0.02))
        assert cluster.wait_owner() is target
        scene.mark()
    return scene.settle(cluster.redis())


def fault_cluster_promotion(scene):
    """The master that has the slot is killed; its replica is promoted, and it comes back."""
    cluster = scene.add(Cluster(scene.folder))
    scene.sensor(cluster.url())
    scene.traffic()
    for _ in scene.times(1, 4):
        master = cluster.wait_owner()
        wait_until(lambda m=master: "state=online" in m.ask("INFO", "replication"),
                   what="a replica")
        master.lose_replicas(cluster.nodes)
        scene.mark()
        master.kill()
        wait_until(cluster.owner, 3 * PATIENCE, "a promotion", every=0.1)
        scene.mark()
        master.start()
        wait_until(lambda m=master: m.ask("ROLE")[0] == "slave", 3 * PATIENCE, "its return")
    return scene.settle(cluster.redis())


# --- the way there ---

def fault_connection_cut(scene):
    server = scene.server()
    proxy = scene.add(Proxy(server.port))
    scene.sensor(proxy.url())
    scene.traffic()
    for _ in scene.times(5, 30):
        proxy.cut()
        scene.mark(10)
    return scene.settle(server.redis())


def fault_connection_slow(scene):
    """Bytes trickle; then nothing at all gets through for a while, and the rest is cut."""
    server = scene.server()
    proxy = scene.add(Proxy(server.port))
    scene.sensor(proxy.url())
    scene.traffic()
    for _ in scene.times(1, 4):
        proxy.mode = "slow"
        scene.seconds(1, 5)
        proxy.mode = "pulled"
        scene.seconds(1, 12)
        proxy.mode = "good"
        proxy.cut()
        scene.mark()
    return scene.settle(server.redis())


def fault_output_not_read(scene):
    """Whoever reads the sensor's standard output stops doing so: Redis gets everything, and the
    reader too when it comes back."""
    server = scene.server()
    sensor = Sensor(scene.folder, "north", server.url(), POLICY)
    sensor.by_pipe()
    scene.sensors.append(scene.add(sensor))
    sensor.start()
    scene.traffic()
    for _ in scene.times(1, 4):
        sensor.reading.clear()
        scene.mark(100)
        scene.generator.pause.set()
        wait_until(lambda: scene.announced(server.redis()) >= len(scene.generator.opened),
                   what="announcements in Redis", every=0.2)
        sensor.reading.set()
        scene.generator.pause.clear()
    return scene.settle(server.redis())


# --- the sensor and its disk ---

def killed_and_back(scene, sensors):
    for sensor in sensors:
        sensor.kill()
    for sensor in sensors:
        sensor.start()
    # What nobody watched happens again.
    scene.generator.again()


def fault_sensor_killed(scene):
    """kill -9, first while endpoints open, then while they close."""
    server = scene.server()
    sensor = scene.sensor(server.url())
    scene.traffic(closing=False)
    for _ in scene.times(2, 8):
        scene.mark(30)
        killed_and_back(scene, [sensor])
    scene.generator.stop()
    for _ in scene.times(2, 6):
        for _ in range(len(scene.generator.opened) // 10):
            scene.generator.close_next()
        killed_and_back(scene, [sensor])
        scene.rounds += 1
    scene.generator.close_rest()
    scene.generator.again()
    return scene.settle(server.redis())


def fault_sensor_and_redis_killed(scene):
    """Both at once: what is neither confirmed nor refused is sent again by the next run."""
    server = scene.server()
    sensor = scene.sensor(server.url())
    scene.traffic(closing=False)
    for _ in scene.times(2, 8):
        scene.mark(20)
        server.kill()
        scene.mark(10)
        sensor.kill()
        server.start()
        sensor.start()
        scene.generator.again()
    return scene.settle(server.redis())


def fault_disk_full(scene):
    """The journal's disk fills, also while Redis is away, and is relieved."""
    disk = world.SmallDisk(os.path.join(scene.folder, "disk"), 32)
    try:
        server = scene.server()
        sensor = scene.sensor(server.url(), "--journal", os.path.join(disk.folder, "j.db"),
                              journal=False)
        scene.traffic()
        for number in scene.times(2, 5):
            disk.fill()
            # Later the journal has a log that is long enough, and gets by without more.
            wait_until(lambda n=number: n or sensor.has_said("kept in memory"),
                       what="a full disk")
            server.kill()
            scene.seconds(0.5, 3)
            server.start()
            scene.mark()
            disk.relieve()
            wait_until(lambda: sensor.log().count("kept in memory") ==
                       sensor.log().count("is written again"), what="a disk with room")
        return scene.settle(server.redis())
    finally:
        disk.remove()


def fault_disk_full_and_sensor_killed(scene):
    """What only memory held has reached Redis; the next run knows nothing of it, and nothing older
    is delivered twice. (What was announced from memory is announced again: no ledger.)"""
    disk = world.SmallDisk(os.path.join(scene.folder, "disk"), 32)
    try:
        server = scene.server()
        sensor = scene.sensor(server.url(), "--journal", os.path.join(disk.folder, "j.db"),
                              journal=False)
        scene.traffic()
        for number in scene.times(1, 3):
            scene.quiet(server)
            sensor.kill()
            sensor.start()
            scene.generator.pause.clear()
            scene.mark(30)
            disk.fill()
            wait_until(lambda n=number: n or sensor.has_said("kept in memory"),
                       what="a full disk")
            scene.generator.wait_more(30)
            scene.quiet(server)
            sensor.kill()
            disk.relieve()
            sensor.start()
            scene.generator.pause.clear()
            scene.mark(30)
        scene.generator.stop()
        scene.quiet(server)
        scene.stop_all(server.redis())
        return reconcile.settle_ids(server.redis(), [sensor])
    finally:
        disk.remove()


def fault_bound_exceeded(scene):
    """Redis is away for longer than a small journal lasts: what is missing is what was counted."""
    server = scene.server()
    sensor = scene.sensor(server.url(), "--journal-mib", "1")
    scene.traffic(rate=250)
    for _ in scene.times(1, 4):
        scene.mark(100)
        wait_until(lambda: sensor.all_out(server.redis(), of=100),
                   what="some that are confirmed")
        server.kill()
        scene.mark(1200)
        server.start()
        scene.mark(100)
    scene.generator.stop()
    scene.generator.close_rest()
    scene.wait_decided()
    wait_until(lambda: sensor.all_out(server.redis()), what="nothing that waits")
    sensor.stop()
    assert not sensor.left_some(), "this machine is too busy: events stayed in the journal"
    given_up = int(sensor.heartbeat(server.redis())["events_lost"])
    assert given_up > 0, "the bound was not reached"
    return reconcile.settle(server.redis(), [sensor], scene.generator, {sensor.name: given_up})


def stalling(folder, flag):
    """The environment of a sensor whose disk stands still while the file `flag` is there."""
    library = os.path.join(folder, "stalled_disk.so")
    compiler = os.environ.get("CC", "cc")
    if not shutil.which(compiler):
        raise Skip(f"no {compiler}")
    subprocess.run([compiler, "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-o", library,
                    os.path.join(os.path.dirname(os.path.abspath(__file__)), "stalled_disk.c"),
                    "-ldl"], check=True, timeout=60)
    return {"LD_PRELOAD": library, "STALLED_DISK": flag}


def fault_disk_stalled(scene):
    """Writes to the journal hang, in the full form for 40 seconds: events go to Redis and to
    standard output as if nothing were, heartbeats go on, no packet is lost, and all is written in
    the end."""
    server = scene.server()
    redis = server.redis()
    flag = os.path.join(scene.folder, "flag")
    sensor = Sensor(scene.folder, "north", server.url(), POLICY)
    sensor.environment = stalling(scene.folder, flag)
    scene.sensors.append(scene.add(sensor))
    sensor.start()
    scene.traffic()
    before, gaps = sensor.wait_heartbeat(redis), []
    for _ in scene.times(1, 3):
        with open(flag, "wb"):
            pass
        ends = time.monotonic() + (40 if scene.full else 3)
        while time.monotonic() < ends:
            scene.generator.wait_more(10)
            opened = len(scene.generator.opened)
            began = time.monotonic()
            wait_until(lambda n=opened: scene.in_redis(redis) >= n, what="announcements")
            sensor.wait_told("exposure.opened", opened)
            gaps.append(time.monotonic() - began)
            assert sensor.heartbeat(redis), "no heartbeat while the disk hangs"
        os.unlink(flag)
        scene.mark(30)
    print(f"# announced {max(gaps):.1f} s after the packet at most, while the disk hung",
          flush=True)
    wait_until(lambda: sensor.heartbeat(redis).get("journal_unwritten") == "0", 3 * PATIENCE,
               "all of it in the journal")
    drops = sensor.drops_since(redis, before)
    early = int(sensor.heartbeat(redis)["journal_early"])
    assert sensor.has_said("the disk takes more than"), sensor.log()
    account = scene.settle(redis)
    if drops:
        account.complaints.append(f"{drops} packets were dropped")
    if not early:
        account.complaints.append("no event left before it was written")
    return account


def fault_disk_stalled_and_sensor_killed(scene):
    """kill -9 while the disk hangs and events leave unwritten: the next run does not know of them,
    announces again what it sees again, and uses no number twice."""
    server = scene.server()
    redis = server.redis()
    flag = os.path.join(scene.folder, "flag")
    sensor = Sensor(scene.folder, "north", server.url(), POLICY)
    sensor.environment = stalling(scene.folder, flag)
    scene.sensors.append(scene.add(sensor))
    sensor.start()
    scene.traffic(closing=False)
    early = 0
    for _ in scene.times(2, 6):
        scene.mark(20)
        with open(flag, "wb"):
            pass
        wait_until(lambda: int(sensor.heartbeat(redis).get("journal_early", 0)) > 20,
                   what="events that leave unwritten")
        early += int(sensor.heartbeat(redis)["journal_early"])
        sensor.kill()
        os.unlink(flag)
        sensor.start()
        scene.generator.again()
    scene.generator.stop()
    scene.generator.again()
    scene.wait_decided()
    wait_until(lambda: sensor.all_out(redis), 3 * PATIENCE, "nothing that waits")
    scene.stop_all(redis)
    return reconcile.settle_early(redis, [sensor], scene.generator, early)


def busy(count):
    """So many processes that take all the time that they are given."""
    return [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]


def fault_burst_on_a_slow_disk(scene):
    """So many new endpoints at once that the ring to the main thread is full, while each sync
    takes long and others want the processors. All are told, though no packet follows; what should
    be lost for lack of room would be counted."""
    server = scene.server("--appendfsync", "everysec")
    slow = os.path.join(scene.folder, "slow")
    sensor = Sensor(scene.folder, "north", server.url(), POLICY)
    sensor.environment = {**stalling(scene.folder, slow + ".not"), "SLOW_DISK": slow}
    scene.sensors.append(scene.add(sensor))
    sensor.start()
    scene.generator = generator = Generator(world.WIRE, RATE)
    with open(slow, "wb"):
        pass
    hogs = busy(os.cpu_count() or 1)
    redis = server.redis()
    try:
        generator.burst(8000 if scene.full else 5000)
        sent = time.monotonic()
        sensor.wait_told("exposure.opened", len(generator.opened))
        said = time.monotonic() - sent
        wait_until(lambda: scene.in_redis(redis) >= len(generator.opened), 3 * PATIENCE,
                   "announcements in Redis")
        there = time.monotonic() - sent
        print(f"# {len(generator.opened)} endpoints: all told {said:.1f} s after the last, "
              f"all in Redis {there:.1f} s after it", flush=True)
    finally:
        for hog in hogs:
            hog.kill()
    os.unlink(slow)
    scene.rounds += 1
    wait_until(lambda: sensor.heartbeat(server.redis()).get("observations_waiting") == "0",
               2 * PATIENCE, "nothing that waits")
    held = sensor.heartbeat(server.redis())
    if scene.full:
        scene.wait_delivered(server.redis())
        scene.stop_all(server.redis())
        account = reconcile.settle(server.redis(), [sensor], generator)
    else:  # Redis takes them in its own time
        account = reconcile.settle_told(sensor, generator)
    if scene.full and there > WITHHELD_MOST:
        account.complaints.append(f"announced in Redis only after {there:.1f} s")
    if held["observations_retried"] == "0":
        print("# the ring was never full", flush=True)
    if held["observations_lost"] != "0":
        account.complaints.append(f"{held['observations_lost']} observations were lost")
    return account


def milliseconds(text):
    """Of RFC 3339 with microseconds."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.timestamp() * 1000


def latencies(redis, after):
    """Of what was announced after this entry: from the packet to Redis, in ms, in order. Both
    clocks are this machine's."""
    found = []
    for name, flat in redis("XRANGE", SITE + "events", "(" + after, "+"):
        event = dict(zip(flat[::2], flat[1::2]))
        if event["kind"] in ("exposure.opened", "exposure.escalated"):
            found.append(int(name.split("-")[0]) - milliseconds(event["ts"]))
    return sorted(found)


def newest(redis):
    return redis("XREVRANGE", SITE + "events", "+", "-", "COUNT", 1)[0][0]


def measure(scene, what, rate, seconds, trouble=None):
    """A line of the table in spanwatch-redis(7)."""
    redis = scene.server.redis()
    after = newest(redis)
    scene.generator.rate = rate
    scene.generator.pause.clear()
    ends = time.monotonic() + seconds
    if trouble:
        trouble()
    time.sleep(max(ends - time.monotonic(), 0))
    scene.quiet(scene.server)
    found = latencies(redis, after)
    p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
    scene.rounds += 1
    print(f"# {what:34}{len(found):7} announcements: p50 {p50:7.0f} ms, p99 {p99:7.0f} ms, "
          f"max {found[-1]:7.0f} ms", flush=True)


def fault_latency(scene):
    """From a packet to Redis: idle, busy, with a slow disk, with a Redis that stands still."""
    scene.server = scene.server("--appendfsync", "everysec")
    slow = os.path.join(scene.folder, "slow")
    sensor = Sensor(scene.folder, "north", scene.server.url(), POLICY)
    sensor.environment = {**stalling(scene.folder, slow + ".not"), "SLOW_DISK": slow}
    scene.sensors.append(scene.add(sensor))
    sensor.start()
    scene.traffic(rate=5)
    seconds, pause = (15, 4) if scene.full else (1.5, 0.5)

    def stand_still():
        scene.seconds(0.3, 2)
        scene.server.freeze()
        time.sleep(pause)
        scene.server.thaw()

    measure(scene, "idle (5 endpoints/s)", 5, seconds)
    measure(scene, "1,000 events/s", 250, seconds)
    with open(slow, "wb"):
        pass
    measure(scene, "the same, 1.5 s for each sync", 250, seconds)
    os.unlink(slow)
    measure(scene, f"the same, Redis stands still {pause} s", 250, seconds, stand_still)
    return scene.settle(scene.server.redis())


def fault_stop_with_many_open(scene):
    """SIGTERM with 3000 open exposures ends in time; what Redis has not taken by then the next run
    sends."""
    server = scene.server()
    sensor = scene.sensor(server.url())
    scene.generator = generator = Generator(world.WIRE, RATE)
    for _ in range(30 if scene.full else 10):
        generator.burst(100)
        time.sleep(0.1)
    sensor.wait_told("exposure.escalated", len(generator.opened))
    scene.rounds += 1
    began = time.monotonic()
    sensor.stop()
    took = time.monotonic() - began
    print(f"# stopped in {took:.1f} s with {len(generator.opened)} open", flush=True)
    if sensor.left_some():
        sensor.start()
        wait_until(lambda: sensor.all_out(server.redis()), 4 * PATIENCE, "the rest")
        sensor.stop()
    return reconcile.settle(server.redis(), [sensor], generator)


LOADS = {"short": (4000, 3), "full": (20000, 60)}  # packets a second, seconds


def fault_outage_under_load(scene):
    """What the capture loses in the same load with Redis and without it: nothing is lost because
    of it, and every packet that was sent is counted."""
    server = scene.server()
    sensor = scene.sensor(server.url())
    scene.traffic()
    rate, seconds = LOADS["full" if scene.full else "short"]
    drops = {}
    for outage in (False, True):
        before = sensor.wait_heartbeat(server.redis())
        if outage:
            server.kill()
        frames = scene.generator.frames
        sent = scene.generator.load(rate, seconds)
        scene.generator.pause.set()
        time.sleep(0.1)
        sent += scene.generator.frames - frames
        if outage:
            server.start()
        wait_until(lambda: sensor.counted_since(server.redis(), before, sent), what="packets")
        drops[outage] = sensor.drops_since(server.redis(), before)
        scene.generator.pause.clear()
        scene.rounds += 1
        print(f"# {sent} packets in {seconds} s {'without' if outage else 'with'} Redis: "
              f"{drops[outage]} dropped", flush=True)
    account = scene.settle(server.redis())
    if drops[True] > drops[False]:
        account.complaints.append(f"{drops[True] - drops[False]} packets dropped for the outage")
    return account


# --- a fleet ---

def fault_fleet(scene):
    """Three sensors on one mirror: Redis is killed, stopped and forgets; a sensor is killed."""
    server = scene.server()
    for name in FLEET:
        scene.sensor(server.url(), name=name)
    scene.traffic(rate=RATE / 3, closing=False)
    for _ in scene.times(1, 4):
        server.kill()
        scene.seconds(0.3, 2)
        server.start()
        scene.mark(10)
        server.freeze()
        scene.seconds(0.5, 2)
        server.thaw()
        scene.mark(10)
        killed_and_back(scene, scene.sensors[:1])
        scene.mark(10)
    return scene.settle(server.redis())


FAULTS = [name.removeprefix("fault_") for name in list(globals()) if name.startswith("fault_")]


class Table:
    HEAD = ("fault", "rounds", "events", "lost", "duplicated", "given up", "seconds")
    NUMBERS = ("rounds", "events", "lost", "doubled", "given_up")

    def __init__(self):
        self.rows = {}

    def add(self, name, sums):
        if sums:
            self.rows[name] = [*(sums[n] for n in self.NUMBERS), sums["seconds"]]

    def show(self, seconds):
        """`seconds`: what it took in all; faults are tried side by side."""
        order = [n.replace("_", " ") for n in FAULTS]
        rows = [(n, *self.rows[n]) for n in order if n in self.rows]
        total = [sum(row[i] for row in rows) for i in range(1, 6)]
        print("# {:26}{:>8}{:>9}{:>7}{:>12}{:>10}{:>9}".format(*self.HEAD))
        for row in rows + [("all", *total, seconds)]:
            print("# {:26}{:8}{:9}{:7}{:12}{:10}{:9.1f}".format(*row), flush=True)


def attempt(fault, full, sums):
    folder = tempfile.mkdtemp(prefix="swf-")
    scene = Scene(folder, full)
    began = time.monotonic()
    try:
        account = fault(scene)
        sums.update(rounds=scene.rounds, events=account.events, lost=account.lost,
                    doubled=account.doubled, given_up=account.given_up,
                    seconds=time.monotonic() - began)
        assert not account.complaints, "; ".join(account.complaints)
    finally:
        scene.end()
        if os.environ.get("SPANWATCH_FAULTS_KEEP"):
            print(f"# kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def inside(name, full):
    """One fault, in a world of its own. Its numbers are the last line."""
    report, sums = Report(), {}

    def run():
        attempt(globals()["fault_" + name], full, sums)

    run.__name__ = name
    try:
        world.build()
    except Skip as why:
        print(f"skip {name} {why}")
        return 0
    report.run([run])
    print(json.dumps(sums))
    return report.status()


def in_a_world(words, name, full, table):
    """Runs `inside`, passes on what it says, and gives whether all was good."""
    began = time.monotonic()
    try:
        output = subprocess.run(
            [*words, sys.executable, os.path.abspath(__file__), "--inside", name,
             *(["--full"] if full else [])], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            timeout=FAULT_LIMIT, text=True, check=False).stdout
    except subprocess.TimeoutExpired:
        output = f"not ok {name} is not done after {FAULT_LIMIT} s"
    lines = output.splitlines()
    if lines and lines[-1].startswith("{"):
        table.add(name.replace("_", " "), json.loads(lines.pop()))
    if not any(line.startswith(("ok ", "not ok ", "skip ")) for line in lines):
        lines.append(f"not ok {name} ended after {time.monotonic() - began:.0f} s")
    print("\n".join(lines), flush=True)
    return not any(line.startswith("not ok") for line in lines)


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    full = "--full" in sys.argv
    if "--inside" in sys.argv:
        sys.exit(inside(words[0], full))
    try:
        need_redis()
        new_world = world.words()
    except Skip as why:
        print(f"skip faults {why}")
        sys.exit(0)
    table, began = Table(), time.monotonic()
    names = [n for n in FAULTS if not words or any(w in n.replace("_", " ") for w in words)]
    if not full and not words:
        names = [n for n in names if n not in ONLY_FULL]
    alone = ALONE + (BY_THE_CLOCK if full else ())
    side_by_side = [n for n in names if n not in alone]
    with concurrent.futures.ThreadPoolExecutor(WORLDS) as pool:
        good = list(pool.map(lambda n: in_a_world(new_world, n, full, table), side_by_side))
    good += [in_a_world(new_world, n, full, table) for n in names if n in alone]
    table.show(time.monotonic() - began)
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
