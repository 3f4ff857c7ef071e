//! Values to and from SQLite, by the declared type of the column.

use rusqlite::types::{ToSqlOutput, Value as SqliteValue, ValueRef};
use rusqlite::{Row, Statement as Running, ToSql};
use sea_orm::{ProxyRow, Statement, Value};

use crate::record::Cell;
use crate::schema::ColumnType;
use crate::sqlite::security::{ResultColumn, ResultColumns};

/// A value that the column's type, or SQLite, has no place for.
#[derive(Debug, thiserror::Error)]
pub(super) enum ValueError {
    #[error("a value of a kind that the store does not know")]
    Kind,
    #[error("an integer beyond 64 bits with a sign")]
    Range,
    #[error("the statement has {wanted} parameters and was given {given}")]
    Count { wanted: usize, given: usize },
    #[error("column `{0}` holds what its type does not allow")]
    Stored(String),
}

impl From<ValueError> for rusqlite::Error {
    fn from(error: ValueError) -> Self {
        Self::ToSqlConversionFailure(Box::new(error))
    }
}

pub(super) fn bind(running: &mut Running<'_>, statement: &Statement) -> rusqlite::Result<()> {
    let given = statement.values.as_ref().map(|values| values.0.as_slice()).unwrap_or_default();
    let wanted = running.parameter_count();
    if given.len() != wanted {
        return Err(ValueError::Count { wanted, given: given.len() }.into());
    }
    for (at, value) in given.iter().enumerate() {
        running.raw_bind_parameter(at + 1, Bound(value))?;
    }
    Ok(())
}

struct Bound<'v>(&'v Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let borrowed = |value| ToSqlOutput::Borrowed(value);
        let integer = |value: Option<i64>| borrowed(value.map_or(ValueRef::Null, ValueRef::Integer));
        Ok(match self.0 {
            Value::Bool(value) => integer(value.map(i64::from)),
            Value::TinyInt(value) => integer(value.map(i64::from)),
            Value::SmallInt(value) => integer(value.map(i64::from)),
            Value::Int(value) => integer(value.map(i64::from)),
            Value::BigInt(value) => integer(*value),
            Value::TinyUnsigned(value) => integer(value.map(i64::from)),
            Value::SmallUnsigned(value) => integer(value.map(i64::from)),
            Value::Unsigned(value) => integer(value.map(i64::from)),
            Value::BigUnsigned(value) => integer(value.map(i64::try_from).transpose().map_err(|_| ValueError::Range)?),
            Value::Float(value) => borrowed(value.map_or(ValueRef::Null, |value| ValueRef::Real(value.into()))),
            Value::Double(value) => borrowed(value.map_or(ValueRef::Null, ValueRef::Real)),
            Value::String(value) => borrowed(value.as_ref().map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))),
            Value::Bytes(value) => borrowed(value.as_ref().map_or(ValueRef::Null, |bytes| ValueRef::Blob(bytes))),
            Value::Uuid(value) => borrowed(value.as_ref().map_or(ValueRef::Null, |id| ValueRef::Blob(id.as_bytes()))),
            Value::Char(value) => {
                ToSqlOutput::Owned(value.map_or(SqliteValue::Null, |letter| SqliteValue::Text(letter.to_string())))
            }
            Value::Json(value) => {
                ToSqlOutput::Owned(value.as_ref().map_or(SqliteValue::Null, |json| SqliteValue::Text(json.to_string())))
            }
            _ => return Err(ValueError::Kind.into()),
        })
    }
}

pub(super) fn columns(running: &Running<'_>) -> ResultColumns {
    let column = |column: rusqlite::Column<'_>| ResultColumn {
        name: column.name().to_owned(),
        kind: column.decl_type().and_then(declared),
    };
    let columns: Box<[ResultColumn]> = running.columns().into_iter().map(column).collect();
    let mut by_name: Box<[usize]> = (0..columns.len()).collect();
    by_name.sort_by(|left, right| columns[*left].name.cmp(&columns[*right].name));
    ResultColumns { columns, by_name }
}

/// The type names that `migrate` writes, in any case.
fn declared(name: &str) -> Option<ColumnType> {
    const NAMES: [(&str, ColumnType); 8] = [
        ("uuid_blob", ColumnType::Uuid),
        ("text", ColumnType::Text),
        ("integer", ColumnType::Integer),
        ("real", ColumnType::Real),
        ("boolean", ColumnType::Boolean),
        ("timestamp_integer", ColumnType::Timestamp),
        ("json_text", ColumnType::Json),
        ("blob", ColumnType::Bytes),
    ];
    NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, kind)| *kind)
}

