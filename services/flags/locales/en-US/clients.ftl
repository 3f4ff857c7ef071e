# What programs that ask for flags are told when something does not fit.
flags-token-missing = Send a token for feature flags in the Authorization header.
flags-token-unknown = The token for feature flags is unknown, has expired, or was revoked.
flags-token-kind = This call needs a token of another kind: `client` for /api/client, `frontend` for /api/frontend.
flags-client-body = The body is JSON, but not what this call takes.
flags-field-spec = Give the version of the client specification in the form 5.2.0.
flags-ofrep-body = The body is not a JSON object.
flags-ofrep-payload = The payload of the chosen variant of { $name } is not of the type that it names.
flags-ofrep-targeting-key = The flag { $name } is rolled out by user. Send a targetingKey in the context.
flags-ofrep-context = The context is not an object.
flags-ofrep-context-many = The context has too many properties. Send only those that flags look at.
flags-ofrep-context-long = The property { $name } of the context is too long.
flags-ofrep-context-type = The property { $name } of the context must be a text, a number or a truth value.
flags-ofrep-context-time = currentTime must be a time in the form 2024-01-15T10:30:00Z.
flags-ofrep-not-found = There is no flag { $name }.
flags-ofrep-general = The flags are not known here now. Try again soon.
