#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
"""Memory is flat: the short form of tools/soak, which prints a line for each scenario."""

import os
import subprocess
import sys

build = os.environ["SPANWATCH_BUILD"]
sys.exit(subprocess.run(["tools/soak", build, "--short", "--scratch", os.environ["TMPDIR"]],
                        check=False).returncode)
