//! Row security on SQLite, below the services. See `docs/adr` for why it is built so.
//!
//! Reads meet temporary views that shadow the tables; writes are spliced with the update, delete and read policies; temporary
//! triggers check new rows; an authorizer refuses whatever did not come this way. The bound caller is connection state behind
//! functions. Where any part is missing, statements fail or find nothing.

mod authorize;
mod functions;
mod objects;
mod probe;
#[cfg(test)]
mod properties;
mod reach;
mod state;
mod statement;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod token;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use banyan_kernel::{OsRandom, Random};
use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rusqlite::Connection;

use crate::error::StoreError;
use crate::policy;
use crate::policy::compile::{Compiler, possible};
use crate::schema::{ColumnType, Table};
use probe::Probe;
use reach::Reach;
use statement::{Shape, Verb, Write};

pub(crate) use objects::{Object, ObjectKind, REFUSAL};
pub(crate) use state::{Denial, State, Writing};

/// Statements are remembered up to this many bytes of text.
const CACHE_BYTES: u64 = 2 * 1024 * 1024;
const CACHE_ITEMS: usize = 512;

/// A service's tables, compiled for SQLite once a store and shared by its connections.
pub(crate) struct Guarded {
    tables: Vec<Table>,
    numbers: HashMap<&'static str, u16>,
    secret: String,
    objects: Vec<Object>,
    views: HashSet<String>,
    reaches: Vec<Reach>,
    probe: Mutex<Probe>,
    cache: Cache<Box<str>, Arc<Prepared>, ByLength>,
    splices: Splices,
}

/// Whether changes get their policies spliced in. Always, but for the tests that prove that other tests can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Splices {
    Enforced,
    #[cfg(any(test, feature = "testing"))]
    Omitted,
}

/// A statement as it is sent to SQLite.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) sql: Box<str>,
    pub(crate) writing: Option<Writing>,
    /// Known after the first run: a store's schema does not change while it is open.
    pub(crate) columns: OnceLock<ResultColumns>,
}

/// What a statement gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultColumns {
    pub(crate) columns: Box<[ResultColumn]>,
    /// The places of `columns` in the order of their names.
    pub(crate) by_name: Box<[usize]>,
}

/// A column of a result; expressions have no declared type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultColumn {
    pub(crate) name: String,
    pub(crate) kind: Option<ColumnType>,
}

/// Tables, table-valued functions and modules that exist on a connection and that no statement may count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Others(HashSet<String>);

#[derive(Clone, Debug)]
struct ByLength;

impl Weighter<Box<str>, Arc<Prepared>> for ByLength {
    fn weight(&self, key: &Box<str>, value: &Arc<Prepared>) -> u64 {
        (key.len() + value.sql.len() + 64) as u64
    }
}

impl Guarded {
    /// # Errors
    /// [`policy::DeclarationError`] as a [`StoreError::Database`] when the tables' policies cannot be enforced.
    pub(crate) fn new(tables: &[Table]) -> Result<Self, StoreError> {
        policy::check(tables)?;
        let mut secret = String::from("rls_");
        let mut random = [0_u8; 12];
        OsRandom.fill(&mut random);
        for byte in random {
            let _ = write!(secret, "{byte:02x}");
        }
        secret.push('_');
        let numbered =
            || tables.iter().enumerate().filter_map(|(at, table)| u16::try_from(at).ok().map(|number| (number, table)));
        let objects: Vec<Object> = numbered().flat_map(|(number, table)| objects::of(table, number, &secret)).collect();
        let views = objects.iter().filter(|object| object.kind == ObjectKind::View).map(|object| object.name.clone()).collect();
        Ok(Self {
            numbers: numbered().map(|(number, table)| (table.name, number)).collect(),
            objects,
            views,
            reaches: tables.iter().map(|table| Reach::of(table, tables)).collect(),
            probe: Mutex::new(Probe::new(tables)?),
            cache: Cache::with_weighter(CACHE_ITEMS, CACHE_BYTES, ByLength),
            splices: Splices::Enforced,
            secret,
            tables: tables.to_vec(),
        })
    }

    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The temporary objects that the declared tables ask for.
    pub(crate) fn expected_objects(&self) -> Vec<Object> {
        let numbered = self.tables.iter().filter_map(|table| self.numbers.get(table.name).map(|number| (*number, table)));
        numbered.flat_map(|(number, table)| objects::of(table, number, &self.secret)).collect()
    }

