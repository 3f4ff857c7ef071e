//! Message catalogues: Fluent files in layers, put together once and read by every request.
//!
//! Platform < services < application: a later layer overrides an earlier one, message by message. What a locale lacks
//! comes from the shorter tag of its language, then from American English; what is nowhere is shown by its id.

mod args;
mod builder;
mod check;
mod error;
mod localized;
mod source;
mod syntax;

pub use args::Args;
pub use builder::Builder;
pub use check::{Finding, FindingKind};
pub use error::{BuildError, Problem};
pub use source::{Layer, Place};

use crate::formats::Formats;
use crate::locale::{Locale, Locales};
use banyan_kernel::ErrorCode;
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;
use fluent_bundle::{FluentError, FluentResource};
use source::Source;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Bundle = fluent_bundle::concurrent::FluentBundle<Arc<FluentResource>>;

/// All messages of an installation. Shared by threads; replaced as a whole when catalogues change.
pub struct Catalogues {
    common: Edition,
    apps: HashMap<String, Edition>,
    sources: Vec<Source>,
    misses: Misses,
}

/// The layered messages that one application's tenants see.
struct Edition {
    locales: Locales,
    /// In the order of `locales`.
    catalogues: Vec<Catalogue>,
}

struct Catalogue {
    locale: Locale,
    bundle: Bundle,
    /// Positions in the edition.
    fallbacks: Vec<usize>,
}

/// The messages for one request: an application's, in one locale. As cheap to copy as two pointers.
#[derive(Clone, Copy)]
pub struct Messages<'c> {
    locale: Locale,
    edition: &'c Edition,
    misses: &'c Misses,
}

impl Catalogues {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The locales that an application's tenants may choose from: those of the platform and the services, and the
    /// application's own. American English comes first. An unknown application has what everybody has.
    pub fn locales(&self, app: Option<&str>) -> &Locales {
        &self.edition(app).locales
    }

    /// The messages of an application in a locale.
    pub fn messages(&self, app: Option<&str>, locale: Locale) -> Messages<'_> {
        Messages { locale, edition: self.edition(app), misses: &self.misses }
    }

    /// One message; see [`Messages::format`].
    pub fn text<'c>(&'c self, app: Option<&str>, locale: Locale, id: &'c str, args: &Args<'_>) -> Cow<'c, str> {
        self.messages(app, locale).format(id, args)
    }

    /// Compares every locale with American English, layer by layer, and looks for references to nothing.
    pub fn check(&self) -> Vec<Finding> {
        check::check(&self.sources)
    }

    /// What was asked for and is not there, or lacks a value, since the start; at most 1,000 of them, in order.
    pub fn misses(&self) -> Vec<String> {
        self.misses.list()
    }

    fn edition(&self, app: Option<&str>) -> &Edition {
        app.and_then(|app| self.apps.get(app)).unwrap_or(&self.common)
    }
}

impl fmt::Debug for Catalogues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let apps: Vec<&String> = self.apps.keys().collect();
        f.debug_struct("Catalogues").field("locales", &self.common.locales).field("apps", &apps).finish_non_exhaustive()
    }
}

impl<'c> Messages<'c> {
    pub fn locale(&self) -> Locale {
        self.locale
    }

