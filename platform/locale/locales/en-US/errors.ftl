# The title and the detail of each error code (RFC 9457 problems). The codes are the kernel's; a test compares the lists.
# A title names the error and never changes with the case; a detail says what to do about it.

## The request

validation-failed-title = Some fields are not valid
validation-failed-detail = Correct the fields listed under “errors” and send the request again.

malformed-body-title = The body could not be read
malformed-body-detail = The body is not valid in the format that its Content-Type names. Check the syntax, the character encoding and how deeply values are nested.

malformed-request-title = The request could not be read
malformed-request-detail = A part of the address, the query or a header field does not have the form that is expected here.

unsupported-media-type-title = The body's media type is not supported
unsupported-media-type-detail = Send the body in a format that this address accepts and name it in Content-Type, for example “application/json”.

not-acceptable-title = No representation fits the Accept header
not-acceptable-detail = The answer is not available in any format that the Accept header allows. Allow “application/json” or leave the header out.

payload-too-large-title = The body is too large
payload-too-large-detail = The body is larger than this address accepts. Send less at once.

uri-too-long-title = The address is too long
uri-too-long-detail = The address is longer than the server reads. Shorten the query.

headers-too-large-title = The header fields are too large
headers-too-large-detail = The header fields are larger than the server reads. Send fewer or shorter ones; often a cookie has grown too long.

request-timeout-title = The request took too long to arrive
request-timeout-detail = The whole request did not arrive in time. Check the connection and send it again.

method-not-allowed-title = The method is not allowed here
method-not-allowed-detail = This address does not support the method. The Allow header lists those that it does.

unsupported-version-title = This version of the interface is retired
unsupported-version-detail = Use a current version of the interface. The documentation says what has changed.

unprocessable-title = The request cannot be carried out
unprocessable-detail = The request was understood, but what it asks for cannot be done as things stand.

## Who is asking

unauthenticated-title = Sign in first
unauthenticated-detail = This needs a valid access token in the Authorization header.

invalid-token-title = The token is not valid
invalid-token-detail = The token was changed, revoked or never issued here. Sign in again.

token-expired-title = The token has expired
token-expired-detail = Renew the access token with your refresh token, or sign in again.

tenant-mismatch-title = The credential belongs to another tenant
tenant-mismatch-detail = The host name, the X-Tenant header and the credential must all name the same tenant.

invalid-credentials-title = E-mail or password is wrong
invalid-credentials-detail = Check both and try again. If you have forgotten your password, you can set a new one.

mfa-required-title = A second factor is needed
mfa-required-detail = Confirm the sign-in with your second factor.

email-not-verified-title = Verify the e-mail address first
email-not-verified-detail = Open the link in the message that we sent to your address, or ask for a new one.

account-locked-title = Too many failed attempts
account-locked-detail = Signing in to this account is blocked for a while. Try again later, or set a new password.

weak-password-title = The password is too weak
weak-password-detail = Choose a longer password that is not easy to guess and has not appeared in a data leak.

forbidden-title = You may not do this
forbidden-detail = You do not have access to this, or it does not exist.

## What is asked for

not-found-title = Not found
not-found-detail = There is nothing at this address.

gone-title = No longer available
gone-detail = What was at this address has been removed for good.

conflict-title = The change conflicts with the present state
conflict-detail = Load the present state, then decide whether the change is still wanted.

already-exists-title = It exists already
already-exists-detail = Something with the same unique details already exists.

precondition-failed-title = It was changed in the meantime
precondition-failed-detail = Someone else changed this after you loaded it. Load it again, then repeat your change.

precondition-required-title = An If-Match header is needed
precondition-required-detail = Send the ETag of the version that you loaded in If-Match, so that nobody's change is overwritten unseen.

idempotency-key-reused-title = The idempotency key was used for another request
idempotency-key-reused-detail = Use a new Idempotency-Key for each new request; repeat a key only with the very same request.

idempotency-in-progress-title = The same request is still running
idempotency-in-progress-detail = A request with this Idempotency-Key is being carried out. Wait a moment, then send it again for its result.

## The server

rate-limited-title = Too many requests
rate-limited-detail = Wait until the time that the Retry-After header gives, then try again.

overloaded-title = Too busy now
overloaded-detail = The server has more to do than it can take on. Try again in a moment.

service-unknown-title = No such service
service-unknown-detail = No service of this name is running here.

upstream-failed-title = No valid answer came
upstream-failed-detail = The service that should answer broke off, or sent something that is no answer. It is not certain whether the request was carried out; check before you repeat it.

service-unavailable-title = The service is not available now
service-unavailable-detail = A part of the system is not answering. Nothing that was saved is lost. Try again in a moment.

deadline-exceeded-title = It took too long
deadline-exceeded-detail = The answer was not ready in time. It is not certain whether the request was carried out; check before you repeat it.

internal-title = Something went wrong on our side
internal-detail = The error has been recorded. If it happens again, tell the support team the request id.
