//! Events that a consumer could not handle.

use axum::extract::State;
use banyan_events::log::{DeadLetters, Filter, Mend};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::who::Overseer;
use super::{Desk, WithReason, check_reason};
use crate::{Body, Check, Document, FieldError, Json, NoContent, Paged, Paging, Path, Problem, Query, Validate};

/// How many one call drives again at the most.
const MOST_AT_ONCE: usize = 1_000;
/// The largest event, in bytes of JSON.
const LARGEST: usize = 256 * 1024;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list_dead_letters))
        .routes(routes!(redrive_dead_letters))
        .routes(routes!(get_dead_letter, edit_dead_letter))
        .routes(routes!(redrive_dead_letter))
        .routes(routes!(drop_dead_letter))
}

/// An event that a consumer could not handle.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetter {
    id: Uuid,
    /// Whose it is.
    tenant_id: Uuid,
    consumer: String,
    /// The service that said it.
    source: String,
    event_id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    version: i64,
    /// What it is about.
    subject: String,
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    dead_at: Timestamp,
    attempts: i64,
    /// The last ten attempts, the latest at the end.
    history: Vec<FailedAttempt>,
    /// What it says. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Document>,
}

/// An attempt that failed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailedAttempt {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    error: String,
}

impl From<banyan_events::log::DeadLetter> for DeadLetter {
    fn from(letter: banyan_events::log::DeadLetter) -> Self {
        let attempt = |attempt: banyan_events::log::Attempt| FailedAttempt { at: attempt.at, error: attempt.error };
        Self {
            id: letter.id,
            tenant_id: letter.tenant,
            consumer: letter.consumer,
            source: letter.source,
            event_id: letter.event_id,
            kind: letter.kind,
            version: letter.version,
            subject: letter.subject,
            occurred_at: letter.occurred_at,
            dead_at: letter.dead_at,
            attempts: letter.attempts,
            history: letter.history.into_iter().map(attempt).collect(),
            data: Some(Document(letter.data)),
        }
    }
}

/// Which dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichLetters {
    /// Of this tenant: for operators, who see those of all.
    tenant_id: Option<Uuid>,
    #[param(max_length = 200)]
    consumer: Option<String>,
    /// The event's type: `goals.goal.completed`.
    #[serde(rename = "type")]
    #[param(max_length = 200)]
    kind: Option<String>,
    /// What they are about.
    #[param(max_length = 200)]
    subject: Option<String>,
}

impl Validate for WhichLetters {
    fn validate(&self, check: &mut Check) {
        check.line("consumer", &self.consumer).length(0, 200).any();
        check.line("type", &self.kind).length(0, 200).any();
        check.line("subject", &self.subject).length(0, 200).any();
    }
}

/// Lists the events that consumers of the service could not handle, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/dead-letters",
    operation_id = "listDeadLetters",
    tag = "background",
    params(WhichLetters, Paging),
    responses((status = 200, description = "A page of them, ordered by `deadAt`.", body = Paged<DeadLetter>))
)]
async fn list_dead_letters(
    State(desk): State<Desk>,
    overseer: Overseer,
    Query(which): Query<WhichLetters>,
    paging: Paging,
) -> Result<Paged<DeadLetter>, Problem> {
    paging.ordered_by(&[("deadAt", ())])?;
    let tenant = overseer.asks(which.tenant_id)?;
    let filter = Filter { tenant, consumer: which.consumer, kind: which.kind, subject: which.subject };
    let letters = DeadLetters::of(&desk.store);
    let total = letters.count(&filter).await?;
    let page = letters.page(&filter, super::slice(&paging)).await?;
    let page = page.into_iter().map(|letter| DeadLetter { data: None, ..letter.into() });
    Ok(Paged::new(&paging, total, page.collect()))
}

/// Shows one with what it says. The audit log keeps who looked.
#[utoipa::path(
    get,
    path = "/api/v1/admin/services/{service}/dead-letters/{id}",
    operation_id = "getDeadLetter",
    tag = "background",
    params(("id" = Uuid, Path, description = "The dead letter.")),
    responses((status = 200, description = "The dead letter.", body = DeadLetter))
)]
async fn get_dead_letter(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
) -> Result<Json<DeadLetter>, Problem> {
    let letter = DeadLetters::of(&desk.store).get(overseer.sees(), id).await?.ok_or_else(Problem::hidden)?;
    desk.note_look(letter.tenant, "dead-letter", id, &overseer.caller).await?;
    Ok(Json(letter.into()))
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: Uuid,
}

