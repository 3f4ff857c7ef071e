//! A page and the count of the whole list, from the store, in one snapshot.

use banyan_store::record::Record;
use banyan_store::{StoreError, Then, Tx};
use sea_orm::sea_query::{Expr, NullOrdering, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, Iden, Order as SqlOrder, QueryOrder, QuerySelect, QueryTrait, Select};

use super::{Order, Paged, Paging};
use crate::Problem;

#[derive(FromQueryResult)]
struct Counted {
    total: i64,
}

impl Paging {
    /// The page of what `select` finds. `allowed` are the names of `orderBy` with their columns, the first one being the default; `id`
    /// breaks ties, so that no row is on two pages. Where a column may be NULL, its NULLs come last, on both engines.
    ///
    /// `select` has its filters and no order. Joins must not repeat rows, or they are counted twice.
    ///
    /// # Errors
    /// 422 for an `orderBy` that is not allowed; what the store answers.
    pub async fn fetch<E>(&self, tx: &Tx, select: Select<E>, allowed: &[(&str, E::Column)]) -> Result<Paged<E::Model>, Problem>
    where
        E: EntityTrait,
        E::Model: FromQueryResult + Send + Sync,
    {
        let select = select_page(self, select, allowed)?;
        let rows = select.clone().all(tx).await.map_err(StoreError::from)?;
        let found = rows.len() as u64;
        // The last page tells how many there are; the first page of a short list is the last one.
        let is_last = found < self.limit && (found > 0 || self.page == 1);
        let total = if is_last { self.offset() + found } else { count(tx, select).await? };
        Ok(Paged::new(self, total, rows))
    }

    /// As [`Paging::fetch`], for a page that is the last that its transaction reads: one statement gives the page and the count, and the
    /// transaction's end travels with it. A further statement is refused.
    ///
    /// # Errors
    /// As [`Paging::fetch`].
    pub async fn fetch_last<E>(
        &self,
        tx: &Tx,
        select: Select<E>,
        allowed: &[(&str, E::Column)],
    ) -> Result<Paged<E::Model>, Problem>
    where
        E: EntityTrait,
        E::Model: Record,
    {
        let page = select_page(self, select, allowed)?;
        let total = Expr::from(counting(page.as_query().clone()));
        // A page beyond the end has no row that could tell the total; then it is asked for.
        let then = if self.page == 1 { Then::End } else { Then::More };
        let (rows, total) = tx.page(&page.clone().expr_as(total, "total"), then).await?;
        let total = match total {
            Some(total) => total,
            None if self.page == 1 => 0,
            None => count(tx, page).await?,
        };
        Ok(Paged::new(self, total, rows))
    }
}

fn select_page<E: EntityTrait>(paging: &Paging, select: Select<E>, allowed: &[(&str, E::Column)]) -> Result<Select<E>, Problem> {
    let order = match paging.order {
        Order::Ascending => SqlOrder::Asc,
        Order::Descending => SqlOrder::Desc,
    };
    let mut select = match paging.ordered_by(allowed)? {
        Some(column) if column.def().is_null() => select.order_by_with_nulls(*column, order.clone(), NullOrdering::Last),
        Some(column) => select.order_by(*column, order.clone()),
        None => select,
    };
    let id = E::Column::from_str_or_none("id");
    if let Some(id) = id {
        select = select.order_by(id, order);
    }
    Ok(select.limit(paging.limit).offset(paging.offset()))
}

/// The number of rows that `page` finds without its limit.
fn counting(mut page: SelectStatement) -> SelectStatement {
    page.clear_order_by().reset_limit().reset_offset().clear_selects().expr(Expr::cust("COUNT(*)"));
    page
}

async fn count<E: EntityTrait>(tx: &Tx, mut select: Select<E>) -> Result<u64, Problem> {
    let query = QuerySelect::query(&mut select);
    query.clear_order_by().reset_limit().reset_offset();
    let counted = select
        .select_only()
        .expr_as(Expr::cust("COUNT(*)"), "total")
        .into_model::<Counted>()
        .one(tx)
        .await
        .map_err(StoreError::from)?;
    Ok(counted.map_or(0, |counted| counted.total.unsigned_abs()))
}

/// The column called `id`, which every table has.
trait ById: ColumnTrait {
    fn from_str_or_none(name: &str) -> Option<Self> {
        Self::iter().find(|column| Iden::unquoted(column) == name)
    }
}

impl<C: ColumnTrait> ById for C {}
