// Reads Banyan's events from NATS JetStream with the npm package `nats`, as one of any number of processes that share the work.
//
//   NATS_URL=nats://127.0.0.1:4222 node read.mjs 'banyan.*.identity.>' my-reader
//
// Prints one line an event. With COUNT set it ends after so many.
import { AckPolicy, connect, DeliverPolicy, JSONCodec } from "nats";

const [filter = "banyan.>", durable = "example"] = process.argv.slice(2);
const count = Number(process.env.COUNT ?? Infinity);
const connection = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" });
const manager = await connection.jetstreamManager();
// Where this reader stands is kept by JetStream, under its name.
await manager.consumers.add("banyan", {
  durable_name: durable,
  filter_subject: filter,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
});
const consumer = await connection.jetstream().consumers.get("banyan", durable);
const codec = JSONCodec();
// A real program keeps the ids in the transaction of what it does: each event comes at least once.
const known = new Set();
const messages = await consumer.consume();
for await (const message of messages) {
  const event = codec.decode(message.data);
  if (!known.has(event.id)) {
    known.add(event.id);
    console.log(JSON.stringify({ subject: message.subject, id: event.id, type: event.type, about: event.subject, data: event.data }));
  }
  // Only now is it done: without this word it comes again.
  message.ack();
  if (known.size >= count) break;
}
await connection.drain();
