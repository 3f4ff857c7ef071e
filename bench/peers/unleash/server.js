// Unleash with as many flags as Banyan is measured with. Writes PEER_STATE when it is ready.
import { writeFileSync } from 'node:fs';
import { start } from 'unleash-server';

const { PEER_DATABASE_URL, PEER_STATE, PEER_PORT, PEER_FLAGS } = process.env;
const secret = (kind, environment) => `*:${environment}.${kind.padEnd(56, '0')}`;
const tokens = {
  admin: secret('admin', '*'),
  client: secret('client', 'development'),
  frontend: secret('frontend', 'development'),
};

await start({
  databaseUrl: PEER_DATABASE_URL,
  db: { ssl: false, applicationName: 'unleash' },
  server: { port: Number(PEER_PORT), host: '127.0.0.1' },
  logLevel: 'error',
  versionCheck: { enable: false },
  telemetry: false,
  authentication: {
    type: 'none',
    enableApiToken: true,
    initApiTokens: Object.entries(tokens).map(([type, text]) => ({
      environment: type === 'admin' ? '*' : 'development',
      projects: ['*'],
      secret: text,
      type,
      tokenName: type,
    })),
  },
});

const url = `http://127.0.0.1:${PEER_PORT}`;
const call = async (path, body, method = 'POST') => {
  const headers = { Authorization: tokens.admin, 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/api/admin/projects/default${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
};
for (let number = 0; number < Number(PEER_FLAGS); number += 1) {
  const name = `flag-${number}`;
  await call('/features', { name, type: 'release' });
  await call(`/features/${name}/environments/development/strategies`, {
    name: 'flexibleRollout',
    parameters: { rollout: '50', stickiness: 'default', groupId: name },
  });
  await call(`/features/${name}/environments/development/on`, {});
}
writeFileSync(PEER_STATE, JSON.stringify({ listen: url, ...tokens }));
