//! Every word that people are told comes from a catalogue. Asked in the pseudolocale `en-XA`, what does stands between brackets, and
//! what does not is found; asked in Indonesian, nobody is told a thing in English.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::calls::{BodyOf, Call, calls};
use super::{Scene, speaks_anothers_protocol};
use crate::harness::Place;
use crate::wire::{Reply, Request};

const NOBODY: &str = "0190a5b0-0000-7000-8000-000000000000";
/// Members of problems that are for people.
const WORDS_OF_PROBLEMS: [&str; 2] = ["title", "detail"];
/// Members of answers that hold what somebody wrote, or what is for programs; by the last part of their path.
const DATA: [&str; 6] = ["userAgent", "reason", "userCode", "note", "cause", "example"];
/// What stands there by nature: names of languages in themselves, of what the scene or an example of another call has made, and of who acted.
const KNOWN: [&str; 6] = ["Stay", "First", "Owner", "Bahasa Indonesia", "Nightly export", "command line"];
/// What is wrong in a route or upstream that an operator wrote, by the reader of the route file, which speaks English alone; the sentence around it
/// says so.
const DOOR: [&str; 4] = [".faults.reason", ".faults.remedy", "errors \"definition", "errors \"upstreams"];
/// Calls that answer with what people wrote for one language, or for themselves: templates, translations, legal texts, tickets, flags. What they refuse is looked at
/// as everywhere.
const WRITTEN: [&str; 8] = [
    "/api/v1/admin/content/templates",
    "/api/v1/admin/flag-",
    "/api/v1/admin/flags",
    "/api/v1/admin/support/answers",
    "/api/v1/admin/support/tickets",
    "/api/v1/admin/translations/",
    "/api/v1/legal",
    "/api/v1/support/tickets",
];
/// Words that stand in nearly every English sentence and in no Indonesian one.
const ENGLISH: [&str; 24] = [
    "the", "is", "are", "not", "of", "this", "and", "to", "with", "you", "your", "was", "for", "must", "cannot", "has", "have",
    "from", "it", "or", "be", "no", "there", "only",
];

#[test]
fn every_word_of_every_answer_comes_from_a_catalogue() {
    let place = Place::sqlite();
    let scene = Scene::set_with(&place, &[("BANYAN_LOCALE_PSEUDO", "on")]);
    walk(scene, "en-XA", &|text| text.starts_with('[') && text.ends_with(']'));
}

#[test]
fn nobody_is_told_a_thing_in_english_who_asks_in_indonesian() {
    let place = Place::sqlite();
    let scene = Scene::set_with(&place, &[]);
    walk(scene, "id-ID", &|text| {
        let words: Vec<String> = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase).collect();
        !words.iter().any(|word| ENGLISH.contains(&word.as_str()))
    });
}

/// Makes every call in many ways, good and bad, in a language whose texts are known by `is_fine`.
fn walk(mut scene: Scene<'_>, language: &str, is_fine: &dyn Fn(&str) -> bool) {
    let (mut wrong, mut texts, mut answers) = (BTreeSet::new(), 0, 0);
    for call in calls(scene.place).iter().filter(|call| !is_endless(call) && !speaks_anothers_protocol(&call.pattern)) {
        let known = data_of(call);
        for (what, request) in requests(&scene, call) {
            let Ok(reply) = scene.wire.send(&request.header("accept-language", language)) else {
                wrong.insert(format!("{} {what}: no answer", call.name()));
                continue;
            };
            answers += 1;
            if reply.status < 300 && WRITTEN.iter().any(|start| call.pattern.starts_with(start)) {
                continue;
            }
            for (path, text) in spoken(&reply, &known) {
                texts += 1;
                let of_the_door =
                    call.pattern.starts_with("/api/v1/gateway/") && DOOR.iter().any(|start| path.starts_with(start));
                if !is_fine(&text) && !of_the_door {
                    let text: String = text.chars().take(160).collect();
                    wrong.insert(format!("{} {what}: {} {path}: {text}", call.name(), reply.status));
                }
            }
        }
    }
    for page in ["/", "/docs", "/errors", "/errors/not-found", "/errors/validation-failed"] {
        let reply = scene.wire.ask(&Request::get(page).header("accept-language", language));
        assert_eq!((reply.status, reply.header("content-language")), (200, language), "{page}");
        for text in words_of_page(reply.body.as_str().unwrap_or_default()) {
            texts += 1;
            if !is_fine(&text) && !KNOWN.contains(&text.as_str()) {
                wrong.insert(format!("{page}: {text}"));
            }
        }
    }
    let told: Vec<&str> = wrong.iter().map(String::as_str).take(150).collect();
    assert!(wrong.is_empty(), "{} of {texts} texts in {answers} answers:\n{}", wrong.len(), told.join("\n"));
    assert!(answers > 1_500 && texts > 3_000, "{texts} texts in {answers} answers only");
}

/// What goes on for ever, and the document of the calls itself, which is for programs.
fn is_endless(call: &Call) -> bool {
    call.pattern.ends_with("/stream") || call.pattern.contains("/stream/") || call.pattern.starts_with("/openapi")
}

/// Whether a good request would take away what the walk needs: its own session, account or rights.
fn is_an_end(call: &Call) -> bool {
    call.method == "DELETE"
        || ["logout", "erasure", "password", "refresh", "sessions"].iter().any(|word| call.pattern.contains(word))
        || call.pattern.contains("/admin/users/{id}")
        || call.pattern.contains("all-back")
        // Its example says in which language.
        || call.pattern.ends_with("/templates/preview")
}

