//! PostgreSQL by its own tools: `pg_dump` and `pg_restore` do what nobody should write again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use banyan_kernel::Secret;
use banyan_store::{PostgresAddress, TlsMode};
use tokio_postgres::Client;
use tokio_postgres::config::Host;

use crate::postgres::{connect, explain};
use crate::settings::PostgresLogin;

/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Finds PostgreSQL's programs.
#[derive(Debug)]
pub(crate) struct Tools;

impl Tools {
    /// In the search path, else the newest that Debian installed.
    pub(crate) fn find(name: &str) -> Option<PathBuf> {
        let search = crate::settings::search_path();
        let in_path = std::env::split_paths(&search).map(|folder| folder.join(name)).find(|path| path.is_file());
        in_path.or_else(|| {
            let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
                .into_iter()
                .flatten()
                .filter_map(|entry| Some((entry.as_ref().ok()?.file_name().to_str()?.parse().ok()?, entry.ok()?.path())))
                .collect();
            versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
            versions.into_iter().map(|(_, folder)| folder.join("bin").join(name)).find(|path| path.is_file())
        })
    }

    fn require(name: &str) -> Result<PathBuf> {
        Self::find(name).ok_or_else(|| {
            anyhow!("`{name}` is needed and not found: install PostgreSQL's client programs (Debian: apt-get install postgresql-client)")
        })
    }
}

/// A command of PostgreSQL's that logs in by environment: arguments can be seen by everybody on the machine.
fn command(program: &Path, url: &Secret<String>) -> Result<Command> {
    let address = PostgresAddress::parse(url)?;
    let (config, files) = (address.config(), address.tls_files());
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let client_file = |part: fn(&(PathBuf, PathBuf)) -> &PathBuf| files.client.as_ref().map(|files| path(part(files)));
    // Where the URL names no authority, libpq asks those of the system, which it can from version 16 on.
    let root = files.root.as_deref().map(path);
    let root = root.or_else(|| (address.tls_mode() >= TlsMode::VerifyCa).then(|| "system".to_owned()));
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    for name in ["PGSERVICE", "PGPASSFILE", "PGOPTIONS"] {
        command.env_remove(name);
    }
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.to_string_lossy().into_owned(),
    });
    let values = [
        ("PGHOST", host),
        ("PGPORT", config.get_ports().first().map(u16::to_string)),
        ("PGUSER", config.get_user().map(str::to_owned)),
        ("PGDATABASE", config.get_dbname().map(str::to_owned)),
        ("PGSSLMODE", Some(address.tls_mode().word().to_owned())),
        ("PGSSLROOTCERT", root),
        ("PGSSLCERT", client_file(|files| &files.0)),
        ("PGSSLKEY", client_file(|files| &files.1)),
        ("PGPASSWORD", config.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned())),
    ];
    for (name, value) in values {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Ok(command)
}

fn run(mut command: Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {what}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{what} failed ({}): {}", output.status, said.trim())
}

/// Runs `work` on one connection.
fn with_client<T>(url: &Secret<String>, work: impl AsyncFnOnce(&Client) -> Result<T>) -> Result<T> {
    crate::cli::block_on(async {
        let client = connect(url).await?;
        work(&client).await
    })
}

/// Dumps the services' schemas, reads the dump again, and gives the version of each service's data.
pub(super) fn dump(login: &PostgresLogin, services: &[&'static str], to: &Path) -> Result<Vec<(String, u32)>> {
    let (pg_dump, pg_restore) = (Tools::require("pg_dump")?, Tools::require("pg_restore")?);
    let versions = with_client(&login.backup_url, async |client| {
        ensure_sees_everything(client).await?;
        versions(client, services).await
    })?;
    let mut command = command(&pg_dump, &login.backup_url)?;
    // Zstandard follows, so nothing is compressed here.
    command.args(["--format=custom", "--compress=0", "--no-owner", "--no-password"]).arg("--file").arg(to);
    command.args(services.iter().map(|service| format!("--schema={service}")));
    run(command, "pg_dump")?;
    let mut check = Command::new(&pg_restore);
    check.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).arg("--file=/dev/null").arg(to);
    run(check, "pg_restore, reading the dump again,")?;
    Ok(versions)
}

/// Row security would hide rows from the dump; `pg_dump` refuses then, in words that say less.
async fn ensure_sees_everything(client: &Client) -> Result<()> {
    let sql = "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let row = client.query_one(sql, &[]).await?;
    let (name, sees): (String, bool) = (row.get(0), row.get(1));
    ensure!(
        sees,
        "the role `{name}` may not bypass row security, so it would not see all rows: make a role for backups (CREATE ROLE \
         banyan_backup LOGIN BYPASSRLS IN ROLE pg_read_all_data) and set BANYAN_DATABASE_BACKUP_URL"
    );
    Ok(())
}

async fn versions(client: &Client, services: &[&'static str]) -> Result<Vec<(String, u32)>> {
    let mut found = Vec::new();
    for service in services {
        let row = client.query_one(&format!("SELECT max(version) FROM \"{service}\".schema_version"), &[]).await;
        let row = row.map_err(|error| anyhow!("cannot read the version of `{service}`: {}", explain(&error)))?;
        let version: Option<i64> = row.get(0);
        found.push(((*service).to_owned(), version.and_then(|version| u32::try_from(version).ok()).unwrap_or(0)));
    }
    Ok(found)
}

/// The services whose schemas are in the database.
pub(super) fn present(login: &PostgresLogin, services: &[String]) -> Result<Vec<String>> {
    with_client(login.owner(), async |client| {
        let rows = client.query("SELECT nspname::text FROM pg_namespace WHERE nspname = ANY($1)", &[&services]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    })
}

/// Restores a dump in one transaction, in place of what is there.
pub(super) fn restore(login: &PostgresLogin, services: &[String], from: &Path) -> Result<()> {
    let pg_restore = Tools::require("pg_restore")?;
    with_client(login.owner(), async |client| {
        // The dump grants to the services' roles, and a fresh cluster does not have them.
        let roles = services.iter().flat_map(|service| [format!("banyan_{service}"), format!("banyan_{service}_log")]);
        for role in roles {
            let sql = format!(
                "DO $$ BEGIN CREATE ROLE \"{role}\" NOLOGIN NOBYPASSRLS; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            );
            client.batch_execute(&sql).await.map_err(|error| anyhow!("cannot make the role `{role}`: {}", explain(&error)))?;
        }
        Ok(())
    })?;
    let mut command = command(&pg_restore, login.owner())?;
    let database = PostgresAddress::parse(login.owner())?.config().get_dbname().unwrap_or("banyan").to_owned();
    command.args(["--clean", "--if-exists", "--no-owner", "--no-password", "--single-transaction", "--exit-on-error"]);
    command.arg("--dbname").arg(database).arg(from);
    run(command, "pg_restore")
}
