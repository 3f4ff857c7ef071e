//! Mails on their way out.

use banyan_channels::mail::Mail;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::idempotency::Cipher;
use banyan_store::{StoreError, Tx};
use sea_orm::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder as _, QuerySelect as _};

use super::insert;
use crate::entity::outgoing_mail;

/// Attempts before a mail is set aside.
const LAST_ATTEMPT: i64 = 12;
/// Mails that are opened at a time.
const PAGE: u64 = 200;
/// For so many seconds a mail belongs to the one who took it.
const LEASE_SECONDS: i64 = 120;

/// `content` is sealed for the mail's id, which the caller made.
pub(crate) async fn add(tx: &Tx, id: Uuid, kind: &str, content: Vec<u8>) -> Result<(), StoreError> {
    let now = tx.now().micros();
    let row = outgoing_mail::Model {
        id,
        tenant: tx.caller().tenant,
        kind: kind.to_owned(),
        content,
        attempts: 0,
        created_at: now,
        due_at: now,
        last_error: None,
        dead_at: None,
    };
    insert(tx, row).await
}

pub(crate) async fn due(tx: &Tx, limit: u64) -> Result<Vec<outgoing_mail::Model>, StoreError> {
    let query = outgoing_mail::Entity::find()
        .filter(outgoing_mail::Column::DeadAt.is_null())
        .filter(outgoing_mail::Column::DueAt.lte(tx.now().micros()));
    Ok(query.order_by_asc(outgoing_mail::Column::DueAt).limit(limit).all(tx).await?)
}

/// Takes the mail for a while. False if somebody else has it.
pub(crate) async fn take(tx: &Tx, mail: &outgoing_mail::Model) -> Result<bool, StoreError> {
    let values = outgoing_mail::ActiveModel {
        due_at: Set(tx.now().plus_seconds(LEASE_SECONDS).micros()),
        attempts: Set(mail.attempts + 1),
        ..Default::default()
    };
    let update = outgoing_mail::Entity::update_many().set(values).filter(outgoing_mail::Column::Id.eq(mail.id));
    Ok(update.filter(outgoing_mail::Column::Attempts.eq(mail.attempts)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn sent(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    outgoing_mail::Entity::delete_many().filter(outgoing_mail::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// Tries again after 2, 4, 8 … seconds, at most an hour; a mail that was refused for good, or too often, is set aside.
pub(crate) async fn failed(tx: &Tx, mail: &outgoing_mail::Model, error: &str, hope: Hope) -> Result<(), StoreError> {
    let attempts = mail.attempts + 1;
    let wait = (1_i64 << attempts.clamp(1, 12)).min(3_600);
    let dead = hope == Hope::None || attempts >= LAST_ATTEMPT;
    let values = outgoing_mail::ActiveModel {
        due_at: Set(tx.now().plus_seconds(wait).micros()),
        last_error: Set(Some(error.chars().take(500).collect())),
        dead_at: Set(dead.then(|| tx.now().micros())),
        ..Default::default()
    };
    outgoing_mail::Entity::update_many().set(values).filter(outgoing_mail::Column::Id.eq(mail.id)).exec(tx).await?;
    Ok(())
}

/// Whether another attempt can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hope {
    Some,
    None,
}

/// Deletes the mails to an address that have not left. Their content is sealed, so each of the tenant's is opened: those are few, as mails
/// leave within seconds, and what was set aside stays for a week.
pub(crate) async fn erase(tx: &Tx, address: &str, cipher: &Cipher) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let query = outgoing_mail::Entity::find()
            .filter(outgoing_mail::Column::Tenant.eq(tx.caller().tenant))
            .filter(outgoing_mail::Column::Id.gt(after));
        let page = query.order_by_asc(outgoing_mail::Column::Id).limit(PAGE).all(tx).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for row in &page {
            let opened = cipher.open(&row.content, row.id.as_bytes()).ok();
            let mail = opened.and_then(|content| serde_json::from_slice::<Mail>(&content).ok());
            if mail.is_some_and(|mail| mail.to == address) {
                sent(tx, row.id).await?;
            }
        }
    }
}

/// Deletes mails that were set aside long ago; what they carried has expired.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    outgoing_mail::Entity::delete_many().filter(outgoing_mail::Column::DeadAt.lt(before.micros())).exec(tx).await?;
    Ok(())
}
