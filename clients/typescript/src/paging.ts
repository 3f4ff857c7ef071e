import { ok, type Answer } from './problem.js';
import type { components } from './generated/schema.js';

/** A page of a list. */
export interface Page<T> {
  data: T[];
  pagination: components['schemas']['Pagination'];
}

/**
 * All things of a list, page after page; the next page is asked for when it is needed.
 *
 *     for await (const goal of items((page) => banyan.api.GET('/api/v1/goals', { params: { query: { page, limit: 100 } } }))) { … }
 *
 * Pages are counted, so order by something that does not change while you read (`orderBy: 'createdAt', order: 'ASC'`): else what moves
 * between two pages is seen twice or not at all.
 */
export async function* items<T>(list: (page: number) => Promise<Answer<Page<T>>>): AsyncGenerator<T, void, undefined> {
  for await (const page of pages(list)) yield* page.data;
}

/** The same by pages, for who shows them with their numbers. */
export async function* pages<T>(list: (page: number) => Promise<Answer<Page<T>>>): AsyncGenerator<Page<T>, void, undefined> {
  for (let number = 1; ; number += 1) {
    const page = await ok(list(number));
    yield page;
    if (!page.pagination.hasNext) return;
  }
}
