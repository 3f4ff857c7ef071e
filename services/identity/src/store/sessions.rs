//! Sessions and the refresh tokens that keep them open.

use std::net::IpAddr;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::insert;
use crate::entity::{refresh_token, session};
use crate::secrets::Fingerprint;

/// A session ends after half a year at the latest.
pub(crate) const SESSION_SECONDS: i64 = 180 * 86_400;
/// A session that was not refreshed for 30 days has ended.
pub(crate) const REFRESH_SECONDS: i64 = 30 * 86_400;

/// From where somebody logs in, as they say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Device {
    pub user_agent: Option<String>,
    pub address: Option<String>,
    /// The address, where failures are counted by it. Not the machine's own: behind that is a proxy, and with it everybody.
    pub counted: Option<IpAddr>,
}

/// Which part of a person's sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    All,
    AllBut(Uuid),
}

pub(crate) async fn open(tx: &Tx, user: Uuid, device: &Device, first_token: Fingerprint) -> Result<session::Model, StoreError> {
    let now = tx.now();
    let row = session::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        created_at: now.micros(),
        last_used_at: now.micros(),
        expires_at: now.plus_seconds(SESSION_SECONDS).micros(),
        revoked_at: None,
        user_agent: device.user_agent.clone(),
        address: device.address.clone(),
    };
    insert(tx, row.clone()).await?;
    add_token(tx, &row, None, first_token).await?;
    Ok(row)
}

pub(crate) async fn add_token(
    tx: &Tx,
    session: &session::Model,
    parent: Option<Uuid>,
    token_hash: Fingerprint,
) -> Result<(), StoreError> {
    let now = tx.now();
    let row = refresh_token::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        session_id: session.id,
        parent_id: parent,
        token_hash,
        created_at: now.micros(),
        expires_at: now.plus_seconds(REFRESH_SECONDS).micros().min(session.expires_at),
        used_at: None,
    };
    insert(tx, row).await
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<session::Model>, StoreError> {
    Ok(session::Entity::find().filter(session::Column::Id.eq(id)).one(tx).await?)
}

pub(crate) async fn find_token(tx: &Tx, hash: Fingerprint) -> Result<Option<refresh_token::Model>, StoreError> {
    Ok(refresh_token::Entity::find().filter(refresh_token::Column::TokenHash.eq(hash)).one(tx).await?)
}

/// Uses the token up. True for the one transaction that did; all others find it used.
pub(crate) async fn claim_token(tx: &Tx, token: Uuid) -> Result<bool, StoreError> {
    let values = refresh_token::ActiveModel { used_at: Set(Some(tx.now().micros())), ..Default::default() };
    let update = refresh_token::Entity::update_many().set(values).filter(refresh_token::Column::Id.eq(token));
    Ok(update.filter(refresh_token::Column::UsedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn child_of(tx: &Tx, token: Uuid) -> Result<Option<refresh_token::Model>, StoreError> {
    Ok(refresh_token::Entity::find().filter(refresh_token::Column::ParentId.eq(token)).one(tx).await?)
}

pub(crate) async fn touch(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    let values = session::ActiveModel { last_used_at: Set(tx.now().micros()), ..Default::default() };
    session::Entity::update_many().set(values).filter(session::Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// Ends one session. False if it has ended before, or is not in the caller's sight.
pub(crate) async fn end(tx: &Tx, id: Uuid) -> Result<bool, StoreError> {
    let values = session::ActiveModel { revoked_at: Set(Some(tx.now().micros())), ..Default::default() };
    let update = session::Entity::update_many().set(values).filter(session::Column::Id.eq(id));
    Ok(update.filter(session::Column::RevokedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

/// Ends a person's sessions and says which.
pub(crate) async fn end_all(tx: &Tx, user: Uuid, which: Which) -> Result<Vec<Uuid>, StoreError> {
    let mut ended = Vec::new();
    for session in live(tx.now(), user).all(tx).await? {
        let kept = matches!(which, Which::AllBut(kept) if kept == session.id);
        if !kept && end(tx, session.id).await? {
            ended.push(session.id);
        }
    }
    Ok(ended)
}

/// A person's sessions that have not ended, without an order.
pub(crate) fn live(now: Timestamp, user: Uuid) -> Select<session::Entity> {
    session::Entity::find()
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now.micros()))
        .filter(session::Column::LastUsedAt.gt(now.plus_seconds(-REFRESH_SECONDS).micros()))
}

/// Deletes sessions that ended before `before`, with their tokens, and tokens that expired.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(before.micros())).exec(tx).await?;
    session::Entity::delete_many().filter(session::Column::RevokedAt.lt(before.micros())).exec(tx).await?;
    session::Entity::delete_many()
        .filter(session::Column::LastUsedAt.lt(before.plus_seconds(-REFRESH_SECONDS).micros()))
        .exec(tx)
        .await?;
    refresh_token::Entity::delete_many().filter(refresh_token::Column::ExpiresAt.lt(before.micros())).exec(tx).await?;
    Ok(())
}
