//! What came of an evaluation, in the form of OFREP.

use axum::response::{IntoResponse, Response};
use banyan_features::{Evaluation, Named};
use banyan_http::{Tenant, Verbatim};
use banyan_locale::{Args, Locale};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::clients::{BadContext, Clients};

/// The value of a flag.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Success {
    key: String,
    /// Left out where the program's own default counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    reason: &'static str,
    variant: String,
    metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    environment: String,
    /// Of the flags as they were asked.
    revision: i64,
    enabled: bool,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// None where it is about all flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    error_code: &'static str,
    error_details: String,
    #[serde(skip)]
    status: StatusCode,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    Success(Success),
    Failure(Failure),
}

/// The kinds of failures.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// The body is not JSON.
    Body,
    /// The flag's payload is not of the type that it names.
    Payload,
    /// The flag sticks to the user, and the context names none.
    TargetingKey,
    Context(BadContext),
    /// The context is no object.
    NoContext,
    NotFound,
    /// The flags are not known here now.
    General,
}

impl Fault {
    const fn code(&self) -> &'static str {
        match self {
            Self::Body | Self::Payload => "PARSE_ERROR",
            Self::TargetingKey => "TARGETING_KEY_MISSING",
            Self::Context(_) | Self::NoContext => "INVALID_CONTEXT",
            Self::NotFound => "FLAG_NOT_FOUND",
            Self::General => "GENERAL",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            // Clients read the code of this status, and of no other of its kind.
            Self::General => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    const fn message(&self) -> &'static str {
        match self {
            Self::Body => "flags-ofrep-body",
            Self::Payload => "flags-ofrep-payload",
            Self::TargetingKey => "flags-ofrep-targeting-key",
            Self::NoContext => "flags-ofrep-context",
            Self::Context(BadContext::TooMany) => "flags-ofrep-context-many",
            Self::Context(BadContext::TooLong(_)) => "flags-ofrep-context-long",
            Self::Context(BadContext::WrongType(_)) => "flags-ofrep-context-type",
            Self::Context(BadContext::NoTime) => "flags-ofrep-context-time",
            Self::NotFound => "flags-ofrep-not-found",
            Self::General => "flags-ofrep-general",
        }
    }
}

/// Words the answers of one request.
pub(super) struct Wording<'a> {
    pub(super) clients: &'a Clients,
    pub(super) tenant: &'a Tenant,
    pub(super) locale: Locale,
}

impl Wording<'_> {
    pub(super) fn failure(&self, key: Option<&str>, fault: &Fault) -> Failure {
        let messages =
            self.clients.catalogues.messages(Some(self.tenant.application.name()), self.locale).of_tenant(self.tenant.id);
        let name = match fault {
            Fault::Context(BadContext::TooLong(name) | BadContext::WrongType(name)) => name.as_str(),
            _ => key.unwrap_or_default(),
        };
        let details = messages.format(fault.message(), &Args::new().text("name", name)).into_owned();
        Failure { key: key.map(str::to_owned), error_code: fault.code(), error_details: details, status: fault.status() }
    }

    /// The value of a flag, if its payload is what it says.
    pub(super) fn outcome(&self, named: &Named<'_>, environment: &str, revision: i64) -> Outcome {
        let evaluation = &named.evaluation;
        let value = match value_of(evaluation, named.has_payloads) {
            Ok(value) => value,
            Err(fault) => return Outcome::Failure(self.failure(Some(named.key), &fault)),
        };
        let without = if evaluation.enabled { "enabled" } else { "disabled" };
        Outcome::Success(Success {
            key: named.key.to_owned(),
            value,
            reason: evaluation.reason.name(),
            variant: evaluation.variant.as_ref().map_or_else(|| without.to_owned(), |variant| variant.name.clone()),
            metadata: Metadata { environment: environment.to_owned(), revision, enabled: evaluation.enabled },
        })
    }
}

fn value_of(evaluation: &Evaluation, has_payloads: bool) -> Result<Option<Value>, Fault> {
    let payload = evaluation.variant.as_ref().and_then(|variant| variant.payload.as_ref());
    match payload {
        None if has_payloads => Ok(None),
        None => Ok(Some(Value::Bool(evaluation.enabled))),
        Some(payload) => match payload.kind.as_str() {
            "number" => serde_json::from_str(payload.value.trim()).ok().filter(Value::is_number).map(Some).ok_or(Fault::Payload),
            "json" => serde_json::from_str(&payload.value).map(Some).map_err(|_| Fault::Payload),
            "boolean" => payload.value.trim().parse().map(|truth| Some(Value::Bool(truth))).map_err(|_| Fault::Payload),
            _ => Ok(Some(Value::String(payload.value.clone()))),
        },
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, axum::Json(self)).into_response();
        // It has its form, and its words are in the language of the request.
        response.extensions_mut().insert(Verbatim);
        response
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Self::Success(success) => axum::Json(success).into_response(),
            Self::Failure(failure) => failure.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_features::{Payload, Reason, Variant};
    use serde_json::json;

    fn with(kind: &str, value: &str) -> Evaluation {
        let payload = Some(Payload { kind: kind.to_owned(), value: value.to_owned() });
        let variant = Some(Variant { name: "a".to_owned(), payload });
        Evaluation { enabled: true, variant, reason: Reason::Split, impression_data: false }
    }

    #[test]
    fn a_payload_has_its_type() {
        for (kind, text, value) in [
            ("string", "blue", json!("blue")),
            ("csv", "a,b", json!("a,b")),
            ("number", " 1.5 ", json!(1.5)),
            ("json", r#"{"a":[1]}"#, json!({ "a": [1] })),
            ("boolean", "true", json!(true)),
        ] {
            assert_eq!(value_of(&with(kind, text), true), Ok(Some(value)), "{kind}");
        }
        for (kind, text) in [("number", "many"), ("number", "\"1\""), ("json", "{a}"), ("boolean", "yes")] {
            assert_eq!(value_of(&with(kind, text), true), Err(Fault::Payload), "{kind} {text}");
        }
        let off = Evaluation { enabled: false, variant: None, reason: Reason::Disabled, impression_data: false };
        assert_eq!((value_of(&off, true), value_of(&off, false)), (Ok(None), Ok(Some(json!(false)))));
    }
}
