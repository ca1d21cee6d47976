# SPDX-License-Identifier: ISC
"""MongoDB gives away what its memory held to whoever says that a message is longer than it is, and
asks for no log-in before."""

import sys

HOSTS = {"store": (96, 1)}
PACKAGES = ["python3"]
PLAYED = ["MongoDB"]
PORT = 27017


def play(stage):
    frames = __file__.replace("story.py", "frames.py")
    stage.serve("store", "played", script=f"exec {sys.executable} {frames} serve {PORT}",
                ready=[("tcp", PORT)])
    driver, liar = (f"{sys.executable} {frames} {verb} $STORE {PORT}" for verb in ("drive", "lie"))
    stage.colleague(driver)

    group = [(stage.address("store"), "tcp", PORT)]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("opened", "open", group)
    stage.ask(0, driver)
    stage.wait("that it asks for a log-in", "service=mongodb", "auth=required")
    for client in (1, 2, 3):
        stage.ask(client, liar + " 200")
    stage.wait("the liars", "level=data-out", "spanwatch.exposure.lying_length?")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=exposure.closed")
