//! XLIFF and PO: out and in without loss, and what hostile files meet.

use banyan_kernel::{Caller, Role};
use banyan_testkit::{Answer, App, on_both_engines};
use banyan_translations::{Exchange, Format, Unit, UnitState};
use http::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::json;

use crate::workflow::{BASE, app, approved, path, propose};

const FORMATS: [Format; 2] = [Format::Xliff, Format::Po];

fn word(format: Format) -> &'static str {
    match format {
        Format::Xliff => "xliff",
        Format::Po => "po",
    }
}

async fn import(app: &App, caller: &Caller, format: Format, text: &str) -> Answer {
    let path = format!("{BASE}/import?locale=id-ID&format={}", word(format));
    app.call(caller, Method::POST, &path).header("content-type", "text/plain").bytes(text).send().await
}

async fn export(app: &App, caller: &Caller, format: Format) -> String {
    let answer = app.get(caller, &format!("{BASE}/export?locale=id-ID&format={}", word(format))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body.as_str().unwrap().to_owned()
}

/// A text in its usual form.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-ZéÜ漢字🙂&<>'\"\\\\,;:!? ]{1,12}",
        Just("{ $name }".to_owned()),
        Just("{ NUMBER($n, minimumFractionDigits: 2) }".to_owned()),
        Just("{ \"}\" }".to_owned()),
        Just("{ -brand }".to_owned()),
        Just("{ $n ->\n    [one] satu { $n }\n   *[other] <b>&\n}".to_owned()),
        Just("\n".to_owned()),
    ];
    let value = prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    let attributes = prop::collection::vec(("[a-z][a-z-]{0,6}", "[a-zA-Z&<\" ]{1,10}", prop::bool::ANY), 0..3);
    (value, attributes).prop_filter_map("one message", |(value, attributes)| {
        let attributes = attributes.into_iter().map(|(name, text, lines)| {
            if lines { format!("\n.{name} =\n    {text}x\n    {text}y") } else { format!("\n.{name} = {text}x") }
        });
        banyan_locale::usual_text("key", &(value + &attributes.collect::<String>())).ok()
    })
}

