#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=400
# test: alone
"""Real servers and real clients around a live sensor: tests/lab/products, see recipe.py.

usage: tests/lab/test_lab.py [OPTION ...] [PART-OF-A-NAME ...]

  --mirror plain|vxlan|erspan   what the mirror port carries (plain)
  --record FOLDER               write recording.pcap.xz and recording.json there, when all went well
  --split FOLDER                write each scenario's packets there, as NAME.pcap
  --keep FOLDER                 leave logs, events and the whole recording there
  --jobs N                      servers at the same time (8)
  --sensor OPTION               one more option of spanwatch, e.g. --sensor=--workers=2; may be repeated

Every scenario is judged three times: while it runs, when all is over (nothing more may have come),
and by a replay of the recording. Ends with the time from SYN-ACKs to events in Redis.
"""

import argparse
import concurrent.futures
import json
import lzma
import os
import shutil
import signal
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Skip  # noqa: E402
from laboratory import Laboratory, addresses_in, extract, syn_acks, unwrapper  # noqa: E402
from network import MIRRORS, Balancer, Host  # noqa: E402
from recipe import HERE, OFFICE, read_all  # noqa: E402
from scenario_run import Play, import_jsonschema, invalid, missing_packages, version_of  # noqa: E402

RECORDING = "recording"  # .pcap.xz, .json
KEPT = ("BALANCER", "CLIENT", "SERVER", "VERSION")
LOSSES = ("dropped_kernel", "dropped_interface", "observations_lost", "events_lost")
LATENCY_LIMIT = 1.0  # seconds from the SYN-ACK to the event in Redis, 99 of 100


