//! What providers tell: mails that came back, complaints, STOP.

use banyan_channels::testing::SnsTopic;
use banyan_channels::webhook::{SIGNATURE, SigningKey, WEBHOOK_ID, WEBHOOK_TIMESTAMP, sign};
use banyan_kernel::{OsRandom, Role};
use banyan_testkit::{Bench, on_both_engines};
use base64::Engine as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::phones::with_phone;
use crate::support::{EMAIL, Place};

const SUPPRESSIONS: &str = "/api/v1/admin/notifications/suppressions";

async fn tell(place: &Place, bench: &Bench, key: &SigningKey, id: &str, body: &Value) -> StatusCode {
    let now = bench.environment.clock.now();
    let signature = sign(std::slice::from_ref(key), id, now, body.to_string().as_bytes()).unwrap();
    let call = place.app.call(&bench.anonymous(), Method::POST, "/api/v1/notifications/bounces/standard");
    let call = call.header(WEBHOOK_ID, id).header(WEBHOOK_TIMESTAMP, &now.seconds().to_string()).header(SIGNATURE, &signature);
    call.json(body.clone()).send().await.status
}

async fn suppressed(place: &Place, bench: &Bench) -> Vec<(String, String)> {
    let list = place.app.get(&bench.with_role(Role::Admin), SUPPRESSIONS).await.body;
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(|one| (text(one, "hint"), text(one, "source"))).collect()
}

fn bounce(permanent: bool) -> Value {
    json!({ "type": "mail.bounced", "data": { "address": EMAIL, "permanent": permanent, "reason": format!("550 {EMAIL} unknown") } })
}

