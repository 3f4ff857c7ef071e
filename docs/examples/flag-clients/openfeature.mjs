// A program on a server that asks OpenFeature, whose provider asks Banyan for each value.
//
//   BANYAN_URL=http://127.0.0.1:8080 TOKEN='*:development.…' FLAG=new-dashboard node openfeature.mjs
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature } from '@openfeature/server-sdk';

const { BANYAN_URL, TOKEN, FLAG } = process.env;
const say = (what) => console.log(JSON.stringify(what));
const context = { targetingKey: 'ann', plan: 'gold' };

await OpenFeature.setProviderAndWait(
  new OFREPProvider({ baseUrl: BANYAN_URL, headers: [['Authorization', `Bearer ${TOKEN}`]] }),
);
const client = OpenFeature.getClient();
const value = async () => {
  const { value, reason, variant } = await client.getBooleanDetails(FLAG, false, context);
  return { value, reason, variant };
};
const first = await value();
const missing = await client.getBooleanDetails('no-such-flag', true, context);
say({ ...first, missing: missing.errorCode, missingValue: missing.value });

let now = first;
while (now.value === first.value) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  now = await value();
}
say({ changed: true, ...now });
process.exit(0);
