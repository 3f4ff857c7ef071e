//! Values as a language writes them, over HTTP.

use banyan_store::EngineKind;
use banyan_testkit::{Answer, App, Bench};
use http::{Method, StatusCode};
use serde_json::{Value, json};

async fn app(bench: &Bench) -> App {
    bench.app(banyan_translations::service()).await
}

async fn asked(app: &App, bench: &Bench, language: &str, body: Value) -> Answer {
    let call = app.call(&bench.anonymous(), Method::POST, "/api/v1/locale/format");
    call.header("accept-language", language).json(body).send().await
}

/// The texts of one item in several languages.
async fn texts(app: &App, bench: &Bench, item: &Value, languages: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    for language in languages {
        let answer = asked(app, bench, language, json!({ "items": [item] })).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        texts.push(answer.body["items"][0]["text"].as_str().unwrap_or_else(|| panic!("{item}: {}", answer.body)).to_owned());
    }
    texts
}

#[tokio::test]
async fn each_kind_is_written_in_each_language() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    for (item, english, indonesian) in [
        (json!({ "kind": "date", "value": "2024-01-15" }), "1/15/2024", "15/1/2024"),
        (json!({ "kind": "date", "value": "2024-01-15", "style": "full" }), "Monday, January 15, 2024", "Senin, 15 Januari 2024"),
        // 23:30 UTC is the next day in Jakarta, where the application is at home.
        (json!({ "kind": "date", "value": "2024-01-15T23:30:00Z", "style": "medium" }), "Jan 16, 2024", "16 Jan 2024"),
        (json!({ "kind": "time", "value": "15:04" }), "3:04\u{202f}PM", "15.04"),
        (json!({ "kind": "dateTime", "value": "2024-01-15T15:04:00" }), "1/15/2024, 3:04\u{202f}PM", "15/1/2024, 15.04"),
        (
            json!({ "kind": "dateTime", "value": "2024-01-15T08:04:00Z", "timeZoneName": "short" }),
            "1/15/2024, 3:04\u{202f}PM GMT+7",
            "15/1/2024, 15.04 WIB",
        ),
        (json!({ "kind": "number", "value": 1234.56 }), "1,234.56", "1.234,56"),
        (json!({ "kind": "number", "value": "1234567890123456.78" }), "1,234,567,890,123,456.78", "1.234.567.890.123.456,78"),
        (json!({ "kind": "number", "value": 1234567, "style": "compact" }), "1.2M", "1,2\u{a0}jt"),
        (json!({ "kind": "percent", "value": 0.425, "maximumFractionDigits": 1 }), "42.5%", "42,5%"),
        (json!({ "kind": "currency", "value": 1234567, "currency": "IDR" }), "IDR\u{a0}1,234,567", "Rp\u{a0}1.234.567"),
        (json!({ "kind": "currency", "minorUnits": 123456, "currency": "USD" }), "$1,234.56", "US$1.234,56"),
        (json!({ "kind": "plural", "value": 1 }), "one", "other"),
        (json!({ "kind": "plural", "value": 3, "type": "ordinal" }), "few", "other"),
        (json!({ "kind": "list", "values": ["a", "b", "c"] }), "a, b, and c", "a, b, dan c"),
        (json!({ "kind": "relative", "value": -1, "unit": "day" }), "yesterday", "kemarin"),
        (json!({ "kind": "relative", "value": -1, "unit": "day", "numeric": "always" }), "1 day ago", "1 hari yang lalu"),
    ] {
        assert_eq!(texts(&app, &bench, &item, &["en-US", "id-ID"]).await, [english, indonesian], "{item}");
    }
}

#[tokio::test]
async fn arabic_has_its_own_digits_and_direction() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    let body = json!({ "locale": "ar-EG", "items": [{ "kind": "number", "value": 1234.5 }, { "kind": "plural", "value": 3 }] });
    let answer = asked(&app, &bench, "en-US", body).await;
    assert_eq!(answer.body["items"], json!([{ "text": "١٬٢٣٤٫٥" }, { "text": "few" }]));
    assert_eq!((&answer.body["direction"], answer.header("content-language")), (&json!("rtl"), "ar-EG"));
}

