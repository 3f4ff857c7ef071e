// Who calls, as Banyan's front door says it. Node 16 or later, nothing to install.
import { createHmac, timingSafeEqual } from 'node:crypto';

const INPUT = /^banyan=(\("@method" "@path" "@query" "banyan-caller"\);created=(\d+);expires=(\d+);nonce="[\w-]+";keyid="(\w+)";alg="hmac-sha256")$/;

/** `keys` maps key ids to the 32 bytes of this service's key; `target` is the request's path and query as received. */
export function caller(keys, method, target, headers, now = Date.now() / 1000) {
  const [, params, created, expires, keyid] = INPUT.exec(headers['signature-input'] ?? '') ?? [];
  const sent = /^banyan=:([A-Za-z0-9+/]{43}=):$/.exec(headers.signature ?? '')?.[1];
  if (!params || !sent || !Object.hasOwn(keys, keyid) || created > now + 30 || expires < now - 30 || expires - created > 300) return null;
  const [path, query = ''] = target.split(/\?(.*)/s);
  const base = `"@method": ${method}\n"@path": ${path}\n"@query": ?${query}\n"banyan-caller": ${headers['banyan-caller']}\n"@signature-params": ${params}`;
  const right = createHmac('sha256', keys[keyid]).update(base).digest();
  return timingSafeEqual(right, Buffer.from(sent, 'base64')) ? JSON.parse(Buffer.from(headers['banyan-caller'], 'base64url')) : null;
}
