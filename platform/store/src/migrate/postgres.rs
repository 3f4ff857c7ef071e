//! Migrations on PostgreSQL: under the owner's URL, in one transaction, one process at a time.

use tokio_postgres::Client;

use crate::error::StoreError;
use crate::migrate::ddl::Dialect;
use crate::migrate::{Outcome, Schema};
use crate::postgres::{failed, policies, role_of};

/// Any number that only Banyan's migrations lock on.
const LOCK: i64 = 0x0062_616e_7961_6e00;

pub(crate) async fn migrate(client: &mut Client, schema: &Schema) -> Result<Outcome, StoreError> {
    let tx = client.transaction().await.map_err(failed)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let service = schema.service;
    let role = role_of(service);
    // A role belongs to the cluster, so another database may have made it; two at once may race.
    tx.batch_execute(&format!(
        "DO $$ BEGIN CREATE ROLE \"{role}\" NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         CREATE SCHEMA IF NOT EXISTS \"{service}\"; GRANT USAGE ON SCHEMA \"{service}\" TO \"{role}\"; \
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
            let pending = &schema.migrations[from as usize - 1..];
            (pending.iter().flat_map(|m| &m.steps).flat_map(|step| dialect.step(schema, step)).collect(), from + 1..=to)
        }
    };
    // Policies are declared, not migrated: they are made anew from the present declaration.
    let policies = schema.tables.iter().flat_map(|table| policies::statements(schema, table, &role));
    for statement in statements.into_iter().chain(policies) {
        tx.batch_execute(&statement).await.map_err(|error| StoreError::Database(format!("{} in: {statement}", failed(error))))?;
    }
    for version in versions {
        let sql = format!("INSERT INTO \"{service}\".schema_version VALUES ($1, now())");
        tx.execute(&sql, &[&i64::from(version)]).await.map_err(failed)?;
    }
    tx.commit().await.map_err(failed)?;
    Ok(outcome)
}
