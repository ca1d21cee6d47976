# SPDX-License-Identifier: ISC
"""ClickHouse without a password, on both of its ports: logs are read, and files of the server."""

HOSTS = {"logs1": (88, 1), "logs2": (89, 1)}
PACKAGES = ["clickhouse-server", "clickhouse-client", "curl", "python3"]
PORTS = (8123, 9000)
LINES = 3000

SERVE = r"""
mkdir files && echo "root,secret" >files/passwd
cat >config.xml <<END
<yandex>
<logger><level>warning</level><console>1</console></logger>
<http_port>8123</http_port><tcp_port>9000</tcp_port><listen_host>0.0.0.0</listen_host>
<path>$DIR/data/</path><tmp_path>$DIR/tmp/</tmp_path><user_files_path>$DIR/files/</user_files_path>
<users_config>$DIR/users.xml</users_config><mark_cache_size>10000000</mark_cache_size>
<default_profile>default</default_profile><default_database>default</default_database>
<timezone>UTC</timezone>
</yandex>
END
cat >users.xml <<END
<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default>
<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
</default></users></yandex>
END
exec clickhouse-server --config-file=$DIR/config.xml
"""
TABLE = "CREATE TABLE log_stream (at DateTime, span String, chat String) ENGINE = Memory"
FILL = f"""
curl -sS http://$LOGS1:8123/ --data-binary '{TABLE}' &&
python3 -c '
for n in range({LINES}):
    print(1738000000 + n, "/api/chat", "user %d asks: my key is sk-%06d" % (n % 40, n), sep="\\t")
' | curl -sS http://$LOGS1:8123/?query=INSERT+INTO+log_stream+FORMAT+TabSeparated --data-binary @-
"""


def query(host, text):
    return f"curl -sS -G http://${host}:8123/ --data-urlencode \"query={text}\""


def read_all(say):
    """say(which client, command); the server's file is read last."""
    say(0, "curl -sS http://$LOGS1:8123/ping")
    say(0, query("LOGS1", "SHOW TABLES"))
    say(0, query("LOGS1", "SELECT * FROM log_stream"))
    say(1, "clickhouse-client --host $LOGS2 --query 'SHOW DATABASES'")
    say(1, query("LOGS1", "SELECT * FROM file('passwd', 'CSV', 'who String, what String')"))


def play(stage):
    for role in HOSTS:
        stage.serve(role, "clickhouse", script=SERVE, ready=[("tcp", port) for port in PORTS])
    stage.colleague(FILL)
    read_all(lambda _, script: stage.colleague(script))

    group = [(stage.address(role), "tcp", port) for role in HOSTS for port in PORTS]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("opened", "open", group)
    read_all(stage.ask)
    # Of another server; whose answer does not matter.
    stage.ask(2, query("LOGS2", "SELECT * FROM url('http://203.0.113.8/x', CSV, 'a String')"),
              status=None)
    stage.ask(2, "clickhouse-client --host $LOGS2 --query "
                 "\"SELECT * FROM remote('$LOGS1', default.log_stream)\" >/dev/null", status=None)
    stage.ask(3, "curl -sS http://$LOGS2:8123/ping; "
                 "clickhouse-client --host $LOGS1 --query 'SHOW TABLES'")
    stage.wait("the file", "level=executed", "port=8123")
    stage.wait("all four", "kind=exposure.opened", count=4)

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=incident.closed")