/// What an event says from now on, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "data": { "userId": "01941f29-7c00-7000-8000-0000000000aa" }, "reason": "Ticket 7: the id was cut off." }))]
pub(super) struct EditedLetter {
    /// An object of at most 256 KiB of JSON, in the form of the event's version.
    #[schema(value_type = Object)]
    data: Document,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl Validate for EditedLetter {
    fn validate(&self, check: &mut Check) {
        check_reason(check, &self.reason);
        if !self.data.0.is_object() {
            check.error("data", FieldError::invalid());
        } else if self.data.0.to_string().len() > LARGEST {
            check.error("data", FieldError::too_long(LARGEST));
        }
    }
}

/// Changes what an event says, for its next attempts. The log itself stays as it was. The audit log keeps who and why.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/services/{service}/dead-letters/{id}",
    operation_id = "editDeadLetter",
    tag = "background",
    params(("id" = Uuid, Path, description = "The dead letter.")),
    request_body = EditedLetter,
    responses((status = 200, description = "The dead letter as it is now.", body = DeadLetter))
)]
async fn edit_dead_letter(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(edited): Body<EditedLetter>,
) -> Result<Json<DeadLetter>, Problem> {
    let letters = DeadLetters::of(&desk.store);
    let edit = Mend::Edit(edited.data.0);
    letters.mend(overseer.sees(), id, &edit, Some(overseer.user), &edited.reason).await?.ok_or_else(Problem::hidden)?;
    let letter = letters.get(overseer.sees(), id).await?.ok_or_else(Problem::hidden)?;
    Ok(Json(letter.into()))
}

/// Has it tried again soon, from the first attempt on. The audit log keeps who and why.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/dead-letters/{id}/redrive",
    operation_id = "redriveDeadLetter",
    tag = "background",
    params(("id" = Uuid, Path, description = "The dead letter.")),
    request_body = WithReason,
    responses((status = 204, description = "It will be tried again."))
)]
async fn redrive_dead_letter(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(why): Body<WithReason>,
) -> Result<NoContent, Problem> {
    mend(&desk, &overseer, id, &Mend::Redrive, &why.reason).await
}

/// Lets go of it: it is never handled. The audit log keeps who and why.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/dead-letters/{id}/drop",
    operation_id = "dropDeadLetter",
    tag = "background",
    params(("id" = Uuid, Path, description = "The dead letter.")),
    request_body = WithReason,
    responses((status = 204, description = "It is gone."))
)]
async fn drop_dead_letter(
    State(desk): State<Desk>,
    overseer: Overseer,
    Path(Named { id }): Path<Named>,
    Body(why): Body<WithReason>,
) -> Result<NoContent, Problem> {
    mend(&desk, &overseer, id, &Mend::Drop(why.reason.clone()), &why.reason).await
}

async fn mend(desk: &Desk, overseer: &Overseer, id: Uuid, mend: &Mend, reason: &str) -> Result<NoContent, Problem> {
    let mended = DeadLetters::of(&desk.store).mend(overseer.sees(), id, mend, Some(overseer.user), reason).await?;
    mended.map(|_| NoContent).ok_or_else(Problem::hidden)
}

/// Which dead letters are tried again, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "consumer": "mails", "reason": "Ticket 7: the mail server is back." }))]
pub(super) struct Redriven {
    /// Of this tenant: for operators, who see those of all.
    tenant_id: Option<Uuid>,
    #[schema(max_length = 200)]
    consumer: Option<String>,
    /// The event's type.
    #[serde(rename = "type")]
    #[schema(max_length = 200)]
    kind: Option<String>,
    /// What they are about.
    #[schema(max_length = 200)]
    subject: Option<String>,
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl Validate for Redriven {
    fn validate(&self, check: &mut Check) {
        check.line("consumer", &self.consumer).length(0, 200).any();
        check.line("type", &self.kind).length(0, 200).any();
        check.line("subject", &self.subject).length(0, 200).any();
        check_reason(check, &self.reason);
    }
}

/// How many.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HowMany {
    /// Those that will be tried again.
    redriven: usize,
    /// Those that fit and are still dead: ask again for them.
    remaining: u64,
}

/// Has all that fit tried again, at most 1,000 with one call.
#[utoipa::path(
    post,
    path = "/api/v1/admin/services/{service}/dead-letters/redrive",
    operation_id = "redriveDeadLetters",
    tag = "background",
    request_body = Redriven,
    responses((status = 200, description = "How many.", body = HowMany))
)]
async fn redrive_dead_letters(
    State(desk): State<Desk>,
    overseer: Overseer,
    Body(which): Body<Redriven>,
) -> Result<Json<HowMany>, Problem> {
    let tenant = overseer.asks(which.tenant_id)?;
    let filter = Filter { tenant, consumer: which.consumer, kind: which.kind, subject: which.subject };
    let letters = DeadLetters::of(&desk.store);
    let redriven = letters.redrive_all(&filter, MOST_AT_ONCE, Some(overseer.user), &which.reason).await?;
    Ok(Json(HowMany { redriven, remaining: letters.count(&filter).await? }))
}
