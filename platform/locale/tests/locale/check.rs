use crate::{built, platform};
use banyan_locale::Layer;

fn found(catalogues: &banyan_locale::Catalogues) -> Vec<String> {
    catalogues.check().iter().map(ToString::to_string).collect()
}

#[test]
fn missing_unused_and_differing_messages_are_found() {
    let catalogues = built(platform(&[
        (
            "en-US",
            "same = { $a }\nmissing = x\n\nvalues = { $a } { $b }\nattributed = x\n    .title = { $a }\n    .hint = y\n-term = x",
        ),
        (
            "id-ID",
            "same = dan { $a ->\n    [0] nol\n   *[other] { $a }\n}\nvalues = { $b } { $c }\nattributed = x\n    .title = tanpa nilai\nunused = y\n    .more = z\n-other = y",
        ),
    ]));
    assert_eq!(
        found(&catalogues),
        [
            "id-ID: `attributed.hint` is missing (see en-US.ftl:5)",
            "id-ID: `missing` is missing (see en-US.ftl:2)",
            "id-ID: `attributed.title` at id-ID.ftl:6 takes no values and not $a",
            "id-ID: `unused` at id-ID.ftl:8 is not in en-US",
            "id-ID: `unused.more` at id-ID.ftl:8 is not in en-US",
            "id-ID: `values` at id-ID.ftl:5 takes $b, $c and not $a, $b",
        ]
    );
}

#[test]
fn values_that_a_reference_takes_count() {
    let catalogues = built(platform(&[
        ("en-US", "a = { b }\nb = { $x } { c.d }\nc = x\n    .d = { $y } { a }"),
        ("id-ID", "a = { $y } { $x }\nb = { $x } { $y }\nc = x\n    .d = { $y }{ $x }"),
    ]));
    assert_eq!(found(&catalogues), Vec::<String>::new());
}

#[test]
fn references_to_nothing_are_found_in_every_language() {
    let catalogues = built(platform(&[
        (
            "en-US",
            "a = { nowhere } { b.title } { -term } { -term.case ->\n   *[x] y\n} { FANCY($x) }\nb = { a }\n    .other = x\n-term = x",
        ),
        ("id-ID", "a = { $x }{ b }\nb = { -missing }{ $x }\n    .other = x"),
    ]));
    assert_eq!(
        found(&catalogues),
        [
            "en-US: `a` at en-US.ftl:1 refers to `nowhere`, which is not there",
            "en-US: `a` at en-US.ftl:1 refers to `b.title`, which is not there",
            "en-US: `a` at en-US.ftl:1 refers to `-term.case`, which is not there",
            "en-US: `a` at en-US.ftl:1 refers to `FANCY()`, which is not there",
            "id-ID: `b` at id-ID.ftl:2 refers to `-missing`, which is not there",
        ]
    );
}

#[test]
fn each_layer_is_compared_with_its_own_english() {
    let app = |name: &str| Layer::Application(name.to_owned());
    let catalogues = built(
        platform(&[("en-US", "a = { $x }\nb = y"), ("id-ID", "a = { $x }\nb = y")])
            .add(app("one"), "en-US", "one.en.ftl", "own = { b }\nb = brand")
            .add(app("one"), "id-ID", "one.id.ftl", "own = { -brand }\n-brand = x\na = tanpa")
            .add(app("two"), "ar", "two.ar.ftl", "a = { $x }\nfew = x")
            .add(app("two"), "en-US", "two.en.ftl", "other = x"),
    );
    assert_eq!(
        found(&catalogues),
        [
            "id-ID: `b` is missing (see one.en.ftl:2)",
            "id-ID: `a` at one.id.ftl:3 takes no values and not $x",
            "ar: `few` at two.ar.ftl:2 is not in en-US",
            "id-ID: `other` is missing (see two.en.ftl:1)",
        ]
    );
    let gaps: Vec<String> = catalogues.gaps().iter().map(ToString::to_string).collect();
    assert!(gaps.contains(&"ar: `other` is missing (see two.en.ftl:1)".to_owned()), "{gaps:?}");
}
