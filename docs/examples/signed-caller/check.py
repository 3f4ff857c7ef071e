"""Who calls, as Banyan's front door says it. Python 3.8 or later, nothing to install."""
import base64, hashlib, hmac, json, re, time

INPUT = re.compile(r'banyan=(\("@method" "@path" "@query" "banyan-caller"\);created=(\d+);expires=(\d+);'
                   r'nonce="[\w-]+";keyid="(\w+)";alg="hmac-sha256")', re.ASCII)


def caller(keys, method, target, headers, now=None):
    """`keys` maps key ids to the 32 bytes of this service's key; `target` is the path and query as received."""
    now = time.time() if now is None else now
    found = INPUT.fullmatch(headers.get("signature-input", ""))
    sent = re.fullmatch(r"banyan=:([A-Za-z0-9+/]{43}=):", headers.get("signature", ""))
    if not found or not sent or found[4] not in keys:
        return None
    created, expires = int(found[2]), int(found[3])
    if created > now + 30 or expires < now - 30 or expires - created > 300:
        return None
    path, _, query = target.partition("?")
    text = headers["banyan-caller"]
    base = f'"@method": {method}\n"@path": {path}\n"@query": ?{query}\n"banyan-caller": {text}\n"@signature-params": {found[1]}'
    right = hmac.new(keys[found[4]], base.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(right, base64.b64decode(sent[1])):
        return None
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
