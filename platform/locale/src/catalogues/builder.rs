//! Reading catalogues and putting their layers together.

use super::error::{BuildError, Problem};
use super::localized;
use super::source::{Layer, Source};
use super::syntax::Kind;
use super::{Bundle, Catalogue, Catalogues, Edition, Misses};
use crate::locale::{Direction, Locale, Locales};
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
    pub fn add_folder(mut self, layer: &Layer, folder: &Path) -> Self {
        let mut files = Vec::new();
        for of_tag in self.listed(folder).into_iter().filter(|path| path.is_dir()) {
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

    /// Puts the layers together.
    ///
    /// # Errors
    /// Everything that is wrong with the files, with file and line; and a missing American English, the last resort.
    pub fn build(mut self) -> Result<Catalogues, BuildError> {
        self.find_doubles();
        let has_fallback =
            || self.sources.iter().any(|source| source.locale == Locale::en_us() && application(&source.layer).is_none());
        // With other problems the fallback may be there and not be readable.
        if self.problems.is_empty() && !has_fallback() {
            self.problems.push(Problem::NoFallback { fallback: Locale::en_us().tag() });
        }
        if !self.problems.is_empty() {
            return Err(BuildError { problems: self.problems });
        }
        let apps: BTreeSet<String> =
            self.sources.iter().filter_map(|source| application(&source.layer)).map(str::to_owned).collect();
        let common = self.edition(None);
        let apps = apps.into_iter().map(|app| (self.edition(Some(&app)), app)).map(|(edition, app)| (app, edition)).collect();
        Ok(Catalogues { common, apps, sources: self.sources, misses: Misses::default() })
    }

    /// What an application's tenants see; without one, what everybody sees.
    fn edition(&self, app: Option<&str>) -> Edition {
        let mut layered: Vec<&Source> =
            self.sources.iter().filter(|source| application(&source.layer).is_none_or(|owner| Some(owner) == app)).collect();
        layered.sort_by(|one, other| one.layer.cmp(&other.layer));
        let mut by_locale: BTreeMap<Locale, Vec<&Source>> = BTreeMap::new();
        for source in layered {
            by_locale.entry(source.locale).or_default().push(source);
        }
        let first = Locale::en_us();
        let locales = Locales::new(std::iter::once(first).chain(by_locale.keys().copied()));
        let catalogues = locales
            .iter()
            .map(|locale| Catalogue {
                locale,
                bundle: bundle(locale, by_locale.get(&locale).map_or(&[], Vec::as_slice)),
                fallbacks: fallbacks(locale, &locales),
            })
            .collect();
        Edition { locales, catalogues }
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

fn application(layer: &Layer) -> Option<&str> {
    match layer {
        Layer::Application(name) => Some(name),
        Layer::Platform | Layer::Service => None,
    }
}

/// One locale's messages, later sources over earlier ones.
fn bundle(locale: Locale, sources: &[&Source]) -> Bundle {
    // Canonical tags are what `unic-langid` reads; the undetermined language only chooses the plural rules of English.
    let language = locale.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Marks that keep a value's direction apart from the text's help only where the two can differ; elsewhere they
    // would be invisible characters in plain text.
    bundle.set_use_isolating(locale.direction() == Direction::RightToLeft);
    bundle.set_formatter(Some(localized::write_number));
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

/// Where a message is looked for next: shorter tags of the language, then American English.
fn fallbacks(locale: Locale, locales: &Locales) -> Vec<usize> {
    let position = |wanted: &str| locales.iter().position(|other| other.tag() == wanted);
    let mut found = Vec::new();
    let mut tag = locale.tag();
    while let Some((shorter, _)) = tag.rsplit_once('-') {
        found.extend(position(shorter));
        tag = shorter;
    }
    if locale != Locale::en_us() {
        found.extend(position(Locale::en_us().tag()));
    }
    found
}
