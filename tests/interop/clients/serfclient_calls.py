"""Calls an agent with serfclient, and prints what came back as JSON: HOST PORT OTHER TARGET.

OTHER is an agent to be joined, TARGET the name of a member that has failed.
"""

import json
import sys

from serfclient.client import SerfClient


def plain(value):
    """A value as JSON can hold it."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def answer(result):
    return [plain(result.head), plain(result.body)]


def main(host, port, other, target):
    client = SerfClient(host=host, port=int(port), timeout=10)
    events = SerfClient(host=host, port=int(port), timeout=10)
    stream = events.stream(["user:hello", "user:bytes"])
    called = {
        "join": answer(client.join([other])),
        "join-nobody": answer(client.join(["127.255.0.9:1"])),
        "members": answer(client.members()),
        "members-by-name": answer(client.members(name="n1")),
        "members-by-tags": answer(client.members(status="alive", tags={"kind": "^a"})),
        "event": answer(client.event("hello", payload="w\u00f6rld", coalesce=False)),
        "event-bytes": answer(client.event("bytes", payload=b"\x00\xff", coalesce=False)),
        "force-leave": answer(client.force_leave(target)),
        "stats": answer(client.stats()),
        "stream": plain(stream.head),
    }
    streamed = []
    for record in stream.body:
        streamed.append(answer(record))
        if len(streamed) == 2:
            break
    called["streamed"] = streamed
    client.close()
    events.close()
    print(json.dumps(called))


main(*sys.argv[1:])
