//! A service's file of the embedded engine: copying it while a server writes, and looking whether a copy is whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, OpenFlags};

/// How long a checkpoint of the server may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// Copies one snapshot of the database.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    // Writing is opened because readers of a write-ahead log share its index; nothing is written.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags).with_context(|| format!("cannot open {}", from.display()))?;
    source.busy_timeout(PATIENCE)?;
    let target = to.to_str().context("the path of the backup is not UTF-8")?;
    source.execute("VACUUM INTO ?1", [target]).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

/// What a copy holds.
pub(super) struct Content {
    pub(super) schema_version: u32,
    pub(super) rows: BTreeMap<String, u64>,
}

/// Opens a copy, has the engine check every page and index of it, and counts its rows.
pub(super) fn inspect(path: &Path) -> Result<Content> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(verdict == "ok", "{} is damaged: {verdict}", path.display());
    let foreign: i64 = database.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    ensure!(foreign == 0, "{} is damaged: {foreign} rows point at others that are not there", path.display());
    let schema_version = database.query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))?;
    let names: Vec<String> = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut rows = BTreeMap::new();
    for name in names {
        let count: i64 =
            database.query_row(&format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\"")), [], |row| row.get(0))?;
        rows.insert(name, u64::try_from(count).unwrap_or(0));
    }
    Ok(Content { schema_version, rows })
}
