//! SeaORM's statements on `tokio-postgres`: values are written as the type that the server expects, rows come back as [`ProxyRow`].

use std::error::Error;
use std::time::Instant;

use bytes::{BufMut, BytesMut};
use deadpool_postgres::ClientWrapper;
use futures_util::{TryStreamExt, pin_mut};
use sea_orm::{ProxyRow, Statement, Value};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Column, Row, RowStream, Statement as Prepared};

use super::{failed, policies};
use crate::error::StoreError;
use crate::record::{self, Cell, Reader, Record};
use crate::store::Observer;

/// Microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch.
const EPOCH: i64 = 946_684_800_000_000;

pub(crate) async fn query(connection: &ClientWrapper, statement: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
    let stream = send(connection, statement).await?;
    pin_mut!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await.map_err(failed)? {
        rows.push(read(&row)?);
    }
    Ok(rows)
}

/// Runs a statement and decodes its rows by position.
pub(crate) async fn records<R: Record>(connection: &ClientWrapper, statement: &Statement) -> Result<Vec<R>, StoreError> {
    let prepared = prepare(connection, &statement.sql).await?;
    record::check(R::COLUMNS, prepared.columns().iter().map(Column::name))?;
    let stream = run(connection, &prepared, statement).await?;
    pin_mut!(stream);
    let mut records = Vec::new();
    while let Some(row) = stream.try_next().await.map_err(failed)? {
        records.push(R::read(&mut Reader::new(record::Row::Postgres(Cells(&row))))?);
    }
    Ok(records)
}

pub(crate) async fn execute(connection: &ClientWrapper, statement: &Statement) -> Result<u64, StoreError> {
    affected(send(connection, statement).await?).await
}

async fn affected(stream: RowStream) -> Result<u64, StoreError> {
    pin_mut!(stream);
    while stream.try_next().await.map_err(failed)?.is_some() {}
    Ok(stream.rows_affected().unwrap_or(0))
}

async fn send(connection: &ClientWrapper, statement: &Statement) -> Result<RowStream, StoreError> {
    let prepared = prepare(connection, &statement.sql).await?;
    run(connection, &prepared, statement).await
}

/// Lets the server prepare what it has not seen on this connection; asks it nothing otherwise.
pub(crate) async fn prepare(connection: &ClientWrapper, sql: &str) -> Result<Prepared, StoreError> {
    policies::admit(sql)?;
    connection.prepare_cached(sql).await.map_err(failed)
}

/// The first look at it sends.
async fn run(connection: &ClientWrapper, prepared: &Prepared, statement: &Statement) -> Result<RowStream, StoreError> {
    let values = statement.values.iter().flat_map(|values| values.0.iter()).map(Bind).collect::<Vec<_>>();
    let values = values.iter().map(|value| value as &(dyn ToSql + Sync));
    connection.query_raw(prepared, values).await.map_err(failed)
}

/// A statement that is prepared, so that it is sent in the order in which it is asked to run.
pub(crate) struct Write<'s> {
    prepared: Prepared,
    statement: &'s Statement,
}

pub(crate) async fn prepare_all<'s>(
    connection: &ClientWrapper,
    statements: &'s [Statement],
) -> Result<Vec<Write<'s>>, StoreError> {
    let mut writes = Vec::with_capacity(statements.len());
    for statement in statements {
        writes.push(Write { prepared: prepare(connection, &statement.sql).await?, statement });
    }
    Ok(writes)
}

impl Write<'_> {
    /// The first look at it sends.
    pub(crate) async fn run(&self, connection: &ClientWrapper, observer: &dyn Observer) -> Result<(), StoreError> {
        let started = Instant::now();
        let done = match run(connection, &self.prepared, self.statement).await {
            Ok(stream) => affected(stream).await.map(drop),
            Err(error) => Err(error),
        };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        observer.statement(&self.statement.sql, micros, done.as_ref().err());
        done
    }
}

#[derive(Debug)]
struct Bind<'a>(&'a Value);

