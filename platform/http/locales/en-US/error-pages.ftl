# The documentation of each error code: what it means, why it happens, what to do. `text` in grave accents is code.
# The titles are in the platform's errors.ftl.

### keys: *-means *-why *-do

validation-failed-means = The request was understood, but one or more fields do not have an allowed value. Nothing was changed.
validation-failed-why = A required field is missing, a field is not known, a value has another type, or it is too long, too short or out of range. Every bad field is listed in `errors` with its name, a code and a message; names of nested fields look like `items[0].title`.
validation-failed-do = Correct every field in `errors` and send the request again. The `code` of a field is made for programs and stays the same in all languages.

malformed-body-means = The body is not a JSON document that can be read.
malformed-body-why = A bracket or a quotation mark is missing, the text is not UTF-8, there is no body at all, or values are nested more than 128 deep. The line and the column of the first mistake are in the detail.
malformed-body-do = Let a JSON library write the body instead of putting text together, and send it as UTF-8.

malformed-request-means = A part of the request other than its body cannot be read.
malformed-request-why = A percent sign in the address is not followed by two hexadecimal digits, the decoded text is not UTF-8, there are more than 100 query parameters, or the body did not arrive whole.
malformed-request-do = Encode each part of the address once, with a library, and send the request again.

unsupported-media-type-means = The body has a media type that this call does not read.
unsupported-media-type-why = The header `Content-Type` is missing, names something other than JSON, or names a character set other than UTF-8.
unsupported-media-type-do = Send `Content-Type: application/json`.

not-acceptable-means = The answer cannot be given in a form that the request allows.
not-acceptable-why = The header `Accept` excludes every form that this address has.
not-acceptable-do = Allow `application/json`, or leave the header out.

payload-too-large-means = The body has more bytes than this call accepts. It was not read to its end.
payload-too-large-why = Most calls accept 1 MiB; the limit of this one is in the detail.
payload-too-large-do = Send less at once, in several requests.

uri-too-long-means = The address, with its query, is longer than the server reads.
uri-too-long-why = Often a long list was put into the query.
uri-too-long-do = Shorten the query, or ask for less at once.

headers-too-large-means = The header fields together, or one of them, are larger than the server reads.
headers-too-large-why = Often a cookie has grown, or a proxy added the same field again and again.
headers-too-large-do = Send fewer or shorter header fields; delete old cookies.

request-timeout-means = The request did not arrive whole within the time that the server waits.
request-timeout-why = The connection is slow or was interrupted.
request-timeout-do = Send the request again. With an `Idempotency-Key` this is safe for calls that create something, too.

unauthenticated-means = This call is only for people who are signed in, and the request has no credential.
unauthenticated-why = The header `Authorization` is missing, or a proxy removed it.
unauthenticated-do = Sign in and send the access token as `Authorization: Bearer …`.

invalid-token-means = The credential was read but is not accepted.
invalid-token-why = The token was changed on its way, signed by somebody else, or its session was ended by signing out, by a new password or by an administrator.
invalid-token-do = Sign in again. If it happens at once, compare the token with the one that you received.

token-expired-means = The access token was valid, but its time is over.
token-expired-why = Access tokens live for a few minutes, so that a stolen one is soon worthless.
token-expired-do = Get a new one with the refresh token and send the request again. Client libraries do so by themselves.

tenant-mismatch-means = The request names two different tenants.
tenant-mismatch-why = Host name, the header `X-Tenant` and the credential must agree. A credential of one tenant is worthless in another.
tenant-mismatch-do = Use the address of the tenant in which you signed in, or sign in there.

invalid-credentials-means = The log-in failed. The answer is the same for an unknown address and a wrong password, so that nobody learns which addresses have an account.
invalid-credentials-why = The e-mail address or the password is wrong, or there is no such account in this tenant.
invalid-credentials-do = Check both. A forgotten password can be replaced by way of `POST /api/v1/auth/password/forgot`.

mfa-required-means = The password was right, and a second factor is needed to finish signing in.
mfa-required-why = The account is protected by a second factor.
mfa-required-do = Send the code of the authenticator app, or confirm with the passkey.

email-not-verified-means = This call needs an account whose e-mail address has been confirmed.
email-not-verified-why = The link in the message that followed the registration has not been opened.
email-not-verified-do = Open the link, or ask for a new message.

forbidden-means = You are signed in, but this is not allowed to you, or it is not there. For private things the answer is always this one, so that nobody learns whether they exist.
forbidden-why = It belongs to somebody else, was deleted, never existed, or needs a permission that your roles do not include.
forbidden-do = Check the address. If you should have access, ask the owner to share it, or an administrator for the permission.

