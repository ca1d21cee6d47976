#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=400
# test: alone
"""The same scenarios must give the same events when the mirror port carries tunnels.

usage: tests/lab/test_mirrors.py [PART-OF-A-NAME ...]

Runs test_lab.py with --mirror vxlan and --mirror erspan, with two workers, so that the kernel has
to split the packets by what is inside; without names, a part of the scenarios.
"""

import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOME = ("redis", "nginx", "mariadb", "memcached", "rsync", "samba", "snmpd", "nmap", "dnsmasq")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = 0
    for mirror in ("vxlan", "erspan"):
        result = subprocess.run(
            [sys.executable, os.path.join(HERE, "test_lab.py"), "--mirror", mirror,
             "--sensor=--workers=2", *(sys.argv[1:] or SOME)], stdout=subprocess.PIPE, text=True, check=False)
        print(re.sub(r"^(ok|not ok|skip) ", rf"\1 {mirror} ", result.stdout, flags=re.M),
              end="", flush=True)
        failed += result.returncode != 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