impl ToSql for Bind<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Bool(value) => value.to_sql(kind, out),
            Value::TinyInt(value) => integer(value.map(i64::from), kind, out),
            Value::SmallInt(value) => integer(value.map(i64::from), kind, out),
            Value::Int(value) => integer(value.map(i64::from), kind, out),
            Value::BigInt(value) => integer(*value, kind, out),
            Value::Unsigned(value) => integer(value.map(i64::from), kind, out),
            Value::BigUnsigned(value) => integer(value.map(i64::try_from).transpose()?, kind, out),
            Value::Float(value) => value.map(f64::from).to_sql(kind, out),
            Value::Double(value) => value.to_sql(kind, out),
            Value::String(value) => value.as_deref().to_sql(kind, out),
            Value::Bytes(value) => value.as_deref().to_sql(kind, out),
            Value::Uuid(value) => value.to_sql(kind, out),
            Value::Json(value) => value.as_deref().to_sql(kind, out),
            other => Err(format!("values such as {other:?} are not stored").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(value: Option<i64>, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    let Some(value) = value else {
        return Ok(IsNull::Yes);
    };
    match *kind {
        Type::TIMESTAMPTZ => out.put_i64(value.checked_sub(EPOCH).ok_or("time out of range")?),
        Type::INT4 => out.put_i32(i32::try_from(value)?),
        Type::INT2 => out.put_i16(i16::try_from(value)?),
        Type::FLOAT8 => out.put_f64(value as f64),
        Type::INT8 => out.put_i64(value),
        ref other => return Err(format!("an integer does not fit into {other}").into()),
    }
    Ok(IsNull::No)
}

fn read(row: &Row) -> Result<ProxyRow, StoreError> {
    let mut values = std::collections::BTreeMap::new();
    for (index, column) in row.columns().iter().enumerate() {
        let value = column_value(row, index, column.type_()).map_err(failed)?;
        values.insert(column.name().to_owned(), value);
    }
    Ok(ProxyRow::new(values))
}

fn column_value(row: &Row, index: usize, kind: &Type) -> Result<Value, tokio_postgres::Error> {
    Ok(match *kind {
        Type::BOOL => row.try_get::<_, Option<bool>>(index)?.into(),
        Type::INT2 => row.try_get::<_, Option<i16>>(index)?.map(i64::from).into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map(i64::from).into(),
        Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
        Type::FLOAT4 => row.try_get::<_, Option<f32>>(index)?.map(f64::from).into(),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(index)?.into(),
        Type::UUID => row.try_get::<_, Option<uuid::Uuid>>(index)?.into(),
        Type::JSON | Type::JSONB => row.try_get::<_, Option<serde_json::Value>>(index)?.into(),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.into(),
        Type::TIMESTAMPTZ => row.try_get::<_, Option<Micros>>(index)?.map(|time| time.0).into(),
        Type::NUMERIC => row.try_get::<_, Option<Numeric>>(index)?.map_or(Value::BigInt(None), |number| number.0),
        _ => row.try_get::<_, Option<Text>>(index)?.map(|text| text.0).into(),
    })
}

/// One row's values by their place.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'r>(&'r Row);

impl<'r> Cells<'r> {
    /// `None` where the row has no such column, or it is of a type that no column of ours has.
    pub(crate) fn cell(self, place: usize) -> Option<Cell<'r>> {
        self.0.try_get(place).ok()
    }
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::UUID => Self::Uuid(uuid::Uuid::from_slice(raw)?),
            Type::TIMESTAMPTZ => Self::Integer(i64::from_be_bytes(raw.try_into()?).saturating_add(EPOCH)),
            Type::INT8 => Self::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::FLOAT8 => Self::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::BOOL => Self::Boolean(bool::from_sql(kind, raw)?),
            Type::TEXT | Type::VARCHAR => Self::Text(std::str::from_utf8(raw)?),
            Type::BYTEA => Self::Bytes(raw),
            Type::JSON => Self::Json(raw),
            // The binary form is a version, 1, and the text.
            Type::JSONB => Self::Json(raw.strip_prefix(&[1]).ok_or("a jsonb of a later version")?),
            ref other => return Err(format!("records have no field for {other}").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

struct Micros(i64);

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?).saturating_add(EPOCH)))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMPTZ
    }
}

/// Any other type whose binary form is its text (text, varchar, name, unknown, enums).
struct Text(String);

impl<'a> FromSql<'a> for Text {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(String::from_utf8(raw.to_vec())?))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// `SUM` of bigint is numeric: a whole number that fits stays one, others become a double.
struct Numeric(Value);

impl<'a> FromSql<'a> for Numeric {
    /// Layout: digit count, weight of the first digit, sign, scale (16 bits each), then base-10,000 digits.
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let word = |at: usize| -> Result<i16, Box<dyn Error + Sync + Send>> {
            let bytes = raw.get(at * 2..at * 2 + 2).ok_or("a numeric is cut off")?;
            Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
        };
        let (count, weight, sign) = (usize::try_from(word(0)?)?, i32::from(word(1)?), word(2)?);
        let (mut whole, mut fits, mut double) = (0_i128, true, 0_f64);
        for index in 0..count {
            let digit = word(4 + index)?;
            let power = weight - i32::try_from(index)?;
            double += f64::from(digit) * 10_000_f64.powi(power);
            fits &= (0..=4).contains(&power) || digit == 0;
            if fits && power >= 0 {
                whole += i128::from(digit) * 10_000_i128.pow(power.unsigned_abs());
            }
        }
        let negative = sign == 0x4000;
        let whole = if negative { -whole } else { whole };
        Ok(Self(match i64::try_from(whole) {
            Ok(whole) if fits => Value::BigInt(Some(whole)),
            _ => Value::Double(Some(if negative { -double } else { double })),
        }))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::NUMERIC
    }
}
