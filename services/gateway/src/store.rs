//! The service's queries. Row security decides what is visible.

pub(crate) mod entries;
pub(crate) mod sums;

use banyan_http::{FieldError, Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use crate::App;
use crate::entity::door::{self, Behind, Legacy};
use crate::entity::migration::{Column, Entity, Evidence, Model, Stage};
use crate::entity::step;
use crate::error::GatewayError;

/// What a list of migrations may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt), ("name", Column::Name)];
const STEP_ORDERS: &[(&str, step::Column)] = &[("createdAt", step::Column::CreatedAt)];
/// More features do not move at a time.
const MOST: u64 = 500;
/// The only row of its table.
const DOOR: Uuid = Uuid::from_u128(1);

pub(crate) async fn list(tx: &Tx, paging: &Paging) -> Result<Paged<Model>, GatewayError> {
    Ok(paging.fetch_last(tx, Entity::find(), ORDERS).await?)
}

pub(crate) async fn steps(tx: &Tx, id: Uuid, paging: &Paging) -> Result<Paged<step::Model>, GatewayError> {
    get(tx, id).await?;
    let select = step::Entity::find().filter(step::Column::MigrationId.eq(id));
    Ok(paging.fetch(tx, select, STEP_ORDERS).await?)
}

pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, GatewayError> {
    Ok(Entity::find().order_by_asc(Column::Name).limit(MOST).all(tx).await?)
}

pub(crate) async fn get(tx: &Tx, id: Uuid) -> Result<Model, GatewayError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(GatewayError::Hidden)
}

/// The row, locked until the transaction ends: of two operators at once, the second decides on what the first has left.
pub(crate) async fn locked(tx: &Tx, id: Uuid) -> Result<Model, GatewayError> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?.ok_or(GatewayError::Hidden)
}

pub(crate) async fn door(tx: &Tx) -> Result<Option<door::Model>, GatewayError> {
    Ok(door::Entity::find().filter(door::Column::Id.eq(DOOR)).one(tx).await?)
}

/// The door's row, locked until the transaction ends, so that what is decided on all that is stored is decided one after the other.
pub(crate) async fn locked_door(tx: &Tx) -> Result<door::Model, GatewayError> {
    let select = || door::Entity::find().filter(door::Column::Id.eq(DOOR)).lock_exclusive();
    if let Some(door) = select().one(tx).await? {
        return Ok(door);
    }
    let (tenant_id, updated_at) = (tx.caller().tenant, tx.now().micros());
    let row = door::Model { tenant_id, id: DOOR, legacy: Behind::default(), version: 0, updated_at };
    door::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(row)
}

/// Puts a system of before behind the door, or another in its place.
pub(crate) async fn put_legacy(tx: &Tx, legacy: Legacy) -> Result<(), GatewayError> {
    let known = locked_door(tx).await?;
    announce_change(tx, door::Model { legacy: Behind { system: Some(legacy) }, ..known }).await
}

/// Takes the system of before away, unless a migration is under way or has a route that stands and falls with it.
pub(crate) async fn remove_legacy(tx: &Tx) -> Result<(), GatewayError> {
    let known = locked_door(tx).await?;
    if known.legacy.system.is_none() {
        return Err(GatewayError::NoLegacy);
    }
    let needs_it = |row: &Model| match row.stage {
        Stage::Shadow | Stage::Canary => true,
        Stage::Finished => row.settings.url.is_some() || row.settings.rewrite.is_some(),
        Stage::Observing | Stage::RolledBack | Stage::Undone => false,
    };
    let names: Vec<String> = all(tx).await?.into_iter().filter(needs_it).map(|row| row.name).collect();
    if !names.is_empty() {
        return Err(GatewayError::StillMoving(names));
    }
    announce_change(tx, door::Model { legacy: Behind::default(), ..known }).await
}

/// Every process sees that something about a migration has changed.
pub(crate) async fn announce(tx: &Tx) -> Result<(), GatewayError> {
    let known = locked_door(tx).await?;
    if known.legacy.system.is_none() {
        return Err(GatewayError::NoLegacy);
    }
    announce_change(tx, known).await
}

