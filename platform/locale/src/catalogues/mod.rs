//! Message catalogues: Fluent files in layers, put together once and read by every request.
//!
//! Platform < services < installation < application < installation for that application: a later layer overrides an earlier
//! one, message by message. What a locale lacks comes from the shorter tag of its language (`ar` for `ar-EG`), then from the
//! application's own language, then from American English; what is nowhere is shown by its id.
//!
//! What is published while the program runs stands above the files, and may bring languages that have none.

mod args;
mod builder;
mod check;
mod error;
mod live;
mod localized;
mod pattern;
mod source;
mod syntax;
mod wording;

pub use args::Args;
pub use builder::Builder;
pub use check::{Finding, FindingKind};
pub use error::{BuildError, Problem};
pub use live::{Coverage, Published, Reach};
pub use pattern::{Pattern, PatternError};
pub use source::{Layer, Place};
pub use wording::{Examiner, LONGEST_TEXT, MessageText, Shelf, TextFault, usual_text};

use crate::formats::Formats;
use crate::locale::{Locale, LocaleError, Locales};
use arc_swap::ArcSwap;
use banyan_kernel::{ErrorCode, Uuid};
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;
use fluent_bundle::{FluentError, FluentResource};
use live::Live;
use source::Source;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Bundle = fluent_bundle::concurrent::FluentBundle<Arc<FluentResource>>;

/// All messages of an installation, shared by threads: those of the files, and above them what was published while the program runs.
pub struct Catalogues {
    common: Edition,
    apps: HashMap<String, Edition>,
    sources: Vec<Source>,
    setup: Setup,
    live: ArcSwap<Live>,
    misses: Misses,
}

/// What holds for all editions.
#[derive(Debug)]
struct Setup {
    /// The language of each application that said one.
    homes: HashMap<String, String>,
    pseudolocales: Vec<Locale>,
    /// A language without files is offered from this share of the messages, in per cent.
    offered_from: u8,
}

/// The layered messages that one application's tenants see.
struct Edition {
    locales: Locales,
    /// In the order of `locales`.
    lines: Vec<Line>,
    /// Messages and attributes that American English has.
    all: usize,
}

/// A locale of an edition.
struct Line {
    catalogue: Arc<Catalogue>,
    /// Positions in the edition.
    fallbacks: Vec<usize>,
    /// Of those that American English has: here, or by a shorter tag of the language.
    present: usize,
    origin: Origin,
}

struct Catalogue {
    locale: Locale,
    bundle: Bundle,
}

/// Where a locale's messages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// At least some came with the program.
    Shipped,
    /// All are in the folder of the installation.
    Added,
    /// All were published while the program runs.
    Published,
    /// They are made.
    Pseudo,
}

/// How much of the messages a locale has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completeness {
    pub locale: Locale,
    /// Messages and attributes that the locale has itself or by a shorter tag of its language.
    pub present: usize,
    /// Those that American English has.
    pub all: usize,
}

/// The messages for one request: an application's, in one locale. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Messages<'c> {
    locale: Locale,
    catalogues: &'c Catalogues,
    /// Of the files.
    edition: &'c Edition,
    app: Option<&'c str>,
    tenant: Option<Uuid>,
}

impl Catalogues {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The locales that there are for an application's tenants: those of the platform and the services, the application's own, and
    /// what was published for all of them. American English comes first. An unknown application has what everybody has.
    pub fn locales(&self, app: Option<&str>) -> Locales {
        self.locales_of(app, None)
    }

    /// [`locales`](Self::locales), and what was published for one tenant alone.
    pub fn locales_of(&self, app: Option<&str>, tenant: Option<Uuid>) -> Locales {
        let live = self.live.load();
        live.edition(tenant, app).unwrap_or(self.edition(app)).locales.clone()
    }

