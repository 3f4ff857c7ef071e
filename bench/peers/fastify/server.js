// The yardstick of `cargo xtask bench api`: the two calls that the benchmark makes, as an experienced
// Fastify user would write them. Compiled validation and serialization, prepared statements, a pool of
// twenty connections like Banyan's, a token check that remembers tokens which it has checked.
//
// Settings: PEER_DATABASE_URL, and PEER_STATE: the file that is written when the server is ready, with
// {"listen": "http://127.0.0.1:…", "token": "…"}.
import { generateKeyPairSync } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

import { createSigner, createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

const TENANT = uuidv7();
const USER = uuidv7();
const GOALS = 200;

const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 20 });
await pool.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
await addGoals();

const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const sign = createSigner({ key: privateKey, algorithm: 'EdDSA', expiresIn: '1h' });
const verify = createVerifier({ key: publicKey, algorithms: ['EdDSA'], cache: true });

const app = Fastify({ logger: false });

app.decorateRequest('caller', null);
app.addHook('onRequest', async (request, reply) => {
  const header = request.headers.authorization;
  try {
    request.caller = verify(header.slice('Bearer '.length));
  } catch {
    return reply.code(401).send({ title: 'Unauthorized', status: 401 });
  }
});

const nullable = (type) => ({ type: [type, 'null'] });
const goal = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    userId: { type: 'string' },
    title: { type: 'string' },
    description: nullable('string'),
    category: nullable('string'),
    status: { type: 'string' },
    targetValue: nullable('number'),
    targetUnit: nullable('string'),
    currentValue: { type: 'number' },
    targetDate: nullable('string'),
    milestones: { type: 'array', items: { type: 'object', additionalProperties: true } },
    completedAt: nullable('string'),
    archivedAt: nullable('string'),
    createdAt: { type: 'string' },
    updatedAt: { type: 'string' },
  },
};
const pagination = {
  type: 'object',
  properties: {
    page: { type: 'integer' },
    limit: { type: 'integer' },
    total: { type: 'integer' },
    totalPages: { type: 'integer' },
    hasNext: { type: 'boolean' },
    hasPrev: { type: 'boolean' },
  },
};

const COUNT_GOALS = {
  name: 'count-goals',
  text: `SELECT count(*)::int AS total FROM goals WHERE tenant_id = $1 AND user_id = $2 AND deleted_at IS NULL`,
};
const LIST_GOALS = {
  name: 'list-goals',
  text: `SELECT id, user_id, title, description, category, status, target_value, target_unit, current_value,
                target_date, milestones, completed_at, archived_at, created_at, updated_at
         FROM goals WHERE tenant_id = $1 AND user_id = $2 AND deleted_at IS NULL
         ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4`,
};
const ADD_JOURNAL = {
  name: 'add-journal',
  text: `INSERT INTO journals (tenant_id, id, user_id, content, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)`,
};

app.get('/api/v1/goals', {
  schema: {
    querystring: {
      type: 'object',
      properties: {
        page: { type: 'integer', minimum: 1, default: 1 },
        limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      },
    },
    response: { 200: { type: 'object', properties: { data: { type: 'array', items: goal }, pagination } } },
  },
}, async (request) => {
  const { page, limit } = request.query;
  const owner = [request.caller.tenant, request.caller.sub];
  const [counted, listed] = await Promise.all([
    pool.query({ ...COUNT_GOALS, values: owner }),
    pool.query({ ...LIST_GOALS, values: [...owner, limit, (page - 1) * limit] }),
  ]);
  const { total } = counted.rows[0];
  const totalPages = Math.ceil(total / limit);
  return {
    data: listed.rows.map(presentGoal),
    pagination: { page, limit, total, totalPages, hasNext: page < totalPages, hasPrev: page > 1 },
  };
});

app.post('/api/v1/content/journal', {
  schema: {
    body: {
      type: 'object',
      required: ['content'],
      additionalProperties: false,
      properties: { content: { type: 'string', minLength: 1, maxLength: 100_000 } },
    },
    response: {
      201: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          userId: { type: 'string' },
          content: { type: 'string' },
          createdAt: { type: 'string' },
          updatedAt: { type: 'string' },
        },
      },
    },
  },
}, async (request, reply) => {
  const id = uuidv7();
  const now = new Date();
  const { tenant, sub } = request.caller;
  await pool.query({ ...ADD_JOURNAL, values: [tenant, id, sub, request.body.content, now] });
  const written = now.toISOString();
  return reply.code(201).send({ id, userId: sub, content: request.body.content, createdAt: written, updatedAt: written });
});

const listen = await app.listen({ host: '127.0.0.1', port: 0 });
await tellReady({ listen, token: sign({ sub: USER, tenant: TENANT }) });

process.once('SIGTERM', async () => {
  await app.close();
  await pool.end();
});

function presentGoal(row) {
  return {
    id: row.id,
    userId: row.user_id,
    title: row.title,
    description: row.description,
    category: row.category,
    status: row.status,
    targetValue: row.target_value,
    targetUnit: row.target_unit,
    currentValue: row.current_value,
    targetDate: row.target_date,
    milestones: row.milestones,
    completedAt: row.completed_at?.toISOString() ?? null,
    archivedAt: row.archived_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

async function addGoals() {
  for (let number = 1; number <= GOALS; number += 1) {
    const values = [TENANT, uuidv7(), USER, `Goal number ${number}`, new Date()];
    await pool.query({
      name: 'add-goal',
      text: `INSERT INTO goals (tenant_id, id, user_id, title, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)`,
      values,
    });
  }
  await pool.query('VACUUM ANALYZE goals');
}

/** Moves the finished file into place: whoever waits for it never reads half of one. */
async function tellReady(state) {
  const file = process.env.PEER_STATE;
  await writeFile(`${file}.new`, JSON.stringify(state));
  await rename(`${file}.new`, file);
}
