#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The checks that check: lint scripts find what they are for; package lists are complete."""

import os
import subprocess
import tempfile

TOP = os.getcwd()
failures = 0


def lint(script, files, *arguments):
    """Runs a lint script in a tree of its own; returns (status, output)."""
    with tempfile.TemporaryDirectory() as tree:
        for name, text in files.items():
            os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(tree, name), "w", encoding="utf-8") as out:
                out.write(text)
        done = subprocess.run([os.path.join(TOP, "tests/lint", script), *arguments], cwd=tree,
                              stdout=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout


def check(name, good):
    global failures
    failures += not good
    print("ok" if good else "not ok", name)


def layers():
    def refused(name, *lines):
        files = {file: "".join(f"#include {header}\n" for header in headers)
                 for file, headers in lines}
        status, output = lint("layers", files)
        check(f"layers refuses {name}", status == 1 and lines[0][0] in output)

    refused("sensor in policy", ("policy/a.c", ['"sensor/tables/flow.h"']))
    refused("policy in dissectors", ("dissectors/a.c", ['"policy/zones.h"']))
    refused("an include without a folder", ("sensor/a.c", ['"flow.h"']))
    refused("a library in a header", ("sensor/a.h", ["<sqlite3.h>"]))
    refused("a library in two files", ("sensor/a.c", ["<sqlite3.h>"]),
            ("sensor/b.c", ["<sqlite3.h>"]))
    refused("a library in the wrong layer", ("dissectors/a.c", ["<ndpi_api.h>"]))
    refused("a clock in a dissector", ("dissectors/a.c", ["<time.h>"]))
    text = "# lowest first\nbase   a\nworker  b\n"
    for name, path, header in (("a room above", "sensor/base/a.c", '"sensor/worker/w.h"'),
                               ("a room that is none", "sensor/base/a.c", '"sensor/run/r.h"'),
                               ("a source outside of the rooms", "sensor/a.c", '"sensor/base/b.h"'),
                               ("a protocol in read", "dissectors/read/a.c",
                                '"dissectors/http/http.h"')):
        status, output = lint("layers", {"sensor/rooms": text, path: f"#include {header}\n"})
        check(f"layers refuses {name}", status == 1 and path in output)
    status, output = lint("layers", {"sensor/rooms": text,
                                     "sensor/worker/a.c": '#include "sensor/base/b.h"\n'})
    check("layers accepts a room below", status == 0 and not output)
    refused("any library in dissectors", ("dissectors/a.c", ["<http_parser.h>"]))
    refused("an unknown library", ("sensor/a.c", ["<curl/curl.h>"]))
    status, output = lint("layers", {"sensor/a.c": '#include "policy/zones.h"\n'
                                                   "#include <sys/socket.h>\n",
                                     "dissectors/http/http.c": "#include <string.h>\n"})
    check("layers accepts what is allowed", status == 0 and not output)


def functions():
    def of(body):
        return lint("functions", {"a.c": "int f(int a)\n{\n" + body + "}\n"}, "a.c")

    check("functions accepts 60 lines", of("\ta++;\n" * 58)[0] == 0)
    check("functions refuses 61 lines", of("\ta++;\n" * 59)[0] == 1)
    check("functions accepts four levels", of("\tif (a) {\n" * 4 + "\t}\n" * 4)[0] == 0)
    check("functions refuses five levels", of("\tif (a) {\n" * 5 + "\t}\n" * 5)[0] == 1)
    check("functions skips braces in strings", of('\tputs("{{{{{{");\n')[0] == 0)


def packages():
    def of(goal):
        done = subprocess.run(["tools/bootstrap", "--packages", goal], check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.split()

    run, test = of("run"), of("test")
    check("packages of run", {"gcc", "make", "libpcap-dev"} <= set(run))
    check("test takes in run", set(run) < set(test) and "libcmocka-dev" in test)
    check("each package once", len(test) == len(set(test)))
    check("a goal that is none is refused",
          subprocess.run(["tools/bootstrap", "--packages", "nothing"], check=False,
                         stderr=subprocess.DEVNULL).returncode == 2)


layers()
functions()
packages()
raise SystemExit(failures > 0)
