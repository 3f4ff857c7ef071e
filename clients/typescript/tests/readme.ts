import { connect, items, ok, ProblemError } from '../src/index.js';

const banyan = connect({ url: 'http://127.0.0.1:3000', language: 'id-ID, en;q=0.5' });
await banyan.register({ email: 'maya@example.org', name: 'Maya', password: 'hujan di bulan juni' });

const goal = await ok(banyan.api.POST('/api/v1/goals', { body: { title: 'Run ten kilometres' } }));
console.log(goal.id);

for await (const goal of items((page) => banyan.api.GET('/api/v1/goals', { params: { query: { page, limit: 100 } } }))) {
  console.log(goal.title, goal.status);
}

try {
  await ok(banyan.api.POST('/api/v1/goals', { body: { title: '' } }));
} catch (error) {
  if (!(error instanceof ProblemError)) throw error;   // the network
  if (error.code === 'validation-failed') console.log(error.about('title'));
}
