# SPDX-License-Identifier: ISC
"""Tools that a model may call, called by a stranger: over streamable HTTP, and over events.

The server is from npm (@modelcontextprotocol/server-everything): where its command is not in PATH,
the recording speaks.
"""

import shutil

HOSTS = {"tools": (94, 1), "events": (95, 1)}
PACKAGES = ["curl"]
COMMANDS = ["mcp-server-everything", "node"]
PORT = 3001

CALL = r"""
say() {
	curl -sS -m 10 http://$TOOLS:3001/mcp -H 'Content-Type: application/json' \
		-H 'Accept: application/json, text/event-stream' "$@"
}
hello='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",
	"capabilities":{},"clientInfo":{"name":"x","version":"1"}}}'
session="mcp-session-id: $(say -D - -o /dev/null -d "$hello" | tr -d '\r' | sed -n 's/^mcp-session-id: //Ip')"
say -H "$session" -d '{"jsonrpc":"2.0","method":"notifications/initialized"}'
"""
LIST = CALL + """say -H "$session" -d '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'"""
RUN = CALL + r"""say -H "$session" -d '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{
	"name":"echo","arguments":{"message":"s3cret"}}}'"""

# The older way: what is asked by POST is answered on a connection that stays open.
EVENTS = r"""
at=http://$EVENTS:3001
curl -sSN -m 8 $at/sse >events &
listener=$!
for n in 1 2 3 4 5 6 7 8 9; do
	place=$(sed -n 's/\r//; s/^data: \(\/message\)/\1/p' events) && [ "$place" ] && break; sleep 0.3
done
say() { curl -sS -m 10 -H 'Content-Type: application/json' -d "$1" "$at$place"; }
say '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05",
	"capabilities":{},"clientInfo":{"name":"x","version":"1"}}}'
sleep 0.3
say '{"jsonrpc":"2.0","method":"notifications/initialized"}'
say '{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
say '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo","arguments":{"message":"x"}}}'
for n in 1 2 3 4 5 6 7 8 9; do grep -q '"id":3' events && break; sleep 0.3; done
kill $listener; cat events
"""


def play(stage):
    tools = {"SERVER": shutil.which("mcp-server-everything")}
    stage.serve("tools", "mcp", tools, 'PORT=3001 exec "$SERVER" streamableHttp', [("tcp", PORT)])
    stage.serve("events", "mcp", tools, 'PORT=3001 exec "$SERVER" sse', [("tcp", PORT)])
    for script in (LIST, RUN):
        stage.colleague("cd $(mktemp -d); " + script)

    group = [(stage.address(role), "tcp", PORT) for role in HOSTS]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("opened", "open", group)
    assert "inputSchema" in stage.ask(0, LIST)
    stage.wait("what tools there are", "service=mcp", "level=accessed|data-out")
    assert "s3cret" in stage.ask(1, RUN)
    assert '"id":3' in stage.ask(2, "cd $(mktemp -d); " + EVENTS)
    stage.wait("a tool", "level=executed", "server.ip=10.20.94.1")
    stage.wait("a tool", "level=executed", "server.ip=10.20.95.1")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=incident.closed")
