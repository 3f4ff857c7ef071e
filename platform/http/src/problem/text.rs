//! The body of a problem, in a language.

use std::borrow::Cow;

use banyan_kernel::{ErrorCode, RequestId};
use banyan_locale::{Args, Decimal, Messages};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{Argument, FieldError, Message, Parts, Problem};

/// An id that looks like one of ours.
pub(crate) const EXAMPLE_REQUEST: Uuid = Uuid::from_u128(0x0190_a5b0_0000_7000_8000_0000_0000_0000);

/// Where the documentation of a code is served; also the problem's `type`.
pub(crate) fn type_of(code: ErrorCode) -> String {
    format!("/errors/{}", code.slug())
}

/// A problem as it is sent: the members of RFC 9457 §3.1 first, then ours.
pub(super) struct Body<'a> {
    pub(super) parts: &'a Parts,
    pub(super) messages: Messages<'a>,
    /// The path that was asked for; the query may hold personal text and stays out.
    pub(super) instance: &'a str,
    pub(super) request: Option<RequestId>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (code, parts, messages) = (self.parts.code, self.parts, self.messages);
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("type", &type_of(code))?;
        body.serialize_entry("title", &title(code, messages))?;
        body.serialize_entry("status", &code.status())?;
        if let Some(detail) = detail(parts, messages) {
            body.serialize_entry("detail", &detail)?;
        }
        body.serialize_entry("instance", self.instance)?;
        body.serialize_entry("code", code.slug())?;
        if let Some(request) = self.request {
            body.serialize_entry("requestId", &request.0)?;
        }
        if !parts.errors.is_empty() {
            let errors: Vec<FieldBody<'_>> =
                parts.errors.iter().map(|(field, error)| FieldBody::of(field, error, messages)).collect();
            body.serialize_entry("errors", &errors)?;
        }
        for (name, value) in &parts.extensions {
            body.serialize_entry(name, value)?;
        }
        body.end()
    }
}

/// The problem of a code as its documentation shows it: indented JSON.
pub(crate) fn example(code: ErrorCode, messages: Messages<'_>) -> String {
    let problem = match code {
        ErrorCode::ValidationFailed => Problem::invalid("title", FieldError::required()),
        code => Problem::new(code),
    };
    let request = Some(RequestId(EXAMPLE_REQUEST));
    let body = Body { parts: &problem.0, messages, instance: "/api/v1/goals", request };
    serde_json::to_string_pretty(&body).unwrap_or_default()
}

#[derive(Serialize)]
struct FieldBody<'a> {
    field: &'a str,
    code: &'a str,
    message: String,
}

impl<'a> FieldBody<'a> {
    fn of(field: &'a str, error: &'a FieldError, messages: Messages<'_>) -> Self {
        Self { field, code: error.code(), message: format(messages, error.message(), error.arguments()) }
    }
}

/// `<slug>-title` in the catalogues; the kernel's English where a catalogue lacks it.
pub(crate) fn title(code: ErrorCode, messages: Messages<'_>) -> String {
    let id = format!("{}-title", code.slug());
    messages.find(&id, &Args::new()).map_or_else(|| code.title().to_owned(), Cow::into_owned)
}

fn detail(parts: &Parts, messages: Messages<'_>) -> Option<String> {
    match &parts.detail {
        Some(Message { id, arguments }) => Some(format(messages, id, arguments)),
        None => {
            let id = format!("{}-detail", parts.code.slug());
            messages.find(&id, &Args::new()).map(Cow::into_owned)
        }
    }
}

pub(super) fn format(messages: Messages<'_>, id: &str, arguments: &[(&'static str, Argument)]) -> String {
    let args = arguments.iter().fold(Args::new(), |args, (name, value)| match value {
        Argument::Text(text) => args.text(name, text),
        Argument::Integer(number) => args.integer(name, *number),
        Argument::Real(number) => args.decimal(name, decimal(*number)),
        Argument::List(words) => args.list(name, words.iter().cloned()),
    });
    messages.find(id, &args).map_or_else(|| id.to_owned(), Cow::into_owned)
}

/// A bound as it is written in the source, to six decimals.
fn decimal(number: f64) -> Decimal {
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let scale = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let units = text.replace('.', "").parse().unwrap_or(i64::MAX);
    Decimal::new(units, u8::try_from(scale).unwrap_or(0))
}
