use crate::platform;
use banyan_locale::{Args, Catalogues, Layer, Locale};
use std::fs;
use std::path::Path;

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn show(catalogues: &Catalogues, app: Option<&str>, tag: &str, id: &str) -> String {
    let locale = catalogues.locales(app).lookup(tag).expect("it is there");
    catalogues.text(app, locale, id, &Args::new()).into_owned()
}

#[test]
fn an_installation_words_things_itself_and_adds_languages() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "en-US/own.ftl", "a = installation\nb = installation");
    write(folder.path(), "fr/all.ftl", "a = français");
    write(folder.path(), "apps/upcoach/fr/all.ftl", "c = pour UpCoach");
    write(folder.path(), "apps/upcoach/en-US/own.ftl", "c = over the application");
    let catalogues = platform(&[("en-US", "a = platform\nb = platform\nc = platform\nd = platform"), ("id-ID", "a = landasan")])
        .add(Layer::Application("upcoach".into()), "en-US", "app.ftl", "b = application\nc = application")
        .add_installation(folder.path())
        .build()
        .expect("the folder is well-formed");
    let of = |app, tag, id| show(&catalogues, app, tag, id);
    assert_eq!(
        [of(None, "en-US", "a"), of(None, "en-US", "c"), of(None, "en-US", "d")],
        ["installation", "platform", "platform"]
    );
    let app = Some("upcoach");
    assert_eq!([of(app, "en-US", "a"), of(app, "en-US", "b")], ["installation", "application"]);
    assert_eq!(
        [of(app, "en-US", "c"), of(app, "fr", "c"), of(None, "fr", "c")],
        ["over the application", "pour UpCoach", "platform"]
    );
    assert_eq!(
        [of(None, "id-ID", "a"), of(None, "id-ID", "b"), of(None, "fr-CA", "a")],
        ["landasan", "installation", "français"]
    );
    let offered = catalogues.offered("upcoach", ["en-US", "id-ID"]).expect("both are there");
    assert_eq!(offered.iter().map(Locale::tag).collect::<Vec<_>>(), ["en-US", "id-ID", "fr"], "an added language is offered");
}

#[test]
fn what_is_wrong_in_the_folder_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "en-US/own.ftl", "a = one\na = two");
    write(folder.path(), "fr/all.ftl", "a = { $");
    write(folder.path(), "apps/upcoach/not a tag/all.ftl", "a = b");
    let error = platform(&[("en-US", "a = platform")]).add_installation(folder.path()).build().expect_err("all is wrong");
    let told = error.to_string();
    for part in ["own.ftl:2: `a` is already at", "all.ftl:1:", "`not a tag` is not a language tag"] {
        assert!(told.contains(part), "{told}");
    }
    let missing = platform(&[("en-US", "a = b")]).add_installation(&folder.path().join("nowhere")).build();
    assert!(missing.expect_err("there is no folder").to_string().contains("nowhere: No such file"));
}

#[test]
fn what_a_language_lacks_comes_from_where_the_application_is_at_home() {
    let catalogues =
        platform(&[("en-US", "a = English\nb = English\nc = English"), ("ar", "a = عام"), ("id-ID", "b = Indonesia")])
            .add(Layer::Application("upcoach".into()), "ar-EG", "app.ftl", "own = مصر")
            .at_home("upcoach", "id-ID")
            .build()
            .expect("they are well-formed");
    let of = |app, tag, id| show(&catalogues, app, tag, id);
    let app = Some("upcoach");
    assert_eq!(["own", "a", "b", "c"].map(|id| of(app, "ar-EG", id)), ["مصر", "عام", "Indonesia", "English"]);
    assert_eq!(of(None, "ar", "b"), "English", "nobody said where everybody is at home");
}

#[test]
fn a_value_from_right_to_left_is_kept_apart_in_every_language() {
    let catalogues = platform(&[("en-US", "a = { $name }, welcome")]).build().expect("it is well-formed");
    let of = |name| catalogues.text(None, Locale::en_us(), "a", &Args::new().text("name", name)).into_owned();
    assert_eq!([of("Sari"), of("سارة")], ["Sari, welcome", "\u{2068}سارة\u{2069}, welcome"]);
}
