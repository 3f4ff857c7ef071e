//! A call as it goes through a front door.

use banyan_http::ClientAddress;
use banyan_kernel::{Caller, Timestamp};
use http::{Extensions, HeaderMap, HeaderValue, Method, header};

use super::Installation;

/// What a test has put together.
pub(crate) struct Outgoing<'c> {
    pub(crate) service: &'c str,
    pub(crate) caller: &'c Caller,
    /// A credential of its own, instead of one that stands for `caller`.
    pub(crate) bearer: Option<String>,
    pub(crate) method: Method,
    pub(crate) path: &'c str,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: &'c Extensions,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) now: Timestamp,
}

impl Installation {
    /// Sends it to the next door.
    ///
    /// # Panics
    /// When the door does not answer.
    pub(crate) async fn send(&self, call: Outgoing<'_>) -> reqwest::Response {
        let processes = self.processes(call.service).await;
        let mut headers = call.headers;
        let token = match call.bearer {
            Some(token) => Some(token),
            None => self.token(call.caller, call.now).await,
        };
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, value(&format!("Bearer {token}")));
        }
        headers.insert("x-tenant", value(&call.caller.tenant.to_string()));
        // In the test's process there is no application's default before this one.
        headers.entry(header::ACCEPT_LANGUAGE).or_insert(HeaderValue::from_static("en-US"));
        if let Some(ClientAddress(address)) = call.extensions.get() {
            headers.insert("x-forwarded-for", value(&address.to_string()));
        }
        let url = format!("{}{}", processes.door(), call.path);
        let mut request = processes.client.request(call.method, &url).headers(headers);
        if let Some(body) = call.body {
            request = request.body(body);
        }
        request.send().await.unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }
}

fn value(text: &str) -> HeaderValue {
    text.parse().expect("a header value")
}
