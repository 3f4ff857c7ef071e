//! Random rows, callers and statements, drawn from a tape of numbers: a shorter tape or smaller numbers make a simpler case, so
//! that a failure shrinks to something readable.

use std::collections::BTreeMap;

use banyan_kernel::{Caller, Permission, RequestId, Role, Roles, Uuid};
use banyan_store::schema::{Column, ColumnType, Nullability, Scope, Table, Uniqueness};
use banyan_store::testing::{Act, Row, Who};
use sea_orm::Value;

const TENANTS: [u128; 2] = [0xA0, 0xB0];
/// One of them more often than the others.
const PEOPLE: [u128; 5] = [1, 1, 1, 2, 3];
const ORGANISATIONS: [u128; 2] = [0xF1, 0xF2];
const WORDS: [&str; 6] = ["a", "b", "public", "private", "goals", "c"];

/// Numbers to choose by; zeros when it is used up.
pub(crate) struct Tape<'t> {
    numbers: &'t [u16],
    at: usize,
}

impl<'t> Tape<'t> {
    pub(crate) fn new(numbers: &'t [u16]) -> Self {
        Self { numbers, at: 0 }
    }

    /// One of `0..of`.
    pub(crate) fn pick(&mut self, of: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(number) % of.max(1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.pick(of.len())]
    }

