//! Asks SQLite itself whether a change looks at columns of its target: a database in memory with the same tables and no rows
//! compiles the statement and reports what it reads. A statement's name resolution is too subtle to be guessed from tokens.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::error::StoreError;
use crate::migrate::Dialect;
use crate::schema::Table;
use crate::sqlite::security::state::Looks;

/// Reads of other tables go through views of this name, so that they can be told from the target's.
const VIEW: &str = "rls_probe_";

pub(super) struct Probe {
    connection: Connection,
    watch: Arc<Watch>,
}

#[derive(Default)]
struct Watch {
    target: Mutex<String>,
    seen: AtomicBool,
}

impl Probe {
    pub(super) fn new(tables: &[Table]) -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory().map_err(failed)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(failed)?;
        let mut views = HashSet::new();
        for table in tables {
            // Foreign keys would show as reads.
            let bare = Table { references: Vec::new(), ..table.clone() };
            let name = table.name;
            let view = format!("CREATE TEMP VIEW \"{VIEW}{name}\" AS SELECT * FROM main.\"{name}\"");
            let shadow = format!("CREATE TEMP VIEW \"{name}\" AS SELECT * FROM temp.\"{VIEW}{name}\"");
            for sql in Dialect::Sqlite.create_table(&bare).into_iter().chain([view, shadow]) {
                connection.execute_batch(&sql).map_err(failed)?;
            }
            views.insert(format!("{VIEW}{name}"));
        }
        let watch = Arc::new(Watch::default());
        let watching = watch.clone();
        let authorizer = move |request: AuthContext<'_>| {
            watching.see(&request, &views);
            Authorization::Allow
        };
        connection.authorizer(Some(authorizer)).map_err(failed)?;
        Ok(Self { connection, watch })
    }

    /// Compiles `sql`, a change of `main.<target>`, and never runs it.
    pub(super) fn looks(&self, sql: &str, target: &str) -> Result<Looks, StoreError> {
        target.clone_into(&mut self.watch.target.lock());
        self.watch.seen.store(false, Ordering::Relaxed);
        self.connection.prepare(sql).map_err(failed)?;
        Ok(if self.watch.seen.load(Ordering::Relaxed) { Looks::AtRows } else { Looks::Nowhere })
    }
}

impl Watch {
    fn see(&self, request: &AuthContext<'_>, views: &HashSet<String>) {
        let AuthAction::Read { table_name, column_name } = request.action else { return };
        let by_view = request.accessor.is_some_and(|accessor| views.contains(accessor));
        let of_target = request.database_name == Some("main") && *self.target.lock() == table_name;
        if of_target && !by_view && !column_name.is_empty() {
            self.seen.store(true, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Database(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::schema::ColumnType;

    #[test]
    fn sees_what_postgresql_calls_a_read() {
        let table = |name| {
            Table::new(name, Policy::closed())
                .column("n", ColumnType::Integer)
                .optional("up_id", ColumnType::Uuid)
                .reference("up_id", "goals", crate::schema::OnDelete::Cascade)
                .unique(&["n"])
        };
        let probe = Probe::new(&[table("goals"), table("tasks")]).unwrap();
        for (sql, looks) in [
            ("UPDATE main.goals SET n = 1", Looks::Nowhere),
            ("UPDATE main.goals SET n = n + 1", Looks::AtRows),
            ("UPDATE main.goals SET n = 1 WHERE id = ?", Looks::AtRows),
            ("UPDATE main.goals SET n = 1 WHERE 1 = 1", Looks::Nowhere),
            ("UPDATE main.goals SET n = 1 RETURNING 1", Looks::Nowhere),
            ("UPDATE main.goals SET n = 1 RETURNING n", Looks::AtRows),
            ("UPDATE main.goals AS g SET n = 1 WHERE EXISTS (SELECT 1 FROM goals WHERE goals.n = 2)", Looks::Nowhere),
            ("UPDATE main.goals AS g SET n = 1 WHERE EXISTS (SELECT 1 FROM goals WHERE goals.n = g.n)", Looks::AtRows),
            ("UPDATE main.goals SET n = (SELECT max(n) FROM tasks)", Looks::Nowhere),
            ("UPDATE main.goals SET n = tasks.n FROM tasks WHERE tasks.up_id = goals.id", Looks::AtRows),
            ("DELETE FROM main.goals", Looks::Nowhere),
            ("DELETE FROM main.goals WHERE n > 1", Looks::AtRows),
            ("INSERT INTO main.goals (n) VALUES (1)", Looks::Nowhere),
            ("INSERT INTO main.goals SELECT * FROM goals", Looks::Nowhere),
            ("INSERT INTO main.goals (n) VALUES (1) RETURNING *", Looks::AtRows),
            ("INSERT INTO main.goals (n) VALUES (1) ON CONFLICT DO NOTHING", Looks::Nowhere),
            ("INSERT INTO main.goals (n) VALUES (1) ON CONFLICT (tenant_id, n) DO NOTHING", Looks::AtRows),
            ("WITH c AS (SELECT n FROM goals) DELETE FROM main.goals WHERE EXISTS (SELECT 1 FROM c)", Looks::Nowhere),
        ] {
            assert_eq!(probe.looks(sql, "goals").unwrap(), looks, "{sql}");
        }
        assert!(probe.looks("UPDATE main.goals SET nowhere = 1", "goals").is_err());
    }
}
