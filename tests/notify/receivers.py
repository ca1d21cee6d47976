# SPDX-License-Identifier: ISC
"""Where messages arrive: an HTTP and an SMTP server of this host that can be slow, failing or lying.

Each takes a list of faults, one for each connection that comes, in this order; when they are used
up it is good. HTTP: a status, (status, {header: value}), or one of "reset" (after the request),
"silence", "endless" (200, and a body without end), "garbage". SMTP: a code in answer to DATA's end,
"silence", "garbage", "reset".
"""

import http.server
import json
import os
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import Skip, wait_until  # noqa: E402
from servers import free_port  # noqa: E402

DEBIAN_PYTHON = "/usr/bin/python3"


def hang_up(connection):
    """With a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Threads(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


class Server:
    """A server in threads of this process; `got` is what arrived, in order."""

    def __init__(self, handler, faults=(), certificate=None):
        self.faults, self.got = list(faults), []
        self.server = Threads(("127.0.0.1", 0), handler)
        self.server.owner = self
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{certificate}/cert", f"{certificate}/key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        owner = self.server.owner
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = owner.faults.pop(0) if owner.faults else 200
        owner.tried.append(fault)
        if fault == "reset":
            hang_up(self.connection)
            return
        if fault == "silence":
            time.sleep(30)
            return
        if fault == "garbage":
            self.wfile.write(b"\0\xff what do you want\r\n\r\n" * 5000)
            return
        status, headers = fault if isinstance(fault, tuple) else (fault, {})
        if fault == "endless":
            status = 200
        if status < 300:
            owner.got.append((self.path, dict(self.headers), json.loads(body)))
        self.answer(status, headers, fault == "endless")

    def answer(self, status, headers, endless):
        owner = self.server.owner
        text = json.dumps({"ok": True, "ts": f"1500000000.{len(owner.got):06}",
                           "id": f"post{len(owner.got)}"}).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if endless:
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Web(Server):
    def __init__(self, faults=(), certificate=None):
        self.tried = []
        super().__init__(Http, faults, certificate)

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def wait(self, count, seconds=20):
        wait_until(lambda: len(self.got) >= count, seconds,
                   f"message {count} of {[b for _, _, b in self.got]}, {self.tried}")
        return self.got

    def bodies(self):
        return [body for _, _, body in self.got]


class Smtp(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        owner = self.server.owner
        fault = owner.faults.pop(0) if owner.faults else 250
        if fault == "silence":
            time.sleep(30)
        if fault == "garbage":
            self.wfile.write(b"999 \xff\0 hello\r\n" * 10000)
            return
        self.say("220 test")
        sender, to = "", []
        while True:
            line = self.rfile.readline().decode().strip()
            verb = line.upper()
            if not line or verb == "QUIT":
                return
            if verb == "DATA":
                self.say("354 go on")
                text = self.take_text()
                if fault == "reset":
                    hang_up(self.connection)
                    return
                if fault == 250:
                    owner.got.append((sender, to, text))
                self.say(f"{fault} so")
            elif verb.startswith("RCPT TO:"):
                known = "gone@" not in line
                self.say("250 ok" if known else "550 nobody of that name")
                to += [line[8:].strip("<> ")] if known else []
            else:
                sender = line[10:].split()[0].strip("<>") if verb.startswith("MAIL") else sender
                self.say("250 ok")

    def take_text(self):
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b"..") else raw)
        return b"".join(lines)


class Mail(Server):
    def __init__(self, faults=()):
        super().__init__(Smtp, faults)

    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def wait(self, count, seconds=20):
        wait_until(lambda: len(self.got) >= count, seconds, f"mail {count} of {len(self.got)}")
        return [text for _, _, text in self.got]


class Maildir:
    """python3-aiosmtpd as the mail server, with a Maildir."""

    def __init__(self, folder):
        self.folder, self.port = os.path.join(folder, "maildir"), free_port()
        asked = subprocess.run([DEBIAN_PYTHON, "-c", "import aiosmtpd"], capture_output=True,
                               check=False) if shutil.which(DEBIAN_PYTHON) else None
        if asked is None or asked.returncode != 0:
            raise Skip("no python3-aiosmtpd")
        self.process = subprocess.Popen(
            [DEBIAN_PYTHON, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", "-c",
             "aiosmtpd.handlers.Mailbox", self.folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.is_up, what="aiosmtpd's start")

    def is_up(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def mails(self):
        new = os.path.join(self.folder, "new")
        found = []
        for name in sorted(os.listdir(new) if os.path.isdir(new) else []):
            with open(os.path.join(new, name), "rb") as file:
                found.append(file.read())
        return found

    def wait(self, count, seconds=20):
        wait_until(lambda: len(self.mails()) >= count, seconds, f"mail {count}")
        return self.mails()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
