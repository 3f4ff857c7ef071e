//! `POST /api/v1/keys/{id}/rotate`

use banyan_http::{Check, Created, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ShownApiKey;
use crate::Identity;
use crate::api_keys::{DEFAULT_OVERLAP_SECONDS, LONGEST_OVERLAP_SECONDS};

/// How the key changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"overlapSeconds": 3600}))]
pub(super) struct Rotation {
    /// For how long the present text counts on, so that programs can be changed one after the other. A day, if it is left out.
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_seconds: Option<u32>,
}

impl Validate for Rotation {
    fn validate(&self, check: &mut Check) {
        check.range("overlapSeconds", self.overlap_seconds.map(i64::from), 0, LONGEST_OVERLAP_SECONDS.into());
    }
}

/// Gives one of the caller's API keys another text, with everything else as it is.
#[utoipa::path(
    post,
    path = "/api/v1/keys/{id}/rotate",
    operation_id = "rotateApiKey",
    tag = "API keys",
    params(("id" = Uuid, Path, description = "The key.")),
    request_body = Rotation,
    responses((status = 201, description = "The key, and its new text.", body = ShownApiKey))
)]
pub(super) async fn rotate_api_key(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<Rotation>,
) -> Result<Created<ShownApiKey>, Problem> {
    caller.require_person()?;
    identity.own_keys(&caller, id).await?;
    let overlap = body.overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    let (api_key, secret) = identity.rotate_api_key(&caller, key.as_ref(), id, overlap).await?;
    Ok(Created::at(format!("/api/v1/keys/{id}"), ShownApiKey { api_key, secret }))
}
