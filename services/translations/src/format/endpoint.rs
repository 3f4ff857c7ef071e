//! `POST /api/v1/locale/format`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use banyan_http::body::member;
use banyan_http::{Body, Check, FieldError, Json, Language, Localized, Problem, Tenant, Validate};
use banyan_locale::Messages;
use http::HeaderValue;
use http::header::CONTENT_LANGUAGE;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Formatting;
use super::item::FormatItem;
use super::write::{Surroundings, write};

/// The most values in one request.
const MOST_ITEMS: usize = 500;

/// Values that are to be written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "locale": "id-ID", "timeZone": "Asia/Jakarta",
    "items": [{"kind": "date", "value": "2024-01-15"}, {"kind": "currency", "value": 1234567, "currency": "IDR"}]
}))]
pub(crate) struct FormatRequest {
    /// BCP 47. Left out, it is the language of the request.
    #[schema(max_length = 35)]
    locale: Option<String>,
    /// Of the IANA list. Left out, it is the application's zone.
    #[schema(max_length = 64)]
    time_zone: Option<String>,
    /// Each with `kind` (`date`, `time`, `dateTime`, `number`, `percent`, `currency`, `plural`, `list`, `relative`), its value and how it is to
    /// be written: docs/locale.md describes them.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 500)]
    items: Vec<serde_json::Value>,
}

impl Validate for FormatRequest {
    fn validate(&self, check: &mut Check) {
        check.count("items", &self.items, 1, MOST_ITEMS);
        check.that(self.time_zone.as_deref().is_none_or(|name| TimeZone::get(name).is_ok()), "timeZone", FieldError::time_zone());
    }
}

/// The values as they are written, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "locale": "id-ID", "direction": "ltr", "timeZone": "Asia/Jakarta", "items": [{"text": "15/1/2024"}, {"text": "Rp 1.234.567"}]
}))]
pub(crate) struct Formatted {
    /// BCP 47.
    locale: String,
    /// `ltr` or `rtl`.
    #[schema(value_type = String, pattern = "^(ltr|rtl)$")]
    direction: &'static str,
    time_zone: String,
    items: Vec<FormattedItem>,
}

/// One value: its text, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FormattedItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FormatFault>>,
}

/// What is wrong with one field of a value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FormatFault {
    field: String,
    /// For programs.
    code: String,
    /// For people, in the language of the request: what query, preference, cookie and `Accept-Language` came to, whatever `locale` is.
    message: String,
}

/// Writes values as a language writes them: dates, times, numbers, percentages, money, lists and distances in time; and says which
/// plural form a number takes. Up to 500 at once; one that is wrong has its own errors and does not touch the others. It answers everybody.
#[utoipa::path(
    post,
    path = "/api/v1/locale/format",
    operation_id = "formatValues",
    tag = "locale",
    security(()),
    request_body = FormatRequest,
    responses((status = 200, description = "The values as they are written.", body = Formatted))
)]
pub(crate) async fn format_values(
    State(formatting): State<Formatting>,
    tenant: Tenant,
    Language(negotiated): Language,
    Body(request): Body<FormatRequest>,
) -> Result<Response, Problem> {
    let locale = match &request.locale {
        Some(tag) => formatting.offered(&tenant)?.lookup(tag).ok_or_else(|| Problem::invalid("locale", FieldError::locale()))?,
        None => negotiated,
    };
    let name = request.time_zone.as_ref().unwrap_or(&tenant.application.manifest().time_zone);
    let zone = TimeZone::get(name).map_err(|error| Problem::internal(&error))?;
    let now = formatting.clock.now().micros();
    let now = jiff::Timestamp::from_microsecond(now).map_err(|error| Problem::internal(&error))?;
    let around = Surroundings { formats: locale.formats(), zone: zone.clone(), now: now.to_zoned(zone) };
    let messages = formatting.catalogues.messages(Some(tenant.application.name()), negotiated).of_tenant(tenant.id);
    let items: Vec<FormattedItem> = request.items.iter().map(|item| formatted(item, &around, messages)).collect();
    let is_flawed = items.iter().any(|item| item.errors.is_some());
    let body =
        Formatted { locale: locale.tag().to_owned(), direction: locale.direction().as_str(), time_zone: name.clone(), items };
    let mut response = Localized(locale, Json(body)).into_response();
    // The values are in the language that the body names, what is wrong with some in the caller's own (RFC 9110 §8.5 has a list).
    if is_flawed && locale != negotiated {
        response.headers_mut().append(CONTENT_LANGUAGE, HeaderValue::from_static(negotiated.tag()));
    }
    Ok(response)
}

fn formatted(item: &serde_json::Value, around: &Surroundings, messages: Messages<'_>) -> FormattedItem {
    let written = member::<FormatItem>(item)
        .and_then(|item| write(&item, around).map_err(|(field, error)| vec![(field.to_owned(), error)]));
    match written {
        Ok(text) => FormattedItem { text: Some(text), errors: None },
        Err(errors) => {
            let fault = |(field, error): (String, FieldError)| FormatFault {
                // An item that is no object at all has no field.
                field: if field.is_empty() { "kind".to_owned() } else { field },
                code: error.code().to_owned(),
                message: error.text(messages),
            };
            FormattedItem { text: None, errors: Some(errors.into_iter().map(fault).collect()) }
        }
    }
}
