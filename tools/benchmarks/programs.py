# SPDX-License-Identifier: ISC
"""The programs that are compared, and how a run of one is measured."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

MEMORY_LIMIT = 6 << 30  # bytes of address space
TIME_LIMIT = 150  # seconds
SLOW = 12  # seconds; what takes longer is not repeated

# Nothing in the captures is of these zones: every packet is read, decoded, looked up, forgotten.
ELSEWHERE = """version: 1
site: elsewhere
zones:
  inside: [192.0.2.0/24]
groups:
  nobody: { hosts: [192.0.2.0/25] }
rules:
  - name: nobody-is-internal
    groups: [nobody]
    internal-only: true
    severity: high
"""


def suricata(mode):
    """Without rules, with the configuration that comes with the package."""
    program = os.environ.get("SURICATA", "suricata")
    config = os.environ.get("SURICATA_CONFIG", "/etc/suricata/suricata.yaml")
    if not shutil.which(program) or not os.path.exists(config):
        return ["suricata"] if not shutil.which(program) else [config]
    return [program, "-c", config, "-S", "/dev/null", "-k", "none", "--runmode", mode, "-l",
            "{directory}", "-r", "{}"]


def programs(build, policy):
    """name: command, in the order of the tables; {} is the capture. Those present only."""
    spanwatch = os.path.join(build, "spanwatch")
    elsewhere = os.path.join(build, "bench", "elsewhere.yaml")
    os.makedirs(os.path.dirname(elsewhere), exist_ok=True)
    with open(elsewhere, "w", encoding="utf-8") as out:
        out.write(ELSEWHERE)
    nothing = [spanwatch, "-q", "-r", "{}", "-p", elsewhere, "--json"]
    ours = [spanwatch, "-q", "-r", "{}", "-p", policy, "--json"]
    table = {
        "null loop": [os.path.join(build, "tools", "bench-null"), "{}"],
        "spanwatch (nothing matters)": nothing,
        "spanwatch (nothing matters), 2 workers": [*nothing, "--workers", "2"],
        "spanwatch": ours,
        "spanwatch, 2 workers": [*ours, "--workers", "2"],
        "tcpdump -w": ["tcpdump", "-r", "{}", "-w", "/dev/null"],
        "ndpiReader": ["ndpiReader", "-q", "-i", "{}"],
        "softflowd": ["softflowd", "-d", "-p", "{directory}/pid", "-c", "{directory}/ctl", "-r",
                      "{}"],
        "argus": ["argus", "-r", "{}", "-w", "/dev/null"],
        "p0f": ["p0f", "-r", "{}"],
        "suricata single": suricata("single"),
        "suricata autofp": suricata("autofp"),
    }
    present = {name: command for name, command in table.items()
               if len(command) > 1 and shutil.which(command[0])}
    missing = [name for name in table if name not in present]
    if missing:
        print("not installed, left out:", ", ".join(missing))
    return present


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def watch_memory(process, peak):
    """Follows VmHWM: ru_maxrss would be at least that of this script, whose child it is."""
    try:
        while process.returncode is None:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        peak[0] = int(line.split()[1]) * 1024
            time.sleep(0.01)
    except OSError:
        pass


def measure(command, path):
    """One run: seconds on the clock and of CPU, peak resident bytes; or why there is none."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = [word.replace("{directory}", directory).replace("{}", path)
                     for word in command]
        return measure_in(arguments)


def measure_in(arguments):
    peak = [0]
    start = time.monotonic()
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, preexec_fn=limits)
    watcher = threading.Thread(target=watch_memory, args=(process, peak))
    killer = threading.Timer(TIME_LIMIT, os.kill, (process.pid, signal.SIGKILL))
    watcher.start()
    killer.start()
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode == 0:
        return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_bytes": peak[0]}
    last = message.decode(errors="replace").strip()[-160:].replace("\n", " ")
    why = "killed" if process.returncode < 0 else f"status {process.returncode}"
    return {"failed": f"{why} after {wall:.0f} s with {peak[0] / 2**20:.0f} MiB", "said": last}


def compare(mix, present, runs):
    """{program: {wall_s: [], cpu_s: [], peak_bytes} or {failed}}; the programs take turns."""
    results = {name: {"wall_s": [], "cpu_s": [], "peak_bytes": 0} for name in present
               if name in mix.peers}
    for turn in range(runs):
        for name, result in results.items():
            if "failed" in result or (turn and result["wall_s"][0] > SLOW):
                continue
            sample = measure(present[name], mix.path)
            if "failed" in sample:
                result.clear()
                result.update(sample)
                print(f"{mix.name}: {name}: {sample['failed']}: {sample['said']}", flush=True)
                continue
            result["wall_s"].append(sample["wall_s"])
            result["cpu_s"].append(sample["cpu_s"])
            result["peak_bytes"] = max(result["peak_bytes"], sample["peak_bytes"])
    return results
