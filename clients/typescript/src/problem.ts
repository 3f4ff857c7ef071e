import { ERROR_CODES } from './generated/calls.js';
import type { components } from './generated/schema.js';

/** What the server says when it refuses (RFC 9457). */
export type Problem = components['schemas']['Problem'];
/** What is wrong with one field, in the person's language. */
export type FieldProblem = components['schemas']['FieldProblem'];
/** Every code that this client knows; each has a page under `/errors/` of the server. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A call that was refused. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The HTTP status. */
  readonly status: number;
  /** The error for programs. `unknown`: a newer server, or something on the way that is no Banyan. */
  readonly code: ErrorCode | 'unknown';
  /** What is wrong, field by field; empty where no field is to blame. */
  readonly fields: readonly FieldProblem[];
  /** The whole answer; `undefined` where it was no problem of Banyan's. */
  readonly problem: Problem | undefined;
  /** Leads whoever runs the server to the record of this request. */
  readonly requestId: string | undefined;
  /** Seconds until it is worth trying again, where waiting helps. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem ? [problem.title, problem.detail].filter(Boolean).join(': ') : `HTTP ${response.status} from ${response.url}`);
    this.status = response.status;
    this.code = ERROR_CODES.find((code) => code === problem?.code) ?? 'unknown';
    this.fields = problem?.errors ?? [];
    this.problem = problem;
    this.requestId = problem?.requestId ?? response.headers.get('x-request-id') ?? undefined;
    this.retryAfter = retryAfter(response, Date.now());
  }

  /** What is wrong with the field, for people: `error.about('title')`. */
  about(field: string): string | undefined {
    return this.fields.find((one) => one.field === field)?.message;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && typeof (body as Problem).code === 'string' && typeof (body as Problem).title === 'string';
}

/** What a call of `openapi-fetch` gives. */
export type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * The data of a call that went well; otherwise a {@link ProblemError}.
 *
 *     const goal = await ok(banyan.api.POST('/api/v1/goals', { body: { title: 'Run' } }));
 */
export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ProblemError(response, error);
  return data as T;
}

/** Seconds that the answer asks to wait (RFC 9110, 10.2.3), from `now` in milliseconds. */
export function retryAfter(response: Response, now: number): number | undefined {
  const text = response.headers.get('retry-after')?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const until = Date.parse(text);
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - now) / 1000));
}

/** What is left of a limit. */
export interface RateLimit {
  /** The name of the limit's class, as `api`. */
  readonly name: string;
  /** Requests that are left. */
  readonly remaining: number;
  /** Seconds until more are allowed. */
  readonly reset: number | undefined;
}

/** What the answer says about the caller's limit (the field `RateLimit` of draft-ietf-httpapi-ratelimit-headers). */
export function rateLimit(response: Response): RateLimit | undefined {
  const found = /^\s*"([^"]*)"([^,]*)/.exec(response.headers.get('ratelimit') ?? '');
  const number = (name: string) => new RegExp(`;\\s*${name}=(\\d+)`).exec(found?.[2] ?? '')?.[1];
  const remaining = number('r');
  if (!found || remaining === undefined) return undefined;
  const reset = number('t');
  return { name: found[1] ?? '', remaining: Number(remaining), reset: reset === undefined ? undefined : Number(reset) };
}
