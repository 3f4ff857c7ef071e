//! What services hold of a person, for the copy that the law gives them (GDPR article 15, UU No. 27 Tahun 2022 article 7).
//!
//! Row security already says what is whose: a tenant's table with [`Rule::Owner`] in its read rule holds rows of people, and a person who reads them
//! gets what may be told and nothing else. So nothing more is declared, and a table that is added is in the copy.

use banyan_kernel::{Timestamp, Uuid};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::migrate::Schema;
use crate::platform_tables;
use crate::policy::Rule;
use crate::schema::{Column, ColumnType, Scope, Table};
use crate::tx::Tx;

/// Rows that are read in one transaction.
const PAGE: u64 = 200;

/// A table that holds rows of people, as one of them sees it.
#[derive(Clone, Debug)]
pub struct Personal {
    table: &'static str,
    owner: &'static str,
    told: Vec<Column>,
    withheld: Vec<&'static str>,
}

/// Some rows of one person, in the order of their ids.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<Map<String, Value>>,
    /// After which id the next page begins; nothing after the last.
    pub next: Option<Uuid>,
}

impl Schema {
    /// The tables of the service that hold rows of people, in the order in which they are declared.
    pub fn personal(&self) -> Vec<Personal> {
        let grants = self.tables.iter().any(|table| is_granted(&table.policy.read)).then(platform_tables::grants);
        self.tables.iter().chain(&grants).filter_map(Personal::of).collect()
    }
}

impl Personal {
    fn of(table: &Table) -> Option<Self> {
        // Tables of the installation with an owner are a program's work in a person's name, such as deliveries of everybody's events.
        let owner = owner(&table.policy.read).filter(|_| table.scope == Scope::Tenant)?;
        let columns = table.columns.iter().filter(|column| column.name != owner && !is_of_tenant(column.name));
        // Bytes are digests, and what is sealed: neither says anything to the person.
        let (told, withheld): (Vec<&Column>, Vec<&Column>) = columns.partition(|column| column.kind != ColumnType::Bytes);
        Some(Self {
            table: table.name,
            owner,
            told: told.into_iter().cloned().collect(),
            withheld: withheld.into_iter().map(|column| column.name).collect(),
        })
    }

    pub fn table(&self) -> &'static str {
        self.table
    }

    /// The columns that are told, as they are named in the store.
    pub fn told(&self) -> impl Iterator<Item = &'static str> {
        self.told.iter().map(|column| column.name)
    }

    /// The columns that are not told: digests and sealed secrets.
    pub fn withheld(&self) -> &[&'static str] {
        &self.withheld
    }

    /// The rows after `after` of the person who reads, with the names of columns in camel case and times as in RFC 3339; none where it is
    /// no person who reads.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn page(&self, tx: &Tx, after: Option<Uuid>) -> Result<Page, StoreError> {
        let Some(person) = tx.caller().user_id() else { return Ok(Page::default()) };
        let columns: Vec<String> = self.told.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let (columns, table, owner) = (columns.join(", "), self.table, self.owner);
        let sql = format!(
            "SELECT \"id\" AS \"place\", {columns} FROM \"{table}\" WHERE \"{owner}\" = $1 AND \"id\" > $2 ORDER BY \"id\" LIMIT {PAGE}"
        );
        let values = [person.into(), after.unwrap_or_default().into()];
        let found = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        let last = found.last().filter(|_| found.len() as u64 == PAGE);
        let next = last.map(|row| row.try_get("", "place")).transpose()?;
        let rows: Result<Vec<_>, StoreError> = found.iter().map(|row| self.row(row)).collect();
        Ok(Page { rows: rows?, next })
    }

    fn row(&self, found: &QueryResult) -> Result<Map<String, Value>, StoreError> {
        self.told.iter().map(|column| told(found, column)).collect()
    }
}

fn told(row: &QueryResult, column: &Column) -> Result<(String, Value), StoreError> {
    let name = column.name;
    let value = match column.kind {
        ColumnType::Uuid => row.try_get::<Option<Uuid>>("", name)?.map(|id| id.to_string().into()),
        ColumnType::Text => row.try_get::<Option<String>>("", name)?.map(Value::from),
        ColumnType::Integer => row.try_get::<Option<i64>>("", name)?.map(Value::from),
        ColumnType::Real => row.try_get::<Option<f64>>("", name)?.map(Value::from),
        ColumnType::Boolean => row.try_get::<Option<bool>>("", name)?.map(Value::from),
        ColumnType::Timestamp => {
            row.try_get::<Option<i64>>("", name)?.map(|micros| Timestamp::from_micros(micros).to_string().into())
        }
        ColumnType::Json => row.try_get::<Option<Value>>("", name)?,
        ColumnType::Bytes => None,
    };
    Ok((camel(name), value.unwrap_or_default()))
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name + letters.as_str()
    })
}

fn is_of_tenant(column: &str) -> bool {
    matches!(column, "tenant_id" | "tenant")
}

/// The column that names whose row it is.
fn owner(rule: &Rule) -> Option<&'static str> {
    match rule {
        Rule::Owner(column) => Some(column),
        Rule::AnyOf(rules) | Rule::AllOf(rules) => rules.iter().find_map(owner),
        _ => None,
    }
}

fn is_granted(rule: &Rule) -> bool {
    match rule {
        Rule::Granted { .. } => true,
        Rule::AnyOf(rules) | Rule::AllOf(rules) => rules.iter().any(is_granted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn names_are_in_camel_case() {
        assert_eq!([camel("id"), camel("user_agent"), camel("last_used_at")], ["id", "userAgent", "lastUsedAt"]);
    }

    #[test]
    fn tables_that_row_security_gives_to_a_person_are_personal_and_bytes_are_withheld() {
        let own = Table::new("notes", Policy::owned_by("user_id").also_read(Rule::Granted { owner: "user_id", kind: "notes" }))
            .column("user_id", ColumnType::Uuid)
            .column("text", ColumnType::Text)
            .column("seal", ColumnType::Bytes);
        let work = Table::installation("work", Policy::owned_by("user_id")).column("user_id", ColumnType::Uuid);
        let secret = Table::new("secrets", Policy::system()).column("user_id", ColumnType::Uuid);
        let personal = Schema::new("notes", vec![own, secret, work]).personal();
        let seen: Vec<_> = personal.iter().map(|one| (one.table(), one.told().collect(), one.withheld().to_vec())).collect();
        let expected: [(_, Vec<_>, _); 2] = [
            ("notes", vec!["id", "text"], vec!["seal"]),
            ("grants", vec!["id", "grantee_id", "kind", "created_at", "revoked_at"], vec![]),
        ];
        assert_eq!(seen, expected);
    }
}
