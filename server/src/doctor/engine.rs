//! The engine: reachable, of a version that we understand, with roles that row security can rely on.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};
use tokio_postgres::Client;

use super::Finding;
use crate::backup::Tools;
use crate::postgres::{connect, explain};
use crate::settings::{DatabaseChoice, Loaded, PostgresLogin};

/// The oldest PostgreSQL that is tested.
const OLDEST: i32 = 150_000;
/// Two clocks further apart than this give tokens that are not valid yet, in seconds.
const CLOCK_SKEW: f64 = 10.0;

pub(super) fn examine(loaded: &Loaded, findings: &mut Vec<Finding>) {
    match &loaded.database {
        DatabaseChoice::Sqlite => {
            for (service, understood) in crate::house::versions() {
                let file = loaded.data.join(format!("{service}.db"));
                if file.exists() {
                    findings.push(examine_file(service, &file, understood));
                }
            }
        }
        DatabaseChoice::Postgres(login) => examine_postgres(loaded, login, findings),
    }
}

fn examine_file(service: &str, file: &Path, understood: u32) -> Finding {
    const CHECK: &str = "data-version";
    let look = || -> rusqlite::Result<(u32, String)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(file, flags)?;
        database.busy_timeout(std::time::Duration::from_secs(5))?;
        let version = database.query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))?;
        Ok((version, database.query_row("PRAGMA quick_check", [], |row| row.get(0))?))
    };
    match look() {
        Ok((_, verdict)) if verdict != "ok" => Finding::wrong(
            "data-whole",
            format!("{} is damaged: {verdict}", file.display()),
            "restore the last backup with `banyan restore`",
        ),
        Ok((version, _)) => judge_version(service, version, understood),
        Err(error) => Finding::wrong(
            CHECK,
            format!("{} cannot be read: {error}", file.display()),
            "run banyan as the user that owns it; if it is no database any more, restore the last backup with `banyan restore`",
        ),
    }
}

fn judge_version(service: &str, version: u32, understood: u32) -> Finding {
    const CHECK: &str = "data-version";
    let found = format!("{service}: version {version}");
    match version.cmp(&understood) {
        std::cmp::Ordering::Equal => Finding::fine(CHECK, found),
        std::cmp::Ordering::Less => Finding::note(
            CHECK,
            format!("{found}, older than this program's {understood}"),
            "make a backup; `banyan migrate` or the next start upgrades it",
        ),
        std::cmp::Ordering::Greater => Finding::wrong(
            CHECK,
            format!("{found}, newer than this program's {understood}"),
            "run the newer Banyan that wrote it, or restore a backup that was made before",
        ),
    }
}

fn examine_postgres(loaded: &Loaded, login: &PostgresLogin, findings: &mut Vec<Finding>) {
    let outcome = crate::cli::block_on(async {
        match connect(&login.url).await {
            Ok(client) => {
                findings.push(Finding::fine("postgres", "PostgreSQL answers"));
                look_at_server(&client, loaded, findings).await?;
                look_at_login(&client, findings).await?;
            }
            Err(error) => {
                findings.push(Finding::wrong(
                    "postgres",
                    format!("{error:#}"),
                    "start PostgreSQL, and look at host, port, name, user and password: `banyan config`",
                ));
                return Ok(());
            }
        }
        match connect(&login.owner_url).await {
            Ok(client) => look_at_owner(&client, login, findings).await?,
            Err(error) => findings.push(Finding::wrong(
                "postgres-owner",
                format!("as the owner: {error:#}"),
                "look at BANYAN_DATABASE_OWNER_URL; without it `database.url` must own the schemas",
            )),
        }
        look_at_backups(login, findings).await;
        Ok(())
    });
    if let Err(error) = outcome {
        findings.push(Finding::wrong("postgres", format!("{error:#}"), "look into PostgreSQL's log"));
    }
}

async fn look_at_server(client: &Client, loaded: &Loaded, findings: &mut Vec<Finding>) -> Result<()> {
    let sql = "SELECT current_setting('server_version_num')::int, current_setting('server_version'), \
               current_setting('server_encoding'), current_setting('max_connections')::int, \
               current_setting('fsync'), abs(extract(epoch FROM clock_timestamp()) - $1::float8)::float8";
    let now = banyan_kernel::Clock::now(&banyan_kernel::SystemClock).micros();
    #[expect(clippy::cast_precision_loss, reason = "seconds with microseconds fit for centuries")]
    let row = client.query_one(sql, &[&(now as f64 / 1e6)]).await.map_err(|error| anyhow::anyhow!(explain(&error)))?;
    let (number, version, encoding, connections): (i32, String, String, i32) = (row.get(0), row.get(1), row.get(2), row.get(3));
    let (fsync, skew): (String, f64) = (row.get(4), row.get(5));
    findings.push(if number < OLDEST {
        Finding::warning("postgres-version", format!("PostgreSQL {version}"), "upgrade to 15 or later: nothing older is tested")
    } else {
        Finding::fine("postgres-version", format!("PostgreSQL {version}"))
    });
    if encoding != "UTF8" {
        findings.push(Finding::wrong(
            "postgres-encoding",
            format!("the database's encoding is {encoding}"),
            "make the database with ENCODING 'UTF8'",
        ));
    }
    if fsync == "off" {
        findings.push(Finding::wrong(
            "postgres-fsync",
            "fsync is off: a crash of the machine loses or breaks data",
            "set fsync = on, unless this is a test",
        ));
    }
    let wanted = i32::try_from(loaded.settings.database.pool_max.0).unwrap_or(i32::MAX);
    if wanted > connections - 5 {
        findings.push(Finding::warning(
            "postgres-connections",
            format!("`database.pool_max` is {wanted}, and the server takes {connections} connections in all"),
            "lower `database.pool_max`, raise max_connections, or put a pooler in front",
        ));
    }
    if skew > CLOCK_SKEW {
        findings.push(Finding::warning(
            "clock",
            format!("this machine's clock and the database's are {skew:.0} s apart"),
            "set both by a time service (NTP): tokens and schedules depend on the time",
        ));
    }
    Ok(())
}

