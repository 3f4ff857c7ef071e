//! A server, a client that may reach it, and a clock.

use std::sync::Arc;

use banyan_channels::testing::{HttpSink, local_settings};
use banyan_channels::{HttpClient, HttpSettings, Outbound};
use banyan_kernel::{TestClock, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) struct Bench {
    pub(crate) sink: HttpSink,
    pub(crate) clock: TestClock,
    pub(crate) outbound: Arc<dyn Outbound>,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn plain() -> Self {
        Self::with(HttpSink::plain().await.unwrap(), tempfile::tempdir().unwrap())
    }

    pub(crate) async fn tls() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::with(HttpSink::tls(folder.path()).await.unwrap(), folder)
    }

    fn with(sink: HttpSink, folder: tempfile::TempDir) -> Self {
        let settings = HttpSettings { authorities: sink.authority(), ..local_settings() };
        let outbound = Arc::new(HttpClient::new(&settings).unwrap());
        Self { sink, clock: TestClock::at(Timestamp::from_seconds(NOW)), outbound, _folder: folder }
    }

    pub(crate) fn clock(&self) -> Arc<TestClock> {
        Arc::new(self.clock.clone())
    }
}

/// What is signed, the signature, header and claims of a token.
pub(crate) fn token(text: &str) -> (String, Vec<u8>, Value, Value) {
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let open = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (signed.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap(), open(header), open(claims))
}
