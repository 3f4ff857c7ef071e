//! The applications in this binary, and the messages of everybody.

use anyhow::{Context as _, Result};
use banyan_http::Service;
use banyan_kernel::Applications;
use banyan_locale::{Builder, Catalogues, Layer};

/// The files of `apps/`, carried by the binary.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/applications.rs"));

/// The applications that this installation hosts.
pub(crate) fn applications() -> Result<Applications> {
    Applications::parse(FILES.iter().copied()).context("the applications in this program are not well-formed")
}

/// The messages of the platform, the door, the services and the applications.
pub(crate) fn catalogues(services: &[Service], applications: &Applications) -> Result<Catalogues> {
    let builder = banyan_http::pages::add_messages(Builder::default().add_platform());
    let builder = banyan_edge::MESSAGES.iter().fold(builder, |builder, (tag, file, text)| {
        builder.add(Layer::Service, tag, format!("edge/locales/{tag}/{file}"), *text)
    });
    let builder = services.iter().fold(builder, |builder, service| service.add_messages(builder));
    let builder = applications.iter().fold(builder, |builder, application| {
        application.catalogues().iter().fold(builder, |builder, catalogue| {
            let layer = Layer::Application(application.name().to_owned());
            let file = format!("apps/{}/locales/{}/{}", application.name(), catalogue.locale, catalogue.file);
            builder.add(layer, &catalogue.locale, file, catalogue.text.as_str())
        })
    });
    builder.build().context("the messages in this program are not well-formed")
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
        let catalogues = catalogues(&crate::house::services(), &applications).unwrap();
        banyan_content::check_applications(&applications, &catalogues).unwrap();
        let findings: Vec<String> = catalogues.check().iter().map(ToString::to_string).collect();
        assert_eq!(findings, Vec::<String>::new());
    }
}
