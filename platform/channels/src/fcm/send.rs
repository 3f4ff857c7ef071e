//! One attempt to reach an installation of an app.

use std::sync::Arc;

use banyan_kernel::Clock;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::access::Access;
use super::{FcmMessage, FcmSettings, FcmSettingsError, ServiceAccount, Wake};
use crate::attempt::{Attempt, Delivered, MessageError, ProviderWord, Reason, Refused};
use crate::http::{Answer, Outbound, OutboundRequest, Verdict, unanswered};

const BASE_URL: &str = "https://fcm.googleapis.com";
/// The longest message, in bytes of its JSON.
const LONGEST: usize = 4_096;
const MOST_SECONDS: u64 = 28 * 86_400;

/// Sends to Firebase. Cheap to clone.
#[derive(Clone)]
pub struct Fcm(Arc<Inner>);

struct Inner {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    access: Access,
    url: Url,
}

impl Fcm {
    /// # Errors
    /// [`FcmSettingsError`].
    pub fn new(settings: &FcmSettings, outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Result<Self, FcmSettingsError> {
        let text = settings.service_account.read()?;
        let account: ServiceAccount = serde_json::from_str(text.expose()).map_err(|_| FcmSettingsError::Account)?;
        let base = settings.base_url.as_ref().map_or(BASE_URL, Url::as_str).trim_end_matches('/');
        let mut url: Url = base.parse().map_err(|_| FcmSettingsError::BaseUrl)?;
        let mut path = url.path_segments_mut().map_err(|()| FcmSettingsError::BaseUrl)?;
        path.pop_if_empty().extend(["v1", "projects", &account.project_id, "messages:send"]);
        drop(path);
        Ok(Self(Arc::new(Inner { outbound, clock, access: Access::new(&account)?, url })))
    }

    /// Hands the message over. `UNREGISTERED` says that the app is gone from the device.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn send(&self, message: &FcmMessage) -> Attempt {
        let body = body(message)?;
        let Inner { outbound, clock, access, url } = &*self.0;
        let token = access.token(&**outbound, &**clock).await?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
        let mut request = OutboundRequest::post(url.clone(), body);
        request.headers.insert(AUTHORIZATION, bearer.map_err(|_| Refused::for_now(Reason::Protocol))?);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        let answer = outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, clock.now());
        if verdict.is_success() {
            let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Ok(Delivered::as_(said["name"].as_str().unwrap_or_default()));
        }
        let code = code(&answer);
        let word = code.as_ref().map_or("", ProviderWord::as_str);
        match answer.status {
            _ if word == "UNREGISTERED" => Err(verdict.gone(code)),
            // Of another project: of ours to mend, or never ours. The address is not given up for it.
            _ if word == "SENDER_ID_MISMATCH" => Err(verdict.refused(code)),
            StatusCode::UNAUTHORIZED => {
                access.forget(&token).await;
                Err(verdict.later(code))
            }
            // No such project, or not allowed to send: for an operator to mend.
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Err(verdict.later(code)),
            _ => Err(verdict.refused(code)),
        }
    }
}

fn body(message: &FcmMessage) -> Result<String, Refused> {
    if message.token.is_empty() || message.token.len() > 4_096 {
        return Err(Refused::message("token", MessageError::Malformed));
    }
    if message.data.keys().any(|key| key.is_empty() || key == "from" || key.starts_with("google") || key.starts_with("gcm")) {
        return Err(Refused::message("data", MessageError::Malformed));
    }
    let mut android = json!({ "priority": if message.wake == Wake::AtOnce { "HIGH" } else { "NORMAL" } });
    if let Some(lifetime) = message.lifetime {
        android["ttl"] = format!("{}s", lifetime.as_secs().min(MOST_SECONDS)).into();
    }
    if let Some(key) = &message.collapse_key {
        android["collapse_key"] = key.as_str().into();
    }
    let notification = json!({ "title": message.title, "body": message.body });
    let size = notification.to_string().len() + message.data.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    if size > LONGEST {
        return Err(Refused::message("body", MessageError::TooLong));
    }
    let whole = json!({ "message": {
        "token": message.token,
        "notification": notification,
        "data": message.data,
        "android": android,
    }});
    Ok(whole.to_string())
}

/// `errorCode` of the detail of type `FcmError`, else the general status.
fn code(answer: &Answer) -> Option<ProviderWord> {
    let said: Value = serde_json::from_slice(&answer.body).ok()?;
    let details = said["error"]["details"].as_array().map_or(&[][..], Vec::as_slice);
    let of_fcm = details.iter().find(|detail| detail["@type"].as_str().is_some_and(|kind| kind.ends_with(".FcmError")));
    let word = of_fcm.and_then(|detail| detail["errorCode"].as_str()).or_else(|| said["error"]["status"].as_str())?;
    ProviderWord::new(word)
}
