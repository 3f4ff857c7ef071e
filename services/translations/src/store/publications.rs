//! Publications, and which of them counts.

use banyan_http::{Paged, Paging};
use banyan_store::Tx;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
    Statement,
};

use super::execute;
use crate::entity::head;
use crate::entity::publication::{Column, Entity, Model, Texts};
use crate::error::TranslationsError;
use crate::place::Place;

const ORDERS: &[(&str, Column)] = &[("number", Column::Number)];

/// What is to be published.
pub(crate) struct New<'n> {
    pub(crate) texts: Texts,
    pub(crate) restored_from: Option<i64>,
    pub(crate) why: Option<&'n str>,
}

fn of(place: &Place) -> Select<Entity> {
    Entity::find().filter(Column::Application.eq(place.application())).filter(Column::Locale.eq(place.locale.tag()))
}

pub(crate) async fn list(tx: &Tx, place: &Place, paging: &Paging) -> Result<Paged<Model>, TranslationsError> {
    Ok(paging.fetch(tx, of(place), ORDERS).await?)
}

pub(crate) async fn numbered(tx: &Tx, place: &Place, number: i64) -> Result<Option<Model>, TranslationsError> {
    Ok(of(place).filter(Column::Number.eq(number)).one(tx).await?)
}

/// The latest, which is the one that counts.
pub(crate) async fn latest(tx: &Tx, place: &Place) -> Result<Option<Model>, TranslationsError> {
    Ok(of(place).order_by_desc(Column::Number).limit(1).one(tx).await?)
}

/// Publishes above what counts now. Two at once come one after the other, or the second is told of a conflict and tried again.
pub(crate) async fn publish(tx: &Tx, place: &Place, last: Option<&Model>, new: New<'_>) -> Result<Model, TranslationsError> {
    let nothing = Texts::default();
    let before = last.map_or(&nothing, |last| &last.texts);
    let differs = |key: &&String| before.0.get(*key) != new.texts.0.get(*key);
    let keys: std::collections::BTreeSet<&String> = before.0.keys().chain(new.texts.0.keys()).collect();
    let changed = i64::try_from(keys.into_iter().filter(differs).count()).unwrap_or(i64::MAX);
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        application: place.application().to_owned(),
        locale: place.locale.tag().to_owned(),
        number: last.map_or(0, |last| last.number) + 1,
        changed,
        restored_from: new.restored_from,
        texts: new.texts,
        published_by: tx.caller().user_id(),
        why: new.why.map(str::to_owned),
        created_at: tx.now().micros(),
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    point(tx, &row).await?;
    Ok(row)
}

/// From here on the row counts.
async fn point(tx: &Tx, row: &Model) -> Result<(), TranslationsError> {
    const MOVE: &str = "UPDATE publication_heads SET number = $1, revision = revision + 1, updated_at = $2 \
        WHERE tenant = $3 AND application = $4 AND locale = $5";
    let key = || [row.tenant_id.into(), row.application.as_str().into(), row.locale.as_str().into()];
    let values: [sea_orm::Value; 2] = [row.number.into(), row.created_at.into()];
    if execute(tx, MOVE, values.into_iter().chain(key())).await? == 0 {
        let head = head::Model {
            id: tx.new_id(),
            tenant: row.tenant_id,
            application: row.application.clone(),
            locale: row.locale.clone(),
            number: row.number,
            revision: 1,
            updated_at: row.created_at,
        };
        head::Entity::insert(head.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// A number that changes with each publication of anybody.
pub(crate) async fn pulse(tx: &Tx) -> Result<i64, TranslationsError> {
    #[derive(FromQueryResult)]
    struct Sum {
        sum: i64,
    }
    const SQL: &str = "SELECT CAST(COALESCE(SUM(revision), 0) AS BIGINT) AS sum FROM publication_heads";
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), SQL)).await?;
    Ok(row.map(|row| Sum::from_query_result(&row, "")).transpose()?.map_or(0, |sum| sum.sum))
}

pub(crate) async fn heads(tx: &Tx) -> Result<Vec<head::Model>, TranslationsError> {
    Ok(head::Entity::find().all(tx).await?)
}

/// What a head points to; read by the service itself in the head's tenant.
pub(crate) async fn pointed(tx: &Tx, head: &head::Model) -> Result<Option<Model>, TranslationsError> {
    let select =
        Entity::find().filter(Column::Application.eq(head.application.as_str())).filter(Column::Locale.eq(head.locale.as_str()));
    Ok(select.filter(Column::Number.eq(head.number)).one(tx).await?)
}
