use crate::platform;
use banyan_locale::{Args, Builder, Catalogues, Layer, Locale};
use proptest::prelude::*;
use std::fs;

/// All that is wrong, a line each, without the heading.
fn problems(builder: Builder) -> Vec<String> {
    let error = builder.build().expect_err("something is wrong").to_string();
    error.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn mistakes_are_told_with_file_and_line() {
    let builder = platform(&[
        ("en-US", "# comment\na = fine\n\nb = { $open\n\nc = also fine\nd\n"),
        ("not a tag", "a = b"),
        ("und", "a = b"),
    ]);
    assert_eq!(
        problems(builder),
        [
            "en-US.ftl:6: Expected a token starting with \"}\"",
            "en-US.ftl:7: Expected a token starting with \"=\"",
            "not a tag.ftl: `not a tag` is not a language tag such as `id-ID` (BCP 47: language, script, region, variants)",
            "und.ftl: `und` is not a language tag such as `id-ID` (BCP 47: language, script, region, variants)",
        ]
    );
}

#[test]
fn a_layer_says_a_thing_once() {
    let app = || Layer::Application("upcoach".into());
    let builder = platform(&[("en-US", "a = 1\n-b = 2\nb = 3"), ("id-ID", "a = 1")])
        .add(Layer::Platform, "en-US", "more.ftl", "\nb = again\n-b = again")
        .add(Layer::Service, "en-US", "service.ftl", "a = allowed")
        .add(app(), "en-US", "one.ftl", "a = allowed\na = twice")
        .add(Layer::Application("other".into()), "en-US", "two.ftl", "a = allowed");
    let expected = [
        "more.ftl:2: `b` is already at en-US.ftl:3; one layer says a thing once",
        "more.ftl:3: `-b` is already at en-US.ftl:2; one layer says a thing once",
        "one.ftl:2: `a` is already at one.ftl:1; one layer says a thing once",
    ];
    assert_eq!(problems(builder), expected);
}

#[test]
fn english_must_be_there_for_everybody() {
    let expected = ["no catalogue for en-US, which every other language falls back to"];
    assert_eq!(problems(Catalogues::builder()), expected);
    assert_eq!(problems(Catalogues::builder().add(Layer::Application("a".into()), "en-US", "a.ftl", "a = b")), expected);
}

#[test]
fn what_could_upset_the_reader_is_refused() {
    assert_eq!(problems(platform(&[("en-US", "NUMBER = a")])), ["en-US.ftl:1: `NUMBER` is the name of a function"]);
    assert_eq!(
        problems(platform(&[("en-US", "a = x\nb = { 1234567890123456 }")])),
        ["en-US.ftl:2: 1234567890123456 has more than 15 characters"]
    );
    assert_eq!(
        problems(platform(&[("en-US", "a = { $n ->\n    [1.000000000000000001] x\n   *[other] y\n}")])),
        ["en-US.ftl:2: 1.000000000000000001 has more than 15 characters"]
    );
    let huge = format!("a = {}", "x".repeat(1 << 20));
    assert_eq!(problems(platform(&[("en-US", &huge)])), ["en-US.ftl: 1048580 bytes are more than 1048576"]);
    for deep in [
        format!("a = {}", "{".repeat(100_000)),
        format!("a = {{ {}", "F(".repeat(100_000)),
        format!("a = {}", "{\nF(".repeat(50_000)),
        format!("a = {}", "{ $n ->\n *[x] ".repeat(10_000)),
    ] {
        assert_eq!(
            problems(platform(&[("en-US", &deep)])),
            ["en-US.ftl: a message has more than 150 opening braces and brackets; divide it"]
        );
    }
}

#[test]
fn as_many_braces_as_are_allowed_fit_the_stack() {
    for (open, inner, close) in [("{ ", "$a", " }"), ("{ $n ->\n *[x] ", "y", "\n }"), ("{ F(", "$a", ") }")] {
        let times = if open.contains('(') { 75 } else { 150 };
        let text = format!("a = {}{inner}{}", open.repeat(times), close.repeat(times));
        let catalogues = platform(&[("en-US", &text)]).build().expect("it is well-formed");
        let _shown = catalogues.text(None, Locale::en_us(), "a", &Args::new().text("a", "b").integer("n", 1));
        let _findings = catalogues.check();
    }
}

#[test]
fn a_folder_of_languages_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("en-US/a.ftl", "a = English");
    write("en-US/b.ftl", "b = also English");
    write("en-US/notes.txt", "not a catalogue {");
    write("en-US/.hidden.ftl", "not a catalogue {");
    write(".hidden/x.ftl", "not a catalogue {");
    write("README.md", "not a catalogue {");
    write("ar/a.ftl", "a = عربي");
    let catalogues =
        Catalogues::builder().add_folder(&Layer::Platform, folder.path()).build().expect("the folder is well-formed");
    assert_eq!(catalogues.locales(None).iter().map(Locale::tag).collect::<Vec<_>>(), ["en-US", "ar"]);
    assert_eq!(catalogues.text(None, Locale::en_us(), "b", &Args::new()), "also English");
}

#[test]
fn a_folder_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("en-US")).expect("a folder");
    fs::write(folder.path().join("en-US/a.ftl"), b"a = \xff").expect("a file");
    let found = problems(
        Catalogues::builder()
            .add_folder(&Layer::Platform, folder.path())
            .add_folder(&Layer::Platform, &folder.path().join("nowhere")),
    );
    assert!(found[0].ends_with("en-US/a.ftl: stream did not contain valid UTF-8"), "{found:?}");
    assert!(found[1].contains("nowhere: No such file or directory"), "{found:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof!["\\PC{0,200}", "([a-c]( |-)?=[ \n]|\\{|\\}|\\$a|->|\\[one\\]|\\*\\[b\\]|\n|\"|F\\(|\\)|-a|\\.b|#|[0-9.]+| x){0,40}"]) {
        if let Ok(catalogues) = platform(&[("en-US", &text)]).build() {
            let _findings = catalogues.check();
            for id in ["a", "b", "c", "a.b"] {
                let _shown = catalogues.text(None, Locale::en_us(), id, &Args::new().integer("a", 1));
            }
        }
    }
}
