// What the client does by itself, against a server that is played.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { connect, items, ok, ProblemError, rateLimit, type Options, type Session } from '../src/index.js';

const NOW = Date.UTC(2025, 0, 1);
const USER = { id: '01941f29-7c00-7000-8000-0000000000aa', email: 'maya@example.org', name: 'Maya' };

type Play = (request: Request, body: unknown) => Response | Promise<Response>;

/** A client whose server is `play`; what it sent and how long it waited. */
function played(play: Play, options: Partial<Options> = {}) {
  const sent: { call: string; token: string | null; key: string | null; body: unknown }[] = [];
  const waited: number[] = [];
  const clock = { now: NOW };
  const banyan = connect({
    url: 'http://banyan.test', ...options,
    surroundings: {
      now: () => clock.now,
      random: () => 1,
      wait: async (milliseconds) => { waited.push(milliseconds); clock.now += milliseconds; },
      fetch: async (request) => {
        const text = await request.text();
        const body: unknown = text ? JSON.parse(text) : undefined;
        const call = `${request.method} ${new URL(request.url).pathname}${new URL(request.url).search}`;
        sent.push({ call, token: request.headers.get('authorization'), key: request.headers.get('idempotency-key'), body });
        return play(request, body);
      },
    },
  });
  return { banyan, sent, waited, clock };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const problem = (status: number, code: string, headers: Record<string, string> = {}, errors: unknown[] = []) =>
  json(status, { type: `/errors/${code}`, title: 'No', status, code, instance: '/', errors }, headers);
const admission = (number: number) => json(200, { user: USER, accessToken: `access-${number}`, refreshToken: `refresh-${number}`, expiresIn: 900 });
const session = (number: number, expiresAt = NOW + 900_000): Session =>
  ({ accessToken: `access-${number}`, refreshToken: `refresh-${number}`, expiresAt });
const page = (numbers: number[], hasNext: boolean) =>
  json(200, { data: numbers, pagination: { page: 1, limit: 2, total: 3, totalPages: 2, hasNext, hasPrev: false } });
/** Answers in their order; asked once more is a failure. */
const inTurn = (...answers: (Response | Error)[]): Play => () => {
  const next = answers.shift();
  if (!next) throw new assert.AssertionError({ message: 'one call too many' });
  if (next instanceof Error) throw next;
  return next;
};

test('a call that takes a key is repeated under the same one until it is answered', async () => {
  const { banyan, sent, waited } = played(inTurn(new TypeError('connection reset'), problem(503, 'overloaded', { 'retry-after': '2' }), json(201, { id: 'g' })));
  await ok(banyan.api.POST('/api/v1/goals', { body: { title: 'Run' } }));
  assert.equal(sent.length, 3);
  assert.ok(sent[0]?.key);
  assert.deepEqual(new Set(sent.map((one) => one.key)).size, 1);
  assert.deepEqual(sent.map((one) => one.body), Array(3).fill({ title: 'Run' }));
  assert.deepEqual(waited, [200, 2000]);
  const other = played(inTurn(json(201, {})));
  await ok(other.banyan.api.POST('/api/v1/goals', { body: { title: 'Run' }, params: { header: { 'Idempotency-Key': 'mine' } } }));
  assert.equal(other.sent[0]?.key, 'mine');
});

test('each call has a key of its own', async () => {
  const { banyan, sent } = played(() => json(201, {}));
  for (let count = 0; count < 3; count += 1) await ok(banyan.api.POST('/api/v1/goals', { body: { title: 'Run' } }));
  assert.equal(new Set(sent.map((one) => one.key)).size, 3);
});

test('a call that is not safe to repeat is sent once', async () => {
  const lost = played(inTurn(new TypeError('connection reset')));
  await assert.rejects(lost.banyan.api.PATCH('/api/v1/goals/{id}', { params: { path: { id: 'g' } }, body: { title: 'Walk' } }), /connection reset/);
  const refused = played(inTurn(problem(503, 'overloaded', { 'retry-after': '1' })));
  await assert.rejects(ok(refused.banyan.api.PATCH('/api/v1/goals/{id}', { params: { path: { id: 'g' } }, body: { title: 'Walk' } })), { status: 503 });
  const login = played(inTurn(problem(503, 'overloaded', { 'retry-after': '1' })));
  await assert.rejects(login.banyan.logIn({ email: 'a@example.org', password: 'p' }), { status: 503 });
});

test('a limit is waited for where it is short, and told where it is long', async () => {
  const short = played(inTurn(problem(429, 'rate-limited', { 'retry-after': '3' }), json(200, {})), { key: 'bk_1' });
  await ok(short.banyan.api.PATCH('/api/v1/goals/{id}', { params: { path: { id: 'g' } }, body: { title: 'Walk' } }));
  assert.deepEqual([short.waited, short.sent[0]?.token], [[3000], 'Bearer bk_1']);
  const long = played(inTurn(problem(429, 'rate-limited', { 'retry-after': '600' })));
  const error = await ok(long.banyan.api.GET('/api/v1/goals')).then(() => assert.fail(), (reason: unknown) => reason);
  assert.ok(error instanceof ProblemError);
  assert.deepEqual([error.code, error.status, error.retryAfter, long.waited], ['rate-limited', 429, 600, []]);
  const never = played(() => problem(429, 'rate-limited', { 'retry-after': '1' }));
  await assert.rejects(ok(never.banyan.api.GET('/api/v1/goals')), { code: 'rate-limited' });
  assert.equal(never.sent.length, 3, 'it ends');
});

test('an expired token is renewed once, however many calls wait, and the newest one is kept', async () => {
  const kept: (Session | null)[] = [];
  const { banyan, sent } = played((request) => {
    if (request.url.endsWith('/auth/refresh')) return admission(2);
    return request.headers.get('authorization') === 'Bearer access-2' ? page([], false) : problem(401, 'invalid-token');
  }, { session: session(1), onSession: (next) => kept.push(next) });
  await Promise.all(Array.from({ length: 10 }, () => ok(banyan.api.GET('/api/v1/goals'))));
  const refreshes = sent.filter((one) => one.call.endsWith('/auth/refresh'));
  assert.deepEqual(refreshes.map((one) => [one.body, one.token]), [[{ refreshToken: 'refresh-1' }, null]]);
  assert.deepEqual(kept, [session(2)]);
});

test('a token that is about to end is renewed before it is used', async () => {
  const { banyan, sent, clock } = played((request) => (request.url.endsWith('/auth/refresh') ? admission(2) : page([], false)), { session: session(1) });
  clock.now += 880_000;
  await ok(banyan.api.GET('/api/v1/goals'));
  assert.deepEqual(sent.map((one) => one.token), [null, 'Bearer access-2']);
});

test('a session that the server ends is over, and the call says why', async () => {
  const kept: (Session | null)[] = [];
  const { banyan, sent } = played(() => problem(401, 'invalid-token'), { session: session(1), onSession: (next) => kept.push(next) });
  await assert.rejects(ok(banyan.api.GET('/api/v1/goals')), { code: 'invalid-token' });
  assert.deepEqual([kept, banyan.session, sent.length], [[null], null, 2]);
});

test('a server that cannot renew for a moment ends no session', async () => {
  const { banyan, sent } = played((request) => (request.url.endsWith('/auth/refresh') ? problem(503, 'overloaded') : problem(401, 'invalid-token')),
    { session: session(1) });
  await assert.rejects(ok(banyan.api.GET('/api/v1/goals')), { code: 'overloaded' });
  assert.equal(banyan.session?.refreshToken, 'refresh-1');
  assert.equal(sent.filter((one) => one.call.endsWith('/auth/refresh')).length, 3);
});

test('a refresh token is not used again when it would count as stolen', async () => {
  const slow = played(() => {
    slow.clock.now += 30_000;
    throw new TypeError('timed out');
  }, { session: session(1, NOW) });
  await assert.rejects(slow.banyan.api.PATCH('/api/v1/goals/{id}', { params: { path: { id: 'g' } }, body: {} }), /timed out/);
  assert.equal(slow.sent.filter((one) => one.call.endsWith('/auth/refresh')).length, 1);
});

test('a log-in during a renewal is not overwritten', async () => {
  let release = (): void => {};
  const held = new Promise<void>((done) => { release = done; });
  const { banyan } = played(async (request) => {
    if (request.url.endsWith('/auth/refresh')) { await held; return admission(2); }
    return request.url.endsWith('/auth/login') ? admission(7) : page([], false);
  }, { session: session(1, NOW) });
  const call = ok(banyan.api.GET('/api/v1/goals'));
  await banyan.logIn({ email: 'maya@example.org', password: 'p' });
  release();
  await call;
  assert.equal(banyan.session?.accessToken, 'access-7');
});

test('tokens do not go with calls that ask nobody who they are', async () => {
  const { banyan, sent } = played(() => admission(3), { session: session(1) });
  await banyan.logIn({ email: 'maya@example.org', password: 'p' });
  assert.equal(sent[0]?.token, null);
});

test('logging out ends the session here even if the server is away', async () => {
  const { banyan, sent } = played(() => { throw new TypeError('away'); }, { session: session(1) });
  await assert.rejects(banyan.logOut(), /away/);
  assert.deepEqual([banyan.session, sent[0]?.body], [null, { refreshToken: 'refresh-1' }]);
});

test('a list is read page by page, and no further than it is wanted', async () => {
  const { banyan, sent } = played((request) => (request.url.includes('page=1') ? page([1, 2], true) : page([3], false)));
  const list = (number: number) => banyan.api.GET('/api/v1/goals', { params: { query: { page: number, limit: 2 } } });
  const all: unknown[] = [];
  for await (const goal of items(list)) all.push(goal);
  assert.deepEqual([all, sent.length], [[1, 2, 3], 2]);
  for await (const goal of items(list)) { assert.equal(goal, 1); break; }
  assert.equal(sent.length, 3);
});

test('a problem names its fields, and what is no problem is not taken for one', async () => {
  const bad = played(() => problem(400, 'validation-failed', {}, [{ field: 'title', code: 'required', message: 'Say what.' }]));
  await assert.rejects(ok(bad.banyan.api.POST('/api/v1/goals', { body: { title: '' } })), (error: unknown) =>
    error instanceof ProblemError && error.code === 'validation-failed' && error.about('title') === 'Say what.' && error.about('other') === undefined);
  const proxy = played(() => new Response('<html>Bad gateway</html>', { status: 502 }), { retries: 0 });
  await assert.rejects(ok(proxy.banyan.api.GET('/api/v1/goals')), { code: 'unknown', status: 502, problem: undefined });
  const newer = played(() => problem(400, 'a-code-of-next-year'));
  await assert.rejects(ok(newer.banyan.api.GET('/api/v1/goals')), { code: 'unknown' });
});

test('a call that is given up is neither sent again nor waited for', async () => {
  const control = new AbortController();
  const { banyan, sent } = played(() => { control.abort(new Error('enough')); throw new TypeError('aborted'); });
  await assert.rejects(banyan.api.GET('/api/v1/goals', { signal: control.signal }));
  assert.equal(sent.length, 1);
});

test('what is left of a limit is read', () => {
  const answer = (text: string) => rateLimit(new Response(null, { headers: { ratelimit: text } }));
  assert.deepEqual(answer('"api";r=99;t=9'), { name: 'api', remaining: 99, reset: 9 });
  assert.deepEqual(answer('"api";r=0'), { name: 'api', remaining: 0, reset: undefined });
  assert.equal(answer('nonsense'), undefined);
  assert.equal(rateLimit(new Response(null)), undefined);
});

test('what the README shows is what compiles', async () => {
  const root = new URL('../../', import.meta.url);
  const shown = /```ts\n(.*?)```/s.exec(await readFile(new URL('README.md', root), 'utf8'))?.[1];
  const compiled = await readFile(new URL('tests/readme.ts', root), 'utf8');
  assert.equal(shown, compiled.replace('../src/index.js', 'banyan-client'));
});

/** Never run: the compiler refuses what the interface does not have. */
export function theCompilerKnowsTheInterface() {
  const { api } = connect({ url: 'http://banyan.test' });
  // @ts-expect-error a path that nobody has
  void api.GET('/api/v1/gaols');
  // @ts-expect-error a method that the path has not
  void api.PUT('/api/v1/goals');
  // @ts-expect-error a body without its title
  void api.POST('/api/v1/goals', { body: {} });
  // @ts-expect-error a title that is no text
  void api.POST('/api/v1/goals', { body: { title: 10 } });
  // @ts-expect-error a status that goals have not
  void api.GET('/api/v1/goals', { params: { query: { status: 'lost' } } });
  // @ts-expect-error a path without its parameter
  void api.GET('/api/v1/goals/{id}');
  const title: Promise<string> = ok(api.POST('/api/v1/goals', { body: { title: 'Run' } })).then((goal) => goal.title);
  // @ts-expect-error a title is no number
  const wrong: Promise<number> = ok(api.POST('/api/v1/goals', { body: { title: 'Run' } })).then((goal) => goal.title);
  return [title, wrong];
}
