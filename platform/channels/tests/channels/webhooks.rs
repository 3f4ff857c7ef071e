//! Signed webhooks, as an endpoint sees them.

use std::sync::Arc;
use std::time::Duration;

use banyan_channels::testing::{HttpSink, Reply, local_settings};
use banyan_channels::webhook::{SigningKey, Webhook, Webhooks, verify};
use banyan_channels::{Attempt, Hope, HttpClient, HttpSettings, Reason};
use banyan_kernel::{OsRandom, TestClock, Timestamp};
use http::{HeaderMap, Method};

struct Bench {
    sink: HttpSink,
    webhooks: Webhooks,
    key: SigningKey,
    clock: TestClock,
}

impl Bench {
    async fn new() -> Self {
        let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000));
        let client = HttpClient::new(&local_settings()).unwrap();
        let webhooks = Webhooks::new(Arc::new(client), Arc::new(clock.clone()));
        Self { sink: HttpSink::plain().await.unwrap(), webhooks, key: SigningKey::shared(&OsRandom), clock }
    }

    fn webhook(&self) -> Webhook {
        Webhook {
            id: "msg_01".into(),
            url: self.sink.url("/hooks?x=1"),
            keys: vec![self.key.clone()],
            headers: HeaderMap::new(),
            body: r#"{"type":"goal.reached"}"#.into(),
        }
    }

    async fn send(&self) -> Attempt {
        self.webhooks.send(&self.webhook()).await
    }
}

#[tokio::test]
async fn an_endpoint_can_verify_each_attempt() {
    let bench = Bench::new().await;
    bench.send().await.unwrap();
    bench.clock.advance_seconds(3_600);
    bench.send().await.unwrap();
    let heard = bench.sink.heard();
    for (attempt, seconds) in heard.iter().zip([0, 3_600]) {
        let now = Timestamp::from_seconds(1_700_000_000 + seconds);
        assert_eq!((&attempt.method, attempt.target.as_str()), (&Method::POST, "/hooks?x=1"));
        assert_eq!(attempt.header("content-type"), "application/json");
        let verified = verify(&[bench.key.verifying().unwrap()], &attempt.headers, &attempt.body, now).unwrap();
        assert_eq!((verified.id.as_str(), verified.at), ("msg_01", now));
    }
}

#[tokio::test]
async fn a_caller_adds_headers_but_not_those_of_the_signature() {
    let bench = Bench::new().await;
    let mut webhook = bench.webhook();
    let names = ["ce-type", "content-type", "webhook-signature", "webhook-id", "host", "transfer-encoding", "content-length"];
    for (name, value) in names.iter().zip(["goal.reached", "application/cloudevents+json", "v1,x", "x", "evil", "chunked", "1"]) {
        webhook.headers.insert(*name, value.parse().unwrap());
    }
    bench.webhooks.send(&webhook).await.unwrap();
    let heard = &bench.sink.heard()[0];
    assert_eq!((heard.header("ce-type"), heard.header("content-type")), ("goal.reached", "application/cloudevents+json"));
    assert_eq!(heard.header("webhook-id"), "msg_01");
    assert_eq!(heard.header("host"), bench.sink.address().to_string());
    assert_eq!(heard.body.len(), webhook.body.len());
    assert_eq!(heard.headers.get_all("webhook-signature").iter().count(), 1);
}

#[tokio::test]
async fn every_failure_but_gone_is_for_now() {
    let bench = Bench::new().await;
    for status in [201, 202, 204, 299] {
        bench.sink.reply(Reply::status(status));
        assert!(bench.send().await.is_ok(), "{status}");
    }
    for status in [302, 400, 401, 404, 429, 500, 502, 503, 504] {
        bench.sink.reply(Reply::status(status).with("retry-after", "120"));
        assert_eq!(bench.send().await.unwrap_err().retry_after(), Some(Duration::from_secs(120)), "{status}");
    }
    bench.sink.reply(Reply::status(503).with("retry-after", "Tue, 14 Nov 2023 22:14:20 GMT"));
    assert_eq!(bench.send().await.unwrap_err().retry_after(), Some(Duration::from_secs(60)));
    bench.sink.reply(Reply::status(410));
    assert!(bench.send().await.unwrap_err().is_gone());
    bench.sink.reply(Reply::HangUp);
    assert!(bench.send().await.unwrap_err().is_temporary());
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_it_leaves() {
    let bench = Bench::new().await;
    let refused = [
        Webhook { id: "a.b".into(), ..bench.webhook() },
        Webhook { id: String::new(), ..bench.webhook() },
        Webhook { keys: Vec::new(), ..bench.webhook() },
        Webhook { keys: vec![bench.key.clone(); 9], ..bench.webhook() },
        Webhook { body: vec![b' '; Webhook::LONGEST + 1].into(), ..bench.webhook() },
    ];
    for webhook in refused {
        let refused = bench.webhooks.send(&webhook).await.unwrap_err();
        assert!(matches!((refused.hope, &refused.reason), (Hope::Permanent, Reason::Message { .. })), "{refused}");
    }
    let guarded = Webhooks::new(Arc::new(HttpClient::new(&HttpSettings::default()).unwrap()), Arc::new(bench.clock.clone()));
    let refused = guarded.send(&bench.webhook()).await.unwrap_err();
    assert!(matches!((refused.hope, &refused.reason), (Hope::Permanent, Reason::Address(_))), "{refused}");
    assert_eq!(bench.sink.connections(), 0);
}