on_both_engines! {
    async fn a_hard_bounce_suppresses_where_it_was_written_to(bench: Bench) {
        let mut bench = bench;
        let key = SigningKey::shared(&OsRandom);
        let settings = json!({ "providers": { "bounce_keys": [key.reveal().expose()] } });
        let place = Place::remembering(&mut bench, settings).await;
        let ann = place.person(&bench);
        assert_eq!(tell(&place, &bench, &key, "msg_0", &bounce(true)).await, StatusCode::ACCEPTED);
        assert_eq!(suppressed(&place, &bench).await, [], "nobody has written to it");
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email sent"]).await;
        assert_eq!(tell(&place, &bench, &SigningKey::shared(&OsRandom), "msg_1", &bounce(true)).await, StatusCode::UNAUTHORIZED);
        assert_eq!(suppressed(&place, &bench).await, [], "forged");
        for _ in 0..2 {
            assert_eq!(tell(&place, &bench, &key, "msg_2", &bounce(true)).await, StatusCode::ACCEPTED);
        }
        assert_eq!(suppressed(&place, &bench).await, [("a…@example.com".to_owned(), "bounce".to_owned())]);
        let list = place.app.get(&bench.with_role(Role::Admin), SUPPRESSIONS).await.body;
        assert!(!list.to_string().contains(EMAIL), "{list}");
        place.tell(&bench, &ann, json!({ "dedupeKey": "again" })).await;
        place.until(&bench, &["email sent", "email failed"]).await;
        assert_eq!(place.out.mails().len(), 1);
    }

    async fn soft_bounces_suppress_after_five_and_a_complaint_at_once(bench: Bench) {
        let mut bench = bench;
        let key = SigningKey::shared(&OsRandom);
        let settings = json!({ "providers": { "bounce_keys": [key.reveal().expose()] } });
        let place = Place::remembering(&mut bench, settings).await;
        let ann = place.person(&bench);
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email sent"]).await;
        for number in [0, 0, 0, 1, 2, 3] {
            assert_eq!(tell(&place, &bench, &key, &format!("msg_{number}"), &bounce(false)).await, StatusCode::ACCEPTED);
        }
        assert_eq!(suppressed(&place, &bench).await, [], "four, as three were told again");
        bench.clock.advance_seconds(31 * 86_400);
        assert_eq!(tell(&place, &bench, &key, "msg_4", &bounce(false)).await, StatusCode::ACCEPTED);
        assert_eq!(suppressed(&place, &bench).await, [], "the others are long ago");
        for number in 5..9 {
            tell(&place, &bench, &key, &format!("msg_{number}"), &bounce(false)).await;
        }
        assert_eq!(suppressed(&place, &bench).await.len(), 1);
        let admin = bench.with_role(Role::Admin);
        let id = place.app.get(&admin, SUPPRESSIONS).await.body["data"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(place.app.delete(&admin, &format!("{SUPPRESSIONS}/{id}")).await.status, StatusCode::NO_CONTENT);
        let complaint = json!({ "type": "mail.complained", "data": { "address": "Ann@Example.com" } });
        tell(&place, &bench, &key, "msg_9", &complaint).await;
        assert_eq!(suppressed(&place, &bench).await[0].1, "complaint");
    }

    async fn what_is_no_matter_of_ours_is_heard_and_what_is_forged_is_not(bench: Bench) {
        let mut bench = bench;
        let key = SigningKey::shared(&OsRandom);
        let settings = json!({ "providers": { "bounce_keys": [key.reveal().expose()] } });
        let place = Place::remembering(&mut bench, settings).await;
        for other in [json!({}), json!([1]), json!({ "type": "mail.opened" }), json!({ "type": "mail.bounced", "data": { "address": 7 } }), json!({ "type": "mail.bounced", "data": { "address": "no address" } })] {
            assert_eq!(tell(&place, &bench, &key, "msg_1", &other).await, StatusCode::ACCEPTED, "{other}");
        }
        for (path, status) in [
            ("/api/v1/notifications/bounces/standard", StatusCode::UNAUTHORIZED),
            ("/api/v1/notifications/bounces/mailgun", StatusCode::UNAUTHORIZED),
            ("/api/v1/notifications/bounces/postmark", StatusCode::UNAUTHORIZED),
            ("/api/v1/notifications/bounces/ses", StatusCode::UNAUTHORIZED),
            ("/api/v1/notifications/bounces/pigeon", StatusCode::NOT_FOUND),
            ("/api/v1/notifications/sms/answers", StatusCode::UNAUTHORIZED),
        ] {
            let answer = place.app.call(&bench.anonymous(), Method::POST, path).json(bounce(true)).send().await;
            assert_eq!(answer.status, status, "{path} {answer:?}");
        }
    }

    async fn amazon_tells_through_a_topic_that_was_named(bench: Bench) {
        let mut bench = bench;
        let topic = SnsTopic::new().await.unwrap();
        let settings = json!({
            "providers": { "ses_topics": [SnsTopic::ARN], "ses_url": topic.server.url("/").as_str() },
            "channels": { "http": { "guard": { "networks": ["127.0.0.0/8"] }, "deadline_seconds": 60 } },
        });
        let place = Place::remembering(&mut bench, settings).await;
        let ann = place.person(&bench);
        place.tell(&bench, &ann, json!({})).await;
        place.until(&bench, &["email sent"]).await;
        let now = bench.environment.clock.now();
        let post = async |message: &Value| {
            let call = place.app.call(&bench.anonymous(), Method::POST, "/api/v1/notifications/bounces/ses");
            // As Amazon sends it.
            let call = call.header("content-type", "text/plain; charset=UTF-8").header("x-amz-sns-topic-arn", SnsTopic::ARN);
            call.bytes(message.to_string().into_bytes()).send().await.status
        };
        let say = async |what: Value| post(&topic.notification("id-1", &what.to_string(), now)).await;
        assert_eq!(post(&topic.about_subscription("SubscriptionConfirmation", "token-1", now)).await, StatusCode::ACCEPTED);
        assert!(topic.server.heard()[1].target.starts_with("/?Action=ConfirmSubscription&"), "{:?}", topic.server.heard());
        let bounce = |kind: &str, id: &str| {
            let people = json!([
                { "emailAddress": EMAIL, "action": "failed", "status": "5.1.1", "diagnosticCode": format!("smtp; 550 5.1.1 <{EMAIL}> gone") },
                { "emailAddress": "nobody@example.org" }, { "emailAddress": 7 },
            ]);
            json!({ "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": people, "feedbackId": id })
        };
        let complaint = |kind: &str| {
            let people = json!([{ "emailAddress": EMAIL }]);
            json!({ "complainedRecipients": people, "complaintFeedbackType": kind, "feedbackId": "c-1" })
        };
        for other in [
            json!({ "notificationType": "Delivery", "delivery": { "recipients": [EMAIL] } }),
            json!({ "eventType": "Open", "open": {} }),
            json!({ "notificationType": "Complaint", "complaint": complaint("not-spam") }),
            json!({ "notificationType": "Bounce" }),
            json!("Successfully validated SNS topic for Amazon SES event publishing."),
        ] {
            assert_eq!(say(other.clone()).await, StatusCode::ACCEPTED, "{other}");
        }
        for number in [0, 0, 0, 1, 2, 3] {
            let soft = json!({ "notificationType": "Bounce", "bounce": bounce("Transient", &format!("soft-{number}")) });
            assert_eq!(say(soft).await, StatusCode::ACCEPTED);
        }
        assert_eq!(suppressed(&place, &bench).await, [], "four, as three were told again");
        let mut forged = topic.notification("id-1", &json!({ "eventType": "Bounce", "bounce": bounce("Permanent", "f-1") }).to_string(), now);
        forged["Message"] = json!({ "eventType": "Bounce", "bounce": bounce("Permanent", "f-2") }).to_string().into();
        assert_eq!(post(&forged).await, StatusCode::UNAUTHORIZED);
        assert_eq!(suppressed(&place, &bench).await, []);
        assert_eq!(say(json!({ "eventType": "Bounce", "bounce": bounce("Permanent", "hard-1") })).await, StatusCode::ACCEPTED);
        assert_eq!(suppressed(&place, &bench).await, [("a…@example.com".to_owned(), "bounce".to_owned())]);
        let admin = bench.with_role(Role::Admin);
        let id = place.app.get(&admin, SUPPRESSIONS).await.body["data"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(place.app.delete(&admin, &format!("{SUPPRESSIONS}/{id}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(say(json!({ "notificationType": "Complaint", "complaint": complaint("abuse") })).await, StatusCode::ACCEPTED);
        assert_eq!(suppressed(&place, &bench).await[0].1, "complaint");
    }

    async fn stop_ends_texts_and_start_takes_that_back(bench: Bench) {
        let mut bench = bench;
        let settings = json!({ "providers": { "sms_token": "12345", "public_url": "https://banyan.example" } });
        let place = Place::remembering(&mut bench, settings).await;
        let ann = with_phone(&place, &bench, "+62 812 3456 7890").await;
        let answer = async |body: &str, token: &[u8]| {
            let form = format!("From=%2B6281234567890&Body={body}");
            let signed = format!("https://banyan.example/api/v1/notifications/sms/answersBody{body}From+6281234567890");
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token);
            let signature = base64::prelude::BASE64_STANDARD.encode(ring::hmac::sign(&key, signed.as_bytes()));
            let call = place.app.call(&bench.anonymous(), Method::POST, "/api/v1/notifications/sms/answers");
            let call = call.header("x-twilio-signature", &signature).header("content-type", "application/x-www-form-urlencoded");
            call.bytes(form.into_bytes()).send().await.status
        };
        assert_eq!(answer("STOP", b"54321").await, StatusCode::UNAUTHORIZED);
        assert_eq!(answer("Hello", b"12345").await, StatusCode::OK);
        assert_eq!(suppressed(&place, &bench).await, []);
        assert_eq!(answer("stop", b"12345").await, StatusCode::OK);
        assert_eq!(suppressed(&place, &bench).await, [("+62…90".to_owned(), "stop".to_owned())]);
        let test = place.app.post(&ann, "/api/v1/notifications/test", json!({ "channel": "sms" })).await;
        assert_eq!(test.body["data"][0]["reason"], "suppressed", "{test:?}");
        assert_eq!(answer("MULAI", b"12345").await, StatusCode::OK);
        assert_eq!(suppressed(&place, &bench).await, []);
        let test = place.app.post(&ann, "/api/v1/notifications/test", json!({ "channel": "sms" })).await;
        assert_eq!(test.body["data"][0]["sent"], true, "{test:?}");
    }
}
