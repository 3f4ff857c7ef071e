//! Texts, chat rooms, and those on call.

use std::collections::BTreeMap;
use std::time::Duration;

use banyan_channels::Hope;
use banyan_channels::chat::{ChatAddress, ChatMessage, Discord, Slack, Tone};
use banyan_channels::pagerduty::{Incident, PagerDuty, PagerDutyEvent, PagerDutySettings, Severity};
use banyan_channels::sms::{Sms, SmsMessage, SmsSettings};
use banyan_channels::testing::Reply;
use banyan_kernel::{Secret, Timestamp};
use bytes::Bytes;
use serde_json::json;

use super::support::{Bench, NOW};

fn sms(bench: &Bench, from: &str) -> Sms {
    let settings = SmsSettings {
        account: "AC123".into(),
        user: None,
        password: Secret::new("s3cret".into()),
        from: from.into(),
        base_url: Some(bench.sink.url("/")),
    };
    Sms::new(&settings, bench.outbound.clone(), bench.clock()).unwrap()
}

fn text() -> SmsMessage {
    SmsMessage { to: "+6281234567890".into(), text: "Halo & sampai jumpa +1".into() }
}

/// <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>.
#[tokio::test]
async fn a_text_is_posted_as_twilio_says() {
    let bench = Bench::plain().await;
    bench.sink.always(Reply::json(201, &json!({ "sid": "SM1", "status": "queued" })));
    assert_eq!(sms(&bench, "+15005550006").send(&text()).await.unwrap().reference.as_deref(), Some("SM1"));
    sms(&bench, "MG1").send(&text()).await.unwrap();
    let heard = bench.sink.heard();
    assert_eq!((heard[0].method.as_str(), heard[0].target.as_str()), ("POST", "/2010-04-01/Accounts/AC123/Messages.json"));
    assert_eq!(heard[0].header("authorization"), "Basic QUMxMjM6czNjcmV0");
    assert_eq!(heard[0].header("content-type"), "application/x-www-form-urlencoded");
    let form =
        |index: usize| -> BTreeMap<String, String> { url::form_urlencoded::parse(&heard[index].body).into_owned().collect() };
    let expected = [("Body", "Halo & sampai jumpa +1"), ("From", "+15005550006"), ("To", "+6281234567890")];
    assert_eq!(form(0), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(form(1)["MessagingServiceSid"], "MG1");
}

#[tokio::test]
async fn twilios_codes_say_what_to_do_next() {
    let bench = Bench::plain().await;
    let sms = sms(&bench, "+15005550006");
    for (status, code, hope) in [
        (400, 21211, "gone"),
        (400, 21610, "gone"),
        (400, 21614, "gone"),
        (400, 21606, "temporary"),
        (401, 20003, "temporary"),
        (429, 20429, "temporary"),
        (429, 63038, "temporary"),
        (400, 21408, "permanent"),
        (503, 0, "temporary"),
    ] {
        bench.sink.reply(Reply::json(status, &json!({ "code": code, "message": "+6281234567890", "status": status })));
        let refused = sms.send(&text()).await.unwrap_err();
        assert_eq!((refused.hope.word(), refused.to_string()), (hope, format!("answered {status} {code}")));
    }
    let before = bench.sink.heard().len();
    for to in ["", "081234567890", "+0812345678", "+62812345678901234", "+62 812", "+62812345\r\n"] {
        assert!(sms.send(&SmsMessage { to: to.into(), ..text() }).await.unwrap_err().is_gone(), "{to}");
    }
    for words in [String::new(), "x".repeat(1_601)] {
        assert_eq!(sms.send(&SmsMessage { text: words, ..text() }).await.unwrap_err().hope, Hope::Permanent);
    }
    assert_eq!(bench.sink.heard().len(), before);
}

fn chat(text: &str) -> ChatMessage {
    let link = Some("https://example.org/a|b?x=<1>".parse().unwrap());
    ChatMessage { title: "Dead letters".into(), text: text.into(), link, tone: Tone::Bad }
}

fn room(bench: &Bench) -> ChatAddress {
    ChatAddress::new(bench.sink.url("/services/T0/B0/s3cret").as_str()).unwrap()
}

/// <https://api.slack.com/messaging/webhooks#posting_with_webhooks>.
#[tokio::test]
async fn slack_is_told_without_calling_anybody() {
    let bench = Bench::plain().await;
    bench.sink.always(Reply::Say { status: 200, headers: Vec::new(), body: "ok".into() });
    let slack = Slack::new(bench.outbound.clone(), bench.clock());
    slack.send(&room(&bench), &ChatMessage { title: "<!channel> & *x*".into(), ..chat("<!here>") }).await.unwrap();
    let heard = &bench.sink.heard()[0];
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("POST", "/services/T0/B0/s3cret"));
    assert!(heard.header("content-type").starts_with("application/json"));
    let body = heard.json();
    assert_eq!(body["text"], "&lt;!channel&gt; &amp; *x*");
    let blocks = &body["attachments"][0]["blocks"];
    let title = "*<https://example.org/a%7Cb?x=%3C1%3E|&lt;!channel&gt; &amp;  x >*";
    assert_eq!(blocks[0], json!({ "type": "section", "text": { "type": "mrkdwn", "text": title } }));
    // Plain text is not read for markup.
    assert_eq!(blocks[1], json!({ "type": "section", "text": { "type": "plain_text", "text": "<!here>" } }));
    assert_eq!(body["attachments"][0]["color"], "danger");
}

