//! Pages to those on call: PagerDuty's Events API v2.
//! <https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>

use std::sync::Arc;

use banyan_kernel::{Clock, Secret, Timestamp};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use crate::attempt::{Attempt, Delivered, MessageError, Refused};
use crate::http::{Outbound, OutboundRequest, Verdict, unanswered};

const BASE_URL: &str = "https://events.pagerduty.com";
const LONGEST_SUMMARY: usize = 1_024;
const LONGEST_KEY: usize = 255;
/// The longest event, in bytes.
const LONGEST: usize = 512 * 1_024;

/// Which service of PagerDuty hears us.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagerDutySettings {
    /// The integration key, 32 characters.
    pub routing_key: Secret<String>,
    /// Default: `https://events.pagerduty.com`; in Europe `https://events.eu.pagerduty.com`.
    #[serde(default, deserialize_with = "crate::url_text::optional")]
    pub base_url: Option<Url>,
}

/// `base_url` is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`base_url` is no address")]
pub struct PagerDutySettingsError;

/// What happens to an incident.
#[derive(Clone, Debug, PartialEq)]
pub enum PagerDutyEvent {
    /// Opens it, or adds to the one of the same key.
    Trigger(Incident),
    /// Somebody is at it.
    Acknowledge { key: String },
    /// It is over.
    Resolve { key: String },
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// One incident for each key that is open: 1 to 255 characters.
    pub key: String,
    /// 1 to 1024 characters.
    pub summary: String,
    /// Which machine or service.
    pub source: String,
    pub severity: Severity,
    pub at: Timestamp,
    /// For whoever comes.
    pub details: Map<String, Value>,
    pub link: Option<Url>,
}

/// How bad it is for those who use the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Critical,
    Error,
    Warning,
    Info,
}

impl Severity {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Tells PagerDuty.
#[derive(Clone)]
pub struct PagerDuty {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    url: Url,
    routing_key: Secret<String>,
}

impl PagerDuty {
    /// # Errors
    /// When `base_url` is no address.
    pub fn new(
        settings: &PagerDutySettings,
        outbound: Arc<dyn Outbound>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PagerDutySettingsError> {
        let base = settings.base_url.as_ref().map_or(BASE_URL, Url::as_str).trim_end_matches('/');
        let url = format!("{base}/v2/enqueue").parse().map_err(|_| PagerDutySettingsError)?;
        Ok(Self { outbound, clock, url, routing_key: settings.routing_key.clone() })
    }

    /// The event is taken (202); the incident follows a little later.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn send(&self, event: &PagerDutyEvent) -> Attempt {
        let body = self.body(event)?.to_string();
        if body.len() > LONGEST {
            return Err(Refused::message("details", MessageError::TooLong));
        }
        let mut request = OutboundRequest::post(self.url.clone(), body);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.outbound.exchange(request).await.map_err(unanswered)?;
        let verdict = Verdict::new(&answer, self.clock.now());
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if verdict.is_success() {
            return Ok(Delivered::as_(said["dedup_key"].as_str().unwrap_or_default()));
        }
        Err(verdict.refused(None))
    }

    fn body(&self, event: &PagerDutyEvent) -> Result<Value, Refused> {
        let (action, key) = match event {
            PagerDutyEvent::Trigger(incident) => ("trigger", &incident.key),
            PagerDutyEvent::Acknowledge { key } => ("acknowledge", key),
            PagerDutyEvent::Resolve { key } => ("resolve", key),
        };
        length("key", key, LONGEST_KEY)?;
        let mut body = json!({ "routing_key": self.routing_key.expose(), "event_action": action, "dedup_key": key });
        let PagerDutyEvent::Trigger(incident) = event else { return Ok(body) };
        length("summary", &incident.summary, LONGEST_SUMMARY)?;
        length("source", &incident.source, LONGEST_KEY)?;
        body["client"] = "Banyan".into();
        body["payload"] = json!({
            "summary": incident.summary,
            "source": incident.source,
            "severity": incident.severity.word(),
            "timestamp": incident.at,
            "custom_details": incident.details,
        });
        if let Some(link) = &incident.link {
            body["links"] = json!([{ "href": link.as_str(), "text": "Banyan" }]);
        }
        Ok(body)
    }
}

fn length(field: &'static str, text: &str, longest: usize) -> Result<(), Refused> {
    match text.chars().count() {
        0 => Err(Refused::message(field, MessageError::Empty)),
        count if count > longest => Err(Refused::message(field, MessageError::TooLong)),
        _ => Ok(()),
    }
}
