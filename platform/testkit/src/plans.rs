//! How the engines would run a service's own statements on a large table: for tests that a list uses its index.

use std::sync::{Arc, Mutex, PoisonError};

use banyan_kernel::{Caller, Uuid};
use banyan_store::schema::{Column, ColumnType, Nullability, Table, Uniqueness};
use banyan_store::testing::{SqliteGround, Who};
use banyan_store::{EngineKind, Observer, Store, StoreError};

use crate::Bench;

/// Rows of the large table: so many users …
const USERS: u32 = 500;
/// … with so many rows each.
const ROWS_EACH: u32 = 200;

/// The statements that services sent, in order, with placeholders for their values.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    /// What was sent since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Statements {
    fn statement(&self, fingerprint: &str, _: u64, _: Option<&StoreError>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fingerprint.to_owned());
    }
}

impl Bench {
    /// Watches the statements of services that are started from now on; they stay in this process.
    pub fn watch(&mut self) -> Statements {
        self.split = None;
        let statements = Statements::default();
        self.environment = self.environment.clone().with_observer(Arc::new(statements.clone()));
        statements
    }

    /// The plan of each statement, as the engine words it, for `caller` and with 100,000 rows of 500 users in `table`. Optional
    /// columns are NULL in all of them.
    ///
    /// # Panics
    /// When the engine refuses something.
    pub async fn plans(&self, store: &Store, caller: &Caller, table: &str, statements: &[String]) -> Vec<String> {
        let declared = store.schema().table(table).expect("the table is declared");
        match store.kind() {
            EngineKind::Sqlite => self.sqlite_plans(store, caller, declared, statements),
            EngineKind::Postgres => self.postgres_plans(store, caller, declared, statements).await,
        }
    }

    fn sqlite_plans(&self, store: &Store, caller: &Caller, table: &Table, statements: &[String]) -> Vec<String> {
        let path = self.database.directory().join(format!("plans-{}.db", self.new_id()));
        let mut ground = SqliteGround::create(&path, &store.schema().tables).expect("a ground can be made");
        let fill = fill(table, caller.tenant, EngineKind::Sqlite);
        ground
            .unguarded(|connection| connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {fill}; ANALYZE")))
            .expect("the table can be filled");
        ground.bind(&Who::Caller(caller.clone()));
        // A plan does not depend on the values, only on there being some.
        let plan = |sql: &String| ground.plan(&sql.replace('?', "1")).expect("a plan").join("\n");
        statements.iter().map(plan).collect()
    }

    async fn postgres_plans(&self, store: &Store, caller: &Caller, table: &Table, statements: &[String]) -> Vec<String> {
        let url = self.database.postgres_url().expect("a bench on PostgreSQL");
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL answers");
        let driver = tokio::spawn(connection);
        let service = store.service();
        let fill = fill(table, caller.tenant, EngineKind::Postgres);
        client
            // Rows that this one refers to are not there, and nobody asks for them.
            .batch_execute(&format!(
                "SET search_path = \"{service}\"; SET session_replication_role = replica; {fill}; \
                 SET session_replication_role = origin; ANALYZE"
            ))
            .await
            .expect("the table can be filled");
        let user = caller.user_id().map(|id| id.to_string()).unwrap_or_default();
        let bind = format!(
            "SET ROLE \"banyan_{service}\"; SET plan_cache_mode = force_generic_plan; SET \"banyan.tenant\" = '{}'; \
             SET \"banyan.user\" = '{user}'; SET \"banyan.actor\" = 'user'",
            caller.tenant
        );
        client.batch_execute(&bind).await.expect("the caller can be bound");
        let mut plans = Vec::new();
        for (number, sql) in statements.iter().enumerate() {
            client.batch_execute(&format!("PREPARE p{number} AS {sql}")).await.expect("the statement can be prepared");
            let values = vec!["NULL"; placeholders(sql)].join(", ");
            let execute = if values.is_empty() {
                format!("EXPLAIN EXECUTE p{number}")
            } else {
                format!("EXPLAIN EXECUTE p{number}({values})")
            };
            let rows = client.query(&execute, &[]).await.expect("a plan");
            plans.push(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n"));
        }
        drop(client);
        let _closed = driver.await;
        plans
    }
}

/// The highest `$n` of the statement.
fn placeholders(sql: &str) -> usize {
    let numbers =
        sql.split('$').skip(1).map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count()).zip(sql.split('$').skip(1));
    numbers.filter_map(|(digits, rest)| rest[..digits].parse::<usize>().ok()).max().unwrap_or(0)
}

fn fill(table: &Table, tenant: Uuid, engine: EngineKind) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let values: Vec<String> = table.columns.iter().map(|column| value(table, column, tenant, engine)).collect();
    let (columns, values, rows) = (columns.join(", "), values.join(", "), USERS * ROWS_EACH);
    let (place, numbers) = match engine {
        // Beside the views that stand before the tables.
        EngineKind::Sqlite => {
            ("main.", format!("WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})"))
        }
        EngineKind::Postgres => ("", format!("WITH numbers(n) AS (SELECT * FROM generate_series(1, {rows}))")),
    };
    format!("INSERT INTO {place}\"{}\" ({columns}) {numbers} SELECT {values} FROM numbers", table.name)
}

/// The column's value in row `n`.
fn value(table: &Table, column: &Column, tenant: Uuid, engine: EngineKind) -> String {
    if column.nullability == Nullability::Optional {
        return "NULL".to_owned();
    }
    let uuid = |number: &str| match engine {
        EngineKind::Sqlite => format!("CAST(printf('%016d', {number}) AS BLOB)"),
        EngineKind::Postgres => format!("lpad(to_hex({number}), 32, '0')::uuid"),
    };
    match (column.name, column.kind, engine) {
        ("tenant_id", _, EngineKind::Sqlite) => format!("x'{}'", tenant.simple()),
        ("tenant_id", _, EngineKind::Postgres) => format!("'{tenant}'::uuid"),
        ("id", ..) => uuid("n"),
        (_, ColumnType::Uuid, _) => uuid(&format!("n % {USERS}")),
        (name, ColumnType::Text, _) if is_unique(table, name) => "'word ' || n".to_owned(),
        (_, ColumnType::Text, _) => "'word ' || (n % 3)".to_owned(),
        (_, ColumnType::Integer | ColumnType::Real, _) => "n % 10".to_owned(),
        (_, ColumnType::Boolean, EngineKind::Sqlite) => "n % 2".to_owned(),
        (_, ColumnType::Boolean, EngineKind::Postgres) => "n % 2 = 0".to_owned(),
        (_, ColumnType::Timestamp, EngineKind::Sqlite) => "1700000000000000 + n".to_owned(),
        (_, ColumnType::Timestamp, EngineKind::Postgres) => "to_timestamp(1700000000 + n)".to_owned(),
        (_, ColumnType::Json, _) => "'[]'".to_owned(),
        (_, ColumnType::Bytes, EngineKind::Sqlite) => "randomblob(32)".to_owned(),
        (_, ColumnType::Bytes, EngineKind::Postgres) => "decode(md5(n::text), 'hex')".to_owned(),
    }
}

/// No two rows of a tenant may have the same value.
fn is_unique(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|index| index.uniqueness == Uniqueness::Unique && index.columns == [column])
}
