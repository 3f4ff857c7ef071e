//! Rows decoded by position, straight into a type.
//!
//! SeaORM's own way out of a foreign connection is a map by column name for each row, whose values are then copied once more. For twenty
//! rows of eighteen columns that costs more than the query. A type declared with [`record!`](crate::record!) is read from the engine's
//! row in the order of the columns; statements, and what they may see, stay as they are.

use sea_orm::{ActiveEnum, EntityTrait, QuerySelect, QueryTrait, Select};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::StoreError;
use crate::postgres::driver::Cells as PostgresCells;
use crate::sqlite::Cells as SqliteCells;
use crate::tx::{Then, Tx};

/// A type that is read from the first columns of a row.
pub trait Record: Sized + Send {
    /// The columns' names in the order in which [`Record::read`] takes them.
    const COLUMNS: &'static [&'static str];

    /// # Errors
    /// When a column holds what the field does not take.
    fn read(row: &mut Reader<'_>) -> Result<Self, StoreError>;
}

/// One value of a row as the engine holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'r> {
    Null,
    Boolean(bool),
    /// Times are microseconds since 1970.
    Integer(i64),
    Real(f64),
    Text(&'r str),
    Uuid(Uuid),
    /// As text.
    Json(&'r [u8]),
    Bytes(&'r [u8]),
}

/// A type of a field of a [`Record`].
pub trait Field: Sized {
    /// `None` where the cell holds something else.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

/// Goes through the columns of one row.
pub struct Reader<'r> {
    row: Row<'r>,
    at: usize,
}

#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    Postgres(PostgresCells<'r>),
    Sqlite(SqliteCells<'r>),
}

impl<'r> Reader<'r> {
    pub(crate) fn new(row: Row<'r>) -> Self {
        Self { row, at: 0 }
    }

    /// The next column's value.
    ///
    /// # Errors
    /// When it does not fit, or there is none.
    pub fn field<T: Field>(&mut self) -> Result<T, StoreError> {
        self.read(T::from_cell)
    }

    /// The next column as one of the values of an enumeration.
    ///
    /// # Errors
    /// As [`Reader::field`].
    pub fn choice<T>(&mut self) -> Result<T, StoreError>
    where
        T: ActiveEnum,
        T::Value: Field,
    {
        self.read(|cell| T::try_from_value(&T::Value::from_cell(cell)?).ok())
    }

    /// The next column's JSON document; NULL reads as the document `null`.
    ///
    /// # Errors
    /// As [`Reader::field`].
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        self.read(|cell| match cell {
            Cell::Json(text) => serde_json::from_slice(text).ok(),
            Cell::Null => serde_json::from_slice(b"null").ok(),
            _ => None,
        })
    }

    fn read<T>(&mut self, take: impl FnOnce(Cell<'_>) -> Option<T>) -> Result<T, StoreError> {
        let at = self.at;
        self.at += 1;
        let cell = match self.row {
            Row::Postgres(row) => row.cell(at),
            Row::Sqlite(row) => row.cell(at),
        };
        cell.and_then(take)
            .ok_or_else(|| StoreError::Database(format!("column {at} of the row does not hold what is read from it")))
    }
}

macro_rules! field {
    ($($kind:ty: $pattern:pat => $value:expr;)+) => {$(
        impl Field for $kind {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    $pattern => Some($value),
                    _ => None,
                }
            }
        }
    )+};
}

field! {
    bool: Cell::Boolean(value) => value;
    i64: Cell::Integer(value) => value;
    f64: Cell::Real(value) => value;
    String: Cell::Text(value) => value.to_owned();
    Uuid: Cell::Uuid(value) => value;
    Vec<u8>: Cell::Bytes(value) => value.to_vec();
}

impl<T: Field> Field for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

/// Declares how a struct is read: its fields in the order of the columns. `as choice` is an enumeration (`DeriveActiveEnum`),
/// `as json` what is kept as a document.
///
/// ```ignore
/// banyan_store::record!(Model { tenant_id, id, title, status as choice, milestones as json });
/// ```
#[macro_export]
macro_rules! record {
    ($model:ty { $($field:ident $(as $how:ident)?),+ $(,)? }) => {
        impl $crate::record::Record for $model {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn read(row: &mut $crate::record::Reader<'_>) -> Result<Self, $crate::StoreError> {
                Ok(Self { $($field: $crate::record!(@read row $($how)?)?),+ })
            }
        }
    };
    (@read $row:ident) => { $row.field() };
    (@read $row:ident $how:ident) => { $row.$how() };
}

/// A row and, in the column after it, how many there are without the page's limit.
struct Counted<R>(R, i64);

impl<R: Record> Record for Counted<R> {
    const COLUMNS: &'static [&'static str] = R::COLUMNS;

    fn read(row: &mut Reader<'_>) -> Result<Self, StoreError> {
        Ok(Self(R::read(row)?, row.field()?))
    }
}

impl Tx {
    /// The first row that `select` finds.
    ///
    /// # Errors
    /// What the engine says, or a row that is not of the type.
    pub async fn one<E>(&self, select: Select<E>) -> Result<Option<E::Model>, StoreError>
    where
        E: EntityTrait,
        E::Model: Record,
    {
        let statement = select.limit(1).build(self.backend());
        Ok(self.run_records(&statement, Then::More).await?.into_iter().next())
    }

    /// The rows of a page, and the number that its last column tells; none where the page is empty.
    ///
    /// `select` reads the entity's columns and then one number, the same in all rows.
    ///
    /// # Errors
    /// As [`Tx::one`].
    pub async fn page<E>(&self, select: &Select<E>, then: Then) -> Result<(Vec<E::Model>, Option<u64>), StoreError>
    where
        E: EntityTrait,
        E::Model: Record,
    {
        let rows: Vec<Counted<E::Model>> = self.run_records(&select.build(self.backend()), then).await?;
        let total = rows.first().map(|row| row.1.unsigned_abs());
        Ok((rows.into_iter().map(|row| row.0).collect(), total))
    }
}

/// # Errors
/// When the statement's first columns are not those of the record.
pub(crate) fn check<'n>(wanted: &[&str], mut found: impl Iterator<Item = &'n str>) -> Result<(), StoreError> {
    match wanted.iter().find(|wanted| found.next() != Some(**wanted)) {
        None => Ok(()),
        Some(missing) => Err(StoreError::Database(format!("the statement does not read `{missing}` where the record does"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_fits_its_own_type_only() {
        assert_eq!(i64::from_cell(Cell::Integer(7)), Some(7));
        assert_eq!(i64::from_cell(Cell::Real(7.0)), None);
        assert_eq!(i64::from_cell(Cell::Null), None);
        assert_eq!(Option::<i64>::from_cell(Cell::Null), Some(None));
        assert_eq!(Option::<i64>::from_cell(Cell::Text("7")), None);
        assert_eq!(String::from_cell(Cell::Bytes(b"a")), None);
    }

    #[test]
    fn columns_out_of_order_are_noticed() {
        check(&["id", "title"], ["id", "title", "total"].into_iter()).unwrap();
        assert!(check(&["id", "title"], ["title", "id"].into_iter()).is_err());
        assert!(check(&["id", "title"], ["id"].into_iter()).is_err());
    }
}
