// A page that asks Unleash's SDK for browsers, which is given values for its user.
//
//   BANYAN_URL=http://127.0.0.1:8080 TOKEN='*:development.…' FLAG=new-dashboard node frontend.mjs
import { InMemoryStorageProvider, UnleashClient } from 'unleash-proxy-client';

const { BANYAN_URL, TOKEN, FLAG } = process.env;
const say = (what) => console.log(JSON.stringify(what));

const client = new UnleashClient({
  url: `${BANYAN_URL}/api/frontend`,
  clientKey: TOKEN,
  appName: 'example-page',
  refreshInterval: 0.3,
  metricsInterval: 1,
  metricsIntervalInitial: 1,
  storageProvider: new InMemoryStorageProvider(),
  context: { userId: 'ann', properties: { plan: 'gold' } },
});
client.on('error', (error) => say({ error: String(error?.message ?? JSON.stringify(error)) }));
await client.start();
const value = () => ({ enabled: client.isEnabled(FLAG), variant: client.getVariant(FLAG).name });
const first = value();
say(first);

while (value().enabled === first.enabled) {
  await new Promise((resolve) => client.once('update', resolve));
}
say({ changed: true, ...value() });
await new Promise((resolve) => client.once('sent', resolve));
say({ sent: true });
client.stop();
process.exit(0);
