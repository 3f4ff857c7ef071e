//! Gathers settings from their sources.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use banyan_edge::LimitPolicy;

use super::customary;
use super::database::DatabaseChoice;
use super::declare::Key;
use super::environment::Variables;
use super::error::{Finding, Place, SettingsError};
use super::file::{self, Line};
use super::keys::{self, Settings};

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
    /// Texts by the name of their setting.
    pub(crate) values: BTreeMap<&'static str, String>,
}

/// Everything that is read.
pub(crate) struct Sources<'a> {
    pub(crate) flags: &'a Flags,
    pub(crate) variables: &'a Variables,
    pub(crate) working_directory: &'a Path,
}

/// A value that was found for a setting. It may be a secret.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) text: String,
    pub(crate) place: Place,
    pub(crate) rank: Rank,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The earlier wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Flag,
    Variable,
    /// With its position in the table of customary names.
    Customary(usize),
    File,
    Default,
}

impl Rank {
    /// Customary variables are of one layer, whatever their order.
    pub(crate) fn layer(self) -> u8 {
        match self {
            Self::Flag => 0,
            Self::Variable | Self::Customary(_) => 1,
            Self::File => 2,
            Self::Default => 3,
        }
    }
}

/// A setting with its value and all the places that spoke of it, the effective one first.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    pub(crate) candidates: Vec<Candidate>,
}

impl Entry {
    pub(crate) fn effective(&self) -> &Candidate {
        &self.candidates[0]
    }

    pub(crate) fn is_set(&self) -> bool {
        self.effective().rank != Rank::Default
    }
}

/// The settings of this process.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(crate) database: DatabaseChoice,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// Absolute.
    pub(crate) data: PathBuf,
    pub(crate) entries: Vec<Entry>,
    /// What `[limits]` and its tables say together.
    pub(crate) limits: LimitPolicy,
    /// What the operator should know though nothing is wrong.
    pub(crate) notes: Vec<String>,
}

/// # Errors
/// All mistakes at once.
pub(crate) fn load(sources: &Sources<'_>) -> Result<Loaded, SettingsError> {
    let mut gathered = Gathered::default();
    for key in keys::all() {
        gathered.flag(sources.flags, key);
        gathered.variables(sources, key);
    }
    gathered.findings.extend(sources.variables.unknown());
    let file = gathered.file(sources);
    let entries: Vec<Entry> = keys::all().map(|key| gathered.entry(key)).collect();
    gathered.check(&entries);
    if !gathered.findings.is_empty() {
        return Err(SettingsError { findings: gathered.findings });
    }
    finish(entries, file, &gathered.limits, sources.working_directory)
}

fn finish(
    entries: Vec<Entry>,
    file: Option<PathBuf>,
    limits: &[Line],
    working_directory: &Path,
) -> Result<Loaded, SettingsError> {
    let text_of = |section: &'static str, field: &'static str| {
        let entry = entries.iter().find(|entry| entry.key.section == section && entry.key.field == field);
        entry.map_or("", |entry| entry.effective().text.as_str())
    };
    let one = |finding| SettingsError { findings: vec![finding] };
    let settings = Settings::parse(text_of).map_err(|invalid| one(Finding::general(invalid.to_string())))?;
    let (database, remark) = DatabaseChoice::of(&settings.database, &entries).map_err(one)?;
    let findings = super::database::check(&settings, &entries);
    if !findings.is_empty() {
        return Err(SettingsError { findings });
    }
    let limits = super::limits::policy(&settings, file.as_deref(), limits).map_err(|findings| SettingsError { findings })?;
    let data = working_directory.join(&settings.general.data);
    let notes = remark.into_iter().chain(notes(&entries)).collect();
    Ok(Loaded { settings, database, file, data, entries, limits, notes })
}

#[derive(Default)]
struct Gathered {
    candidates: BTreeMap<String, Vec<Candidate>>,
    findings: Vec<Finding>,
    /// Lines below `[limits.…]`.
    limits: Vec<Line>,
}

impl Gathered {
    fn add(&mut self, key: &Key, text: &str, place: Place, rank: Rank) {
        // Spaces around a value are never meant; a password is taken as it is.
        let text = if key.kind.secret { text } else { text.trim() };
        self.candidates.entry(key.name()).or_default().push(Candidate { text: text.to_owned(), place, rank });
    }

    fn flag(&mut self, flags: &Flags, key: &'static Key) {
        let Some(text) = flags.values.get(key.name().as_str()) else { return };
        debug_assert!(key.marks.flag.is_some(), "`{}` is no argument", key.name());
        if let Some(flag) = key.marks.flag {
            self.add(key, text, Place::Flag(flag), Rank::Flag);
        }
    }

    fn variables(&mut self, sources: &Sources<'_>, key: &'static Key) {
        self.variable(sources, key, &key.variable(), Rank::Variable);
        let name = key.name();
        for (position, one) in customary::of_key(&name).enumerate() {
            self.variable(sources, key, one.variable, Rank::Customary(position));
            let Some(last) = self.candidates.get_mut(&name).and_then(|found| found.last_mut()) else { continue };
            if last.rank != Rank::Customary(position) {
                continue;
            }
            match (one.translate)(&last.text) {
                Ok(text) => last.text = text,
                Err(invalid) => {
                    let place = last.place.clone();
                    self.findings.push(Finding::at(place, invalid.to_string()));
                }
            }
        }
    }

