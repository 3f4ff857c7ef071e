//! Legal texts: what an application ships as files, until a tenant publishes its own.
//!
//! A file is `apps/<name>/legal/<tag>.toml`, with a table a kind. Where a tenant has published a version of a kind that counts already, the
//! files of this kind do not count any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use banyan_kernel::application::{Application, Applications, Finding, parse_toml};
use banyan_kernel::{Timestamp, Uuid};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::entity::legal_text::Purpose;
use crate::entity::legal_version::Kind;

/// A legal text in one language, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) kind: Kind,
    pub(crate) number: i64,
    pub(crate) locale: String,
    pub(crate) title: String,
    /// Markdown.
    pub(crate) text: String,
    pub(crate) purposes: Vec<Purpose>,
    pub(crate) effective_at: Timestamp,
    /// None for one of the files.
    pub(crate) version: Option<Uuid>,
}

impl Text {
    /// SHA-256 of all that a person agrees to.
    pub(crate) fn hash(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        let number = self.number.to_string();
        let mut parts = vec![self.kind.word(), &number, &self.locale, &self.title, &self.text];
        for purpose in &self.purposes {
            let required = if purpose.required { "required" } else { "optional" };
            parts.extend([purpose.id.as_str(), &purpose.title, &purpose.text, required]);
        }
        for part in parts {
            // With its length, so that no two texts are the same bytes.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().to_vec()
    }
}

/// One kind in one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    number: i64,
    /// From the beginning of this day, UTC.
    effective: Date,
    title: String,
    text: String,
    #[serde(default)]
    purposes: Vec<Purpose>,
}

/// One file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    privacy: Option<Section>,
    terms: Option<Section>,
    consent: Option<Section>,
}

impl Sheet {
    fn of(&self, kind: Kind) -> Option<&Section> {
        match kind {
            Kind::Privacy => self.privacy.as_ref(),
            Kind::Terms => self.terms.as_ref(),
            Kind::Consent => self.consent.as_ref(),
        }
    }

    fn texts(&self, locale: &str) -> impl Iterator<Item = Text> {
        Kind::ALL.into_iter().filter_map(move |kind| {
            let section = self.of(kind)?;
            let effective = section.effective.to_zoned(TimeZone::UTC).ok()?.timestamp();
            Some(Text {
                kind,
                number: section.number,
                locale: locale.to_owned(),
                title: section.title.clone(),
                text: section.text.trim().to_owned(),
                purposes: section.purposes.clone(),
                effective_at: Timestamp::from_micros(effective.as_microsecond()),
                version: None,
            })
        })
    }
}

/// The texts of all applications' files. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shelves(Arc<BTreeMap<String, Vec<Text>>>);

impl Shelves {
    /// An application whose files cannot be read has no texts; [`check`] says why before a start.
    pub(crate) fn new(applications: &Applications) -> Self {
        let shelf = |application: &Application| {
            let sheets = application.legal().iter().filter_map(|document| {
                let sheet = parse_toml::<Sheet>(&document.path, &document.text);
                let sheet = sheet.inspect_err(|error| {
                    tracing::error!(application = application.name(), %error, "legal texts of an application cannot be read");
                });
                Some((sheet.ok()?, document.name.clone()))
            });
            sheets.flat_map(|(sheet, locale)| sheet.texts(&locale).collect::<Vec<_>>()).collect()
        };
        let shelves = applications.iter().map(|application| (application.name().to_owned(), shelf(application)));
        Self(Arc::new(shelves.collect()))
    }

    /// The texts of an application, in all languages.
    pub(crate) fn of(&self, application: &str) -> &[Text] {
        self.0.get(application).map_or(&[], Vec::as_slice)
    }
}

/// The text in the language, or in the first of the others that there are: rather another language than none.
pub(crate) fn in_language<'t>(texts: &'t [Text], locale: &str) -> Option<&'t Text> {
    let of = |tag: &str| texts.iter().find(|text| text.locale == tag);
    of(locale).or_else(|| of("en-US")).or_else(|| texts.first())
}

/// What is wrong with an application's legal texts: they say the same in each of its languages, or it has none.
pub(crate) fn check(application: &Application) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sheets = BTreeMap::new();
    for document in application.legal() {
        match parse_toml::<Sheet>(&document.path, &document.text) {
            Ok(sheet) => {
                sheets.insert(document.name.as_str(), (document.path.as_str(), sheet));
            }
            Err(error) => findings.extend(error.findings),
        }
    }
    if application.legal().is_empty() || !findings.is_empty() {
        return findings;
    }
    let offered: BTreeSet<&str> = application.manifest().locales.iter().map(String::as_str).collect();
    for tag in offered.iter().filter(|tag| !sheets.contains_key(**tag)) {
        findings
            .push(Finding::of_file(&format!("apps/{}/legal/{tag}.toml", application.name()), "this language has no legal texts"));
    }
    for (tag, (path, _)) in sheets.iter().filter(|(tag, _)| !offered.contains(**tag)) {
        findings.push(Finding::of_file(path, format!("the application does not offer `{tag}`")));
    }
    let outline = |sheet: &Sheet| -> Vec<String> {
        let of = |kind: Kind| {
            let section = sheet.of(kind)?;
            let ids: Vec<_> = section.purposes.iter().map(|purpose| format!("{}:{}", purpose.id, purpose.required)).collect();
            Some(format!("{} {} {} {}", kind.word(), section.number, section.effective, ids.join(" ")))
        };
        Kind::ALL.into_iter().filter_map(of).collect()
    };
    let mut all = sheets.values();
    if let Some((first, sheet)) = all.next() {
        let wanted = outline(sheet);
        for (path, _) in all.filter(|(_, sheet)| outline(sheet) != wanted) {
            findings.push(Finding::of_file(path, format!("numbers, dates or purposes are others than in {first}")));
        }
    }
    for (path, sheet) in sheets.values() {
        for kind in Kind::ALL {
            let Some(section) = sheet.of(kind) else { continue };
            if section.number < 1 || section.text.trim().is_empty() || section.title.trim().is_empty() {
                findings.push(Finding::of_key(path, kind.word(), "a number from 1 on, a title and a text"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, body: &str) -> Text {
        Text {
            kind: Kind::Terms,
            number: 1,
            locale: "id-ID".to_owned(),
            title: title.to_owned(),
            text: body.to_owned(),
            purposes: Vec::new(),
            effective_at: Timestamp::from_seconds(0),
            version: None,
        }
    }

    #[test]
    fn a_hash_knows_where_a_part_ends() {
        assert_ne!(text("ab", "c").hash(), text("a", "bc").hash());
        assert_eq!(text("ab", "c").hash(), text("ab", "c").hash());
    }

    #[test]
    fn rather_another_language_than_none() {
        let texts = [text("a", "b"), Text { locale: "en-US".to_owned(), ..text("c", "d") }];
        let locale = |tag| in_language(&texts, tag).map(|text| text.locale.as_str());
        assert_eq!((locale("id-ID"), locale("ar-EG")), (Some("id-ID"), Some("en-US")));
        assert_eq!(in_language(&[], "id-ID"), None);
    }
}
