//! Routes and upstreams that operators stored, with their versions.

use banyan_http::{ETag, Paged, Paging};
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::json;

use crate::entity::entry::{Column, Definition, Entity, Kind, Model};
use crate::entity::entry_version::{self as version, Act};
use crate::error::GatewayError;

/// What a list of entries may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt), ("name", Column::Name)];
const VERSION_ORDERS: &[(&str, version::Column)] = &[("version", version::Column::Version)];
/// Versions that are kept of one name.
const MOST_VERSIONS: u64 = 50;
/// Versions that are kept in all, so that names that come and go do not pile up.
const MOST_VERSIONS_IN_ALL: u64 = 5_000;

/// What is to become of a name.
pub(crate) struct Change<'c> {
    pub(crate) kind: Kind,
    pub(crate) name: &'c str,
    pub(crate) act: Act,
    /// None removes it.
    pub(crate) definition: Option<&'c Definition>,
    pub(crate) why: Option<&'c str>,
}

pub(crate) async fn list(tx: &Tx, kind: Kind, paging: &Paging) -> Result<Paged<Model>, GatewayError> {
    Ok(paging.fetch_last(tx, Entity::find().filter(Column::Kind.eq(kind)), ORDERS).await?)
}

/// In the order in which they are judged: by kind and name.
pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, GatewayError> {
    Ok(Entity::find().order_by_asc(Column::Kind).order_by_asc(Column::Name).all(tx).await?)
}

pub(crate) async fn get(tx: &Tx, kind: Kind, name: &str) -> Result<Model, GatewayError> {
    let select = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::Name.eq(name));
    select.one(tx).await?.ok_or(GatewayError::Hidden)
}

/// The versions of a name, also of one that is gone.
pub(crate) async fn versions(tx: &Tx, kind: Kind, name: &str, paging: &Paging) -> Result<Paged<version::Model>, GatewayError> {
    let page = paging.fetch(tx, of(kind, name), VERSION_ORDERS).await?;
    if page.pagination.total == 0 { Err(GatewayError::Hidden) } else { Ok(page) }
}

pub(crate) async fn version(tx: &Tx, kind: Kind, name: &str, number: i64) -> Result<Option<version::Model>, GatewayError> {
    Ok(of(kind, name).filter(version::Column::Version.eq(number)).one(tx).await?)
}

fn of(kind: Kind, name: &str) -> Select<version::Entity> {
    version::Entity::find().filter(version::Column::Kind.eq(kind)).filter(version::Column::Name.eq(name))
}

/// Does it; the door's row is locked. `present` is what the name stands for now.
pub(crate) async fn apply(tx: &Tx, change: &Change<'_>, present: Option<&Model>) -> Result<Option<Model>, GatewayError> {
    let by = tx.caller().user_id().ok_or(GatewayError::Hidden)?;
    let last = of(change.kind, change.name).order_by_desc(version::Column::Version).one(tx).await?;
    let number = last.map_or(0, |last| last.version).max(present.map_or(0, |row| row.version)) + 1;
    let now = tx.now().micros();
    let row = change.definition.map(|definition| Model {
        tenant_id: tx.caller().tenant,
        id: present.map_or_else(|| tx.new_id(), |row| row.id),
        kind: change.kind,
        name: change.name.to_owned(),
        definition: definition.clone(),
        version: number,
        changed_by: by,
        why: change.why.map(str::to_owned),
        created_at: present.map_or(now, |row| row.created_at),
        updated_at: now,
    });
    write(tx, row.as_ref(), present).await?;
    let record = version::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        kind: change.kind,
        name: change.name.to_owned(),
        version: number,
        act: change.act,
        definition: change.definition.cloned().unwrap_or_default(),
        changed_by: by,
        why: change.why.map(str::to_owned),
        created_at: now,
    };
    version::Entity::insert(record.into_active_model()).exec_without_returning(tx).await?;
    forget_old(tx, change).await?;
    note(tx, change, number, row.as_ref().or(present));
    Ok(row)
}

async fn write(tx: &Tx, row: Option<&Model>, present: Option<&Model>) -> Result<(), GatewayError> {
    match (row, present) {
        (Some(row), None) => {
            Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
        }
        (Some(row), Some(present)) => {
            let mut changes = row.clone().into_active_model().reset_all();
            for fixed in [Column::TenantId, Column::Id, Column::Kind, Column::Name, Column::CreatedAt] {
                changes.not_set(fixed);
            }
            Entity::update_many().set(changes).filter(Column::Id.eq(present.id)).exec(tx).await?;
        }
        (None, Some(present)) => {
            Entity::delete_many().filter(Column::Id.eq(present.id)).exec(tx).await?;
        }
        (None, None) => {}
    }
    Ok(())
}

/// Who did it stands in the record anyway. What was said is told by its digest: it may be long.
fn note(tx: &Tx, change: &Change<'_>, number: i64, row: Option<&Model>) {
    let text = change.definition.and_then(|definition| serde_json::to_vec(&definition.0).ok());
    let digest = text.map(|text| ETag::of_bytes(&text).as_str().trim_matches('"').to_owned());
    let detail = json!({ "name": change.name, "version": number, "digest": digest, "why": change.why });
    let record = Record::new(format!("gateway.{}.{}", change.kind.name(), change.act.name())).detail(detail);
    tx.audit(match row {
        Some(row) => record.object(change.kind.name(), row.id),
        None => record,
    });
}

async fn forget_old(tx: &Tx, change: &Change<'_>) -> Result<(), GatewayError> {
    let old = of(change.kind, change.name).order_by_desc(version::Column::Version).offset(MOST_VERSIONS).limit(MOST_VERSIONS);
    let mut gone: Vec<_> = old.all(tx).await?.into_iter().map(|row| row.id).collect();
    let oldest = version::Entity::find().order_by_desc(version::Column::CreatedAt).offset(MOST_VERSIONS_IN_ALL).limit(100);
    gone.extend(oldest.all(tx).await?.into_iter().map(|row| row.id));
    if !gone.is_empty() {
        version::Entity::delete_many().filter(version::Column::Id.is_in(gone)).exec(tx).await?;
    }
    Ok(())
}
