//! Where providers tell us what became of mails and texts. They come without a log-in: each shows in its own way who it is.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use banyan_http::body::raw;
use banyan_http::{Path, Problem};
use banyan_kernel::ErrorCode;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, StatusCode};

use crate::App;
use crate::providers::{Form, News, Refusal, bounces, heed, take_back};

/// What a person may answer to a text, in English and Indonesian; providers know the English words, too.
const STOP: [&str; 7] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "BERHENTI"];
const START: [&str; 4] = ["START", "YES", "UNSTOP", "MULAI"];

/// Tells of mails that came back or were complained about: the address is suppressed in each tenant that has written to it. `standard` is signed
/// by Standard Webhooks, `mailgun` by its own signature, `postmark` shows the token in `X-Webhook-Token`, `ses` comes
/// through a topic of Amazon SNS, whose subscription is confirmed. What is about something else, or about an address that nobody has written to,
/// changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/bounces/{provider}",
    operation_id = "tellBounces",
    tag = "notifications",
    security(()),
    params(("provider" = String, Path, description = "`standard`, `mailgun`, `postmark` or `ses`.")),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The form of the provider."),
    responses((status = 202, description = "It was heard."))
)]
pub(crate) async fn tell_bounces(
    State(app): State<App>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let form = Form::named(&provider).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let (headers, body) = raw(request).await?;
    let now = app.store.environment().clock.now();
    let news = bounces(&app.providers, form, &headers, &body, now).await.map_err(|refusal| match refusal {
        Refusal::Unbelieved => Problem::new(ErrorCode::Unauthenticated),
        Refusal::Later => Problem::new(ErrorCode::ServiceUnavailable),
    })?;
    if news.is_empty() {
        tracing::debug!(provider, "a provider tells of something else");
    }
    for one in &news {
        heed(&app.store, one).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// Tells of a text that somebody has answered, in the form of Twilio's webhooks and with its signature. STOP ends texts to the number in each tenant
/// that has written to it, START takes that back, everything else changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/sms/answers",
    operation_id = "tellSmsAnswer",
    tag = "notifications",
    security(()),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "The form of the provider."),
    responses((status = 200, description = "It was heard; nothing is answered to the person.", body = String, content_type = "text/xml"))
)]
pub(crate) async fn tell_sms_answer(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let host = asked_host(&request);
    let (headers, body) = raw(request).await?;
    let form = banyan_channels::sms::fields_of(&body);
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !app.providers.is_text(host.as_deref(), &path, &form, signature) {
        return Err(Problem::new(ErrorCode::Unauthenticated));
    }
    let field = |name: &str| form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    if let Some(number) = crate::store::phones::e164(field("From")) {
        match wish(field("OptOutType"), field("Body")) {
            Some(Wish::Stop) => heed(&app.store, &News::stop(&number)).await?,
            Some(Wish::Start) => take_back(&app.store, &number).await?,
            None => {}
        }
    }
    let mut answer = HeaderMap::new();
    answer.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/xml; charset=utf-8"));
    Ok((answer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>").into_response())
}

/// In HTTP/2 it is a part of the address.
fn asked_host(request: &Request) -> Option<String> {
    let named = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    named.or_else(|| request.uri().authority().map(http::uri::Authority::as_str)).map(str::to_owned)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Stop,
    Start,
}

/// What the provider understood goes before what we do: it heeds it as well.
fn wish(understood: &str, body: &str) -> Option<Wish> {
    let word = if understood.is_empty() { body } else { understood }.trim().trim_end_matches(['.', '!']).to_uppercase();
    match () {
        () if STOP.contains(&word.as_str()) => Some(Wish::Stop),
        () if START.contains(&word.as_str()) => Some(Wish::Start),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_alone_ends_texts() {
        for stop in ["STOP", " stop. ", "Berhenti", "unsubscribe!"] {
            assert_eq!(wish("", stop), Some(Wish::Stop), "{stop}");
        }
        assert_eq!((wish("", "mulai"), wish("START", "whatever")), (Some(Wish::Start), Some(Wish::Start)));
        assert_eq!((wish("", "please stop by"), wish("HELP", "STOP"), wish("", "")), (None, None, None));
    }
}