    /// True once in `of` times; false at the end of the tape.
    fn rarely(&mut self, of: usize) -> bool {
        self.pick(of) == of - 1
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn who(tape: &mut Tape<'_>) -> Who {
    let request = RequestId(Uuid::nil());
    let tenant = id(TENANTS[usize::from(tape.rarely(4))]);
    match tape.pick(12) {
        9 => return Who::Caller(Caller::anonymous(tenant, request)),
        10 => return Who::Caller(Caller::system(tenant, "test", request)),
        11 => return if tape.rarely(2) { Who::Unbound } else { Who::Platform(Caller::anonymous(tenant, request)) },
        _ => {}
    }
    let roles = [Role::User, Role::Coach, Role::Admin, Role::Support];
    let mut caller = Caller::user(tenant, id(tape.one(&PEOPLE)), Roles::from_iter([tape.one(&roles)]), request);
    let member: Vec<Uuid> = ORGANISATIONS.iter().filter(|_| tape.rarely(2)).map(|number| id(*number)).collect();
    caller = caller.with_organisations(member.into());
    if tape.rarely(4)
        && let Ok(elevated) = caller.elevate(Permission::RecordsOverride, None)
    {
        caller = elevated;
    }
    Who::Caller(caller)
}

/// Rows for every table, tables pointed at first. Keys, references and unique columns hold.
pub(crate) fn rows(tables: &[Table], tape: &mut Tape<'_>) -> Vec<(&'static str, Vec<Row>)> {
    let mut goals: Vec<(Uuid, Uuid)> = Vec::new();
    let mut planted = Vec::new();
    for table in tables {
        let mut made = Vec::new();
        for number in 0..4 + tape.pick(5) {
            let tenant = id(TENANTS[usize::from(tape.rarely(4))]);
            let mut row = Row::new();
            for column in &table.columns {
                let goal = goals.iter().filter(|(its, _)| *its == tenant).nth(tape.pick(3)).map(|(_, goal)| *goal);
                let value = match column.name {
                    "tenant_id" => tenant.into(),
                    "id" => row_id(table, number).into(),
                    "goal_id" | "parent_id" | "helper_id" if column.nullability == Nullability::Optional && tape.rarely(2) => {
                        Value::Uuid(None)
                    }
                    "goal_id" | "parent_id" | "helper_id" => Value::Uuid(goal),
                    name if is_unique(table, name) => format!("{}{number}", WORDS[tape.pick(2)]).into(),
                    _ => value(tape, table, column, None),
                };
                row.insert(column.name.to_owned(), value);
            }
            // A required reference without a goal to point at.
            if row.iter().any(|(name, value)| name == "goal_id" && *value == Value::Uuid(None)) {
                continue;
            }
            if table.name == "goals" {
                goals.push((tenant, row_id(table, number)));
            }
            made.push(row);
        }
        planted.push((table.name, made));
    }
    planted
}

/// Ids tell their table apart; a few beyond those planted.
fn row_id(table: &Table, number: usize) -> Uuid {
    let base = table.name.bytes().fold(0_u128, |sum, byte| sum * 31 + u128::from(byte)) % 0xFFFF;
    id(0x1_0000 + base * 0x100 + number as u128)
}

fn is_unique(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|index| index.uniqueness == Uniqueness::Unique && index.columns.contains(&column))
}

/// A value that a column could hold; the caller's own where that is known and luck has it.
fn value(tape: &mut Tape<'_>, table: &Table, column: &Column, who: Option<&Who>) -> Value {
    if column.nullability == Nullability::Optional && tape.rarely(5) {
        return match column.kind {
            ColumnType::Uuid => Value::Uuid(None),
            ColumnType::Text => Value::String(None),
            _ => Value::BigInt(None),
        };
    }
    let caller = who.and_then(|who| match who {
        Who::Caller(caller) | Who::Platform(caller) => Some(caller),
        Who::Unbound => None,
    });
    match (column.kind, column.name) {
        (ColumnType::Uuid, "id") => row_id(table, tape.pick(14)).into(),
        (ColumnType::Uuid, "tenant_id" | "tenant") => match caller {
            Some(caller) if !tape.rarely(6) => caller.tenant.into(),
            _ => id(tape.one(&TENANTS)).into(),
        },
        (ColumnType::Uuid, "org_id") => id(tape.one(&ORGANISATIONS)).into(),
        (ColumnType::Uuid, "goal_id" | "parent_id" | "helper_id") => goal_id(tape).into(),
        (ColumnType::Uuid, _) => match caller.and_then(Caller::user_id) {
            Some(user) if !tape.rarely(3) => user.into(),
            _ => id(tape.one(&PEOPLE)).into(),
        },
        (ColumnType::Text, "slug") => format!("{}{}", tape.one(&["a", "b"]), tape.pick(12)).into(),
        (ColumnType::Text, _) if is_unique(table, column.name) => format!("{}{}", tape.one(&["a", "b"]), tape.pick(12)).into(),
        (ColumnType::Text, "state") => tape.one(&["public", "private"]).into(),
        (ColumnType::Text, "kind") => tape.one(&["goals", "notes"]).into(),
        (ColumnType::Text, _) => tape.one(&WORDS).into(),
        (ColumnType::Boolean, _) => (tape.pick(2) == 1).into(),
        _ => (tape.pick(5) as i64).into(),
    }
}

fn goal_id(tape: &mut Tape<'_>) -> Uuid {
    row_id(&Table::new("goals", banyan_store::Policy::closed()), tape.pick(10))
}

/// A statement, and what may be expected of a comparison.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) act: Act,
    pub(crate) form: &'static str,
    /// More than one row may be touched: which fault of theirs is met first is the engine's affair.
    pub(crate) many: bool,
    /// A delete from a tree: SQLite does not count the children that went with a parent before their turn came.
    pub(crate) tree: bool,
}

/// A table, sub-select or common table expression in a FROM, by the name it goes by there.
#[derive(Clone, Debug)]
struct Source {
    alias: String,
    columns: Vec<(String, ColumnType)>,
    table: Option<&'static str>,
}

pub(crate) struct Writer<'a, 't> {
    tables: &'a [Table],
    /// Half of the statements are about this table.
    focus: Option<&'a Table>,
    tape: &'a mut Tape<'t>,
    who: &'a Who,
    values: Vec<Value>,
    aliases: usize,
    /// The name of a target without an alias.
    taken: &'static str,
    /// The name of a table that a common table expression hides.
    hidden: &'static str,
}

