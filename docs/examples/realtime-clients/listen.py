"""As listen.mjs, with Centrifugo's client for Python: URL=ws://… TOKEN=… ROOM=… python listen.py"""

import asyncio
import json
import os
import sys

from centrifuge import CentrifugeError, Client, SubscriptionEventHandler


def tell(what):
    print(json.dumps(what), flush=True)


class Listener(SubscriptionEventHandler):
    async def on_subscribed(self, ctx):
        tell({"subscribed": os.environ["ROOM"], "recovered": ctx.recovered, "wasRecovering": ctx.was_recovering})

    async def on_unsubscribed(self, ctx):
        tell({"unsubscribed": ctx.code})

    async def on_publication(self, ctx):
        tell({"data": ctx.pub.data, "offset": ctx.pub.offset})

    async def on_join(self, ctx):
        tell({"join": ctx.info.user})

    async def on_leave(self, ctx):
        tell({"leave": ctx.info.user})


async def main():
    client = Client(os.environ["URL"], token=os.environ["TOKEN"], min_reconnect_delay=0.05, max_reconnect_delay=0.5, proxy=None)
    room = client.new_subscription(os.environ["ROOM"], events=Listener(), join_leave=True)
    await client.connect()
    await room.subscribe()
    lines = asyncio.get_running_loop()
    while line := (await lines.run_in_executor(None, sys.stdin.readline)).strip():
        try:
            if line == "cut":
                # As a network does it: without a word.
                if client._conn is not None:
                    client._conn.transport.abort()
            elif line == "who":
                tell({"who": [one.user for one in (await room.presence()).clients.values()]})
            elif line.startswith("call "):
                _, method, data = line.split(" ", 2)
                tell({"answered": method, "with": (await client.rpc(method, json.loads(data))).data})
            elif line.startswith("say "):
                await room.publish(json.loads(line[4:]))
        except CentrifugeError as error:
            tell({"refused": getattr(error, "code", str(error))})
    await client.disconnect()


asyncio.run(main())
