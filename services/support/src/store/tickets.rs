//! Tickets, and what happens to one when somebody writes, decides or waits too long.

use std::time::Duration;

use banyan_contracts::support::{TicketAnswered, TicketAssigned, TicketClosed, TicketOpened, TicketReplied, TicketSolved};
use banyan_events::jobs::{Priority as JobPriority, enqueue};
use banyan_http::{FieldError, Paged, Paging};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};
use serde_json::json;

use super::notes::step;
use crate::entity::ticket::{Column, Entity, Model};
use crate::error::SupportError;
use crate::jobs::{Call, Close, Reason, Watch};
use crate::model::{Category, NoteKind, Outcome, Priority, State};
use crate::terms;

/// What lists may be ordered by; the first is the default.
pub(crate) const ORDERS: &[(&str, Column)] = &[
    ("createdAt", Column::CreatedAt),
    ("updatedAt", Column::UpdatedAt),
    ("dueAt", Column::DueAt),
    ("priority", Column::Priority),
];

/// A person has no more tickets than these that are not over.
const MOST_OPEN: u64 = 50;

/// What a person asks.
#[derive(Clone, Debug)]
pub(crate) struct New<'n> {
    pub(crate) user: Uuid,
    pub(crate) category: Category,
    pub(crate) subject: &'n str,
    /// BCP 47.
    pub(crate) locale: &'n str,
    pub(crate) reference: String,
}

/// A new ticket, without its first message. Those who answer are called.
pub(crate) async fn open(tx: &Tx, new: New<'_>, at: Timestamp) -> Result<Model, SupportError> {
    let micros = at.micros();
    let mut ticket = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: new.user,
        reference: new.reference,
        category: new.category,
        subject: new.subject.to_owned(),
        locale: new.locale.to_owned(),
        state: State::Open,
        priority: new.category.usual_priority(),
        assignee_id: None,
        tier: 1,
        asked_at: micros,
        requested_at: micros,
        due_at: None,
        escalated_at: None,
        first_answered_at: None,
        first_due_at: micros,
        solved_at: None,
        closed_at: None,
        outcome: None,
        reopened: 0,
        rating: None,
        rating_comment: None,
        version: 1,
        created_at: micros,
        updated_at: micros,
    };
    let due = terms::due(&ticket).unwrap_or(at);
    (ticket.due_at, ticket.first_due_at) = (Some(due.micros()), due.micros());
    tx.insert(ticket.clone().into_active_model()).await?;
    let opened = TicketOpened {
        ticket_id: ticket.id,
        user_id: ticket.user_id,
        reference: ticket.reference.clone(),
        category: ticket.category.word().to_owned(),
        data_request: ticket.category.is_data_request(),
        due_at: due,
    };
    tx.publish(&opened).await?;
    call(tx, &ticket, Reason::New).await?;
    watch(tx, &ticket).await?;
    Ok(ticket)
}

/// # Errors
/// [`SupportError::Conflict`] where so many tickets of a person are open that nobody reads them.
pub(crate) async fn require_room(tx: &Tx, user: Uuid) -> Result<(), SupportError> {
    let open = of_person(user).filter(Column::State.is_in([State::Open, State::Answered, State::Waiting]));
    let open = open.limit(MOST_OPEN).all(tx).await?;
    if (open.len() as u64) < MOST_OPEN { Ok(()) } else { Err(SupportError::Conflict("support-tickets-full")) }
}

/// One of the caller's own tickets.
pub(crate) fn of_person(user: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(user))
}

pub(crate) async fn page(tx: &Tx, select: Select<Entity>, paging: &Paging) -> Result<Paged<Model>, SupportError> {
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

/// The caller's own ticket. Agents, too, reach only their own by this.
pub(crate) async fn own(tx: &Tx, id: Uuid) -> Result<Model, SupportError> {
    let user = tx.caller().user_id().ok_or(SupportError::Hidden)?;
    of_person(user).filter(Column::Id.eq(id)).one(tx).await?.ok_or(SupportError::Hidden)
}

/// As [`own`], locked until the transaction ends.
pub(crate) async fn own_locked(tx: &Tx, id: Uuid) -> Result<Model, SupportError> {
    let user = tx.caller().user_id().ok_or(SupportError::Hidden)?;
    of_person(user).filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?.ok_or(SupportError::Hidden)
}

/// Anybody's ticket, for those who answer.
pub(crate) async fn any(tx: &Tx, id: Uuid) -> Result<Model, SupportError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(SupportError::Hidden)
}

/// As [`any`], locked until the transaction ends.
pub(crate) async fn any_locked(tx: &Tx, id: Uuid) -> Result<Model, SupportError> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?.ok_or(SupportError::Hidden)
}

