# SPDX-License-Identifier: ISC
"""A store of mail logs without password or encryption is read in bulk, in many small portions."""

import struct

from laboratory import ip_of, packets

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
    shifts, records = {}, []
    for seconds, header, frame in packets(capture):
        parts = ip_of(frame)
        outside = [a for a in parts[:2] if a.startswith("203.")] if parts else []
        shift = 0
        if outside and len(parts[3]) >= 4:
            ports = struct.unpack("!HH", parts[3][:4])
            key = outside[0], ports[0] if parts[0] == outside[0] else ports[1]
            shift = shifts.setdefault(key, len(shifts) * HOURS * 3600)
        elif shifts:
            shift = max(shifts.values())
        whole, rest = struct.unpack("<I12s", header)
        records.append((seconds + shift, struct.pack("<I12s", whole + shift, rest) + frame))
    with open(capture, "rb") as file:
        start = file.read(24)
    with open(edited, "wb") as out:
        out.write(start + b"".join(r for _, r in sorted(records)))
