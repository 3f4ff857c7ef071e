// A program on a server that asks Unleash's SDK for Node.js, which fetches the rules and evaluates them itself.
//
//   BANYAN_URL=http://127.0.0.1:8080 TOKEN='*:development.…' FLAG=new-dashboard node unleash.mjs [polling|delta|streaming]
//
// It says what the flag is, says it again when that changes, sends what it counted, and ends.
import { InMemStorageProvider, Unleash } from 'unleash-client';

const { BANYAN_URL, TOKEN, FLAG } = process.env;
const modes = {
  polling: { type: 'polling', format: 'full' },
  delta: { type: 'polling', format: 'delta' },
  streaming: { type: 'streaming' },
};
const mode = process.argv[2] ?? 'polling';
const context = { userId: 'ann', properties: { plan: 'gold' } };
const say = (what) => console.log(JSON.stringify(what));

const unleash = new Unleash({
  url: `${BANYAN_URL}/api/`,
  appName: `example-${mode}`,
  customHeaders: { Authorization: TOKEN },
  refreshInterval: 300,
  metricsInterval: 3_600_000,
  storageProvider: new InMemStorageProvider(),
  experimentalMode: modes[mode],
});
unleash.on('error', (error) => say({ error: String(error) }));
unleash.on('warn', (warning) => say({ warning: String(warning) }));

const registered = new Promise((resolve) => unleash.once('registered', resolve));
await new Promise((resolve) => unleash.once('synchronized', resolve));
await registered;
const value = () => ({ enabled: unleash.isEnabled(FLAG, context), variant: unleash.getVariant(FLAG, context).name });
const first = value();
say({ registered: true, ...first });

// The SDK's timers keep no program alive, and this one does nothing else, as a server would.
const alive = setInterval(() => {}, 1_000);
while (value().enabled === first.enabled) {
  await new Promise((resolve) => unleash.once('changed', resolve));
}
say({ changed: true, ...value() });
const sent = new Promise((resolve) => unleash.once('sent', resolve));
await unleash.destroyWithFlush();
await sent;
say({ sent: true });
clearInterval(alive);
process.exit(0);