impl<'a, 't> Writer<'a, 't> {
    pub(crate) fn case(tables: &'a [Table], focus: Option<&'a Table>, who: &'a Who, tape: &'a mut Tape<'t>) -> Case {
        let mut writer = Self { tables, focus, tape, who, values: Vec::new(), aliases: 0, taken: "", hidden: "" };
        let (sql, form, many) = match writer.tape.pick(16) {
            0..=2 => (writer.select_rows(), "select", false),
            3 => (writer.select_aggregate(), "aggregate", false),
            4 => (writer.select_common(), "common table", false),
            5 => (writer.select_union(), "union", false),
            6..=8 => writer.insert(),
            9 | 10 => writer.upsert(),
            11..=13 => writer.update(),
            _ => writer.delete(),
        };
        let wants_rows = sql.contains(" RETURNING ") || matches!(form, "select" | "aggregate" | "common table" | "union");
        let act = if wants_rows { Act::rows(sql, writer.values) } else { Act::count(sql, writer.values) };
        let tree = form == "delete" && act.sql.contains("DELETE FROM goals");
        Case { act, form, many, tree }
    }

    fn table(&mut self) -> &'a Table {
        if let Some(table) = self.focus
            && self.tape.rarely(2)
            && table.name != self.hidden
        {
            return table;
        }
        let picked = self.tape.pick(self.tables.len());
        let hidden = self.tables[picked].name == self.hidden;
        &self.tables[(picked + usize::from(hidden)) % self.tables.len()]
    }

    fn parameter(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// A fresh alias; sometimes one that is also the name of a table.
    fn alias(&mut self) -> String {
        self.aliases += 1;
        let number = self.aliases;
        if self.tape.rarely(8) && number == 1 && self.taken != "grants" { "grants".to_owned() } else { format!("a{number}") }
    }

    fn source(&mut self, table: &'a Table) -> (String, Source) {
        let alias = self.alias();
        let columns = table.columns.iter().map(|column| (column.name.to_owned(), column.kind)).collect();
        let quoted =
            if self.tape.rarely(3) && table.name != "goals" { format!("\"{}\"", table.name) } else { table.name.to_owned() };
        (format!("{quoted} AS {alias}"), Source { alias, columns, table: Some(table.name) })
    }

    // Conditions

    /// A constant stands alone: what PostgreSQL folds away beside one, it does not ask privileges for.
    fn condition(&mut self, sources: &[Source], depth: usize) -> String {
        match self.tape.pick(16) {
            0..=4 => "1 = 1".to_owned(),
            5..=8 => {
                let (name, _) = self.column(sources, None);
                format!("{name} IS NOT NULL")
            }
            15 => "1 = 0".to_owned(),
            _ => self.varying(sources, depth),
        }
    }

    fn varying(&mut self, sources: &[Source], depth: usize) -> String {
        let choices = if depth == 0 { 6 } else { 10 };
        match self.tape.pick(choices) {
            0 | 1 => self.comparison(sources),
            2 => {
                let (name, _) = self.column(sources, None);
                format!("{name} IS {}NULL", if self.tape.rarely(4) { "" } else { "NOT " })
            }
            3 => self.column_to_column(sources),
            4 => self.in_list(sources),
            5 => self.comparison(sources),
            6 => {
                let word = self.tape.one(&["AND", "OR"]);
                format!("({} {word} {})", self.varying(sources, depth - 1), self.varying(sources, depth - 1))
            }
            7 => format!("NOT ({})", self.varying(sources, depth - 1)),
            8 => {
                let table = self.table();
                let (from, inner) = self.source(table);
                let mut all = vec![inner];
                all.extend_from_slice(sources);
                let condition = self.varying(&all, depth - 1);
                format!("EXISTS (SELECT 1 FROM {from} WHERE {condition})")
            }
            _ => self.in_select(sources, depth),
        }
    }

    fn column(&mut self, sources: &[Source], kind: Option<ColumnType>) -> (String, ColumnType) {
        let columns: Vec<(String, ColumnType)> = sources
            .iter()
            .flat_map(|source| source.columns.iter().map(|(name, kind)| (format!("{}.{name}", source.alias), *kind)))
            .filter(|(_, its)| kind.is_none_or(|kind| kind == *its))
            .collect();
        columns[self.tape.pick(columns.len())].clone()
    }

    fn comparison(&mut self, sources: &[Source]) -> String {
        let source = &sources[self.tape.pick(sources.len())];
        let (name, kind) = source.columns[self.tape.pick(source.columns.len())].clone();
        let declared = source.table.and_then(|table| self.tables.iter().find(|it| it.name == table));
        let value = match declared.and_then(|table| table.columns.iter().find(|it| it.name == name).map(|it| (table, it))) {
            Some((table, column)) => {
                let column = Column { nullability: Nullability::Required, ..column.clone() };
                value(self.tape, table, &column, Some(self.who))
            }
            None => free_value(self.tape, kind),
        };
        let word = if kind == ColumnType::Uuid {
            self.tape.one(&["=", "=", "<>"])
        } else {
            self.tape.one(&["=", "<>", "<", ">=", ">="])
        };
        let alias = source.alias.clone();
        format!("{alias}.{name} {word} {}", self.parameter(value))
    }

    fn column_to_column(&mut self, sources: &[Source]) -> String {
        let (left, kind) = self.column(sources, None);
        let (right, _) = self.column(sources, Some(kind));
        format!("{left} = {right}")
    }

    fn in_list(&mut self, sources: &[Source]) -> String {
        let (name, kind) = self.column(sources, None);
        let values: Vec<String> = (0..1 + self.tape.pick(3))
            .map(|_| {
                let value = free_value(self.tape, kind);
                self.parameter(value)
            })
            .collect();
        format!("{name} IN ({})", values.join(", "))
    }

    fn in_select(&mut self, sources: &[Source], depth: usize) -> String {
        let (name, kind) = self.column(sources, Some(ColumnType::Uuid));
        let table = self.table();
        let (from, inner) = self.source(table);
        let (column, _) = self.column(std::slice::from_ref(&inner), Some(kind));
        let condition = self.varying(&[inner], depth - 1);
        let not = if self.tape.rarely(4) { "NOT " } else { "" };
        format!("{name} {not}IN (SELECT {column} FROM {from} WHERE {column} IS NOT NULL AND {condition})")
    }

    // Reads

    /// `FROM`, `WHERE` and the sources, of one table or two.
    fn from(&mut self) -> (String, Vec<Source>) {
        let table = self.table();
        let (mut sql, first) = self.source(table);
        let mut sources = vec![first];
        if self.tape.rarely(3) {
            let table = self.table();
            let (joined, second) = self.source(table);
            sources.push(second);
            let word = self.tape.one(&["JOIN", "LEFT JOIN"]);
            let on = match self.tape.pick(4) {
                0 => self.condition(&sources, 1),
                1 => self.column_to_column(&sources),
                _ => format!("{}.id <> {}.id", sources[0].alias, sources[1].alias),
            };
            sql.push_str(&format!(" {word} {joined} ON {on}"));
        }
        let condition = self.condition(&sources, 2);
        (format!("FROM {sql} WHERE {condition}"), sources)
    }

    fn select_rows(&mut self) -> String {
        let (from, sources) = self.from();
        let columns: Vec<String> = (0..1 + self.tape.pick(4))
            .map(|number| {
                let (column, _) = self.column(&sources, None);
                format!("{column} AS c{number}")
            })
            .collect();
        let distinct = if self.tape.rarely(5) { "DISTINCT " } else { "" };
        let mut sql = format!("SELECT {distinct}{} {from}", columns.join(", "));
        if sources.len() == 1 && distinct.is_empty() && self.tape.rarely(3) {
            let alias = &sources[0].alias;
            let tenant = if sources[0].columns.iter().any(|(name, _)| name == "tenant_id") {
                format!(", {alias}.tenant_id")
            } else {
                String::new()
            };
            sql.push_str(&format!(" ORDER BY {alias}.id{tenant} LIMIT {} OFFSET {}", 1 + self.tape.pick(4), self.tape.pick(3)));
        }
        sql
    }

    fn select_aggregate(&mut self) -> String {
        let (from, sources) = self.from();
        let number = |kind: &Source| kind.columns.iter().any(|(_, kind)| *kind == ColumnType::Integer);
        let mut columns = vec!["COUNT(*) AS c".to_owned()];
        if sources.iter().any(number) {
            let (column, _) = self.column(&sources, Some(ColumnType::Integer));
            columns.push(format!("SUM({column}) AS s, MIN({column}) AS low, MAX({column}) AS high"));
        }
        let (counted, _) = self.column(&sources, None);
        columns.push(format!("COUNT(DISTINCT {counted}) AS d"));
        if self.tape.rarely(2) {
            let (group, _) = self.column(&sources, None);
            let having = if self.tape.rarely(3) { " HAVING COUNT(*) > 1" } else { "" };
            return format!("SELECT {group} AS g, {} {from} GROUP BY {group}{having}", columns.join(", "));
        }
        format!("SELECT {} {from}", columns.join(", "))
    }

    /// A common table expression, sometimes by the name of a table that it hides.
    fn common(&mut self) -> (String, Source) {
        let (from, sources) = self.from();
        // One that names itself is a table of its own to PostgreSQL, and a circle to SQLite.
        let hides = self.table().name;
        let name = if self.tape.rarely(2) && !from.contains(hides) { hides } else { "cte" };
        self.hidden = if name == hides { hides } else { "" };
        let (first, first_kind) = self.column(&sources, Some(ColumnType::Uuid));
        let (second, second_kind) = self.column(&sources, None);
        let columns = vec![("x".to_owned(), first_kind), ("y".to_owned(), second_kind)];
        let source = Source { alias: name.to_owned(), columns, table: None };
        (format!("WITH {name} AS (SELECT {first} AS x, {second} AS y {from})"), source)
    }

    fn select_common(&mut self) -> String {
        let (with, source) = self.common();
        let name = source.alias.clone();
        if self.tape.rarely(3) {
            return format!("{with} SELECT COUNT(*) AS n FROM {name}");
        }
        let mut others: Vec<&Table> = self.tables.iter().filter(|table| table.name != name).collect();
        let other = others.swap_remove(self.tape.pick(others.len()));
        let (joined, second) = self.source(other);
        let sources = [source, second];
        let on = self.column_to_column(&sources);
        let condition = self.condition(&sources, 1);
        format!("{with} SELECT {name}.x AS c0, {name}.y AS c1 FROM {name} JOIN {joined} ON {on} WHERE {condition}")
    }

    fn select_union(&mut self) -> String {
        let (one, first) = self.from();
        let (two, second) = self.from();
        let (left, kind) = self.column(&first, Some(ColumnType::Uuid));
        let (right, _) = self.column(&second, Some(kind));
        let word = self.tape.one(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]);
        let all = format!("SELECT {left} AS c {one} {word} SELECT {right} AS c {two}");
        if self.tape.rarely(2) { format!("SELECT COUNT(*) AS n FROM ({all}) AS u") } else { all }
    }

    // Changes

    fn new_row(&mut self, table: &'a Table) -> BTreeMap<&'static str, Value> {
        let mut row = BTreeMap::new();
        for column in &table.columns {
            if column.nullability == Nullability::Optional && self.tape.rarely(4) {
                continue;
            }
            row.insert(column.name, value(self.tape, table, column, Some(self.who)));
        }
        if !self.tape.rarely(4) {
            row.insert("id", row_id(table, 40 + self.tape.pick(40)).into());
        }
        if self.tape.rarely(40) {
            row.remove("n");
        }
        row
    }

    fn insert_into(&mut self, table: &'a Table, most: usize) -> (String, bool) {
        let first = self.new_row(table);
        let names: Vec<&str> = first.keys().copied().collect();
        let mut rows = vec![first];
        for _ in 1..1 + self.tape.pick(most) {
            let mut next = self.new_row(table);
            for name in &names {
                let column = table.columns.iter().find(|column| column.name == *name);
                if let Some(column) = column
                    && !next.contains_key(name)
                {
                    next.insert(column.name, value(self.tape, table, column, Some(self.who)));
                }
            }
            // The same row twice in a statement is a fault of the statement's own.
            let clash = |row: &BTreeMap<&str, Value>| {
                row["id"] == next["id"] || names.iter().any(|name| is_unique(table, name) && row.get(name) == next.get(name))
            };
            if !rows.iter().any(clash) {
                rows.push(next);
            }
        }
        let many = rows.len() > 1;
        let tuples: Vec<String> = rows
            .into_iter()
            .map(|mut row| {
                let places: Vec<String> =
                    names.iter().map(|name| self.parameter(row.remove(name).unwrap_or(Value::BigInt(None)))).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        (format!("INSERT INTO {} ({}) VALUES {}", table.name, names.join(", "), tuples.join(", ")), many)
    }

    fn returning(&mut self, table: &Table, qualified: bool) -> String {
        let name = if qualified { format!("{}.", table.name) } else { String::new() };
        match self.tape.pick(6) {
            3 => " RETURNING 1 AS one".to_owned(),
            4 => format!(" RETURNING {name}id AS c"),
            5 if !qualified => " RETURNING *".to_owned(),
            _ => String::new(),
        }
    }

    fn insert(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        if self.tape.rarely(5) {
            return self.insert_select(table);
        }
        let (mut sql, many) = self.insert_into(table, 3);
        if self.tape.rarely(4) {
            sql.push_str(" ON CONFLICT DO NOTHING");
        }
        sql.push_str(&self.returning(table, false));
        (sql, "insert", many)
    }

    /// Copies rows of another table that has columns of the same kinds.
    fn insert_select(&mut self, table: &'a Table) -> (String, &'static str, bool) {
        let from = self.table();
        let (source, inner) = self.source(from);
        let mut names = Vec::new();
        let mut values = Vec::new();
        for column in &table.columns {
            let same = from.columns.iter().find(|it| it.name == column.name && it.kind == column.kind);
            let alike =
                same.or_else(|| from.columns.iter().find(|it| it.kind == column.kind && it.nullability == column.nullability));
            if let Some(alike) = alike {
                names.push(format!("\"{}\"", column.name));
                values.push(format!("{}.\"{}\"", inner.alias, alike.name));
            }
        }
        let condition = self.condition(&[inner], 1);
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {source} WHERE {condition}",
            table.name,
            names.join(", "),
            values.join(", ")
        );
        (sql, "insert from select", true)
    }

    fn upsert(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        let unique = table.indexes.iter().find(|index| index.uniqueness == Uniqueness::Unique);
        let target = match unique {
            Some(index) if table.scope == Scope::Tenant && self.tape.rarely(2) => {
                format!("tenant_id, {}", index.columns.join(", "))
            }
            _ => table.primary_key().join(", "),
        };
        let (mut sql, many) = self.insert_into(table, 2);
        if self.tape.rarely(3) {
            sql.push_str(&format!(" ON CONFLICT ({target}) DO NOTHING"));
        } else {
            let column = self.settable(table);
            let new = if self.tape.rarely(2) {
                format!("excluded.\"{}\"", column.name)
            } else {
                let value = value(self.tape, table, column, Some(self.who));
                self.parameter(value)
            };
            sql.push_str(&format!(" ON CONFLICT ({target}) DO UPDATE SET \"{}\" = {new}", column.name));
            if self.tape.rarely(4) {
                let columns = table.columns.iter().map(|column| (column.name.to_owned(), column.kind)).collect();
                let source = Source { alias: table.name.to_owned(), columns, table: Some(table.name) };
                let condition = self.comparison(&[source]);
                sql.push_str(&format!(" WHERE {condition}"));
            }
        }
        sql.push_str(&self.returning(table, false));
        (sql, "upsert", many)
    }

    fn settable(&mut self, table: &'a Table) -> &'a Column {
        let keys = if self.tape.rarely(12) { 0 } else { table.primary_key().len() };
        &table.columns[keys + self.tape.pick(table.columns.len() - keys)]
    }

    /// The target, with an alias or without, and its source.
    fn target(&mut self, table: &'a Table) -> (String, Source, bool) {
        let columns = table.columns.iter().map(|column| (column.name.to_owned(), column.kind)).collect();
        if self.tape.rarely(3) {
            let (sql, source) = self.source(table);
            return (sql, source, true);
        }
        self.taken = table.name;
        (table.name.to_owned(), Source { alias: table.name.to_owned(), columns, table: Some(table.name) }, false)
    }

    fn update(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        let (target, source, aliased) = self.target(table);
        let column = self.settable(table);
        let new = match self.tape.pick(6) {
            4 if column.kind == ColumnType::Integer && !is_unique(table, column.name) => format!("{}.n + 1", source.alias),
            5 => self.column(std::slice::from_ref(&source), Some(column.kind)).0,
            _ => {
                let value = value(self.tape, table, column, Some(self.who));
                self.parameter(value)
            }
        };
        let mut sql = format!("UPDATE {target} SET \"{}\" = {new}", column.name);
        let mut form = "update";
        let from = self.tape.rarely(4);
        if from {
            form = "update from";
            sql.push_str(&self.update_from(table, &source));
        } else if self.tape.rarely(6) {
            form = "update without where";
        } else {
            sql.push_str(&format!(" WHERE {}", self.condition(&[source], 2)));
        }
        if !aliased {
            sql.push_str(&self.returning(table, from));
        }
        (sql, form, true)
    }

    /// Joined so that each row meets one other at the most: which of several it met would be the engine's affair.
    fn update_from(&mut self, table: &'a Table, target: &Source) -> String {
        let reference = table.references.get(self.tape.pick(table.references.len() + 1));
        let other = match reference {
            Some(reference) => self.tables.iter().find(|it| it.name == reference.table).unwrap_or(table),
            None => self.table(),
        };
        let (from, source) = self.source(other);
        let key = match reference {
            Some(reference) => format!("{}.{}", target.alias, reference.column),
            None => self.column(std::slice::from_ref(target), Some(ColumnType::Uuid)).0,
        };
        let tenant = match (other.scope, table.scope) {
            (Scope::Tenant, Scope::Tenant) => format!("{}.tenant_id = {}.tenant_id AND ", source.alias, target.alias),
            (Scope::Tenant, Scope::Installation) => {
                let tenant = self.parameter(id(TENANTS[0]).into());
                format!("{}.tenant_id = {tenant} AND ", source.alias)
            }
            (Scope::Installation, _) => String::new(),
        };
        let id = format!("{}.id", source.alias);
        let condition = self.condition(&[target.clone(), source], 1);
        format!(" FROM {from} WHERE {tenant}{id} = {key} AND {condition}")
    }

    fn delete(&mut self) -> (String, &'static str, bool) {
        let table = self.table();
        let (target, source, aliased) = self.target(table);
        let mut sql = String::new();
        let mut sources = vec![source];
        if self.tape.rarely(6) {
            let (with, common) = self.common();
            if common.alias != table.name && common.alias != sources[0].alias {
                sql = format!("{with} DELETE FROM {target} WHERE {}.id IN (SELECT x FROM {})", sources[0].alias, common.alias);
                sources.truncate(1);
            } else {
                self.values.clear();
            }
        }
        if sql.is_empty() {
            sql = format!("DELETE FROM {target}");
            if !self.tape.rarely(5) {
                sql.push_str(&format!(" WHERE {}", self.condition(&sources, 2)));
            }
        }
        if !aliased {
            sql.push_str(&self.returning(table, false));
        }
        (sql, "delete", true)
    }
}

fn free_value(tape: &mut Tape<'_>, kind: ColumnType) -> Value {
    match kind {
        ColumnType::Uuid => match tape.pick(3) {
            0 => id(tape.one(&PEOPLE)).into(),
            1 => goal_id(tape).into(),
            _ => id(tape.one(&TENANTS)).into(),
        },
        ColumnType::Text => tape.one(&WORDS).into(),
        ColumnType::Boolean => (tape.pick(2) == 1).into(),
        _ => (tape.pick(5) as i64).into(),
    }
}