async fn look_at_login(client: &Client, findings: &mut Vec<Finding>) -> Result<()> {
    let sql =
        "SELECT rolname::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user";
    let row = client.query_one(sql, &[]).await.map_err(|error| anyhow::anyhow!(explain(&error)))?;
    let (name, superuser, bypasses): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let makes: bool = row.get::<_, bool>(3) || row.get::<_, bool>(4);
    findings.push(if superuser || bypasses {
        let right = if superuser { "is a superuser" } else { "may bypass row security" };
        Finding::warning(
            "postgres-login",
            format!("the log-in role `{name}` {right}; services still act as roles of their own, but whoever has its password sees everything"),
            "make a role without rights (CREATE ROLE banyan LOGIN PASSWORD '…'), use it in DATABASE_URL, and give the owner's in \
             BANYAN_DATABASE_OWNER_URL",
        )
    } else if makes {
        Finding::note(
            "postgres-login",
            format!("the log-in role `{name}` may make roles or databases, which the server does not need"),
            format!("ALTER ROLE \"{name}\" NOCREATEROLE NOCREATEDB, and set BANYAN_DATABASE_OWNER_URL for migrations"),
        )
    } else {
        Finding::fine("postgres-login", format!("`{name}` has no rights of its own"))
    });
    Ok(())
}

async fn look_at_owner(client: &Client, login: &PostgresLogin, findings: &mut Vec<Finding>) -> Result<()> {
    if login.owner_url == login.url {
        findings.push(Finding::note(
            "postgres-owner",
            "the server logs in as the owner of its tables",
            "for production give the owner's URL in BANYAN_DATABASE_OWNER_URL, and an unprivileged one in DATABASE_URL",
        ));
    }
    for (service, understood) in crate::house::versions() {
        let there: bool = client
            .query_one("SELECT to_regclass($1) IS NOT NULL", &[&format!("{service}.schema_version")])
            .await
            .map_err(|error| anyhow::anyhow!(explain(&error)))?
            .get(0);
        if !there {
            findings.push(Finding::note(
                "data-version",
                format!("{service}: no schema yet"),
                "nothing is wrong before the first start: `banyan migrate` or `banyan serve` makes it",
            ));
            continue;
        }
        let row = client.query_one(&format!("SELECT max(version) FROM \"{service}\".schema_version"), &[]).await;
        match row {
            Ok(row) => {
                let version: Option<i64> = row.get(0);
                findings.push(judge_version(
                    service,
                    version.and_then(|version| u32::try_from(version).ok()).unwrap_or(0),
                    understood,
                ));
            }
            Err(error) => findings.push(Finding::wrong(
                "data-version",
                format!("{service}: {}", explain(&error)),
                "BANYAN_DATABASE_OWNER_URL must name the role that owns the schemas",
            )),
        }
    }
    Ok(())
}

async fn look_at_backups(login: &PostgresLogin, findings: &mut Vec<Finding>) {
    if Tools::find("pg_dump").is_none() {
        findings.push(Finding::note(
            "backup-tools",
            "`pg_dump` is not found, so `banyan backup` cannot work here",
            "install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or back up elsewhere",
        ));
    }
    let sql = "SELECT rolname::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let Ok(client) = connect(&login.backup_url).await else {
        findings.push(Finding::warning(
            "backup-role",
            "the role for backups cannot log in",
            "look at BANYAN_DATABASE_BACKUP_URL",
        ));
        return;
    };
    let Ok(row) = client.query_one(sql, &[]).await else { return };
    let (name, sees): (String, bool) = (row.get(0), row.get(1));
    if !sees {
        findings.push(Finding::note(
            "backup-role",
            format!("`{name}` does not see all rows, so `banyan backup` refuses to dump as it"),
            "make a role for backups (CREATE ROLE banyan_backup LOGIN BYPASSRLS IN ROLE pg_read_all_data) and set BANYAN_DATABASE_BACKUP_URL",
        ));
    }
}
