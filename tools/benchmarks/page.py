# SPDX-License-Identifier: ISC
"""To come."""


def run(options):
    return 0
