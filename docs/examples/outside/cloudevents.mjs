// Reads the same messages as CloudEvents with the npm package `cloudevents`, which refuses what is none.
//
//   NATS_URL=nats://127.0.0.1:4222 COUNT=3 node cloudevents.mjs 'banyan.>'
import { HTTP } from "cloudevents";
import { connect } from "nats";

const [filter = "banyan.>"] = process.argv.slice(2);
const count = Number(process.env.COUNT ?? Infinity);
const connection = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" });
// An ordered reader that keeps no place: from the beginning, each time.
const consumer = await connection.jetstream().consumers.get("banyan", { filterSubjects: filter });
const messages = await consumer.consume();
let seen = 0;
for await (const message of messages) {
  // Structured mode is the same over HTTP and NATS: one header that says so, and the event as the body.
  const headers = { "content-type": message.headers.get("Content-Type") };
  const event = HTTP.toEvent({ headers, body: message.string() });
  event.validate();
  console.log(JSON.stringify({ id: event.id, type: event.type, source: event.source, time: event.time, tenant: event.tenant, data: event.data }));
  seen += 1;
  if (seen >= count) break;
}
await messages.close();
await connection.drain();
