# SPDX-License-Identifier: ISC
"""A server of language models for everybody: it works for strangers, and one of them deletes."""

HOSTS = {"gpu": (92, 1)}
PACKAGES = ["curl", "python3"]
PLAYED = ["Ollama"]
PORT = 11434
URL = f"http://$GPU:{PORT}"


def use(say):
    """say(which client, command): what is offered, work that is done, a model that is fetched,
    one that is made, and one that is deleted."""
    say(0, f"curl -sS {URL}/; curl -sS {URL}/api/tags")
    say(1, f"curl -sS {URL}/api/generate -d '{{\"model\":\"llama3.2:3b\",\"prompt\":\"hi\"}}'")
    say(2, f"curl -sS {URL}/api/pull -d '{{\"model\":\"mine.example/x:1b\"}}'")
    say(2, f"curl -sS {URL}/api/create -d '{{\"model\":\"y\",\"from\":\"llama3.2:3b\"}}'")
    say(3, f"curl -sS -X DELETE {URL}/api/delete -d '{{\"model\":\"llama3.2:3b\"}}'")


def play(stage):
    stage.serve_played("gpu", __file__, ("ollama.played", PORT))
    use(lambda _, script: stage.colleague(script))
    group = [(stage.address("gpu"), "tcp", PORT)]
    stage.close(*group)
    stage.probe(group)
    stage.wait_wall()
    stage.change("opened", "open", group)
    use(stage.ask)
    stage.wait("the deletion", "level=destroyed")

    stage.change("closed", "shut", group)
    stage.probe(group, first=4)
    stage.wait("the proof", "kind=exposure.closed")