/// Every process sees that something has changed. `door` is the locked row.
pub(crate) async fn announce_change(tx: &Tx, door: door::Model) -> Result<(), GatewayError> {
    let row = door::Model { version: door.version + 1, updated_at: tx.now().micros(), ..door };
    let mut changes = row.into_active_model().reset_all();
    changes.not_set(door::Column::TenantId);
    changes.not_set(door::Column::Id);
    door::Entity::update_many().set(changes).filter(door::Column::Id.eq(DOOR)).exec(tx).await?;
    Ok(())
}

pub(crate) async fn insert(tx: &Tx, row: Model, why: Option<&str>) -> Result<Model, GatewayError> {
    if all(tx).await?.iter().any(|other| other.name == row.name || other.path == row.path) {
        return Err(GatewayError::Field { field: "name", error: FieldError::new("duplicate", "gateway-field-taken") });
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    note(tx, &row, why, Evidence::default()).await?;
    announce(tx).await?;
    Ok(row)
}

/// Writes a row that was changed, as another run, and who did it and why.
pub(crate) async fn save(tx: &Tx, mut row: Model, why: Option<&str>, evidence: Evidence) -> Result<Model, GatewayError> {
    row.generation += 1;
    row.version += 1;
    row.updated_at = tx.now().micros();
    let mut changes = row.clone().into_active_model().reset_all();
    changes.not_set(Column::TenantId);
    changes.not_set(Column::Id);
    Entity::update_many().set(changes).filter(Column::Id.eq(row.id)).exec(tx).await?;
    note(tx, &row, why, evidence).await?;
    announce(tx).await?;
    Ok(row)
}

async fn note(tx: &Tx, row: &Model, why: Option<&str>, evidence: Evidence) -> Result<(), GatewayError> {
    let record = step::Model {
        tenant_id: row.tenant_id,
        id: tx.new_id(),
        migration_id: row.id,
        stage: row.stage,
        percent: row.settings.percent,
        taken_by: tx.caller().user_id(),
        why: why.map(str::to_owned),
        evidence,
        created_at: tx.now().micros(),
    };
    step::Entity::insert(record.into_active_model()).exec_without_returning(tx).await?;
    let detail = json!({ "name": row.name, "stage": row.stage.name(), "percent": row.settings.percent, "why": why });
    tx.audit(Record::new(format!("gateway.migration.{}", row.stage.name())).object("migration", row.id).detail(detail));
    Ok(())
}

/// What the door took back by itself; says whether it was news. A decision that a person took since goes before it.
/// `report` is that of the door which did it.
pub(crate) async fn roll_back(tx: &Tx, app: &App, name: &str, generation: i64, report: &Value) -> Result<bool, GatewayError> {
    let found = Entity::find().filter(Column::Name.eq(name)).lock_exclusive().one(tx).await?;
    let Some(mut row) = found.filter(|row| row.stage == Stage::Canary && row.generation == generation) else { return Ok(false) };
    row.report = Evidence(app.seen_with(tx, &row, Some(report.clone())).await?);
    row.stage = Stage::RolledBack;
    let evidence = row.report.clone();
    save(tx, row, None, evidence).await?;
    Ok(true)
}

/// All traffic goes back at once; gives how many migrations were taken back.
pub(crate) async fn all_back(tx: &Tx, why: Option<&str>, app: &App) -> Result<u64, GatewayError> {
    // All of them before the first is written: whoever takes a step holds its migration and waits for the door, which is locked by writing.
    let rows = Entity::find().order_by_asc(Column::Name).limit(MOST).lock_exclusive().all(tx).await?;
    let mut taken = 0;
    for mut row in rows.into_iter().filter(|row| row.stage != Stage::Undone) {
        let seen = Evidence(app.seen(tx, &row).await?);
        row.stage = Stage::Undone;
        row.report = if seen.0.is_some() { seen.clone() } else { row.report };
        save(tx, row, why, seen).await?;
        taken += 1;
    }
    Ok(taken)
}
