//! Reading catalogues and putting their layers together.

use super::error::{BuildError, Problem};
use super::localized;
use super::source::{Layer, Source};
use super::syntax::Kind;
use super::{Bundle, Catalogue, Catalogues, Edition, Line, Misses, Origin, Setup};
use crate::locale::{Direction, Locale, Locales};
use crate::pseudo::Pseudo;
use arc_swap::ArcSwap;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The platform's own messages: tag, file name, text.
const SHIPPED: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Collects catalogue files. Everything that is wrong is told at once, by [`build`](Self::build).
#[derive(Debug, Default)]
pub struct Builder {
    sources: Vec<Source>,
    problems: Vec<Problem>,
    setup: Setup,
}

impl Builder {
    /// Adds the platform's own messages: errors, validation, common words.
    #[must_use]
    pub fn add_platform(self) -> Self {
        SHIPPED.iter().fold(self, |builder, (tag, name, text)| {
            builder.add(Layer::Platform, tag, format!("platform/locale/locales/{tag}/{name}"), *text)
        })
    }

    /// Adds one file. `tag` is the locale, `file` is what messages about it call it, `text` is Fluent's FTL 1.0.
    #[must_use]
    pub fn add(mut self, layer: Layer, tag: &str, file: impl Into<String>, text: impl Into<String>) -> Self {
        match Source::parse(layer, tag, file.into(), text.into()) {
            Ok(source) => self.sources.push(source),
            Err(problems) => self.problems.extend(problems),
        }
        self
    }

    /// Adds every `<folder>/<tag>/<name>.ftl`; other files, and names that begin with a dot, are passed over.
    #[must_use]
    pub fn add_folder(self, layer: &Layer, folder: &Path) -> Self {
        self.add_folders(layer, folder, |_| true)
    }

