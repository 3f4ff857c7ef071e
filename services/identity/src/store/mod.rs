//! The service's queries, each inside a transaction that somebody else opened for a caller.

pub(crate) mod accounts;
pub(crate) mod api_keys;
pub(crate) mod directory;
pub(crate) mod failures;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod organisations;
pub(crate) mod outgoing;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod signals;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod usage;

use banyan_store::{StoreError, Tx};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, ModelTrait};

/// Inserts a row without reading it back, which many policies would not allow.
pub(crate) async fn insert<M>(tx: &Tx, row: M) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<<<M as ModelTrait>::Entity as EntityTrait>::ActiveModel>,
{
    let row = row.into_active_model().reset_all();
    <M::Entity as EntityTrait>::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
