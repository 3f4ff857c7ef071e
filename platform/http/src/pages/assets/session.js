// Who is signed in on this page. Tokens live in memory alone and are gone when the page is closed.
import { words } from './dom.js';

let session = null;
const listeners = [];
const EARLY = 30_000;

/** What the server says when it refuses. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.lines = [[problem?.title ?? `HTTP ${status}`, problem?.detail].filter(Boolean).join(': '),
      ...(problem?.errors ?? []).map((one) => `${one.field}: ${one.message}`)];
  }
}

export const user = () => session?.user ?? null;
export const onChange = (listener) => { listeners.push(listener); };

function enter(admission) {
  session = admission && { ...admission, ends: Date.now() + admission.expiresIn * 1000 };
  for (const listener of listeners) listener();
}

export async function logIn(email, password) {
  enter(await read(await post('/api/v1/auth/login', { email, password })));
}

export async function logOut() {
  const before = session;
  enter(null);
  if (before) await post('/api/v1/auth/logout', { refreshToken: before.refreshToken });
}

const post = (path, body) => fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function read(response) {
  const text = await response.text();
  let body = text || null;
  try { body = JSON.parse(text); } catch { /* no JSON */ }
  if (!response.ok) throw new Refusal(response.status, body);
  return body;
}

let renewing = null;

/** A token that counts, or null. A refresh token counts once, so one call renews for all. */
async function token() {
  if (session && session.ends - EARLY < Date.now()) {
    renewing ??= renew(session).finally(() => { renewing = null; });
    await renewing;
  }
  return session?.accessToken ?? null;
}

async function renew(before) {
  const response = await post('/api/v1/auth/refresh', { refreshToken: before.refreshToken });
  if (session !== before) return;
  if (response.ok) {
    session = { ...before, ...await response.json() };
    session.ends = Date.now() + session.expiresIn * 1000;
  } else if (response.status === 401) enter(null);
}

/** What the calls of this page are sent with: what stands in the field, else the log-in. */
export async function credential() {
  return document.getElementById('token').value.trim() || token();
}

/** A call as whoever is signed in. Refused, it is a `Refusal`. */
export async function ask(method, path, { query = {}, body } = {}) {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== ''));
  const headers = { Authorization: `Bearer ${await token()}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
  const address = [...given].length ? `${path}?${given}` : path;
  const response = await fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.status === 401) enter(null);
  return read(response);
}

/** Why something did not work, in words. */
export const reasons = (error) => (error instanceof Refusal ? error.lines : [words.failed]);
