//! The audit log over HTTP: who did what to whom, and why.
//!
//! The store writes and chains the records ([`banyan_store::audit`]); this is the one form in which services show theirs. A
//! service adds one handler under `/api/v1/admin/…/audit` that calls [`list`].

mod entity;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Rows, Tx};
use sea_orm::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Check, Document, Paged, Paging, Problem, Validate};
use entity::{Column, Entity, Model};

/// Which records to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Who did it.
    actor: Option<Uuid>,
    /// Whose account or data it was about.
    subject: Option<Uuid>,
    /// What was done: `user.disabled`.
    #[param(max_length = 100)]
    action: Option<String>,
    /// From this time on (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.line("action", &self.action).length(0, 100).any();
    }
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
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
    /// Why, as they said; `not given` where they did not.
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

/// A page of the service's records of the caller's tenant, the latest first.
///
/// # Errors
/// What the store answers. Callers without the right to review see no records; the handler refuses them before.
pub async fn list(rows: &Rows, which: &Which, paging: &Paging) -> Result<Paged<AuditRecord>, Problem> {
    // The policy says so, too; here the index is told.
    let mut select = Entity::find().filter(Column::Tenant.eq(rows.caller().tenant));
    if let Some(actor) = which.actor {
        select = select.filter(Column::ActorId.eq(actor));
    }
    if let Some(subject) = which.subject {
        select = select.filter(Column::SubjectId.eq(subject));
    }
    if let Some(action) = which.action.as_deref().filter(|action| !action.is_empty()) {
        select = select.filter(Column::Action.eq(action));
    }
    if let Some(from) = which.from {
        select = select.filter(Column::OccurredAt.gte(from.micros()));
    }
    if let Some(to) = which.to {
        select = select.filter(Column::OccurredAt.lt(to.micros()));
    }
    let select = &select;
    let columns = &[("occurredAt", Column::OccurredAt)];
    let read = move |tx: Tx| async move { paging.fetch(&tx, select.clone(), columns).await };
    Ok(rows.read(read).await?.map(AuditRecord::from))
}
