//! Environments of a tenant.

use banyan_http::FieldError;
use banyan_kernel::{Caller, Role};
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::history::{self, Note, Object};
use super::revisions;
use crate::entity::environment::{Changers, Column, Entity, Model};
use crate::error::FlagsError;

/// How many a tenant may have.
pub(crate) const MOST: usize = 20;
/// Those that every tenant has from the start.
pub(crate) const FIRST: [(&str, &str); 2] = [("development", "development"), ("production", "production")];

/// In their order.
pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, FlagsError> {
    Ok(Entity::find().order_by_asc(Column::SortOrder).order_by_asc(Column::Name).all(tx).await?)
}

pub(crate) async fn names(tx: &Tx) -> Result<Vec<String>, FlagsError> {
    Ok(all(tx).await?.into_iter().map(|row| row.name).collect())
}

pub(crate) async fn get(tx: &Tx, name: &str) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Name.eq(name)).one(tx).await?.ok_or(FlagsError::Hidden)
}

pub(crate) async fn locked(tx: &Tx, name: &str) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Name.eq(name)).lock_exclusive().one(tx).await?.ok_or(FlagsError::Hidden)
}

/// A row of a new one, which nobody has written yet.
pub(crate) fn new(tx: &Tx, name: &str, kind: &str, sort_order: i64) -> Model {
    let now = tx.now().micros();
    Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        sort_order,
        approvals: 0,
        changers: Changers::default(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) async fn insert(tx: &Tx, row: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    let known = all(tx).await?;
    if known.len() >= MOST {
        return Err(FlagsError::TooMany { message: "flags-too-many-environments", most: MOST });
    }
    if known.iter().any(|other| other.name == row.name) {
        return Err(FlagsError::field("name", FieldError::taken()));
    }
    revisions::bump(tx, &row.name).await?;
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    note(tx, "created", json!({}), &row, why).await?;
    Ok(row)
}

pub(crate) async fn save(tx: &Tx, before: &Model, mut after: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    after.version = before.version + 1;
    after.updated_at = tx.now().micros();
    let mut changes = after.clone().into_active_model().reset_all();
    for fixed in [Column::TenantId, Column::Id, Column::Name, Column::CreatedAt] {
        changes.not_set(fixed);
    }
    Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).exec(tx).await?;
    note(tx, "changed", document(before), &after, why).await?;
    Ok(after)
}

pub(crate) async fn remove(tx: &Tx, row: &Model, why: Option<&str>) -> Result<(), FlagsError> {
    Entity::delete_many().filter(Column::Id.eq(row.id)).exec(tx).await?;
    revisions::bump(tx, &row.name).await?;
    let gone = Model { version: row.version + 1, ..row.clone() };
    note(tx, "removed", document(row), &gone, why).await
}

async fn note(tx: &Tx, act: &str, before: Value, row: &Model, why: Option<&str>) -> Result<(), FlagsError> {
    let (name, after) = (row.name.as_str(), document(row));
    let note = Note {
        object: Object::Environment,
        id: row.id,
        name,
        version: row.version,
        act,
        environment: Some(name),
        why,
        before,
        after,
    };
    history::write(tx, note).await
}

fn document(row: &Model) -> Value {
    json!({ "name": row.name, "type": row.kind, "sortOrder": row.sort_order, "approvals": row.approvals, "changers": row.changers })
}

impl Model {
    /// Whether the caller may change flags here. Owners always may, so that nobody is locked out; the command line, too.
    pub(crate) fn may_be_changed_by(&self, caller: &Caller) -> bool {
        let open = self.changers.users.is_empty() && self.changers.roles.is_empty();
        let Some(user) = caller.user_id() else { return true };
        let named = self.changers.users.contains(&user) || self.changers.roles.iter().any(|role| caller.roles.contains(*role));
        open || named || caller.roles.contains(Role::Owner)
    }

    /// # Errors
    /// When she may not, or when changes need approval here.
    pub(crate) fn require_direct_change(&self, caller: &Caller) -> Result<(), FlagsError> {
        self.require_change(caller)?;
        if self.approvals > 0 { Err(FlagsError::Conflict("flags-needs-approval")) } else { Ok(()) }
    }

    pub(crate) fn require_change(&self, caller: &Caller) -> Result<(), FlagsError> {
        if self.may_be_changed_by(caller) { Ok(()) } else { Err(FlagsError::Hidden) }
    }
}