fn requests(scene: &Scene<'_>, call: &Call) -> Vec<(String, Request)> {
    let path = scene.path(&call.pattern);
    let plain = |path: &str| Request::new(&call.method, path);
    let mine = |request: Request| scene.may(&call.pattern, request);
    let mut all = vec![
        ("by nobody".to_owned(), with_example(plain(&path), call)),
        ("by a forged token".to_owned(), with_example(plain(&path).token("x.y.z"), call)),
        ("by another method".to_owned(), mine(Request::new("TRACE", &path))),
        ("in an unknown version".to_owned(), mine(plain(&path.replace("/v1/", "/v9/")))),
        ("of another tenant".to_owned(), plain(&path).header("x-tenant", "nobody")),
    ];
    if !is_an_end(call) {
        all.push(("good".to_owned(), mine(with_example(plain(&path), call))));
        all.push(("good, without a body".to_owned(), mine(plain(&path))));
    }
    if call.pattern.contains('{') {
        for id in [NOBODY, "x", "%00", "2024-99-99", "unknown-thing"] {
            all.push((format!("with {id}"), mine(with_example(plain(&filled(&call.pattern, id)), call))));
        }
    }
    for name in call.query.iter().chain(&["page".to_owned(), "unknownThing".to_owned()]) {
        for value in ["%00", "nonsense", "-1", "99999999999999999999", "2024-99-99"] {
            all.push((format!("?{name}={value}"), mine(plain(&format!("{path}?{name}={value}")))));
        }
    }
    if let Some(body) = &call.body {
        all.extend(bodies(body).into_iter().map(|(what, body)| {
            let request = plain(&path).header("content-type", "application/json").bytes(body);
            (what, mine(request))
        }));
        all.push(("as text".to_owned(), mine(plain(&path).header("content-type", "text/plain").bytes("x"))));
        let stale = mine(with_example(plain(&path), call)).header("if-match", "\"0\"");
        if !is_an_end(call) {
            all.push(("with a stale tag".to_owned(), stale));
        }
    }
    all
}

fn with_example(request: Request, call: &Call) -> Request {
    match &call.body {
        Some(body) => request.json(&Value::from(body.example.clone())),
        None => request,
    }
}

fn filled(pattern: &str, id: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Texts that no call takes whole; none of them is good enough to change anything.
fn bodies(body: &BodyOf) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = ["", "{", "[]", "1", "{}", r#"{"unknownThing":1}"#]
        .iter()
        .map(|text| (format!("body {text}"), (*text).to_owned()))
        .collect();
    for field in &body.fields {
        let values = [
            json!(null),
            json!(""),
            json!(" "),
            json!("a\u{1}b"),
            json!("x".repeat(200_000)),
            json!("nonsense"),
            json!(-1),
            json!(1e300),
            json!(true),
            json!([]),
            json!([1]),
            json!(vec!["x"; 2_000]),
            json!({}),
            json!({ "unknownThing": 1 }),
        ];
        for value in values {
            let mut whole: Map<String, Value> = body.example.clone();
            let what = format!("`{}` = {}", field.name, value.to_string().chars().take(30).collect::<String>());
            whole.insert(field.name.clone(), value);
            // One field too many keeps what is good after all from being done.
            whole.insert("unknownThing".to_owned(), json!(1));
            all.push((what, Value::from(whole).to_string()));
        }
    }
    all
}

/// All texts of the examples and of the scene: they come back as they were sent.
fn data_of(call: &Call) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = KNOWN.map(str::to_owned).into();
    if let Some(body) = &call.body {
        leaves(&Value::from(body.example.clone()), "", &mut |_, text| {
            known.insert(text.to_owned());
        });
    }
    known
}

/// What of an answer people read, with the place where it stands.
fn spoken(reply: &Reply, data: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if reply.header("content-type") == "application/problem+json" {
        for name in WORDS_OF_PROBLEMS {
            if let Some(text) = reply.body[name].as_str() {
                found.push((name.to_owned(), text.to_owned()));
            }
        }
        for error in reply.body["errors"].as_array().into_iter().flatten() {
            found.push((format!("errors {}", error["field"]), error["message"].as_str().unwrap_or("nothing is said").to_owned()));
        }
        return found;
    }
    if let Some(page) = reply.body.as_str().filter(|_| reply.header("content-type").starts_with("text/html")) {
        return words_of_page(page).into_iter().map(|text| ("page".to_owned(), text)).collect();
    }
    leaves(&reply.body, "", &mut |path, text| {
        let name = path.rsplit('.').next().unwrap_or_default();
        if is_sentence(text) && !data.contains(text) && !DATA.contains(&name) {
            found.push((path.to_owned(), text.to_owned()));
        }
    });
    found
}

fn leaves(value: &Value, path: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| leaves(member, &format!("{path}.{name}"), found)),
        _ => {}
    }
}

/// Two words or more, as people write them.
fn is_sentence(text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    words.count() > 1
}

/// The text between the tags of a page, without code and scripts. Code within a sentence does not divide it.
fn words_of_page(page: &str) -> Vec<String> {
    let body = page.split_once("<body").map_or("", |(_, body)| body);
    let (mut found, mut text, mut rest, mut hidden) = (Vec::new(), String::new(), body, 0_usize);
    while let Some((before, tag_on)) = rest.split_once('<') {
        let (_, words) = before.split_once('>').unwrap_or(("", before));
        if hidden == 0 {
            text.push_str(words);
        }
        let name: String = tag_on.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '/').collect();
        match name.as_str() {
            "code" | "pre" | "script" | "style" => hidden += 1,
            "/code" | "/pre" | "/script" | "/style" => hidden = hidden.saturating_sub(1),
            _ => {
                let whole = std::mem::take(&mut text);
                found.push(whole.trim().to_owned());
            }
        }
        rest = tag_on;
    }
    found.retain(|text| is_sentence(text));
    found
}
