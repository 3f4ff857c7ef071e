//! `GET /api/v1/content/landing`

use axum::extract::State;
use banyan_http::{Json, Language, Localized, Problem, Tenant};
use banyan_locale::Args;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::library::{feature_body, feature_title};

/// The landing page of an application in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "application": "upcoach", "language": "en-US", "title": "Welcome to UpCoach", "tagline": "A little further, every day.",
    "description": "Set a goal that matters to you.", "callToAction": "Start your first goal",
    "features": [{"key": "goals", "title": "Goals you can see moving", "body": "Give a goal a number."}],
    "brand": {"name": "UpCoach", "colour": "#0f766e"}
}))]
pub(crate) struct Landing {
    application: String,
    /// The language of the texts, BCP 47.
    language: String,
    title: String,
    tagline: String,
    description: String,
    call_to_action: String,
    features: Vec<Feature>,
    brand: LandingBrand,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Feature {
    key: String,
    title: String,
    body: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LandingBrand {
    name: String,
    /// `#rrggbb`.
    colour: String,
}

/// The application's landing page in the language of the request. It answers everybody.
#[utoipa::path(
    get,
    path = "/api/v1/content/landing",
    operation_id = "getLanding",
    tag = "content",
    security(()),
    responses((status = 200, description = "The landing page.", body = Landing))
)]
pub(crate) async fn get_landing(
    State(app): State<App>,
    tenant: Tenant,
    Language(locale): Language,
) -> Result<Localized<Json<Landing>>, Problem> {
    let name = tenant.application.name();
    let messages = app.catalogues.messages(Some(name), locale).of_tenant(tenant.id);
    let text = |id: &'static str| messages.text(id).into_owned();
    // Checked when applications are: a feature without its texts is left out rather than shown by its id.
    let features = app.libraries.of(name).into_iter().flat_map(|library| library.features()).filter_map(|key| {
        let title = messages.find(&feature_title(key), &Args::new())?.into_owned();
        let body = messages.find(&feature_body(key), &Args::new())?.into_owned();
        Some(Feature { key: key.clone(), title, body })
    });
    let brand = &tenant.application.manifest().brand;
    let landing = Landing {
        application: name.to_owned(),
        language: locale.tag().to_owned(),
        title: text("landing-title"),
        tagline: text("landing-tagline"),
        description: text("landing-description"),
        call_to_action: text("landing-call-to-action"),
        features: features.collect(),
        brand: LandingBrand { name: brand.name.clone(), colour: brand.colour.clone() },
    };
    Ok(Localized(locale, Json(landing)))
}
