// A page that asks OpenFeature, whose provider is given the values of all flags and keeps them.
//
//   BANYAN_URL=http://127.0.0.1:8080 TOKEN='*:development.…' FLAG=new-dashboard node openfeature-web.mjs
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk';

const { BANYAN_URL, TOKEN, FLAG } = process.env;
const say = (what) => console.log(JSON.stringify(what));

await OpenFeature.setContext({ targetingKey: 'ann', plan: 'gold' });
const provider = new OFREPWebProvider({
  baseUrl: BANYAN_URL,
  headers: [['Authorization', `Bearer ${TOKEN}`]],
  pollInterval: 300,
  // There is no storage of a browser here.
  cacheMode: 'disabled',
});
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();
const value = () => {
  const { value, reason, variant } = client.getBooleanDetails(FLAG, false);
  return { value, reason, variant };
};
const first = value();
say(first);

while (value().value === first.value) {
  await new Promise((resolve) => client.addHandler(ProviderEvents.ConfigurationChanged, resolve));
}
say({ changed: true, ...value() });
process.exit(0);
