//! Documents that are generated from the code, checked in, and compared.

mod asyncapi;
mod configuration;
mod dependency_map;
mod openapi;
mod personal_data;

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::server::Profile;
use crate::workspace;

/// Write the generated documents: docs/openapi.json, docs/asyncapi.json, docs/configuration.md, docs/personal-data.md,
/// docs/dependency-map.md.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only compare, and fail where one is out of date.
    #[arg(long)]
    check: bool,
}

/// Write docs/openapi.json from `banyan openapi`.
#[derive(clap::Args)]
pub(crate) struct OpenapiArguments {
    /// Only compare, and fail if it is out of date.
    #[arg(long)]
    check: bool,
}

/// A generated file. Add a line to [`DOCUMENTS`] for a new one.
struct Document {
    /// Relative to the root of the repository.
    path: &'static str,
    /// The profile is for a document that the server prints.
    generate: fn(Profile) -> Result<String>,
}

const OPENAPI: Document = Document { path: "docs/openapi.json", generate: openapi::generate };

const DOCUMENTS: [Document; 5] = [
    Document { path: "docs/dependency-map.md", generate: dependency_map::generate },
    Document { path: "docs/configuration.md", generate: configuration::generate },
    Document { path: "docs/personal-data.md", generate: personal_data::generate },
    OPENAPI,
    Document { path: "docs/asyncapi.json", generate: asyncapi::generate },
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.check { check(Profile::Dev) } else { write() }
}

pub(crate) fn run_openapi(arguments: &OpenapiArguments) -> Result<()> {
    if arguments.check { OPENAPI.check(Profile::Dev) } else { OPENAPI.write() }
}

/// Writes all documents.
pub(crate) fn write() -> Result<()> {
    DOCUMENTS.iter().try_for_each(Document::write)
}

/// Compares all documents with what would be written.
pub(crate) fn check(profile: Profile) -> Result<()> {
    let mut stale = Vec::new();
    for document in &DOCUMENTS {
        if let Err(error) = document.check(profile) {
            crate::process::check_interrupted()?;
            stale.push(format!("{error:#}"));
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("{}", stale.join("\n   "))
}

impl Document {
    fn write(&self) -> Result<()> {
        let text = (self.generate)(Profile::Dev).with_context(|| format!("cannot generate {}", self.path))?;
        let file = workspace::root().join(self.path);
        if fs::read_to_string(&file).is_ok_and(|current| current == text) {
            println!("{} is up to date", self.path);
            return Ok(());
        }
        fs::write(&file, text).with_context(|| format!("cannot write {}", self.path))?;
        println!("{} is written", self.path);
        Ok(())
    }

    fn check(&self, profile: Profile) -> Result<()> {
        let fresh = (self.generate)(profile).with_context(|| format!("cannot generate {}", self.path))?;
        let current = fs::read_to_string(workspace::root().join(self.path)).unwrap_or_default();
        match first_difference(&current, &fresh) {
            None => Ok(()),
            Some(line) => bail!("{} is out of date from line {line}: run `cargo xtask docs`", self.path),
        }
    }
}

/// The number of the first line that differs.
fn first_difference(current: &str, fresh: &str) -> Option<usize> {
    if current == fresh {
        return None;
    }
    let same = current.lines().zip(fresh.lines()).take_while(|(current, fresh)| current == fresh).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a\n", "a"), Some(2));
    }
}
