//! Usage by the hour.

use banyan_contracts::usage::UsageRow;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::ExprTrait as _;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;

use super::insert;
use crate::entity::usage_hour::{self, Column};

/// The index that holds one row for each hour, key, route and version.
pub(crate) const UNIQUE_INDEX: &str = "idx_usage_hours_hour_key_id_route_version";

/// Which hours to show.
#[derive(Clone, Debug, Default)]
pub(crate) struct UsageFilter {
    pub user: Option<Uuid>,
    pub key: Option<Uuid>,
    pub route: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Adds to the hour's row, which is made if there is none.
pub(crate) async fn add(tx: &Tx, row: &UsageRow) -> Result<(), StoreError> {
    let (key, user) = row.key.map_or((Uuid::nil(), Uuid::nil()), |owner| (owner.key, owner.user));
    let counts = &row.counts;
    let sums = [
        (Column::Requests, counts.requests),
        (Column::Refused, counts.refused),
        (Column::Limited, counts.limited),
        (Column::Failed, counts.failed),
        (Column::Micros, counts.micros),
    ];
    let update = sums
        .into_iter()
        .fold(usage_hour::Entity::update_many(), |update, (column, more)| update.col_expr(column, Expr::col(column).add(more)));
    let update = update
        .filter(Column::Hour.eq(row.hour.micros()))
        .filter(Column::KeyId.eq(key))
        .filter(Column::Route.eq(row.route.as_str()))
        .filter(Column::Version.eq(i64::from(row.version)));
    if update.exec(tx).await?.rows_affected > 0 {
        return Ok(());
    }
    let new = usage_hour::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        hour: row.hour.micros(),
        key_id: key,
        user_id: user,
        route: row.route.clone(),
        version: row.version.into(),
        requests: counts.requests,
        refused: counts.refused,
        limited: counts.limited,
        failed: counts.failed,
        micros: counts.micros,
    };
    insert(tx, new).await
}

/// Hours without an order.
pub(crate) fn select(filter: &UsageFilter) -> Select<usage_hour::Entity> {
    let mut select = usage_hour::Entity::find();
    if let Some(user) = filter.user {
        select = select.filter(Column::UserId.eq(user));
    }
    if let Some(key) = filter.key {
        select = select.filter(Column::KeyId.eq(key));
    }
    if let Some(route) = &filter.route {
        select = select.filter(Column::Route.eq(route.as_str()));
    }
    if let Some(from) = filter.from {
        select = select.filter(Column::Hour.gte(from.micros()));
    }
    if let Some(to) = filter.to {
        select = select.filter(Column::Hour.lt(to.micros()));
    }
    select
}

pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    usage_hour::Entity::delete_many().filter(Column::Hour.lt(before.micros())).exec(tx).await?;
    Ok(())
}
