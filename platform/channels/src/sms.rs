//! Texts to telephones, by whoever speaks Twilio's interface.
//! <https://www.twilio.com/docs/messaging/api/message-resource>

use std::fmt;
use std::sync::Arc;

use banyan_kernel::{Clock, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use ring::hmac;
use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::attempt::{Attempt, Delivered, MessageError, ProviderWord, Reason, Refused};
use crate::http::{Answer, Outbound, OutboundRequest, Verdict, unanswered};

const BASE_URL: &str = "https://api.twilio.com";
/// The longest text, in characters; it is sent in several parts.
const LONGEST: usize = 1_600;

/// How the provider knows us.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSettings {
    /// The account, which is in the path.
    pub account: String,
    /// Who logs in, where it is not the account itself: an API key.
    #[serde(default)]
    pub user: Option<String>,
    /// The account's token, or the API key's secret.
    pub password: Secret<String>,
    /// A number such as `+15005550006`, a name of letters where the country allows it, or `MG…`, a messaging service.
    pub from: String,
    /// Default: Twilio's.
    #[serde(default, deserialize_with = "crate::url_text::optional")]
    pub base_url: Option<Url>,
}

/// Nothing could be sent with these settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmsSettingsError {
    #[error("`base_url` is no address")]
    BaseUrl,
    #[error("the account's name and password hold letters that cannot be sent")]
    LogIn,
}

/// A text to one telephone.
#[derive(Clone)]
pub struct SmsMessage {
    /// By E.164: `+` and 7 to 15 digits.
    pub to: String,
    /// 1 to 1600 characters.
    pub text: String,
}

impl fmt::Debug for SmsMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsMessage").finish_non_exhaustive()
    }
}

/// Sends texts.
#[derive(Clone)]
pub struct Sms {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    url: Url,
    log_in: HeaderValue,
    from: String,
}

impl Sms {
    /// # Errors
    /// [`SmsSettingsError`].
    pub fn new(settings: &SmsSettings, outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Result<Self, SmsSettingsError> {
        let base = settings.base_url.as_ref().map_or(BASE_URL, Url::as_str).trim_end_matches('/');
        let mut url: Url = base.parse().map_err(|_| SmsSettingsError::BaseUrl)?;
        let mut path = url.path_segments_mut().map_err(|()| SmsSettingsError::BaseUrl)?;
        path.pop_if_empty().extend(["2010-04-01", "Accounts", &settings.account, "Messages.json"]);
        drop(path);
        let user = settings.user.as_ref().unwrap_or(&settings.account);
        let pair = STANDARD.encode(format!("{user}:{}", settings.password.expose()));
        let mut log_in = HeaderValue::from_str(&format!("Basic {pair}")).map_err(|_| SmsSettingsError::LogIn)?;
        log_in.set_sensitive(true);
        Ok(Self { outbound, clock, url, log_in, from: settings.from.clone() })
    }

    /// Hands the text over.
    ///
    /// # Errors
    /// [`Refused`]; gone for numbers that cannot take texts, or whose owner has answered STOP.
    pub async fn send(&self, message: &SmsMessage) -> Attempt {
        check(message)?;
        let sender = if self.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &message.to)
            .append_pair(sender, &self.from)
            .append_pair("Body", &message.text)
            .finish();
        let mut request = OutboundRequest::post(self.url.clone(), form);
        request.headers.insert(AUTHORIZATION, self.log_in.clone());
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer = self.outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, self.clock.now());
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if verdict.is_success() {
            return Ok(Delivered::as_(said["sid"].as_str().unwrap_or_default()));
        }
        Err(refused(&answer, &verdict, &said))
    }
}

/// Whether a request comes from the provider: the base64 of an HMAC-SHA1 by the account's token, over the address as it was typed at the
/// provider and the form's fields in the order of their names.
/// <https://www.twilio.com/docs/usage/security#validating-requests>
pub fn is_signed(token: &Secret<String>, url: &str, form: &[(String, String)], signature: &str) -> bool {
    let mut fields: Vec<&(String, String)> = form.iter().collect();
    fields.sort();
    fields.dedup();
    let content = fields.into_iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    // As the provider prescribes; HMAC does not rest on what is broken about SHA-1.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.expose().as_bytes());
    STANDARD.decode(signature).is_ok_and(|tag| hmac::verify(&key, content.as_bytes(), &tag).is_ok())
}

/// The fields of a form, as they are signed.
pub fn fields_of(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

/// By Twilio's codes: <https://www.twilio.com/docs/api/errors>.
fn refused(answer: &Answer, verdict: &Verdict<'_>, said: &Value) -> Refused {
    let number = said["code"].as_i64().unwrap_or_default();
    let code = said["code"].as_i64().and_then(|code| ProviderWord::new(&code.to_string()));
    match (answer.status, number) {
        // Not a number, its owner said STOP, or it takes no texts.
        (_, 21211 | 21610 | 21614) => verdict.gone(code),
        // Our sender, our account, our limits: the text waits until they are mended.
        (_, 20003 | 21603 | 21606 | 21659 | 21660 | 30002 | 63038) => verdict.later(code),
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, _) => verdict.later(code),
        _ => verdict.refused(code),
    }
}

fn check(message: &SmsMessage) -> Result<(), Refused> {
    let digits = message.to.strip_prefix('+').unwrap_or_default();
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if !is_number {
        return Err(Refused::gone(Reason::Message { field: "to", problem: MessageError::Malformed }));
    }
    match message.text.chars().count() {
        0 => Err(Refused::message("text", MessageError::Empty)),
        1..=LONGEST => Ok(()),
        _ => Err(Refused::message("text", MessageError::TooLong)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request is the example of the provider's page; the signature was computed by another program.
    #[test]
    fn a_request_of_the_provider_is_known_by_its_signature() {
        let token = Secret::new("12345".to_owned());
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let pairs = [
            ("Digits", "1234"),
            ("To", "+18005551212"),
            ("From", "+14158675310"),
            ("Caller", "+14158675310"),
            ("CallSid", "CA1234567890ABCDE"),
        ];
        let form = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let signature = "GvWf1cFY/Q7PnoempGyD5oXAezc=";
        assert!(is_signed(&token, url, &form, signature));
        assert!(!is_signed(&token, "https://mycompany.com/other", &form, signature));
        assert!(!is_signed(&Secret::new("12346".to_owned()), url, &form, signature));
        assert!(!is_signed(&token, url, &form[1..], signature) && !is_signed(&token, url, &form, ""));
    }
}
