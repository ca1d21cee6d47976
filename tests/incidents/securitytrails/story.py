# SPDX-License-Identifier: ISC
"""The repair of a VPN opens a search store beside it for 18 days, until an index is gone.

The overlay is VXLAN, as the mirror shows it: what is inside is in clear.
"""

from incident import stretch
from laboratory import unwrapper

HOSTS = {"search": (102, 1)}
MIRRORS = ("vxlan",)
PACKAGES = ["curl", "python3"]
PLAYED = ["Elasticsearch"]
PORT = 9200
DAY = 86400
READS = 6
FIRST_READ = 4 + 2  # conversations before: four probes, two looks


def read(number):
    return f'curl -sS "http://$SEARCH:{PORT}/history/_search?size=100&from={number}00"'


def play(stage):
    stage.serve_played("search", __file__, ("elasticsearch.played", PORT))
    stage.colleague(f"curl -sS http://$SEARCH:{PORT}/; curl -sS -X DELETE http://$SEARCH:{PORT}/old")
    group = [(stage.address("search"), "tcp", PORT)]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("repaired", "open", group)  # the mesh works again, and so does more than that

    stage.ask(0, f"curl -sS http://$SEARCH:{PORT}/")
    stage.ask(1, f"curl -sS http://$SEARCH:{PORT}/_cat/indices")
    for number in range(READS):
        stage.ask(number % 3 + 1, read(number))
    stage.ask(4, f"curl -sS -X DELETE http://$SEARCH:{PORT}/history")
    stage.wait("the deletion", "level=destroyed")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=incident.closed")


def pause(_port, number):
    """11 June, then a read every three days; on the 29th it is gone, and closed."""
    return 3 * DAY if FIRST_READ <= number < FIRST_READ + READS else 0


def edit(capture, edited, changes):
    stretch(capture, edited, pause, unwrapper(MIRRORS[0]))
    changes["closed"] = [moment + READS * 3 * DAY for moment in changes["closed"]]