    /// The variable itself, or the file that `<NAME>_FILE` names.
    fn variable(&mut self, sources: &Sources<'_>, key: &'static Key, name: &str, rank: Rank) {
        let file_name = format!("{name}_FILE");
        let place = |name: &str| Place::Variable(name.to_owned());
        let found = sources.variables.text(name);
        let found_file = if key.kind.secret { sources.variables.text(&file_name) } else { Ok(None) };
        match (found, found_file) {
            (Err(finding), _) | (_, Err(finding)) => self.findings.push(finding),
            (Ok(Some(_)), Ok(Some(_))) => {
                self.findings
                    .push(Finding::at(place(name), format!("both `{name}` and `{file_name}` are set; remove one of them")));
            }
            (Ok(Some(text)), Ok(None)) => self.add(key, text, place(name), rank),
            (Ok(None), Ok(Some(path))) => self.secret_file(key, sources, path, place(&file_name), rank),
            (Ok(None), Ok(None)) => {}
        }
    }

    fn secret_file(&mut self, key: &'static Key, sources: &Sources<'_>, path: &str, named_by: Place, rank: Rank) {
        let path = sources.working_directory.join(path);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let text = text.trim_end_matches(['\n', '\r']).to_owned();
                self.add(key, &text, Place::SecretFile { path, named_by: Box::new(named_by) }, rank);
            }
            Err(error) => self.findings.push(Finding::at(named_by, format!("cannot read {}: {error}", path.display()))),
        }
    }

    fn file(&mut self, sources: &Sources<'_>) -> Option<PathBuf> {
        let data = keys::find("data").map(|key| self.entry(key).effective().text.clone()).unwrap_or_default();
        let path = file::locate(sources.flags.config.as_deref(), sources.working_directory, Path::new(&data))?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                self.findings.push(Finding::general(format!("cannot read the settings in {}: {error}", path.display())));
                return Some(path);
            }
        };
        match file::read(&path, &text) {
            Ok(lines) => lines.iter().for_each(|line| self.line(sources, &path, line)),
            Err(findings) => self.findings.extend(findings),
        }
        let inside_data = path.parent() == Some(&*sources.working_directory.join(&data));
        if inside_data && self.candidates.get("data").is_some_and(|found| found.iter().any(|one| one.rank == Rank::File)) {
            let problem = "`data` cannot be set by a file in the data directory itself; give it by --data or BANYAN_DATA";
            self.findings.push(Finding::general(format!("{}: {problem}", path.display())));
        }
        Some(path)
    }

    fn line(&mut self, sources: &Sources<'_>, path: &Path, line: &Line) {
        let place = Place::File { path: path.to_owned(), line: line.line };
        if let Some(key) = keys::find(&line.key) {
            if self.candidates.get(&line.key).is_some_and(|found| found.iter().any(|one| one.rank == Rank::File)) {
                self.findings
                    .push(Finding::at(place, format!("`{0}` and `{0}_file` are both set; remove one of them", line.key)));
                return;
            }
            self.add(key, &line.text, place, Rank::File);
        } else if let Some(key) = line.key.strip_suffix("_file").and_then(keys::find) {
            self.secret_file(key, sources, &line.text, place, Rank::File);
        } else if line.key.starts_with("limits.") {
            self.limits.push(line.clone());
        }
    }

    fn entry(&self, key: &'static Key) -> Entry {
        let default = Candidate { text: key.default.to_owned(), place: Place::Default, rank: Rank::Default };
        let mut candidates = self.candidates.get(&key.name()).cloned().unwrap_or_default();
        candidates.push(default);
        candidates.sort_by_key(|candidate| candidate.rank);
        Entry { key, candidates }
    }

    /// Checks the effective values.
    fn check(&mut self, entries: &[Entry]) {
        for entry in entries {
            let effective = entry.effective();
            if let Err(invalid) = (entry.key.kind.check)(&effective.text) {
                let problem = format!("`{}`: {invalid}", entry.key.name());
                self.findings.push(Finding::at(effective.place.clone(), problem));
            }
        }
    }
}

/// Remarks about customary names, about settings whose feature is not there yet, and about places that contradict each other.
fn notes(entries: &[Entry]) -> Vec<String> {
    let mut notes = Vec::new();
    for entry in entries.iter().filter(|entry| entry.is_set()) {
        let name = entry.key.name();
        let effective = entry.effective();
        if let Some(feature) = entry.key.marks.later {
            notes.push(format!("{}: `{name}` is understood but has no effect yet: {feature} will use it", effective.place));
        }
        if let Rank::Customary(position) = effective.rank
            && let Some(remark) = customary::of_key(&name).nth(position).and_then(|one| one.remark)
            && !notes.iter().any(|note: &String| note.ends_with(remark))
        {
            notes.push(format!("{}: {remark}", effective.place));
        }
        let same_layer = |other: &&Candidate| other.rank.layer() == effective.rank.layer() && other.text != effective.text;
        if let Some(other) = entry.candidates[1..].iter().find(same_layer) {
            notes.push(format!("`{name}` is set twice; {} counts, {} does not", effective.place, other.place));
        }
    }
    notes
}
