// Edits a shared document and says what happens, a line of JSON each: URL=ws://…/realtime/doc TOKEN=… DOCUMENT=session:… node edit.mjs
// Lines on standard input: `type <text>` puts text at the end, `insert <at> <text>` puts it somewhere, `erase <at> <length>` takes some away, `set <key> <json>` writes into a map,
// `show <json>` shows something of itself to the others, `offline` and `online` cut the line and join it, `move <url>` names another server, `state` tells all that it has, `who` whom it sees.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const { URL: url, TOKEN: token, DOCUMENT: name } = process.env;
const tell = (what) => console.log(JSON.stringify(what));

const doc = new Y.Doc();
const [text, map] = [doc.getText('text'), doc.getMap('map')];
const provider = new WebsocketProvider(url, name, doc, { params: { token }, WebSocketPolyfill: WebSocket, maxBackoffTime: 200 });
provider.on('status', ({ status }) => tell({ status }));
provider.on('sync', (synced) => tell({ synced }));
provider.on('closed', ({ code, reason }) => tell({ closed: code, reason }));
console.warn = (...words) => tell({ warning: words.join(' ') });

const act = {
  type: (words) => text.insert(text.length, words),
  insert: (words) => text.insert(Number(words.split(' ')[0]), words.slice(words.indexOf(' ') + 1)),
  erase: (words) => text.delete(...words.split(' ').map(Number)),
  set: (words) => map.set(words.split(' ')[0], JSON.parse(words.slice(words.indexOf(' ') + 1))),
  show: (words) => provider.awareness.setLocalState(JSON.parse(words)),
  offline: () => provider.disconnect(),
  online: () => provider.connect(),
  move: (words) => (provider.serverUrl = words),
  state: () => tell({ state: Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64'), text: text.toString(), map: map.toJSON() }),
  who: () => tell({ who: [...provider.awareness.getStates().values()] }),
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const at = `${line} `.indexOf(' ');
  act[line.slice(0, at)](line.slice(at + 1));
});
