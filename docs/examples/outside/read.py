"""Reads Banyan's events from NATS JetStream with `nats-py`.

    NATS_URL=nats://127.0.0.1:4222 python3 read.py 'banyan.*.identity.>' my-python-reader

Prints one line an event. With COUNT set it ends after so many.
"""

import asyncio
import json
import os
import sys

import nats
from nats.errors import TimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy


async def main(subject: str, durable: str, count: float) -> None:
    connection = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.ALL)
    reader = await connection.jetstream().pull_subscribe(subject, durable=durable, stream="banyan", config=config)
    # A real program keeps the ids in the transaction of what it does: each event comes at least once.
    known: set[str] = set()
    while len(known) < count:
        try:
            messages = await reader.fetch(batch=100, timeout=5)
        except TimeoutError:
            continue
        for message in messages:
            event = json.loads(message.data)
            if event["id"] not in known and len(known) < count:
                known.add(event["id"])
                print(json.dumps({"subject": message.subject, "id": event["id"], "type": event["type"], "data": event["data"]}), flush=True)
            # Only now is it done: without this word it comes again.
            await message.ack()
    await connection.close()


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "banyan.>"
    name = sys.argv[2] if len(sys.argv) > 2 else "python-example"
    asyncio.run(main(wanted, name, float(os.environ.get("COUNT", "inf"))))
