//! What the service does beside requests: it looks at tickets whose time runs out, calls people, and closes what is dealt with.

use std::time::Duration;

use banyan_contracts::support::{TicketClosed, TicketEscalated};
use banyan_events::jobs::{Job, JobContext, JobError, JobHandler, Jobs, Retries, enqueue};
use banyan_kernel::{RequestId, Uuid};
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::entity::ticket::{Column, Entity, Model};
use crate::error::SupportError;
use crate::model::State;
use crate::people;
use crate::store::tickets;
use crate::terms::LAST_TIER;

/// Why people are called. Stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    New,
    DueSoon,
    Overdue,
    Asked,
}

impl Reason {
    const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::DueSoon => "due-soon",
            Self::Overdue => "overdue",
            Self::Asked => "asked",
        }
    }
}

/// Look whether the ticket is still due at this time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Watch {
    pub(crate) ticket: Uuid,
    /// In microseconds. Another one by now, and this look is idle.
    pub(crate) due_at: i64,
    pub(crate) reason: Reason,
}

/// Call those of a tier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) ticket: Uuid,
    pub(crate) tier: i64,
    pub(crate) reason: Reason,
}

/// Close a ticket that was solved at this time, unless it was opened again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Close {
    pub(crate) ticket: Uuid,
    /// In microseconds.
    pub(crate) solved_at: i64,
}

impl Job for Watch {
    const KIND: &'static str = "support.watch";
    const RETRIES: Retries = Retries::OVER_DAYS;
}

impl Job for Call {
    const KIND: &'static str = "support.call";
    const RETRIES: Retries = Retries::OVER_DAYS;
}

impl Job for Close {
    const KIND: &'static str = "support.close";
    const RETRIES: Retries = Retries::OVER_DAYS;
}

pub(crate) fn all(app: &App) -> Jobs {
    let calling = app.clone();
    Jobs::new()
        .handle(JobHandler::new(|job: Watch, context| async move { watch(&job, &context).await }))
        .handle(JobHandler::new(move |job: Call, context| {
            let app = calling.clone();
            async move { call(&app, &job, &context).await }
        }))
        .handle(JobHandler::new(|job: Close, context| async move { close(&job, &context).await }))
}

async fn watch(job: &Watch, context: &JobContext) -> Result<(), JobError> {
    context
        .finish(move |tx| async move {
            let Some(ticket) = locked(&tx, job.ticket).await? else { return Ok(()) };
            if ticket.due_at != Some(job.due_at) {
                return Ok(());
            }
            // Whoever was warned before goes to the last tier; nobody is above it, but they are told that the time is over.
            let after = tickets::escalate(&tx, ticket, job.reason).await.map_err(job_error)?;
            if job.reason == Reason::Overdue && after.tier < LAST_TIER {
                let pause = after.priority.answer().unsigned_abs() / 2;
                enqueue(&tx, job).delay(Duration::from_secs(pause)).await?;
            }
            Ok(())
        })
        .await
}

async fn call(app: &App, job: &Call, context: &JobContext) -> Result<(), JobError> {
    let request = RequestId(context.id());
    let called = people::staff_of(&app.mesh, context.tenant(), request, job.tier).await;
    let called = &called.map_err(|error| JobError::Retry(error.to_string()))?;
    context
        .finish(move |tx| async move {
            let Some(ticket) = locked(&tx, job.ticket).await? else { return Ok(()) };
            let is_taken = job.reason == Reason::New && ticket.assignee_id.is_some();
            if ticket.state.is_over() || is_taken {
                return Ok(());
            }
            let event = TicketEscalated {
                ticket_id: ticket.id,
                reference: ticket.reference,
                category: ticket.category.word().to_owned(),
                tier: job.tier.clamp(1, LAST_TIER),
                reason: job.reason.word().to_owned(),
                agent_ids: called.clone(),
            };
            tx.publish(&event).await?;
            Ok(())
        })
        .await
}

async fn close(job: &Close, context: &JobContext) -> Result<(), JobError> {
    context
        .finish(move |tx| async move {
            let Some(before) = locked(&tx, job.ticket).await? else { return Ok(()) };
            if before.state != State::Solved || before.solved_at != Some(job.solved_at) {
                return Ok(());
            }
            let after = Model { state: State::Closed, closed_at: Some(tx.now().micros()), ..before.clone() };
            let after = tickets::save(&tx, &before, after).await.map_err(job_error)?;
            tx.publish(&TicketClosed { ticket_id: after.id, user_id: after.user_id }).await?;
            Ok(())
        })
        .await
}

async fn locked(tx: &Tx, id: Uuid) -> Result<Option<Model>, JobError> {
    Ok(Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?)
}

fn job_error(error: SupportError) -> JobError {
    match error {
        SupportError::Store(error) => error.into(),
        other => JobError::Fatal(other.to_string()),
    }
}
