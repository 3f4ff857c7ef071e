//! Random rows, callers and statements, drawn from a tape of numbers: a shorter tape or smaller numbers make a simpler case, so
//! that a failure shrinks to something readable.

mod change;
mod condition;
mod read;

use banyan_kernel::{Caller, Permission, RequestId, Role, Roles, Uuid};
use banyan_store::schema::{Column, ColumnType, Nullability, Table, Uniqueness};
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