/// Writes a locked row that was changed since, with the time in which it is due now.
pub(crate) async fn save(tx: &Tx, before: &Model, mut after: Model) -> Result<Model, SupportError> {
    after.due_at = terms::due(&after).map(Timestamp::micros);
    if *before == after {
        return Ok(after);
    }
    after.version += 1;
    after.updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    for column in [Column::TenantId, Column::Id, Column::UserId] {
        changes.not_set(column);
    }
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    if update.exec(tx).await?.rows_affected != 1 {
        return Err(SupportError::Hidden);
    }
    if after.due_at != before.due_at {
        watch(tx, &after).await?;
    }
    for (kind, from, to) in changes_of(before, &after) {
        step(tx, after.id, kind, json!({ "from": from, "to": to })).await?;
    }
    Ok(after)
}

/// The steps that are told to those who answer.
fn changes_of(before: &Model, after: &Model) -> Vec<(NoteKind, serde_json::Value, serde_json::Value)> {
    let all = [
        (NoteKind::State, json!(before.state), json!(after.state)),
        (NoteKind::Assignee, json!(before.assignee_id), json!(after.assignee_id)),
        (NoteKind::Priority, json!(before.priority), json!(after.priority)),
        (NoteKind::Category, json!(before.category), json!(after.category)),
        (NoteKind::Tier, json!(before.tier), json!(after.tier)),
        (NoteKind::Outcome, json!(before.outcome), json!(after.outcome)),
    ];
    all.into_iter().filter(|(_, from, to)| from != to).collect()
}

/// Looks at the ticket when its time is over, and before that where the law's time is short. What changes until then makes the look idle.
async fn watch(tx: &Tx, ticket: &Model) -> Result<(), SupportError> {
    let Some(due) = ticket.due_at else { return Ok(()) };
    let left = Timestamp::from_micros(due).seconds_since(tx.now());
    let delay = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    enqueue(tx, &Watch { ticket: ticket.id, due_at: due, reason: Reason::Overdue }).delay(delay(left)).await?;
    if ticket.category.is_data_request() && left > terms::WARNED_BEFORE {
        let soon = Watch { ticket: ticket.id, due_at: due, reason: Reason::DueSoon };
        enqueue(tx, &soon).delay(delay(left - terms::WARNED_BEFORE)).await?;
    }
    Ok(())
}

/// Has those of the ticket's tier called.
pub(crate) async fn call(tx: &Tx, ticket: &Model, reason: Reason) -> Result<(), SupportError> {
    let priority = if reason == Reason::New { JobPriority::Normal } else { JobPriority::Urgent };
    enqueue(tx, &Call { ticket: ticket.id, tier: ticket.tier, reason }).priority(priority).await?;
    Ok(())
}

/// The person has written: those who answer must act again.
pub(crate) async fn person_wrote(tx: &Tx, before: Model) -> Result<Model, SupportError> {
    if before.state == State::Closed {
        return Err(SupportError::Conflict("support-ticket-closed"));
    }
    let after = opened_again(tx, &before);
    let after = save(tx, &before, after).await?;
    let (ticket_id, user_id) = (after.id, after.user_id);
    tx.publish(&TicketReplied { ticket_id, user_id, reference: after.reference.clone(), assignee_id: after.assignee_id }).await?;
    Ok(after)
}

/// The person wants more, within 30 days.
pub(crate) async fn reopen(tx: &Tx, before: Model) -> Result<Model, SupportError> {
    if !before.state.is_over() {
        return Ok(before);
    }
    let oldest = tx.now().plus_seconds(-terms::REOPENED_WITHIN).micros();
    if before.closed_at.is_some_and(|closed| closed < oldest) {
        return Err(SupportError::Conflict("support-ticket-too-old"));
    }
    let after = opened_again(tx, &before);
    let after = save(tx, &before, after).await?;
    let (ticket_id, user_id) = (after.id, after.user_id);
    tx.publish(&TicketReplied { ticket_id, user_id, reference: after.reference.clone(), assignee_id: after.assignee_id }).await?;
    Ok(after)
}

fn opened_again(tx: &Tx, before: &Model) -> Model {
    let now = tx.now().micros();
    let mut after = before.clone();
    if before.state.is_over() {
        // Asked again, the law's time runs again.
        (after.requested_at, after.solved_at, after.closed_at, after.outcome) = (now, None, None, None);
        (after.rating, after.rating_comment) = (None, None);
        after.reopened += 1;
    }
    if before.state != State::Open {
        after.asked_at = now;
    }
    after.state = State::Open;
    after
}

