//! Applications as data: a folder `apps/<name>/` with a manifest, message catalogues, content templates and demo data.
//!
//! The binary carries the folders as text; nothing here reads a file. What a service makes of templates and demo data is
//! its own affair: here they are text with a name.

mod finding;
mod manifest;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use finding::{ApplicationError, Finding, parse_toml};
pub use manifest::{BillingPeriod, Brand, Flag, Manifest, Plan, Price, RateLimit};

use crate::Uuid;

/// One application: what its folder holds, checked.
#[derive(Debug)]
pub struct Application {
    name: String,
    manifest: Manifest,
    catalogues: Vec<Catalogue>,
    templates: Vec<Document>,
    demo: Vec<Document>,
    legal: Vec<Document>,
}

/// Messages in one language: `locales/<tag>/<file>.ftl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// BCP 47, as the folder is named.
    pub locale: String,
    /// The file's name with its extension.
    pub file: String,
    pub text: String,
}

/// A TOML document for one service: `templates/<service>.toml`, `demo/<service>.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The file's name without its extension.
    pub name: String,
    /// The path from the repository's root, for messages about mistakes.
    pub path: String,
    pub text: String,
}

impl Application {
    /// Reads an application from its files: pairs of a path inside the folder (`locales/en-US/app.ftl`) and the text.
    ///
    /// # Errors
    /// Everything that is wrong, each with its file and key.
    pub fn parse<'a>(name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ApplicationError> {
        let root = format!("apps/{name}");
        let mut findings = Vec::new();
        if !is_kebab(name) {
            findings
                .push(Finding::of_file(&root, "an application's name is lower-case words joined by `-`, at most 40 characters"));
        }
        let mut manifest = None;
        let (mut catalogues, mut templates, mut demo, mut legal) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (path, text) in files {
            let full = format!("{root}/{path}");
            match path.split('/').collect::<Vec<_>>()[..] {
                ["manifest.toml"] => match Manifest::parse(&full, text) {
                    Ok(parsed) => manifest = Some(parsed),
                    Err(error) => findings.extend(error.findings),
                },
                ["locales", locale, file] if file.ends_with(".ftl") => {
                    catalogues.push(Catalogue { locale: locale.into(), file: file.into(), text: text.into() });
                }
                ["templates", file] if file.ends_with(".toml") => templates.push(Document::new(file, full, text)),
                ["demo", file] if file.ends_with(".toml") => demo.push(Document::new(file, full, text)),
                ["legal", file] if file.ends_with(".toml") => legal.push(Document::new(file, full, text)),
                _ => findings.push(Finding::of_file(
                    &full,
                    "an application holds manifest.toml, locales/<tag>/*.ftl, templates/*.toml, legal/<tag>.toml and demo/*.toml only",
                )),
            }
        }
        match &manifest {
            Some(manifest) => findings.extend(catalogue_findings(&root, manifest, &catalogues)),
            None if findings.is_empty() => findings.push(Finding::of_file(&root, "manifest.toml is missing")),
            None => {}
        }
        match manifest {
            Some(manifest) if findings.is_empty() => Ok(Self { name: name.into(), manifest, catalogues, templates, demo, legal }),
            _ => Err(ApplicationError { findings }),
        }
    }

    /// The folder's name, which is also the name of the tenant that stands for it from the start.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn catalogues(&self) -> &[Catalogue] {
        &self.catalogues
    }

    /// The templates of the named service.
    pub fn templates(&self, service: &str) -> Option<&Document> {
        self.templates.iter().find(|document| document.name == service)
    }

    /// Legal texts, a document a language, named by its tag.
    pub fn legal(&self) -> &[Document] {
        &self.legal
    }

    /// The demo data of the named service.
    pub fn demo(&self, service: &str) -> Option<&Document> {
        self.demo.iter().find(|document| document.name == service)
    }
}

impl Document {
    fn new(file: &str, path: String, text: &str) -> Self {
        Self { name: file.trim_end_matches(".toml").into(), path, text: text.into() }
    }

    /// The id of somebody whom demo data name by e-mail address.
    ///
    /// # Errors
    /// Nobody of the demo has this address.
    pub fn person(&self, people: &BTreeMap<String, Uuid>, email: &str) -> Result<Uuid, ApplicationError> {
        let nobody = || Finding::of_file(&self.path, format!("`{email}` is nobody of the demo"));
        people.get(email).copied().ok_or_else(|| ApplicationError { findings: vec![nobody()] })
    }
}

/// The applications that this installation hosts, by name. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Applications {
    by_name: Arc<BTreeMap<String, Arc<Application>>>,
    default: Arc<Application>,
}

impl Applications {
    /// Reads all applications from their files: pairs of a path from `apps/` (`upcoach/manifest.toml`) and the text.
    ///
    /// # Errors
    /// Everything that is wrong in any of them, and when not just one of them is the default.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ApplicationError> {
        let mut folders: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        let mut findings = Vec::new();
        for (path, text) in files {
            match path.split_once('/') {
                Some((name, inside)) => folders.entry(name).or_default().push((inside, text)),
                None => findings.push(Finding::of_file(&format!("apps/{path}"), "an application is a folder")),
            }
        }
        let mut by_name = BTreeMap::new();
        for (name, files) in folders {
            match Application::parse(name, files) {
                Ok(application) => {
                    by_name.insert(name.to_owned(), Arc::new(application));
                }
                Err(error) => findings.extend(error.findings),
            }
        }
        if !findings.is_empty() {
            return Err(ApplicationError { findings });
        }
        let defaults: Vec<_> = by_name.values().filter(|application| application.manifest.default).cloned().collect();
        let [default] = &defaults[..] else {
            let names: Vec<_> = defaults.iter().map(|application| application.name()).collect();
            let message = format!("just one application has `default = true`; now: {}", names.join(", "));
            return Err(ApplicationError { findings: vec![Finding::of_file("apps", message)] });
        };
        Ok(Self { default: default.clone(), by_name: Arc::new(by_name) })
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Application>> {
        self.by_name.get(name)
    }

    /// The application of requests that name no tenant.
    pub fn default_application(&self) -> &Arc<Application> {
        &self.default
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Application>> {
        self.by_name.values()
    }
}

fn catalogue_findings(root: &str, manifest: &Manifest, catalogues: &[Catalogue]) -> Vec<Finding> {
    let offered: BTreeSet<&str> = manifest.offered_locales().collect();
    let present: BTreeSet<&str> = catalogues.iter().map(|catalogue| catalogue.locale.as_str()).collect();
    let missing = offered.difference(&present).map(|tag| {
        let message = format!("`{tag}` is offered, but locales/{tag}/ holds no messages");
        Finding::of_key(&format!("{root}/manifest.toml"), "locales", message)
    });
    let unused = present.difference(&offered).map(|tag| {
        Finding::of_file(&format!("{root}/locales/{tag}"), "the manifest does not offer this language: add it to `locales`")
    });
    missing.chain(unused).collect()
}

/// Lower-case ASCII words joined by single hyphens, 1 to 40 characters, a letter first.
pub(crate) fn is_kebab(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 40 && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.split('-').all(word)
}

#[cfg(test)]
mod tests;
