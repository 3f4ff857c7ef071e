//! A supported locale as a small value, and sets of them.

use crate::formats::Formats;
use crate::pseudo::Pseudo;
use crate::tag::{self, Fit};
use icu_locale::{LanguageIdentifier, LocaleDirectionality, LocaleExpander, TransformResult};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How many distinct locales one process may know. Each is kept until the process ends.
const MOST_LOCALES: usize = 1_000;
/// How many of them languages may be that somebody only begins: the others are for catalogues and for what is published.
const MOST_BEGUN: usize = 500;

/// A locale that has message catalogues, named by its BCP 47 tag (RFC 5646). It costs as much to copy as a pointer.
///
/// Only catalogues make locales, so whoever holds one can show text in it. Two with the same tag are equal.
#[derive(Clone, Copy)]
pub struct Locale(&'static Details);

struct Details {
    tag: &'static str,
    language: &'static str,
    direction: Direction,
    pseudo: Option<Pseudo>,
    formats: OnceLock<Formats>,
}

/// The way in which a locale's script runs: the `dir` attribute of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// `ltr` or `rtl`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// Why a tag cannot name a locale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocaleError {
    #[error("`{tag}` is not a language tag such as `id-ID` (BCP 47: language, script, region, variants)")]
    Malformed { tag: String },
    #[error("`{tag}` would be one locale too many: a process knows at most {MOST_LOCALES}")]
    TooMany { tag: String },
    #[error("`{tag}` has no message catalogues; there are: {supported}")]
    Unsupported { tag: String, supported: String },
}

static EN_US: Details = Details::new("en-US", "en", Direction::LeftToRight);
static ID_ID: Details = Details::new("id-ID", "id", Direction::LeftToRight);
static OTHERS: RwLock<Vec<&'static Details>> = RwLock::new(Vec::new());

impl Details {
    const fn new(tag: &'static str, language: &'static str, direction: Direction) -> Self {
        Self { tag, language, direction, pseudo: None, formats: OnceLock::new() }
    }
}

impl Locale {
    /// American English: what every other locale falls back to. It is always there.
    pub fn en_us() -> Self {
        Self(&EN_US)
    }

    /// Indonesian. It is always there.
    pub fn id_id() -> Self {
        Self(&ID_ID)
    }

    /// The tag in its usual letter case: `id-ID`. Fit for `Content-Language` and for the `lang` attribute.
    pub fn tag(self) -> &'static str {
        self.0.tag
    }

    /// The language alone: `id`.
    pub fn language(self) -> &'static str {
        self.0.language
    }

    /// The direction of the locale's likely script (CLDR).
    pub fn direction(self) -> Direction {
        self.0.direction
    }

    /// Which made-up language it is, if it is one.
    pub fn pseudo(self) -> Option<Pseudo> {
        self.0.pseudo
    }

    /// Numbers, dates, money and lists as they are written here. Made at the first call and kept.
    pub fn formats(self) -> &'static Formats {
        self.0.formats.get_or_init(|| Formats::new(self.0.tag))
    }

    /// The locale of a tag for which there need be no catalogues: one in which texts are published.
    ///
    /// # Errors
    /// As [`begun`](Self::begun), with a larger bound.
    pub fn published(tag: &str) -> Result<Self, LocaleError> {
        Self::of_real_language(tag, MOST_LOCALES)
    }

    /// The locale of a tag for which there need be no catalogues: one in which somebody who may begins to write texts. The tag is language,
    /// script and region in their usual spelling, and CLDR knows the language. Each tag is kept until the process ends, so only those who
    /// are known may name one, and not without bound.
    ///
    /// # Errors
    /// Another tag, a made-up language, and one locale too many.
    pub fn begun(tag: &str) -> Result<Self, LocaleError> {
        Self::of_real_language(tag, MOST_BEGUN)
    }

    fn of_real_language(tag: &str, most: usize) -> Result<Self, LocaleError> {
        let (id, spelling) = canonical(tag)?;
        let mut language = LanguageIdentifier { script: None, region: None, ..id.clone() };
        // What has no likely script and region is no language of CLDR.
        let is_known = LocaleExpander::new_extended().maximize(&mut language) == TransformResult::Modified;
        if spelling != tag || !is_known || !id.variants.is_empty() || Pseudo::of_tag(tag).is_some() {
            return Err(LocaleError::Malformed { tag: tag.to_owned() });
        }
        Self::keep(&id, spelling, most)
    }

    /// The locale of a tag that somebody trusted gave (the name of a catalogue's folder); never call it with a request's text.
    pub(crate) fn intern(tag: &str) -> Result<Self, LocaleError> {
        let (id, tag) = canonical(tag)?;
        Self::keep(&id, tag, MOST_LOCALES)
    }

    fn keep(id: &LanguageIdentifier, tag: String, most: usize) -> Result<Self, LocaleError> {
        if let Some(known) = Self::known(&tag) {
            return Ok(known);
        }
        let mut others = OTHERS.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been first between the two locks.
        if let Some(details) = others.iter().find(|details| details.tag == tag) {
            return Ok(Self(details));
        }
        if others.len() >= most {
            return Err(LocaleError::TooMany { tag });
        }
        let right_to_left = LocaleDirectionality::new_extended().is_right_to_left(id);
        let direction = if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight };
        // Kept for the life of the process, which is what makes a locale cheap to copy; the limit above bounds it.
        let tag: &'static str = String::leak(tag);
        let language = tag.split('-').next().unwrap_or(tag);
        let details: &'static Details =
            Box::leak(Box::new(Details { pseudo: Pseudo::of_tag(tag), ..Details::new(tag, language, direction) }));
        others.push(details);
        Ok(Self(details))
    }

    fn known(tag: &str) -> Option<Self> {
        if tag == EN_US.tag {
            return Some(Self::en_us());
        }
        if tag == ID_ID.tag {
            return Some(Self::id_id());
        }
        let others = OTHERS.read().unwrap_or_else(PoisonError::into_inner);
        others.iter().find(|details| details.tag == tag).map(|details| Self(details))
    }
}

