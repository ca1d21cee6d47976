# SPDX-License-Identifier: ISC
"""An object store with a container that anybody may read; and requests that are signed or refused.

The servers are from npm (azurite, s3rver): where they are not in PATH, the recording speaks.
"""

import base64
import hashlib
import hmac
import shutil
from email.utils import formatdate

HOSTS = {"azure": (80, 1), "s3": (81, 1)}
PACKAGES = ["curl"]
COMMANDS = ["azurite-blob", "s3rver", "node"]
ACCOUNT = "devstoreaccount1"
# The emulator's well-known key, as its documentation prints it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
DOCUMENTS, BUCKET = 8, 5


def headers(verb, path, extra="", length="", query="", key=KEY):
    """curl's options for a request that is signed with the account's key."""
    date = formatdate(usegmt=True)
    named = sorted([f"x-ms-date:{date}", "x-ms-version:2021-12-02", *extra.split()])
    text = "\n".join([verb, "", "", length, "", "", "", "", "", "", "", "", *named,
                      f"/{ACCOUNT}/{ACCOUNT}{path}{query}"])
    signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(),
                                          hashlib.sha256).digest()).decode()
    return " ".join(f"-H '{h.replace(':', ': ', 1)}'" for h in named) + \
        f" -H 'Authorization: SharedKey {ACCOUNT}:{signature}' -H 'Content-Type:'"


def fill(stage, colleague):
    url = f"http://$AZURE:10000/{ACCOUNT}"
    for name, public in (("backups", "x-ms-blob-public-access:container"), ("private", "")):
        signed = headers("PUT", f"/{name}", public, query="\nrestype:container")
        output = stage.ask(0, f"curl -sS -w '%{{http_code}}' -X PUT {signed} -H 'Content-Length: 0' "
                              f'"{url}/{name}?restype=container"', role=colleague)
        assert "201" in output, output
    for number in range(DOCUMENTS):
        path = f"/backups/customer-{number}.pdf"
        signed = headers("PUT", path, "x-ms-blob-type:BlockBlob", "9000")
        stage.ask(0, f"yes 'contract {number}' | head -c 9000 | curl -sS -X PUT --data-binary @- "
                     f"{signed} {url}{path}", role=colleague)
    for number in range(BUCKET):
        stage.ask(0, f"yes mail | head -c 7000 | curl -sS -X PUT --data-binary @- "
                     f"http://$S3:9000/mails/{number}.eml", role=colleague)


def play(stage):
    run = {"AZURITE": shutil.which("azurite-blob"), "S3RVER": shutil.which("s3rver")}
    stage.serve("azure", "azure", run, 'exec "$AZURITE" --location $DIR --blobHost 0.0.0.0 '
                '--skipApiVersionCheck --loose --silent --disableTelemetry', [("tcp", 10000)])
    stage.serve("s3", "s3", run, 'exec "$S3RVER" -d $DIR -a 0.0.0.0 -p 9000 '
                '--configure-bucket mails', [("tcp", 9000)])
    fill(stage, stage.lab.network.colleague.role)

    url = f"http://$AZURE:10000/{ACCOUNT}"
    stage.ask(0, f'curl -sS "{url}/backups?restype=container&comp=list"')
    for number in [*range(DOCUMENTS), 0, 1, 2]:  # some of them again: they are the same objects
        stage.ask(number % 2, f'curl -sS -o /dev/null "{url}/backups/customer-{number}.pdf?x={number}"')
    signed = headers("GET", "/backups/customer-3.pdf")
    stage.ask(2, f"curl -sS -o /dev/null {signed} {url}/backups/customer-3.pdf")
    wrong = headers("GET", "/private/plan.pdf", key="AAAA")
    stage.ask(3, f"curl -sS {wrong} {url}/private/plan.pdf")
    stage.ask(4, f'curl -sS "{url}/private?restype=container&comp=list"')

    stage.ask(5, 'curl -sS "http://$S3:9000/mails?list-type=2"')
    for number in [*range(BUCKET), 0, 1]:
        stage.ask(5, f"curl -sS -o /dev/null http://$S3:9000/mails/{number}.eml")
    stage.wait("the objects", "port=9000", f"spanwatch.exposure.objects_read={BUCKET}")
