"""Calls an agent with trio-serf or asyncserf, and prints what came back as JSON: LIBRARY HOST PORT OTHER TARGET.

OTHER is an agent to be joined, TARGET the name of a member that has failed. Both libraries have the same methods.
"""

import importlib
import json
import sys

# What each library runs on.
RUNNERS = {"trio_serf": "trio", "asyncserf": "anyio"}


def plain(value):
    """A value as JSON can hold it."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


async def answer(call):
    """What a call returns, or the error that it raises."""
    try:
        result = await call
    except Exception as error:
        return [type(error).__name__, str(error)]
    return [plain(result.head), plain(result.body)]


def record(event):
    """A record of a stream."""
    return {key: plain(value) for key, value in vars(event).items() if key != "client"}


async def call(client, other, target):
    called = {
        "join": await answer(client.join([other])),
        "join-nobody": await answer(client.join(["127.255.0.9:1"])),
        "members": await answer(client.members()),
        "members-by-name": await answer(client.members(name="n1")),
        "members-by-tags": await answer(client.members(status="alive", tags={"kind": "^a"})),
        "force-leave": await answer(client.force_leave(target)),
        "stats": await answer(client.stats()),
    }
    called["streamed"] = []
    async with client.stream(["user:hello", "query:who"]) as events:
        called["event"] = await answer(client.event("hello", b"\x00\xff", coalesce=False))
        async for event in events:
            called["streamed"].append(record(event))
            break
    called["answers"] = []
    async with client.query("who", b"x", nodes=["n1"], request_ack=True, timeout=1) as answers:
        async for reply in answers:
            called["answers"].append(record(reply))
    return called


async def main(library, runner, host, port, other, target):
    with runner.fail_after(30):
        async with library.serf_client(host=host, port=int(port)) as client:
            print(json.dumps(await call(client, other, target)))


name, *arguments = sys.argv[1:]
library = importlib.import_module(f"{name}.client")
runner = importlib.import_module(RUNNERS[name])
runner.run(main, library, runner, *arguments)
