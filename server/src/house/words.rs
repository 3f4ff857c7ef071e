//! The applications in this binary, and the messages of everybody.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use banyan_http::Service;
use banyan_kernel::Applications;
use banyan_locale::{Builder, Catalogues, Layer};

use crate::settings::Settings;

/// The files of `apps/`, carried by the binary.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/applications.rs"));

/// The applications that this installation hosts.
pub(crate) fn applications() -> Result<Applications> {
    Applications::parse(FILES.iter().copied()).context("the applications in this program are not well-formed")
}

/// What an installation adds to the program's own messages.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    folder: Option<PathBuf>,
    pseudolocales: bool,
    /// In per cent; as the setting has it where nobody says.
    offered_from: Option<u8>,
}

impl Additions {
    pub(crate) fn of(settings: &Settings) -> Self {
        let locale = &settings.locale;
        let offered_from = u8::try_from(locale.offered_from.0).ok();
        Self { folder: locale.folder.clone(), pseudolocales: locale.pseudo, offered_from }
    }

    fn add_to(&self, builder: Builder) -> Builder {
        let builder = self.folder.iter().fold(builder, |builder, folder| builder.add_installation(folder));
        let builder = self.offered_from.into_iter().fold(builder, Builder::offer_from);
        if self.pseudolocales { builder.add_pseudolocales() } else { builder }
    }
}

/// The messages of the platform, the door, the services, the applications and the installation.
pub(crate) fn catalogues(services: &[Service], applications: &Applications, additions: &Additions) -> Result<Catalogues> {
    let builder = banyan_http::pages::add_messages(Builder::default().add_platform());
    let builder = banyan_edge::MESSAGES.iter().fold(builder, |builder, (tag, file, text)| {
        builder.add(Layer::Service, tag, format!("edge/locales/{tag}/{file}"), *text)
    });
    let builder =
        crate::alerts::MESSAGES.iter().fold(builder, |builder, (tag, file, text)| builder.add(Layer::Service, tag, *file, *text));
    let builder = services.iter().fold(builder, |builder, service| service.add_messages(builder));
    let builder = applications.iter().fold(builder, |builder, application| {
        let builder = builder.at_home(application.name(), &application.manifest().default_locale);
        application.catalogues().iter().fold(builder, |builder, catalogue| {
            let layer = Layer::Application(application.name().to_owned());
            let file = format!("apps/{}/locales/{}/{}", application.name(), catalogue.locale, catalogue.file);
            builder.add(layer, &catalogue.locale, file, catalogue.text.as_str())
        })
    });
    let messages = additions.add_to(builder).build();
    messages.context("the messages in this program, or those in the folder of the setting `locale.folder`, are not well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_binary_carries_is_well_formed() {
        let applications = applications().unwrap();
        let names: Vec<&str> = applications.iter().map(|application| application.name()).collect();
        assert_eq!(names, ["aaiti", "context-engine", "fittracker", "upcoach"]);
        assert_eq!(applications.default_application().name(), "upcoach");
        let catalogues = catalogues(&crate::house::services(), &applications, &Additions::default()).unwrap();
        banyan_content::check_applications(&applications, &catalogues).unwrap();
        let findings: Vec<String> = catalogues.check().iter().map(ToString::to_string).collect();
        assert_eq!(findings, Vec::<String>::new());
    }
}
