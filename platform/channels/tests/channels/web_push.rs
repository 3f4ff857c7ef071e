//! Push to browsers: headers by RFC 8030 and 8292; the encryption has its own tests, with the vector of RFC 8291.

use std::sync::Arc;
use std::time::Duration;

use banyan_channels::testing::Reply;
use banyan_channels::web_push::{PushMessage, Subscription, SubscriptionKeys, Urgency, VapidKeys, VapidSettings, WebPush};
use banyan_kernel::OsRandom;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::support::{Bench, NOW, token};

/// The browser of RFC 8291.
const POINT: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

fn subscription(bench: &Bench) -> Subscription {
    let keys = SubscriptionKeys { p256dh: POINT.into(), auth: "BTBZMqHH6r4Tts7J_aSIgg".into() };
    Subscription { endpoint: bench.sink.url("/push/abc?x=1"), keys }
}

fn message() -> PushMessage {
    PushMessage {
        payload: b"{\"title\":\"Hi\"}".to_vec(),
        lifetime: Duration::from_secs(3_600),
        urgency: Urgency::High,
        topic: Some("goal_1".into()),
    }
}

fn push(bench: &Bench) -> WebPush {
    let fresh = VapidKeys::generate().unwrap();
    let settings =
        VapidSettings { public_key: fresh.public_key, private_key: fresh.private_key, subject: "mailto:ops@example.org".into() };
    WebPush::new(bench.outbound.clone(), bench.clock(), Arc::new(OsRandom), VapidKeys::new(&settings).unwrap())
}

#[tokio::test]
async fn a_push_service_is_told_who_and_how() {
    let bench = Bench::tls().await;
    bench.sink.always(Reply::status(201).with("location", "https://push.example/m/1"));
    let push = push(&bench);
    push.send(&subscription(&bench), &message()).await.unwrap();
    let heard = &bench.sink.heard()[0];
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("POST", "/push/abc?x=1"));
    for (name, value) in [
        ("ttl", "3600"),
        ("urgency", "high"),
        ("topic", "goal_1"),
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
    ] {
        assert_eq!(heard.header(name), value, "{name}");
    }
    // Header, record, delimiter and tag.
    assert_eq!(heard.body.len(), 86 + message().payload.len() + 17);
    let given = heard.header("authorization").strip_prefix("vapid t=").unwrap();
    let (jwt, key) = given.split_once(", k=").unwrap();
    assert_eq!(key, push.keys().public_key());
    let (signed, signature, header, claims) = token(jwt);
    assert_eq!((&header["alg"], &header["typ"]), (&"ES256".into(), &"JWT".into()));
    assert_eq!(claims["aud"], bench.sink.url("/").as_str().trim_end_matches('/'));
    assert_eq!(claims["sub"], "mailto:ops@example.org");
    assert_eq!(claims["exp"], NOW + 12 * 3_600);
    let key = URL_SAFE_NO_PAD.decode(key).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn each_answer_says_what_to_do_next() {
    let bench = Bench::plain().await;
    let push = push(&bench);
    for (status, hope) in [
        (404, "gone"),
        (410, "gone"),
        (400, "permanent"),
        (413, "permanent"),
        (401, "temporary"),
        (403, "temporary"),
        (429, "temporary"),
        (500, "temporary"),
    ] {
        bench.sink.reply(Reply::status(status).with("retry-after", "30"));
        let refused = push.send(&subscription(&bench), &message()).await.unwrap_err();
        assert_eq!(refused.hope.word(), hope, "{status}");
    }
}

#[tokio::test]
async fn what_no_browser_could_get_is_refused() {
    let bench = Bench::plain().await;
    let push = push(&bench);
    let long = PushMessage { payload: vec![b'x'; PushMessage::LONGEST + 1], ..message() };
    assert_eq!(push.send(&subscription(&bench), &long).await.unwrap_err().hope.word(), "permanent");
    for topic in ["", "a b", &"x".repeat(33), "a\r\nb"] {
        let bad = PushMessage { topic: Some(topic.to_owned()), ..message() };
        assert_eq!(push.send(&subscription(&bench), &bad).await.unwrap_err().hope.word(), "permanent");
    }
    let off_the_curve = format!("BAAA{}", "A".repeat(83));
    for (p256dh, auth) in [("", "BTBZMqHH6r4Tts7J_aSIgg"), (POINT, "short"), (off_the_curve.as_str(), "BTBZMqHH6r4Tts7J_aSIgg")] {
        let keys = SubscriptionKeys { p256dh: p256dh.into(), auth: auth.into() };
        let void = Subscription { keys, ..subscription(&bench) };
        assert!(push.send(&void, &message()).await.unwrap_err().is_gone(), "{p256dh}");
    }
    assert_eq!(bench.sink.heard().len(), 0);
}

/// As browsers write it.
#[test]
fn a_subscription_is_read_from_the_browsers_own_form() {
    let text = format!(
        r#"{{"endpoint":"https://push.example/abc","expirationTime":null,"keys":{{"p256dh":"{POINT}","auth":"BTBZMqHH6r4Tts7J_aSIgg=="}}}}"#
    );
    let subscription: Subscription = serde_json::from_str(&text).unwrap();
    subscription.check().unwrap();
    assert!(!format!("{subscription:?}").contains("abc"));
}
