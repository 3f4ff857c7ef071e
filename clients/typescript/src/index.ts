export { connect, type Banyan, type Options } from './client.js';
export { items, pages, type Page } from './paging.js';
export { ok, ProblemError, rateLimit, type Answer, type ErrorCode, type FieldProblem, type Problem, type RateLimit } from './problem.js';
export type { Session } from './tokens.js';
export type { Surroundings } from './transport.js';
export type { components, operations, paths } from './generated/schema.js';
