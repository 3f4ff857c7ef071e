//! The closed list of error codes. Each has one HTTP status, a localized text (`platform/locale/locales/*/errors.ftl`)
//! and a page in `docs/errors/`.

use std::fmt;

macro_rules! codes {
    ($($variant:ident = $slug:literal $status:literal $title:literal),+ $(,)?) => {
        /// What went wrong, as the `code` of an RFC 9457 problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $(#[doc = $title] $variant),+ }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, in kebab case.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),+ }
            }

            /// The HTTP status (RFC 9110).
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The English title; the localized one is in the catalogues.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    ValidationFailed = "validation-failed" 422 "Some fields are not valid",
    MalformedBody = "malformed-body" 400 "The body could not be read",
    MalformedRequest = "malformed-request" 400 "The request could not be read",
    UnsupportedMediaType = "unsupported-media-type" 415 "The body's media type is not supported",
    NotAcceptable = "not-acceptable" 406 "No representation fits the Accept header",
    PayloadTooLarge = "payload-too-large" 413 "The body is too large",
    UriTooLong = "uri-too-long" 414 "The address is too long",
    HeadersTooLarge = "headers-too-large" 431 "The header fields are too large",
    RequestTimeout = "request-timeout" 408 "The request took too long to arrive",
    Unauthenticated = "unauthenticated" 401 "Sign in first",
    InvalidToken = "invalid-token" 401 "The token is not valid",
    TokenExpired = "token-expired" 401 "The token has expired",
    TenantMismatch = "tenant-mismatch" 401 "The credential belongs to another tenant",
    InvalidCredentials = "invalid-credentials" 401 "E-mail or password is wrong",
    MfaRequired = "mfa-required" 401 "A second factor is needed",
    EmailNotVerified = "email-not-verified" 403 "Verify the e-mail address first",
    Forbidden = "forbidden" 403 "You may not do this",
    NotFound = "not-found" 404 "Not found",
    MethodNotAllowed = "method-not-allowed" 405 "The method is not allowed here",
    Conflict = "conflict" 409 "The change conflicts with the present state",
    AlreadyExists = "already-exists" 409 "It exists already",
    IdempotencyInProgress = "idempotency-in-progress" 409 "The same request is still running",
    Gone = "gone" 410 "No longer available",
    PreconditionFailed = "precondition-failed" 412 "It was changed in the meantime",
    IdempotencyKeyReused = "idempotency-key-reused" 422 "The idempotency key was used for another request",
    WeakPassword = "weak-password" 422 "The password is too weak",
    Unprocessable = "unprocessable" 422 "The request cannot be carried out",
    PreconditionRequired = "precondition-required" 428 "An If-Match header is needed",
    AccountLocked = "account-locked" 429 "Too many failed attempts",
    RateLimited = "rate-limited" 429 "Too many requests",
    UnsupportedVersion = "unsupported-version" 410 "This version of the interface is retired",
    Internal = "internal" 500 "Something went wrong on our side",
    ServiceUnknown = "service-unknown" 502 "No such service",
    UpstreamFailed = "upstream-failed" 502 "No valid answer came",
    ServiceUnavailable = "service-unavailable" 503 "The service is not available now",
    Overloaded = "overloaded" 503 "Too busy now",
    DeadlineExceeded = "deadline-exceeded" 504 "It took too long",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl std::error::Error for ErrorCode {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn slugs_are_unique_and_statuses_are_errors() {
        let slugs: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.slug()).collect();
        assert_eq!(slugs.len(), ErrorCode::ALL.len());
        assert!(ErrorCode::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }
}
