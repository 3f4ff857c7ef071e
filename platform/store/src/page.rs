//! One page of a list and the number of all its rows: two statements, or one where the page tells the number.

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait};
use sea_orm::{EntityTrait, FromQueryResult, QuerySelect, Select};

use crate::error::StoreError;
use crate::tx::Tx;

/// Rows of one page, and how many there are on all pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub total: u64,
}

impl<T> Page<T> {
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(change).collect(), total: self.total }
    }
}

#[derive(FromQueryResult)]
struct Total {
    total: i64,
}

/// The rows `offset` to `offset + limit` of `select`. `ordered` adds the order, which counting does not need: make it a total
/// one (end with the id), or rows may stand on two pages.
///
/// # Errors
/// What the engine says.
pub async fn page<E: EntityTrait>(
    tx: &Tx,
    select: Select<E>,
    ordered: impl FnOnce(Select<E>) -> Select<E>,
    limit: u64,
    offset: u64,
) -> Result<Page<E::Model>, StoreError>
where
    E::Model: Send + Sync,
{
    let rows = ordered(select.clone()).limit(limit).offset(offset).all(tx).await?;
    let seen = rows.len() as u64;
    // A page that is not full is the last one, and says how many rows came before it. An empty one says so only at the start.
    if seen < limit && (seen > 0 || offset == 0) {
        return Ok(Page { rows, total: offset + seen });
    }
    let count = select.select_only().expr_as(Expr::col(Asterisk).count(), "total").into_model::<Total>().one(tx).await?;
    let total = count.map_or(0, |count| u64::try_from(count.total).unwrap_or(0));
    Ok(Page { rows, total })
}
