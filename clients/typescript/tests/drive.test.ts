// The client against a real server, at BANYAN_URL. Its class `api` allows API_LIMIT requests a person, with an answer's word for each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, items, ok, ProblemError, rateLimit, type Session } from '../src/index.js';

const url = process.env['BANYAN_URL'];
const limit = Number(process.env['API_LIMIT']);
const PASSWORD = 'three grey herons wade';
const skip = url === undefined && 'BANYAN_URL is not set';
const somebody = (name: string) => ({ email: `${name}@example.org`, name, password: PASSWORD });
const at = (more: Partial<Parameters<typeof connect>[0]> = {}) => connect({ url: url ?? '', ...more });
const nowhere = '0190a5b0-0000-7000-8000-000000000000';

async function refusal(call: Promise<unknown>): Promise<ProblemError> {
  const reason: unknown = await call.then(() => assert.fail('the call was not refused'), (error: unknown) => error);
  assert.ok(reason instanceof ProblemError, String(reason));
  return reason;
}

test('a person registers, sets goals, and reads all of them page by page', { skip }, async () => {
  const kept: (Session | null)[] = [];
  const ana = at({ onSession: (session) => kept.push(session) });
  const user = await ana.register(somebody('ana'));
  assert.equal(user.email, 'ana@example.org');
  for (const number of [1, 2, 3, 4, 5]) {
    const goal = await ok(ana.api.POST('/api/v1/goals', { body: { title: `Goal ${number}`, targetDate: '2030-01-01' } }));
    assert.equal(goal.status, 'active');
  }
  const titles: string[] = [];
  const list = (page: number) => ana.api.GET('/api/v1/goals', { params: { query: { page, limit: 2, orderBy: 'createdAt', order: 'ASC' } } });
  for await (const goal of items(list)) titles.push(goal.title);
  assert.deepEqual(titles, [1, 2, 3, 4, 5].map((number) => `Goal ${number}`));

  // A session that was kept goes on elsewhere; tokens that no longer count are renewed, once for many calls.
  const session = kept.at(-1);
  assert.ok(session);
  let renewals = 0;
  const elsewhere = at({ session: { ...session, accessToken: `${session.accessToken}x` }, onSession: () => { renewals += 1; } });
  await Promise.all([1, 2, 3, 4].map(() => ok(elsewhere.api.GET('/api/v1/users/profile'))));
  assert.equal(renewals, 1);

  await elsewhere.logOut();
  assert.equal((await refusal(ok(elsewhere.api.GET('/api/v1/goals')))).status, 401);
});

test('a call that is sent twice under one key is done once', { skip }, async () => {
  const budi = at();
  await budi.register(somebody('budi'));
  const set = () => ok(budi.api.POST('/api/v1/goals', { body: { title: 'Once' }, params: { header: { 'Idempotency-Key': 'one-and-the-same' } } }));
  assert.equal((await set()).id, (await set()).id);
  const page = await ok(budi.api.GET('/api/v1/goals'));
  assert.equal(page.pagination.total, 1);

  // The answer is lost after the server has done it: the client asks again by itself.
  let losses = 1;
  const unlucky = at({
    ...(budi.session ? { session: budi.session } : {}),
    surroundings: {
      wait: async () => {},
      fetch: async (request) => {
        const response = await fetch(request);
        if (losses > 0) { losses -= 1; throw new TypeError('connection reset'); }
        return response;
      },
    },
  });
  await ok(unlucky.api.POST('/api/v1/goals', { body: { title: 'Second' } }));
  assert.equal((await ok(budi.api.GET('/api/v1/goals'))).pagination.total, 2);
});

test('refused calls are problems with a code, fields and the language of the reader', { skip }, async () => {
  const cici = at({ language: 'id-ID' });
  assert.equal((await refusal(ok(cici.api.GET('/api/v1/goals')))).code, 'unauthenticated');
  await cici.register(somebody('cici'));
  const bad = await refusal(ok(cici.api.POST('/api/v1/goals', { body: { title: '' } })));
  assert.equal(bad.status, 422);
  assert.ok(bad.about('title'), JSON.stringify(bad.problem));
  const english = await refusal(ok(cici.api.POST('/api/v1/goals', { body: { title: '' }, headers: { 'Accept-Language': 'en' } })));
  assert.notEqual(bad.about('title'), english.about('title'));
  const missing = await refusal(ok(cici.api.GET('/api/v1/goals/{id}', { params: { path: { id: nowhere } } })));
  assert.ok(missing.status === 404 || missing.status === 403, missing.code);
  assert.ok(missing.requestId);
  assert.equal((await refusal(ok(cici.api.GET('/api/v1/admin/users')))).code, 'forbidden');
  assert.equal((await refusal(cici.logIn({ email: 'cici@example.org', password: 'wrong' }))).code, 'invalid-credentials');
});

test('an API key acts for its owner until it is revoked', { skip }, async () => {
  const dewi = at();
  await dewi.register(somebody('dewi'));
  const made = await ok(dewi.api.POST('/api/v1/keys', { body: { name: 'Nightly export' } }));
  const program = at({ key: made.secret });
  await ok(program.api.POST('/api/v1/goals', { body: { title: 'By a program' } }));
  assert.equal((await ok(dewi.api.GET('/api/v1/goals'))).pagination.total, 1);
  await ok(dewi.api.DELETE('/api/v1/keys/{id}', { params: { path: { id: made.apiKey.id } } }));
  const refused = await refusal(ok(program.api.GET('/api/v1/goals')));
  assert.equal(refused.status, 401);
});

test('a limit says what is left, and then when to come again', { skip }, async () => {
  const eka = at({ retries: 0 });
  await eka.register(somebody('eka'));
  let last = Infinity;
  let refused: ProblemError | undefined;
  for (let count = 0; count <= limit && !refused; count += 1) {
    const { error, response } = await eka.api.GET('/api/v1/users/profile');
    const left = rateLimit(response);
    assert.equal(left?.name, 'api');
    assert.ok(left.remaining <= last, `${left.remaining} after ${last}`);
    last = left.remaining;
    if (!response.ok) refused = new ProblemError(response, error);
  }
  assert.equal(refused?.code, 'rate-limited');
  assert.ok((refused.retryAfter ?? 0) >= 1);
});
