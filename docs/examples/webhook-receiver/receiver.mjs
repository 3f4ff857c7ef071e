// A server that takes Banyan's webhooks: it believes what is signed with its key, and takes each message once.
//
//   npm install
//   WEBHOOK_SECRET=whsec_… node receiver.mjs [port]
//
// It prints its address, then a line for each message. It runs as a test (`cargo xtask channel-tests`), so what stands here works.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
// A real receiver keeps the ids where its effect is, in the same transaction.
const taken = new Set();

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  // As it came: parsed and written again it may differ, and the signature with it.
  const body = Buffer.concat(chunks).toString("utf8");
  let message;
  try {
    message = webhook.verify(body, request.headers);
  } catch {
    console.log("refused");
    return response.writeHead(401).end();
  }
  const id = request.headers["webhook-id"];
  if (taken.has(id)) {
    console.log(`again ${id}`);
  } else {
    taken.add(id);
    console.log(`taken ${id} ${message.type}`);
  }
  // At once: what takes long is done after the answer.
  response.writeHead(204).end();
});

server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
