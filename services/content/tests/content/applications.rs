//! The applications of the repository: their templates have their texts, their zones exist.

use banyan_content::check_applications;
use banyan_locale::Finding;
use banyan_store::EngineKind;
use banyan_testkit::Bench;

use crate::support::app;

#[tokio::test]
async fn every_application_is_complete_in_each_of_its_languages() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    check_applications(&app.host.applications, &app.host.catalogues).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<&str> = app.host.applications.iter().map(|application| application.name()).collect();
    assert_eq!(names, ["aaiti", "context-engine", "fittracker", "upcoach"]);
    assert_eq!(app.host.applications.default_application().name(), "upcoach");
    let findings: Vec<Finding> = app.host.catalogues.check();
    assert!(findings.is_empty(), "{}", findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n"));
    for application in app.host.applications.iter() {
        let zone = &application.manifest().time_zone;
        assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{}: {zone}", application.name());
        let messages = app.host.catalogues.messages(Some(application.name()), banyan_locale::Locale::id_id());
        for plan in &application.manifest().plans {
            for id in [format!("plan-{}", plan.key), format!("plan-{}.description", plan.key)] {
                assert!(messages.find(&id, &banyan_locale::Args::new()).is_some(), "{}: {id}", application.name());
            }
        }
    }
}

#[tokio::test]
async fn each_brand_is_welcomed_by_its_name() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    for application in app.host.applications.iter() {
        let brand = &application.manifest().brand.name;
        for (locale, welcome) in
            [(banyan_locale::Locale::en_us(), "Welcome to"), (banyan_locale::Locale::id_id(), "Selamat Datang di")]
        {
            let title = app.host.catalogues.messages(Some(application.name()), locale).text("landing-title").into_owned();
            assert_eq!(title, format!("{welcome} {brand}"));
        }
    }
}
