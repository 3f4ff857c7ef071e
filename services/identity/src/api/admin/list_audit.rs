//! `GET /api/v1/admin/audit`

use banyan_http::{Allowed, Check, Document, FieldError, Paged, Paging, Problem, Query, Validate, permit};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Identity;
use crate::entity::audit::{Column, Entity, Model};

/// Which records to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Who did it.
    actor: Option<Uuid>,
    /// Whose account or data it was about.
    subject: Option<Uuid>,
    /// What was done: `user.disabled`.
    #[param(max_length = 100)]
    action: Option<String>,
    /// From this time on (RFC 3339).
    #[param(format = DateTime)]
    from: Option<String>,
    /// Before this time (RFC 3339).
    #[param(format = DateTime)]
    to: Option<String>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.line("action", &self.action).length(0, 100).any();
        check.line("from", &self.from).holds(|text| text.parse::<Timestamp>().is_ok(), FieldError::time()).any();
        check.line("to", &self.to).holds(|text| text.parse::<Timestamp>().is_ok(), FieldError::time()).any();
    }
}

/// A time that was checked.
fn moment(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditRecord {
    id: Uuid,
    /// Its place in the chain of the service.
    position: i64,
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// `user`, `anonymous`, or `system:` and the service.
    actor: String,
    actor_id: Option<Uuid>,
    request_id: Uuid,
    action: String,
    subject_id: Option<Uuid>,
    /// The kind of thing that it was done to.
    object: Option<String>,
    object_id: Option<Uuid>,
    /// The permission by which somebody looked beyond their own rows.
    permission: Option<String>,
    /// Why, as they said.
    reason: Option<String>,
    /// Further facts.
    detail: Document,
}

impl From<Model> for AuditRecord {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            position: row.position,
            occurred_at: Timestamp::from_micros(row.occurred_at),
            actor: row.actor,
            actor_id: row.actor_id,
            request_id: row.request_id,
            action: row.action,
            subject_id: row.subject_id,
            object: row.object,
            object_id: row.object_id,
            permission: row.permission,
            reason: row.reason,
            detail: Document(serde_json::from_str(&row.detail).unwrap_or_default()),
        }
    }
}

/// Lists what was done around accounts, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/audit",
    operation_id = "listAudit",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of records.", body = Paged<AuditRecord>))
)]
pub(super) async fn list_audit(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::AuditRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<AuditRecord>, Problem> {
    // The policy says so, too; here the index is told.
    let mut select = Entity::find().filter(Column::Tenant.eq(caller.tenant));
    if let Some(actor) = which.actor {
        select = select.filter(Column::ActorId.eq(actor));
    }
    if let Some(subject) = which.subject {
        select = select.filter(Column::SubjectId.eq(subject));
    }
    if let Some(action) = which.action.filter(|action| !action.is_empty()) {
        select = select.filter(Column::Action.eq(action));
    }
    if let Some(from) = moment(which.from.as_deref()) {
        select = select.filter(Column::OccurredAt.gte(from.micros()));
    }
    if let Some(to) = moment(which.to.as_deref()) {
        select = select.filter(Column::OccurredAt.lt(to.micros()));
    }
    let (select, paging) = (&select, &paging);
    let columns = &[("occurredAt", Column::OccurredAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, select.clone(), columns).await };
    Ok(identity.rows(&caller).read(read).await?.map(AuditRecord::from))
}