    fn add_folders(mut self, layer: &Layer, folder: &Path, wanted: impl Fn(&str) -> bool) -> Self {
        let mut files = Vec::new();
        let is_wanted = |path: &PathBuf| path.is_dir() && path.file_name().is_some_and(|name| wanted(&name.to_string_lossy()));
        for of_tag in self.listed(folder).into_iter().filter(is_wanted) {
            files.extend(
                self.listed(&of_tag).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "ftl")),
            );
        }
        for path in files {
            let tag = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            self = match fs::read_to_string(&path) {
                Ok(text) => self.add(layer.clone(), &tag, path.display().to_string(), text),
                Err(source) => self.with_problem(Problem::Read { path, source }),
            };
        }
        self
    }

    /// Adds what an installation says in files of its own: `<folder>/<tag>/<name>.ftl` for everybody, and
    /// `<folder>/apps/<application>/<tag>/<name>.ftl` for the tenants of one application.
    #[must_use]
    pub fn add_installation(mut self, folder: &Path) -> Self {
        let apps = folder.join(APPLICATIONS);
        self = self.add_folders(&Layer::Installation, folder, |name| name != APPLICATIONS);
        if !apps.is_dir() {
            return self;
        }
        for app in self.listed(&apps).into_iter().filter(|path| path.is_dir()) {
            let name = app.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self = self.add_folder(&Layer::InstallationFor(name), &app);
        }
        self
    }

    /// Says in which language an application is at home: what another of its languages lacks comes from there first.
    #[must_use]
    pub fn at_home(mut self, app: &str, tag: &str) -> Self {
        self.setup.homes.insert(app.to_owned(), tag.to_owned());
        self
    }

    /// Makes the pseudolocales `en-XA` and `ar-XB` of what American English says.
    #[must_use]
    pub fn add_pseudolocales(mut self) -> Self {
        self.setup.pseudolocales = Pseudo::ALL.into_iter().filter_map(|pseudo| Locale::intern(pseudo.tag()).ok()).collect();
        self
    }

    /// Says from which share of the messages a language is offered that exists as published texts alone, in per cent; 90 if nobody says.
    /// What it lacks falls back as in every language.
    #[must_use]
    pub fn offer_from(mut self, percent: u8) -> Self {
        self.setup.offered_from = percent;
        self
    }

    /// Puts the layers together.
    ///
    /// # Errors
    /// Everything that is wrong with the files, with file and line; and a missing American English, the last resort.
    pub fn build(mut self) -> Result<Catalogues, BuildError> {
        self.find_doubles();
        let has_fallback =
            || self.sources.iter().any(|source| source.locale == Locale::en_us() && source.layer.application().is_none());
        // With other problems the fallback may be there and not be readable.
        if self.problems.is_empty() && !has_fallback() {
            self.problems.push(Problem::NoFallback { fallback: Locale::en_us().tag() });
        }
        if !self.problems.is_empty() {
            return Err(BuildError { problems: self.problems });
        }
        let apps: BTreeSet<String> =
            self.sources.iter().filter_map(|source| source.layer.application()).map(str::to_owned).collect();
        let common = self.edition(None);
        let apps = apps.into_iter().map(|app| (self.edition(Some(&app)), app)).map(|(edition, app)| (app, edition)).collect();
        let (live, misses) = (ArcSwap::default(), Misses::default());
        Ok(Catalogues { common, apps, sources: self.sources, setup: self.setup, live, misses })
    }

    /// What an application's tenants see; without one, what everybody sees.
    fn edition(&self, app: Option<&str>) -> Edition {
        let mut layered: Vec<&Source> =
            self.sources.iter().filter(|source| source.layer.application().is_none_or(|owner| Some(owner) == app)).collect();
        layered.sort_by(|one, other| one.layer.cmp(&other.layer));
        let mut by_locale: ByLocale<'_> = BTreeMap::new();
        for source in layered {
            by_locale.entry(source.locale).or_default().push(source);
        }
        let origin = |_: Locale, sources: &[&Source]| match sources.iter().any(|source| source.layer.is_shipped()) {
            true => Origin::Shipped,
            false => Origin::Added,
        };
        self.setup.edition(app, &by_locale, origin, |_| None)
    }

    /// Within a layer of a locale a name stands once; which file won would depend on the order of reading.
    fn find_doubles(&mut self) {
        let mut seen: HashMap<(&Layer, Locale, Kind, &str), (&Source, &str)> = HashMap::new();
        let mut doubles = Vec::new();
        for source in &self.sources {
            for entry in source.entries() {
                match seen.entry((&source.layer, source.locale, entry.kind, entry.name)) {
                    Entry::Vacant(place) => {
                        place.insert((source, entry.name));
                    }
                    Entry::Occupied(first) => {
                        let (earlier, name) = first.get();
                        doubles.push(Problem::Twice {
                            place: source.place(entry.name),
                            first: earlier.place(name),
                            name: entry.kind.spell(entry.name),
                        });
                    }
                }
            }
        }
        self.problems.extend(doubles);
    }

    /// The paths in a folder in order; a folder that cannot be read is a problem.
    fn listed(&mut self, folder: &Path) -> Vec<PathBuf> {
        let listed = fs::read_dir(folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, std::io::Error>>()
        });
        match listed {
            Ok(mut paths) => {
                paths.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
                paths.sort();
                paths
            }
            Err(source) => {
                self.problems.push(Problem::Read { path: folder.to_owned(), source });
                Vec::new()
            }
        }
    }

    fn with_problem(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }
}

/// The sources that an edition has in each locale, those that stand above others last.
pub(super) type ByLocale<'s> = BTreeMap<Locale, Vec<&'s Source>>;

impl Default for Setup {
    fn default() -> Self {
        Self { homes: HashMap::new(), pseudolocales: Vec::new(), offered_from: 90 }
    }
}

