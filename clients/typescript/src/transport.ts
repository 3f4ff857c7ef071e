import { ProblemError, retryAfter } from './problem.js';
import type { Tokens } from './tokens.js';

/** How often and how long a call is repeated. */
export interface Patience {
  /** Tries after the first one. */
  readonly retries: number;
  /** Seconds; an answer that asks to wait longer is handed on at once. */
  readonly longestWait: number;
}

/** What comes from outside, so that tests need not wait. */
export interface Surroundings {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits that many milliseconds, or throws the signal's reason. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What is known of a call beyond its request. */
export interface Nature {
  /** For how many milliseconds sending it again does no more than sending it once; 0: never. */
  readonly repeatableFor: number;
  /** It is made without a token. */
  readonly open: boolean;
}

/** Answers that may be another one at the time that they name. 409: the call is under way under the same key. */
const PASSING = new Set([409, 429, 502, 503, 504]);
/** Those of them that are worth another try where they name none. */
const UNNAMED = new Set([502, 503, 504]);
/** Milliseconds before the first repetition where the server names no time; doubled each time. */
const FIRST_WAIT = 200;

/** Sends a request: with a token that counts, and again where that is safe and helps. */
export async function send(request: Request, nature: Nature, tokens: Tokens, patience: Patience, around: Surroundings): Promise<Response> {
  const began = around.now();
  for (let attempt = 0; ; attempt += 1) {
    const last = attempt >= patience.retries;
    const backOff = FIRST_WAIT * 2 ** attempt * (0.5 + around.random() / 2);
    const repeatable = (pause: number) => !last && around.now() - began + pause < nature.repeatableFor;
    let pause = backOff;
    try {
      const response = await sendAs(request, nature, tokens, around);
      const wanted = pauseBefore(response, backOff, around.now());
      // What a limit refuses has done nothing, so any call may come again.
      const again = wanted !== undefined && wanted <= patience.longestWait * 1000 && (response.status === 429 ? !last : repeatable(wanted));
      if (!again) return response;
      pause = wanted;
      await response.body?.cancel();
    } catch (error) {
      // Nobody knows whether the call arrived; a problem is one of renewing tokens, which has its own patience.
      if (error instanceof ProblemError || request.signal.aborted || !repeatable(backOff)) throw error;
    }
    await around.wait(pause, request.signal);
  }
}

/** Milliseconds until another try may have another answer; `undefined`: it will not. */
function pauseBefore(response: Response, backOff: number, now: number): number | undefined {
  const named = retryAfter(response, now);
  if (named !== undefined) return PASSING.has(response.status) ? named * 1000 : undefined;
  return UNNAMED.has(response.status) ? backOff : undefined;
}

async function sendAs(request: Request, nature: Nature, tokens: Tokens, around: Surroundings): Promise<Response> {
  if (nature.open || request.headers.has('authorization')) return around.fetch(request.clone());
  const token = await tokens.current();
  const first = await around.fetch(authorized(request, token));
  if (first.status !== 401 || token === undefined) return first;
  const renewed = await tokens.renew(token);
  if (renewed === undefined) return first;
  await first.body?.cancel();
  return around.fetch(authorized(request, renewed));
}

function authorized(request: Request, token: string | undefined): Request {
  const copy = request.clone();
  if (token !== undefined) copy.headers.set('authorization', `Bearer ${token}`);
  return copy;
}

/** Waits, unless the call is given up before. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    if (signal.aborted) return failed(signal.reason);
    const stop = () => { clearTimeout(timer); failed(signal.reason); };
    const timer = setTimeout(() => { signal.removeEventListener('abort', stop); done(); }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
