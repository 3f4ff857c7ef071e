//! API keys.

use banyan_kernel::{Network, Permission, Scopes, Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::ActiveValue::Set;
use sea_orm::ExprTrait as _;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use serde_json::json;

use super::insert;
use crate::entity::api_key;
use crate::secrets::Fingerprint;

/// A key that is about to exist.
#[derive(Clone, Debug)]
pub(crate) struct NewApiKey<'a> {
    pub id: Uuid,
    pub user: Uuid,
    pub name: &'a str,
    pub scopes: Scopes,
    pub networks: &'a [Network],
    pub plan: Option<&'a str>,
    pub expires_at: Option<Timestamp>,
    pub secret_hash: Fingerprint,
}

/// What a change sets; `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiKeyChange {
    pub name: Option<String>,
    pub networks: Option<Vec<Network>>,
    pub plan: Option<Option<String>>,
    pub expires_at: Option<Option<Timestamp>>,
}

pub(crate) async fn add(tx: &Tx, new: NewApiKey<'_>) -> Result<api_key::Model, StoreError> {
    let row = api_key::Model {
        tenant_id: tx.caller().tenant,
        id: new.id,
        user_id: new.user,
        name: new.name.to_owned(),
        secret_hash: new.secret_hash,
        previous_hash: None,
        previous_until: None,
        scopes: json!(new.scopes.iter().map(Permission::name).collect::<Vec<_>>()),
        networks: written(new.networks),
        plan: new.plan.map(str::to_owned),
        created_at: tx.now().micros(),
        expires_at: new.expires_at.map(Timestamp::micros),
        last_used_at: None,
        revoked_at: None,
        version: 1,
    };
    insert(tx, row.clone()).await?;
    Ok(row)
}

fn written(networks: &[Network]) -> Json {
    json!(networks.iter().map(Network::to_string).collect::<Vec<_>>())
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<api_key::Model>, StoreError> {
    Ok(api_key::Entity::find().filter(api_key::Column::Id.eq(id)).one(tx).await?)
}

/// Keys that were not revoked, without an order: of one user, or of all that the caller sees.
pub(crate) fn live(user: Option<Uuid>) -> Select<api_key::Entity> {
    let all = api_key::Entity::find().filter(api_key::Column::RevokedAt.is_null());
    match user {
        Some(user) => all.filter(api_key::Column::UserId.eq(user)),
        None => all,
    }
}

pub(crate) async fn count(tx: &Tx, user: Uuid) -> Result<u64, StoreError> {
    Ok(live(Some(user)).count(tx).await?)
}

pub(crate) async fn change(tx: &Tx, id: Uuid, change: &ApiKeyChange) -> Result<bool, StoreError> {
    let mut values = <api_key::ActiveModel as Default>::default();
    if let Some(name) = &change.name {
        values.name = Set(name.clone());
    }
    if let Some(networks) = &change.networks {
        values.networks = Set(written(networks));
    }
    if let Some(plan) = &change.plan {
        values.plan = Set(plan.clone());
    }
    if let Some(expires_at) = change.expires_at {
        values.expires_at = Set(expires_at.map(Timestamp::micros));
    }
    update(tx, id, values).await
}

/// Another secret; the present one counts until `until`.
pub(crate) async fn rotate(tx: &Tx, row: &api_key::Model, hash: Fingerprint, until: Timestamp) -> Result<bool, StoreError> {
    let values = api_key::ActiveModel {
        secret_hash: Set(hash),
        previous_hash: Set(Some(row.secret_hash.clone())),
        previous_until: Set(Some(until.micros())),
        ..Default::default()
    };
    update(tx, row.id, values).await
}

pub(crate) async fn revoke(tx: &Tx, id: Uuid) -> Result<bool, StoreError> {
    let values = api_key::ActiveModel { revoked_at: Set(Some(tx.now().micros())), ..Default::default() };
    update(tx, id, values).await
}

/// False if the key was revoked, or is not in the caller's sight.
async fn update(tx: &Tx, id: Uuid, values: api_key::ActiveModel) -> Result<bool, StoreError> {
    let update = api_key::Entity::update_many()
        .set(values)
        .col_expr(api_key::Column::Version, Expr::col(api_key::Column::Version).add(1))
        .filter(api_key::Column::Id.eq(id))
        .filter(api_key::Column::RevokedAt.is_null());
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Notes that the key was used, unless that was noted after `before`. Nothing that nodes remember changes.
pub(crate) async fn touch(tx: &Tx, id: Uuid, before: Timestamp) -> Result<(), StoreError> {
    let values = api_key::ActiveModel { last_used_at: Set(Some(tx.now().micros())), ..Default::default() };
    let long_ago = api_key::Column::LastUsedAt.is_null().or(api_key::Column::LastUsedAt.lt(before.micros()));
    api_key::Entity::update_many().set(values).filter(api_key::Column::Id.eq(id)).filter(long_ago).exec(tx).await?;
    Ok(())
}

/// Deletes keys that were revoked before `before`.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    api_key::Entity::delete_many().filter(api_key::Column::RevokedAt.lt(before.micros())).exec(tx).await?;
    Ok(())
}

/// What a newer program wrote and this one does not know gives nothing.
pub(crate) fn scopes(row: &api_key::Model) -> Scopes {
    texts(&row.scopes).filter_map(|name| name.parse::<Permission>().ok()).collect()
}

/// The networks from which the key counts; `None` where one cannot be read, so that the key counts from nowhere.
pub(crate) fn networks(row: &api_key::Model) -> Option<Vec<Network>> {
    texts(&row.networks).map(|text| text.parse().ok()).collect()
}

pub(crate) fn texts(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array().into_iter().flatten().filter_map(Json::as_str)
}