/// The person needs nothing more.
pub(crate) async fn close(tx: &Tx, before: Model) -> Result<Model, SupportError> {
    if before.state == State::Closed {
        return Ok(before);
    }
    let mut after = before.clone();
    if !before.state.is_over() && before.category.is_data_request() {
        after.outcome = Some(Outcome::Withdrawn);
    }
    after.state = State::Closed;
    let now = tx.now().micros();
    (after.closed_at, after.solved_at) = (Some(now), before.solved_at.or(Some(now)));
    let after = save(tx, &before, after).await?;
    tx.publish(&TicketClosed { ticket_id: after.id, user_id: after.user_id }).await?;
    Ok(after)
}

/// What those who answer decide. What is left out stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decision {
    pub(crate) state: Option<State>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) priority: Option<Priority>,
    pub(crate) category: Option<Category>,
    pub(crate) assignee: Option<Option<Uuid>>,
}

/// Decides about a locked ticket. `answered` says that the person is written to with it.
pub(crate) async fn decide(tx: &Tx, before: Model, decision: &Decision, answered: Answered) -> Result<Model, SupportError> {
    if before.state == State::Closed {
        return Err(SupportError::Conflict("support-ticket-closed"));
    }
    let now = tx.now().micros();
    let mut after = before.clone();
    after.category = decision.category.unwrap_or(before.category);
    after.priority = decision.priority.unwrap_or(before.priority);
    after.assignee_id = decision.assignee.unwrap_or(before.assignee_id);
    after.state = decision.state.unwrap_or(before.state);
    if after.state == State::Open && before.state != State::Open {
        after.asked_at = now;
    }
    if answered == Answered::Yes {
        after.first_answered_at = before.first_answered_at.or(Some(now));
        after.assignee_id = after.assignee_id.or(tx.caller().user_id());
    }
    check_outcome(&after, decision)?;
    match (before.state.is_over(), after.state.is_over()) {
        (false, true) => (after.solved_at, after.outcome) = (Some(now), decision.outcome),
        (true, false) => (after.solved_at, after.outcome, after.requested_at) = (None, None, now),
        (true, true) => after.outcome = decision.outcome.or(before.outcome),
        (false, false) => {}
    }
    let after = save(tx, &before, after).await?;
    tell(tx, &before, &after, answered).await?;
    Ok(after)
}

/// Whether the person is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Yes,
    No,
}

/// A data request ends with what came of it, and nothing else has such an end.
fn check_outcome(after: &Model, decision: &Decision) -> Result<(), SupportError> {
    let refuse = |code, message| Err(SupportError::Field { field: "outcome", error: FieldError::new(code, message) });
    let is_request = after.category.is_data_request() && after.state.is_over();
    match decision.outcome {
        None if is_request && after.outcome.is_none() => refuse("outcome-needed", "support-field-outcome-needed"),
        Some(_) if !is_request => refuse("outcome-unfit", "support-field-outcome-unfit"),
        _ => Ok(()),
    }
}

async fn tell(tx: &Tx, before: &Model, after: &Model, answered: Answered) -> Result<(), SupportError> {
    let (ticket_id, user_id, reference) = (after.id, after.user_id, &after.reference);
    // One word is enough where the answer is the end.
    if answered == Answered::Yes && after.state != State::Solved {
        let waits_for_person = after.state == State::Waiting;
        tx.publish(&TicketAnswered { ticket_id, user_id, reference: reference.clone(), waits_for_person }).await?;
    }
    if after.state == State::Solved && before.state != State::Solved {
        let outcome = after.outcome.map(|outcome| outcome.word().to_owned());
        let category = after.category.word().to_owned();
        tx.publish(&TicketSolved { ticket_id, user_id, reference: reference.clone(), category, outcome }).await?;
        if let Some(solved_at) = after.solved_at {
            let close = Close { ticket: after.id, solved_at };
            enqueue(tx, &close).delay(Duration::from_secs(terms::CLOSED_AFTER.unsigned_abs())).await?;
        }
    }
    if let (Some(assignee_id), Some(assigned_by)) = (after.assignee_id, tx.caller().user_id())
        && before.assignee_id != after.assignee_id
    {
        tx.publish(&TicketAssigned { ticket_id, reference: reference.clone(), assignee_id, assigned_by }).await?;
    }
    Ok(())
}

/// To the next tier, as far as there is one.
pub(crate) async fn escalate(tx: &Tx, before: Model, reason: Reason) -> Result<Model, SupportError> {
    if before.state.is_over() {
        return Err(SupportError::Conflict("support-ticket-over"));
    }
    let mut after = before.clone();
    after.tier = (before.tier + 1).min(terms::LAST_TIER);
    after.escalated_at = Some(tx.now().micros());
    let after = save(tx, &before, after).await?;
    call(tx, &after, reason).await?;
    Ok(after)
}
