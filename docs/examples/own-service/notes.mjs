// A service of your own behind Banyan's door, in Node 18 or later, nothing to install: notes that their owner alone sees.
import { createServer } from 'node:http';
import { caller } from '../signed-caller/check.mjs';

// What `banyan routes key notes` prints.
const keys = Object.fromEntries(Object.entries(JSON.parse(process.env.BANYAN_CALLER_KEYS)).map(([id, key]) => [id, Buffer.from(key, 'hex')]));
const notes = new Map();
const used = new Map();

/** Whether the signature comes for the first time: a write that somebody recorded must not be played again. */
function isFirst(signature, now = Date.now()) {
  for (const [old, until] of used) if (until < now) used.delete(old); else break;
  return !used.has(signature) && used.set(signature, now + 360_000);
}

function answer(request, body) {
  const who = caller(keys, request.method, request.url, request.headers);
  if (!who) return [401, { error: 'this did not come through the door' }];
  const { pathname } = new URL(request.url, 'http://service');
  if (pathname === '/notes/all' && !who.roles.includes('admin')) return [403, { error: 'for administrators' }];
  if (pathname === '/notes/all') return [200, { count: [...notes.values()].flat().length }];
  // The same person in two tenants is two people.
  const owner = `${who.tenant} ${who.subject}`;
  const own = notes.get(owner) ?? [];
  if (request.method === 'GET') return [200, { for: who.subject, language: who.locale, notes: own }];
  if (!isFirst(request.headers.signature)) return [409, { error: 'this was sent before' }];
  notes.set(owner, [...own, String(JSON.parse(body).text)].slice(-100));
  return [201, { for: who.subject, notes: notes.get(owner) }];
}

const server = createServer(async (request, response) => {
  let status = 400, said = { error: 'JSON of at most 10 KB, please' };
  try {
    let body = '';
    for await (const part of request) if ((body += part).length > 10_000) throw new RangeError('too long');
    [status, said] = answer(request, body);
  } catch { /* not readable: 400 */ }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said) + '\n');
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
