# SPDX-License-Identifier: ISC
"""A store of mail logs without password or encryption is read in bulk, in many small portions."""

from incident import stretch

HOSTS = {"store": (68, 1)}
PACKAGES = ["influxdb", "curl", "python3"]
PORTIONS, PORTION = 14, 600
HOURS = 6  # between two portions, in the recording

FILL = r"""
python3 - <<'END' | curl -sS --data-binary @- "http://$STORE:8086/write?db=maillog"
for n in range(9000):
    print(f'mail,host=mx{n % 4} from="user{n}@example.org",to="customer{n * 7 % 5000}@example.com",'
          f'subject="Your invoice {n}",relay="10.20.9.{n % 250}",smtp_user="bulk{n % 40}" {n + 1}')
END
"""


def play(stage):
    colleague = stage.lab.network.colleague.role
    stage.serve("store", "influxdb")
    stage.ask(0, "curl -sS http://$STORE:8086/query --data-urlencode 'q=CREATE DATABASE maillog'",
              role=colleague)
    stage.ask(0, FILL, role=colleague)

    stage.ask(0, "curl -sS http://$STORE:8086/query?q=SHOW+DATABASES")
    for number in range(PORTIONS):
        query = f"SELECT * FROM mail LIMIT {PORTION} OFFSET {number * PORTION}"
        output = stage.ask(number % 3, "curl -sS -G http://$STORE:8086/query -d db=maillog "
                           f"--data-urlencode 'q={query}'")
        assert "customer" in output, output[:200]
    stage.wait("the last portion", "kind=exposure.escalated", "level=data-out")


def edit(capture, edited, _changes):
    """The portions as somebody takes them who does not want to be seen: hours between them."""
    stretch(capture, edited, lambda _port, number: HOURS * 3600 if number else 0)
