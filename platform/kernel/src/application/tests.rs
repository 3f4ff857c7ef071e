use super::*;
use crate::money::Currency;

const MANIFEST: &str = r##"
default = true
default_locale = "en-US"
locales = ["en-US", "id-ID"]
time_zone = "Asia/Jakarta"
services = ["identity", "content"]

[brand]
name = "Sprout"
colour = "#0f766e"

[rate_limits]
api = { requests = 100, window_seconds = 900 }
auth = { requests = 5, window_seconds = 900 }
ai = { requests = 50, window_seconds = 900 }

[[flags]]
key = "voice-journal"
description = "Journals that are spoken."
enabled = true

[[plans]]
key = "free"

[[plans]]
key = "pro"
prices = [{ minor_units = 14900000, currency = "IDR", every = "month" }]
rate_limits = { api = { requests = 1000, window_seconds = 900 } }
"##;

fn files(manifest: &str) -> Vec<(&'static str, String)> {
    vec![
        ("manifest.toml", manifest.to_owned()),
        ("locales/en-US/app.ftl", "landing-title = Welcome to Sprout\n".into()),
        ("locales/id-ID/app.ftl", "landing-title = Selamat Datang di Sprout\n".into()),
        ("templates/content.toml", "[[templates]]\nid = \"breathe\"\n".into()),
        ("demo/goals.toml", "".into()),
    ]
}

fn parse(files: &[(&'static str, String)]) -> Result<Application, ApplicationError> {
    Application::parse("sprout", files.iter().map(|(path, text)| (*path, text.as_str())))
}

fn findings(files: &[(&'static str, String)]) -> String {
    parse(files).unwrap_err().to_string()
}

#[test]
fn a_folder_becomes_an_application() {
    let application = parse(&files(MANIFEST)).unwrap();
    assert_eq!(application.name(), "sprout");
    assert_eq!(application.manifest().brand.name, "Sprout");
    assert_eq!(application.manifest().flags[0].rollout, 100);
    assert_eq!(application.manifest().plans[1].prices[0].currency, Currency::IDR);
    assert_eq!(application.catalogues().len(), 2);
    assert_eq!(application.templates("content").unwrap().path, "apps/sprout/templates/content.toml");
    assert_eq!(application.demo("goals").unwrap().name, "goals");
    assert!(application.demo("content").is_none());
}

#[test]
fn an_unknown_key_is_named_with_its_file_and_line() {
    let text = findings(&files(&MANIFEST.replace("time_zone", "timezone")));
    assert!(text.starts_with("apps/sprout/manifest.toml:5: `timezone`: unknown field"), "{text}");
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_key() {
    let text = findings(&files(&MANIFEST.replace("enabled = true", "enabled = \"yes\"")));
    assert!(text.contains("`enabled`: invalid type"), "{text}");
}

#[test]
fn every_mistake_is_found_at_once() {
    let manifest = MANIFEST
        .replace("default_locale = \"en-US\"", "default_locale = \"fr-FR\"")
        .replace("#0f766e", "teal")
        .replace("auth = { requests = 5", "auth = { requests = 0")
        .replace("minor_units = 14900000", "minor_units = 0")
        .replace("key = \"free\"", "key = \"pro\"");
    let text = findings(&files(&manifest));
    for key in [
        "`brand.colour`",
        "`default_locale`",
        "`rate_limits.auth.requests`",
        "`plans.pro.prices`",
        "`plans`: `pro` stands here twice",
    ] {
        assert!(text.contains(key), "{key} is not in:\n{text}");
    }
    assert_eq!(text.lines().count(), 5, "{text}");
}

#[test]
fn languages_and_folders_must_agree() {
    let mut missing = files(MANIFEST);
    missing.remove(2);
    assert!(findings(&missing).contains("`id-ID` is offered"), "{}", findings(&missing));
    let mut unused = files(MANIFEST);
    unused.push(("locales/ar/app.ftl", String::new()));
    assert!(findings(&unused).starts_with("apps/sprout/locales/ar: the manifest does not offer"), "{}", findings(&unused));
}

#[test]
fn stray_files_and_a_missing_manifest_are_refused() {
    let mut stray = files(MANIFEST);
    stray.push(("logo.png", String::new()));
    assert!(findings(&stray).starts_with("apps/sprout/logo.png:"));
    assert_eq!(findings(&files(MANIFEST)[1..]), "apps/sprout: manifest.toml is missing");
}

#[test]
fn just_one_application_is_the_default() {
    let other = MANIFEST.replace("default = true\n", "");
    let parse = |first: &str, second: &str| {
        let catalogue = "a = b\n";
        Applications::parse([
            ("one/manifest.toml", first),
            ("one/locales/en-US/app.ftl", catalogue),
            ("one/locales/id-ID/app.ftl", catalogue),
            ("two/manifest.toml", second),
            ("two/locales/en-US/app.ftl", catalogue),
            ("two/locales/id-ID/app.ftl", catalogue),
        ])
    };
    let applications = parse(&other, MANIFEST).unwrap();
    assert_eq!(applications.default_application().name(), "two");
    assert_eq!(applications.iter().map(|application| application.name()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(applications.get("three").is_none());
    assert!(parse(MANIFEST, MANIFEST).unwrap_err().to_string().contains("now: one, two"));
    assert!(parse(&other, &other).is_err());
}

#[test]
fn names_are_kebab_case() {
    for good in ["a", "context-engine", "v2"] {
        assert!(is_kebab(good), "{good}");
    }
    for bad in ["", "-a", "a-", "a--b", "A", "a_b", "2fast", "a b", "é"] {
        assert!(!is_kebab(bad), "{bad}");
    }
}
