//! Slack: <https://api.slack.com/messaging/webhooks>.

use std::sync::Arc;

use banyan_kernel::Clock;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{ChatAddress, ChatMessage, Tone};
use crate::attempt::{Attempt, Delivered, ProviderWord, Refused};
use crate::http::{Answer, Outbound, OutboundRequest, Verdict, unanswered};

/// Writes to rooms of Slack.
#[derive(Clone)]
pub struct Slack {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
}

impl Slack {
    pub fn new(outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        Self { outbound, clock }
    }

    /// # Errors
    /// [`Refused`]; gone when the webhook was removed or its room archived.
    pub async fn send(&self, room: &ChatAddress, message: &ChatMessage) -> Attempt {
        message.check()?;
        let mut request = OutboundRequest::post(room.url(), body(message).to_string());
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        let answer = self.outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, self.clock.now());
        if verdict.is_success() { Ok(Delivered::nameless()) } else { Err(refused(&answer, &verdict)) }
    }
}

/// The text is for notifications, the attachment for its colour.
fn body(message: &ChatMessage) -> Value {
    let title = escape(&message.title);
    // The parser of addresses has encoded what would end the link.
    let title = match &message.link {
        Some(link) => format!("<{}|{}>", escape(link.as_str()).replace('|', "%7C"), title.replace('|', "\u{2502}")),
        None => title,
    };
    let colour = match message.tone {
        Tone::Plain => "#607080",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "danger",
    };
    let section = |kind: &str, text: &str| json!({ "type": "section", "text": { "type": kind, "text": text } });
    let mut blocks = vec![section("mrkdwn", &format!("*{}*", title.replace(['*', '\n'], " ")))];
    if !message.text.trim().is_empty() {
        blocks.push(section("plain_text", &message.text));
    }
    json!({ "text": escape(&message.title), "attachments": [{ "color": colour, "blocks": blocks }] })
}

/// What stands for itself between these three calls nobody: `<!channel>` is text.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Slack answers with one word in plain text.
fn refused(answer: &Answer, verdict: &Verdict<'_>) -> Refused {
    let code = std::str::from_utf8(&answer.body).ok().and_then(|text| ProviderWord::new(text.trim()));
    match (answer.status.as_u16(), code.as_ref().map_or("", ProviderWord::as_str)) {
        (410, _)
        | (_, "no_service" | "no_service_id" | "no_team" | "channel_not_found" | "channel_is_archived" | "no_active_hooks") => {
            verdict.gone(code)
        }
        _ => verdict.refused(code),
    }
}
