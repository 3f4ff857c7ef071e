//! Messages of Amazon SNS: which are believed.

use std::sync::Arc;

use banyan_channels::sns::{Sns, SnsError, SnsNews};
use banyan_channels::testing::{Reply, SnsTopic};
use banyan_kernel::Timestamp;
use serde_json::Value;

use super::support::{Bench, NOW};

const AT: Timestamp = Timestamp::from_seconds(NOW - 60);

struct Heard {
    bench: Bench,
    topic: SnsTopic,
    sns: Sns,
}

impl Heard {
    async fn new() -> Self {
        Self::of(SnsTopic::ARN).await
    }

    async fn of(named: &str) -> Self {
        let (bench, topic) = (Bench::plain().await, SnsTopic::new().await.unwrap());
        let base_url = Some(topic.server.url("/"));
        let sns = Sns::new(vec![named.parse().unwrap()], base_url, bench.outbound.clone(), bench.clock());
        Self { bench, topic, sns }
    }

    async fn hear(&self, message: &Value) -> Result<SnsNews, SnsError> {
        self.sns.hear(message.to_string().as_bytes()).await
    }

    fn asked(&self) -> Vec<String> {
        self.topic.server.heard().into_iter().map(|heard| heard.target).collect()
    }
}

#[tokio::test]
async fn a_topic_is_believed_by_its_signature_and_its_certificate_fetched_once_a_day() {
    let place = Heard::new().await;
    let mut with_subject = place.topic.notification("id-2", "zwei\nZeilen", AT);
    for (id, message) in [("id-1", place.topic.notification("id-1", "zwei\nZeilen", AT)), ("id-2", with_subject.clone())] {
        let expected = SnsNews::Message { id: id.to_owned(), text: "zwei\nZeilen".to_owned() };
        assert_eq!(place.hear(&message).await, Ok(expected), "{message}");
    }
    with_subject["Subject"] = "Added".into();
    assert!(matches!(place.hear(&with_subject).await, Err(SnsError::Unbelieved(_))), "the subject is signed, too");
    assert_eq!(place.asked(), ["/SimpleNotificationService-0f.pem"]);
    place.bench.clock.advance_seconds(86_400);
    let later = Timestamp::from_seconds(NOW + 86_400);
    place.hear(&place.topic.notification("id-3", "", later)).await.unwrap();
    assert_eq!(place.asked().len(), 2);
}

#[tokio::test]
async fn what_is_forged_is_not_believed() {
    let place = Heard::new().await;
    let good = place.topic.notification("id-1", "text", AT);
    for (field, value) in [
        ("Message", "other"),
        ("MessageId", "id-2"),
        ("Type", "SubscriptionConfirmation"),
        ("Type", "Whatever"),
        ("Timestamp", "2023-11-14T22:12:21Z"),
        ("Timestamp", "soon"),
        ("Signature", ""),
        ("Signature", "bm8="),
        ("Signature", "no base64!"),
        ("SignatureVersion", "1"),
    ] {
        let mut forged = good.clone();
        forged[field] = value.into();
        assert!(matches!(place.hear(&forged).await, Err(SnsError::Unbelieved(_))), "{field}: {value}");
    }
    for body in [&b""[..], b"{}", b"[1]", b"null", b"\xff", b"{\"Type\":7}"] {
        assert!(matches!(place.sns.hear(body).await, Err(SnsError::Unbelieved(_))), "{body:?}");
    }
    for at in [NOW - 13 * 3_600, NOW + 13 * 3_600] {
        let old = place.topic.notification("id-1", "text", Timestamp::from_seconds(at));
        assert!(matches!(place.hear(&old).await, Err(SnsError::Unbelieved(_))), "{at}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_other_topics_or_at_other_hosts() {
    let place = Heard::of("arn:aws:sns:eu-west-1:123456789012:others").await;
    let refused = place.hear(&place.topic.about_subscription("SubscriptionConfirmation", "token-1", AT)).await;
    assert!(matches!(refused, Err(SnsError::Unbelieved(_))), "{refused:?}");
    let elsewhere = SnsTopic::new().await.unwrap();
    let place = Heard::new().await;
    let refused = place.hear(&elsewhere.notification("id-1", "text", AT)).await;
    assert!(matches!(refused, Err(SnsError::Unbelieved(_))), "{refused:?}");
    assert_eq!((place.asked(), elsewhere.server.heard().len()), (Vec::new(), 0));
}

#[tokio::test]
async fn a_subscription_is_confirmed_by_an_address_of_our_own_making() {
    let place = Heard::new().await;
    let confirm = place.topic.about_subscription("SubscriptionConfirmation", "a&b=c", AT);
    assert_eq!(place.hear(&confirm).await, Ok(SnsNews::Subscribed));
    let arn = "arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Amails";
    assert_eq!(place.asked()[1], format!("/?Action=ConfirmSubscription&TopicArn={arn}&Token=a%26b%3Dc"));
    let end = place.topic.about_subscription("UnsubscribeConfirmation", "token-2", AT);
    assert_eq!(place.hear(&end).await, Ok(SnsNews::Unsubscribed));
    assert_eq!(place.asked().len(), 2, "it is not subscribed to again");
    place.topic.server.always(Reply::status(500));
    assert!(matches!(place.hear(&confirm).await, Err(SnsError::Unanswered(_))));
}

#[tokio::test]
async fn without_a_certificate_it_comes_again_and_a_bad_one_counts_for_nothing() {
    let place = Heard::new().await;
    let message = place.topic.notification("id-1", "text", AT);
    for reply in [Reply::status(503), Reply::HangUp, Reply::status(403)] {
        place.topic.server.reply(reply);
        assert!(matches!(place.hear(&message).await, Err(SnsError::Unanswered(_))));
    }
    let pem = |body: &'static [u8]| Reply::Say { status: 200, headers: Vec::new(), body: body.into() };
    for bad in [&b""[..], b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        place.topic.server.reply(pem(bad));
        assert!(matches!(place.hear(&message).await, Err(SnsError::Unbelieved(_))));
    }
    place.hear(&message).await.unwrap();
}

#[tokio::test]
async fn many_at_once_ask_for_one_certificate() {
    let place = Arc::new(Heard::new().await);
    let hear = |number: usize| {
        let place = place.clone();
        async move { place.hear(&place.topic.notification(&format!("id-{number}"), "text", AT)).await }
    };
    let all: tokio::task::JoinSet<_> = (0..32).map(hear).collect();
    assert!(all.join_all().await.iter().all(Result::is_ok));
    assert_eq!(place.asked().len(), 1);
}
