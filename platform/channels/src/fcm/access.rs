//! Access tokens of OAuth 2 for a service account (RFC 7523): one at a time, kept until it ends.

use std::sync::Arc;

use banyan_kernel::{Clock, Secret, Timestamp};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use super::{FcmSettingsError, ServiceAccount};
use crate::attempt::{Reason, Refused};
use crate::http::{Outbound, OutboundRequest, Verdict, unanswered};
use crate::jwt::TokenKey;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// What we ask for, which is the most.
const LIFETIME_SECONDS: i64 = 3_600;
/// So long before its end a token is not used any more, so that none ends on its way.
const MARGIN_SECONDS: i64 = 60;

pub(super) struct Access {
    key: TokenKey,
    key_id: Option<String>,
    email: String,
    token_uri: Url,
    /// Held while a token is fetched: who comes meanwhile waits for the same one.
    current: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    text: Arc<Secret<String>>,
    until: Timestamp,
}

#[derive(Deserialize)]
struct Granted {
    access_token: Secret<String>,
    expires_in: i64,
}

impl Access {
    pub(super) fn new(account: &ServiceAccount) -> Result<Self, FcmSettingsError> {
        Ok(Self {
            key: TokenKey::rs256_pem(account.private_key.expose())?,
            key_id: account.private_key_id.clone(),
            email: account.client_email.clone(),
            token_uri: account.token_uri.clone(),
            current: Mutex::new(None),
        })
    }

    /// The token, fetched where there is none or it ends.
    pub(super) async fn token(&self, outbound: &dyn Outbound, clock: &dyn Clock) -> Result<Arc<Secret<String>>, Refused> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| token.until > clock.now()) {
            return Ok(token.text.clone());
        }
        let token = self.fetch(outbound, clock).await?;
        *current = Some(token.clone());
        Ok(token.text)
    }

    /// That token is refused, though its time has not come.
    pub(super) async fn forget(&self, refused: &Arc<Secret<String>>) {
        let mut current = self.current.lock().await;
        current.take_if(|token| Arc::ptr_eq(&token.text, refused));
    }

    async fn fetch(&self, outbound: &dyn Outbound, clock: &dyn Clock) -> Result<Token, Refused> {
        let ours = |_| Refused::for_now(Reason::Settings("the key of the service account"));
        let now = clock.now();
        let claims = serde_json::json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri.as_str(),
            "iat": now.seconds(),
            "exp": now.seconds() + LIFETIME_SECONDS,
        });
        let assertion = self.key.sign(self.key_id.as_deref(), &claims).map_err(ours)?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &assertion)
            .finish();
        let mut request = OutboundRequest::post(self.token_uri.clone(), form);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        // Whatever goes wrong here is not about the message: it waits.
        let answer = outbound.exchange(request).await.map_err(|reason| Refused::for_now(unanswered(reason).reason))?;
        if !answer.status.is_success() {
            return Err(Verdict::new(&answer, clock.now()).later(None));
        }
        let granted: Granted = serde_json::from_slice(&answer.body).map_err(|_| Refused::for_now(Reason::Protocol))?;
        let lifetime = granted.expires_in.clamp(0, LIFETIME_SECONDS) - MARGIN_SECONDS;
        Ok(Token { text: Arc::new(granted.access_token), until: now.plus_seconds(lifetime) })
    }
}
