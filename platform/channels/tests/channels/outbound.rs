//! The guarded client.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_channels::testing::{HttpSink, Reply, local_settings};
use banyan_channels::{
    AddressError, GuardSettings, HttpClient, HttpSettings, Outbound, OutboundRequest, Reason, Resolve, ResolveError,
};
use http::Version;
use parking_lot::Mutex;

/// Gives one answer after the other.
struct Fickle(Mutex<Vec<Vec<IpAddr>>>);

impl Fickle {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().rev().map(parse).collect())))
    }
}

#[async_trait]
impl Resolve for Fickle {
    async fn resolve(&self, _name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        self.0.lock().pop().ok_or(ResolveError)
    }
}

async fn post(client: &HttpClient, url: &str) -> Result<u16, Reason> {
    let mut request = OutboundRequest::post(url.parse().unwrap(), "{}");
    request.deadline = Some(Duration::from_secs(60));
    client.exchange(request).await.map(|answer| answer.status.as_u16())
}

/// The server is there and would answer; nobody may reach it.
#[tokio::test]
async fn what_is_inside_is_not_reached() {
    let sink = HttpSink::plain().await.unwrap();
    let port = sink.address().port();
    let open =
        HttpSettings { guard: GuardSettings { ports: vec![443, port], ..GuardSettings::default() }, ..HttpSettings::default() };
    let client = HttpClient::new(&open).unwrap();
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] {
        let refused = post(&client, &format!("https://{host}:{port}/")).await;
        assert_eq!(refused, Err(Reason::Address(AddressError::NotPublic)), "{host}");
    }
    let refused = post(&client, &format!("https://localhost:{port}/")).await;
    assert_eq!(refused, Err(Reason::Address(AddressError::InsideName)));
    assert_eq!(sink.connections(), 0);
}

/// DNS rebinding: the name is public when it is looked at, and private the next time.
#[tokio::test]
async fn a_name_is_looked_up_once_and_the_connection_goes_there() {
    let sink = HttpSink::plain().await.unwrap();
    let port = sink.address().port();
    let settings = HttpSettings {
        guard: GuardSettings { ports: vec![port], ..GuardSettings::default() },
        deadline_seconds: 1,
        ..HttpSettings::default()
    };
    let resolver = Fickle::new(&[&["240.0.0.1"], &["127.0.0.1"], &["93.184.216.34", "127.0.0.1"], &["::ffff:127.0.0.1"], &[]]);
    let client = HttpClient::resolving(&settings, resolver.clone()).unwrap();
    let url = format!("https://rebind.example:{port}/");
    let not_public = Err(Reason::Address(AddressError::NotPublic));
    assert_eq!(post(&client, &url).await, not_public);
    assert_eq!(post(&client, &url).await, not_public, "now it is this machine");
    assert_eq!(post(&client, &url).await, not_public, "one of several");
    assert_eq!(post(&client, &url).await, not_public, "wrapped");
    assert_eq!(post(&client, &url).await, Err(Reason::Unresolved), "none at all");
    assert_eq!(post(&client, &url).await, Err(Reason::Unresolved), "no answer");

    // The first answer counts as public, though nobody is there; a second look would lead to the sink.
    let resolver = Fickle::new(&[&["3ffe:ffff::1"], &["127.0.0.1"], &["127.0.0.1"]]);
    let client = HttpClient::resolving(&settings, resolver.clone()).unwrap();
    let mut request = OutboundRequest::post(url.parse().unwrap(), "{}");
    request.deadline = Some(Duration::from_secs(3));
    assert!(client.exchange(request).await.is_err());
    assert_eq!(resolver.0.lock().len(), 2, "asked once");
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn an_allowed_network_is_reached_by_name_and_nothing_else() {
    let sink = HttpSink::plain().await.unwrap();
    let port = sink.address().port();
    let resolver = Fickle::new(&[&["127.0.0.1"], &["10.0.0.1"], &["127.0.0.1", "10.0.0.1"]]);
    let client = HttpClient::resolving(&local_settings(), resolver).unwrap();
    let url = format!("http://hooks.internal:{port}/in?x=1#part");
    assert_eq!(post(&client, &url).await, Ok(200));
    assert!(post(&client, &url).await.is_err());
    assert!(post(&client, &url).await.is_err());
    let heard = sink.heard();
    assert_eq!((heard.len(), heard[0].target.as_str()), (1, "/in?x=1"));
    assert_eq!(heard[0].header("host"), format!("hooks.internal:{port}"));
    assert!(heard[0].header("user-agent").starts_with("Banyan/"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let (outside, inside) = (HttpSink::plain().await.unwrap(), HttpSink::plain().await.unwrap());
    outside.always(Reply::status(307).with("location", inside.url("/").as_str()));
    let client = HttpClient::new(&local_settings()).unwrap();
    assert_eq!(post(&client, outside.url("/").as_str()).await, Ok(307));
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let sink = HttpSink::plain().await.unwrap();
    sink.always(Reply::Say { status: 200, headers: Vec::new(), body: vec![b'x'; 1 << 20].into() });
    let client = HttpClient::new(&HttpSettings { longest_answer: 1_000, ..local_settings() }).unwrap();
    let answer = client.exchange(OutboundRequest::post(sink.url("/"), "")).await.unwrap();
    assert_eq!(answer.body.len(), 1_000);
}

#[tokio::test]
async fn silence_and_a_lost_connection_end() {
    let sink = HttpSink::plain().await.unwrap();
    sink.always(Reply::Silence);
    let client = HttpClient::new(&local_settings()).unwrap();
    let mut request = OutboundRequest::post(sink.url("/"), "");
    request.deadline = Some(Duration::from_millis(200));
    assert_eq!(client.exchange(request.clone()).await.unwrap_err(), Reason::Deadline);
    sink.always(Reply::HangUp);
    request.deadline = Some(Duration::from_secs(60));
    assert_eq!(client.exchange(request).await.unwrap_err(), Reason::Protocol);
}

#[tokio::test]
async fn over_tls_one_connection_serves_many_and_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let sink = HttpSink::tls(folder.path()).await.unwrap();
    let client = HttpClient::new(&HttpSettings { authorities: sink.authority(), ..local_settings() }).unwrap();
    let url = sink.url("/x").to_string();
    for _ in 0..3 {
        assert_eq!(post(&client, &url).await, Ok(200));
    }
    assert_eq!(sink.connections(), 1);
    assert!(sink.heard().iter().all(|heard| heard.version == Version::HTTP_2));
    sink.reply(Reply::HangUp);
    assert!(post(&client, &url).await.is_err());
    assert_eq!(post(&client, &url).await, Ok(200));
    assert_eq!(sink.connections(), 2);

    let stranger = HttpClient::new(&local_settings()).unwrap();
    assert_eq!(post(&stranger, &url).await, Err(Reason::Tls));
    let other_name = url.replace("localhost", "127.0.0.1");
    assert_eq!(post(&client, &other_name).await, Err(Reason::Tls));
}