#[tokio::test]
async fn one_wrong_value_does_not_touch_the_others() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    let wrong = [
        (json!({ "kind": "date", "value": "2024-02-30" }), "value", "invalid-date"),
        (json!({ "kind": "date" }), "value", "required"),
        (json!({ "kind": "date", "value": "2024-01-15", "style": "compact" }), "style", "not-one-of"),
        (json!({ "kind": "date", "value": "2024-01-15", "currency": "IDR" }), "currency", "unknown"),
        (json!({ "kind": "date", "value": "2024-01-15", "colour": "red" }), "colour", "unknown"),
        (json!({ "kind": "star", "value": 1 }), "kind", "not-one-of"),
        (json!({}), "kind", "required"),
        (json!({ "kind": "number", "value": "1e400" }), "value", "invalid-number"),
        (json!({ "kind": "number", "value": { "a": 1 } }), "value", "wrong-type"),
        (json!({ "kind": "number", "value": 1, "minimumFractionDigits": 99 }), "minimumFractionDigits", "out-of-range"),
        (json!({ "kind": "currency", "value": "0.005", "currency": "USD" }), "value", "too-many-decimals"),
        (json!({ "kind": "currency", "value": 1, "currency": "rupiah" }), "currency", "invalid-currency"),
        (json!({ "kind": "list", "values": [] }), "values", "too-few"),
        (json!({ "kind": "plural", "value": -1, "type": "ordinal" }), "value", "out-of-range"),
        (json!({ "kind": "relative", "value": "soon" }), "value", "invalid-timestamp"),
    ];
    let good = json!({ "kind": "number", "value": 1 });
    let mut items: Vec<Value> = wrong.iter().map(|(item, ..)| item.clone()).collect();
    items.push(good);
    let answer = asked(&app, &bench, "id-ID", json!({ "items": items })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    for (at, (item, field, code)) in wrong.iter().enumerate() {
        let fault = &answer.body["items"][at]["errors"][0];
        assert_eq!(
            (fault["field"].as_str(), fault["code"].as_str()),
            (Some(*field), Some(*code)),
            "{item}: {}",
            answer.body["items"][at]
        );
        let message = fault["message"].as_str().unwrap();
        assert!(message.ends_with('.') && !message.contains("Enter") && !message.contains("This"), "{message}");
    }
    assert_eq!(answer.body["items"][wrong.len()], json!({ "text": "1" }));
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_callers_language_and_not_in_that_of_the_values() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    let items = json!([{ "kind": "number", "value": 1234.5 }, { "kind": "date", "value": "2024-02-30" }]);
    let answer = asked(&app, &bench, "id-ID", json!({ "locale": "en-US", "items": items })).await;
    assert_eq!(answer.body["items"][0]["text"], "1,234.5");
    let message = answer.body["items"][1]["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("Masukkan"), "{message}");
    let languages: Vec<&str> = answer.headers.get_all("content-language").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(languages, ["en-US", "id-ID"]);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_as_a_whole() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    let one = json!({ "kind": "number", "value": 1 });
    for (body, field) in [
        (json!({ "items": [] }), "items"),
        (json!({ "items": vec![one.clone(); 501] }), "items"),
        (json!({ "items": [one], "locale": "tlh" }), "locale"),
        (json!({ "items": [one], "locale": "x".repeat(5_000) }), "locale"),
        (json!({ "items": [one], "timeZone": "Mars/Olympus" }), "timeZone"),
        (json!({ "items": [1] }), "items[0]"),
        (json!({}), "items"),
    ] {
        let answer = asked(&app, &bench, "en-US", body).await;
        assert_eq!(
            (answer.status, answer.bad_fields()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn languages_are_listed() {
    let bench = Bench::on(EngineKind::Sqlite).await;
    let app = app(&bench).await;
    let call = app.call(&bench.anonymous(), Method::GET, "/api/v1/locale").header("accept-language", "id");
    let answer = call.send().await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!((&answer.body["current"], &answer.body["default"]), (&json!("id-ID"), &json!("en-US")));
    let locales = answer.body["locales"].as_array().unwrap();
    let tags: Vec<&str> = locales.iter().map(|line| line["tag"].as_str().unwrap()).collect();
    assert_eq!(tags, ["en-US", "id-ID", "ar-EG"]);
    assert_eq!((&locales[1]["name"], &locales[1]["completeness"]), (&json!("Bahasa Indonesia"), &json!(1.0)));
    assert_eq!(
        (&locales[2]["name"], &locales[2]["direction"], &locales[2]["pseudo"]),
        (&json!("العربية"), &json!("rtl"), &json!(false))
    );
}
