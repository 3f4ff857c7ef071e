//! `GET /api/v1/features` and `GET /api/v1/features/{key}`: what is on for the caller.

use axum::extract::FromRef;
use banyan_features::{Payload, Scope};
use banyan_http::{Flags, Json, Path, Problem, SignedIn};
use banyan_kernel::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::clients::Clients;

/// A flag, for the caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CallerFeature)]
pub(crate) struct Feature {
    key: String,
    enabled: bool,
    /// The one that the caller gets; null where the flag is off, or has none.
    #[schema(required)]
    variant: Option<FeatureVariant>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CallerFeatureVariant)]
pub(crate) struct FeatureVariant {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<FeaturePayload>,
}

/// What the variant brings with it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CallerFeaturePayload)]
pub(crate) struct FeaturePayload {
    /// `string`, `number`, `json` or `csv`.
    #[serde(rename = "type")]
    kind: String,
    /// As text, whatever its type.
    value: String,
}

/// All flags, for the caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CallerFeatureList)]
pub(crate) struct FeatureList {
    data: Vec<Feature>,
}

impl Feature {
    fn of(key: &str, evaluation: banyan_features::Evaluation) -> Self {
        let payload = |payload: Payload| FeaturePayload { kind: payload.kind, value: payload.value };
        let variant = evaluation.variant;
        let variant = variant.map(|variant| FeatureVariant { name: variant.name, payload: variant.payload.map(payload) });
        Self { key: key.to_owned(), enabled: evaluation.enabled, variant }
    }
}

pub(crate) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Clients: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list_features)).routes(routes!(get_feature))
}

/// Whether a flag is on for the caller, and which variant they get. It counts as an evaluation.
#[utoipa::path(
    get,
    path = "/api/v1/features/{key}",
    operation_id = "getFeature",
    tag = "flags",
    security((), ("bearer" = [])),
    params(("key" = String, Path, description = "The flag's name.")),
    responses((status = 200, description = "What it is for the caller.", body = Feature))
)]
pub(crate) async fn get_feature(flags: Flags, Path(key): Path<String>) -> Result<Json<Feature>, Problem> {
    let evaluation = flags.evaluate(&key).ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(Json(Feature::of(&key, evaluation)))
}

/// All flags of the tenant, as they are for the caller. It does not count: who shows one of them asks for it, or tells of it.
#[utoipa::path(
    get,
    path = "/api/v1/features",
    operation_id = "listFeatures",
    tag = "flags",
    responses((status = 200, description = "What they are for the caller.", body = FeatureList))
)]
pub(crate) async fn list_features(SignedIn(_caller): SignedIn, flags: Flags) -> Json<FeatureList> {
    let scope = Scope::default();
    let snapshot = flags.snapshot();
    let all = snapshot
        .map(|snapshot| snapshot.all(flags.context(), &scope).map(|named| Feature::of(named.key, named.evaluation)).collect());
    Json(FeatureList { data: all.unwrap_or_default() })
}
