//! Discord: <https://discord.com/developers/docs/resources/webhook#execute-webhook>.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Clock;
use http::HeaderValue;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{ChatAddress, ChatMessage, Tone};
use crate::attempt::{Attempt, Delivered, Hope, ProviderWord, Refused};
use crate::http::{Answer, Outbound, OutboundRequest, Verdict, unanswered};

/// Writes to rooms of Discord.
#[derive(Clone)]
pub struct Discord {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
}

impl Discord {
    pub fn new(outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        Self { outbound, clock }
    }

    /// # Errors
    /// [`Refused`]; gone when the webhook was removed.
    pub async fn send(&self, room: &ChatAddress, message: &ChatMessage) -> Attempt {
        message.check()?;
        // So that the answer comes when the message is there, with its id.
        let mut url = room.url();
        url.query_pairs_mut().append_pair("wait", "true");
        let mut request = OutboundRequest::post(url, body(message).to_string());
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, self.clock.now());
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if verdict.is_success() {
            return Ok(Delivered::as_(said["id"].as_str().unwrap_or_default()));
        }
        Err(refused(&answer, &verdict, &said))
    }
}

fn body(message: &ChatMessage) -> Value {
    let colour = match message.tone {
        Tone::Plain => 0x60_70_80,
        Tone::Good => 0x2e_b8_86,
        Tone::Warning => 0xda_a0_38,
        Tone::Bad => 0xa3_02_00,
    };
    let mut embed = json!({ "title": escape(&message.title), "description": escape(&message.text), "color": colour });
    if let Some(link) = &message.link {
        embed["url"] = link.as_str().into();
    }
    // Nobody is called by what stands in the text.
    json!({ "embeds": [embed], "allowed_mentions": { "parse": [] } })
}

/// Letters that Discord reads as markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '<' | '>' | '#' | '@') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// By Discord's codes: <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>.
fn refused(answer: &Answer, verdict: &Verdict<'_>, said: &Value) -> Refused {
    let number = said["code"].as_i64().unwrap_or_default();
    let code = said["code"].as_i64().and_then(|code| ProviderWord::new(&code.to_string()));
    match (answer.status, number) {
        // Unknown webhook, a wrong token in its address.
        (_, 10015 | 50027) => verdict.gone(code),
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            let mut refused = verdict.later(code);
            // In fractions of a second, where the header is missing.
            let seconds = said["retry_after"].as_f64().filter(|seconds| (0.0..86_400.0).contains(seconds));
            if let (None, Some(seconds)) = (refused.retry_after(), seconds) {
                refused.hope = Hope::Temporary { retry_after: Some(Duration::from_secs_f64(seconds.ceil())) };
            }
            refused
        }
        _ => verdict.refused(code),
    }
}
