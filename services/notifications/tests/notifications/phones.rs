//! Telephones: added, confirmed by a code, used, stopped, removed.

use banyan_channels::testing::{HttpSink, Reply};
use banyan_kernel::Caller;
use banyan_notifications::{Hope, Message, NotSent};
use banyan_testkit::{Bench, eventually, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Place;

const PHONES: &str = "/api/v1/notifications/phones";
const NUMBER: &str = "+62 812-3456-7890";

/// The digits of the latest text.
fn code(place: &Place) -> String {
    let messages = place.out.messages.lock();
    let text = messages.iter().rev().find_map(|one| if let Message::Sms { text, .. } = one { Some(text.clone()) } else { None });
    text.unwrap().chars().filter(char::is_ascii_digit).take(6).collect()
}

fn texts(place: &Place) -> usize {
    place.out.messages.lock().iter().filter(|one| matches!(one, Message::Sms { .. })).count()
}

async fn until_texts(place: &Place, count: usize) {
    eventually(&format!("{count} texts"), async || texts(place) >= count).await;
}

async fn confirm(place: &Place, who: &Caller, phone: &Value, code: &str) -> (StatusCode, Value) {
    let path = format!("{PHONES}/{}/confirm", phone["id"].as_str().unwrap());
    let answer = place.app.post(who, &path, json!({ "code": code })).await;
    (answer.status, answer.body)
}

/// Somebody with a confirmed telephone.
pub(crate) async fn with_phone(place: &Place, bench: &Bench, number: &str) -> Caller {
    let ann = place.person(bench);
    let before = texts(place);
    let phone = place.app.post(&ann, PHONES, json!({ "number": number })).await.body;
    until_texts(place, before + 1).await;
    assert_eq!(confirm(place, &ann, &phone, &code(place)).await.0, StatusCode::OK);
    ann
}

on_both_engines! {
    async fn a_telephone_takes_texts_once_its_code_was_said(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        let added = place.app.post(&ann, PHONES, json!({ "number": NUMBER })).await;
        assert_eq!((added.status, added.body["confirmed"].as_bool(), added.body["number"].as_str()), (StatusCode::CREATED, Some(false), Some("+62…90")), "{added:?}");
        until_texts(&place, 1).await;
        place.until(&bench, &["sms sent"]).await;
        let rows = place.rows(&bench, "SELECT payload FROM jobs").await;
        for row in rows {
            let payload: Value = row.try_get("", "payload").unwrap();
            assert!(!payload.to_string().contains(&code(&place)), "the code is sealed: {payload}");
        }
        assert_eq!(confirm(&place, &bob, &added.body, &code(&place)).await.0, StatusCode::FORBIDDEN);
        let wrong = if code(&place) == "000000" { "000001" } else { "000000" };
        assert_eq!(confirm(&place, &ann, &added.body, wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(confirm(&place, &ann, &added.body, "12345").await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, confirmed) = confirm(&place, &ann, &added.body, &code(&place)).await;
        assert_eq!((status, confirmed["confirmed"].as_bool()), (StatusCode::OK, Some(true)), "{confirmed}");
        let list = place.app.get(&ann, PHONES).await.body;
        assert_eq!((list["available"].as_bool(), list["data"].as_array().unwrap().len()), (Some(true), 1), "{list}");
        assert!(!list.to_string().contains("8123456"), "the number itself is not told");
        assert_eq!(place.app.get(&bob, PHONES).await.body["data"], json!([]));
        // Now it may be chosen, and is used.
        let wish = json!({ "topics": [{ "topic": "messages", "sms": "instant", "email": "off" }] });
        assert_eq!(place.app.patch(&ann, "/api/v1/notifications/preferences", wish).await.status, StatusCode::OK);
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["sms sent", "sms sent"]).await;
        assert_eq!(texts(&place), 2);
        let path = format!("{PHONES}/{}", added.body["id"].as_str().unwrap());
        assert_eq!(place.app.delete(&bob, &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(place.app.delete(&ann, &path).await.status, StatusCode::NO_CONTENT);
        place.tell(&bench, &ann, json!({})).await;
        place.settle(&bench).await;
        assert_eq!(texts(&place), 2, "it is removed");
    }

    async fn a_code_is_said_wrong_five_times_and_counts_ten_minutes(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        let phone = place.app.post(&ann, PHONES, json!({ "number": NUMBER })).await.body;
        until_texts(&place, 1).await;
        let right = code(&place);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert_eq!(confirm(&place, &ann, &phone, wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(confirm(&place, &ann, &phone, &right).await.0, StatusCode::CONFLICT, "too often");
        let again = format!("{PHONES}/{}/code", phone["id"].as_str().unwrap());
        assert_eq!(place.app.call(&ann, Method::POST, &again).send().await.status, StatusCode::OK);
        until_texts(&place, 2).await;
        let second = code(&place);
        bench.clock.advance_seconds(601);
        assert_eq!(confirm(&place, &ann, &phone, &second).await.0, StatusCode::CONFLICT, "too late");
        assert_eq!(place.app.call(&ann, Method::POST, &again).send().await.status, StatusCode::OK);
        until_texts(&place, 3).await;
        assert_eq!(confirm(&place, &ann, &phone, &code(&place)).await.0, StatusCode::OK);
        assert_eq!(place.app.call(&ann, Method::POST, &again).send().await.status, StatusCode::CONFLICT, "it is confirmed");
    }

    async fn codes_are_bounded_by_person_and_by_number(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (ann, bob) = (place.person(&bench), place.person(&bench));
        let add = async |who: &Caller, number: &str| place.app.post(who, PHONES, json!({ "number": number })).await;
        for _ in 0..2 {
            assert_eq!(add(&ann, NUMBER).await.status, StatusCode::CREATED);
            assert_eq!(add(&bob, NUMBER).await.status, StatusCode::CREATED);
        }
        let refused = add(&ann, NUMBER).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("rate-limited")), "{refused:?}");
        assert!(refused.header("retry-after").parse::<i64>().unwrap() > 0);
        for number in ["+6281200000001", "+6281200000002", "+6281200000003"] {
            assert_eq!(add(&ann, number).await.status, StatusCode::CREATED);
        }
        assert_eq!(add(&ann, "+6281200000004").await.status, StatusCode::TOO_MANY_REQUESTS, "five a person");
        assert_eq!(place.app.get(&ann, PHONES).await.body["data"].as_array().unwrap().len(), 1, "one waits for its code");
        bench.clock.advance_seconds(3_600);
        assert_eq!(add(&ann, NUMBER).await.status, StatusCode::CREATED);
        for bad in ["0812 3456 7890", "+0812", "twelve", "", "+6281234567890123"] {
            assert_eq!(add(&ann, bad).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        }
    }

    async fn texts_leave_in_the_form_of_the_provider_and_a_dead_number_is_left_alone(bench: Bench) {
        let mut bench = bench;
        let sink = HttpSink::plain().await.unwrap();
        let url = sink.url("");
        let settings = json!({ "channels": {
            "http": { "guard": { "networks": ["127.0.0.0/8"] }, "deadline_seconds": 60 },
            "sms": { "account": "AC1", "password": "token", "from": "+15005550006", "base_url": url.as_str() },
        }});
        let place = Place::sending(&mut bench, settings).await;
        let ann = place.person(&bench);
        sink.reply(Reply::status(503));
        sink.reply(Reply::json(201, &json!({ "sid": "SM1" })));
        let phone = place.app.post(&ann, PHONES, json!({ "number": NUMBER })).await.body;
        eventually("two requests", async || {
            bench.clock.advance_seconds(1);
            sink.heard().len() >= 2
        })
        .await;
        place.until(&bench, &["sms sent"]).await;
        let heard = sink.heard();
        let form = banyan_channels::sms::fields_of(&heard[1].body);
        let field = |name: &str| form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap_or_default();
        assert_eq!((heard[1].target.as_str(), field("To"), field("From")), ("/2010-04-01/Accounts/AC1/Messages.json", "+6281234567890", "+15005550006"));
        let code: String = field("Body").chars().filter(char::is_ascii_digit).take(6).collect();
        assert_eq!(confirm(&place, &ann, &phone, &code).await.0, StatusCode::OK);
        sink.reply(Reply::json(400, &json!({ "code": 21610, "message": "unsubscribed" })));
        let answer = place.app.post(&ann, "/api/v1/notifications/test", json!({ "channel": "sms" })).await;
        let one = &answer.body["data"][0];
        assert_eq!((one["sent"].as_bool(), one["reason"].as_str()), (Some(false), Some("answered 400 21610")), "{answer:?}");
        let answer = place.app.post(&ann, "/api/v1/notifications/test", json!({ "channel": "sms" })).await;
        assert_eq!(answer.body["data"][0]["reason"], "suppressed", "{answer:?}");
        assert_eq!(sink.heard().len(), 3);
    }

    async fn without_a_provider_nobody_adds_a_telephone(bench: Bench) {
        let mut bench = bench;
        let place = Place::sending(&mut bench, json!({})).await;
        let ann = place.person(&bench);
        assert_eq!(place.app.get(&ann, PHONES).await.body["available"], false);
        assert_eq!(place.app.post(&ann, PHONES, json!({ "number": NUMBER })).await.status, StatusCode::CONFLICT);
    }

    async fn a_number_that_takes_nothing_is_given_up(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let ann = place.person(&bench);
        place.out.answers.lock().push_back(Err(NotSent { hope: Hope::AddressGone, reason: "answered 400 21211".to_owned() }));
        place.app.post(&ann, PHONES, json!({ "number": NUMBER })).await;
        place.until(&bench, &["sms failed"]).await;
        assert_eq!(place.app.post(&ann, PHONES, json!({ "number": NUMBER })).await.status, StatusCode::CONFLICT);
    }
}