    pub fn formats(&self) -> &'static Formats {
        self.locale.formats()
    }

    /// A message without values. Borrowed, so nothing is allocated, unless it has placeables.
    ///
    /// `id` is a message or `message.attribute`. What is nowhere gives the id and is logged once.
    pub fn text(&self, id: &'c str) -> Cow<'c, str> {
        self.format(id, &Args::new())
    }

    /// A message with values. A placeholder without a value shows its name and is logged once; so do values of the wrong kind.
    pub fn format(&self, id: &'c str, args: &Args<'_>) -> Cow<'c, str> {
        self.find(id, args).unwrap_or_else(|| {
            self.misses.note(self.locale, id, "no such message");
            Cow::Borrowed(id)
        })
    }

    /// A message that may not be there; nothing is logged for that.
    pub fn find(&self, id: &str, args: &Args<'_>) -> Option<Cow<'c, str>> {
        let (name, attribute) = match id.split_once('.') {
            Some((name, attribute)) => (name, Some(attribute)),
            None => (id, None),
        };
        self.chain().find_map(|catalogue| {
            let message = catalogue.bundle.get_message(name)?;
            let pattern = match attribute {
                Some(attribute) => message.get_attribute(attribute)?.value(),
                None => message.value()?,
            };
            let mut errors = Vec::new();
            let text = catalogue.bundle.format_pattern(pattern, Some(args.fluent()), &mut errors);
            for error in &errors {
                self.misses.note_error(catalogue.locale, id, error);
            }
            Some(text)
        })
    }

    /// A message with all its values, or what is missing: for what leaves the house, where half a text must not.
    ///
    /// # Errors
    /// [`Incomplete`] names the message, or the values that it wants and was not given.
    pub fn whole(&self, id: &str, args: &Args<'_>) -> Result<String, Incomplete> {
        for catalogue in self.chain() {
            let Some(pattern) = catalogue.bundle.get_message(id).and_then(|message| message.value()) else { continue };
            let mut errors = Vec::new();
            let text = catalogue.bundle.format_pattern(pattern, Some(args.fluent()), &mut errors);
            if errors.is_empty() {
                return Ok(text.into_owned());
            }
            let mut values: Vec<String> = errors.iter().map(missing_value).collect();
            values.sort();
            values.dedup();
            return Err(Incomplete { message: id.to_owned(), values });
        }
        Err(Incomplete { message: id.to_owned(), values: Vec::new() })
    }

    /// The title of an error (RFC 9457 `title`): the same for every case of it.
    pub fn title(&self, code: ErrorCode) -> Cow<'c, str> {
        self.of_error(code, "title").unwrap_or(Cow::Borrowed(code.title()))
    }

    /// What to do about an error (RFC 9457 `detail`), where the one who raises it has nothing nearer to say.
    pub fn detail(&self, code: ErrorCode) -> Cow<'c, str> {
        self.of_error(code, "detail").unwrap_or(Cow::Borrowed(code.title()))
    }

    fn of_error(&self, code: ErrorCode, part: &str) -> Option<Cow<'c, str>> {
        self.find(&format!("{}-{part}", code.slug()), &Args::new())
    }

    /// The catalogues to look through. A locale that the application does not have begins with American English.
    fn chain(&self) -> impl Iterator<Item = &'c Catalogue> {
        let catalogues = &self.edition.catalogues;
        let first = catalogues.iter().find(|catalogue| catalogue.locale == self.locale).or_else(|| catalogues.first());
        let next = first.map_or(&[][..], |catalogue| catalogue.fallbacks.as_slice());
        first.into_iter().chain(next.iter().filter_map(|position| catalogues.get(*position)))
    }
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// A message cannot be written whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", if values.is_empty() { format!("there is no message `{message}`") } else { format!("the message `{message}` needs: {}", values.join(", ")) })]
pub struct Incomplete {
    /// The message's id.
    pub message: String,
    /// The names of the values that it wants and was not given, in order; empty where the message itself is missing.
    pub values: Vec<String>,
}

/// The name of the value, or what Fluent says.
fn missing_value(error: &FluentError) -> String {
    match error {
        FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) => id.clone(),
        other => other.to_string(),
    }
}

/// How many different misses are remembered and logged.
const MOST_MISSES: usize = 1_000;

/// Remembers what was missing, so that each is logged once and a mistake in a hot path does not fill the log.
#[derive(Debug, Default)]
struct Misses(Mutex<BTreeSet<String>>);

impl Misses {
    fn note(&self, locale: Locale, id: &str, what: &str) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST_MISSES && seen.insert(format!("{locale} {id}: {what}")) {
            drop(seen);
            tracing::warn!(%locale, id, what, "a message cannot be shown as it should be");
        }
    }

    fn note_error(&self, locale: Locale, id: &str, error: &FluentError) {
        self.note(locale, id, &error.to_string());
    }

    fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
