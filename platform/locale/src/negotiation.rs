//! Which locale a request is answered in.

use crate::accept_language::AcceptLanguage;
use crate::locale::{Locale, Locales};

/// What a request says about its language, strongest first: explicit query, the user's saved preference, cookie,
/// `Accept-Language`, and the tenant's default where nothing else decides.
///
/// A wish that is malformed or not supported gives way to the next; a request is never refused for its language.
#[derive(Clone, Copy, Debug)]
pub struct Negotiation<'r> {
    /// The query parameter's value, decoded.
    pub query: Option<&'r str>,
    /// What the user chose and saved; none until she did.
    pub preference: Option<&'r str>,
    /// The cookie's value, decoded.
    pub cookie: Option<&'r str>,
    /// The `Accept-Language` field; several lines joined by `, ` (RFC 9110 §5.3).
    pub accept_language: Option<&'r str>,
    pub default: Locale,
}

/// The locale of the answer and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    pub locale: Locale,
    pub source: Source,
}

/// What decided a locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Query,
    Preference,
    Cookie,
    Header,
    Default,
}

impl Source {
    /// Whether the choice belongs to one person and shows neither in the address nor in `Accept-Language`.
    /// Such an answer is `private`: a shared cache could not tell it from another person's.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Preference | Self::Cookie)
    }

    /// A name for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Preference => "preference",
            Self::Cookie => "cookie",
            Self::Header => "header",
            Self::Default => "default",
        }
    }
}

impl<'r> Negotiation<'r> {
    /// Only the default: for work that no request started.
    pub const fn of(default: Locale) -> Self {
        Self { query: None, preference: None, cookie: None, accept_language: None, default }
    }

    /// Decides among `locales`. Allocates nothing; the time is bounded whatever the header holds.
    pub fn resolve(&self, locales: &Locales) -> Negotiated {
        let wishes = [(self.query, Source::Query), (self.preference, Source::Preference), (self.cookie, Source::Cookie)];
        let named = wishes.into_iter().find_map(|(tag, source)| {
            let locale = locales.lookup(tag?.trim_ascii())?;
            Some(Negotiated { locale, source })
        });
        if let Some(negotiated) = named {
            return negotiated;
        }
        match self.accept_language.and_then(|field| AcceptLanguage::parse(field).choose(locales, self.default)) {
            Some(locale) => Negotiated { locale, source: Source::Header },
            None => Negotiated { locale: self.default, source: Source::Default },
        }
    }
}
