#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A web service that Debian and npm do not have, played by what its documents say it answers.

usage: played.py FILE PORT [FILE PORT ...]

A file is made of requests and their answers:

  # whose documents they are; anywhere in front of the first answer
  > METHOD /path        of which "*" stands for any text; what follows "?" is not looked at
  < 200 OK              the answer's status and the lines of its head
  ...                   its body, up to the next "> " or the end

The same request a second time: the next answer to it, where there is one, else the last again.
"Transfer-Encoding: chunked" sends each line of the body by itself. What no line names is 404.

It says of itself that it is no real server, for people in its log and for readers of a recording
in each answer: X-Played-From: documents.
"""

import fnmatch
import http.server
import sys
import threading

MARK = ("X-Played-From", "documents")


class Answer:
    def __init__(self, request):
        self.request, self.status, self.head, self.body = request, "404", [], []

    def matches(self, request):
        return fnmatch.fnmatchcase(request, self.request)


def read_answers(path):
    answers = []
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("> "):
                answers.append(Answer(line[2:]))
            elif line.startswith("< ") and answers[-1].status == "404" and not answers[-1].head:
                answers[-1].status = line[2:]
                answers[-1].head.append(MARK)
            elif line.startswith("< "):
                answers[-1].head.append(tuple(line[2:].split(": ", 1)))
            elif answers and line:
                answers[-1].body.append(line)
    return answers


class Service(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, path, port):
        super().__init__(("0.0.0.0", port), Handler)
        self.answers, self.lock, self.asked = read_answers(path), threading.Lock(), {}

    def answer(self, request):
        with self.lock:
            found = [a for a in self.answers if a.matches(request)]
            number = self.asked.get(request, 0)
            self.asked[request] = number + 1
        return found[min(number, len(found) - 1)] if found else Answer(request)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def version_string(self):  # http.server's own would be a mark of nothing
        return "played"

    def send_response(self, code, message=None):
        self.send_response_only(code, message)

    def do(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.answer(f"{self.command} {self.path.partition('?')[0]}")
        code, _, words = answer.status.partition(" ")
        self.send_response(int(code), words or "Not Found")
        for name, value in answer.head or [MARK]:
            self.send_header(name, value)
        body = "\n".join(answer.body).encode() + (b"\n" if answer.body else b"")
        if ("Transfer-Encoding", "chunked") in answer.head:
            self.end_headers()
            for line in answer.body:
                self.wfile.write(b"%x\r\n%s\n\r\n" % (len(line.encode()) + 1, line.encode()))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do

    def log_message(self, *_):
        pass


def main():
    words = sys.argv[1:]
    for path, port in zip(words[::2], words[1::2]):
        print(f"{path} on port {port}: no real server, but what its documents say", flush=True)
        threading.Thread(target=Service(path, int(port)).serve_forever).start()


if __name__ == "__main__":
    main()