pub(super) fn row(found: &ResultColumns, row: &Row<'_>) -> rusqlite::Result<ProxyRow> {
    // In order of the names: the map is then made in one go.
    let mut values = Vec::with_capacity(found.columns.len());
    for &place in &found.by_name {
        let column = &found.columns[place];
        let stored = row.get_ref(place)?;
        let value = match column.kind {
            Some(kind) => typed(kind, stored).ok_or_else(|| ValueError::Stored(column.name.clone()))?,
            None => untyped(stored).ok_or_else(|| ValueError::Stored(column.name.clone()))?,
        };
        values.push((column.name.clone(), value));
    }
    Ok(ProxyRow { values: values.into_iter().collect() })
}

/// One row's values by their place.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'r> {
    pub(super) columns: &'r [ResultColumn],
    pub(super) row: &'r Row<'r>,
}

impl<'r> Cells<'r> {
    /// `None` where the row has no such column, or it holds what its declared type does not allow.
    pub(crate) fn cell(self, place: usize) -> Option<Cell<'r>> {
        let kind = self.columns.get(place)?.kind;
        let text = |bytes: &'r [u8]| std::str::from_utf8(bytes).ok().map(Cell::Text);
        Some(match (kind, self.row.get_ref(place).ok()?) {
            (_, ValueRef::Null) => Cell::Null,
            (Some(ColumnType::Uuid), ValueRef::Blob(bytes)) => Cell::Uuid(uuid::Uuid::from_slice(bytes).ok()?),
            (Some(ColumnType::Json), ValueRef::Text(bytes)) => Cell::Json(bytes),
            (Some(ColumnType::Boolean), ValueRef::Integer(number)) => Cell::Boolean(number != 0),
            (Some(ColumnType::Integer | ColumnType::Timestamp) | None, ValueRef::Integer(number)) => Cell::Integer(number),
            (Some(ColumnType::Real) | None, ValueRef::Real(number)) => Cell::Real(number),
            (Some(ColumnType::Text) | None, ValueRef::Text(bytes)) => text(bytes)?,
            (Some(ColumnType::Bytes) | None, ValueRef::Blob(bytes)) => Cell::Bytes(bytes),
            _ => return None,
        })
    }
}

fn typed(kind: ColumnType, stored: ValueRef<'_>) -> Option<Value> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    Some(match (kind, stored) {
        (kind, ValueRef::Null) => null(kind),
        (ColumnType::Uuid, ValueRef::Blob(bytes)) => Value::Uuid(Some(uuid::Uuid::from_slice(bytes).ok()?)),
        (ColumnType::Text, ValueRef::Text(bytes)) => Value::String(Some(text(bytes)?)),
        (ColumnType::Integer | ColumnType::Timestamp, ValueRef::Integer(number)) => Value::BigInt(Some(number)),
        (ColumnType::Real, ValueRef::Real(number)) => Value::Double(Some(number)),
        (ColumnType::Boolean, ValueRef::Integer(number)) => Value::Bool(Some(number != 0)),
        (ColumnType::Json, ValueRef::Text(bytes)) => Value::Json(Some(Box::new(serde_json::from_slice(bytes).ok()?))),
        (ColumnType::Bytes, ValueRef::Blob(bytes)) => Value::Bytes(Some(bytes.to_vec())),
        _ => return None,
    })
}

fn null(kind: ColumnType) -> Value {
    match kind {
        ColumnType::Uuid => Value::Uuid(None),
        ColumnType::Text => Value::String(None),
        ColumnType::Integer | ColumnType::Timestamp => Value::BigInt(None),
        ColumnType::Real => Value::Double(None),
        ColumnType::Boolean => Value::Bool(None),
        ColumnType::Json => Value::Json(None),
        ColumnType::Bytes => Value::Bytes(None),
    }
}

/// An expression: what SQLite says it is. Aggregates over no rows are mostly of numbers.
fn untyped(stored: ValueRef<'_>) -> Option<Value> {
    Some(match stored {
        ValueRef::Null => Value::BigInt(None),
        ValueRef::Integer(number) => Value::BigInt(Some(number)),
        ValueRef::Real(number) => Value::Double(Some(number)),
        ValueRef::Text(bytes) => Value::String(Some(std::str::from_utf8(bytes).ok()?.to_owned())),
        ValueRef::Blob(bytes) => Value::Bytes(Some(bytes.to_vec())),
    })
}
