# SPDX-License-Identifier: ISC
"""A list of names and passwords is tried from many places; one is right, and mail goes out."""

from incident import stretch

HOSTS = {"mail": (76, 1)}
PACKAGES = ["dovecot-imapd", "postfix", "curl"]
USERS, TRIES = 16, 24
MINUTES = 7  # between two tries, in the recording
MAILS = 12
IMAP = 143

MAIL = r"""
mkdir -p $DIR/etc $DIR/queue $DIR/lib $DIR/mail; chmod 777 $DIR/mail
echo 'alice:{PLAIN}pw123::::::' >$DIR/users
cat >$DIR/dovecot.old <<-END
	disable_plaintext_auth = no
	mail_location = maildir:~/Maildir
	passdb {
	  driver = passwd-file
	  args = $DIR/users
	}
	userdb {
	  driver = static
	  args = uid=games gid=games home=$DIR/mail/%u
	}
END
cat >$DIR/dovecot.new <<-END
	dovecot_config_version = 2.4.0
	dovecot_storage_version = 2.4.0
	auth_allow_cleartext = yes
	mail_driver = maildir
	mail_path = ~/Maildir
	passdb passwd-file {
	  passwd_file_path = $DIR/users
	}
	userdb static {
	  fields {
	    uid = games
	    gid = games
	    home = $DIR/mail/%{user}
	  }
	}
END
case $(dovecot --version) in 2.[0-3].*) cp $DIR/dovecot.old $DIR/dovecot.conf;; *) cp $DIR/dovecot.new $DIR/dovecot.conf;; esac
cat >>$DIR/dovecot.conf <<-END
	base_dir = /run/dovecot
	protocols = imap
	ssl = no
	first_valid_uid = 1
	auth_mechanisms = plain login
	log_path = /dev/stderr
	auth_failure_delay = 0
	service anvil {
	  unix_listener anvil-auth-penalty {
	    mode = 0
	  }
	}
	service auth {
	  unix_listener $DIR/auth {
	    mode = 0666
	  }
	}
END
dovecot -F -c $DIR/dovecot.conf &
cp -r /etc/postfix/. $DIR/etc
mount --bind $DIR/etc /etc/postfix
chown postfix $DIR/lib
cat >/etc/postfix/main.cf <<-END
	compatibility_level = 3.6
	myhostname = mail.lab.example
	queue_directory = $DIR/queue
	data_directory = $DIR/lib
	inet_interfaces = all
	inet_protocols = ipv4
	mydestination =
	mynetworks = 127.0.0.1
	default_transport = discard
	smtpd_sasl_auth_enable = yes
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = $DIR/auth
	smtpd_relay_restrictions = permit_sasl_authenticated, reject
	alias_maps =
	maillog_file = /dev/stdout
END
cat >/etc/postfix/master.cf <<-END
	587 inet n - n - - smtpd
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	anvil unix - - n - 1 anvil
	discard unix - - n - - discard
	error unix - - n - - error
	retry unix - - n - - error
	proxymap unix - n n - - proxymap
	postlog unix-dgram n - n - 1 postlogd
END
postfix check || true
exec postfix start-fg
"""


def play(stage):
    stage.serve("mail", "mail", script=MAIL, ready=[("tcp", 143), ("tcp", 587)])
    for number in range(TRIES):
        user = f"user{number % USERS}"
        stage.ask(number % 6, f"curl -sS --connect-timeout 9 imap://{user}:Spring2024@$MAIL/",
                  status=67)
    stage.ask(2, "curl -sS imap://alice:pw123@$MAIL/")
    for number in range(MAILS):
        stage.ask(2, f"printf 'Subject: your mailbox is full\\r\\n\\r\\nclick\\r\\n' >/tmp/m.$$; "
                     f"curl -sS --user alice:pw123 --login-options AUTH=PLAIN "
                     f"smtp://$MAIL:587/x.example --mail-from alice@lab.example "
                     f"--mail-rcpt victim{number}@example.com -T /tmp/m.$$; rm /tmp/m.$$")
    stage.wait("the log-in that succeeded", "service=imap", "auth=succeeded")
    stage.wait("the mail", "service=smtp", "auth=succeeded")


def edit(capture, edited, _changes):
    """Slow: minutes between two tries. The mails follow each other as they did."""
    stretch(capture, edited, lambda port, _number: MINUTES * 60 if port == IMAP else 0)