/// <https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks>.
#[tokio::test]
async fn slacks_words_say_what_to_do_next() {
    let bench = Bench::plain().await;
    let slack = Slack::new(bench.outbound.clone(), bench.clock());
    for (status, word, hope) in [
        (404, "no_service", "gone"),
        (404, "channel_not_found", "gone"),
        (410, "channel_is_archived", "gone"),
        (400, "invalid_payload", "permanent"),
        (403, "action_prohibited", "permanent"),
        (429, "rate_limited", "temporary"),
        (500, "rollup_error", "temporary"),
    ] {
        let reply = Reply::Say { status, headers: Vec::new(), body: Bytes::from_static(word.as_bytes()) };
        bench.sink.reply(reply.with("retry-after", "30"));
        let refused = slack.send(&room(&bench), &chat("x")).await.unwrap_err();
        assert_eq!((refused.hope.word(), refused.to_string()), (hope, format!("answered {status} {word}")));
    }
}

/// <https://discord.com/developers/docs/resources/webhook#execute-webhook>.
#[tokio::test]
async fn discord_is_told_without_calling_anybody() {
    let bench = Bench::plain().await;
    bench.sink.reply(Reply::json(200, &json!({ "id": "42" })));
    let discord = Discord::new(bench.outbound.clone(), bench.clock());
    let delivered = discord.send(&room(&bench), &chat("@everyone **x** [a](b)")).await.unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("42"));
    let heard = &bench.sink.heard()[0];
    assert_eq!(heard.target, "/services/T0/B0/s3cret?wait=true");
    let expected = json!({
        "embeds": [{
            "title": "Dead letters",
            "description": "\\@everyone \\*\\*x\\*\\* \\[a\\](b)",
            "color": 0xa3_02_00,
            "url": "https://example.org/a|b?x=%3C1%3E",
        }],
        "allowed_mentions": { "parse": [] },
    });
    assert_eq!(heard.json(), expected);

    for (status, code, hope) in [(404, 10015, "gone"), (401, 50027, "gone"), (400, 50035, "permanent"), (502, 0, "temporary")] {
        bench.sink.reply(Reply::json(status, &json!({ "code": code })));
        assert_eq!(discord.send(&room(&bench), &chat("x")).await.unwrap_err().hope.word(), hope, "{code}");
    }
    bench.sink.reply(Reply::json(429, &json!({ "retry_after": 1.2, "global": false })));
    assert_eq!(discord.send(&room(&bench), &chat("x")).await.unwrap_err().retry_after(), Some(Duration::from_secs(2)));
    bench.sink.reply(Reply::json(429, &json!({ "retry_after": -1.0 })));
    assert_eq!(discord.send(&room(&bench), &chat("x")).await.unwrap_err().hope, Hope::Temporary { retry_after: None });
}

