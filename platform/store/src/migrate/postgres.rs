//! Migrations on PostgreSQL: under the owner's URL, in one transaction, one process at a time. Whether one is needed the ordinary
//! log-in role finds out.

use tokio_postgres::{Client, Transaction};

use crate::error::StoreError;
use crate::migrate::ddl::Dialect;
use crate::migrate::parts::{self, Versions};
use crate::migrate::{Outcome, Schema};
use crate::postgres::{failed, log_role_of, policies, role_of};

/// Any number that only Banyan's migrations lock on.
const LOCK: i64 = 0x0062_616e_7961_6e00;

/// How long a migration waits for another one, or for a table that others use.
const LOCK_TIMEOUT: &str = "60s";

/// How a log-in role finds a service's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// What a migration would do.
    Known(Outcome),
    /// The schema is there, but this role may not look into it or not act as the service.
    Closed,
}

/// Looks at a service's schema as whoever `client` logged in as; nothing is changed.
///
/// # Errors
/// [`StoreError::Newer`] when a newer Banyan wrote it; otherwise what the server says.
pub(crate) async fn look(client: &Client, schema: &Schema) -> Result<Standing, StoreError> {
    // From the catalogue: asking by name (`to_regclass`) fails where the role may not use the schema.
    const SQL: &str = "SELECT c.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') \
        AND (SELECT pg_has_role(r.oid, 'MEMBER') FROM pg_roles r WHERE r.rolname = $2), false) \
        FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1 \
        LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'schema_version' AND c.relkind = 'r'";
    let service = schema.service;
    let row = client.query_one(SQL, &[&service, &role_of(service)]).await.map_err(failed)?;
    let (there, open): (bool, bool) = (row.get(0), row.get(1));
    if !there {
        return Outcome::decide(None, schema).map(Standing::Known);
    }
    if !open {
        return Ok(Standing::Closed);
    }
    let sql = format!("SELECT MAX(version) FROM \"{service}\".schema_version");
    let found: Option<i64> = client.query_one(&sql, &[]).await.map_err(failed)?.get(0);
    Outcome::decide(found.and_then(|version| u32::try_from(version).ok()), schema).map(Standing::Known)
}

pub(crate) async fn migrate(client: &mut Client, schema: &Schema) -> Result<Outcome, StoreError> {
    let tx = client.transaction().await.map_err(failed)?;
    tx.batch_execute(&format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")).await.map_err(failed)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let service = schema.service;
    let (role, readers) = (role_of(service), log_role_of(service));
    // A role belongs to the cluster, so another database may have made it; two at once may race.
    tx.batch_execute(&format!(
        "DO $$ BEGIN CREATE ROLE \"{role}\" NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         DO $$ BEGIN CREATE ROLE \"{readers}\" NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         CREATE SCHEMA IF NOT EXISTS \"{service}\"; GRANT USAGE ON SCHEMA \"{service}\" TO \"{role}\", \"{readers}\"; \
         CREATE TABLE IF NOT EXISTS \"{service}\".\"schema_version\" (\"version\" bigint NOT NULL, \"applied_at\" timestamptz NOT NULL)"
    ))
    .await
    .map_err(failed)?;
    let found: Option<i64> =
        tx.query_one(&format!("SELECT MAX(version) FROM \"{service}\".schema_version"), &[]).await.map_err(failed)?.get(0);
    let outcome = Outcome::decide(found.and_then(|version| u32::try_from(version).ok()), schema)?;
    let dialect = Dialect::Postgres { schema: service };
    let (statements, versions): (Vec<String>, std::ops::RangeInclusive<u32>) = match outcome {
        Outcome::UpToDate { .. } => return Ok(outcome),
        Outcome::Created { version } => {
            (schema.tables.iter().flat_map(|table| dialect.create_table(table)).collect(), version..=version)
        }
        Outcome::Migrated { from, to } => {
            (parts::pending(schema, dialect, &found_parts(&tx, service, from).await?), from + 1..=to)
        }
    };
    tx.batch_execute(&parts::table(dialect)).await.map_err(failed)?;
    // The order of events that were written at the same time; see `log`.
    let sequence = format!(
        "CREATE SEQUENCE IF NOT EXISTS \"{service}\".\"outbox_sequence\"; \
         GRANT USAGE ON SEQUENCE \"{service}\".\"outbox_sequence\" TO \"{role}\""
    );
    tx.batch_execute(&sequence).await.map_err(failed)?;
    // Policies are declared, not migrated: they are made anew from the present declaration.
    let policies = schema.tables.iter().flat_map(|table| policies::statements(schema, table, &role));
    for statement in statements.into_iter().chain(policies) {
        tx.batch_execute(&statement).await.map_err(|error| StoreError::Database(format!("{} in: {statement}", failed(error))))?;
    }
    for version in versions {
        let sql = format!("INSERT INTO \"{service}\".schema_version VALUES ($1, now())");
        tx.execute(&sql, &[&i64::from(version)]).await.map_err(failed)?;
    }
    for (part, version) in parts::present(schema) {
        let sql = format!(
            "INSERT INTO \"{service}\".schema_parts (part, version) VALUES ($1, $2) \
             ON CONFLICT (part) DO UPDATE SET version = excluded.version"
        );
        tx.execute(&sql, &[&part, &i64::from(version)]).await.map_err(failed)?;
    }
    tx.commit().await.map_err(failed)?;
    Ok(outcome)
}

/// The versions of the parts of a database that is there.
async fn found_parts(tx: &Transaction<'_>, service: &str, version: u32) -> Result<Versions, StoreError> {
    const THERE: &str = "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relname = 'schema_parts' AND c.relkind = 'r')";
    if !tx.query_one(THERE, &[&service]).await.map_err(failed)?.get::<_, bool>(0) {
        return Ok(parts::before_parts(version));
    }
    let sql = format!("SELECT part, version FROM \"{service}\".schema_parts");
    let rows = tx.query(&sql, &[]).await.map_err(failed)?;
    Ok(rows.iter().map(|row| (row.get(0), u32::try_from(row.get::<_, i64>(1)).unwrap_or(u32::MAX))).collect())
}
