//! What is published while the program runs.

use crate::{built, platform};
use banyan_kernel::Uuid;
use banyan_locale::{Args, Catalogues, Layer, Locale, Published, Reach};

const TENANT: Uuid = Uuid::from_u128(7);

fn catalogues() -> Catalogues {
    let app = Layer::Application("app".into());
    let builder = platform(&[("en-US", "a = A\nb = B\n-brand = Banyan"), ("id-ID", "a = A id\nb = B id\n-brand = Beringin")]);
    built(builder.add(app.clone(), "en-US", "app.ftl", "b = App\nc = C").add(app, "id-ID", "app-id.ftl", "b = App id"))
}

fn published(reach: Reach, texts: &[(&str, &str)]) -> Published {
    Published::new(reach, Locale::id_id(), "test".into(), texts.iter().copied()).unwrap()
}

fn text(catalogues: &Catalogues, app: Option<&str>, tenant: Option<Uuid>, id: &'static str) -> String {
    let messages = catalogues.messages(app, Locale::id_id());
    let messages = tenant.map_or(messages, |tenant| messages.of_tenant(tenant));
    messages.find(id, &Args::new()).unwrap_or_default().into_owned()
}

#[test]
fn what_is_published_stands_above_the_files_in_the_order_of_its_reach() {
    let catalogues = catalogues();
    let app = || Reach::Application("app".into());
    let tenant = || Reach::Tenant(TENANT, "app".into());
    catalogues.publish(&[
        published(tenant(), &[("a", "tenant { -brand }")]),
        published(Reach::Everybody, &[("a", "all"), ("b", "all")]),
        published(app(), &[("c", "app")]),
    ]);
    assert_eq!(text(&catalogues, None, None, "a"), "all");
    assert_eq!(text(&catalogues, Some("app"), None, "a"), "all");
    assert_eq!(
        text(&catalogues, Some("app"), None, "b"),
        "App id",
        "an application's own files stand above what is for everybody"
    );
    assert_eq!(text(&catalogues, Some("app"), None, "c"), "app");
    assert_eq!(text(&catalogues, Some("app"), Some(TENANT), "a"), "tenant Beringin");
    assert_eq!(text(&catalogues, Some("app"), Some(TENANT), "c"), "app", "a tenant sees what its application publishes");
    assert_eq!(text(&catalogues, Some("app"), Some(Uuid::from_u128(8)), "a"), "all", "other tenants do not see it");
    assert_eq!(text(&catalogues, Some("unknown"), None, "b"), "all");
    assert_eq!(catalogues.text(Some("app"), Locale::en_us(), "a", &Args::new()), "A", "other languages stay");
    catalogues.publish(&[published(app(), &[("b", "again")])]);
    assert_eq!(text(&catalogues, None, None, "a"), "A id", "it is replaced as a whole");
    assert_eq!(text(&catalogues, Some("app"), None, "b"), "again");
    catalogues.publish(&[]);
    assert_eq!(text(&catalogues, Some("app"), None, "b"), "App id");
}

#[test]
fn a_bad_publication_is_refused_whole() {
    let refused = Published::new(Reach::Everybody, Locale::id_id(), "test".into(), [("a", "ok"), ("b", "{ $x")]);
    assert!(refused.unwrap_err().to_string().contains("test:"));
}

#[test]
fn readers_see_all_of_it_or_nothing_while_it_is_replaced() {
    let catalogues = catalogues();
    let (one, two) = ([("a", "1"), ("b", "1")], [("a", "2"), ("b", "2")]);
    let (one, two) = ([published(Reach::Everybody, &one)], [published(Reach::Everybody, &two)]);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..200).for_each(|_| [&one, &two].into_iter().for_each(|all| catalogues.publish(all))));
        while !writer.is_finished() {
            assert!(["1", "2", "A id"].contains(&text(&catalogues, None, None, "a").as_str()));
        }
    });
    assert_eq!(text(&catalogues, None, None, "b"), "2");
}

#[test]
fn completeness_counts_what_is_published() {
    let catalogues = catalogues();
    let of = |application: Option<&str>| {
        let all = catalogues.coverage();
        let found = all.iter().find(|one| one.application.as_deref() == application && one.locale == Locale::id_id()).cloned();
        found.map(|one| (one.translated, one.messages)).unwrap()
    };
    assert_eq!((of(None), of(Some("app"))), ((2, 2), (1, 2)));
    catalogues.publish(&[published(Reach::Application("app".into()), &[("c", "C id")])]);
    assert_eq!(of(Some("app")), (2, 2));
}

