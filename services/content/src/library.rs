//! What an application gives to read: `templates/content.toml`, whose texts are messages of its catalogues.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use banyan_kernel::application::{Application, ApplicationError, Applications, Finding, parse_toml};
use banyan_locale::{Args, Catalogues};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TemplateKind {
    /// Something to write about.
    Prompt,
    /// Something to do.
    Practice,
    /// Something to learn.
    Lesson,
    Tip,
}

/// When a template fits a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Moment {
    /// Nothing was written yet.
    NoJournal,
    /// Nothing was written for three days.
    Quiet,
    /// The average mood of the last seven days is at most 4.
    LowMood,
    /// The average mood of the last seven days is at least 8.
    HighMood,
    /// Three or more entries in seven days.
    DailyWriter,
    Always,
}

/// One template; its texts are the messages `template-<id>` and `template-<id>.body`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) kind: TemplateKind,
    pub(crate) when: Moment,
    #[serde(default)]
    pub(crate) topics: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Landing {
    /// Names of features, in the order in which they are shown: the messages `landing-feature-<name>` and `.body`.
    #[serde(default)]
    features: Vec<String>,
}

/// An application's `templates/content.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Library {
    #[serde(default)]
    pub(crate) landing: Landing,
    #[serde(default)]
    pub(crate) templates: Vec<Template>,
}

impl Template {
    pub(crate) fn title_message(&self) -> String {
        format!("template-{}", self.id)
    }

    pub(crate) fn body_message(&self) -> String {
        format!("template-{}.body", self.id)
    }
}

impl Library {
    /// # Errors
    /// Every mistake in the document.
    fn of(application: &Application) -> Result<Self, ApplicationError> {
        let Some(document) = application.templates(crate::SERVICE) else { return Ok(Self::default()) };
        let library: Self = parse_toml(&document.path, &document.text)?;
        let mut findings = Vec::new();
        let mut seen = BTreeSet::new();
        for template in &library.templates {
            if !seen.insert(&template.id) {
                findings.push(Finding::of_key(&document.path, "templates", format!("`{}` stands here twice", template.id)));
            }
        }
        if !library.templates.iter().any(|template| template.when == Moment::Always) {
            let message = "at least one template is for `always`, so that everybody's feed holds something";
            findings.push(Finding::of_key(&document.path, "templates", message));
        }
        if findings.is_empty() { Ok(library) } else { Err(ApplicationError { findings }) }
    }

    pub(crate) fn features(&self) -> &[String] {
        &self.landing.features
    }

    /// The messages that every language of the application must have.
    fn messages(&self) -> Vec<String> {
        let landing = ["title", "tagline", "description", "call-to-action"].map(|part| format!("landing-{part}"));
        let features = self.features().iter().flat_map(|name| [feature_title(name), feature_body(name)]);
        let templates = self.templates.iter().flat_map(|template| [template.title_message(), template.body_message()]);
        landing.into_iter().chain(features).chain(templates).collect()
    }
}

pub(crate) fn feature_title(name: &str) -> String {
    format!("landing-feature-{name}")
}

pub(crate) fn feature_body(name: &str) -> String {
    format!("landing-feature-{name}.body")
}

/// The libraries of all applications, by name. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Libraries(Arc<BTreeMap<String, Library>>);

impl Libraries {
    /// An application whose document cannot be read has no templates; [`check_applications`] says why before a start.
    pub(crate) fn new(applications: &Applications) -> Self {
        let libraries = applications.iter().map(|application| {
            let library = Library::of(application).unwrap_or_else(|error| {
                tracing::error!(application = application.name(), %error, "the templates of an application cannot be read");
                Library::default()
            });
            (application.name().to_owned(), library)
        });
        Self(Arc::new(libraries.collect()))
    }

    pub(crate) fn of(&self, application: &str) -> Option<&Library> {
        self.0.get(application)
    }
}

/// Whether every application's templates can be read and have their texts in each of its languages.
///
/// # Errors
/// Everything that is wrong, with file and key.
pub fn check_applications(applications: &Applications, catalogues: &Catalogues) -> Result<(), ApplicationError> {
    let mut findings = Vec::new();
    for application in applications.iter() {
        match Library::of(application) {
            Ok(library) => findings.extend(missing_messages(application, &library, catalogues)),
            Err(error) => findings.extend(error.findings),
        }
        findings.extend(crate::legal::check(application));
    }
    if findings.is_empty() { Ok(()) } else { Err(ApplicationError { findings }) }
}

fn missing_messages(application: &Application, library: &Library, catalogues: &Catalogues) -> Vec<Finding> {
    let mut findings = Vec::new();
    let locales = catalogues.locales(Some(application.name()));
    let english = banyan_locale::Locale::en_us();
    for tag in &application.manifest().locales {
        let folder = format!("apps/{}/locales/{tag}", application.name());
        let Some(locale) = locales.iter().find(|locale| locale.tag() == tag) else {
            findings.push(Finding::of_file(&folder, "this language has no catalogues"));
            continue;
        };
        let messages = catalogues.messages(Some(application.name()), locale);
        let fallback = catalogues.messages(Some(application.name()), english);
        for id in library.messages() {
            let found = messages.find(&id, &Args::new());
            // What falls back to English is a text that nobody translated.
            let untranslated = locale != english && found.is_some() && found == fallback.find(&id, &Args::new());
            if found.is_none() || untranslated {
                findings.push(Finding::of_key(&folder, id, "this message is missing, or the same as in English"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(templates: &str) -> Application {
        let manifest = r##"
            default_locale = "en-US"
            locales = ["en-US"]
            time_zone = "UTC"
            services = ["content"]
            brand = { name = "Sprout", colour = "#0f766e" }
            [rate_limits]
            api = { requests = 1, window_seconds = 1 }
            auth = { requests = 1, window_seconds = 1 }
            ai = { requests = 1, window_seconds = 1 }
        "##;
        let files = [("manifest.toml", manifest), ("locales/en-US/app.ftl", "a = b\n"), ("templates/content.toml", templates)];
        Application::parse("sprout", files).unwrap()
    }

    fn mistakes(templates: &str) -> String {
        Library::of(&application(templates)).unwrap_err().to_string()
    }

    #[test]
    fn a_library_is_read() {
        let text =
            "landing = { features = [\"goals\"] }\n[[templates]]\nid = \"breathe\"\nkind = \"practice\"\nwhen = \"always\"\n";
        let library = Library::of(&application(text)).unwrap();
        assert_eq!(library.features(), ["goals"]);
        assert_eq!(library.templates[0].body_message(), "template-breathe.body");
        assert_eq!(library.messages().len(), 8);
    }

    #[test]
    fn mistakes_are_named_with_file_and_key() {
        let unknown = mistakes("[[templates]]\nid = \"a\"\nkind = \"poem\"\nwhen = \"always\"\n");
        assert!(unknown.starts_with("apps/sprout/templates/content.toml:3: `kind`: unknown variant"), "{unknown}");
        let never = mistakes("[[templates]]\nid = \"a\"\nkind = \"tip\"\nwhen = \"quiet\"\n");
        assert!(never.contains("at least one template is for `always`"), "{never}");
        let twice = mistakes(&"[[templates]]\nid = \"a\"\nkind = \"tip\"\nwhen = \"always\"\n".repeat(2));
        assert!(twice.contains("`a` stands here twice"), "{twice}");
    }
}
