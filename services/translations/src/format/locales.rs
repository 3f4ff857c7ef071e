//! `GET /api/v1/locale`

use axum::extract::State;
use banyan_http::{Json, Language, Localized, Problem, Tenant};
use banyan_locale::{Args, Direction, Locale};
use serde::Serialize;
use utoipa::ToSchema;

use super::Formatting;

/// The message in which each language says its own name.
const OWN_NAME: &str = "language-own-name";

/// The languages of an application.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "current": "id-ID", "default": "en-US", "timeZone": "Asia/Jakarta",
    "locales": [{"tag": "id-ID", "name": "Bahasa Indonesia", "direction": "ltr", "completeness": 1.0, "pseudo": false}]
}))]
pub(crate) struct LocaleList {
    /// The language of this request: what query, preference, cookie and `Accept-Language` came to. BCP 47.
    current: String,
    /// The language where nothing else decides.
    default: String,
    /// The zone in which times are written where a request names none.
    time_zone: String,
    locales: Vec<LocaleLine>,
}

/// One language that may be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocaleLine {
    /// BCP 47: the value for `?locale=`, the cookie `locale` and the preference `language`.
    tag: String,
    /// The language's name in itself.
    name: String,
    /// `ltr` or `rtl`, for the attribute `dir`.
    #[schema(value_type = String, pattern = "^(ltr|rtl)$")]
    direction: &'static str,
    /// The share of the messages that are translated, 0 to 1; the others are shown in the tenant's default language, or in English.
    completeness: f64,
    /// Made up, for finding texts that cannot be translated.
    pseudo: bool,
}

/// The languages that the tenant's people may choose from. It answers everybody.
#[utoipa::path(
    get,
    path = "/api/v1/locale",
    operation_id = "listLocales",
    tag = "locale",
    security(()),
    responses((status = 200, description = "The languages.", body = LocaleList))
)]
pub(crate) async fn list_locales(
    State(formatting): State<Formatting>,
    tenant: Tenant,
    Language(current): Language,
) -> Result<Localized<Json<LocaleList>>, Problem> {
    let offered = formatting.offered(&tenant)?;
    let list = LocaleList {
        current: current.tag().to_owned(),
        default: formatting.home(&tenant).tag().to_owned(),
        time_zone: tenant.application.manifest().time_zone.clone(),
        locales: offered.iter().map(|locale| line(&formatting, &tenant, locale)).collect(),
    };
    Ok(Localized(current, Json(list)))
}

fn line(formatting: &Formatting, tenant: &Tenant, locale: Locale) -> LocaleLine {
    let application = Some(tenant.application.name());
    let mut all = formatting.catalogues.completeness(application, Some(tenant.id)).into_iter();
    let completeness = all.find(|known| known.locale == locale);
    LocaleLine {
        tag: locale.tag().to_owned(),
        name: name(formatting, tenant, locale),
        direction: match locale.direction() {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        },
        completeness: completeness.map_or(0.0, |known| share(known.present, known.all)),
        pseudo: locale.pseudo().is_some(),
    }
}

/// A language that does not say its name would give that of the one it falls back to.
fn name(formatting: &Formatting, tenant: &Tenant, locale: Locale) -> String {
    let messages = |locale| formatting.catalogues.messages(Some(tenant.application.name()), locale).of_tenant(tenant.id);
    let of = |locale| messages(locale).find(OWN_NAME, &Args::new());
    match of(locale) {
        Some(name) if locale.language() == "en" || of(Locale::en_us()).as_deref() != Some(&*name) => name.into_owned(),
        _ => locale.tag().to_owned(),
    }
}

/// To four decimals.
#[expect(clippy::cast_precision_loss, reason = "thousands of messages")]
fn share(present: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { ((present as f64 / all as f64) * 10_000.0).floor() / 10_000.0 }
}