fn french(reach: Reach, texts: &[(&str, &str)]) -> Published {
    Published::new(reach, Locale::published("fr").unwrap(), "test".into(), texts.iter().copied()).unwrap()
}

fn offered(catalogues: &Catalogues, tenant: Uuid) -> Vec<&'static str> {
    let of_files = catalogues.offered("app", ["en-US", "id-ID"]).unwrap();
    catalogues.with_published(&of_files, "app", tenant).iter().map(Locale::tag).collect()
}

#[test]
fn a_language_without_files_is_offered_when_enough_of_it_is_published() {
    // Of the three messages of the application; `-brand` is none.
    let builder = platform(&[("en-US", "a = A\nb = B\n-brand = Banyan"), ("id-ID", "a = A id")]).offer_from(66);
    let catalogues = built(builder.add(Layer::Application("app".into()), "en-US", "app.ftl", "c = C").at_home("app", "id-ID"));
    let french_text = |app, tenant: Option<Uuid>, id| {
        let locale = catalogues.locales_of(app, tenant).lookup("fr-CA").expect("it is there");
        catalogues.messages(app, locale).of_tenant(tenant).text(id).into_owned()
    };
    assert_eq!(catalogues.locales(None).lookup("fr"), None);
    catalogues.publish(&[french(Reach::Everybody, &[("b", "B fr")])]);
    assert_eq!(offered(&catalogues, TENANT), ["en-US", "id-ID"], "one of three is not enough");
    assert_eq!(french_text(Some("app"), None, "b"), "B fr", "who names it sees what there is");
    assert_eq!([french_text(Some("app"), None, "a"), french_text(Some("app"), None, "c")], ["A id", "C"], "the others fall back");
    catalogues
        .publish(&[french(Reach::Everybody, &[("b", "B fr")]), french(Reach::Tenant(TENANT, "app".into()), &[("c", "C fr")])]);
    assert_eq!(offered(&catalogues, TENANT), ["en-US", "id-ID", "fr"]);
    assert_eq!(offered(&catalogues, Uuid::from_u128(8)), ["en-US", "id-ID"], "it is the tenant's alone");
    assert_eq!(french_text(Some("app"), Some(TENANT), "c"), "C fr");
    let known = catalogues.completeness(Some("app"), Some(TENANT));
    let share = known.iter().find(|known| known.locale.tag() == "fr").map(|known| (known.present, known.all));
    assert_eq!(share, Some((2, 3)));
    catalogues.publish(&[]);
    assert_eq!(offered(&catalogues, TENANT), ["en-US", "id-ID"]);
    assert_eq!(catalogues.locales(Some("app")).lookup("fr"), None, "a roll-back takes the language away");
}

#[test]
fn a_region_stands_on_what_is_published_of_its_language() {
    let catalogues = catalogues();
    let canadian = Published::new(Reach::Everybody, Locale::published("fr-CA").unwrap(), "test".into(), [("a", "A ca")]).unwrap();
    catalogues.publish(&[canadian, french(Reach::Everybody, &[("a", "A fr"), ("b", "B fr")])]);
    let locale = catalogues.locales(None).lookup("fr-CA").unwrap();
    let of = |id| catalogues.text(None, locale, id, &Args::new()).into_owned();
    assert_eq!([of("a"), of("b")], ["A ca", "B fr"]);
}

#[test]
fn what_is_no_language_cannot_be_begun() {
    for tag in ["fr", "fr-CA", "zh-Hant-TW", "id-ID", "jv"] {
        assert_eq!(Locale::begun(tag).map(Locale::tag).as_deref(), Ok(tag));
    }
    for tag in ["", "xx", "fr_CA", "FR", "fr-ca", "en-XA", "ar-XB", "und", "in", "de-1996", "français", "root", "../fr"] {
        assert!(Locale::begun(tag).is_err(), "{tag}");
    }
}

#[test]
fn made_up_languages_are_made_of_what_is_published() {
    let catalogues = built(platform(&[("en-US", "a = A\nb = B"), ("id-ID", "a = A id")]).add_pseudolocales());
    let new = Published::new(Reach::Everybody, Locale::en_us(), "test".into(), [("a", "New")]).unwrap();
    catalogues.publish(&[new, published(Reach::Everybody, &[("b", "B id")])]);
    let of = |tag: &str, id| {
        let locale = catalogues.locales(None).lookup(tag).unwrap();
        catalogues.text(None, locale, id, &Args::new()).into_owned()
    };
    assert_eq!([of("en-XA", "a"), of("en-XA", "b")], ["[Ñééŵ]", "[Ɓ]"]);
    assert_eq!(of("ar-XB", "a"), "\u{202e}New\u{202c}");
}