class Outcome:
    """Prints a line for each scenario, once; counts."""

    def __init__(self):
        self.passed, self.failed, self.skipped, self.products = 0, 0, 0, set()

    def ok(self, scenario):
        self.passed += 1
        self.products.add(scenario.product.packages[0])
        print(f"ok {scenario.name}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        print(f"not ok {name}: {why[:1500]}", flush=True)

    def skip(self, scenarios, why):
        self.skipped += len(scenarios)
        for scenario in scenarios:
            print(f"skip {scenario.name} {why[:300]}", flush=True)


class Session:
    def __init__(self, lab, products, hosts, outcome, jobs):
        self.lab, self.products, self.hosts = lab, products, hosts
        self.outcome, self.jobs = outcome, jobs
        self.idle = list(lab.network.clients)  # pop and append are atomic
        self.played, self.unwrap = [], unwrapper(lab.mirror)

    def product(self, product):
        """Its server, then its scenarios one after the other."""
        lacking = missing_packages(product)
        if lacking:
            return self.outcome.skip(product.scenarios, f"needs {', '.join(lacking)}")
        client, left = self.idle.pop(), list(product.scenarios)
        try:
            host = self.hosts[product.name]
            self.start(product, host)
            while left:
                self.scenario(left[0], client, host)
                del left[0]
        except Skip as why:
            self.outcome.skip(left, str(why))
        except Exception as error:  # pylint: disable=broad-except
            self.outcome.fail(product.name, traceback.format_exc(limit=-3) + repr(error))
        finally:
            self.idle.append(client)
        return None

    def start(self, product, host):
        told = {"ADDRESS": host.v4[0], "VERSION": version_of(product.packages[0]),
                "NET": f"10.20.{product.number}"}
        self.lab.start_server(host, product.name, "\n".join(product.scripts["serve"]),
                              product.ready, **told)
        if product.balances:
            self.lab.start_server(balancer_of(product), product.name + "-balancer",
                                  "\n".join(product.scripts["balance"]), product.balances, **told)

    def scenario(self, scenario, client, host):
        play = Play(self.lab, scenario, client, host)
        try:
            play.run()
            self.played.append(play)
        except AssertionError as why:
            self.outcome.fail(scenario.name, str(why))

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            # Those that take long first.
            for _ in pool.map(self.product, sorted(
                    self.products, key=lambda p: -3 * len(p.scenarios) - len(p.scripts["serve"]))):
                pass
        sent = self.lab.network.sent_by_sensor()
        status = self.lab.stop_sensor()
        lost = {name: number for name, number in self.lab.heartbeat().items()
                if name in LOSSES and number != "0"}
        if status != 0 or sent or lost:
            self.outcome.fail("sensor", f"status {status}, {sent} packets sent, lost: {lost}")
        replayed, why = self.lab.replay(), invalid(self.lab.events)
        if why:
            self.outcome.fail("schema", why)
        for event in self.lab.events:
            told = event["spanwatch"].get("tunnels")
            if event["event"]["action"] == "exposure.opened" and \
                    told != self.lab.network.wrapping():
                self.outcome.fail("tunnel", f"told as {told}")
                break
        seen = addresses_in(self.lab.capture, self.unwrap)
        for play in self.played:
            live = play.judge.problems(self.lab.events)
            again = play.judge.problems(replayed)
            if not seen.intersection(play.scenario.addresses()):
                self.outcome.fail(play.scenario.name, "no packet of it was on the mirror")
            elif live:
                self.outcome.fail(play.scenario.name, "when all was over: " + "; ".join(live))
            elif again:
                self.outcome.fail(play.scenario.name, "in the replay: " + "; ".join(again))
            else:
                self.outcome.ok(play.scenario)

    def record(self, folder):
        """What test_recording.py judges: everything, and each scenario's variables."""
        with open(self.lab.capture, "rb") as file, \
                lzma.open(os.path.join(folder, RECORDING + ".pcap.xz"), "wb", preset=9) as out:
            shutil.copyfileobj(file, out)
        with open(os.path.join(folder, RECORDING + ".json"), "w", encoding="utf-8") as file:
            json.dump({p.scenario.name: {name: p.variables[name] for name in KEPT}
                       for p in self.played}, file, indent="\t", sort_keys=True)
            file.write("\n")

    def split(self, folder):
        os.makedirs(folder, exist_ok=True)
        for play in self.played:
            extract(self.lab.capture, os.path.join(folder, play.scenario.name + ".pcap"),
                    play.scenario.addresses(), self.unwrap)

    def latencies(self):
        """Milliseconds from each SYN-ACK on the mirror to Redis's time stamp of the event."""
        answers, found = syn_acks(self.lab.capture, self.unwrap), []
        for event in self.lab.events:
            if event["event"]["action"] == "exposure.opened" and "port" in event.get("server", {}):
                key = (event["server"]["ip"], event["server"]["port"], event["source"]["ip"],
                       event["source"].get("port"))
                if key in answers:
                    found.append(event.arrived_ms - answers[key] * 1000)
        return sorted(found)


def special_files(folder, names):
    return [n for n in names if not (os.path.isdir(os.path.join(folder, n)) or
                                     os.path.isfile(os.path.join(folder, n)))]


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def balancer_of(product):
    return Balancer(product.name + "-balancer", product.number)


def hosts_of(products):
    hosts = {}
    for product in products:
        host = Host(product.name, product.number, [1])
        for scenario in product.scenarios:
            v4, v6 = scenario.addresses()
            if v4 not in host.v4:
                host.v4.append(v4)
                host.v6.append(v6)
        hosts[product.name] = host
    return hosts


def options():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--mirror", choices=MIRRORS, default="plain")
    parser.add_argument("--record")
    parser.add_argument("--split")
    parser.add_argument("--keep")
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--sensor", action="append", default=[])
    parser.add_argument("parts", nargs="*")
    return parser.parse_args()


def chosen(parts):
    products = read_all()
    for product in products:
        product.scenarios = [s for s in product.scenarios if not parts or
                             any(p in s.name or p == product.name for p in parts)]
    return [p for p in products if p.scenarios]


def figures(session, outcome):
    print(f"# {outcome.passed} scenarios of {len(outcome.products)} products passed, "
          f"{outcome.failed} failed, {outcome.skipped} skipped")
    times = session.latencies()
    if times:
        slow = percentile(times, 0.99)
        print(f"# SYN-ACK to event in Redis, {len(times)} exposures: p50 "
              f"{percentile(times, 0.5):.0f} ms, p99 {slow:.0f} ms, max {times[-1]:.0f} ms")
        if slow > LATENCY_LIMIT * 1000:
            outcome.fail("latency", f"p99 is {slow:.0f} ms")
        else:
            print("ok latency")


def main():
    chosen_options = options()
    import_jsonschema()  # before anything is begun: it may start another Python
    products = chosen(chosen_options.parts)
    outcome, hosts = Outcome(), hosts_of(products)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="swlab-", dir="/tmp")
    with open(os.path.join(HERE, "policy.yaml"), encoding="utf-8") as file:
        policy = file.read()
    try:
        with Laboratory(folder, list(hosts.values()), policy, chosen_options.jobs,
                        chosen_options.mirror,
                        [balancer_of(p) for p in products if p.balances],
                        chosen_options.sensor) as lab:
            session = Session(lab, products, hosts, outcome, chosen_options.jobs)
            session.run()
            figures(session, outcome)
            if chosen_options.split:
                session.split(chosen_options.split)
            if chosen_options.record and outcome.failed + outcome.skipped == 0:
                session.record(chosen_options.record)
        if lab.outlived:
            outcome.fail("end", f"{len(lab.outlived)} processes outlived the laboratory")
    except Skip as why:
        outcome.skip([s for p in products for s in p.scenarios], str(why))
    except AssertionError as why:
        outcome.fail("lab", str(why))
    finally:
        if chosen_options.keep:
            shutil.copytree(folder, chosen_options.keep, dirs_exist_ok=True,
                            ignore=special_files)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if outcome.failed else 0)


if __name__ == "__main__":
    main()
