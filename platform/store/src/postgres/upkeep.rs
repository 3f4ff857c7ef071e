//! Whether a service's schema is what this program needs, and bringing it there.
//!
//! The log-in role looks; only where something is missing is the owner needed. So a server of an installation that is up to date
//! never holds the owner's password.

use tokio_postgres::Client;

use super::{PostgresPool, log_role_of, role_of};
use crate::error::StoreError;
use crate::migrate::{self, Outcome, Schema, Standing, Upkeep};
use crate::postgres::failed;

/// Looks at the schema as the log-in role, and migrates it as the owner where that is needed and wanted.
///
/// # Errors
/// [`StoreError::Newer`], [`StoreError::Outdated`] with what to do, and what the server says.
pub(super) async fn ensure(shared: &PostgresPool, schema: &Schema, upkeep: Upkeep) -> Result<(), StoreError> {
    let client = shared.client(&shared.options.url).await?;
    let standing = migrate::look_postgres(&client, schema).await?;
    if matches!(standing, Standing::Known(outcome) if outcome.is_up_to_date()) {
        return Ok(());
    }
    let login = log_in_role(&client).await?;
    let mut owner = match (upkeep, &shared.options.owner_url) {
        (Upkeep::Migrate, Some(url)) => shared.client(url).await?,
        (Upkeep::Migrate, None) if login.may_migrate => client,
        _ => return Err(StoreError::Outdated(refusal(schema, standing, &login.name))),
    };
    migrate::migrate_postgres(&mut owner, schema).await?;
    allow_log_in_role(&owner, schema.service, &login.name).await
}

/// Whether the log-in role may follow the log of a service that is none of this process's.
///
/// # Errors
/// [`StoreError::Outdated`] with what to do, and what the server says.
pub(super) async fn ensure_log(shared: &PostgresPool, service: &str) -> Result<(), StoreError> {
    const SQL: &str = "SELECT coalesce((SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = $2), false) \
        AND coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1), false) \
        AND EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relname = 'log_readers')";
    let client = shared.client(&shared.options.url).await?;
    let row = client.query_one(SQL, &[&service, &log_role_of(service)]).await.map_err(failed)?;
    if row.get(0) {
        return Ok(());
    }
    let login = log_in_role(&client).await?.name;
    Err(StoreError::Outdated(format!(
        "the log of service `{service}` is not there, or the log-in role `{login}` may not follow it. \
         Run `banyan migrate --database-url OWNER --log-in-role {login}`, where OWNER is the URL of the role that owns the tables"
    )))
}

struct LogInRole {
    name: String,
    /// Whether it may make roles and schemas: where there is one role for everything, it is the owner.
    may_migrate: bool,
}

async fn log_in_role(client: &Client) -> Result<LogInRole, StoreError> {
    const SQL: &str = "SELECT rolname::text, rolsuper OR (rolcreaterole AND has_database_privilege(current_database(), 'CREATE')) \
        FROM pg_roles WHERE rolname = current_user";
    let row = client.query_one(SQL, &[]).await.map_err(failed)?;
    Ok(LogInRole { name: row.get(0), may_migrate: row.get(1) })
}

fn refusal(schema: &Schema, standing: Standing, login: &str) -> String {
    let (service, version) = (schema.service, schema.version());
    let found = match standing {
        Standing::Known(outcome) => Outcome::shortfall(outcome, service),
        Standing::Closed => format!(
            "the log-in role `{login}` may not act as service `{service}` or not see the version of its tables; this program needs \
             version {version}"
        ),
    };
    format!(
        "{found}. Run `banyan migrate --database-url OWNER --log-in-role {login}`, where OWNER is the URL of the role that owns the tables"
    )
}

/// Lets a log-in role take on the service's role, see the schema's names so that statements can be prepared, and its version.
pub(super) async fn allow_log_in_role(owner: &Client, service: &str, login: &str) -> Result<(), StoreError> {
    const HELD: &str = "SELECT pg_has_role($1, $2, 'MEMBER') AND has_schema_privilege($1, $3, 'USAGE') \
        AND has_table_privilege($1, $4, 'SELECT') AND pg_has_role($1, $5, 'MEMBER')";
    let (role, readers) = (role_of(service), log_role_of(service));
    let versions = format!("\"{service}\".schema_version");
    let held = || async {
        owner.query_one(HELD, &[&login, &role, &service, &versions, &readers]).await.map(|row| row.get(0)).map_err(failed)
    };
    if held().await? {
        return Ok(());
    }
    let quoted = login.replace('"', "\"\"");
    let grant = format!(
        "GRANT \"{role}\", \"{readers}\" TO \"{quoted}\"; GRANT USAGE ON SCHEMA \"{service}\" TO \"{quoted}\"; \
         GRANT SELECT ON {versions} TO \"{quoted}\""
    );
    match owner.batch_execute(&grant).await.map_err(failed) {
        // Two at once may race for the same grant.
        Err(_) if held().await? => Ok(()),
        result => result,
    }
}
