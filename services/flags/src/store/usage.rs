//! Evaluations by the hour.

use std::collections::BTreeMap;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Store, Tx};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::execute;
use crate::entity::usage::{Column, Entity, Model};
use crate::error::FlagsError;
use crate::sums::{Cell, Sum};

/// Rows of one answer: a flag of 20 variants over 30 days.
const MOST: u64 = 16_000;
const KEPT_SECONDS: i64 = 400 * 86_400;

/// In an order that is the same for all, so that no two processes wait for one another.
pub(crate) async fn add(tx: &Tx, cells: &[(Cell, Sum)]) -> Result<(), FlagsError> {
    let mut cells: Vec<&(Cell, Sum)> = cells.iter().collect();
    cells.sort_by(|(one, _), (other, _)| {
        (&one.flag, &one.environment, &one.variant, one.hour).cmp(&(&other.flag, &other.environment, &other.variant, other.hour))
    });
    for (cell, sum) in cells {
        add_one(tx, cell, *sum).await?;
    }
    Ok(())
}

async fn add_one(tx: &Tx, cell: &Cell, sum: Sum) -> Result<(), FlagsError> {
    const SQL: &str = "UPDATE flag_usage SET yes = yes + $1, no = no + $2 \
        WHERE flag = $3 AND environment = $4 AND variant = $5 AND hour = $6";
    let (yes, no) = (i64::try_from(sum.yes).unwrap_or(i64::MAX / 4), i64::try_from(sum.no).unwrap_or(i64::MAX / 4));
    let (flag, environment, variant) = (cell.flag.as_str(), &*cell.environment, cell.variant.as_str());
    let values = [yes.into(), no.into(), flag.into(), environment.into(), variant.into(), cell.hour.into()];
    if execute(tx, SQL, values).await? > 0 {
        return Ok(());
    }
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        environment: environment.to_owned(),
        flag: flag.to_owned(),
        variant: variant.to_owned(),
        hour: cell.hour,
        yes,
        no,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Of a flag in an environment, the oldest first.
pub(crate) async fn of(tx: &Tx, flag: &str, environment: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Model>, FlagsError> {
    let select = Entity::find().filter(Column::Flag.eq(flag)).filter(Column::Environment.eq(environment));
    let select = select.filter(Column::Hour.gte(from.micros())).filter(Column::Hour.lt(to.micros()));
    Ok(select.order_by_asc(Column::Hour).order_by_asc(Column::Variant).limit(MOST).all(tx).await?)
}

/// When each flag was last evaluated, by its key: the beginning of the hour, in microseconds.
pub(crate) async fn last_seen(tx: &Tx) -> Result<BTreeMap<String, i64>, FlagsError> {
    let rows = Entity::find().filter(Column::Variant.eq("")).order_by_asc(Column::Hour).all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.flag, row.hour)).collect())
}

/// Deletes what is older than 400 days.
pub(crate) async fn purge(store: &Store, tenant: Uuid) -> Result<u64, FlagsError> {
    let rows = store.system(tenant);
    let purged = rows.write(move |tx| async move {
        let before = tx.now().plus_seconds(-KEPT_SECONDS).micros();
        Ok::<_, FlagsError>(execute(&tx, "DELETE FROM flag_usage WHERE hour < $1", [before.into()]).await?)
    });
    purged.await
}
