//! Changes that wait for approvals, or for their time.

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::flags::Deed;
use super::{environments, flags};
use crate::entity::request::{Column, Entity, Model};
use crate::error::FlagsError;

/// Those of a tenant that may wait at once.
pub(crate) const MOST_OPEN: usize = 1_000;
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt)];

/// How far a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for approvals.
    Pending,
    /// It may be applied.
    Approved,
    /// It will be applied at its time.
    Scheduled,
    Applied,
    Rejected,
    Withdrawn,
    /// The flag was changed meanwhile.
    Stale,
}

impl Stage {
    pub(crate) const ALL: [Self; 7] =
        [Self::Pending, Self::Approved, Self::Scheduled, Self::Applied, Self::Rejected, Self::Withdrawn, Self::Stale];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Scheduled => "scheduled",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Stale => "stale",
        }
    }

    pub(crate) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.word() == word).unwrap_or(Self::Stale)
    }

    /// Whether something may still come of it.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Approved | Self::Scheduled)
    }
}

/// Which are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) stage: Option<Stage>,
    pub(crate) key: Option<String>,
    pub(crate) environment: Option<String>,
}

pub(crate) async fn list(tx: &Tx, filter: &Filter, paging: &Paging) -> Result<Paged<Model>, FlagsError> {
    let mut select = Entity::find();
    if let Some(stage) = filter.stage {
        select = select.filter(Column::State.eq(stage.word()));
    }
    if let Some(key) = &filter.key {
        select = select.filter(Column::Key.eq(key.as_str()));
    }
    if let Some(environment) = &filter.environment {
        select = select.filter(Column::Environment.eq(environment.as_str()));
    }
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

pub(crate) async fn get(tx: &Tx, id: Uuid) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(FlagsError::Hidden)
}

/// Locked until the transaction ends, and open.
pub(crate) async fn locked_open(tx: &Tx, id: Uuid) -> Result<Model, FlagsError> {
    let row = Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?.ok_or(FlagsError::Hidden)?;
    if Stage::of(&row.state).is_open() { Ok(row) } else { Err(FlagsError::Conflict("flags-change-decided")) }
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<Model, FlagsError> {
    let open = [Stage::Pending, Stage::Approved, Stage::Scheduled].map(Stage::word);
    if Entity::find().filter(Column::State.is_in(open)).count(tx).await? >= MOST_OPEN as u64 {
        return Err(FlagsError::TooMany { message: "flags-too-many-changes", most: MOST_OPEN });
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    note(tx, &row, "asked", row.why.as_deref());
    Ok(row)
}

/// Writes a changed row; `act` is for the audit log.
pub(crate) async fn save(tx: &Tx, mut row: Model, act: &str) -> Result<Model, FlagsError> {
    row.version += 1;
    row.updated_at = tx.now().micros();
    let mut changes = row.clone().into_active_model().reset_all();
    for fixed in [Column::TenantId, Column::Id, Column::FlagId, Column::Key, Column::Environment, Column::CreatedAt] {
        changes.not_set(fixed);
    }
    Entity::update_many().set(changes).filter(Column::Id.eq(row.id)).exec(tx).await?;
    note(tx, &row, act, row.decided_why.as_deref());
    Ok(row)
}

fn note(tx: &Tx, row: &Model, act: &str, why: Option<&str>) {
    let detail = json!({ "flag": row.key, "environment": row.environment, "state": row.state, "why": why });
    tx.audit(Record::new(format!("flag-change.{act}")).object("flag-change", row.id).detail(detail));
}

/// Does what was asked for. Where the flag says something else by now than it did then, the change goes stale instead.
pub(crate) async fn apply(tx: &Tx, mut row: Model) -> Result<Model, FlagsError> {
    let environment = environments::get(tx, &row.environment).await?;
    if i64::try_from(row.approvals.0.len()).unwrap_or(i64::MAX) < environment.approvals.max(row.needed) {
        return Err(FlagsError::Conflict("flags-needs-approval"));
    }
    let flag = match flags::locked_living(tx, &row.key).await {
        Ok(flag) if flag.id == row.flag_id => Some(flag),
        Ok(_) | Err(FlagsError::Hidden | FlagsError::Conflict(_)) => None,
        Err(error) => return Err(error),
    };
    let same = flag.filter(|flag| flag.settings_of(&row.environment) == row.base);
    let Some(before) = same else {
        row.state = Stage::Stale.word().to_owned();
        return save(tx, row, "went-stale").await;
    };
    let mut after = before.clone();
    after.settings.0.insert(row.environment.clone(), row.base.with(&row.proposal));
    flags::save(tx, &before, after, Deed { act: "applied", why: row.why.as_deref() }).await?;
    row.state = Stage::Applied.word().to_owned();
    save(tx, row, "applied").await
}
