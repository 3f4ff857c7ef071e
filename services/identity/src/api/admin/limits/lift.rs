//! `DELETE /api/v1/admin/limits/{id}`

use banyan_http::{Allowed, Check, NoContent, Path, Problem, Query, Tenant, Validate, permit};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::{book, sight};
use crate::{Identity, IdentityError};

/// Where the limit holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// The tenant, as the list has it; the caller's own, if it is left out.
    tenant: Option<Uuid>,
}

impl Validate for Where {
    fn validate(&self, _: &mut Check) {}
}

/// Gives somebody who is limited the whole quota again. It is recorded who did so.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/limits/{id}",
    operation_id = "liftLimit",
    tag = "administration",
    params(("id" = String, Path, description = "As the list has it."), Where),
    responses((status = 204, description = "The quota is whole again."))
)]
pub(super) async fn lift_limit(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersManage>,
    tenant: Tenant,
    Path(id): Path<String>,
    Query(place): Query<Where>,
) -> Result<NoContent, Problem> {
    let of = place.tenant.unwrap_or(caller.tenant);
    if !book(&identity)?.lift(sight(&caller, &tenant), of, &id).await {
        return Err(Problem::hidden());
    }
    let detail = &json!({ "limit": id, "tenant": of });
    let record = move |tx: Tx| async move {
        tx.audit(Record::new("limit.lifted").detail(detail.clone()));
        Ok::<_, IdentityError>(())
    };
    identity.rows(&caller).write(record).await?;
    Ok(NoContent)
}