    /// The locales that an application offers to its tenants' people, whatever is published: those of its manifest, those that the
    /// installation's folder adds, and pseudolocales where they are made.
    ///
    /// # Errors
    /// A tag that is malformed or has no catalogues.
    pub fn offered<'a>(&self, app: &str, manifest: impl IntoIterator<Item = &'a str>) -> Result<Locales, LocaleError> {
        let edition = self.edition(Some(app));
        let chosen = edition.locales.select(manifest)?;
        let added = edition.lines.iter().filter(|line| line.origin != Origin::Shipped);
        Ok(Locales::new(chosen.iter().chain(added.map(|line| line.catalogue.locale))))
    }

    /// `offered` with the languages that exist as published texts alone, for all tenants of the application or for this one, and of
    /// which enough is there: see [`Builder::offer_from`].
    #[must_use]
    pub fn with_published(&self, offered: &Locales, app: &str, tenant: Uuid) -> Locales {
        let live = self.live.load();
        let Some(edition) = live.edition(Some(tenant), Some(app)) else { return offered.clone() };
        let enough = |line: &&Line| {
            let wanted = edition.all * usize::from(self.setup.offered_from);
            line.origin == Origin::Published && line.present * 100 >= wanted
        };
        let mut grown = edition.lines.iter().filter(enough).map(|line| line.catalogue.locale).peekable();
        match grown.peek() {
            Some(_) => Locales::new(offered.iter().chain(grown)),
            None => offered.clone(),
        }
    }

    /// How complete each locale is for the people of a tenant, with what was published, in the order of
    /// [`locales_of`](Self::locales_of).
    pub fn completeness(&self, app: Option<&str>, tenant: Option<Uuid>) -> Vec<Completeness> {
        let live = self.live.load();
        let edition = live.edition(tenant, app).unwrap_or(self.edition(app));
        let of = |line: &Line| Completeness { locale: line.catalogue.locale, present: line.present, all: edition.all };
        edition.lines.iter().map(of).collect()
    }

    /// The messages of an application in a locale.
    pub fn messages(&self, app: Option<&str>, locale: Locale) -> Messages<'_> {
        let known = app.and_then(|app| self.apps.get_key_value(app));
        let app = known.map(|(name, _)| name.as_str());
        Messages { locale, catalogues: self, edition: known.map_or(&self.common, |(_, edition)| edition), app, tenant: None }
    }

    /// One message; see [`Messages::format`].
    pub fn text<'c>(&'c self, app: Option<&str>, locale: Locale, id: &'c str, args: &Args<'_>) -> Cow<'c, str> {
        self.messages(app, locale).format(id, args)
    }

    /// Compares every locale with American English, layer by layer, and looks for references to nothing.
    ///
    /// English and Indonesian have to be complete. What another language lacks falls back and is no fault; see
    /// [`gaps`](Self::gaps).
    pub fn check(&self) -> Vec<Finding> {
        let complete = |locale| locale == Locale::en_us() || locale == Locale::id_id();
        let mut findings = check::check(&self.sources);
        findings.retain(|finding| finding.kind != FindingKind::Missing || complete(finding.locale));
        findings
    }

    /// What is left to translate in each language.
    pub fn gaps(&self) -> Vec<Finding> {
        let mut findings = check::check(&self.sources);
        findings.retain(|finding| finding.kind == FindingKind::Missing);
        findings
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
    /// With what was published for one tenant alone. Say it wherever the tenant is known.
    #[must_use]
    pub fn of_tenant(self, tenant: impl Into<Option<Uuid>>) -> Self {
        Self { tenant: tenant.into(), ..self }
    }

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
            self.catalogues.misses.note(self.locale, id, "no such message");
            Cow::Borrowed(id)
        })
    }

    /// A message that may not be there; nothing is logged for that.
    pub fn find(&self, id: &str, args: &Args<'_>) -> Option<Cow<'c, str>> {
        let live = self.catalogues.live.load();
        match live.edition(self.tenant, self.app) {
            // It may be replaced while the text is still needed.
            Some(edition) => find(edition, self.locale, id, args, &self.catalogues.misses).map(|text| text.into_owned().into()),
            None => find(self.edition, self.locale, id, args, &self.catalogues.misses),
        }
    }

    /// A message with all its values, or what is missing: for what leaves the house, where half a text must not.
    ///
    /// # Errors
    /// [`Incomplete`] names the message, or the values that it wants and was not given.
    pub fn whole(&self, id: &str, args: &Args<'_>) -> Result<String, Incomplete> {
        let live = self.catalogues.live.load();
        whole(live.edition(self.tenant, self.app).unwrap_or(self.edition), self.locale, id, args)
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
}

/// The catalogues to look through. A locale that the application does not have begins with American English.
fn chain(edition: &Edition, locale: Locale) -> impl Iterator<Item = &Catalogue> {
    let lines = &edition.lines;
    let first = lines.iter().find(|line| line.catalogue.locale == locale).or_else(|| lines.first());
    let next = first.map_or(&[][..], |line| line.fallbacks.as_slice());
    first.into_iter().chain(next.iter().filter_map(|position| lines.get(*position))).map(|line| &*line.catalogue)
}

fn find<'e>(edition: &'e Edition, locale: Locale, id: &str, args: &Args<'_>, misses: &Misses) -> Option<Cow<'e, str>> {
    let (name, attribute) = match id.split_once('.') {
        Some((name, attribute)) => (name, Some(attribute)),
        None => (id, None),
    };
    chain(edition, locale).find_map(|catalogue| {
        let message = catalogue.bundle.get_message(name)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let mut errors = Vec::new();
        let text = catalogue.bundle.format_pattern(pattern, Some(args.fluent()), &mut errors);
        for error in &errors {
            misses.note_error(catalogue.locale, id, error);
        }
        Some(framed(catalogue.locale, text))
    })
}

fn whole(edition: &Edition, locale: Locale, id: &str, args: &Args<'_>) -> Result<String, Incomplete> {
    for catalogue in chain(edition, locale) {
        let Some(pattern) = catalogue.bundle.get_message(id).and_then(|message| message.value()) else { continue };
        let mut errors = Vec::new();
        let text = catalogue.bundle.format_pattern(pattern, Some(args.fluent()), &mut errors);
        if errors.is_empty() {
            return Ok(framed(catalogue.locale, text).into_owned());
        }
        let mut values: Vec<String> = errors.iter().map(missing_value).collect();
        values.sort();
        values.dedup();
        return Err(Incomplete { message: id.to_owned(), values });
    }
    Err(Incomplete { message: id.to_owned(), values: Vec::new() })
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// A whole message as it is shown: only pseudolocales do something with it.
fn framed(locale: Locale, text: Cow<'_, str>) -> Cow<'_, str> {
    match locale.pseudo() {
        Some(pseudo) => pseudo.framed(&text).into(),
        None => text,
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
