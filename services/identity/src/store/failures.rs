//! Counters of failed attempts.

use banyan_kernel::Timestamp;
use banyan_store::{StoreError, Tx};
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, QuerySelect as _};

use crate::entity::login_failure;
use crate::lockout::{Backoff, Failures};

/// Whose failures: a keyed digest, so that the table names nobody.
pub(crate) type Subject = Vec<u8>;

pub(crate) async fn load(tx: &Tx, subject: &Subject) -> Result<Failures, StoreError> {
    let row = login_failure::Entity::find().filter(login_failure::Column::Subject.eq(subject.clone())).one(tx).await?;
    Ok(row.map_or_else(Failures::default, |row| failures(&row)))
}

/// The counter, held until the transaction ends: attempts at the same time come one after the other from here on.
pub(crate) async fn hold(tx: &Tx, subject: &Subject) -> Result<Failures, StoreError> {
    let new = login_failure::ActiveModel {
        tenant_id: Set(tx.caller().tenant),
        id: Set(tx.new_id()),
        subject: Set(subject.clone()),
        failures: Set(0),
        last_at: Set(tx.now().micros()),
        locked_until: Set(0),
    };
    let mut unless_there = OnConflict::columns([login_failure::Column::TenantId, login_failure::Column::Subject]);
    let unless_there = unless_there.do_nothing().to_owned();
    login_failure::Entity::insert(new).on_conflict(unless_there).exec_without_returning(tx).await?;
    let query = login_failure::Entity::find().filter(login_failure::Column::Subject.eq(subject.clone()));
    Ok(query.lock_exclusive().one(tx).await?.map_or_else(Failures::default, |row| failures(&row)))
}

/// Counts one more failure than `held`, which [`hold`] gave.
pub(crate) async fn count(tx: &Tx, subject: &Subject, held: Failures, backoff: Backoff) -> Result<Failures, StoreError> {
    let after = backoff.failed(Some(held), tx.now());
    set(tx, subject, after).await?;
    Ok(after)
}

/// Starts anew. The row stays, because somebody may wait for it.
pub(crate) async fn clear(tx: &Tx, subject: &Subject) -> Result<(), StoreError> {
    set(tx, subject, Failures { last: tx.now(), ..Failures::default() }).await
}

async fn set(tx: &Tx, subject: &Subject, after: Failures) -> Result<(), StoreError> {
    let values = login_failure::ActiveModel {
        failures: Set(after.count),
        last_at: Set(after.last.micros()),
        locked_until: Set(after.locked_until.micros()),
        ..Default::default()
    };
    let update = login_failure::Entity::update_many().set(values);
    update.filter(login_failure::Column::Subject.eq(subject.clone())).exec(tx).await?;
    Ok(())
}

/// Forgets counters without a failure since `before`.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    let old = login_failure::Entity::delete_many().filter(login_failure::Column::LastAt.lt(before.micros()));
    old.filter(login_failure::Column::LockedUntil.lt(before.micros())).exec(tx).await?;
    Ok(())
}

fn failures(row: &login_failure::Model) -> Failures {
    Failures {
        count: row.failures,
        last: Timestamp::from_micros(row.last_at),
        locked_until: Timestamp::from_micros(row.locked_until),
    }
}
