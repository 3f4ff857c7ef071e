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
mod tag;

pub use catalogues::{Args, BuildError, Builder, Catalogues, Finding, Incomplete, Layer, Messages};
pub use formats::{DateStyle, Decimal, Formats, ListKind, PluralCategory, RelativeUnit, TimeStyle};
pub use locale::{Direction, Locale, LocaleError, Locales};
pub use negotiation::{Negotiated, Negotiation, Source};
