//! The databases of the embedded engine: whole, and of a version that we understand.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::Finding;
use crate::settings::{DatabaseChoice, Loaded};

pub(super) fn examine(loaded: &Loaded, findings: &mut Vec<Finding>) {
    match &loaded.database {
        DatabaseChoice::Sqlite => {
            for (service, understood) in crate::house::versions() {
                let file = loaded.data.join(format!("{service}.db"));
                if file.exists() {
                    findings.push(examine_file(service, &file, understood));
                    findings.extend(dead_letters(service, &file));
                }
            }
        }
        DatabaseChoice::Postgres(login) => super::postgres::examine(loaded, login, findings),
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

/// Events that wait for a person. A file of before there were any says nothing.
fn dead_letters(service: &str, file: &Path) -> Option<Finding> {
    const SQL: &str = "SELECT count(*) FROM parked_events WHERE dead_at IS NOT NULL";
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags).ok()?;
    let count: i64 = database.query_row(SQL, [], |row| row.get(0)).ok()?;
    judge_dead_letters(service, count)
}

/// What so many events say that could not be handled.
pub(super) fn judge_dead_letters(service: &str, count: i64) -> Option<Finding> {
    let found = || format!("{service}: {count} events could not be handled");
    let remedy = "`banyan events dead list` shows them with their errors; mend the cause, then `banyan events dead redrive`";
    (count > 0).then(|| Finding::warning("dead-letters", found(), remedy))
}

/// How a version that was found stands to this program's.
pub(super) fn judge_version(service: &str, version: u32, understood: u32) -> Finding {
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
