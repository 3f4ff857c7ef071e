//! One-time secrets of mails.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::insert;
use crate::entity::one_time_token;
use crate::model::Purpose;
use crate::secrets::Fingerprint;

/// For whom a secret is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    User(Uuid),
    Invitation(Uuid),
}

/// Keeps a secret's digest; earlier unused ones for the same purpose stop counting.
pub(crate) async fn add(tx: &Tx, purpose: Purpose, whom: For, email: &str, hash: Fingerprint) -> Result<(), StoreError> {
    let earlier = one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::Purpose.eq(purpose.word()))
        .filter(one_time_token::Column::UsedAt.is_null());
    let (earlier, user_id, invitation_id) = match whom {
        For::User(id) => (earlier.filter(one_time_token::Column::UserId.eq(id)), Some(id), None),
        For::Invitation(id) => (earlier.filter(one_time_token::Column::InvitationId.eq(id)), None, Some(id)),
    };
    earlier.exec(tx).await?;
    let now = tx.now();
    let row = one_time_token::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        purpose: purpose.word().to_owned(),
        user_id,
        invitation_id,
        email: email.to_owned(),
        token_hash: hash,
        created_at: now.micros(),
        expires_at: now.plus_seconds(purpose.lifetime_seconds()).micros(),
        used_at: None,
    };
    insert(tx, row).await
}

/// The secret if it is of this purpose and has not expired; it may be used up.
pub(crate) async fn find(tx: &Tx, purpose: Purpose, hash: Fingerprint) -> Result<Option<one_time_token::Model>, StoreError> {
    let query = one_time_token::Entity::find().filter(one_time_token::Column::TokenHash.eq(hash));
    let query = query.filter(one_time_token::Column::Purpose.eq(purpose.word()));
    Ok(query.filter(one_time_token::Column::ExpiresAt.gt(tx.now().micros())).one(tx).await?)
}

/// Uses the secret up. True for the one transaction that did.
pub(crate) async fn claim(tx: &Tx, id: Uuid) -> Result<bool, StoreError> {
    let values = one_time_token::ActiveModel { used_at: Set(Some(tx.now().micros())), ..Default::default() };
    let update = one_time_token::Entity::update_many().set(values).filter(one_time_token::Column::Id.eq(id));
    Ok(update.filter(one_time_token::Column::UsedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    one_time_token::Entity::delete_many().filter(one_time_token::Column::ExpiresAt.lt(before.micros())).exec(tx).await?;
    Ok(())
}
