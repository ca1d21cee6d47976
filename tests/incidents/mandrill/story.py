# SPDX-License-Identifier: ISC
"""One change of a security group opens the whole logging cluster; another closes it again."""

HOSTS = {"log1": (61, 1), "log2": (62, 1), "log3": (63, 1), "log4": (64, 1), "journal": (65, 1),
         "metrics": (66, 1), "search": (67, 1)}
MIRRORS = ("plain", "vxlan", "erspan")
PACKAGES = ["rsyslog", "rsyslog-relp", "systemd-journal-remote", "influxdb", "curl",
            "netcat-openbsd", "python3"]

# No such store is in Debian: what it says to those who have no password.
SEARCH = r"""
exec python3 - <<'END'
import http.server

class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"error":{"type":"security_exception","reason":"unable to authenticate user"}}'
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="security" charset="UTF-8"')
        self.send_header("X-elastic-product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("0.0.0.0", 9200), Store).serve_forever()
END
"""


def endpoints(stage):
    ports = {"log1": 514, "log2": 514, "log3": 514, "log4": 2514, "journal": 19532,
             "metrics": 8086, "search": 9200}
    return [(stage.address(role), "tcp", port) for role, port in ports.items()]


def play(stage):
    for role in ("log1", "log2", "log3", "log4"):
        stage.serve(role, "rsyslog")
    stage.serve("journal", "journal-remote")
    stage.serve("metrics", "influxdb")
    stage.serve("search", "search", script=SEARCH, ready=[("tcp", 9200)])
    group = endpoints(stage)
    stage.close(*group)
    stage.ask(0, "curl -sS http://$METRICS:8086/ping", role=stage.lab.network.colleague.role)

    stage.probe(group)  # the background of the internet meets the wall
    stage.wait_wall()
    stage.change("opened", "open", group)

    for number, role in enumerate(("log1", "log2", "log3")):
        stage.ask(number, f"logger -n ${role.upper()} -P 514 -T --rfc5424 -t probe hello")
    stage.ask(3, "printf '1 open 50 relp_version=0\\nrelp_software=probe\\ncommands=syslog\\n' | "
                 "nc -q 1 $LOG4 2514", status=None)
    stage.ask(4, "curl -sS http://$METRICS:8086/query?q=SHOW+DATABASES")
    stage.ask(5, "curl -sS http://$JOURNAL:19532/", status=None)
    for word in ("elastic", "changeme", "admin", "password"):
        stage.ask(1, f"curl -sS -u elastic:{word} http://$SEARCH:9200/_search")
    stage.wait("the whole group", "kind=exposure.opened", count=7)
    stage.wait("what answers", "service=elasticsearch", "auth=failed")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=incident.closed")