not-found-means = There is nothing at this address that is public.
not-found-why = The path is misspelt, or what was there has been removed.
not-found-do = Check the path; all calls are listed at `/docs`.

method-not-allowed-means = The address exists, but not with this method.
method-not-allowed-why = For example, a list was sent a `DELETE`.
method-not-allowed-do = Use one of the methods in the header `Allow`.

conflict-means = The change does not fit what is stored now.
conflict-why = Somebody else changed it meanwhile, or the order of steps does not allow it: something archived cannot be completed.
conflict-do = Load the present state and decide again.

already-exists-means = Something with the same unique value is there already, and nothing was created.
already-exists-why = A name or an address may be used only once, and it is taken. Two equal requests at the same time also end so: one creates, the other is answered this.
already-exists-do = Choose another value, or use what is there. To repeat a request safely, send an `Idempotency-Key`.

idempotency-in-progress-means = A request with the same `Idempotency-Key` is being carried out at this moment.
idempotency-in-progress-why = The request was repeated before the first one was answered.
idempotency-in-progress-do = Wait a moment and send it again; you will then receive the answer of the first one.

gone-means = What was here has been removed for good.
gone-why = It was erased on request or by a rule about how long data is kept.
gone-do = Remove references to it.

precondition-failed-means = The thing has changed since you loaded it, so your change was not made.
precondition-failed-why = The tag in `If-Match` is not the present one: somebody else was faster.
precondition-failed-do = Load it again, apply your change to the new state, and send the new `ETag` in `If-Match`.

idempotency-key-reused-means = The `Idempotency-Key` belongs to an earlier, different request.
idempotency-key-reused-why = A key stands for one request: the same call with the same body. This one differs.
idempotency-key-reused-do = Make a new key, such as a random UUID, for each new request. Keys are remembered for 24 hours.

weak-password-means = The password is not accepted, because it would be guessed too easily.
weak-password-why = It is too short, contains your own name or address, or stands in lists of leaked passwords.
weak-password-do = Choose a longer one; several unrelated words are good. A password manager makes and keeps one for you.

unprocessable-means = The request was understood and its fields are valid, but it cannot be carried out as things stand.
unprocessable-why = A rule of the service forbids it; the detail says which.
unprocessable-do = Read the detail, change what it names, and try again.

precondition-required-means = This change must say which state it is meant for.
precondition-required-why = Two people may edit this at the same time; without `If-Match` the later one would overwrite the earlier one unseen.
precondition-required-do = Load the thing first and send its `ETag` in `If-Match`.

account-locked-means = Signing in to this account is blocked for a while.
account-locked-why = There were too many failed attempts, by you or by somebody else. Each further one makes the wait longer.
account-locked-do = Wait until the time in `retryAfter`, or set a new password.

rate-limited-means = You have sent more requests than are allowed in this time.
rate-limited-why = Each class of calls has a limit, which the headers `RateLimit` and `RateLimit-Policy` tell.
rate-limited-do = Wait until the time in `retryAfter`; the seconds are also in `Retry-After`. Spread requests, and ask for many things in one list.

unsupported-version-means = The address names a version of the interface that is no longer served.
unsupported-version-why = Versions are announced as deprecated, with the date of their end in `Sunset`, before they are retired.
unsupported-version-do = Change to the current version. The calls are listed at `/docs`.

internal-means = Something went wrong that you did not cause. It has been recorded.
internal-why = A mistake in the program, or a state that nobody expected.
internal-do = Try again later. If it stays, tell the support team the `requestId`, which leads them to the record.

service-unknown-means = The gateway has no service of the name that the request leads to.
service-unknown-why = A route or a configuration names a service that is not part of this installation.
service-unknown-do = Operators: compare the routes with `GET /services`. Everybody else: tell the support team.

upstream-failed-means = The request was passed on, and no valid answer came back.
upstream-failed-why = The service that should answer ended in the middle of its work, or sent something that is no HTTP answer.
upstream-failed-do = It is not certain whether the request was carried out: look before you repeat it. With an `Idempotency-Key` a repetition is safe.

service-unavailable-means = A part of the system that this call needs is not answering. Nothing that was saved is lost.
service-unavailable-why = It is being started, updated or repaired, or the database cannot be reached.
service-unavailable-do = Try again after the seconds in `Retry-After`.

overloaded-means = The server has more to do than it can take on, and refused this request early rather than late.
overloaded-why = Many requests came at once, or something that they need is slow.
overloaded-do = Try again after the seconds in `Retry-After`, and wait longer each time.

deadline-exceeded-means = The answer was not ready within the time that is allowed for it.
deadline-exceeded-why = The work is large, or a part of the system is slow.
deadline-exceeded-do = It is not certain whether the request was carried out: look before you repeat it. With an `Idempotency-Key` a repetition is safe.