#[tokio::test]
async fn what_fits_no_room_is_refused() {
    let bench = Bench::plain().await;
    let slack = Slack::new(bench.outbound.clone(), bench.clock());
    let long = ChatMessage { title: "x".repeat(151), ..chat("x") };
    let empty = ChatMessage { title: " ".into(), ..chat("x") };
    for bad in [long, empty, chat(&"x".repeat(2_901))] {
        assert_eq!(slack.send(&room(&bench), &bad).await.unwrap_err().hope, Hope::Permanent);
    }
    assert!(ChatAddress::new("hooks.slack.com/x").is_err() && ChatAddress::new("mailto:x@y").is_err());
    assert_eq!(bench.sink.heard().len(), 0);
}

/// <https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>.
#[tokio::test]
async fn an_incident_opens_is_taken_and_ends() {
    let bench = Bench::plain().await;
    bench.sink.always(Reply::json(202, &json!({ "status": "success", "message": "Event processed", "dedup_key": "jobs/1" })));
    let settings = PagerDutySettings { routing_key: Secret::new("R".repeat(32)), base_url: Some(bench.sink.url("/")) };
    let duty = PagerDuty::new(&settings, bench.outbound.clone(), bench.clock()).unwrap();
    let incident = Incident {
        key: "jobs/1".into(),
        summary: "Jobs are stuck".into(),
        source: "node-1".into(),
        severity: Severity::Error,
        at: Timestamp::from_seconds(NOW),
        details: json!({ "count": 3 }).as_object().cloned().unwrap(),
        link: Some("https://example.org/jobs".parse().unwrap()),
    };
    duty.send(&PagerDutyEvent::Trigger(incident.clone())).await.unwrap();
    duty.send(&PagerDutyEvent::Acknowledge { key: "jobs/1".into() }).await.unwrap();
    let delivered = duty.send(&PagerDutyEvent::Resolve { key: "jobs/1".into() }).await.unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("jobs/1"));
    let heard = bench.sink.heard();
    assert!(heard.iter().all(|heard| heard.method == "POST" && heard.target == "/v2/enqueue"));
    let expected = json!({
        "routing_key": "R".repeat(32),
        "event_action": "trigger",
        "dedup_key": "jobs/1",
        "client": "Banyan",
        "payload": {
            "summary": "Jobs are stuck",
            "source": "node-1",
            "severity": "error",
            "timestamp": "2023-11-14T22:13:20Z",
            "custom_details": { "count": 3 },
        },
        "links": [{ "href": "https://example.org/jobs", "text": "Banyan" }],
    });
    assert_eq!(heard[0].json(), expected);
    assert_eq!(heard[1].json(), json!({ "routing_key": "R".repeat(32), "event_action": "acknowledge", "dedup_key": "jobs/1" }));
    assert_eq!(heard[2].json()["event_action"], "resolve");

    for (status, hope) in [(400, "permanent"), (429, "temporary"), (500, "temporary")] {
        bench.sink.reply(Reply::json(status, &json!({ "status": "invalid", "errors": ["s3cret"] })));
        let refused = duty.send(&PagerDutyEvent::Trigger(incident.clone())).await.unwrap_err();
        assert_eq!(refused.hope.word(), hope, "{status}");
        assert!(!refused.to_string().contains("s3cret"));
    }
    let before = bench.sink.heard().len();
    for bad in [Incident { key: String::new(), ..incident.clone() }, Incident { summary: "x".repeat(1_025), ..incident }] {
        assert_eq!(duty.send(&PagerDutyEvent::Trigger(bad)).await.unwrap_err().hope, Hope::Permanent);
    }
    assert_eq!(bench.sink.heard().len(), before);
}
