# SPDX-License-Identifier: ISC
"""nginx as an IMAP proxy, and the same nginx listing the mail tree: in clear, over TLS, and behind
a balancer that speaks the PROXY protocol."""

HOSTS = {"front": (69, 3), "backend": (70, 1)}
BALANCERS = {"balancer": 71}
PACKAGES = ["nginx-light", "libnginx-mod-mail", "dovecot-imapd", "haproxy", "curl"]

FRONT = r"""
mkdir -p $DIR/www/customers $DIR/temp
for n in 1 2 3 4 5 6 7 8 9; do
    mkdir $DIR/www/customers/customer$n.example
    echo "From: a@customer$n.example" >$DIR/www/customers/customer$n.example/INBOX
done
chmod -R a+rX $DIR
cat >$DIR/nginx.conf <<-END
	load_module modules/ngx_mail_module.so;
	daemon off; user nobody nogroup; pid $DIR/pid; error_log $DIR/error.log;
	events {}
	http {
		access_log off; root $DIR/www; autoindex on;
		client_body_temp_path $DIR/temp/b; proxy_temp_path $DIR/temp/p;
		fastcgi_temp_path $DIR/temp/f; uwsgi_temp_path $DIR/temp/u; scgi_temp_path $DIR/temp/s;
		server { listen 80; }
		server { listen 443 ssl; ssl_certificate $CERTS/server.crt; ssl_certificate_key $CERTS/server.key; }
		server { listen 81 proxy_protocol; }
		server {
			listen 127.0.0.1:9000;
			location / {
				add_header Auth-Status OK; add_header Auth-Server $BACKEND;
				add_header Auth-Port 143; return 200 "";
			}
		}
	}
	mail {
		auth_http 127.0.0.1:9000/; imap_capabilities IMAP4rev1 UIDPLUS;
		server { listen 143; protocol imap; }
		server { listen 993 ssl; protocol imap;
			ssl_certificate $CERTS/server.crt; ssl_certificate_key $CERTS/server.key; }
	}
END
exec nginx -p /usr/share/nginx -c $DIR/nginx.conf -e $DIR/error.log
"""

BALANCER = r"""
cat >$DIR/haproxy.cfg <<-END
	defaults
	timeout connect 5s
	timeout client 20s
	timeout server 20s
	mode tcp
	listen web
	bind :8080
	server s $FRONT:81 send-proxy
END
exec haproxy -db -f $DIR/haproxy.cfg
"""


def play(stage):
    stage.serve("backend", "dovecot")
    stage.serve("front", "nginx", {"BACKEND": stage.address("backend")}, FRONT,
                [("tcp", p) for p in (80, 81, 443, 143, 993)])
    balancer = next(b for b in stage.lab.network.balancers if b.role == "balancer")
    stage.lab.start_server(balancer, "balancer", BALANCER, [("tcp", 8080)],
                           FRONT=stage.hosts["front"].v4[1])

    stage.ask(0, "curl -sS http://$FRONT/customers/ http://$FRONT/customers/customer3.example/INBOX")
    stage.ask(1, "curl -sSk https://$FRONT/customers/")
    stage.ask(2, "curl -sS http://10.21.71.1:8080/customers/")
    stage.ask(3, "curl -sS imap://alice:pw123@$FRONT/")
    stage.ask(3, "curl -sSk imaps://alice:pw123@$FRONT/")
    stage.ask(4, "curl -sS imap://alice:wrong@$BACKEND/", status=67)
    stage.wait("all", "kind=exposure.opened", count=6)
    stage.wait("the log-in that failed", "auth=failed", "service=imap")
