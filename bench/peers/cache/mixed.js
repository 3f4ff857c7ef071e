// Nine reads to one invalidation, as in platform/cache/examples/cache_throughput.rs: two nodes, each a process of its own, with BentoCache's
// memory, one Redis and its bus. `node mixed.js <port of Redis> <questions> <at once> <by>`, where <by> is how a value is ended: `key` or `tag`.
// Prints one JSON object.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';

const NODES = 2;
const KEYS = 1_000;
const [, , port, questions, atOnce, by, node] = process.argv;

if (node === undefined) await lead();
else await work(Number(node));

async function lead() {
  const nodes = Array.from({ length: NODES }, (_, number) => fork(process.argv[1], [port, questions, atOnce, by, String(number)]));
  await Promise.all(nodes.map((child) => once(child, 'message')));
  const begun = process.hrtime.bigint();
  const ended = nodes.map((child) => once(child, 'message'));
  nodes.forEach((child) => child.send('begin'));
  const found = (await Promise.all(ended)).map(([message]) => message);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  const sum = (name) => found.reduce((all, one) => all + one[name], 0);
  console.log(JSON.stringify({
    name: `BentoCache, ends by ${by}`,
    perSecond: sum('asked') / seconds,
    hitRatio: 1 - sum('loads') / (sum('asked') * 0.9),
  }));
}

async function work(number) {
  const connection = { host: '127.0.0.1', port: Number(port) };
  const store = bentostore()
    // As text: without (`serialize: false`) version 1.6.1 fails when a node hears of another's change.
    .useL1Layer(memoryDriver({ maxItems: KEYS * 2 }))
    .useL2Layer(redisDriver({ connection }))
    .useBus(redisBusDriver({ connection }));
  const cache = new BentoCache({ default: 'both', prefix: by, ttl: '1h', stores: { both: store } });
  let loads = 0;
  const ask = (id) =>
    cache.getOrSet({
      key: `row${id}`,
      tags: by === 'tag' ? ['rows', `row${id}`] : undefined,
      factory: () => {
        loads += 1;
        return { id, title: `Goal ${id}`, text: 'a little further, every day '.repeat(9) };
      },
    });
  const end = (id) => (by === 'tag' ? cache.deleteByTag({ tags: [`row${id}`] }) : cache.delete({ key: `row${id}` }));
  const share = Math.floor(Number(questions) / Number(atOnce));
  const begin = once(process, 'message');
  await ask(0);
  process.send('ready');
  await begin;
  const tasks = Array.from({ length: Number(atOnce) / NODES }, async (_, task) => {
    const dice = diceOf(BigInt(task * NODES + number + 1));
    for (let done = 0; done < share; done += 1) {
      const id = Number(dice() % BigInt(KEYS));
      if (dice() % 10n === 0n) await end(id);
      else await ask(id);
    }
  });
  await Promise.all(tasks);
  process.send({ asked: share * tasks.length, loads }, () => process.exit(0));
}

// The same sequence as there (xorshift).
function diceOf(seed) {
  let state = seed;
  return () => {
    state ^= BigInt.asUintN(64, state << 13n);
    state ^= state >> 7n;
    state ^= BigInt.asUintN(64, state << 17n);
    return state;
  };
}
