//! Header fields that tell a browser what a page of ours may do, and those that nobody needs to see.

use http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use crate::fields::strip;
use crate::policies::SecurityRule;
use crate::request::address::Security;
use crate::settings::{EdgeSettings, TransportSecurity};

/// One year, with subdomains, fit for the browsers' preload list.
const HSTS: &str = "max-age=31536000; includeSubDomains; preload";

/// Says too much about us, or belongs to one hop only. (`Upgrade` is looked at by the connection.)
fn is_not_for_others(name: &HeaderName) -> bool {
    matches!(name.as_str(), "server" | "x-powered-by" | "connection" | "keep-alive" | "transfer-encoding")
}

/// The fields, put together once.
#[derive(Debug)]
pub(crate) struct SecurityHeaders {
    fields: Vec<(HeaderName, HeaderValue)>,
    transport: TransportSecurity,
}

impl SecurityHeaders {
    pub(crate) fn new(settings: &EdgeSettings) -> Self {
        let policy = HeaderValue::try_from(content_security_policy(&settings.api_origins));
        let fields = [
            (CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static("default-src 'none'"))),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        ];
        Self { fields: fields.into(), transport: settings.transport_security }
    }

    /// What a handler or an upstream has set itself, such as the policy of a page that needs inline styles, stays.
    pub(crate) fn apply(&self, headers: &mut HeaderMap, security: Security, rule: SecurityRule) {
        strip(headers, is_not_for_others);
        if rule == SecurityRule::Upstream {
            return;
        }
        for (name, value) in &self.fields {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        let secure = match self.transport {
            TransportSecurity::Always => true,
            TransportSecurity::Never => false,
            TransportSecurity::WhenSecure => security == Security::Secure,
        };
        if secure {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
        }
    }
}

/// Everything from ourselves; pictures also from elsewhere; nothing embedded, no inline styles.
fn content_security_policy(api_origins: &[String]) -> String {
    let connect = api_origins.iter().fold("'self'".to_owned(), |all, origin| format!("{all} {origin}"));
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; media-src 'self'; \
         connect-src {connect}; object-src 'none'; frame-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )
}
