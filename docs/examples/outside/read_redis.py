"""Reads Banyan's events from a stream of Redis with `redis`, as one of any number of processes that share the work.

    REDIS_URL=redis://127.0.0.1:6379 python3 read_redis.py events:goals.goal.created my-group

Prints one line an event. With COUNT set it ends after so many.
"""

import json
import os
import sys

import redis


def main(stream: str, group: str, count: float) -> None:
    connection = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True)
    try:
        # Where the group stands is kept by Redis. From the beginning of what the stream has.
        connection.xgroup_create(stream, group, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    # A real program keeps the ids in the transaction of what it does: each event comes at least once.
    known: set[str] = set()
    while len(known) < count:
        for _, entries in connection.xreadgroup(group, "reader", {stream: ">"}, count=100, block=1_000):
            for entry, fields in entries:
                event = json.loads(fields["event"])
                # All tenants' events come by the same stream: a program of one tenant passes over the others.
                if event["id"] not in known and len(known) < count:
                    known.add(event["id"])
                    line = {"tenant": fields["tenant"], "id": event["id"], "type": event["type"], "data": event["data"]}
                    print(json.dumps(line), flush=True)
                # Only now is it done: without this word it stays with this reader (XAUTOCLAIM takes it over).
                connection.xack(stream, group, entry)
    connection.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "python-example", float(os.environ.get("COUNT", "inf")))
