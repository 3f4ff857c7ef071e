//! Usage by the hour.

use banyan_contracts::usage::{UsageCounts, UsageRow};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::ExprTrait as _;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, QueryOrder as _, QueryResult, QuerySelect as _};

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
    pub version: Option<u32>,
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
    if let Some(version) = filter.version {
        select = select.filter(Column::Version.eq(i64::from(version)));
    }
    if let Some(from) = filter.from {
        select = select.filter(Column::Hour.gte(from.micros()));
    }
    if let Some(to) = filter.to {
        select = select.filter(Column::Hour.lt(to.micros()));
    }
    select
}

/// Hours behind `last`, or the first ones, the oldest first.
pub(crate) async fn after(
    tx: &Tx,
    filter: &UsageFilter,
    last: Option<&usage_hour::Model>,
    most: u64,
) -> Result<Vec<usage_hour::Model>, StoreError> {
    let mut select = select(filter);
    if let Some(last) = last {
        let later = Column::Hour.gt(last.hour);
        let beside = Column::Hour.eq(last.hour).and(Column::Id.gt(last.id));
        // The first condition alone would do; with it an index finds the place.
        select = select.filter(Column::Hour.gte(last.hour)).filter(later.or(beside));
    }
    Ok(select.order_by_asc(Column::Hour).order_by_asc(Column::Id).limit(most).all(tx).await?)
}

/// By what requests are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Hour,
    Key,
    Route,
    Version,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::Key, Self::Route, Self::Version];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Key => "key",
            Self::Route => "route",
            Self::Version => "version",
        }
    }

    const fn column(self) -> Column {
        match self {
            Self::Hour => Column::Hour,
            Self::Key => Column::KeyId,
            Self::Route => Column::Route,
            Self::Version => Column::Version,
        }
    }
}

/// Requests of one hour, key, route and version, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct UsageSum {
    pub hour: Option<i64>,
    /// Nil for requests without a key.
    pub key: Option<Uuid>,
    pub route: Option<String>,
    pub version: Option<i64>,
    pub counts: UsageCounts,
}

impl FromQueryResult for UsageSum {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let columns = row.column_names();
        let has = |part: Part| columns.iter().any(|name| name == part.name());
        let count = |name: &str| row.try_get::<Option<i64>>("", name).map(Option::unwrap_or_default);
        Ok(Self {
            hour: has(Part::Hour).then(|| row.try_get("", "hour")).transpose()?,
            key: has(Part::Key).then(|| row.try_get("", "key")).transpose()?,
            route: has(Part::Route).then(|| row.try_get("", "route")).transpose()?,
            version: has(Part::Version).then(|| row.try_get("", "version")).transpose()?,
            counts: UsageCounts {
                requests: count("requests")?,
                refused: count("refused")?,
                limited: count("limited")?,
                failed: count("failed")?,
                micros: count("micros")?,
            },
        })
    }
}

/// What is summed up if nobody says from when.
const LAST_WEEK_SECONDS: i64 = 7 * 24 * 3_600;

/// At most `most` sums, the latest hour first, then the most requests. Without a beginning it is the last week.
pub(crate) async fn sums(tx: &Tx, filter: &UsageFilter, parts: &[Part], most: u64) -> Result<Vec<UsageSum>, StoreError> {
    let from = filter.from.unwrap_or_else(|| tx.now().plus_seconds(-LAST_WEEK_SECONDS));
    let filter = UsageFilter { from: Some(from), ..filter.clone() };
    let mut sums = select(&filter).select_only();
    for part in parts {
        sums = sums.column_as(part.column(), part.name()).group_by(part.column());
    }
    for (column, name) in [
        (Column::Requests, "requests"),
        (Column::Refused, "refused"),
        (Column::Limited, "limited"),
        (Column::Failed, "failed"),
        (Column::Micros, "micros"),
    ] {
        // PostgreSQL adds up whole numbers as `numeric`.
        sums = sums.column_as(Expr::col(column).sum().cast_as("bigint"), name);
    }
    if parts.contains(&Part::Hour) {
        sums = sums.order_by_desc(Column::Hour);
    }
    sums = sums.order_by_desc(Expr::col(Column::Requests).sum());
    for part in parts.iter().filter(|part| **part != Part::Hour) {
        sums = sums.order_by_asc(part.column());
    }
    Ok(sums.limit(most).into_model::<UsageSum>().all(tx).await?)
}

pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    usage_hour::Entity::delete_many().filter(Column::Hour.lt(before.micros())).exec(tx).await?;
    Ok(())
}