fn unit() -> impl Strategy<Value = Unit> {
    let states = prop::sample::select(vec![
        UnitState::Shipped,
        UnitState::Draft,
        UnitState::Review,
        UnitState::Approved,
        UnitState::Published,
    ]);
    let line = "[a-zA-Z<&\"#~.,][a-zA-Z<&\"# ]{0,10}[a-z]";
    let lines = prop::collection::vec(line, 1..3).prop_map(|lines| lines.join("\n"));
    let comments = prop::collection::vec(lines.clone(), 0..3);
    let description = prop_oneof![Just(String::new()), lines];
    (text(), prop::option::of(text()), states, description, comments, prop::option::of(text())).prop_filter_map(
        "parts that agree",
        |(source, target, state, description, comments, previous)| {
            // A translation has the parts of its source.
            let names = |text: &str| {
                text.lines()
                    .filter(|line| line.starts_with('.'))
                    .map(|line| line.split(' ').next().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            let distinct = |mut names: Vec<String>| {
                let count = names.len();
                names.sort();
                names.dedup();
                names.len() == count
            };
            let same = target.as_ref().is_none_or(|target| names(target) == names(&source));
            if !same || !distinct(names(&source)) {
                return None;
            }
            let state = if target.is_some() { state } else { UnitState::Missing };
            Some(Unit { key: String::new(), source, target, state, description, comments, previous })
        },
    )
}

fn exchange() -> impl Strategy<Value = Exchange> {
    prop::collection::vec(unit(), 0..5).prop_map(|units| {
        let named = units.into_iter().enumerate().map(|(place, unit)| Unit { key: format!("key-{place}"), ..unit });
        Exchange { application: "upcoach".to_owned(), locale: "id-ID".to_owned(), units: named.collect() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_out_comes_in(exchange in exchange()) {
        for format in FORMATS {
            let written = format.write(&exchange);
            let read = format.read(&written);
            prop_assert_eq!(read.as_ref(), Ok(&exchange), "{}", written);
        }
    }

    #[test]
    fn nothing_makes_a_reader_panic(text in "\\PC{0,200}", cut in 0_usize..2_000) {
        let unit = Unit {
            key: "a".into(), source: "Hi { $a }".into(), target: Some("Halo { $a }".into()), state: UnitState::Draft,
            description: "d".into(), comments: vec!["c".into()], previous: None,
        };
        for format in FORMATS {
            let _ = format.read(&text);
            let good = format.write(&Exchange { application: String::new(), locale: "id-ID".into(), units: vec![unit.clone()] });
            let end = (0..=cut.min(good.len())).rev().find(|at| good.is_char_boundary(*at)).unwrap_or(0);
            let _ = format.read(&good[..end]);
            let _ = format.read(&(good[..end].to_owned() + &text));
        }
    }
}

const HEAD: &str =
    "<xliff xmlns=\"urn:oasis:names:tc:xliff:document:2.0\" version=\"2.0\" srcLang=\"en-US\" trgLang=\"id-ID\"><file id=\"f\">";

fn document(units: &str) -> String {
    format!("{HEAD}{units}</file></xliff>")
}

#[test]
fn a_bomb_of_entities_does_not_go_off() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let unit = "<unit id=\"a\"><segment><source>&b;</source></segment></unit>";
    let fault = Format::Xliff.read(&format!("{bomb}{}", document(unit))).unwrap_err();
    assert!(fault.reason.contains("document type"), "{fault}");
    let fault = Format::Xliff.read(&document(unit)).unwrap_err();
    assert!(fault.reason.contains("the entity `b`"), "{fault}");
    let outside = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">";
    assert!(Format::Xliff.read(&format!("{outside}{}", document(""))).is_err());
}

#[test]
fn files_that_do_not_hold_together_are_refused() {
    let deep = format!("{HEAD}{}", "<group>".repeat(10_000));
    let double = "<unit id=\"a\"><segment><source>x</source></segment></unit>".repeat(2);
    let partly = "<unit id=\"a\"><segment id=\"_\"><source>x</source><target>y</target></segment><segment id=\"t\"><source>z</source></segment></unit>";
    for (text, reason) in [
        ("", "no XLIFF"),
        ("{}", "no XLIFF"),
        ("<html/>", "no XLIFF"),
        ("<xliff version=\"1.2\"/>", "no XLIFF 2.0"),
        (deep.as_str(), "deep"),
        (&document(&double), "twice"),
        (&document(partly), "parts only"),
        (&document("<unit id=\"a\"><segment><source><ph id=\"1\" dataRef=\"x\"/></source></segment></unit>"), "no data"),
        (&document("<unit id=\"a\"><segment><source><pc id=\"1\">x</pc></source></segment></unit>"), "`pc`"),
        (HEAD, "too early"),
    ] {
        let fault = Format::Xliff.read(text).unwrap_err();
        assert!(fault.reason.contains(reason), "{text}: {fault}");
    }
    for (text, line) in [
        ("", 1),
        ("msgid \"\"\nmsgstr \"Language: id-ID\\n\"\n\nmsgctxt \"a\"\nmsgid \"x\nmsgstr \"\"", 5),
        ("msgid \"\"\nmsgstr \"Language: id-ID\\n\"\n\nmsgid \"x\"\nmsgstr \"y\"", 4),
        ("msgid \"\"\nmsgstr \"Language: id-ID\\n\"\n\nmsgctxt \"a\"\nmsgid \"x\"\nmsgid_plural \"xs\"\nmsgstr[0] \"y\"", 6),
    ] {
        assert_eq!(Format::Po.read(text).unwrap_err().line, line, "{text}");
    }
    let large = "x".repeat((4 << 20) + 1);
    assert!(FORMATS.iter().all(|format| format.read(&large).is_err()));
}

#[test]
fn other_programs_files_are_read() {
    let text = format!(
        "\u{feff}{}",
        document(
            "<group id=\"g\"><unit id=\"u1\" name=\"a\" xmlns:my=\"urn:x\"><my:thing><my:deeper>no</my:deeper></my:thing>\
             <originalData><data id=\"d\">{ $x }</data></originalData>\
             <segment state=\"final\"><source>Hi <ph id=\"1\" dataRef=\"d\"/></source>\
             <target>Ha<mrk id=\"m\" type=\"term\">lo</mrk> <![CDATA[&]]> <ph id=\"1\" dataRef=\"d\"/> &#38;</target></segment></unit></group>"
        )
    );
    let read = Format::Xliff.read(&text).unwrap();
    assert_eq!(read.units[0].target.as_deref(), Some("Halo & { $x } &"));
    assert_eq!((read.units[0].key.as_str(), read.units[0].state), ("a", UnitState::Review));
}

on_both_engines! {
    async fn an_export_comes_back_and_changes_nothing(bench: Bench) {
        let app = app(&bench).await;
        let writer = bench.with_role(Role::Translator);
        approved(&app, &bench, "landing-title", "Halo").await;
        let comment = app.post(&writer, &format!("{}/comments", path("landing-title")), json!({ "comment": "Short & <good>" })).await;
        assert_eq!(comment.status, StatusCode::CREATED, "{comment:?}");
        let mut exchanges = Vec::new();
        for format in FORMATS {
            let text = export(&app, &writer, format).await;
            let read = format.read(&text).unwrap();
            let title = read.units.iter().find(|unit| unit.key == "landing-title").unwrap();
            assert_eq!((title.state, &title.comments[..]), (UnitState::Approved, &["Short & <good>".to_owned()][..]));
            assert!(read.units.len() > 300);
            let report = import(&app, &writer, format, &text).await;
            assert_eq!((report.status, &report.body["changed"], &report.body["created"]), (StatusCode::OK, &json!(0), &json!(0)), "{report:?}");
            assert_eq!(report.body["refusals"], json!([]));
            exchanges.push(read);
        }
        assert_eq!(exchanges[0], exchanges[1], "both forms carry the same");
    }

    async fn an_import_becomes_drafts_and_never_more_than_that(bench: Bench) {
        let app = app(&bench).await;
        let writer = bench.with_role(Role::Translator);
        let unit = |key: &str, target: &str| {
            format!("<unit id=\"{key}\"><segment state=\"final\" subState=\"banyan:published\"><source>x</source><target>{target}</target></segment></unit>")
        };
        let text = document(&[unit("landing-title", "Halo"), unit("landing-tagline", "{ $no }"), unit("gone", "x")].concat());
        let dry = format!("{BASE}/import?locale=id-ID&format=xliff&dryRun=true");
        let report = app.call(&writer, Method::POST, &dry).header("accept-language", "id-ID").bytes(text.as_str()).send().await;
        let gone = report.body["refusals"].as_array().unwrap().iter().find(|one| one["key"] == "gone").unwrap();
        assert_eq!((&gone["code"], &gone["reason"]), (&json!("unknown"), &json!("Tidak ada pesan dengan nama ini.")), "{report:?}");
        assert_eq!((&report.body["created"], &report.body["refused"]), (&json!(1), &json!(2)), "{report:?}");
        assert_eq!(app.get(&writer, &path("landing-title")).await.body["version"], 0);
        let report = import(&app, &writer, Format::Xliff, &text).await;
        assert_eq!((&report.body["created"], &report.body["refused"]), (&json!(1), &json!(2)), "{report:?}");
        let line = app.get(&writer, &path("landing-title")).await;
        assert_eq!((&line.body["state"], &line.body["outdated"]), (&json!("review"), &json!(true)), "the file translates another text: {line:?}");
        let stale = app.call(&bench.with_role(Role::Reviewer), Method::POST, &format!("{}/approve", path("landing-title")))
            .header("if-match", "*").send().await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{stale:?}");
        assert_eq!(propose(&app, &writer, "landing-title", "Halo", Some(line.header("etag"))).await.body["outdated"], false);
        for (body, field) in [("<x/>".to_owned(), "body"), (text.replace("id-ID", "de-DE"), "body")] {
            assert_eq!(import(&app, &writer, Format::Xliff, &body).await.bad_fields(), [field]);
        }
    }
}
