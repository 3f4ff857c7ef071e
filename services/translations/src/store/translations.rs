//! Translations and their steps.

use banyan_http::{ETag, Paged, Paging, Problem};
use banyan_kernel::{ErrorCode, Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::entity::step::{self, Act};
use crate::entity::translation::{Column, Entity, Model, State};
use crate::error::TranslationsError;
use crate::place::Place;

const STEP_ORDERS: &[(&str, step::Column)] = &[("createdAt", step::Column::CreatedAt)];

/// One step to be taken.
pub(crate) struct Step<'s> {
    pub(crate) act: Act,
    pub(crate) text: Option<&'s str>,
    pub(crate) note: Option<&'s str>,
}

impl Step<'_> {
    pub(crate) const fn bare(act: Act) -> Self {
        Self { act, text: None, note: None }
    }
}

/// The tag of what is stored.
pub(crate) fn tag(row: &Model) -> ETag {
    ETag::of_version(row.id, Timestamp::from_micros(row.version))
}

fn of(place: &Place) -> Select<Entity> {
    Entity::find().filter(Column::Application.eq(place.application())).filter(Column::Locale.eq(place.locale.tag()))
}

/// All of a place. There are no more than messages in the files, and those that the files had before.
pub(crate) async fn all(tx: &Tx, place: &Place) -> Result<Vec<Model>, TranslationsError> {
    Ok(of(place).all(tx).await?)
}

#[derive(FromQueryResult)]
struct Begun {
    locale: String,
}

/// The languages in which anybody wrote a text.
pub(crate) async fn locales(tx: &Tx) -> Result<Vec<String>, TranslationsError> {
    let rows = Entity::find().select_only().column(Column::Locale).distinct().into_model::<Begun>().all(tx).await?;
    Ok(rows.into_iter().map(|row| row.locale).collect())
}

pub(crate) async fn in_state(tx: &Tx, place: &Place, state: State) -> Result<Vec<Model>, TranslationsError> {
    Ok(of(place).filter(Column::State.eq(state)).lock_exclusive().all(tx).await?)
}

pub(crate) async fn find(tx: &Tx, place: &Place, key: &str) -> Result<Option<Model>, TranslationsError> {
    Ok(of(place).filter(Column::Key.eq(key)).one(tx).await?)
}

/// The row, locked until the transaction ends: of two people at once, the second decides on what the first has left.
pub(crate) async fn locked(tx: &Tx, place: &Place, key: &str) -> Result<Option<Model>, TranslationsError> {
    Ok(of(place).filter(Column::Key.eq(key)).lock_exclusive().one(tx).await?)
}

pub(crate) async fn steps(tx: &Tx, id: Uuid, paging: &Paging) -> Result<Paged<step::Model>, TranslationsError> {
    let select = step::Entity::find().filter(step::Column::TranslationId.eq(id));
    Ok(paging.fetch(tx, select, STEP_ORDERS).await?)
}

/// As [`steps`], of a text that nobody has touched.
pub(crate) fn no_steps(paging: &Paging) -> Result<Paged<step::Model>, TranslationsError> {
    paging.ordered_by(STEP_ORDERS)?;
    Ok(paging.cut(std::iter::empty()))
}

/// Writes a new row and its first step.
pub(crate) async fn insert(tx: &Tx, row: Model, step: &Step<'_>) -> Result<Model, TranslationsError> {
    let inserted = Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await;
    inserted.map_err(|error| match StoreError::from(error) {
        // Somebody else was first, since this one has looked.
        StoreError::Unique { .. } => Problem::from(ErrorCode::PreconditionFailed).into(),
        error => TranslationsError::from(error),
    })?;
    note(tx, &row, step).await?;
    Ok(row)
}

/// Writes a row that was changed, and the step.
pub(crate) async fn save(tx: &Tx, mut row: Model, step: &Step<'_>) -> Result<Model, TranslationsError> {
    row.version += 1;
    row.updated_at = tx.now().micros();
    let mut changes = row.clone().into_active_model().reset_all();
    for fixed in [Column::TenantId, Column::Id, Column::Application, Column::Locale, Column::Key, Column::CreatedAt] {
        changes.not_set(fixed);
    }
    Entity::update_many().set(changes).filter(Column::Id.eq(row.id)).exec(tx).await?;
    note(tx, &row, step).await?;
    Ok(row)
}

pub(crate) async fn note(tx: &Tx, row: &Model, step: &Step<'_>) -> Result<step::Model, TranslationsError> {
    let record = step::Model {
        tenant_id: row.tenant_id,
        id: tx.new_id(),
        translation_id: row.id,
        act: step.act,
        state: row.state,
        text: step.text.map(str::to_owned),
        note: step.note.map(str::to_owned),
        taken_by: tx.caller().user_id(),
        version: row.version,
        created_at: tx.now().micros(),
    };
    step::Entity::insert(record.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(record)
}

/// What people said about translations of the tenant, the oldest first, with the translation's id. The latest 10,000.
pub(crate) async fn comments(tx: &Tx) -> Result<Vec<(Uuid, String)>, TranslationsError> {
    const MOST: u64 = 10_000;
    let select = step::Entity::find().filter(step::Column::Act.eq(Act::Commented)).order_by_desc(step::Column::CreatedAt);
    let mut found = select.limit(MOST).all(tx).await?;
    found.reverse();
    Ok(found.into_iter().filter_map(|row| Some((row.translation_id, row.note?))).collect())
}