    /// The statement as it may be sent, from the cache or made now.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for what does not reach rows, [`StoreError::RowSecurity`] where no caller ever may, and SQLite's own
    /// words for a change that does not compile.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Arc<Prepared>, StoreError> {
        if let Some(known) = self.cache.get(sql) {
            return Ok(known);
        }
        let prepared = Arc::new(self.compile(sql)?);
        self.cache.insert(sql.into(), prepared.clone());
        Ok(prepared)
    }

    fn compile(&self, sql: &str) -> Result<Prepared, StoreError> {
        let shape = Shape::of(sql)?;
        let Some(write) = &shape.write else {
            return Ok(Prepared { sql: shape.text().into(), writing: None, columns: OnceLock::new() });
        };
        let (number, table) =
            self.table(&write.target).ok_or_else(|| StoreError::Refused(format!("table `{}` is not declared", write.target)))?;
        let target = format!("main.\"{}\"", table.name);
        let looks = self.probe.lock().looks(&shape.spliced(write, &target, None), table.name)?;
        let writing = Writing::new(number, write.verb, looks);
        permitted(table, writing, looks)?;
        let sql = shape.spliced(write, &target, self.filter(table, write, looks).as_deref());
        Ok(Prepared { sql: sql.into(), writing: Some(writing), columns: OnceLock::new() })
    }

    /// The rows that an update or a delete may touch: those that its own policy allows and, where it looks at rows, the read policy.
    fn filter(&self, table: &Table, write: &Write, looks: state::Looks) -> Option<String> {
        let rule = match write.verb {
            Verb::Update => &table.policy.update,
            Verb::Delete => &table.policy.delete,
            Verb::Insert | Verb::Upsert => return None,
        };
        if self.splices != Splices::Enforced {
            return None;
        }
        // Qualified by the schema it can only mean the target: no alias or sub-select of the caller's is in `main`.
        let row = format!("main.\"{}\"", write.alias.as_deref().unwrap_or(table.name).replace('"', "\"\""));
        let compiler = Compiler::Sqlite { views: &self.secret };
        let own = compiler.condition(table, rule, &row);
        let read = compiler.condition(table, &table.policy.read, &row);
        if looks == state::Looks::AtRows && read != own { Some(format!("{own} AND {read}")) } else { Some(own) }
    }

    fn table(&self, name: &str) -> Option<(u16, &Table)> {
        let number = self.numbers.get(name).copied().or_else(|| self.numbers.get(name.to_ascii_lowercase().as_str()).copied())?;
        self.tables.get(usize::from(number)).map(|table| (number, table))
    }

    fn reach(&self, writing: Writing) -> Option<&Reach> {
        self.reaches.get(usize::from(writing.table))
    }

    fn is_view(&self, name: &str) -> bool {
        self.views.contains(name) || self.views.contains(&name.to_ascii_lowercase())
    }

    /// Whether it names an inner view or a trigger: only these bear the secret.
    fn is_own(&self, accessor: &str) -> bool {
        accessor.starts_with(&self.secret)
    }

    /// Puts the guard on a connection that has none yet. After this only the wrapper's statements get through.
    pub(crate) fn install(
        self: &Arc<Self>,
        connection: &Connection,
        state: &Arc<State>,
        checks: NewRows,
    ) -> rusqlite::Result<()> {
        functions::register(connection, state)?;
        for object in &self.objects {
            let shadows = matches!(object.kind, ObjectKind::View | ObjectKind::Shadow);
            if checks == NewRows::Checked || shadows {
                connection.execute_batch(&object.sql)?;
            }
        }
        let (guarded, state, others) = (self.clone(), state.clone(), Others::of(connection)?);
        connection.authorizer(Some(move |request: rusqlite::hooks::AuthContext<'_>| {
            authorize::authorize(&guarded, &others, &state, &request)
        }))
    }
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").field("tables", &self.numbers.len()).finish_non_exhaustive()
    }
}

/// Whether a connection needs the triggers that check new rows; one that only reads does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewRows {
    Checked,
    Never,
}

/// PostgreSQL asks for the privileges before it looks at a row; what no policy ever allows has none.
fn permitted(table: &Table, writing: Writing, looks: state::Looks) -> Result<(), StoreError> {
    let policy = &table.policy;
    let own = match writing.verb {
        Verb::Insert => possible(&policy.insert),
        Verb::Upsert => possible(&policy.insert) && possible(&policy.update) && possible(&policy.read),
        Verb::Update => possible(&policy.update),
        Verb::Delete => possible(&policy.delete),
    };
    let seen = looks == state::Looks::Nowhere || possible(&policy.read);
    if own && seen { Ok(()) } else { Err(StoreError::RowSecurity { table: table.name.to_owned() }) }
}

impl Others {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement =
            connection.prepare("SELECT lower(name) FROM main.sqlite_schema UNION SELECT lower(name) FROM pragma_module_list")?;
        let names = statement.query_map([], |row| row.get(0))?;
        names.collect::<rusqlite::Result<_>>().map(Self)
    }

    fn is_known(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        lower.starts_with("sqlite_") || lower.starts_with("pragma_") || self.0.contains(&lower)
    }
}
