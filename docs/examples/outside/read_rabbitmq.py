"""Reads Banyan's events from RabbitMQ with `pika`, from a durable queue that it binds to the exchange `banyan`.

    AMQP_URL=amqp://127.0.0.1:5672 python3 read_rabbitmq.py my-queue '*.identity.#'

Prints one line an event. With COUNT set it ends after so many. What is said before the queue is there does not come into it: name the queue in
`events.rabbitmq.queues`, and Banyan makes it.
"""

import json
import os
import sys

import pika


def main(queue: str, binding: str, count: float) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ.get("AMQP_URL", "amqp://127.0.0.1:5672")))
    channel = connection.channel()
    channel.queue_declare(queue, durable=True)
    channel.queue_bind(queue, "banyan", routing_key=binding)
    channel.basic_qos(prefetch_count=100)
    # A real program keeps the ids in the transaction of what it does: each event comes at least once.
    known: set[str] = set()
    for method, properties, body in channel.consume(queue, inactivity_timeout=1):
        if method is None:
            continue
        assert properties.content_type == "application/cloudevents+json; charset=utf-8", properties
        event = json.loads(body)
        assert properties.message_id == event["id"], properties
        if event["id"] not in known:
            known.add(event["id"])
            line = {"key": method.routing_key, "id": event["id"], "type": event["type"], "data": event["data"]}
            print(json.dumps(line), flush=True)
        # Only now is it done: without this word it comes again.
        channel.basic_ack(method.delivery_tag)
        if len(known) >= count:
            break
    channel.cancel()
    connection.close()


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "python-example"
    key = sys.argv[2] if len(sys.argv) > 2 else "#"
    main(wanted, key, float(os.environ.get("COUNT", "inf")))
