//! Segments of a tenant.

use std::collections::BTreeSet;

use banyan_http::{FieldError, Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::history::{self, Note, Object};
use super::{environments, flags, revisions};
use crate::entity::segment::{Column, Entity, Model};
use crate::error::FlagsError;

/// How many a tenant may have.
pub(crate) const MOST: usize = 1_000;
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("name", Column::Name), ("updatedAt", Column::UpdatedAt)];

pub(crate) async fn list(tx: &Tx, paging: &Paging) -> Result<Paged<Model>, FlagsError> {
    Ok(paging.fetch(tx, Entity::find(), ORDERS).await?)
}

pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, FlagsError> {
    Ok(Entity::find().order_by_asc(Column::Number).all(tx).await?)
}

pub(crate) async fn numbers(tx: &Tx) -> Result<BTreeSet<i64>, FlagsError> {
    Ok(all(tx).await?.into_iter().map(|row| row.number).collect())
}

pub(crate) async fn get(tx: &Tx, id: Uuid) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(FlagsError::Hidden)
}

pub(crate) async fn locked(tx: &Tx, id: Uuid) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?.ok_or(FlagsError::Hidden)
}

/// Gives it the next number.
pub(crate) async fn insert(tx: &Tx, mut row: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    // The rows are held, so that no two get one number.
    bump(tx).await?;
    let known = all(tx).await?;
    if known.len() >= MOST {
        return Err(FlagsError::TooMany { message: "flags-too-many-segments", most: MOST });
    }
    if known.iter().any(|other| other.name == row.name) {
        return Err(FlagsError::field("name", FieldError::taken()));
    }
    row.number = known.iter().map(|other| other.number).max().unwrap_or(0) + 1;
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    note(tx, "created", json!({}), &row, why).await?;
    Ok(row)
}

pub(crate) async fn save(tx: &Tx, before: &Model, mut after: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    bump(tx).await?;
    if all(tx).await?.iter().any(|other| other.id != after.id && other.name == after.name) {
        return Err(FlagsError::field("name", FieldError::taken()));
    }
    after.version = before.version + 1;
    after.updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    for fixed in [Column::TenantId, Column::Id, Column::Number, Column::CreatedAt, Column::CreatedBy] {
        changes.not_set(fixed);
    }
    Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).exec(tx).await?;
    note(tx, "changed", document(before), &after, why).await?;
    Ok(after)
}

pub(crate) async fn remove(tx: &Tx, row: &Model, why: Option<&str>) -> Result<(), FlagsError> {
    bump(tx).await?;
    let users = users(tx, row.number).await?;
    if !users.is_empty() {
        return Err(FlagsError::Named { message: "flags-segment-in-use", names: users });
    }
    Entity::delete_many().filter(Column::Id.eq(row.id)).exec(tx).await?;
    let gone = Model { version: row.version + 1, ..row.clone() };
    note(tx, "removed", document(row), &gone, why).await
}

/// The keys of flags, those of the archive too, whose strategies name it.
pub(crate) async fn users(tx: &Tx, number: i64) -> Result<Vec<String>, FlagsError> {
    let names = |row: &crate::entity::flag::Model| {
        let strategies = row.settings.0.values().flat_map(|settings| &settings.strategies);
        strategies.flat_map(|strategy| &strategy.segments).any(|one| i64::from(*one) == number)
    };
    Ok(flags::all(tx).await?.into_iter().filter(names).map(|row| row.key).collect())
}

/// A change counts in each environment where a flag that is on names the segment.
pub(crate) async fn require_change(tx: &Tx, row: &Model) -> Result<(), FlagsError> {
    let flags = flags::living(tx).await?;
    for environment in environments::all(tx).await? {
        let names = |settings: &crate::definition::Settings| {
            let mut segments = settings.strategies.iter().flat_map(|strategy| &strategy.segments);
            settings.enabled && segments.any(|one| i64::from(*one) == row.number)
        };
        if flags.iter().any(|flag| flag.settings.0.get(&environment.name).is_some_and(names)) {
            environment.require_direct_change(tx.caller())?;
        }
    }
    Ok(())
}

/// A segment may stand in each environment.
async fn bump(tx: &Tx) -> Result<(), FlagsError> {
    let environments = environments::names(tx).await?;
    revisions::bump_all(tx, environments.iter().map(String::as_str)).await?;
    Ok(())
}

async fn note(tx: &Tx, act: &str, before: Value, row: &Model, why: Option<&str>) -> Result<(), FlagsError> {
    let (name, after) = (row.name.as_str(), document(row));
    let note =
        Note { object: Object::Segment, id: row.id, name, version: row.version, act, environment: None, why, before, after };
    history::write(tx, note).await
}

fn document(row: &Model) -> Value {
    json!({ "number": row.number, "name": row.name, "description": row.description, "project": row.project, "constraints": row.constraints })
}
