//! Organisations and who belongs to them.

use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder as _};

use super::insert;
use crate::entity::{membership, organisation, user};

pub(crate) async fn of_user(tx: &Tx, user: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let query = membership::Entity::find().filter(membership::Column::UserId.eq(user));
    let rows = query.order_by_asc(membership::Column::OrganisationId).all(tx).await?;
    Ok(rows.into_iter().map(|row| row.organisation_id).collect())
}

/// The memberships of several users at once.
pub(crate) async fn of_users(tx: &Tx, users: &[Uuid]) -> Result<Vec<membership::Model>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    Ok(membership::Entity::find().filter(membership::Column::UserId.is_in(users.iter().copied())).all(tx).await?)
}

pub(crate) async fn add(tx: &Tx, name: &str) -> Result<organisation::Model, StoreError> {
    let now = tx.now().micros();
    let row = organisation::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        name: name.to_owned(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    insert(tx, row.clone()).await?;
    Ok(row)
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<organisation::Model>, StoreError> {
    Ok(organisation::Entity::find().filter(organisation::Column::Id.eq(id)).one(tx).await?)
}

/// Those with these ids, without an order.
pub(crate) fn named(ids: &[Uuid]) -> Select<organisation::Entity> {
    let query = organisation::Entity::find();
    if ids.is_empty() {
        // An empty list is written as a comparison of two parameters, whose type PostgreSQL cannot tell.
        return query.filter(organisation::Column::Id.is_null());
    }
    query.filter(organisation::Column::Id.is_in(ids.iter().copied()))
}

/// False if it has another version, or is not there.
pub(crate) async fn rename(tx: &Tx, id: Uuid, version: i64, name: &str) -> Result<bool, StoreError> {
    let values = organisation::ActiveModel {
        name: Set(name.to_owned()),
        updated_at: Set(tx.now().micros()),
        version: Set(version + 1),
        ..Default::default()
    };
    let update = organisation::Entity::update_many().set(values).filter(organisation::Column::Id.eq(id));
    Ok(update.filter(organisation::Column::Version.eq(version)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, id: Uuid) -> Result<bool, StoreError> {
    let delete = organisation::Entity::delete_many().filter(organisation::Column::Id.eq(id));
    Ok(delete.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn member_ids(tx: &Tx, organisation: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let query = membership::Entity::find().filter(membership::Column::OrganisationId.eq(organisation));
    Ok(query.all(tx).await?.into_iter().map(|row| row.user_id).collect())
}

/// The memberships of an organisation, without an order.
pub(crate) fn memberships(organisation: Uuid) -> Select<membership::Entity> {
    membership::Entity::find().filter(membership::Column::OrganisationId.eq(organisation))
}

/// The people of memberships, where the caller may see them.
pub(crate) async fn people(tx: &Tx, rows: Vec<membership::Model>) -> Result<Vec<(membership::Model, user::Model)>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.user_id).collect();
    let people = user::Entity::find().filter(user::Column::Id.is_in(ids)).all(tx).await?;
    let person = |id: Uuid| people.iter().find(|person| person.id == id).cloned();
    Ok(rows.into_iter().filter_map(|row| Some((person(row.user_id)?, row))).map(|(person, row)| (row, person)).collect())
}

pub(crate) async fn is_member(tx: &Tx, organisation: Uuid, user: Uuid) -> Result<bool, StoreError> {
    let query = membership::Entity::find().filter(membership::Column::OrganisationId.eq(organisation));
    Ok(query.filter(membership::Column::UserId.eq(user)).one(tx).await?.is_some())
}

pub(crate) async fn add_member(tx: &Tx, organisation: Uuid, user: Uuid) -> Result<(), StoreError> {
    let row = membership::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        organisation_id: organisation,
        user_id: user,
        created_at: tx.now().micros(),
    };
    insert(tx, row).await
}

pub(crate) async fn remove_member(tx: &Tx, organisation: Uuid, user: Uuid) -> Result<bool, StoreError> {
    let delete = membership::Entity::delete_many().filter(membership::Column::OrganisationId.eq(organisation));
    Ok(delete.filter(membership::Column::UserId.eq(user)).exec(tx).await?.rows_affected == 1)
}
