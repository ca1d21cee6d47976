# SPDX-License-Identifier: ISC
"""Three name servers: one that is authoritative, one that refuses, one that recurses for anybody."""

HOSTS = {"bind": (77, 1), "forwarder": (78, 1), "unbound": (79, 1)}
PACKAGES = ["bind9", "bind9-dnsutils", "unbound", "dnsmasq-base"]


UNBOUND = r"""
cat >$DIR/unbound.conf <<-END
	server:
	    directory: "$DIR"
	    username: ""
	    chroot: ""
	    pidfile: "$DIR/pid"
	    interface: 0.0.0.0
	    interface-automatic: yes
	    access-control: 0.0.0.0/0 allow
	    module-config: "iterator"
	    use-syslog: no
	remote-control:
	    control-enable: no
	forward-zone:
	    name: "."
	    forward-addr: $BIND
END
exec unbound -d -c $DIR/unbound.conf
"""


def play(stage):
    stage.serve("bind", "bind")
    stage.serve("forwarder", "dnsmasq")
    stage.serve("unbound", "unbound", {"BIND": stage.address("bind")}, UNBOUND, [("udp", 53)])
    for host in ("BIND", "FORWARDER", "UNBOUND"):
        for question in ("version.bind txt chaos", "www.example.net"):
            stage.ask(0, f"dig +tries=1 +time=3 @${host} {question}", status=None)
    stage.ask(1, "dig +tries=1 +time=3 @$BIND db.lab.example")
    output = stage.ask(2, "dig +tries=1 +time=3 @$UNBOUND db.lab.example")
    assert "10.20.5.1" in output, output
    stage.wait("the open one", "service=open-resolver")
