//! The body of a problem, in a language.

use std::borrow::Cow;

use banyan_kernel::{ErrorCode, RequestId};
use banyan_locale::{Args, Decimal, Messages};
use serde_json::{Map, Value, json};

use super::{Argument, FieldError, Message, Parts};

/// Where the documentation of a code is served; also the problem's `type`.
pub(crate) fn type_of(code: ErrorCode) -> String {
    format!("/errors/{}", code.slug())
}

/// The members of the problem (RFC 9457 §3.1) and ours.
pub(super) fn body(parts: &Parts, messages: Messages<'_>, instance: &str, request: Option<RequestId>) -> Value {
    let code = parts.code;
    let mut body = Map::new();
    body.insert("type".into(), type_of(code).into());
    body.insert("title".into(), title(code, messages).into());
    body.insert("status".into(), code.status().into());
    if let Some(detail) = detail(parts, messages) {
        body.insert("detail".into(), detail.into());
    }
    body.insert("instance".into(), instance.into());
    body.insert("code".into(), code.slug().into());
    if let Some(request) = request {
        body.insert("requestId".into(), request.to_string().into());
    }
    if !parts.errors.is_empty() {
        let errors: Vec<Value> = parts.errors.iter().map(|(field, error)| field_error(field, error, messages)).collect();
        body.insert("errors".into(), errors.into());
    }
    for (name, value) in &parts.extensions {
        body.insert((*name).into(), value.clone());
    }
    Value::Object(body)
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

fn field_error(field: &str, error: &FieldError, messages: Messages<'_>) -> Value {
    json!({ "field": field, "code": error.code(), "message": format(messages, error.message(), error.arguments()) })
}

fn format(messages: Messages<'_>, id: &str, arguments: &[(&'static str, Argument)]) -> String {
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
