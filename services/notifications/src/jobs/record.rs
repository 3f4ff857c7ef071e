//! What became of an attempt, written down with the job's own end.

use banyan_events::jobs::{JobContext, JobError, Priority};
use banyan_kernel::Timestamp;

use super::plan::send_at;
use super::send::{Known, again, is_last};
use crate::senders::{Attempt, Hope, Message, NotSent, Sent};
use crate::store::{deliveries, suppressions, wishes};
use crate::topic::{Channel, DeliveryState};

/// It is not needed any more.
pub(super) async fn skip(context: &JobContext, known: &Known, reason: &str) -> Result<(), JobError> {
    ended(context, known, DeliveryState::Skipped, reason, None).await
}

/// It will not be tried any more.
pub(super) async fn ended(
    context: &JobContext,
    known: &Known,
    state: DeliveryState,
    reason: &str,
    hint: Option<String>,
) -> Result<(), JobError> {
    let (before, hint) = (&known.delivery, &hint);
    let write = move |tx: banyan_store::Tx| async move {
        let mut row = before.clone();
        row.address_hint = hint.clone().or(row.address_hint);
        row.end(tx.now(), state, Some(reason));
        Ok(deliveries::save(&tx, row).await?)
    };
    context.finish(write).await
}

/// Not now: another job makes it when the quiet hours are over.
pub(super) async fn put_off(context: &JobContext, known: &Known, end: Timestamp) -> Result<(), JobError> {
    let before = &known.delivery;
    let write = move |tx: banyan_store::Tx| async move {
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
    known: &Known,
    message: &Message,
    hint: Option<String>,
    outcome: Attempt,
) -> Result<(), JobError> {
    match outcome {
        Ok(sent) => note_sent(context, known, hint, &sent).await,
        Err(refusal) if matches!(refusal.hope, Hope::Later(_)) && !is_last(context) => {
            note_failed(context, known, hint, &refusal).await?;
            Err(again(&refusal))
        }
        Err(refusal) => give_up(context, known, message, hint, &refusal).await,
    }
}

async fn note_sent(context: &JobContext, known: &Known, hint: Option<String>, sent: &Sent) -> Result<(), JobError> {
    let (before, hint) = (&known.delivery, &hint);
    let write = move |tx: banyan_store::Tx| async move {
        let mut row = before.clone();
        row.note(tx.now(), "sent", "");
        row.address_hint.clone_from(hint);
        row.provider_id.clone_from(&sent.reference);
        row.end(tx.now(), DeliveryState::Sent, None);
        if let Some(endpoint) = row.endpoint_id {
            wishes::endpoint_worked(&tx, endpoint).await?;
        }
        Ok(deliveries::save(&tx, row).await?)
    };
    context.finish(write).await
}

async fn note_failed(context: &JobContext, known: &Known, hint: Option<String>, refusal: &NotSent) -> Result<(), JobError> {
    let (before, hint) = (&known.delivery, &hint);
    let write = move |tx: banyan_store::Tx| async move {
        let mut row = before.clone();
        row.note(tx.now(), refusal.hope.word(), &refusal.reason);
        row.address_hint.clone_from(hint);
        row.reason = Some(refusal.reason.chars().take(300).collect());
        Ok(deliveries::save(&tx, row).await?)
    };
    context.write(write).await
}

/// For good. An address that takes nothing any more is not tried again by others.
async fn give_up(
    context: &JobContext,
    known: &Known,
    message: &Message,
    hint: Option<String>,
    refusal: &NotSent,
) -> Result<(), JobError> {
    let (before, hint) = (&known.delivery, &hint);
    let write = move |tx: banyan_store::Tx| async move {
        let mut row = before.clone();
        row.note(tx.now(), refusal.hope.word(), &refusal.reason);
        row.address_hint.clone_from(hint);
        row.end(tx.now(), DeliveryState::Failed, Some(&refusal.reason));
        if refusal.hope == Hope::AddressGone {
            match message {
                Message::Mail(mail) => {
                    suppressions::add(&tx, Channel::Email, &mail.to, &refusal.reason, "delivery").await?;
                }
                Message::Sms { to, .. } => {
                    suppressions::add(&tx, Channel::Sms, to, &refusal.reason, "delivery").await?;
                }
                Message::Push { .. } => {
                    if let Some(endpoint) = row.endpoint_id {
                        wishes::endpoint_gone(&tx, endpoint, &refusal.reason).await?;
                    }
                }
            }
        }
        Ok(deliveries::save(&tx, row).await?)
    };
    context.finish(write).await
}
