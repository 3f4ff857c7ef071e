//! Languages: which one a request gets, the messages in it, and how numbers, dates and money are written there.
//!
//! - [`Negotiation`] picks a [`Locale`] from query, preference, cookie, `Accept-Language` and the tenant's default.
//! - [`Catalogues`] hold the messages (Fluent) of the platform, the services and each application.
//! - [`Formats`] write values by CLDR (ICU4X).
//!
//! A language is added as files (`locales/<tag>/*.ftl`), never as code. Nothing is parsed while a request runs.

mod accept_language;
pub mod catalogues;
pub mod formats;
mod locale;
mod negotiation;
mod pseudo;
mod tag;

pub use catalogues::{
    Args, BuildError, Builder, Catalogues, Completeness, Coverage, Examiner, Finding, Incomplete, LONGEST_TEXT, Layer,
    MessageText, Messages, Pattern, PatternError, Published, Reach, Shelf, TextFault, usual_text,
};
pub use formats::{CompactStyle, DateStyle, Decimal, Formats, ListKind, PluralCategory, RelativeUnit, RelativeWords, TimeStyle};
pub use locale::{Direction, Locale, LocaleError, Locales};
pub use negotiation::{Negotiated, Negotiation, Source};
pub use pseudo::Pseudo;

/// The words that are always translated the same way, for each language that has some: its tag, and the text of `glossary/<tag>.toml`.
pub const GLOSSARIES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/glossaries.rs"));