impl Setup {
    /// Puts an edition together. `known` gives catalogues that need not be made again.
    pub(super) fn edition(
        &self,
        app: Option<&str>,
        by_locale: &ByLocale<'_>,
        origin: impl Fn(Locale, &[&Source]) -> Origin,
        known: impl Fn(Locale) -> Option<Arc<Catalogue>>,
    ) -> Edition {
        let first = Locale::en_us();
        let own = by_locale.keys().copied().filter(|locale| locale.pseudo().is_none());
        let locales = Locales::new(std::iter::once(first).chain(own).chain(self.pseudolocales.iter().copied()));
        let home = app.and_then(|app| self.homes.get(app)).map(String::as_str);
        let of = |locale: Locale| by_locale.get(&locale).map_or(&[][..], Vec::as_slice);
        let reference = parts(of(first));
        let line = |locale: Locale| {
            let (sources, origin) = match locale.pseudo() {
                Some(_) => (of(first), Origin::Pseudo),
                None => (of(locale), origin(locale, of(locale))),
            };
            let mut present = parts(sources);
            let shorter = locales.iter().filter(|other| locale.tag().starts_with(&format!("{}-", other.tag())));
            shorter.for_each(|other| present.extend(parts(of(other))));
            Line {
                catalogue: known(locale).unwrap_or_else(|| Arc::new(Catalogue { locale, bundle: bundle(locale, sources) })),
                fallbacks: fallbacks(locale, &locales, home),
                present: reference.intersection(&present).count(),
                origin,
            }
        };
        let lines = locales.iter().map(line).collect();
        Edition { all: reference.len(), lines, locales }
    }
}

/// The folder in an installation's own that has one for each application.
const APPLICATIONS: &str = "apps";

/// The messages (with an empty second name) and attributes that the files have.
fn parts<'s>(sources: &[&'s Source]) -> BTreeSet<(&'s str, &'s str)> {
    let messages = sources.iter().flat_map(|source| source.entries()).filter(|entry| entry.kind == Kind::Message);
    messages
        .flat_map(|entry| {
            let value = entry.value.map(|_| "");
            let names: Vec<&str> = value.into_iter().chain(entry.attributes.iter().map(|(name, _)| *name)).collect();
            names.into_iter().map(move |name| (entry.name, name))
        })
        .collect()
}

/// One locale's messages, later sources over earlier ones.
pub(super) fn bundle(locale: Locale, sources: &[&Source]) -> Bundle {
    // Canonical tags are what `unic-langid` reads; the undetermined language only chooses the plural rules of English.
    let language = locale.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Marks that keep a value's direction apart from the text's help only where the two can differ; elsewhere they
    // would be invisible characters in plain text.
    bundle.set_use_isolating(locale.direction() == Direction::RightToLeft);
    bundle.set_formatter(Some(localized::write_number));
    bundle.set_transform(locale.pseudo().map(Pseudo::transform));
    for source in sources {
        bundle.add_resource_overriding(Arc::clone(&source.resource));
    }
    // Their names are kept free of messages when a file is parsed, so none of these is refused.
    let added = [
        bundle.add_function("NUMBER", localized::number),
        bundle.add_function("DATETIME", localized::date_time),
        bundle.add_function("LIST", localized::list),
    ];
    debug_assert!(added.iter().all(Result::is_ok));
    bundle
}

/// Where a message is looked for next: shorter tags of the language, the application's own language and its shorter tags,
/// then American English.
fn fallbacks(locale: Locale, locales: &Locales, home: Option<&str>) -> Vec<usize> {
    let wanted = shorter(locale.tag()).chain(home.into_iter().flat_map(|home| std::iter::once(home).chain(shorter(home))));
    let mut found: Vec<usize> = Vec::new();
    for tag in wanted.chain(std::iter::once(Locale::en_us().tag())) {
        let position = locales.iter().position(|other| other.tag() == tag && other != locale);
        found.extend(position.filter(|position| !found.contains(position)));
    }
    found
}

/// `zh-Hant`, `zh` for `zh-Hant-TW`.
fn shorter(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(tag.rsplit_once('-'), |(tag, _)| tag.rsplit_once('-')).map(|(tag, _)| tag)
}
