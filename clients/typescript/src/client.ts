import createClient, { type Client } from 'openapi-fetch';
import { OPEN, REPEATABLE } from './generated/calls.js';
import type { components, paths } from './generated/schema.js';
import { ok, ProblemError } from './problem.js';
import { keyTokens, SessionTokens, type Session, type Tokens } from './tokens.js';
import { send, wait, type Nature, type Surroundings } from './transport.js';

type Schemas = components['schemas'];

/** How to reach a Banyan. */
export interface Options {
  /** Where it listens: `https://api.example.org`. Tokens go to this place alone. */
  readonly url: string;
  /** An API key, `bk_…`. Without one the client has the session that `logIn` begins. */
  readonly key?: string;
  /** A session that was kept. */
  readonly session?: Session;
  /** Hears of each change of the session, so that it can be kept; null is logged out. */
  readonly onSession?: (session: Session | null) => void;
  /** The languages of texts and problems: `id-ID, en;q=0.5` (RFC 9110). A browser sends its own. */
  readonly language?: string;
  /** The tenant, where the host name does not say it. */
  readonly tenant?: string;
  /** Tries after the first one, of calls that are safe to repeat; 2 if it is left out. */
  readonly retries?: number;
  /** Seconds that a call waits at most before it is repeated; 10 if it is left out. */
  readonly longestWait?: number;
  /** What the client has of the world; for tests. */
  readonly surroundings?: Partial<Surroundings>;
}

/** A request that did not come through the calls. */
const UNKNOWN: Nature = { repeatableFor: 0, open: false };

/** A Banyan, and who speaks to it. */
export interface Banyan {
  /** All calls: `api.GET('/api/v1/goals')`. See openapi-fetch. `ok(…)` makes a refused one an error. */
  readonly api: Client<paths>;
  /** Who is signed in. */
  readonly session: Session | null;
  register(who: Schemas['Registration']): Promise<Schemas['User']>;
  logIn(who: Schemas['Credentials']): Promise<Schemas['User']>;
  /** Ends the session here, and at the server if it can be reached. */
  logOut(): Promise<void>;
}

/** A client of the Banyan at `options.url`. */
export function connect(options: Options): Banyan {
  const around: Surroundings = {
    fetch: (request) => globalThis.fetch(request), now: Date.now, wait, random: Math.random, ...options.surroundings,
  };
  const headers = {
    ...(options.language === undefined ? {} : { 'Accept-Language': options.language }),
    ...(options.tenant === undefined ? {} : { 'X-Tenant': options.tenant }),
  };
  const patience = { retries: options.retries ?? 2, longestWait: options.longestWait ?? 10 };
  const natures = new WeakMap<Request, Nature>();

  const refresh = async (refreshToken: string): Promise<Session | null> => {
    const { data, error, response } = await api.POST('/api/v1/auth/refresh', { body: { refreshToken } });
    if (data) return sessionOf(data, around.now());
    if (response.status === 401) return null;
    throw new ProblemError(response, error);
  };
  const session = new SessionTokens(options.session ?? null, refresh, options.onSession ?? (() => {}), around.now);
  const tokens: Tokens = options.key === undefined ? session : keyTokens(options.key);

  const api = createClient<paths>({
    baseUrl: options.url,
    headers,
    fetch: (request) => send(request, natures.get(request) ?? UNKNOWN, tokens, patience, around),
  });
  api.use({
    onRequest({ request, schemaPath }) {
      const call = `${request.method} ${schemaPath}`;
      if (REPEATABLE.has(call) && !request.headers.has('idempotency-key')) request.headers.set('idempotency-key', newKey());
      natures.set(request, { repeatableFor: repeatableFor(request.method, call), open: OPEN.has(call) });
    },
  });

  const enter = async (call: Promise<{ data?: Schemas['Admission']; error?: unknown; response: Response }>) => {
    const admission = await ok(call);
    session.set(sessionOf(admission, around.now()));
    return admission.user;
  };
  return {
    api,
    get session() { return session.session; },
    register: (who) => enter(api.POST('/api/v1/auth/register', { body: who })),
    logIn: (who) => enter(api.POST('/api/v1/auth/login', { body: who })),
    async logOut() {
      const before = session.session;
      session.set(null);
      if (before) await ok(api.POST('/api/v1/auth/logout', { body: { refreshToken: before.refreshToken } }));
    },
  };
}

function sessionOf(admission: Schemas['Admission'], now: number): Session {
  return { accessToken: admission.accessToken, refreshToken: admission.refreshToken, expiresAt: now + admission.expiresIn * 1000 };
}

/** Methods that may be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** A refresh token that is used twice within ten seconds gives the same tokens; later it counts as stolen, and its session ends. */
const REFRESH = { call: 'POST /api/v1/auth/refresh', repeatableFor: 8_000 };

/** Milliseconds. */
function repeatableFor(method: string, call: string): number {
  if (call === REFRESH.call) return REFRESH.repeatableFor;
  return IDEMPOTENT.has(method) || REPEATABLE.has(call) ? Infinity : 0;
}

/** A key of its own for each call. It has to be unique, not secret. */
function newKey(): string {
  // Node 18 has no global `crypto`, and browsers none outside of HTTPS.
  if (typeof globalThis.crypto?.randomUUID === 'function') return globalThis.crypto.randomUUID();
  const random = () => Math.random().toString(36).slice(2);
  return `${Date.now().toString(36)}-${random()}-${random()}`;
}
