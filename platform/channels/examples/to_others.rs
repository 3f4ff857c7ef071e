//! Sends to programs that others wrote, for `cargo xtask channel-tests`: webhooks to the address and with the key that are given, pushes to the
//! browser whose subscription is given. Prints what became of each.

#![expect(clippy::print_stdout, reason = "its output is what is asked for")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use banyan_channels::testing::local_settings;
use banyan_channels::web_push::{PushMessage, Subscription, Urgency, VapidKeys, VapidSettings, WebPush};
use banyan_channels::webhook::{SigningKey, Webhook, Webhooks};
use banyan_channels::{Attempt, HttpClient};
use banyan_kernel::{OsRandom, SystemClock};
use http::HeaderMap;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [receiver, key, subscription] = &arguments[..] else { return Err("receiver, key, subscription".into()) };
    let outbound = Arc::new(HttpClient::new(&local_settings())?);

    let (key, stranger): (SigningKey, SigningKey) = (key.parse()?, SigningKey::shared(&OsRandom));
    let webhooks = Webhooks::new(outbound.clone(), Arc::new(SystemClock));
    let webhook = |id: &str, keys: &[&SigningKey]| Webhook {
        id: id.to_owned(),
        url: receiver.parse().unwrap_or_else(|_| unreachable!("the receiver printed an address")),
        keys: keys.iter().map(|key| (*key).clone()).collect(),
        headers: HeaderMap::new(),
        body: format!(
            r#"{{"type":"goal.reached","timestamp":"2024-01-15T10:30:00Z","data":{{"title":"Lari 5 km ✨","id":"{id}"}}}}"#
        )
        .into(),
    };
    // With its key; again; while keys are changed, with either first; with another key; with a pair beside it.
    let pair = SigningKey::pair(&OsRandom);
    for (id, keys) in [
        ("msg_1", &[&key][..]),
        ("msg_1", &[&key]),
        ("msg_2", &[&stranger, &key]),
        ("msg_3", &[&pair, &key]),
        ("msg_4", &[&stranger]),
    ] {
        println!("webhook {id} {}", told(&webhooks.send(&webhook(id, keys)).await));
    }

    let subscription: Subscription = serde_json::from_str(subscription)?;
    let fresh = VapidKeys::generate()?;
    let settings = VapidSettings {
        public_key: fresh.public_key,
        private_key: fresh.private_key,
        subject: "mailto:ops@example.org".to_owned(),
    };
    let push = WebPush::new(outbound, Arc::new(SystemClock), Arc::new(OsRandom), VapidKeys::new(&settings)?);
    for length in [20, 500, PushMessage::LONGEST] {
        let payload = format!(r#"{{"title":"{}"}}"#, "x".repeat(length - 12)).into_bytes();
        let message = PushMessage { payload, lifetime: Duration::from_secs(60), urgency: Urgency::Normal, topic: None };
        println!("push {length} {}", told(&push.send(&subscription, &message).await));
    }
    Ok(())
}

fn told(attempt: &Attempt) -> String {
    match attempt {
        Ok(_) => "delivered".to_owned(),
        Err(refused) => format!("{}: {refused}", refused.hope.word()),
    }
}