/// The identifier and its usual spelling; withdrawn languages in their present code.
fn canonical(tag: &str) -> Result<(LanguageIdentifier, String), LocaleError> {
    let malformed = || LocaleError::Malformed { tag: tag.to_owned() };
    if !tag::is_range(tag) {
        return Err(malformed());
    }
    let present: Vec<&str> = tag::subtags(tag).collect();
    let id = LanguageIdentifier::try_from_str(&present.join("-")).map_err(|_| malformed())?;
    if id.language.is_unknown() {
        return Err(malformed());
    }
    let spelling = id.to_string();
    Ok((id, spelling))
}

impl Default for Locale {
    fn default() -> Self {
        Self::en_us()
    }
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        // One `Details` per tag, so the address decides.
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Locale {}

impl PartialOrd for Locale {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Locale {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.tag().cmp(other.tag())
    }
}

impl Hash for Locale {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tag().hash(state);
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locale({})", self.tag())
    }
}

impl serde::Serialize for Locale {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

/// The locales that somebody may choose from, in order of preference where a request leaves it open. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locales(Arc<[Locale]>);

impl Locales {
    /// The first of equals wins; repeated locales count once.
    pub fn new(locales: impl IntoIterator<Item = Locale>) -> Self {
        let mut list: Vec<Locale> = Vec::new();
        for locale in locales {
            if !list.contains(&locale) {
                list.push(locale);
            }
        }
        Self(list.into())
    }

    pub fn iter(&self) -> impl Iterator<Item = Locale> + '_ {
        self.0.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, locale: Locale) -> bool {
        self.0.contains(&locale)
    }

    /// The locale for a tag or basic language range by lookup (RFC 4647 §3.4): subtags are taken off the end until
    /// something fits. `en-GB` and `en` give `en-US` where no nearer English is there; `in` is Indonesian.
    /// Malformed text, and a language that is not there, give none.
    ///
    /// ```
    /// # use banyan_locale::{Locale, Locales};
    /// let locales = Locales::new([Locale::en_us(), Locale::id_id()]);
    /// assert_eq!(locales.lookup("in_ID"), Some(Locale::id_id()));
    /// assert_eq!(locales.lookup("fr"), None);
    /// ```
    pub fn lookup(&self, range: &str) -> Option<Locale> {
        self.lookup_among(range, |_| true)
    }

    /// Only the locales of these tags, in their order: what an application's manifest offers.
    ///
    /// # Errors
    /// A tag that is malformed or has no catalogues.
    pub fn select<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> Result<Self, LocaleError> {
        let chosen: Result<Vec<Locale>, LocaleError> = tags.into_iter().map(|tag| self.exactly(tag)).collect();
        Ok(Self::new(chosen?))
    }

    pub(crate) fn lookup_among(&self, range: &str, allowed: impl Fn(Locale) -> bool) -> Option<Locale> {
        if !tag::is_range(range) {
            return None;
        }
        let language = tag::subtags(range).next()?;
        // A made-up language is for who names it whole: somebody who wants Arabic has no use for English backwards.
        let wanted = |locale: &Locale| locale.pseudo().is_none() || locale.tag().eq_ignore_ascii_case(range);
        let of_language = |locale: &Locale| locale.language().eq_ignore_ascii_case(language) && wanted(locale);
        // Most languages that a header may list are not there; they cost one comparison for each locale.
        if !self.iter().any(|locale| of_language(&locale)) {
            return None;
        }
        let count = tag::subtags(range).count();
        (1..=count).rev().find_map(|kept| {
            let head = tag::subtags(range).take(kept);
            // A lone letter opens an extension or a private part and means nothing at the end (RFC 4647 §3.4).
            if kept > 1 && head.clone().last().is_some_and(|subtag| subtag.len() == 1) {
                return None;
            }
            let fits = |locale: &Locale, wanted| of_language(locale) && tag::fit(head.clone(), locale.tag()) == Some(wanted);
            let nearest = |wanted: Fit| self.iter().find(|locale| fits(locale, wanted) && allowed(*locale));
            nearest(Fit::Whole).or_else(|| nearest(Fit::Start))
        })
    }

    fn exactly(&self, tag: &str) -> Result<Locale, LocaleError> {
        let (_, spelling) = canonical(tag)?;
        self.iter().find(|locale| locale.tag() == spelling).ok_or_else(|| LocaleError::Unsupported {
            tag: tag.to_owned(),
            supported: self.iter().map(Locale::tag).collect::<Vec<_>>().join(", "),
        })
    }
}
