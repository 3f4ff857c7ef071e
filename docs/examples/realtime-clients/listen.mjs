// Listens to a room and says what is heard, a line of JSON each: URL=ws://…/api/v1/realtime/connection/websocket TOKEN=… ROOM=… node listen.mjs
// Where no WebSocket goes through: URL=http://…/api/v1/realtime/connection/sse, by server-sent events.
// A line `cut` on standard input breaks the connection, `say <json>` says something, `who` asks who is there, `call <method> <json>` calls a method.
import { createInterface } from 'node:readline';
import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import WebSocket from 'ws';

const { URL: url, TOKEN: token, ROOM: room } = process.env;
const tell = (what) => console.log(JSON.stringify(what));

// The sockets, so that one can be broken as a network does it.
let socket;
class Watched extends WebSocket {
  constructor(...given) {
    super(...given);
    socket = this;
  }
}

const bySse = url.startsWith('http');
const client = new Centrifuge(bySse ? [{ transport: 'sse', endpoint: url }] : url, {
  token,
  websocket: Watched,
  eventsource: EventSource,
  emulationEndpoint: bySse ? new URL('../emulation', url).href : undefined,
  minReconnectDelay: 50,
  maxReconnectDelay: 500,
});
client.on('connected', ({ transport }) => tell({ connected: transport }));
client.on('connecting', ({ code, reason }) => tell({ connecting: code, reason }));
client.on('disconnected', ({ code, reason }) => tell({ disconnected: code, reason }));
client.on('error', ({ error }) => tell({ error: error.message }));
const subscription = client.newSubscription(room, { joinLeave: true });
subscription.on('subscribed', ({ recovered, wasRecovering }) => tell({ subscribed: room, recovered, wasRecovering }));
subscription.on('unsubscribed', ({ code }) => tell({ unsubscribed: code }));
subscription.on('publication', ({ data, offset }) => tell({ data, offset }));
subscription.on('join', ({ info }) => tell({ join: info.user }));
subscription.on('leave', ({ info }) => tell({ leave: info.user }));
subscription.subscribe();
client.connect();

createInterface({ input: process.stdin }).on('line', async (line) => {
  try {
    if (line === 'cut') socket.terminate();
    else if (line === 'who') tell({ who: Object.values((await subscription.presence()).clients).map((one) => one.user) });
    else if (line.startsWith('call ')) {
      const [, method, data] = /^call (\S+) (.*)$/.exec(line);
      tell({ answered: method, with: (await client.rpc(method, JSON.parse(data))).data });
    } else if (line.startsWith('say ')) await subscription.publish(JSON.parse(line.slice(4)));
  } catch (error) {
    tell({ refused: error.code ?? error.message, reason: error.message });
  }
});
