//! What became of an attempt, written down with the job's own end.

use banyan_events::jobs::{JobContext, JobError, Priority};
use banyan_kernel::Timestamp;
use banyan_store::{StoreError, Tx};

use super::plan::send_at;
use super::send::{again, is_last};
use crate::entity::delivery;
use crate::senders::{Attempt, Hope, Message, NotSent, Sent};
use crate::store::{deliveries, destinations, reached, suppressions, wishes};
use crate::topic::{Channel, DeliveryState};

/// It is not needed any more.
pub(super) async fn skip(context: &JobContext, before: &delivery::Model, reason: &str) -> Result<(), JobError> {
    ended(context, before, DeliveryState::Skipped, reason).await
}

/// It will not be tried any more.
pub(super) async fn ended(
    context: &JobContext,
    before: &delivery::Model,
    state: DeliveryState,
    reason: &str,
) -> Result<(), JobError> {
    let write = move |tx: Tx| async move {
        let mut row = before.clone();
        row.end(tx.now(), state, Some(reason));
        Ok(deliveries::save(&tx, row).await?)
    };
    context.finish(write).await
}

/// Not now: another job makes it when the quiet hours are over.
pub(super) async fn put_off(context: &JobContext, before: &delivery::Model, end: Timestamp) -> Result<(), JobError> {
    let write = move |tx: Tx| async move {
        let mut row = before.clone();
        row.due_at = end.micros();
        let (id, way) = (row.id, row.way);
        deliveries::save(&tx, row).await?;
        Ok(send_at(&tx, id, way, end, Priority::Normal).await?)
    };
    context.finish(write).await
}

pub(super) async fn record(
    context: &JobContext,
    before: &delivery::Model,
    message: &Message,
    outcome: Attempt,
) -> Result<(), JobError> {
    match outcome {
        Ok(sent) => {
            let sent = &sent;
            context.finish(move |tx| async move { Ok(note_sent(&tx, before.clone(), message, sent).await.map(drop)?) }).await
        }
        Err(refusal) if matches!(refusal.hope, Hope::Later(_)) && !is_last(context) => {
            note_failed(context, before, message, &refusal).await?;
            Err(again(&refusal))
        }
        Err(refusal) => {
            let refusal = &refusal;
            context.finish(move |tx| async move { Ok(give_up(&tx, before.clone(), message, refusal).await.map(drop)?) }).await
        }
    }
}

/// The next one took it.
pub(crate) async fn note_sent(
    tx: &Tx,
    mut row: delivery::Model,
    message: &Message,
    sent: &Sent,
) -> Result<delivery::Model, StoreError> {
    row.note(tx.now(), "sent", "");
    row.address_hint = message.hint().or(row.address_hint);
    row.provider_id.clone_from(&sent.reference);
    row.end(tx.now(), DeliveryState::Sent, None);
    match (message, row.endpoint_id) {
        (Message::Mail(mail), _) => reached::note(tx, Channel::Email, &mail.to).await?,
        (Message::Sms { to, .. }, _) => reached::note(tx, Channel::Sms, to).await?,
        (Message::Push { .. }, Some(endpoint)) => wishes::endpoint_worked(tx, endpoint).await?,
        (Message::Room { .. } | Message::Hook { .. }, Some(destination)) => destinations::worked(tx, destination).await?,
        (Message::Push { .. } | Message::Room { .. } | Message::Hook { .. }, None) => {}
    }
    deliveries::save(tx, row.clone()).await?;
    Ok(row)
}

async fn note_failed(
    context: &JobContext,
    before: &delivery::Model,
    message: &Message,
    refusal: &NotSent,
) -> Result<(), JobError> {
    let write = move |tx: Tx| async move {
        let mut row = before.clone();
        row.note(tx.now(), refusal.hope.word(), &refusal.reason);
        row.address_hint = message.hint().or(row.address_hint);
        row.reason = Some(refusal.reason.chars().take(300).collect());
        Ok(deliveries::save(&tx, row).await?)
    };
    context.write(write).await
}

/// For good. An address that takes nothing any more is not tried again by others, and neither is a destination that failed for days.
pub(crate) async fn give_up(
    tx: &Tx,
    mut row: delivery::Model,
    message: &Message,
    refusal: &NotSent,
) -> Result<delivery::Model, StoreError> {
    row.note(tx.now(), refusal.hope.word(), &refusal.reason);
    row.address_hint = message.hint().or(row.address_hint);
    row.end(tx.now(), DeliveryState::Failed, Some(&refusal.reason));
    let is_gone = refusal.hope == Hope::AddressGone;
    match (message, row.endpoint_id) {
        (Message::Mail(mail), _) if is_gone => {
            suppressions::add(tx, Channel::Email, &mail.to, &refusal.reason, "delivery").await?;
        }
        (Message::Sms { to, .. }, _) if is_gone => {
            suppressions::add(tx, Channel::Sms, to, &refusal.reason, "delivery").await?;
        }
        (Message::Push { .. }, Some(endpoint)) if is_gone => wishes::endpoint_gone(tx, endpoint, &refusal.reason).await?,
        (Message::Room { .. } | Message::Hook { .. }, Some(destination)) if refusal.hope != Hope::Never => {
            destinations::disable(tx, destination, &refusal.reason).await?;
        }
        _ => {}
    }
    deliveries::save(tx, row.clone()).await?;
    Ok(row)
}
