//! PostgreSQL: reachable, of a version that we understand, with roles that row security can rely on.

use anyhow::Result;
use tokio_postgres::Client;

use super::Finding;
use crate::backup::Tools;
use crate::postgres::{connect, explain, weakness};
use crate::settings::{Loaded, PostgresLogin};

/// The oldest PostgreSQL that is tested.
const OLDEST: i32 = 150_000;
/// Two clocks further apart than this give tokens that are not valid yet, in seconds.
const CLOCK_SKEW: f64 = 10.0;
const CHECK_VERSION: &str = "data-version";

pub(super) fn examine(loaded: &Loaded, login: &PostgresLogin, findings: &mut Vec<Finding>) {
    look_at_encryption(login, findings);
    let outcome = crate::cli::block_on(async {
        match connect(&login.url).await {
            Ok(client) => {
                findings.push(Finding::fine("postgres", "PostgreSQL answers"));
                look_at_server(&client, loaded, findings).await?;
                look_at_login(&client, findings).await?;
                look_at_versions(&client, login, findings).await?;
                look_at_dead_letters(&client, findings).await;
                super::replicas::examine(&client, loaded, login, findings).await?;
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
        look_at_owner(login, findings).await;
        look_at_backups(login, findings).await;
        Ok(())
    });
    if let Err(error) = outcome {
        findings.push(Finding::wrong("postgres", format!("{error:#}"), "look into PostgreSQL's log"));
    }
}

fn look_at_encryption(login: &PostgresLogin, findings: &mut Vec<Finding>) {
    let urls = [Some(&login.url), login.owner_url.as_ref(), Some(&login.backup_url)];
    findings.push(match urls.into_iter().flatten().chain(&login.replicas).find_map(weakness) {
        Some(found) => Finding::warning(
            "postgres-tls",
            found,
            "end the URL with ?sslmode=verify-full&sslrootcert=FILE, where FILE holds the certificate of the authority that signed the \
             server's (or `system` for a public one)",
        ),
        None => Finding::fine("postgres-tls", "nobody can listen on the way to PostgreSQL or stand in for it"),
    });
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
            "make a role without rights (CREATE ROLE banyan LOGIN PASSWORD '…'), use it in DATABASE_URL, and give the owner's to `banyan \
             migrate` alone",
        )
    } else if makes {
        Finding::note(
            "postgres-login",
            format!("the log-in role `{name}` may make roles or databases, which the server does not need"),
            format!("ALTER ROLE \"{name}\" NOCREATEROLE NOCREATEDB, and give `banyan migrate` the owner's URL"),
        )
    } else {
        Finding::fine("postgres-login", format!("`{name}` has no rights of its own"))
    });
    Ok(())
}

/// The versions as the log-in role sees them at each start.
async fn look_at_versions(client: &Client, login: &PostgresLogin, findings: &mut Vec<Finding>) -> Result<()> {
    const THERE: &str = "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relname = 'schema_version'), current_user::text";
    for (service, understood) in crate::house::versions() {
        let row = client.query_one(THERE, &[&service]).await.map_err(|error| anyhow::anyhow!(explain(&error)))?;
        let (there, user): (bool, String) = (row.get(0), row.get(1));
        let command = format!(
            "`banyan migrate --database-url OWNER --log-in-role {user}`, where OWNER is the URL of the role that owns the tables"
        );
        if !there {
            findings.push(Finding::note(
                CHECK_VERSION,
                format!("{service}: no tables yet"),
                format!("nothing is wrong before the first start; then {command}, makes them, or `banyan serve` does if it may"),
            ));
            continue;
        }
        let row = client.query_one(&format!("SELECT max(version) FROM \"{service}\".schema_version"), &[]).await;
        let version: Option<i64> = match row {
            Ok(row) => row.get(0),
            Err(error) => {
                findings.push(Finding::wrong(
                    CHECK_VERSION,
                    format!("{service}: the log-in role `{user}` does not see the version: {}", explain(&error)),
                    command,
                ));
                continue;
            }
        };
        let version = version.and_then(|version| u32::try_from(version).ok()).unwrap_or(0);
        let found = super::engine::judge_version(service, version, understood);
        findings.push(match version < understood && login.owner_url.is_none() {
            true => Finding::wrong(CHECK_VERSION, found.found, format!("make a backup; then {command}")),
            false => found,
        });
    }
    Ok(())
}

/// Events that wait for a person, as each service sees its own. What cannot be read was reported with the versions.
async fn look_at_dead_letters(client: &Client, findings: &mut Vec<Finding>) {
    for service in crate::house::names() {
        let look = async {
            // As the service itself, whose role alone sees these rows.
            let context = format!(
                "BEGIN READ ONLY; SET LOCAL ROLE \"banyan_{service}\"; SELECT set_config('banyan.actor', 'system', true), \
                 set_config('banyan.tenant', '00000000-0000-0000-0000-000000000000', true)"
            );
            client.batch_execute(&context).await?;
            let sql = format!("SELECT count(*) FROM \"{service}\".parked_events WHERE dead_at IS NOT NULL");
            client.query_one(&sql, &[]).await.map(|row| row.get::<_, i64>(0))
        };
        let found = look.await;
        let _nothing_was_changed = client.batch_execute("ROLLBACK").await;
        findings.extend(found.ok().and_then(|count| super::engine::judge_dead_letters(service, count)));
    }
}

async fn look_at_owner(login: &PostgresLogin, findings: &mut Vec<Finding>) {
    match &login.owner_url {
        None => findings.push(Finding::fine(
            "postgres-owner",
            "no owner's URL is set: a server needs none while the tables have its version",
        )),
        Some(url) if *url.expose() == *login.url.expose() => findings.push(Finding::note(
            "postgres-owner",
            "the server logs in as the owner of its tables",
            "for production give the owner's URL to `banyan migrate` alone, and an unprivileged one in DATABASE_URL",
        )),
        Some(url) => {
            if let Err(error) = connect(url).await {
                findings.push(Finding::wrong(
                    "postgres-owner",
                    format!("as the owner: {error:#}"),
                    "look at BANYAN_DATABASE_OWNER_URL, or remove it: only migrations need it",
                ));
            }
        }
    }
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
